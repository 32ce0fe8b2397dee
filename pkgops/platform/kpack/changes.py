"""Why a new build is needed: kpack's build reasons, in its order and with its JSON."""

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
    """Return what changed since the last build; an empty list means that nothing is to be built.

    Args:
        image: the Image.
        source: the resolved source, as it stands in a Build's spec.
        builder: the ClusterBuilder or Builder, ready.
        last: the newest Build, or None.
        now: for the text of a trigger.
    """
    found = [_trigger(last, now), _commit(source, last), _config(image, source, last)]
    if last is not None and succeeded(last):
        found += [_buildpack(builder, last), _stack(builder, last), _lifecycle(builder, last)]
    return [change for change in found if change]


def reason(found: Iterable[Change]) -> str:
    """Return the reasons as the annotation has them."""
    return ",".join(change["reason"] for change in found)


def to_json(found: Iterable[Change]) -> str:
    """Return the changes as the annotation has them."""
    return json.dumps(list(found), separators=(",", ":"))


def succeeded(build: Obj) -> bool:
    """Tell whether a Build ended well."""
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
    """Return the source without its commit, which is a reason of its own."""
    if "git" not in source:
        return source
    return {**source, "git": {key: value for key, value in source["git"].items() if key != "revision"}}


def _buildpack(builder: Obj, last: Obj) -> Change:
    available = {(one["id"], one["version"]): one for one in builder["status"].get("builderMetadata") or []}
    used = last["status"].get("buildMetadata") or []
    gone = [_short(one) for one in used if (one["id"], one["version"]) not in available]
    if not gone:
        return {}
    names = {one["id"] for one in gone}
    return {
        "reason": "BUILDPACK",
        "old": gone,
        "new": [_short(one) for one in available.values() if one["id"] in names],
    }


def _short(one: Obj) -> Obj:
    return {"id": one["id"], "version": one["version"]}


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
