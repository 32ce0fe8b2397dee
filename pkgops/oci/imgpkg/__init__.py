"""The command ``imgpkg`` of the toolbox image: push, pull, copy and tag list, with imgpkg's own flags."""
