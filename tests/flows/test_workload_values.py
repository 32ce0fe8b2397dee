"""The values that a workload on a cluster was submitted with, and which workload is meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from pkgops.errors import UsageError
from pkgops.flows import workloads
from pkgops.kube import Client
from pkgops.kube.endpoint import Endpoint
from pkgops.kube.transport import Transport
from pkgops.settings import Overrides, load

API = "carto.run/v1alpha1"
SETTINGS = load(Overrides((), {}), {}, Path("/nowhere"))


@pytest.fixture
def server(memory_api):
    memory_api.serve((API, "Workload"), (API, "Deliverable"))
    memory_api.namespaces("default", "apps-dev")
    return memory_api


def owner(kind, name, namespace, spec=None, **annotations):
    meta = {"name": name, "namespace": namespace, "annotations": annotations}
    return {"apiVersion": API, "kind": kind, "metadata": meta, "spec": spec or {}}


def values(server, spec, *more):
    server.put(owner("Workload", "shop", "default", spec), *more)
    client = Client(Transport(Endpoint(server=server.url, name="memory")))
    return workloads.values_of(client, client, SETTINGS, "shop")


def params(**found):
    return {"params": [{"name": name, "value": value} for name, value in found.items()]}


@pytest.mark.parametrize(
    ("spec", "place", "expected"),
    [
        ({}, "git", None),
        ({"source": {"git": {"url": "https://git/shop", "ref": {"branch": "next"}}}}, "git",
         {"url": "https://git/shop", "branch": "next"}),
        ({"source": {"git": {"url": "https://git/shop"}}}, "git",
         {"url": "https://git/shop", "branch": "main"}),
        ({}, "build", {"env": [], "bindings": []}),
        ({"build": {"env": [{"name": "A", "value": "1"}]}} | params(buildBindings=["ca"]), "build",
         {"env": [{"name": "A", "value": "1"}], "bindings": ["ca"]}),
        (params(builder="own"), "build", {"env": [], "bindings": [], "builder": {"name": "own"}}),
        (params(package="shop.example.com"), "package", {"name": "shop.example.com"}),
        ({}, "package", None),
        ({}, "deliverable", {"name": "shop"}),
    ],
)  # fmt: skip
def test_a_value_is_that_of_the_workload(server, spec, place, expected):
    assert values(server, spec).get(place) == expected


@pytest.mark.parametrize(
    ("spec", "key", "expected"),
    [
        # What the workload leaves out is said too: else a value of the configuration would count.
        ({}, "subPath", ""),
        ({}, "env", []),
        ({}, "envFrom", []),
        ({}, "resources", None),
        ({}, "scale", {"min": 1, "max": 0, "concurrency": 0}),
        ({}, "probes", {"readiness": None, "liveness": None}),
        ({}, "bindings", []),
        ({}, "serviceAccountToken", False),
        (params(serviceAccountToken=True), "serviceAccountToken", True),
        ({"source": {"subPath": "web"}}, "subPath", "web"),
        ({"env": [{"name": "A", "value": "1"}]}, "env", [{"name": "A", "value": "1"}]),
        ({"resources": {"limits": {"memory": "1Gi"}}}, "resources", {"limits": {"memory": "1Gi"}}),
        (params(scale={"min": 0, "max": 3, "concurrency": 5}), "scale",
         {"min": 0, "max": 3, "concurrency": 5}),
        (params(livenessProbe={"httpGet": {"path": "/"}}), "probes",
         {"readiness": None, "liveness": {"httpGet": {"path": "/"}}}),
        (params(bindings=[{"name": "db"}]), "bindings", [{"name": "db"}]),
        (params(containerPort=9000), "containerPort", 9000),
        (params(language="go"), "language", "go"),
        (params(tests="off"), "tests", False),
        (params(tests="on"), "tests", True),
    ],
)  # fmt: skip
def test_a_value_of_the_running_application(server, spec, key, expected):
    assert values(server, spec)["workload"][key] == expected


def test_what_is_not_said_of_the_application_has_no_value(server):
    assert not {"containerPort", "language", "tests"} & set(values(server, {})["workload"])


def test_the_deliverable_is_the_one_that_says_what_it_delivers(server):
    theirs = owner("Deliverable", "theirs", "apps-dev", **{"pkgops.dev/workload": "default/other"})
    ours = owner("Deliverable", "to-dev", "apps-dev", **{"pkgops.dev/workload": "default/shop"})
    assert values(server, {}, theirs, ours)["deliverable"] == {"name": "to-dev"}


def test_a_cluster_that_receives_nothing_has_no_deliverable(server):
    server.stop_serving(API, "Deliverable")
    assert values(server, {})["deliverable"] == {"name": "shop"}


def test_a_workload_that_is_not_there_names_the_ones_that_are(server):
    server.put(owner("Workload", "stall", "default"))
    client = Client(Transport(Endpoint(server=server.url, name="memory")))
    with pytest.raises(UsageError) as unknown:
        workloads.values_of(client, client, SETTINGS, "shop")
    assert (unknown.value.slug, unknown.value.why) == ("unknown-workload", "there is: stall")
    assert workloads.names(client, "default") == ["stall"]
    server.stop_serving(API, "Workload")
    fresh = Client(Transport(Endpoint(server=server.url, name="memory")))
    assert workloads.names(fresh, "default") == []
