"""Lint rules for rendered templates, a module for each subject; each finding has the corrected object."""
