"""What the real kapp wrote, from the recordings of the real platform."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from shared_traces import objects

Obj = dict[str, Any]


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
