"""Rules for rendered templates, a module for what they are about; each finding has the corrected object."""
