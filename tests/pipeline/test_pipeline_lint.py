"""Every known finding is found, and the correction has none left."""

from __future__ import annotations

import pytest

from pkgops.pipeline import lint
from pkgops.pipeline.lint_rules import packages


def template(kind, name, made, **rest):
    return {
        "apiVersion": "carto.run/v1alpha1",
        "kind": kind,
        "metadata": {"name": name},
        "spec": {"template": made, **rest},
    }


def blueprint(kind, *resources):
    return {
        "apiVersion": "carto.run/v1alpha1",
        "kind": kind,
        "metadata": {"name": "plan"},
        "spec": {"resources": list(resources)},
    }


def resource(name, kind, template_name, **inputs):
    return {"name": name, "templateRef": {"kind": kind, "name": template_name}, **inputs}


PUSH = template(
    "ClusterImageTemplate",
    "push",
    {
        "apiVersion": "carto.run/v1alpha1",
        "kind": "Runnable",
        "metadata": {"name": "x"},
        "spec": {"inputs": {"workspaces": [{"name": "source", "configMap": {"name": "x"}}]}},
    },
)
CHAIN = blueprint(
    "ClusterSupplyChain",
    resource("config", "ClusterConfigTemplate", "config"),
    resource("push", "ClusterImageTemplate", "push", configs=[{"name": "c", "resource": "config"}]),
)
POLICY = template(
    "ClusterSourceTemplate",
    "policy",
    {
        "apiVersion": "image.toolkit.fluxcd.io/v1",
        "kind": "ImagePolicy",
        "metadata": {"name": "x"},
        "spec": {"policy": {"semver": {"range": "$(params.semver)$"}}},
    },
    urlPath=".status.latestImage",
    revisionPath=".status.latestImage",
)
FETCH = template(
    "ClusterTemplate",
    "fetch",
    {
        "apiVersion": "packaging.carvel.dev/v1alpha1",
        "kind": "PackageRepository",
        "metadata": {"name": "x"},
        "spec": {"fetch": {"imgpkgBundle": {"image": "$(source.url)$"}}},
    },
)
INSTALL = template(
    "ClusterDeploymentTemplate",
    "install",
    {
        "apiVersion": "packaging.carvel.dev/v1alpha1",
        "kind": "PackageInstall",
        "metadata": {"name": "x"},
        "spec": {"syncPeriod": "3m"},
    },
)
DELIVERY = blueprint(
    "ClusterDelivery",
    resource("choose", "ClusterSourceTemplate", "policy"),
    resource("fetch", "ClusterTemplate", "fetch", sources=[{"name": "s", "resource": "choose"}]),
    resource("install", "ClusterDeploymentTemplate", "install", deployment={"resource": "fetch"}),
)
SERVICE = """apiVersion: v1
kind: ConfigMap
data:
  manifest.yaml: |
    apiVersion: serving.knative.dev/v1
    kind: Service
"""
CONFIG = {
    "apiVersion": "carto.run/v1alpha1",
    "kind": "ClusterConfigTemplate",
    "metadata": {"name": "config"},
    "spec": {"configPath": ".data", "ytt": SERVICE},
}
TASK = {
    "apiVersion": "tekton.dev/v1",
    "kind": "Task",
    "metadata": {"name": "push"},
    "spec": {
        "steps": [{"name": "push", "image": "x", "script": '#!/bin/sh\nif [[ -z "$V" ]]; then V=1; fi'}]
    },
}
PAUSED = template(
    "ClusterTemplate",
    "paused",
    {
        "apiVersion": "packaging.carvel.dev/v1alpha1",
        "kind": "PackageRepository",
        "metadata": {"name": "x"},
        "spec": {"paused": True},
    },
)
OLD_TASK = {
    "apiVersion": "tekton.dev/v1beta1",
    "kind": "ClusterTask",
    "metadata": {"name": "t"},
    "spec": {"steps": []},
}
RUN = {
    "apiVersion": "carto.run/v1alpha1",
    "kind": "ClusterRunTemplate",
    "metadata": {"name": "run"},
    "spec": {
        "outputs": {"image": 'status.taskResults[?(@.name=="image")].value'},
        "template": {"spec": {"taskRef": {"kind": "ClusterTask"}}},
    },
}
KEY = template(
    "ClusterImageTemplate",
    "key",
    {
        "apiVersion": "carto.run/v1alpha1",
        "kind": "Runnable",
        "spec": {"inputs": {"workspaces": [{"configmap": {"name": "x"}}]}},
    },
)
FIXED = template(
    "ClusterSourceTemplate",
    "fixed",
    {
        "apiVersion": "image.toolkit.fluxcd.io/v1",
        "kind": "ImagePolicy",
        "spec": {"policy": {"semver": {"range": ">=0.0.0"}}},
    },
    urlPath=".status.latestRef.name",
    revisionPath=".status.latestRef.tag",
)

CASES = [
    ([CHAIN, PUSH], ["input-not-read"]),
    ([INSTALL], ["duration-not-normal"]),
    ([DELIVERY, FETCH], ["deployment-without-source"]),
    ([PAUSED], ["paused"]),
    ([DELIVERY, POLICY, FETCH], ["deployment-without-source", "latest-image-gone", "image-without-tag"]),
    ([OLD_TASK], ["cluster-task"]),
    ([RUN], ["cluster-task", "task-results"]),
    ([KEY], ["workspace-key"]),
    ([TASK], ["script-needs-bash"]),
    ([FIXED], ["not-pinnable"]),
    ([CONFIG], ["no-rebase-rules"]),
]


@pytest.mark.parametrize(("objects", "names"), CASES)
def test_found(objects, names):
    assert [finding.name for finding in lint.findings(objects)] == names


@pytest.mark.parametrize(("objects", "names"), CASES)
def test_the_correction_has_no_trap(objects, names):
    known = list(objects)
    for _ in range(len(names)):
        found = lint.findings(known)
        if not found:
            break
        index = known.index(found[0].before)
        known[index] = found[0].after
    assert lint.findings(known) == []


def test_the_objects_themselves_stay():
    before = repr([CHAIN, PUSH])
    lint.findings([CHAIN, PUSH])
    assert repr([CHAIN, PUSH]) == before


@pytest.mark.parametrize(
    ("period", "full"),
    [
        ("3m", "3m0s"),
        ("90s", "1m30s"),
        ("1h", "1h0m0s"),
        ("3m0s", "3m0s"),
        ("45s", "45s"),
        ("", ""),
        ("soon", ""),
    ],
)
def test_durations_as_go_prints_them(period, full):
    assert packages.normalised(period) == full
