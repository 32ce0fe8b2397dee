"""The changes that require a new build: kpack's build reasons, in its order and JSON form. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from pkgops.kube import Obj
from pkgops.oci.reference import ImageRef
from pkgops.platform.conditions import condition_status
from pkgops.platform.kpack.names import TRIGGER

Change = dict[str, Any]


def changes(image: Obj, source: Obj, builder: Obj, last: Obj | None, now: datetime) -> list[Change]:
    """Return the changes since the last build; without any no build is needed.

    Args:
        image: the Image.
        source: the resolved source, in the form of a Build's spec.
        builder: the ClusterBuilder or Builder, which is ready.
        last: the newest Build, or None.
        now: the time in the text of a trigger.
    """
    candidates = [_trigger(last, now), _commit(source, last), _config(image, source, last)]
    if last is not None and succeeded(last):
        candidates += [_buildpack(builder, last), _stack(builder, last), _lifecycle(builder, last)]
    return [change for change in candidates if change]


def reason(changes: Iterable[Change]) -> str:
    """Return the reasons in the form of the annotation."""
    return ",".join(change["reason"] for change in changes)


def to_json(changes: Iterable[Change]) -> str:
    """Return the changes in the form of the annotation."""
    return json.dumps(list(changes), separators=(",", ":"))


def succeeded(build: Obj) -> bool:
    """Return whether a Build has succeeded."""
    return condition_status(build, "Succeeded") == "True"


def _trigger(last: Obj | None, now: datetime) -> Change:
    annotations = (last["metadata"].get("annotations") or {}) if last else {}
    if TRIGGER not in annotations:
        return {}
    text = now.strftime("%a, %d %b %Y %H:%M:%S +0000")
    return {"reason": "TRIGGER", "old": "", "new": f"A new build was manually triggered on {text}"}


def _commit(source: Obj, last: Obj | None) -> Change:
    if last is None or "git" not in source or "git" not in last["spec"]["source"]:
        return {}
    old, new = last["spec"]["source"]["git"].get("revision", ""), source["git"].get("revision", "")
    return {"reason": "COMMIT", "old": old, "new": new} if old != new else {}


def _config(image: Obj, source: Obj, last: Obj | None) -> Change:
    new = _describe(image["spec"].get("build") or {}, source)
    old = _describe(last["spec"], last["spec"]["source"]) if last else {"resources": {}, "source": {}}
    return {"reason": "CONFIG", "old": old, "new": new} if old != new else {}


def _describe(build: Obj, source: Obj) -> Obj:
    described: Obj = {}
    if build.get("env"):
        described["env"] = build["env"]
    described["resources"] = build.get("resources") or {}
    if build.get("services"):
        described["services"] = build["services"]
    described["source"] = _without_revision(source)
    return described


def _without_revision(source: Obj) -> Obj:
    """Return the source without its commit, a change of which has its own reason."""
    if "git" not in source:
        return source
    return {**source, "git": {key: value for key, value in source["git"].items() if key != "revision"}}


def _buildpack(builder: Obj, last: Obj) -> Change:
    metadata = builder["status"].get("builderMetadata") or []
    available = {(buildpack["id"], buildpack["version"]): buildpack for buildpack in metadata}
    used = map(_short, last["status"].get("buildMetadata") or [])
    removed = [buildpack for buildpack in used if (buildpack["id"], buildpack["version"]) not in available]
    if not removed:
        return {}
    ids = {buildpack["id"] for buildpack in removed}
    new = [_short(buildpack) for buildpack in available.values() if buildpack["id"] in ids]
    return {"reason": "BUILDPACK", "old": removed, "new": new}


def _short(buildpack: Obj) -> Obj:
    return {"id": buildpack["id"], "version": buildpack["version"]}


def _stack(builder: Obj, last: Obj) -> Change:
    old = last["status"].get("stack", {}).get("runImage", "")
    new = builder["status"].get("stack", {}).get("runImage", "")
    if not old or not new or ImageRef.parse(old).digest == ImageRef.parse(new).digest:
        return {}
    return {"reason": "STACK", "old": old, "new": new}


def _lifecycle(builder: Obj, last: Obj) -> Change:
    old = last["status"].get("lifecycleVersion", "")
    new = builder["status"].get("lifecycle", {}).get("version", "")
    return {"reason": "LIFECYCLE", "old": old, "new": new} if old and new and old != new else {}
