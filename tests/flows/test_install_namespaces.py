"""Where objects go that name no namespace."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from api_fixtures import api, client

from pkgops.flows import apply, render

__all__ = ["api", "client"]
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def config_map(name, **meta):
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, **meta}}


@pytest.mark.parametrize(("into", "expected"), [("team", "team"), ("", "records")])
def test_an_object_without_a_namespace_goes_where_the_command_says(client, into, expected):
    objects = [config_map("a"), config_map("b", namespace="own")]
    plan = apply.plan(client, objects, "record", "records", NOW, into=into)
    places = {step.object["metadata"]["name"]: step.object["metadata"]["namespace"] for step in plan.steps}
    assert places == {"a": expected, "b": "own"}
    assert plan.namespace == "records"


def blueprint(kind):
    return {"apiVersion": "carto.run/v1alpha1", "kind": kind, "metadata": {"name": "x"}}


@pytest.mark.parametrize(
    ("kinds", "delivers"),
    [
        (["Workload", "ClusterSupplyChain"], False),
        (["Workload", "ClusterSupplyChain", "ClusterDelivery"], True),
        (["Deliverable"], True),
    ],
)
def test_what_is_delivered_to_environments(kinds, delivers):
    assert render.sort([blueprint(kind) for kind in kinds]).delivers is delivers
