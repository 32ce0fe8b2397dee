"""One module a user verb: takes ports, tells what happens, returns a result."""
