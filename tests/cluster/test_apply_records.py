"""Applying with a record: created, unchanged, updated, pruned; kapp's format; what others own."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from local_kit import namespace

from pkgops.errors import RefusedError
from pkgops.flows import apply
from pkgops.flows.ports import Ports
from pkgops.kube import Client

pytestmark = pytest.mark.cluster
__all__ = ["namespace"]

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def client(local_client: Client) -> Client:
    return local_client


def config_map(name, namespace=None, **data):
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def secret(namespace):
    metadata = {"name": "s", "namespace": namespace}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": {"password": "hunter2"}}


def put(client, namespace, objects, name):
    said = []
    plan = apply.plan(client, objects, name, namespace, NOW)
    apply.execute(client, plan, Ports(on_event=lambda event: said.append(event.message)))
    return sorted({(step.op, step.ref.name) for step in plan.steps}), said


def record(client, namespace, name):
    return json.loads(client.get("v1", "ConfigMap", name, namespace)["data"]["spec"])


def test_from_creation_to_what_left_the_templates(client, namespace):
    first, _ = put(client, namespace, [config_map("a", x="1"), config_map("b", x="1")], "life")
    again, _ = put(client, namespace, [config_map("a", x="1"), config_map("b", x="1")], "life")
    changed, said = put(client, namespace, [config_map("a", x="2")], "life")
    assert first == [("create", "a"), ("create", "b")]
    assert again == [("unchanged", "a"), ("unchanged", "b")]
    assert changed == [("delete", "b"), ("update", "a")]
    assert f"deleted configmap/b in {namespace}" in said
    assert client.find("v1", "ConfigMap", "b", namespace) is None


def test_the_record_is_one_that_kapp_reads(client, namespace):
    put(client, namespace, [config_map("c", x="1"), secret(namespace)], "format")
    found = client.get("v1", "ConfigMap", "format", namespace)
    assert found["metadata"]["labels"] == {"kapp.k14s.io/is-app": ""}
    spec = record(client, namespace, "format")
    assert spec["labelKey"] == "kapp.k14s.io/app"
    assert spec["usedGKs"] == [{"Group": "", "Kind": "ConfigMap"}, {"Group": "", "Kind": "Secret"}]
    assert spec["lastChange"]["successful"] is True
    change = client.get("v1", "ConfigMap", spec["lastChangeName"], namespace)
    assert change["metadata"]["labels"]["kapp.k14s.io/app-change-app-label"] == spec["labelValue"]
    applied = client.get("v1", "ConfigMap", "c", namespace)["metadata"]
    assert applied["labels"]["kapp.k14s.io/app"] == spec["labelValue"]
    assert applied["labels"]["kapp.k14s.io/association"].startswith("v1.")
    assert applied["annotations"]["kapp.k14s.io/identity"] == f"v1;{namespace}//ConfigMap/c;v1"


def test_no_secret_in_an_annotation(client, namespace):
    put(client, namespace, [secret(namespace)], "private")
    annotations = client.get("v1", "Secret", "s", namespace)["metadata"].get("annotations", {})
    assert "hunter2" not in json.dumps(annotations)


def test_nothing_to_do_writes_nothing(client, namespace):
    put(client, namespace, [config_map("d")], "quiet")
    before = client.get("v1", "ConfigMap", "quiet", namespace)["metadata"]["resourceVersion"]
    put(client, namespace, [config_map("d")], "quiet")
    assert client.get("v1", "ConfigMap", "quiet", namespace)["metadata"]["resourceVersion"] == before


def test_a_record_that_exists_is_taken_over(client, namespace):
    put(client, namespace, [config_map("e"), config_map("f")], "taken")
    label = record(client, namespace, "taken")["labelValue"]
    # kapp renames the ConfigMap when it migrates an app; the name that people use stays the same.
    old = client.get("v1", "ConfigMap", "taken", namespace)
    metadata = {"name": "taken.apps.k14s.io", "namespace": namespace, "labels": old["metadata"]["labels"]}
    client.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": old["data"]})
    client.delete("v1", "ConfigMap", "taken", namespace)
    steps, _ = put(client, namespace, [config_map("e")], "taken")
    assert steps == [("delete", "f"), ("unchanged", "e")]
    assert record(client, namespace, "taken.apps.k14s.io")["labelValue"] == label


def test_what_belongs_to_another_app_is_refused(client, namespace):
    put(client, namespace, [config_map("g")], "first-app")
    # The label of an app is the time of its first deployment.
    later = NOW + timedelta(seconds=1)
    with pytest.raises(RefusedError, match="belongs to another kapp app") as caught:
        apply.plan(client, [config_map("g", x="2")], "second-app", namespace, later)
    assert caught.value.exit_code == 5
    assert client.find("v1", "ConfigMap", "second-app", namespace) is None


def test_a_refused_object_leaves_everything_as_it_was(client, namespace):
    put(client, namespace, [config_map("h", x="1")], "atomic")
    wrong = {**config_map("h"), "data": {"x": {"not": "text"}}}
    with pytest.raises(Exception, match="h"):
        apply.plan(client, [wrong], "atomic", namespace, NOW)
    assert client.get("v1", "ConfigMap", "h", namespace)["data"] == {"x": "1"}


def test_namespaces_are_created_first_and_kept_out_of_the_record(client, namespace):
    name = f"{namespace}-new"
    extra = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    plan = apply.plan(client, [config_map("i", name)], "outside", namespace, NOW, before=[extra])
    apply.execute(client, plan, Ports())
    assert client.find("v1", "ConfigMap", "i", name) is not None
    assert {"Group": "", "Kind": "Namespace"} not in record(client, namespace, "outside")["usedGKs"]
    client.delete("v1", "Namespace", name)
