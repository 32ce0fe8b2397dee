"""What the real kapp wrote, from the recordings of the real platform."""

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
def _objects() -> tuple[Obj, ...]:
    found: list[Obj] = []
    for name in ("first-run", "second-run"):
        with gzip.open(TRACES / f"{name}.jsonl.gz", "rt") as file:
            found += [json.loads(line)["object"] for line in file]
    return tuple(found)


def objects(kind: str = "") -> Iterator[Obj]:
    """Yield every recorded state, of one kind or of all."""
    yield from (obj for obj in _objects() if kind in ("", obj["kind"]))


def deployed() -> Iterator[Obj]:
    """Yield resources that kapp itself wrote and signed with what was applied."""
    for obj in objects():
        notes = obj["metadata"].get("annotations", {})
        signed = notes.get("kapp.k14s.io/identity", "").split(";")
        own = len(signed) == 3 and signed[1].endswith(f"/{obj['kind']}/{obj['metadata']['name']}")
        if own and "kapp.k14s.io/original" in notes:
            yield obj


def app_records() -> Iterator[Obj]:
    """Yield the ConfigMaps that record apps."""
    labelled = (obj for obj in objects("ConfigMap") if "kapp.k14s.io/is-app" in _labels(obj))
    yield from labelled


def change_records() -> Iterator[Obj]:
    """Yield the ConfigMaps that record changes."""
    yield from (obj for obj in objects("ConfigMap") if "kapp.k14s.io/is-app-change" in _labels(obj))


def _labels(obj: Obj) -> Obj:
    return dict(obj["metadata"].get("labels") or {})
