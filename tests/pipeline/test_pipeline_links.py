"""Which Deliverables belong to a Workload; objects written by hand."""

from __future__ import annotations

import pytest

from pkgops.pipeline import links
from pkgops.pipeline.object_store import ObjectStore

API = "carto.run/v1alpha1"


def owner(kind, name, namespace, **annotations):
    meta = {"name": name, "namespace": namespace, "uid": name, "annotations": annotations}
    return {"apiVersion": API, "kind": kind, "metadata": meta, "spec": {}}


def watching(image, **annotations):
    found = owner("Deliverable", "d", "apps-dev", **annotations)
    found["spec"] = {"source": {"image": image}}
    return found


@pytest.mark.parametrize(
    ("deliverable", "belongs"),
    [
        (owner("Deliverable", "d", "apps-dev"), False),
        (owner("Deliverable", "d", "apps-dev", **{links.WORKLOAD: "default/shop"}), True),
        (owner("Deliverable", "d", "apps-dev", **{links.WORKLOAD: "default/bank"}), False),
        (watching("r.example.com/demo/shop-pkg"), True),
        (watching("r.example.com/demo/bank-pkg"), False),
        (watching("r.example.com/demo/shop-pkg", **{links.WORKLOAD: "default/bank"}), False),
    ],
)
def test_what_a_deliverable_says_itself_counts_before_its_image(deliverable, belongs):
    store, workload = ObjectStore(), owner("Workload", "shop", "default")
    for obj in (workload, deliverable):
        store.apply("ADDED", obj)
    assert [item["metadata"]["name"] for item in links.deliverables(store, workload)] == ["d"] * belongs


def test_a_workload_that_is_gone_has_none_of_the_deliverables_of_others():
    store = ObjectStore()
    for name, says in (("stall", "default/stall"), ("shop-from-pkg", "default/shop")):
        store.apply("ADDED", owner("Deliverable", name, "apps-dev", **{links.WORKLOAD: says}))

    def found(name):
        return [item["metadata"]["name"] for item in links.deliverables(store, None, name=name)]

    assert found("shop") == ["shop-from-pkg"]
    assert found("gone") == []
    assert found("stall") == ["stall"]
    assert sorted(found("")) == ["shop-from-pkg", "stall"]
    # One that others applied may be of any.
    store.apply("ADDED", owner("Deliverable", "others", "apps-dev"))
    assert found("gone") == ["others"]
