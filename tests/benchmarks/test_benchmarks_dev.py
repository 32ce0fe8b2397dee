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


def at(seconds):
    return NOW + timedelta(seconds=seconds)


def test_what_containers_wait_and_run_is_told_apart_from_all_else(benchmark):
    pods, runtime = sys.modules["dev_pods"], sys.modules["dev_runtime"]
    build = pods.ObservedPod(
        "build", at(2), {"detect": at(4), "build": at(5)}, {"detect": at(4), "build": at(9)}
    )
    app = pods.ObservedPod("app", at(9), {"workload": at(10)}, ready=at(10.5))
    build.ids, app.ids = {"detect": "d"}, {"workload": "w"}
    runs = {"d": runtime.Run(at(3), at(3.25)), "w": runtime.Run(at(9.5), at(60))}
    line = benchmark.total([build, app], runs, 12.0)
    assert line == (
        "    3 containers: 2.5 s until they began, 4.2 s of work, 1.8 s until the kubelet reported it;"
        " all else took 3.5 s"
    )
    shown = [" ".join(line.split()) for line in pods.rows([build, app], runs, NOW)]
    assert "detect began after 1.00 s ran 0.25 s reported after 0.75 s 4.0 s" in shown
    assert "workload began after 0.50 s ran 0.00 s reported after 1.00 s 10.5 s" in shown


def test_the_runtime_says_when_a_container_began_and_ended(benchmark):
    lines = (
        '2026-01-01 00:00:01.25 +0000 UTC k8s.io /tasks/start {"container_id":"a","pid":7}',
        '2026-01-01 00:00:01.5 +0000 UTC k8s.io /tasks/exit {"container_id":"a","id":"within","pid":8}',
        '2026-01-01 00:00:02.123456789 +0000 UTC k8s.io /tasks/exit {"container_id":"a","id":"a","pid":7}',
        '2026-01-01 00:00:03 +0000 UTC k8s.io /tasks/delete {"container_id":"a","pid":7}',
        "not an event",
    )
    runtime = sys.modules["dev_runtime"].Runtime(Path("/none"))
    runtime.read(lines)
    (run,) = runtime.runs.values()
    assert (run.began, run.ended) == (at(1.25), at(2.123456))
