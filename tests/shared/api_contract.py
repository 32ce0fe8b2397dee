"""What an API server does: the same checks run on the one in memory and on the local cluster's own.

Each check is given a client and a namespace of its own, and takes ConfigMaps and Pods that no node runs.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from typing import Any

import pytest

from pkgops.kube import Client, Conflict, NotFound
from pkgops.kube.errors import AlreadyExists, ApiError

Obj = dict[str, Any]
Check = Callable[[Client, str], None]
CHECKS: list[Check] = []


def _check(check: Check) -> Check:
    CHECKS.append(check)
    return check


def config_map(space: str, name: str, **data: str) -> Obj:
    meta = {"name": name, "namespace": space}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": data}


@_check
def an_object_is_created_once(client: Client, space: str) -> None:
    made = client.create(config_map(space, "once", a="1"))
    assert made["metadata"]["uid"]
    assert made["metadata"]["resourceVersion"]
    with pytest.raises(AlreadyExists):
        client.create(config_map(space, "once"))


@_check
def a_dry_run_keeps_nothing(client: Client, space: str) -> None:
    assert client.create(config_map(space, "dry", a="1"), dry_run=True)["data"] == {"a": "1"}
    assert client.find("v1", "ConfigMap", "dry", space) is None


@_check
def an_old_version_is_a_conflict(client: Client, space: str) -> None:
    made = client.create(config_map(space, "old", a="1"))
    client.update(made | {"data": {"a": "2"}})
    with pytest.raises(Conflict):
        client.update(made | {"data": {"a": "3"}})
    assert client.get("v1", "ConfigMap", "old", space)["data"] == {"a": "2"}


@_check
def a_merge_patch_takes_away_what_is_null(client: Client, space: str) -> None:
    client.create(config_map(space, "merge", a="1", b="2"))
    client.patch("v1", "ConfigMap", "merge", space, {"data": {"a": None, "c": "3"}})
    assert client.get("v1", "ConfigMap", "merge", space)["data"] == {"b": "2", "c": "3"}


@_check
def what_a_manager_no_longer_applies_goes_unless_another_gives_it(client: Client, space: str) -> None:
    client.apply(config_map(space, "apply", mine="1", ours="1"), manager="one")
    client.apply(config_map(space, "apply", ours="1", theirs="1"), manager="two")
    client.apply(config_map(space, "apply"), manager="one")
    assert client.get("v1", "ConfigMap", "apply", space)["data"] == {"ours": "1", "theirs": "1"}


@_check
def a_field_of_another_manager_is_a_conflict_unless_forced(client: Client, space: str) -> None:
    client.apply(config_map(space, "owner", a="1"), manager="one")
    with pytest.raises(Conflict) as refused:
        client.apply(config_map(space, "owner", a="2"), manager="two", force=False)
    assert '"one"' in refused.value.message
    assert ".data.a" in refused.value.message
    client.apply(config_map(space, "owner", a="2"), manager="two")
    client.apply(config_map(space, "owner"), manager="one")
    assert client.get("v1", "ConfigMap", "owner", space)["data"] == {"a": "2"}


@_check
def what_is_owned_goes_with_the_last_owner(client: Client, space: str) -> None:
    owner = client.create(config_map(space, "parent"))
    reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": "parent", "uid": owner["metadata"]["uid"]}
    child = config_map(space, "child")
    child["metadata"]["ownerReferences"] = [reference]
    client.create(child)
    assert client.delete("v1", "ConfigMap", "parent", space)
    eventually(lambda: client.find("v1", "ConfigMap", "child", space) is None)
    assert not client.delete("v1", "ConfigMap", "parent", space)


@_check
def another_uid_is_not_deleted(client: Client, space: str) -> None:
    client.create(config_map(space, "same"))
    with pytest.raises(Conflict):
        client.delete("v1", "ConfigMap", "same", space, uid="0")
    assert client.find("v1", "ConfigMap", "same", space)


@_check
def a_finalizer_holds_an_object(client: Client, space: str) -> None:
    held = config_map(space, "held")
    held["metadata"]["finalizers"] = ["example.com/held"]
    client.create(held)
    client.delete("v1", "ConfigMap", "held", space)
    assert client.get("v1", "ConfigMap", "held", space)["metadata"]["deletionTimestamp"]
    client.patch("v1", "ConfigMap", "held", space, {"metadata": {"finalizers": None}})
    assert client.find("v1", "ConfigMap", "held", space) is None


@_check
def a_status_is_written_on_its_own(client: Client, space: str) -> None:
    pod = {"containers": [{"name": "a", "image": "example.com/none"}], "nodeName": "nowhere"}
    meta = {"name": "status", "namespace": space}
    client.create(
        {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": pod, "status": {"message": "no"}}
    )
    client.patch("v1", "Pod", "status", space, {"status": {"message": "no"}})
    assert "message" not in client.get("v1", "Pod", "status", space).get("status", {})
    client.patch("v1", "Pod", "status", space, {"status": {"message": "yes"}}, subresource="status")
    assert client.get("v1", "Pod", "status", space)["status"]["message"] == "yes"
    client.delete("v1", "Pod", "status", space, grace=0)


@_check
def a_namespace_that_is_not_there_takes_nothing(client: Client, space: str) -> None:
    with pytest.raises(NotFound, match=f"{space}-none"):
        client.create(config_map(f"{space}-none", "a"))


@_check
def lists_are_selected_by_label_and_by_name(client: Client, space: str) -> None:
    for name in ("one", "two"):
        obj = config_map(space, f"label-{name}")
        obj["metadata"]["labels"] = {"set": "labels", "which": name}
        client.create(obj)
    names = lambda **how: [o["metadata"]["name"] for o in client.list("v1", "ConfigMap", space, **how).items]  # noqa: E731
    assert names(labels="set=labels,which=two") == ["label-two"]
    assert names(labels="which,set=labels") == ["label-one", "label-two"]
    assert names(fields="metadata.name=label-one") == ["label-one"]


@_check
def a_watch_tells_what_came_after_a_list(client: Client, space: str) -> None:
    since = client.list("v1", "ConfigMap", space).resource_version
    client.create(config_map(space, "watched", a="1"))
    client.patch("v1", "ConfigMap", "watched", space, {"data": {"a": "2"}})
    client.delete("v1", "ConfigMap", "watched", space)
    events = client.watch("v1", "ConfigMap", space, resource_version=since, fields="metadata.name=watched")
    told = (event for event in events if event.type != "BOOKMARK")
    seen = [(event.type, event.object.get("data")) for event in itertools.islice(told, 3)]
    events.close()
    assert seen == [("ADDED", {"a": "1"}), ("MODIFIED", {"a": "2"}), ("DELETED", {"a": "2"})]


@_check
def a_name_may_be_made_up(client: Client, space: str) -> None:
    made = config_map(space, "")
    made["metadata"] = {"generateName": "made-", "namespace": space}
    assert client.create(made)["metadata"]["name"].startswith("made-")


@_check
def a_kind_that_is_not_served_is_not_found(client: Client, space: str) -> None:
    assert not client.serves("example.com/v1", "Nothing")
    with pytest.raises(ApiError):
        client.list("example.com/v1", "Nothing", space)


def eventually(holds: Callable[[], bool]) -> None:
    """Wait until something holds; a garbage collector works in its own time."""
    for _ in range(1200):
        if holds():
            return
        time.sleep(0.1)
    raise AssertionError("it did not come to hold")
