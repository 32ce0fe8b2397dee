"""Templates: what comments and text markers mean, compiled to code and run."""
