import threading
from datetime import UTC, datetime

import pytest
from fake_api import FakeApi

from pkgops.kube import ApiError, Client, NotFound
from pkgops.platform.config import PlatformConfig
from pkgops.platform.labels import has_labels
from pkgops.platform.queue import Key
from pkgops.platform.routes import owner_keys
from pkgops.platform.runtime import Platform

WAIT = 20.0
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
STATUS = "/api/v1/namespaces/default/configmaps/one/status"


def platform_of(client: Client) -> Platform:
    return Platform(client, PlatformConfig(hooks_port=0), lambda: NOON)


def puts(api: FakeApi) -> list[str]:
    return [path for method, path, _ in api.requests if method == "PUT"]


def test_a_change_reaches_the_reconciler_and_the_shared_copy(api: FakeApi, client: Client) -> None:
    api.put("one", {"a": "1"})
    platform = platform_of(client)
    seen: list[object] = []
    done = threading.Event()

    def reconcile(key: Key) -> None:
        obj = platform.get("v1", "ConfigMap", key.name, key.namespace)
        seen.append(obj and obj["data"])
        if obj and obj["data"] == {"a": "2"}:
            done.set()

    platform.controller("test", "v1", "ConfigMap", reconcile)
    platform.start()
    try:
        api.put("one", {"a": "2"})
        assert done.wait(WAIT), seen
    finally:
        platform.stop()


def test_a_watch_added_while_running_reports_what_is_there(api: FakeApi, client: Client) -> None:
    api.put("child", {})
    platform = platform_of(client)
    keys: list[Key] = []
    done = threading.Event()

    def reconcile(key: Key) -> None:
        keys.append(key)
        if key.name == "parent":
            done.set()

    controller = platform.controller("test", "v1", "ConfigMap", reconcile)
    platform.start()
    try:
        platform.watch("v1", "ConfigMap", controller, lambda obj: [Key("default", "parent")])
        assert done.wait(WAIT), keys
    finally:
        platform.stop()


def test_an_unchanged_status_is_not_written(api: FakeApi, client: Client) -> None:
    obj = {**api.put("one", {}), "status": {"phase": "Ready"}}
    assert platform_of(client).save_status(obj, {"phase": "Ready"}) is obj
    assert puts(api) == []


def test_a_conflicting_status_is_written_on_the_newest_object(api: FakeApi, client: Client) -> None:
    old = api.put("one", {"a": "old"})
    api.put("one", {"a": "new"})
    api.answer_next("PUT", STATUS, 409, {"reason": "Conflict", "message": "changed"}, {})
    saved = platform_of(client).save_status(old, {"phase": "Ready"})
    assert puts(api) == [STATUS, STATUS]
    assert (saved["data"], saved["status"]) == ({"a": "new"}, {"phase": "Ready"})


def test_the_status_of_a_replaced_object_is_left_alone(api: FakeApi, client: Client) -> None:
    old = api.put("one", {})
    recreated = api.put("one", {"a": "other"})
    recreated["metadata"]["uid"] = "another"
    api.answer_next("PUT", STATUS, 409, {"reason": "Conflict", "message": "changed"}, {})
    assert platform_of(client).save_status(old, {"phase": "Ready"}).get("status") is None
    assert puts(api) == [STATUS]


def test_what_was_just_created_is_in_the_shared_copy_at_once(api: FakeApi, client: Client) -> None:
    platform = platform_of(client)
    platform.start()
    try:
        assert platform.list("v1", "ConfigMap") == []
        meta = {"name": "new", "namespace": "default", "resourceVersion": "7"}
        platform.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta})
        assert [obj["metadata"]["name"] for obj in platform.list("v1", "ConfigMap", "default")] == ["new"]
        assert platform.list("v1", "ConfigMap", "elsewhere") == []
    finally:
        platform.stop()


def test_owner_keys_match_group_and_kind() -> None:
    owners = [
        {"apiVersion": "tekton.dev/v1", "kind": "TaskRun", "name": "run"},
        {"apiVersion": "carto.run/v1alpha1", "kind": "TaskRun", "name": "other"},
    ]
    pod = {"metadata": {"name": "pod", "namespace": "default", "ownerReferences": owners}}
    assert list(owner_keys("tekton.dev", "TaskRun")(pod)) == [Key("default", "run")]
    assert list(owner_keys("tekton.dev/v1", "TaskRun")(pod)) == [Key("default", "run")]
    assert list(owner_keys("", "Deployment")(pod)) == []


def test_has_labels_wants_all_of_them() -> None:
    obj = {"metadata": {"labels": {"a": "1", "b": "2"}}}
    assert has_labels(obj, {"a": "1"})
    assert not has_labels(obj, {"a": "1", "c": "3"})
    assert not has_labels({"metadata": {}}, {"a": "1"})


def test_a_status_that_no_path_takes_is_not_lost_as_if_the_object_were_gone(
    api: FakeApi, client: Client
) -> None:
    obj = api.put("one", {})
    not_yet = {"message": "the server could not find the requested resource", "reason": "NotFound"}
    api.answer_next("PUT", STATUS, 404, not_yet, {})
    with pytest.raises(ApiError) as raised:
        platform_of(client).save_status(obj, {"phase": "Ready"})
    assert not isinstance(raised.value, NotFound)
    assert raised.value.temporary
    api.answer_next("PUT", STATUS, 404, {"message": 'configmaps "one" not found', "reason": "NotFound"}, {})
    with pytest.raises(NotFound):
        platform_of(client).save_status(obj, {"phase": "Ready"})


def test_a_platform_that_ended_has_no_thread_left_that_writes_events(client: Client) -> None:
    before = set(threading.enumerate())
    platform = platform_of(client)
    started = [thread for thread in threading.enumerate() if thread not in before]
    assert [thread.name for thread in started] == ["events"]
    platform.stop()
    started[0].join(WAIT)
    assert not started[0].is_alive()
