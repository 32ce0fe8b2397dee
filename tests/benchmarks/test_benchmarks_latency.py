"""The benchmark of watching runs and counts, against the hand-written API server; its times say nothing."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

import pytest
from fake_api import FakeApi

from pkgops.kube import Client
from pkgops.kube.endpoint import Endpoint
from pkgops.kube.transport import Transport

FILE = Path(__file__).parents[2] / "benchmarks" / "latency.py"
TIMES = 3


@pytest.fixture(scope="module")
def latency():
    spec = importlib.util.spec_from_file_location("benchmarks_latency", FILE)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def api(latency):
    api = FakeApi(latency.API, "Workload", "workloads")
    yield api
    api.close()


def test_it_follows_each_change_and_counts_what_came_of_it(latency, api):
    def change(index):
        made = api.put(latency.NAME, {"padding": "x" * 10_000, "index": index}, latency.NAMESPACE)
        return made["metadata"]["resourceVersion"]

    change(-1)
    meter = latency.Meter()
    client = Client(Transport(Endpoint(server=api.url, name="fake"), received=meter))
    found = latency.measured(client, meter, change, TIMES, latency.Pace(settle=1, idle=0.2, between=0.3))
    # How many of the changes are drawn, and in which window they are read, is a matter of speed.
    assert 1 <= len(found.seconds) <= TIMES
    assert meter.bytes > 10_000 * (TIMES + 1)
    assert 10_000 < found.busy.bytes <= meter.bytes
    assert found.idle.cpu >= 0
    text = latency.report(found, TIMES)
    assert f"{found.busy.bytes} bytes received" in text
    assert f"{len(found.seconds)} of {TIMES} changes" in text


def test_what_never_came_is_said(latency):
    none = latency.Usage(1.0, 0.5, 0)
    assert "none of 5 changes were shown" in latency.report(latency.Measured([], none, none), 5)
