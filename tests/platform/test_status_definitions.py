"""The schemas of statuses are those of the real definitions, and include all recorded fields."""

from __future__ import annotations

import pytest
from fields_kit import (
    GROUPS,
    defined_statuses,
    leaves,
    served,
    status_schema,
    undefined,
    unknown,
)
from shared_traces import objects

from pkgops.platform.fieldsupport import fields_of
from pkgops.platform.tekton.runstatus import with_results

KINDS = [(group, kind) for group in GROUPS for kind in served(group)]
DEFINED = [(group, kind) for group in GROUPS if served(group) for kind in defined_statuses(group)]
"""The kinds whose real definition has a schema of the status; it is the same in all versions."""
NOT_DEFINED = {
    ("carvel", "Package"): "kapp-controller's own API server has them, and no status",
    ("carvel", "PackageMetadata"): "kapp-controller's own API server has them, and no status",
}
OPEN_HERE = {
    ("tekton", "TaskRun"): {
        "status.taskSpec": "a copy of a Task's spec, with 300 fields, which nobody writes by hand",
        **dict.fromkeys(
            [f"status.taskResults[].{name}" for name in ("name", "type", "value")],
            "the name of v1beta1, which has the schema of v1 here",
        ),
    },
}
"""Where the definitions here take more than the real ones, and why."""
RECORDINGS = ("first-run", "second-run", "fourth-run", "fifth-run")
NEVER_RECORDED = {
    *("PackageMetadata", "Builder", "ClusterBuilder", "ClusterStack", "ClusterStore", "ClusterLifecycle"),
    *("Buildpack", "ClusterBuildpack", "SourceResolver"),
    *("Task", "Pipeline", "PipelineRun", "StepAction"),
    *("ClusterSourceTemplate", "ClusterImageTemplate", "ClusterConfigTemplate", "ClusterDeploymentTemplate"),
    *("ClusterTemplate", "ClusterRunTemplate"),
}


@pytest.mark.parametrize(("group", "kind"), KINDS, ids=[kind for _, kind in KINDS])
def test_no_recorded_field_of_a_status_is_dropped(group: str, kind: str) -> None:
    own = served(group)[kind]["spec"]
    versions = [f"{own['group']}/{one['name']}" for one in own["versions"]]
    recorded = [obj for obj in objects(kind, RECORDINGS) if obj["apiVersion"] in versions]
    assert not any(undefined(group, recorded).values())
    assert bool(recorded) is (kind not in NEVER_RECORDED)


@pytest.mark.parametrize(("group", "kind"), DEFINED, ids=[kind for _, kind in DEFINED])
def test_a_status_has_the_fields_of_the_real_definition_and_no_other(group: str, kind: str) -> None:
    real = defined_statuses(group)[kind]
    reasons = OPEN_HERE.get((group, kind)) or {}
    schema = status_schema(group, kind, fields_of(group)[kind].api_version)
    own = leaves(schema, "status") if schema else {}
    assert {path: own[path] for path in own if own[path] != real.get(path) and path not in reasons} == {}
    assert sorted(set(real) - set(own) - set(reasons)) == []
    assert sorted(set(reasons) - set(own)) == []


def test_every_kind_that_is_served_is_one_of_the_real_definitions() -> None:
    assert {(group, kind) for group, kind in KINDS} - set(DEFINED) == set(NOT_DEFINED)


def test_results_under_the_name_of_v1beta1_are_defined() -> None:
    by_hand = {"metadata": {"managedFields": [{"apiVersion": "tekton.dev/v1beta1"}]}}
    status = with_results(by_hand, {"podName": ""}, [{"name": "a", "type": "string", "value": "x"}])
    assert "taskResults" in status
    assert unknown(status, status_schema("tekton", "TaskRun", "tekton.dev/v1"), "status") == set()


def test_a_field_that_is_not_defined_is_found() -> None:
    schema = served("knative")["Revision"]["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    status = {"conditions": [{"type": "Ready", "hue": "x"}], "logUrl": "x", "imageDigest": "x"}
    found = unknown({**status, "desiredReplicas": "1"}, schema["properties"]["status"], "status")
    assert found == {
        "status.conditions[].hue",
        "status.conditions[].status is missing",
        "status.imageDigest",
        "status.desiredReplicas is no integer",
    }
