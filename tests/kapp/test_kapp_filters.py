"""Which resources a filter means, and what a deployment or deletion of a part of an app leaves."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from memory_api import MemoryApi

from pkgops.kapp import App, KappError, Options, Output, Pace, ResourceFilter
from pkgops.kube import Client, Obj, connect

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def obj(kind: str, name: str, namespace: str = "apps", **meta: Any) -> Obj:
    return {
        "apiVersion": "v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": namespace, **meta},
        "data": {},
    }


@pytest.mark.parametrize(
    ("wanted", "meant"),
    [
        ({}, True),
        ({"kinds": ("Secret",)}, False),
        ({"kinds": ("Secret", "Config%")}, True),
        ({"names": ("*er*",)}, True),
        ({"names": ("*er",)}, False),
        ({"names": ("serv*",)}, True),
        ({"namespaces": ("app",)}, False),
        ({"kind_names": ("ConfigMap/server-a",)}, True),
        ({"kind_names": ("ConfigMap/server*",)}, False),
        ({"kind_namespaces": ("ConfigMap/apps",)}, True),
        ({"kind_ns_names": ("ConfigMap/apps/server-a",)}, True),
        ({"kind_ns_names": ("ConfigMap/other/server-a",)}, False),
        ({"kinds": ("ConfigMap",), "names": ("other",)}, False),
        ({"older_than": timedelta(minutes=5)}, True),
        ({"older_than": timedelta(minutes=30)}, False),
        ({"younger_than": timedelta(minutes=5)}, False),
        ({"younger_than": timedelta(minutes=30)}, True),
        ({"created_before": NOON}, True),
        ({"created_after": NOON}, False),
        ({"selectors": (lambda labels: labels == {"a": "b"},)}, True),
        ({"selectors": (lambda labels: labels == {},)}, False),
    ],
)
def test_what_a_filter_means(wanted: dict[str, Any], meant: bool) -> None:
    made = obj("ConfigMap", "server-a", creationTimestamp="2026-01-01T11:50:00Z", labels={"a": "b"})
    assert ResourceFilter(**wanted)(made, NOON) is meant


def test_what_is_not_in_the_cluster_yet_counts_as_old() -> None:
    new = obj("ConfigMap", "new")
    assert ResourceFilter(older_than=timedelta(hours=1))(new, NOON)
    assert not ResourceFilter(younger_than=timedelta(hours=1))(new, NOON)


@pytest.fixture
def client(tmp_path: Path, memory_api: MemoryApi) -> Client:
    memory_api.namespaces("apps")
    return connect(memory_api.kubeconfig(tmp_path / "kubeconfig"))


def app(client: Client, **options: Any) -> App:
    ticks = itertools.count()
    pace = Pace(
        now=lambda: NOON + timedelta(seconds=next(ticks)), sleep=lambda _: None, cancelled=lambda: False
    )
    return App(client=client, name="web.app", namespace="apps", pace=pace, options=Options(**options))


def output() -> Output:
    return Output(lambda: NOON, lambda _: None)


def names(client: Client, kind: str) -> list[str]:
    found = client.list("v1", kind, "apps").items
    return sorted(
        one["metadata"]["name"] for one in found if not one["metadata"]["name"].startswith("web.app")
    )


BOTH = [obj("ConfigMap", "one"), obj("Secret", "two")]
SECRETS = ResourceFilter(kinds=("Secret",))


def test_only_what_is_meant_is_deployed_and_the_rest_is_left_alone(client: Client) -> None:
    app(client, filter=SECRETS).deploy(BOTH, output())
    assert (names(client, "ConfigMap"), names(client, "Secret")) == ([], ["two"])
    app(client).deploy(BOTH, output())
    app(client, filter=SECRETS).deploy([obj("Secret", "three")], output())
    assert (names(client, "ConfigMap"), names(client, "Secret")) == (["one"], ["three"])


def test_a_filter_that_leaves_nothing_is_as_an_empty_input(client: Client) -> None:
    with pytest.raises(KappError, match="Trying to apply empty set of resources"):
        app(client, filter=ResourceFilter(kinds=("Pod",))).deploy(BOTH, output())


def test_an_app_that_is_deleted_in_part_keeps_its_record(client: Client) -> None:
    app(client).deploy(BOTH, output())
    out = output()
    assert app(client, filter=SECRETS).delete(out)
    assert (names(client, "ConfigMap"), names(client, "Secret")) == (["one"], [])
    assert (
        "App 'web.app' (namespace: apps) will not be fully deleted "
        "because some resources are excluded by filters" in out.text
    )
    assert client.find("v1", "ConfigMap", "web.app", "apps") is not None
    assert app(client).delete(output())
    assert names(client, "ConfigMap") == []
    assert client.find("v1", "ConfigMap", "web.app", "apps") is None


def test_labels_are_those_of_the_record(client: Client) -> None:
    app(client, labels=(("team", "a"),)).deploy(BOTH, output())
    app(client, labels=(("tier", "b"), ("team", "a"))).deploy(BOTH, output())
    record = client.get("v1", "ConfigMap", "web.app", "apps")
    assert record["metadata"]["labels"] == {"kapp.k14s.io/is-app": "", "team": "a", "tier": "b"}
    with pytest.raises(KappError, match="Expected label 'team' value to remain same"):
        app(client, labels=(("team", "c"),)).deploy(BOTH, output())


def test_a_look_at_what_would_change_labels_nothing(client: Client) -> None:
    app(client).deploy(BOTH, output())
    app(client, labels=(("team", "a"),), diff_run=True).deploy(BOTH, output())
    record = client.get("v1", "ConfigMap", "web.app", "apps")
    assert record["metadata"]["labels"] == {"kapp.k14s.io/is-app": ""}
