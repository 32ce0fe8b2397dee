"""A scene for each way in which a template of Cartographer's judges, renders and keeps what it makes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from acted_on_kit import Scene

from pkgops.kube import Obj

API, THINGS = "carto.run/v1alpha1", "example.com/v1"
OUTPUTS: dict[str, Obj] = {
    "ClusterSourceTemplate": {"urlPath": ".status.url", "revisionPath": ".status.revision"},
    "ClusterImageTemplate": {"imagePath": ".status.image"},
    "ClusterConfigTemplate": {"configPath": ".status.config"},
    "ClusterDeploymentTemplate": {},
    "ClusterTemplate": {},
}
PARAMS = [{"name": "mode", "default": "quiet"}]
YTT = """\
#@ load("@ytt:data", "data")
apiVersion: example.com/v1
kind: Thing
metadata: {name: made}
spec: {mode: #@ data.values.params.mode
}
"""


def thing(**meta: str) -> Obj:
    return {
        "apiVersion": THINGS,
        "kind": "Thing",
        "metadata": meta,
        "spec": {"mode": "$(params.mode)$", "round": "$(params.round)$"},
    }


def _conditions(type_: str) -> list[Obj]:
    return [{"type": type_, "status": "True"}]


def _fields(key: str) -> list[Obj]:
    return [{"key": f"status.{key}", "operator": "In", "values": ["yes"], "messagePath": "status.text"}]


def _multi(what: str) -> Obj:
    wanted: dict[str, Any] = {
        "healthy": {"matchConditions": _conditions("Ready"), "matchFields": _fields("done")},
        "unhealthy": {"matchConditions": _conditions("Broken"), "matchFields": _fields("broken")},
    }
    return {"multiMatch": {side: {what: rule[what]} for side, rule in wanted.items()}}


def variants() -> dict[str, Obj]:
    """Return the parts of a template's spec that all kinds have."""
    made = {"params": PARAMS, "template": thing(name="made")}
    return {
        "single": {**made, "healthRule": {"singleConditionType": "Ready"}},
        "conditions": {**made, "healthRule": _multi("matchConditions")},
        "fields": {**made, "healthRule": _multi("matchFields")},
        "always": {"params": PARAMS, "ytt": YTT, "healthRule": {"alwaysHealthy": {}}},
        "runs": {
            "params": PARAMS,
            "template": thing(generateName="run-"),
            "lifecycle": "tekton",
            "retentionPolicy": {"maxFailedRuns": 1, "maxSuccessfulRuns": 1},
        },
    }


MATCHES: Obj = {"observedMatches": [{"input": "spec.round", "output": "status.seen"}]}
COMPLETION: Obj = {
    "observedCompletion": {
        "succeeded": {"key": "status.done", "value": "yes"},
        "failed": {"key": "status.broken", "value": "yes"},
    }
}


def template_scenes() -> Iterator[tuple[str, Scene]]:
    """Yield a scene for each kind and variant, and for both rules by which a deployment is complete."""
    for kind, outputs in OUTPUTS.items():
        for name, spec in variants().items():
            yield f"{kind} {name}", _scene(kind, {**outputs, **spec, **_observed(kind, MATCHES)})
    for name, observed in (("matches", MATCHES), ("completion", COMPLETION)):
        yield f"deployment {name}", _scene("ClusterDeploymentTemplate", {**variants()["single"], **observed})


def _observed(kind: str, observed: Obj) -> Obj:
    return observed if kind == "ClusterDeploymentTemplate" else {}


def _scene(kind: str, spec: Obj) -> Scene:
    delivers = kind == "ClusterDeploymentTemplate"
    resource: Obj = {"name": "made", "templateRef": {"kind": kind, "name": "made"}}
    resources = [resource]
    if delivers:
        source = {"name": "source", "templateRef": {"kind": "ClusterSourceTemplate", "name": "source"}}
        resources = [source, {**resource, "deployment": {"resource": "source"}}]
    source_spec = {**OUTPUTS["ClusterSourceTemplate"], "params": PARAMS, "template": thing(name="source")}
    blueprint = "ClusterDelivery" if delivers else "ClusterSupplyChain"
    return [
        {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": {"name": "default", "namespace": "ns"},
        },
        {"apiVersion": API, "kind": kind, "metadata": {"name": "made"}, "spec": spec},
        {
            "apiVersion": API,
            "kind": "ClusterSourceTemplate",
            "metadata": {"name": "source"},
            "spec": source_spec,
        },
        {
            "apiVersion": API,
            "kind": blueprint,
            "metadata": {"name": "chain"},
            "spec": {"selector": {"app": "web"}, "resources": resources},
        },
        {
            "apiVersion": API,
            "kind": "Deliverable" if delivers else "Workload",
            "metadata": {"name": "web", "namespace": "ns", "labels": {"app": "web"}},
            "spec": {"params": [{"name": "round", "value": "0"}]},
        },
    ]
