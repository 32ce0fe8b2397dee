"""An error that no reconciler foresaw reaches the object: for every kind that the platform serves."""

from __future__ import annotations

import importlib
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fake_api import FakeApi
from fields_kit import served, undefined
from memory_api import MemoryApi
from slips_kit import slips

from pkgops.kube import Client, Conflict, Obj, Unreachable, WatchEvent
from pkgops.kube.endpoint import Endpoint
from pkgops.kube.transport import Transport
from pkgops.model import State
from pkgops.platform.__main__ import GROUPS
from pkgops.platform.backoff import RUNS_PER_MINUTE
from pkgops.platform.config import PlatformConfig
from pkgops.platform.controller import Controller, Reconcile
from pkgops.platform.failurereports import LIMITED, FailureReporter, MappingFailureReporter
from pkgops.platform.failures import (
    FAILURES,
    REASON,
    TEMPORARY_FAILURES,
    AlreadyReported,
    ErrorCounter,
    Failed,
    error_message,
)
from pkgops.platform.queue import Key
from pkgops.platform.routes import KindRoutes
from pkgops.platform.runtime import READY_FALSE, Platform
from pkgops.readiness import readiness

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
KEY = Key("default", "one")
# The platform records only events for these: other controllers write their status.
WITHOUT_CONDITION = {"PersistentVolumeClaim", "PersistentVolume"}


class Registry(Platform):
    """A platform that remembers which controllers its groups create."""

    def __init__(self, client: Client, config: PlatformConfig) -> None:
        super().__init__(client, config, lambda: NOON)
        self.served: list[tuple[str, str, Failed | None]] = []

    def controller(
        self, name: str, api_version: str, kind: str, reconcile: Reconcile, **options: Any
    ) -> Controller:
        self.served.append((api_version, kind, options.get("failed", READY_FALSE)))
        return super().controller(name, api_version, kind, reconcile, **options)


@pytest.fixture
def registry(client: Client, tmp_path: Path) -> Iterator[Registry]:
    config = PlatformConfig(data_dir=tmp_path, artifact_port=0, hooks_port=0, webhook_port=0)
    platform = Registry(client, config)
    for group in GROUPS:
        importlib.import_module(f"pkgops.platform.{group}").register(platform)
    yield platform
    platform.stop()


def test_every_kind_says_failed_in_its_own_way_and_why_reads_it(registry: Registry) -> None:
    assert len(registry.served) >= 25
    for api_version, kind, failed in registry.served:
        if kind in WITHOUT_CONDITION:
            assert failed is None
            continue
        assert failed is not None, kind
        obj = object_of(api_version, kind)
        status = failed(obj, "nobody foresaw this", NOON)
        found = readiness({**obj, "status": status})
        assert found.state is State.FAILED, (kind, status)
        assert "nobody foresaw this" in json.dumps(status), kind
        group = next(name for name in GROUPS if kind in served(name))
        for deleted in (
            obj,
            {**obj, "metadata": {**obj["metadata"], "deletionTimestamp": "2026-01-01T00:00:00Z"}},
        ):
            told = {**obj, "status": failed(deleted, "nobody foresaw this", NOON)}
            assert undefined(group, [told]) == {kind: set()}
        assert (
            failed({**obj, "status": status}, "nobody foresaw this", NOON)["conditions"]
            == (status["conditions"])
        ), kind


# Volumes are created by the provisioner, and Revisions by a Service: slips are tested with those. As in
# kpack, a SourceResolver reports no error: the first build does.
WITHOUT_SLIP = {"PersistentVolume", "Revision", "SourceResolver"}


def test_every_kind_that_is_reconciled_has_an_object_with_a_slip(registry: Registry) -> None:
    given = {
        obj["kind"]
        for obj, word in slips("registry:5000", "registry:5000/a:1", "apps", "http://git/a")
        if word
    }
    assert {kind for _, kind, _ in registry.served} - given == WITHOUT_SLIP


def object_of(api_version: str, kind: str) -> Obj:
    meta = {"name": "one", "namespace": "default", "uid": "one", "generation": 2}
    return {"apiVersion": api_version, "kind": kind, "metadata": meta, "spec": {}}


class Cluster:
    """One object, and what was written about it."""

    def __init__(self) -> None:
        self.obj = object_of("example.com/v1", "Thing")
        self.statuses: list[Obj] = []
        self.events: list[tuple[str, str]] = []
        self.counter = ErrorCounter()
        self.reporter = FailureReporter(
            name="thing",
            find=lambda key: self.obj,
            save=self.save,
            event=self.event,
            now=lambda: NOON,
            counter=self.counter,
            failed=READY_FALSE,
        )

    def save(self, obj: Obj, status: Obj) -> Obj:
        if obj.get("status") != status:
            self.statuses.append(status)
            self.obj = {**obj, "status": status}
        return self.obj

    def event(self, obj: Obj, reason: str, message: str) -> None:
        self.events.append((reason, message))

    def fail(self, error: Exception, times: int) -> None:
        for failures in range(1, times + 1):
            self.reporter.failure(KEY, error, failures)


def broken() -> Exception:
    try:
        readiness(None)  # type: ignore[arg-type]
    except AttributeError as error:
        return error
    raise AssertionError


def test_the_object_tells_once_what_happened_and_where() -> None:
    cluster = Cluster()
    cluster.fail(broken(), FAILURES - 1)
    assert (cluster.statuses, cluster.events) == ([], [])
    cluster.fail(broken(), 8)
    assert len(cluster.statuses) == len(cluster.events) == 1
    reason, message = cluster.events[0]
    assert reason == "InternalError"
    assert "AttributeError: 'NoneType' object has no attribute 'get'" in message
    assert "(pkgops/readiness/__init__.py, line " in message
    assert cluster.statuses[0]["conditions"][0]["message"] == message
    assert cluster.counter.counts["thing"] == FAILURES - 1 + 8


