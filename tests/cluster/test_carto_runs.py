"""Runnables over the life of their runs: outputs, failures, paths that lead nowhere, retention."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest
from carto_kit import CARTO, PlatformProcess, Scene, carto, scene, wait_for

from pkgops.kube import Client, Obj

pytestmark = pytest.mark.cluster
__all__ = ["carto"]

GROUP = "runs.test"
API = f"{GROUP}/v1"


@pytest.fixture(scope="module")
def runs_kind(carto_client: Client) -> None:
    anything = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {
        "name": "v1",
        "served": True,
        "storage": True,
        "schema": {
            "openAPIV3Schema": {"type": "object", "properties": {"spec": anything, "status": anything}}
        },
        "subresources": {"status": {}},
    }
    names = {"kind": "Run", "plural": "runs", "singular": "run", "listKind": "RunList"}
    carto_client.apply(
        {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {"name": f"runs.{GROUP}"},
            "spec": {"group": GROUP, "scope": "Namespaced", "names": names, "versions": [version]},
        }
    )
    wait_for("the kind", lambda: carto_client.serves(API, "Run"), pause=0.3)


@pytest.fixture
def at(carto: PlatformProcess, carto_client: Client, runs_kind: None) -> Iterator[Scene]:
    with scene(carto_client, "runs") as made:
        made.grant()
        yield made


@pytest.fixture
def template(at: Scene) -> str:
    name = f"rt{secrets.token_hex(4)}"
    stamped = {
        "apiVersion": API,
        "kind": "Run",
        "metadata": {"generateName": "run-"},
        "spec": {"input": "$(runnable.spec.inputs.v)$"},
    }
    spec = {"template": stamped, "outputs": {"result": "status.result", "input": "spec.input"}}
    meta = {"name": name}
    at.apply({"apiVersion": CARTO, "kind": "ClusterRunTemplate", "metadata": meta, "spec": spec})
    return name


def ask(at: Scene, template: str, value: object, **more: object) -> None:
    spec = {"runTemplateRef": {"name": template}, "inputs": {"v": value}, **more}
    at.apply({"apiVersion": CARTO, "kind": "Runnable", "metadata": {"name": "r"}, "spec": spec})


def run_for(at: Scene, value: object) -> Obj:
    """Wait for the run that was stamped for an input."""

    def found() -> Obj | None:
        runs = [run for run in at.list("Run", API) if run["spec"]["input"] == value]
        return runs[0] if runs else None

    return dict(wait_for(f"a run for {value}", found))


def finish(at: Scene, value: object, status: str, message: str = "", **more: object) -> None:
    run = run_for(at, value)
    condition = {"type": "Succeeded", "status": status, "message": message}
    at.client.update_status({**run, "status": {"conditions": [condition], **more}})


def outputs(at: Scene) -> Obj | None:
    found = at.get("Runnable", "r")["status"].get("outputs")
    return dict(found) if found else None


def test_outputs_come_from_the_newest_success_and_outlive_what_follows(at: Scene, template: str) -> None:
    ask(at, template, {"n": 1})
    at.wait_condition("Runnable", "r", "Unknown", "Unknown")
    finish(at, {"n": 1}, "Unknown", "still running")
    found = at.wait_condition("Runnable", "r", "Unknown", "SucceededCondition")
    assert found["message"] == "still running"
    finish(at, {"n": 1}, "True", result=[1, "a"])
    at.wait_condition("Runnable", "r", "True", "Ready")
    first = {"result": [1, "a"], "input": {"n": 1}}
    assert outputs(at) == first

    ask(at, template, 2)
    run_for(at, 2)
    at.wait_condition("Runnable", "r", "Unknown", "Unknown")
    assert outputs(at) == first
    finish(at, 2, "False", "it broke")
    found = at.wait_condition("Runnable", "r", "False", "SucceededCondition")
    assert found["message"] == "it broke"
    assert outputs(at) == first

    ask(at, template, 3)
    finish(at, 3, "True", result={"deep": True})
    wait_for("the new output", lambda: outputs(at) == {"result": {"deep": True}, "input": 3})


def test_a_path_that_leads_nowhere_clears_the_outputs(at: Scene, template: str) -> None:
    ask(at, template, 1)
    finish(at, 1, "True", result="x")
    at.wait_condition("Runnable", "r", "True")
    ask(at, template, 2)
    finish(at, 2, "True")
    found = at.wait_condition("Runnable", "r", "False", "OutputPathNotSatisfied")
    run = run_for(at, 2)["metadata"]["name"]
    assert found["message"] == (
        f"waiting to read value from resource [runs.{GROUP}/{run}] in namespace [{at.namespace}]: "
        f"unable to retrieve outputs from stamped object [{at.namespace}/{run}] of type [runs.{GROUP}] "
        f"for run template [{template}]: failed to evaluate path [status.result]: "
        "jsonpath returned empty list: status.result"
    )
    assert outputs(at) is None


def test_retention_keeps_so_many_of_each_and_all_that_run(at: Scene, template: str) -> None:
    policy = {"maxFailedRuns": 1, "maxSuccessfulRuns": 1}
    for value, status in enumerate(("True", "False", "True", "False")):
        ask(at, template, value, retentionPolicy=policy)
        finish(at, value, status, result="x")
    ask(at, template, "running", retentionPolicy=policy)
    run_for(at, "running")
    wanted = {"2", "3", "running"}
    wait_for("retention", lambda: {str(run["spec"]["input"]) for run in at.list("Run", API)} == wanted)


def test_an_input_that_returns_makes_another_run(at: Scene, template: str) -> None:
    for value in (1, 2, 1):
        ask(at, template, value)
        at.wait_condition("Runnable", "r", "Unknown")
    wait_for("three runs", lambda: sorted(run["spec"]["input"] for run in at.list("Run", API)) == [1, 1, 2])


def test_a_kind_that_is_not_served_is_named(at: Scene, template: str) -> None:
    change = {"spec": {"template": {"kind": "Nothing"}}}
    at.client.patch(CARTO, "ClusterRunTemplate", template, "", change)
    ask(at, template, 1)
    found = at.wait_condition("Runnable", "r", "False", "StampedObjectRejectedByAPIServer")
    assert found["message"] == (
        f"unable to apply object [{at.namespace}/run-] for run template [{template}]: "
        f'no matches for kind "Nothing" in version "{API}"'
    )
