"""ConfigMap (and any kind without status): it exists, so it is done."""

from __future__ import annotations

from pkgops.model import State
from pkgops.readiness.base import Obj, Readiness, created


def read(obj: Obj) -> Readiness:
    """Read an object whose existence is all there is."""
    return Readiness(State.DONE, "Exists", since=created(obj), until=created(obj))
