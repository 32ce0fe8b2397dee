"""Carvel PackageInstall: which version is installed, or why none is."""

from __future__ import annotations

import re

from pkgops.model import CauseCode, Output, StageStatus, State
from pkgops.readiness import app, carvel
from pkgops.readiness.base import Obj, has, meta, spec, status
from pkgops.values import replace

_NOT_FOUND = re.compile(r"Package \S+ not found")


def read(obj: Obj) -> StageStatus:
    """Return the status of a PackageInstall.

    ``Package ... not found`` is waiting: whether the package should exist is decided in the pipeline.
    """
    found = replace(carvel.generic(obj), output=Output(version=str(status(obj).get("version") or "")))
    if spec(obj).get("paused") and found.state is not State.DONE:
        return replace(
            found,
            state=State.WAITING,
            code=CauseCode.INSTALL_PAUSED,
            waits_for="spec.paused: false",
            message="spec.paused is true: nothing is installed",
        )
    if found.state is not State.FAILED:
        return found
    if _NOT_FOUND.search(found.message):
        return replace(
            found, state=State.WAITING, code=CauseCode.PACKAGE_NOT_FOUND, waits_for=f"package {package(obj)}"
        )
    return replace(found, code=classify(found.message))


def classify(message: str) -> CauseCode:
    """The cause of a failed install, from kapp-controller's message."""
    if has(message, "Expected to find at least one version"):
        return CauseCode.VERSION_NOT_FOUND
    if has(message, "Stopped installing matched version"):
        return CauseCode.DOWNGRADE_REFUSED
    return app.classify(message)


def package(obj: Obj) -> str:
    """The reference name of the package that it installs."""
    return str((spec(obj).get("packageRef") or {}).get("refName") or "")


def constraints(obj: Obj) -> str:
    """The version constraint as written."""
    selection = (spec(obj).get("packageRef") or {}).get("versionSelection") or {}
    return str(selection.get("constraints") or "")


def generation(obj: Obj) -> int:
    """The object's generation; it keeps rising while two controllers overwrite each other's spec."""
    return int(meta(obj).get("generation") or 0)
