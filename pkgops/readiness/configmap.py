"""ConfigMap (and any kind without status): it exists, so it is done."""

from __future__ import annotations

from pkgops.model import StageStatus, State
from pkgops.readiness.base import Obj, created


def read(obj: Obj) -> StageStatus:
    """Return done, for an object without a status."""
    return StageStatus(state=State.DONE, reason="Exists", since=created(obj), until=created(obj))
