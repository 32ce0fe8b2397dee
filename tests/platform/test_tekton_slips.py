"""One slip in every field of Tekton's kinds: the webhook refuses it, or the API server warns about it."""

from __future__ import annotations

from functools import cache

import pytest
from fields_kit import served, unknown
from slip_makers import Path, misnamed, mistyped

from pkgops.kube import Obj
from pkgops.platform.gotypes import core
from pkgops.platform.tekton.admission import DEFAULTING_PATH, respond
from pkgops.platform.tekton.structs import SPECS

UNKNOWN = 'mutation failed: cannot decode incoming new object: json: unknown field "slipx"'
MISTYPED = "mutation failed: cannot decode incoming new object: json: cannot unmarshal "


def of(kind: str, spec: Obj) -> Obj:
    version = "v1beta1" if kind == "StepAction" else "v1"
    return {"apiVersion": f"tekton.dev/{version}", "kind": kind, "metadata": {"name": "a"}, "spec": spec}


def refusal(obj: Obj) -> str:
    response = respond(DEFAULTING_PATH, {"request": {"uid": "1", "operation": "CREATE", "object": obj}})
    return str((response["response"].get("status") or {}).get("message", ""))


@cache
def schema(kind: str) -> Obj:
    found: Obj = served("tekton")[kind]["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"][
        "spec"
    ]
    return found


def dropped(kind: str, spec: Obj) -> bool:
    """Return whether the API server drops the slip, with a warning, before it calls a webhook."""
    return any(path.endswith(".slipx") for path in unknown(spec, schema(kind), "spec"))


def silent(kind: str) -> list[Path]:
    return [
        path
        for path, spec in misnamed(SPECS[kind])
        if not dropped(kind, spec) and refusal(of(kind, spec)) != UNKNOWN
    ]


@pytest.mark.parametrize("kind", SPECS)
def test_no_misnamed_field_is_taken_in_silence(kind: str) -> None:
    assert silent(kind) == []


@pytest.mark.parametrize("kind", SPECS)
def test_no_value_of_another_type_is_taken(kind: str) -> None:
    taken = [path for path, spec in mistyped(SPECS[kind]) if not refusal(of(kind, spec)).startswith(MISTYPED)]
    assert taken == []


def test_the_places_reach_into_pods_and_volumes() -> None:
    """The tests above check all fields that they visit; these are deeply nested ones."""
    affinity = (
        "podTemplate",
        "affinity",
        "podAntiAffinity",
        "requiredDuringSchedulingIgnoredDuringExecution",
    )
    expected = {
        (*affinity, "[]", "labelSelector", "matchExpressions", "[]"),
        ("podTemplate", "securityContext", "seLinuxOptions"),
        ("podTemplate", "securityContext", "sysctls", "[]"),
        ("podTemplate", "volumes", "[]", "projected", "sources", "[]", "serviceAccountToken"),
        ("taskSpec", "volumes", "[]", "configMap", "items", "[]"),
        ("taskSpec", "sidecars", "[]", "readinessProbe", "httpGet", "httpHeaders", "[]"),
        ("workspaces", "[]", "volumeClaimTemplate", "spec", "selector", "matchExpressions", "[]"),
    }
    assert expected <= {path for path, _ in misnamed(SPECS["TaskRun"])}


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        (
            {"podTemplate": {"securityContext": {"fsGroup": "1000"}}},
            "string into Go struct field PodSecurityContext.spec.podTemplate.securityContext.fsGroup "
            "of type int64",
        ),
        (
            {"podTemplate": {"volumes": [{"name": "v", "emptyDir": "x"}]}},
            "string into Go struct field Volume.spec.podTemplate.volumes.VolumeSource.emptyDir of type "
            "v1.EmptyDirVolumeSource",
        ),
        (
            {"podTemplate": {"tolerations": {"key": "a"}}},
            "object into Go struct field Template.spec.podTemplate.tolerations of type []v1.Toleration",
        ),
    ],
)
def test_the_words_are_gos(spec: Obj, said: str) -> None:
    assert refusal(of("TaskRun", {"taskRef": {"name": "a"}, **spec})).removeprefix(MISTYPED) == said


def test_the_fields_of_pods_are_those_of_kubernetes() -> None:
    assert core("Toleration").fields["tolerationSeconds"] == "int64"
    assert core("Volume").place("configMap")[0] == "VolumeSource.configMap"
    assert core("Affinity") is core("Affinity")