def test_a_status_that_the_reconciler_writes_over_is_written_again_without_another_event() -> None:
    cluster = Cluster()
    cluster.fail(broken(), FAILURES)
    cluster.obj = {**cluster.obj, "status": {"conditions": []}}
    cluster.reporter.failure(KEY, broken(), FAILURES + 1)
    assert len(cluster.statuses) == 2
    assert len(cluster.events) == 1


MODIFIED = "the object has been modified; please apply your changes to the latest version and try again"


@pytest.mark.parametrize("error", [Unreachable("no answer"), Conflict(409, "Conflict", MODIFIED)])
def test_what_time_may_heal_is_told_later(error: Exception) -> None:
    cluster = Cluster()
    cluster.fail(error, TEMPORARY_FAILURES - 1)
    assert cluster.events == []
    cluster.reporter.failure(KEY, error, TEMPORARY_FAILURES)
    assert len(cluster.events) == 1


def test_what_the_object_says_already_is_not_told_again() -> None:
    cluster = Cluster()
    cluster.fail(AlreadyReported("later"), 10)
    assert (cluster.statuses, cluster.events) == ([], [])


def test_the_sentence_of_an_expected_error_has_its_reason_and_no_place() -> None:
    assert error_message(Unreachable("no answer", why="refused")) == "no answer: refused"


def test_a_controller_that_fails_writes_the_status_of_its_object(api: FakeApi, client: Client) -> None:
    def reconcile(key: Key) -> None:
        raise RuntimeError("a bug")

    platform = Platform(client, PlatformConfig(hooks_port=0), lambda: NOON)
    controller = platform.controller("test", "v1", "ConfigMap", reconcile)
    platform.observe(api.put("one", {}))
    for _ in range(FAILURES):
        controller.run_once(KEY)
    written = [path for method, path, _ in api.requests if method == "PUT"]
    assert written == ["/api/v1/namespaces/default/configmaps/one/status"]
    assert platform.errors.counts == {"test": FAILURES}


def test_a_change_that_leads_to_no_controller_is_told_once_on_the_object_that_changed() -> None:
    cluster = Cluster()
    told: list[tuple[str, str, str]] = []

    def event(obj: Obj, reason: str, message: str) -> None:
        told.append((obj["metadata"]["name"], reason, message))

    def mapper(obj: Obj) -> list[Key]:
        raise broken()

    routes = KindRoutes(MappingFailureReporter(event, cluster.counter).report)
    controller = Controller("parents", lambda key: None)
    routes.add(controller, mapper, False)
    thing = object_of("example.com/v1", "Thing")
    other = {**thing, "metadata": {**thing["metadata"], "name": "two", "uid": "two"}}
    for obj in (thing, thing, other, object_of("v1", "Event")):
        routes.route(WatchEvent("MODIFIED", obj))
    routes.enqueue(controller, mapper, thing)
    assert [(name, reason) for name, reason, _ in told] == [("one", REASON), ("two", REASON)]
    message = told[0][2]
    assert message.startswith("parents did not take notice of this object: the local platform did not expect")
    assert "(pkgops/readiness/__init__.py, line " in message
    assert cluster.counter.counts["parents"] == 5
    assert controller.depth() == 0


def test_a_change_that_leads_to_no_controller_becomes_an_event_of_the_cluster(
    api: FakeApi, client: Client
) -> None:
    api.kinds["events"] = "Event"
    api.put("one", {})
    platform = Platform(client, PlatformConfig(hooks_port=0), lambda: NOON)

    def mapper(obj: Obj) -> list[Key]:
        raise broken()

    controller = platform.controller("test", "v1", "ConfigMap", lambda key: None)
    platform.watch("v1", "ConfigMap", controller, mapper)
    platform.start()
    try:
        deadline = time.monotonic() + 20
        posted = ("POST", "/api/v1/namespaces/default/events")
        while posted not in [request[:2] for request in api.requests] and time.monotonic() < deadline:
            time.sleep(0.01)
        assert [request[:2] for request in api.requests].count(posted) == 1
        assert platform.errors.counts["test"] == 1
    finally:
        platform.stop()


def test_a_key_that_is_held_becomes_one_event_on_its_object(memory_api: MemoryApi) -> None:
    """The way from a controller's limit to the cluster, with nothing put in its place."""
    client = Client(Transport(Endpoint(server=memory_api.url, name="fake")))
    meta = {"name": "one", "namespace": "default"}
    platform = Platform(client, PlatformConfig(hooks_port=0), lambda: NOON)
    runs: list[Key] = []
    controller = platform.controller("test", "v1", "ConfigMap", runs.append)
    memory_api.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "default"}})
    platform.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta})
    for _ in range(3 * RUNS_PER_MINUTE):
        controller.run_once(KEY)
    assert RUNS_PER_MINUTE <= len(runs) < 3 * RUNS_PER_MINUTE
    deadline = time.monotonic() + 20
    while not (events := client.list("v1", "Event", "default").items) and time.monotonic() < deadline:
        time.sleep(0.01)
    [event] = events
    assert (event["type"], event["reason"], event["count"]) == ("Warning", LIMITED, 1)
    assert event["involvedObject"]["name"] == "one"
    assert event["message"] == "test: reconciled more than 120 times within a minute; held back"
    assert platform.errors.counts == {}


def test_of_an_object_that_is_gone_no_limit_is_told() -> None:
    cluster = Cluster()
    cluster.reporter.limit(KEY)
    assert [reason for reason, _ in cluster.events] == [LIMITED]
    cluster.reporter.find = lambda key: None
    cluster.reporter.limit(KEY)
    assert len(cluster.events) == 1
