"""The schema of data values: types, defaults, checks, documentation."""
