"""TaskRuns and their pods as the real Tekton Pipelines made them."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

Obj = dict[str, Any]
TRACES = Path(__file__).parent.parent / "data" / "traces"


@cache
def _lines(name: str) -> tuple[Obj, ...]:
    with gzip.open(TRACES / f"{name}.jsonl.gz", "rt") as file:
        return tuple(json.loads(line) for line in file)


def history(name: str, kind: str, ending: str) -> list[Obj]:
    """Return all recorded states of the object of a kind whose name ends so, but for its deletion."""
    return [
        line["object"]
        for line in _lines(name)
        if line["object"]["kind"] == kind
        and line["object"]["metadata"]["name"].endswith(ending)
        and line["type"] != "DELETED"
        and "deletionTimestamp" not in line["object"]["metadata"]
    ]


def objects(kind: str) -> Iterator[Obj]:
    """Yield every recorded state of a kind, of both recordings."""
    for name in ("first-run", "second-run"):
        yield from (line["object"] for line in _lines(name) if line["object"]["kind"] == kind)
