"""All workloads of a namespace, followed: each as `status` has it, and a change read by itself."""

from __future__ import annotations

import time

import pytest
from many_workloads import many
from pipeline_kinds import KINDS

from pkgops.cli import session
from pkgops.flows import all_workloads, status
from pkgops.flows.ports import Ports

COUNT = 4


@pytest.fixture
def api(tmp_path, monkeypatch, memory_api):
    for api_version, kinds in KINDS.items():
        for kind in kinds.split():
            memory_api.serve((api_version, kind), namespaced=not kind.startswith("Cluster"))
    for obj in many(COUNT):
        memory_api.put(obj)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KUBECONFIG", str(memory_api.kubeconfig(tmp_path / "kubeconfig", user="admin")))
    return memory_api


@pytest.fixture
def target(api):
    with session.session("none") as shown:
        yield shown.target(session.settings(None, "memory"), start=False)


def read_all(news):
    """Return what each came to, once no list of a kind is on its way any more."""
    found = {}
    while (one := next(news)).snapshots or len(found) < COUNT:
        found |= one.snapshots
    return found


def test_each_is_what_status_says_of_it(target):
    assert all_workloads.several(target)
    expected = {one.workload.name: one for one in status.status(target, None, Ports())}
    with all_workloads.AllWorkloads(target, Ports()) as following:
        news = following.changes(lambda: ())
        assert next(news).names == tuple(sorted(expected))
        found = read_all(news)
    assert len(expected) == COUNT
    for name, one in found.items():
        other = expected[name]
        assert (one.verdict, one.revision, one.stages, one.environments) == (
            other.verdict,
            other.revision,
            other.stages,
            other.environments,
        )


def test_what_changes_is_read_alone(api, target):
    with all_workloads.AllWorkloads(target, Ports()) as following:
        news = following.changes(lambda: ())
        next(news)
        read_all(news)
        pods = (one for one in many(COUNT) if one["kind"] == "Pod")
        pod = next(one for one in pods if "app-0002" in one["metadata"]["name"])
        pod["metadata"]["labels"]["changed"] = "yes"
        api.put(pod)
        while not (one := next(news)).snapshots:
            pass
        assert set(one.snapshots) == {"app-0002-web2pkg"}


def test_everything_is_told_of_what_somebody_looks_at(target):
    with all_workloads.AllWorkloads(target, Ports()) as following:
        looked = []
        news = following.changes(lambda: looked)
        next(news)
        read_all(news)
        looked.append("app-0001-web2pkg")
        following.wake()
        found = next(news)
    assert set(found.moments) == {"app-0001-web2pkg"}
    moment = found.moments["app-0001-web2pkg"]
    assert moment.times.stages
    assert {key for key, one in moment.objects.items() if one.objects} >= {("apps-dev", "serve")}


def test_what_is_made_and_deleted_comes_and_goes(api, target):
    with all_workloads.AllWorkloads(target, Ports()) as following:
        news = following.changes(lambda: ())
        next(news)
        read_all(news)
        kind = api.of("carto.run/v1alpha1", "Workload")
        api.objects.drop(kind, ("default", "app-0000-web2pkg"))
        deadline = time.monotonic() + 20
        while len((one := next(news)).names) == COUNT:
            assert time.monotonic() < deadline
        assert one.names == tuple(f"app-{number:04d}-web2pkg" for number in range(1, COUNT))
