"""Overlays: finding nodes in a tree and changing them, by the annotations of a second tree."""
