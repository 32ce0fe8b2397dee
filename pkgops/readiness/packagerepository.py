"""Carvel PackageRepository: the packages of a bundle."""

from __future__ import annotations

import re

from pkgops.model import CauseCode, ImageRef, Output, StageStatus, State
from pkgops.readiness import carvel, registry
from pkgops.readiness.base import Obj, has, spec, status
from pkgops.values import replace

_DIGEST = re.compile(r"image: (\S+@sha256:[0-9a-f]{64})")


def read(obj: Obj) -> StageStatus:
    """Return the status of a PackageRepository; a paused one fetches nothing and has no condition for it."""
    if spec(obj).get("paused"):
        return StageStatus(
            state=State.WAITING,
            reason="Paused",
            message="spec.paused is true: no packages are fetched",
            waits_for="spec.paused: false",
            code=CauseCode.REPOSITORY_PAUSED,
        )
    found = replace(
        carvel.generic(obj), output=Output(image=fetched(obj), tag=ImageRef.parse(image(obj)).tag)
    )
    if found.state is not State.FAILED:
        return found
    code = CauseCode.REPOSITORY_FAILED
    if has(found.message, "Fetching", "vendir", "imgpkg"):
        code = registry.classify(found.message)
        code = CauseCode.REPOSITORY_FAILED if code is CauseCode.REGISTRY_FAILED else code
    return replace(found, code=code)


def image(obj: Obj) -> str:
    """The bundle image as the spec names it."""
    fetch = spec(obj).get("fetch") or {}
    return str((fetch.get("imgpkgBundle") or fetch.get("image") or {}).get("image") or "")


def fetched(obj: Obj) -> str:
    """The digest reference that the last fetch resolved, from vendir's lock in the status."""
    match = _DIGEST.search(str((status(obj).get("fetch") or {}).get("stdout") or ""))
    return match.group(1) if match else ""
