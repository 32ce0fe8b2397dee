"""Apps, installs, repositories and Knative objects as the real controllers wrote them."""

from __future__ import annotations

import json
from typing import Any

from shared_traces import lines

Obj = dict[str, Any]


def history(kind: str, api: str, namespace: str, run: str = "second-run") -> list[Obj]:
    """Return the recorded states of the one object of a kind in a namespace, oldest first."""
    return [
        line["object"]
        for line in lines(run)
        if line["object"]["kind"] == kind
        and line["object"]["apiVersion"].startswith(api)
        and line["object"]["metadata"].get("namespace") == namespace
        and line["type"] != "DELETED"
    ]


def without_times(status: Obj) -> Obj:
    """Return a status without timestamps and the output of the deployment."""
    result = json.loads(json.dumps(status))
    for step in ("fetch", "template", "deploy"):
        for key in ("startedAt", "updatedAt"):
            (result.get(step) or {}).pop(key, None)
    (result.get("deploy") or {}).pop("stdout", None)
    for condition in result.get("conditions") or []:
        condition.pop("lastTransitionTime", None)
    return result
