"""Broken objects of every kind, all at once: each names its slip, and none is written without end."""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections import Counter
from collections.abc import Iterator

import pytest
from slips_kit import KAPP, WIDE_KINDS, Obj, Slip, slips

from pkgops.kube import ApiError, Client, Informer, WatchEvent
from pkgops.local.cluster import LocalCluster
from pkgops.local.snapshot import push_snapshot

pytestmark = pytest.mark.cluster

WATCHED_SECONDS = 120.0
LAST_STEPS_SECONDS = 60.0
# The first minute has the first look and the short steps of a back-off; a minute later few are left. A step
# of an App that is deployed in vain has five writes: it begins, fetches, templates, deploys and fails. What
# refers to another object begins its back-off anew where that one is looked at again, once a minute.
MOST, MOST_AT_THE_END = 40, 12


class Writes:
    """Counts the changes of the objects in one namespace."""

    def __init__(self, client: Client, space: str, kinds: set[tuple[str, str]]) -> None:
        self.all: Counter[str] = Counter()
        self.late: Counter[str] = Counter()
        self.is_late = False
        self._lock = threading.Lock()
        self._space = space
        self._informers = [
            Informer(client, *kind, place_of(kind[1], space), on_event=self._count).start()
            for kind in sorted(kinds)
        ]

    def _count(self, event: WatchEvent) -> None:
        if event.type != "MODIFIED":
            return
        name = name_of(event.object)
        if is_wide(event.object["kind"]) and self._space not in name:
            return
        with self._lock:
            self.all[name] += 1
            self.late[name] += self.is_late

    def stop(self) -> None:
        for informer in self._informers:
            informer.stop()


@pytest.fixture(scope="module")
def space(local_client: Client) -> Iterator[str]:
    name = f"slips-{secrets.token_hex(3)}"
    local_client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    binding = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "default", "namespace": name},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [{"kind": "ServiceAccount", "name": "default", "namespace": name}],
    }
    local_client.create(binding)
    yield name
    for app in local_client.list(KAPP, "App", name).items:
        # A patch: the platform goes on writing the status.
        local_client.patch(KAPP, "App", app["metadata"]["name"], name, {"metadata": {"finalizers": []}})
    local_client.delete("v1", "Namespace", name)
    for api, kind in WIDE_KINDS:
        for obj in local_client.list(api, kind).items:
            if name in obj["metadata"]["name"]:
                local_client.delete(api, kind, obj["metadata"]["name"])


@pytest.fixture(scope="module")
def repository(instance: LocalCluster, space: str, tmp_path_factory) -> str:
    folder = tmp_path_factory.mktemp("source")
    (folder / "readme.txt").write_text("hello\n")
    push_snapshot(folder, space, cluster=instance)
    return instance.git_url(space)


def undeletable(client: Client, space: str) -> None:
    """Deploy an App, take its account's rights away, and delete it: nobody can delete what it deployed."""
    account = {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": "going", "namespace": space},
    }
    role = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": "going", "namespace": space},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [{"kind": "ServiceAccount", "name": "going", "namespace": space}],
    }
    client.create(account)
    client.create(role)
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: deployed}\n"
    spec = {
        "serviceAccountName": "going",
        "fetch": [{"inline": {"paths": {"a.yml": text}}}],
        "template": [{"ytt": {}}],
        "deploy": [{"kapp": {}}],
    }
    meta = {"name": "app-undeletable", "namespace": space}
    client.create({"apiVersion": KAPP, "kind": "App", "metadata": meta, "spec": spec})
    deadline = time.monotonic() + 60
    while client.find("v1", "ConfigMap", "deployed", space) is None and time.monotonic() < deadline:
        time.sleep(0.2)
    client.delete("v1", "ServiceAccount", "going", space)
    client.delete("rbac.authorization.k8s.io/v1", "RoleBinding", "going", space)
    client.delete(KAPP, "App", "app-undeletable", space)


def test_every_slip_is_named_and_nothing_is_written_without_end(
    local_client: Client, instance: LocalCluster, space: str, repository: str
) -> None:
    given = slips(instance.registry, instance.images["toolbox"], space, repository)
    kinds = {(obj["apiVersion"], obj["kind"]) for obj, _ in given} | {("serving.knative.dev/v1", "Revision")}
    writes = Writes(local_client, space, kinds)
    try:
        undeletable(local_client, space)
        refused = {name_of(obj): text for obj, _ in given if (text := created(local_client, space, obj))}
        time.sleep(LAST_STEPS_SECONDS)
        writes.is_late = True
        time.sleep(WATCHED_SECONDS - LAST_STEPS_SECONDS)
    finally:
        writes.stop()
    spinning = {name: count for name, count in writes.all.items() if count > MOST}
    spinning |= {name: count for name, count in writes.late.items() if count > MOST_AT_THE_END}
    assert not spinning, (spinning, writes.all)
    assert "DeleteFailed" in told(local_client, space, {"apiVersion": KAPP, "kind": "App"}, "app-undeletable")
    silent = unnamed(local_client, space, given, refused)
    assert not silent, list(silent)


def is_wide(kind: str) -> bool:
    return kind.startswith("Cluster")


def place_of(kind: str, space: str) -> str:
    return "" if is_wide(kind) else space


def name_of(obj: Obj) -> str:
    return f"{obj['kind']}/{obj['metadata']['name']}"


def created(client: Client, space: str, obj: Obj) -> str:
    """Create an object; return why it was refused, if it was."""
    place = place_of(obj["kind"], space)
    placed = {**obj, "metadata": {**obj["metadata"], **({"namespace": place} if place else {})}}
    try:
        client.create(placed)
    except ApiError as error:
        return error.message
    return ""


def unnamed(client: Client, space: str, given: list[Slip], refused: dict[str, str]) -> dict[str, str]:
    """Return the objects that say nothing of their slip, with what they say."""
    found = {
        name_of(obj): refused.get(name_of(obj)) or told(client, space, obj, obj["metadata"]["name"])
        for obj, word in given
        if word
    }
    return {
        name_of(obj): found[name_of(obj)] for obj, word in given if word and word not in found[name_of(obj)]
    }


def told(client: Client, space: str, kind: Obj, name: str) -> str:
    """Return what an object's status and the warnings about it say."""
    place = place_of(kind["kind"], space)
    obj = client.find(kind["apiVersion"], kind["kind"], name, place) or {}
    status = obj.get("status") or {}
    about = f"involvedObject.name={name},type=Warning"
    events = [event["message"] for event in client.list("v1", "Event", place, fields=about).items]
    # A moment may have any figure in it.
    conditions = [{**one, "lastTransitionTime": ""} for one in status.get("conditions") or ()]
    parts = [
        conditions,
        status.get("usefulErrorMessage"),
        status.get("friendlyDescription"),
        events,
    ]
    return json.dumps([part for part in parts if part]).replace('\\"', '"')
