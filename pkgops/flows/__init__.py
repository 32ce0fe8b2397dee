"""One module a user verb: takes ports, reports what happens, returns a result."""
