"""Follow a folder: each save becomes a commit and a run, until the person ends it."""
