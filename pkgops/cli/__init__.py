"""The command line: parse arguments, call a flow, pass its events to a view; and the error boundary."""
