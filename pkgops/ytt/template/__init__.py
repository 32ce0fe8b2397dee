"""Templates: comments and text markers, compiled to code and run."""
