"""Carvel Package: it has no status, so it is done."""

from __future__ import annotations

from pkgops.model import Output, StageStatus, State
from pkgops.readiness.base import Obj, created, spec


def read(obj: Obj) -> StageStatus:
    """Return the status of a Package; its output is the version and the ops bundle that it installs."""
    return StageStatus(
        state=State.DONE,
        reason="Exists",
        since=created(obj),
        until=created(obj),
        output=Output(version=version(obj), image=bundle(obj)),
    )


def version(obj: Obj) -> str:
    """The package's version."""
    return str(spec(obj).get("version") or "")


def name(obj: Obj) -> str:
    """The package's reference name."""
    return str(spec(obj).get("refName") or "")


def bundle(obj: Obj) -> str:
    """The ops bundle that installing this package fetches."""
    app = (spec(obj).get("template") or {}).get("spec") or {}
    for source in app.get("fetch") or ():
        image = (source.get("imgpkgBundle") or {}).get("image")
        if image:
            return str(image)
    return ""
