"""The recordings of the real platform, each read once."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from json_copy import json_copy

from pkgops.flows import replay

Obj = dict[str, Any]
NAMES = ("first-run", "second-run")
TRACES = Path(__file__).parent.parent / "data" / "traces"


class Kept(dict[str, Any]):
    """What was read once for all tests, so that none may change it: a copy, deep or not, may be changed."""

    def _refuse(self, *_: object, **__: object) -> Any:
        raise TypeError("this object of a recording is shared by all tests: change a copy of it")

    __setitem__ = __delitem__ = __ior__ = _refuse  # type: ignore[assignment]
    clear = pop = popitem = setdefault = update = _refuse

    def __deepcopy__(self, _memo: dict[int, Any]) -> Obj:
        copied: Obj = json_copy(self)
        return copied


@cache
def lines(name: str) -> tuple[Obj, ...]:
    """Return the events of a recording: seconds ``t``, ``type`` and ``object``."""
    with gzip.open(TRACES / f"{name}.jsonl.gz", "rt") as file:
        return tuple(json.loads(line, object_hook=Kept) for line in file)


def objects(kind: str = "", names: tuple[str, ...] = NAMES) -> Iterator[Obj]:
    """Yield every recorded state of a kind, or of all kinds."""
    for name in names:
        yield from (line["object"] for line in lines(name) if kind in ("", line["object"]["kind"]))


@cache
def recorded(name: str) -> replay.Recording:
    """Return a recording as ``pkgops replay`` reads it."""
    return replay.load(TRACES / f"{name}.jsonl.gz")


@cache
def played(name: str):
    """Return seconds and Snapshot of every event of a recording."""
    found = recorded(name)
    return [(line.t, snapshot) for line, snapshot in zip(found.lines, replay.play(found), strict=True)]
