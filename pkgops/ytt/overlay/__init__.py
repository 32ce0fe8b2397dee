"""Overlays: finding nodes in a tree and changing them, as annotations of a second tree say."""
