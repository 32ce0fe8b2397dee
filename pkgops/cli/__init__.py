"""The command line: parse, call a flow, hand its events to a view; and the one error boundary."""
