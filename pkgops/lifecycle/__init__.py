"""The programs of a build pod: prepare, analyze, detect, restore, build, export, rebase, completion."""
