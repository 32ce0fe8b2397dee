"""Whoever reads a call of a class of many fields sees which value is which."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from constructors import MANY, Sources

ROOT = Path(__file__).parents[2] / "pkgops"
RECORD = """
from dataclasses import dataclass, field
from typing import NamedTuple, ClassVar
from pkgops.values import Value

class Five(Value):
    a: int
    b: int
    kinds: ClassVar[int] = 0
    c: int = 0
    d: int = 0
    e: int = 0

@dataclass(frozen=True)
class Six(Five):
    f: int = 0
    made: int = field(init=False)

class Four(NamedTuple):
    a: int
    b: int
    c: int
    d: int

class Plain(Five):
    def __init__(self, *given): ...
"""
CALLS = """
from pkg.records import Five, Four, Plain, Six
from pkg import records as known

Five(1, 2, 3, 4)
known.Five(1, 2, 3, 4, 5)
Six(1, 2, 3, 4, 5, 6)
Six(1, 2, c=3)
Four(1, 2, 3, 4)
Plain(1, 2, 3, 4, 5, 6)
print(1, 2, 3, 4, 5, 6)
"""


@cache
def ours():
    return Sources(ROOT)


def many(sources):
    return [call for call in sources.calls() if len(call.arguments) > MANY]


def test_no_call_gives_more_than_four_values_by_their_positions():
    assert [str(call) for call in many(ours())] == []


def test_a_class_of_many_fields_takes_names_only():
    assert ours().positional() == []


def test_the_classes_of_many_fields_are_found():
    sources = ours()
    fields = sources.fields("pkgops.model.snapshot.Snapshot")
    assert fields[:2] == ["taken_at", "workload"]
    assert len(fields) > MANY
    assert sources.fields("pkgops.model.objects.Condition")[0] == "type"


def test_calls_are_found_by_what_their_names_stand_for(tmp_path):
    folder = tmp_path / "pkg"
    folder.mkdir()
    (folder / "records.py").write_text(RECORD)
    (folder / "calls.py").write_text(CALLS)
    sources = Sources(folder)
    assert sources.positional() == ["pkg.records.Five", "pkg.records.Six"]
    found = {(call.name, tuple(name for name, _ in call.arguments)) for call in many(sources)}
    assert found == {("Five", tuple("abcde")), ("Six", tuple("abcdef"))}
