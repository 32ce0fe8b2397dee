"""One module for each command: it takes ports, reports events and returns a result."""
