"""From an object to the workloads that it tells something of, held to a whole recorded run."""

from __future__ import annotations

import pytest
from many_workloads import last_objects, many

from pkgops.pipeline.object_store import ObjectStore
from pkgops.pipeline.owning_workloads import owning_workloads

UNPLACED = {"ConfigMap", "Package"}
"""Neither an owner nor a label leads to a workload: kapp's records, what a package repository brings."""


def store_of(objects):
    store = ObjectStore()
    for obj in objects:
        store.apply("ADDED", obj)
    return store


def of_namespaces(objects):
    return [obj for obj in objects if obj["metadata"].get("namespace")]


def test_what_a_run_leads_to_leads_back_to_its_workload():
    objects = last_objects()
    store = store_of(objects)
    unplaced = {obj["kind"] for obj in of_namespaces(objects) if not owning_workloads(store, obj, "default")}
    assert unplaced == UNPLACED
    for obj in of_namespaces(objects):
        assert owning_workloads(store, obj, "default") <= {"hello-go-web2pkg"}


def test_of_several_workloads_each_object_concerns_its_own():
    objects = list(many(2))
    store = store_of(objects)
    for obj in of_namespaces(objects):
        number = "0001" if obj["metadata"]["uid"].endswith("-1") else "0000"
        assert owning_workloads(store, obj, "default") <= {f"app-{number}-web2pkg"}


@pytest.mark.parametrize("namespace", ["", "apps-dev"])
def test_workloads_of_other_namespaces_are_none(namespace):
    objects = last_objects()
    store = store_of(objects)
    workload = next(obj for obj in objects if obj["kind"] == "Workload")
    assert owning_workloads(store, workload, namespace) == set()


def test_owners_that_own_each_other_end():
    def made(name, owner):
        owners = [{"apiVersion": "v1", "kind": "Pod", "name": owner, "uid": owner}]
        meta = {"namespace": "default", "name": name, "uid": name, "ownerReferences": owners}
        return {"apiVersion": "v1", "kind": "Pod", "metadata": meta}

    one, two = made("one", "two"), made("two", "one")
    assert owning_workloads(store_of([one, two]), one, "default") == set()
