from typing import Any

import pytest
from shared_traces import objects

from pkgops.kapp.errors import KappError
from pkgops.kapp.identity import Obj
from pkgops.kapp.wait import state_of
from pkgops.kapp.waitrules import parse_wait_rule

RULE = {
    "supportsObservedGeneration": True,
    "conditionMatchers": [
        {"type": "Ready", "status": "False", "failure": True},
        {"type": "Ready", "status": "True", "success": True},
    ],
    "resourceMatchers": [
        {"apiVersionKindMatcher": {"apiVersion": "serving.knative.dev/v1", "kind": "Service"}}
    ],
}


def thing(kind: str, api: str = "v1", generation: int = 1, spec: Any = None, **status: Any) -> Obj:
    meta = {"name": "x", "namespace": "n", "generation": generation}
    return {"apiVersion": api, "kind": kind, "metadata": meta, "spec": spec or {}, "status": status}


def told(obj: Obj) -> tuple[str, str]:
    state = state_of(obj)
    return state.word, state.message


def test_knative_service_has_no_rule() -> None:
    assert {state_of(obj).word for obj in objects("Service")} == {"ok"}


def test_custom_rule_waits_for_knative() -> None:
    rules = (parse_wait_rule(RULE),)
    found = [obj for obj in objects("Service") if obj.get("status")]
    assert {state_of(obj, rules).word for obj in found} == {"ongoing"}
    ready = {
        **found[-1],
        "status": {"observedGeneration": 1, "conditions": [{"type": "Ready", "status": "True"}]},
    }
    assert state_of(ready, rules).word == "ok"
    failed = {**ready, "status": {**ready["status"], "conditions": [{"type": "Ready", "status": "False"}]}}
    assert state_of(failed, rules).word == "fail"


def test_rules_in_starlark_are_refused() -> None:
    with pytest.raises(KappError, match="not supported"):
        parse_wait_rule({"ytt": {"funcContractV1": {"resource.star": "x"}}})


def test_recorded_apps_and_installs_end_done() -> None:
    for kind in ("App", "PackageInstall", "PackageRepository"):
        states = [state_of(obj) for obj in objects(kind)]
        assert any(state.word == "ok" for state in states)
        assert any(state.word == "ongoing" for state in states)
    failed = [state_of(obj).message for obj in objects("PackageInstall") if state_of(obj).word == "fail"]
    assert set(failed) == {"Reconcile failed:  (message: Package hello-go-web2pkg.demo.carto not found)"}


def test_recorded_deployments_become_available() -> None:
    words = [state_of(obj).word for obj in objects("Deployment")]
    assert words.count("ongoing")
    assert words[-1] == "ok"


@pytest.mark.parametrize(
    ("obj", "expected"),
    [
        (thing("ConfigMap"), ("ok", "")),
        (thing("Pod", phase="Succeeded"), ("ok", "")),
        (thing("Pod", phase="Failed"), ("fail", "Phase is failed")),
        (
            thing(
                "Pod", phase="Pending", containerStatuses=[{"state": {"waiting": {"reason": "ErrImagePull"}}}]
            ),
            ("ongoing", "Pending: ErrImagePull"),
        ),
        (thing("Service", spec={"type": "ExternalName"}), ("ok", "External service")),
        (thing("Service"), ("ongoing", "ClusterIP is empty")),
        (
            thing("Service", spec={"type": "LoadBalancer", "clusterIP": "1"}),
            ("ongoing", "Load balancer ingress is empty"),
        ),
        (
            thing("Deployment", "apps/v1", generation=2, observedGeneration=1),
            ("ongoing", "Waiting for generation 2 to be observed"),
        ),
        (
            thing("Deployment", "apps/v1", spec={"replicas": 2}, observedGeneration=1, readyReplicas=1),
            ("ongoing", "Waiting for 1/2 replicas to be ready"),
        ),
        (
            thing("StatefulSet", "apps/v1", spec={"replicas": 1}, observedGeneration=1),
            ("ongoing", "Waiting for 1 replicas to be updated"),
        ),
        (
            thing("DaemonSet", "apps/v1", observedGeneration=1, desiredNumberScheduled=1),
            ("ongoing", "Waiting for 1 updated pods to be scheduled"),
        ),
        (
            thing(
                "Job",
                "batch/v1",
                conditions=[{"type": "Failed", "status": "True", "reason": "R", "message": "m"}],
            ),
            ("fail", "Failed with reason R: m"),
        ),
        (
            thing("Job", "batch/v1", active=1),
            ("ongoing", "Waiting to complete (1 active, 0 failed, 0 succeeded)"),
        ),
        (
            thing("CustomResourceDefinition", "apiextensions.k8s.io/v1"),
            ("ongoing", "Condition Established is not set"),
        ),
    ],
)
def test_built_in_rules(obj: Obj, expected: tuple[str, str]) -> None:
    assert told(obj) == expected


def test_deletion_waits_on_finalizers() -> None:
    obj = thing("ConfigMap")
    obj["metadata"] |= {"deletionTimestamp": "2026-01-01T00:00:00Z", "finalizers": ["a", "b"]}
    assert told(obj) == ("ongoing", "Waiting on finalizers: a, b")
