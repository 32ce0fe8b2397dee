"""Logs are read while pods run; the API is a hand-written one that knows two pods."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from types import SimpleNamespace

from api_fixtures import one_cluster

from pkgops.flows.run.log_buffer import LogBuffer
from pkgops.kube import ApiError
from pkgops.model import ObjectRef, Snapshot, Stage

TEST = ObjectRef("v1", "Pod", "default", "hello-test-x-pod")
SERVES = ObjectRef("v1", "Pod", "apps-dev", "hello-00001")
NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Cluster:
    """Gives each container's lines, then ends, or breaks off."""

    def __init__(self, lines, breaks=False):
        self.lines, self.breaks, self.asked = lines, breaks, []

    def logs(self, namespace, pod, container, *, follow):
        assert follow
        self.asked.append((pod, container))
        yield from self.lines
        if self.breaks:
            raise ApiError(500, "", "the connection broke off")


def pod(ref, *running):
    boxes = [{"name": "step-done", "state": {"terminated": {}}}]
    boxes += [{"name": name, "state": {"running": {}}} for name in running]
    return {"metadata": {"uid": ref.name, **vars_of(ref)}, "status": {"containerStatuses": boxes}, **kind()}


def vars_of(ref):
    return {"name": ref.name, "namespace": ref.namespace}


def kind():
    return {"apiVersion": "v1", "kind": "Pod"}


def watched(cluster):
    found = {TEST: pod(TEST, "step-test"), SERVES: pod(SERVES, "user-container")}
    tracker = SimpleNamespace(pod=found.get)
    stages = (
        Stage(name="source-tester", scope="supply-chain", title="Test source", pods=(TEST,)),
        Stage(name="serve", scope="apps-dev", title="Serve application", pods=(SERVES,)),
    )
    log_buffer = LogBuffer(one_cluster(cluster))
    others = set(threading.enumerate())
    for _ in range(2):
        log_buffer.update(tracker, Snapshot(taken_at=NOW, workload=None, stages=stages))
    for thread in set(threading.enumerate()) - others:
        thread.join(5)
    return log_buffer


def test_the_last_lines_of_what_runs_are_kept_and_read_once():
    cluster = Cluster([f"line {number}\n" for number in range(60)])
    kept = watched(cluster).end("source-tester").splitlines()
    assert kept[0] == f"--- end of the log of {TEST}, container step-test"
    assert kept[1:] == [f"line {number}" for number in range(20, 60)]
    assert cluster.asked == [(TEST.name, "step-test")]


def test_what_was_read_before_a_connection_broke_off_is_kept():
    assert "it began" in watched(Cluster(["it began\n"], breaks=True)).end("source-tester")


def test_a_stage_that_ran_nothing_has_no_log():
    log_buffer = watched(Cluster([]))
    assert (log_buffer.end("source-tester"), log_buffer.end("image-builder")) == ("", "")


def test_the_last_lines_are_of_the_container_that_began_last_and_can_be_forgotten():
    log_buffer = watched(Cluster(["one\n", "two\n", "three\n"]))
    assert log_buffer.latest(2) == ["two", "three"]
    log_buffer.clear()
    assert log_buffer.latest(2) == []
    assert log_buffer.end("source-tester") == ""
