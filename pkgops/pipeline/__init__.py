"""From objects to a Snapshot: the graph of a run, what each stage carries, and what blocks it."""

from pkgops.pipeline.tracker import Focus, Tracker, Watch

__all__ = ["Focus", "Tracker", "Watch"]
