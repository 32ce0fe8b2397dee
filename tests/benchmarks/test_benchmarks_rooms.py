"""The packages that a commit passes are those whose functions are called to show it."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest

FILE = Path(__file__).parents[2] / "benchmarks" / "rooms.py"
spec = importlib.util.spec_from_file_location("benchmark_rooms", FILE)
rooms = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(rooms)

AT_MOST = 15


def test_a_commit_passes_few_rooms():
    passed = rooms.walk(rooms.ROOT / "tests/data/traces/deploys-by-itself.jsonl.gz")
    assert {"cli", "flows", "pipeline", "readiness", "model", "view"} <= set(passed.rooms)
    assert len(passed.rooms) <= AT_MOST, passed.rooms


@pytest.mark.parametrize(
    ("caller", "called", "up"),
    [
        ("pipeline/tracker.py", "flows/next_command.py", True),
        ("flows/replay.py", "pipeline/tracker.py", False),
        ("pipeline/tracker.py", "pipeline/diagnosis/causes.py", False),
        ("flows/run/watch.py", "view/lines.py", False),
        ("", "cli/main.py", False),
    ],
)
def test_a_call_goes_up_where_its_room_is_named_before_that_of_its_caller(caller, called, up):
    assert rooms.goes_up(caller, called) is up
