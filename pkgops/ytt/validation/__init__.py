"""Rules that data values must meet."""
