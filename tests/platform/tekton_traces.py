"""TaskRuns and their pods as the real Tekton Pipelines made them."""

from __future__ import annotations

from typing import Any

from shared_traces import lines

Obj = dict[str, Any]


def history(name: str, kind: str, ending: str) -> list[Obj]:
    """Return all recorded states of the object of a kind whose name ends so, but for its deletion."""
    return [
        line["object"]
        for line in lines(name)
        if line["object"]["kind"] == kind
        and line["object"]["metadata"]["name"].endswith(ending)
        and line["type"] != "DELETED"
        and "deletionTimestamp" not in line["object"]["metadata"]
    ]
