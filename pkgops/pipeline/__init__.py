"""From objects to a Snapshot: the graph of a run, what each stage carries, and what blocks it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pkgops.lazy import exports
from pkgops.pipeline.scope import Scope, Watch

if TYPE_CHECKING:
    from pkgops.pipeline.tracker import Tracker

__all__ = ["Scope", "Tracker", "Watch"]

__getattr__ = exports(__name__, {"tracker": ("Tracker",)})
