"""kapp-controller App: fetch, template, deploy of one package."""

from __future__ import annotations

import re
from collections.abc import Collection

from pkgops.model import CauseCode, Output, StageStatus, State
from pkgops.readiness import carvel, registry
from pkgops.readiness.base import Obj, forbidden, has, meta, spec, status
from pkgops.values import replace

_RESOLVED = re.compile(r"-> (\S+@sha256:[0-9a-f]{64})")


def read(obj: Obj) -> StageStatus:
    """Return the status of an App; its output is the version that it deploys."""
    found = replace(carvel.generic(obj), output=Output(version=version(obj)))
    if found.state is State.FAILED:
        return replace(found, code=classify(found.message))
    return found


def classify(message: str) -> CauseCode:
    """The cause of a failed reconcile, from the messages of kapp-controller and kapp."""
    if has(message, "annotation value is immutable"):
        return CauseCode.ANNOTATION_IMMUTABLE
    if has(message, "serviceaccounts") and has(message, "not found"):
        return CauseCode.SERVICE_ACCOUNT_MISSING
    if forbidden(message):
        return CauseCode.QUOTA if has(message, "exceeded quota") else CauseCode.FORBIDDEN
    if has(message, "Fetching") and has(message, "UNAUTHORIZED", "UNKNOWN", "x509", "401", "404", "DENIED"):
        return registry.classify(message)
    return CauseCode.INSTALL_FAILED


def version(obj: Obj) -> str:
    """The package version that this App was created for."""
    notes = meta(obj).get("annotations") or {}
    return str(notes.get("packaging.carvel.dev/package-version") or "")


def bundle(obj: Obj) -> str:
    """The bundle that the App fetches, as a digest reference where it names one."""
    for source in spec(obj).get("fetch") or ():
        image = (source.get("imgpkgBundle") or source.get("image") or {}).get("image")
        if image:
            return str(image)
    return ""


def images(obj: Obj) -> tuple[str, ...]:
    """The image references by digest that kbld put into what was deployed, from its log."""
    text = str((status(obj).get("template") or {}).get("stderr") or "")
    return tuple(dict.fromkeys(_RESOLVED.findall(text)))


def image(obj: Obj) -> str:
    """The one image of what was deployed; empty where it is not known which of several is the application."""
    found = images(obj)
    return found[0] if len(found) == 1 else ""


def deployed(obj: Obj) -> tuple[tuple[str, str], ...]:
    """Group and kind of what kapp deployed."""
    kapp = ((status(obj).get("deploy") or {}).get("kapp") or {}).get("associatedResources") or {}
    kinds = kapp.get("groupKinds") or ()
    return tuple((str(kind.get("group") or ""), str(kind.get("kind") or "")) for kind in kinds)


def runs_nothing(obj: Obj, kinds: Collection[tuple[str, str]]) -> bool:
    """Whether what kapp deployed is known, and is of none of these kinds."""
    return bool(label(obj)[1]) and not set(deployed(obj)) & set(kinds)


def label(obj: Obj) -> tuple[str, str]:
    """Key and value of the label on everything that kapp deployed; empty before the first deploy."""
    kapp = ((status(obj).get("deploy") or {}).get("kapp") or {}).get("associatedResources") or {}
    key, _, value = str(kapp.get("label") or "").partition("=")
    return key, value
