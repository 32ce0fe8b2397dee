"""The benchmark of saves reads its figures from the events of ``pkgops dev``."""

from __future__ import annotations

import importlib.util
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

FILE = Path(__file__).parents[2] / "benchmarks" / "dev.py"
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def benchmark():
    spec = importlib.util.spec_from_file_location("benchmarks_dev", FILE)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def event(seconds, type, message="", part="", stage="", state=None, **data):
    at = (NOW + timedelta(seconds=seconds)).isoformat()
    about = {"message": message, "part": part, "stage": stage, "state": state, "data": data}
    return {"time": at, "type": type, **about}


def test_each_part_has_its_own_seconds_and_those_since_the_save(benchmark):
    stage = {"part": "supply-chain", "stage": "source-tester", "title": "Test source"}
    events = [
        event(0.4, "note", "saved: main.go"),
        event(0.9, "note", "measured is commit 1a2b3c4d", commit="1a2b3c4d"),
        event(1.0, "stage", state="done", still="main@sha1:0", **stage),
        event(1.5, "stage", state="working", **stage),
        event(4.0, "stage", state="done", **stage),
        event(4.5, "stage", state="done", **stage),
        event(10.0, "done", "measured answers"),
    ]
    shown = [line.split() for line in benchmark.rows(benchmark.parts(events), NOW, 12.0)]
    assert [words[-4] for words in shown[:-1]] == ["0.4", "0.5", "3.1", "6.0"]
    assert [words[-2] for words in shown[:-1]] == ["0.4", "0.9", "4.0", "10.0"]
    assert " ".join(shown[-1]).startswith("save to answer 10.0 s")


def test_what_containers_wait_and_run_is_told_apart_from_all_else(benchmark):
    def at(seconds):
        return NOW + timedelta(seconds=seconds)

    pods = sys.modules["dev_pods"]
    build = pods.Seen("build", at(2), {"detect": at(3), "build": at(5)}, {"detect": at(4), "build": at(9)})
    app = pods.Seen("app", at(9), {"workload": at(10)}, ready=at(10.5))
    line = benchmark.total([build, app], 12.0)
    assert line.split(";") == ["    3 containers waited 3.0 s and ran 5.5 s", " all else took 3.5 s"]
