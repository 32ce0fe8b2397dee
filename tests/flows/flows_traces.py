"""The recordings of the real platform."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from pkgops.flows import replay

TRACES = Path(__file__).parent.parent / "data" / "traces"


@cache
def recorded(name):
    return replay.load(TRACES / f"{name}.jsonl.gz")


@cache
def played(name):
    found = recorded(name)
    return [(line.t, snapshot) for line, snapshot in zip(found.lines, replay.play(found), strict=True)]
