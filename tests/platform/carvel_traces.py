"""Apps, installs, repositories and Knative objects as the real controllers wrote them."""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

Obj = dict[str, Any]
TRACES = Path(__file__).parent.parent / "data" / "traces"


@cache
def _lines(name: str) -> tuple[Obj, ...]:
    with gzip.open(TRACES / f"{name}.jsonl.gz", "rt") as file:
        return tuple(json.loads(line) for line in file)


def history(kind: str, api: str, namespace: str, run: str = "second-run") -> list[Obj]:
    """Return the recorded states of the one object of a kind in a namespace, oldest first."""
    return [
        line["object"]
        for line in _lines(run)
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
