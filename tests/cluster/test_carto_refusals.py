"""The same refusals as a person meets them, through the API server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from carto_kit import ControlPlane, PlatformProcess, Scene, scene

from pkgops.kube import ApiError, Client, Obj, connect

pytestmark = pytest.mark.cluster

CONFIGURATION = ("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", "cartographer.com")
CARTO = "carto.run/v1alpha1"


@pytest.fixture(scope="module")
def checking(control_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A platform with its admission checks on; one without ends them, for the other modules."""
    folder = tmp_path_factory.mktemp("platform")
    platform = PlatformProcess(control_plane.kubeconfig, folder, admission=True)
    platform.start()
    try:
        yield
    finally:
        platform.stop()
        platform.admission = False
        platform.start().stop()
        assert connect(control_plane.kubeconfig).find(*CONFIGURATION) is None


@pytest.fixture
def at(checking: None, carto_client: Client) -> Iterator[Scene]:
    with scene(carto_client, "admission") as made:
        yield made


def template(kind: str, **spec: object) -> Obj:
    return {"apiVersion": CARTO, "kind": kind, "metadata": {"name": "admission-test"}, "spec": spec}


def chain(**spec: object) -> Obj:
    resource = {"name": "r", "templateRef": {"kind": "ClusterTemplate", "name": "t"}}
    return template("ClusterSupplyChain", resources=[resource], **spec)


PATHS = {
    "ClusterSourceTemplate": {"urlPath": "a", "revisionPath": "b"},
    "ClusterImageTemplate": {"imagePath": "a"},
    "ClusterConfigTemplate": {"configPath": "a"},
    "ClusterDeploymentTemplate": {},
    "ClusterTemplate": {},
}
VALIDATORS = {
    "ClusterSourceTemplate": "source-template-validator",
    "ClusterImageTemplate": "image-template-validator",
    "ClusterConfigTemplate": "config-template-validator",
    "ClusterDeploymentTemplate": "deployment-template-validator",
    "ClusterTemplate": "template-validator",
}


def refusal(at: Scene, obj: Obj) -> str:
    with pytest.raises(ApiError) as caught:
        at.client.create(obj)
    return caught.value.message


@pytest.mark.parametrize("kind", PATHS)
def test_templates_are_refused_by_their_webhook(at: Scene, kind: str) -> None:
    assert refusal(at, template(kind, **PATHS[kind])) == (
        f'admission webhook "{VALIDATORS[kind]}.cartographer.com" denied the request: '
        "invalid template: must specify one of template or ytt, found neither"
    )


def test_blueprints_and_run_templates_are_refused_by_theirs(at: Scene) -> None:
    assert refusal(at, chain()) == (
        'admission webhook "supply-chain-validator.cartographer.com" denied the request: '
        "error validating clustersupplychain [admission-test]: "
        "at least one selector, selectorMatchExpression, selectorMatchField must be specified"
    )
    assert refusal(at, {**chain(), "kind": "ClusterDelivery"}).startswith(
        'admission webhook "delivery-validator.cartographer.com" denied the request: '
        "error validating clusterdelivery [admission-test]: "
    )
    assert refusal(at, template("ClusterRunTemplate", template={"kind": "X"})).startswith(
        'admission webhook "run-template-validator.cartographer.com" denied the request: '
        "invalid template: object must have a spec"
    )


def test_changes_are_checked_too_and_what_is_right_passes(at: Scene) -> None:
    at.apply(chain(selector={"a": "b"}))
    with pytest.raises(ApiError, match="selectorMatchField must be specified"):
        at.client.patch(CARTO, "ClusterSupplyChain", "admission-test", "", {"spec": {"selector": None}})


@pytest.mark.parametrize(
    ("obj", "part"),
    [
        (template("ClusterTemplate", lifecycle="eternal", ytt="x"), 'Unsupported value: "eternal"'),
        (
            template(
                "ClusterTemplate", ytt="x", retentionPolicy={"maxFailedRuns": 0, "maxSuccessfulRuns": 1}
            ),
            "should be greater than or equal to 1",
        ),
        (template("ClusterSourceTemplate", ytt="x"), "spec.urlPath: Required value"),
        (
            template("ClusterSupplyChain", resources=[{"name": "r", "templateRef": {"kind": "Other"}}]),
            'Unsupported value: "Other"',
        ),
        (
            chain(selectorMatchFields=[{"key": "", "operator": "In"}]),
            "should be at least 1 chars long",
        ),
        (
            template(
                "ClusterSupplyChain",
                selector={"a": "b"},
                resources=[
                    {
                        "name": "r",
                        "templateRef": {
                            "kind": "ClusterTemplate",
                            "options": [{"name": "x", "selector": {}}],
                        },
                    }
                ],
            ),
            "should have at least 2 items",
        ),
    ],
)
def test_what_the_schema_refuses(at: Scene, obj: Obj, part: str) -> None:
    assert part in refusal(at, obj)


def test_namespaced_kinds_are_not_checked(at: Scene) -> None:
    at.apply({"apiVersion": CARTO, "kind": "Workload", "metadata": {"name": "w"}, "spec": {}})
    at.wait_condition("Workload", "w", "False", "WorkloadLabelsMissing")
