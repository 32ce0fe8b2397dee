"""The shipped templates: each value of the configuration reaches its object, and comes back from it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from steps_kit import IMAGES, tasks

from pkgops.flows import project, render, workloads
from pkgops.flows.required_kinds import required_kinds
from pkgops.platform.carto import render as carto
from pkgops.platform.carto.template import Template
from pkgops.platform.knative.review import defaulted, problems
from pkgops.platform.kpack.imagerules import image_problems
from pkgops.platform.tekton.defaults import defaulted as task_defaulted
from pkgops.platform.tekton.review import problems as task_problems
from pkgops.settings import Overrides, Settings, load

Obj = dict[str, Any]
READY: Obj = {"httpGet": {"path": "/ready"}, "periodSeconds": 3}
CONFIGURED = f"""
registry: {{tagPrefix: r.io/demo/}}
git: {{url: https://git.example.com/shop.git}}
workload:
  name: shop
  subPath: services/shop
  env:
    - {{name: NAME, value: Ada}}
    - {{name: KEY, valueFrom: {{secretKeyRef: {{name: shop, key: key}}}}}}
  envFrom: [{{configMapRef: {{name: settings}}}}]
  resources: {{limits: {{memory: 256Mi}}}}
  scale: {{min: 0, max: 3, concurrency: 10}}
  probes: {{readiness: {READY}, liveness: {{tcpSocket: {{}}}}}}
  bindings: [database]
  serviceAccountToken: true
build:
  env: [{{name: BP_GO_TARGETS, value: ./cmd/shop}}]
  bindings: [nexus]
"""
PLAIN = """
registry: {tagPrefix: r.io/demo/}
git: {url: https://git.example.com/shop.git}
workload: {name: shop}
"""
CLUSTER = "Cluster"
SOURCE = {"url": "http://source/shop.tar.gz", "revision": "main@sha1:1"}


def settings(folder: Path, text: str) -> Settings:
    (folder / "values.yaml").write_text(text)
    return load(Overrides((folder / "values.yaml",)), {}, folder)


def rendered(folder: Path, text: str) -> render.Rendered:
    return render.render(settings(folder, text), ["default"])


def stamped(found: render.Rendered, kind: str, name: str, **context: Any) -> Obj:
    """Return what a template stamps for the workload, with its parameters over the template's defaults."""
    template = next(one for one in found.workflows if (one["kind"], one["metadata"]["name"]) == (kind, name))
    workload = found.workload("shop")
    params = {one["name"]: one["default"] for one in template["spec"].get("params") or []}
    own = {one["name"]: one["value"] for one in workload["spec"]["params"]}
    params |= own
    owner = {**workload, "metadata": {**workload["metadata"], "uid": "u"}}
    return carto.render(
        Template(kind, name, template["spec"]), {"workload": workload, "params": params, **context}, owner, {}
    )


def service(found: render.Rendered) -> Obj:
    config = stamped(found, "ClusterConfigTemplate", "app-config", image=f"r.io/demo/shop@sha256:{'1' * 64}")
    made: Obj = yaml.safe_load(config["data"]["manifest.yaml"])
    assert problems(defaulted(made, None, "me"), None) == []
    return made


def test_what_configurations_share_is_the_same_for_each(tmp_path: Path) -> None:
    other = """
registry: {tagPrefix: other.io/team-}
git: {url: https://git.example.com/other.git, branch: next, secret: deploy-key}
workload: {name: other, namespace: team, language: python, containerPort: 3000, tests: false}
deliverable: {name: other-from-pkg}
package: {name: other.team.example, versions: "^2.0.0"}
build: {builder: {kind: Builder, name: team-builder}}
steps: {test: {image: r.io/python:3, cacheClaim: caches}}
"""
    shared = [
        {(one["kind"], one["metadata"]["name"]): one for one in found.workflows if CLUSTER in one["kind"]}
        for found in (rendered(tmp_path, PLAIN), rendered(tmp_path, other))
    ]
    assert {kind for kind, _ in shared[0]} >= {"ClusterSupplyChain", "ClusterDelivery", "ClusterRunTemplate"}
    assert shared[0] == shared[1]


def test_values_of_a_registry_and_a_repository_reach_the_objects_of_their_workload(tmp_path: Path) -> None:
    text = PLAIN.replace("shop.git}", "shop.git, secret: key}") + "steps: {test: {cacheClaim: caches}}\n"
    found = rendered(tmp_path, text)
    repository = stamped(found, "ClusterSourceTemplate", "workload-git-repository")
    assert repository["spec"] == {
        "interval": "1m",
        "url": "https://git.example.com/shop.git",
        "ref": {"branch": "main"},
        "secretRef": {"name": "key"},
    }
    claim = {"name": "cache", "persistentVolumeClaim": {"claimName": "caches"}}
    plain = rendered(tmp_path, PLAIN)
    for given, workspaces in ((found, [claim]), (plain, [])):
        runnable = stamped(given, "ClusterSourceTemplate", "test", source=SOURCE)
        assert runnable["spec"]["inputs"]["workspaces"] == workspaces
    assert "secretRef" not in stamped(plain, "ClusterSourceTemplate", "workload-git-repository")["spec"]
    image = stamped(plain, "ClusterImageTemplate", "workload-kpack-image", source=SOURCE)
    assert image["spec"]["tag"] == "r.io/demo/shop"


def test_the_running_application_gets_what_is_configured_for_it(tmp_path: Path) -> None:
    template = service(rendered(tmp_path, CONFIGURED))["spec"]["template"]
    assert template["metadata"]["annotations"] == {
        "autoscaling.knative.dev/min-scale": "0",
        "autoscaling.knative.dev/max-scale": "3",
    }
    assert template["spec"]["containerConcurrency"] == 10
    assert "automountServiceAccountToken" not in template["spec"]
    assert template["spec"]["volumes"] == [{"name": "binding-database", "secret": {"secretName": "database"}}]
    (container,) = template["spec"]["containers"]
    assert container["env"] == [
        {"name": "NAME", "value": "Ada"},
        {"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "shop", "key": "key"}}},
        {"name": "SERVICE_BINDING_ROOT", "value": "/bindings"},
    ]
    assert container["envFrom"] == [{"configMapRef": {"name": "settings"}}]
    assert container["resources"] == {"limits": {"memory": "256Mi"}}
    assert container["readinessProbe"] == READY
    assert container["livenessProbe"] == {"tcpSocket": {}}
    assert container["volumeMounts"] == [
        {"name": "binding-database", "mountPath": "/bindings/database", "readOnly": True}
    ]


def test_what_is_not_configured_is_left_to_knative(tmp_path: Path) -> None:
    template = service(rendered(tmp_path, PLAIN))["spec"]["template"]
    assert template["metadata"]["annotations"] == {"autoscaling.knative.dev/min-scale": "1"}
    assert set(template["spec"]) == {"automountServiceAccountToken", "containers", "imagePullSecrets"}
    assert template["spec"]["automountServiceAccountToken"] is False
    assert set(template["spec"]["containers"][0]) == {"name", "image", "ports", "securityContext"}


@pytest.mark.parametrize(("text", "sub_path"), [(CONFIGURED, "services/shop"), (PLAIN, None)])
def test_the_build_and_the_test_get_the_folder_and_the_build_its_environment(
    tmp_path: Path, text: str, sub_path: str | None
) -> None:
    found = rendered(tmp_path, text)
    image = stamped(found, "ClusterImageTemplate", "workload-kpack-image", source=SOURCE)
    assert image_problems(image, None, has_default_class=True) == []
    assert image["spec"]["source"].get("subPath") == sub_path
    env = {one["name"]: one["value"] for one in image["spec"]["build"]["env"]}
    assert (env["BP_OCI_SOURCE"], env["BP_OCI_REVISION"]) == (
        "https://git.example.com/shop.git",
        SOURCE["revision"],
    )
    assert env.get("BP_GO_TARGETS") == ("./cmd/shop" if sub_path else None)
    services = [{"apiVersion": "v1", "kind": "Secret", "name": "nexus"}] if sub_path else None
    assert image["spec"]["build"].get("services") == services
    runnable = stamped(found, "ClusterSourceTemplate", "test", source=SOURCE)
    params = {one["name"]: one["value"] for one in runnable["spec"]["inputs"]["params"]}
    assert params.get("sub-path") == sub_path
    assert (params["blob-url"], runnable["spec"]["inputs"]["source"]) == (SOURCE["url"], SOURCE)


class OneWorkload:
    """A cluster that has one workload, and no deliverable yet."""

    def __init__(self, workload: Obj) -> None:
        self._workload = workload

    def find(self, *_: str) -> Obj:
        return self._workload

    def serves(self, *_: str) -> bool:
        return True

    def list(self, *_: str) -> SimpleNamespace:
        return SimpleNamespace(items=[])


@pytest.mark.parametrize("text", [CONFIGURED, PLAIN])
def test_a_workload_on_the_cluster_says_the_values_that_it_was_made_from(tmp_path: Path, text: str) -> None:
    """Also where the configuration at hand is another workload's."""
    first = settings(tmp_path, text)
    workload = render.render(first, ["default"]).workload("shop")
    api: Any = OneWorkload(workload)
    other = settings(tmp_path, CONFIGURED.replace("name: shop", "name: other"))
    values = workloads.values_of(api, api, other, "shop")
    again = other.with_overrides(values, first.tree.origin("workload.name"))
    assert render.render(again, ["default"]).workload("shop") == workload


def test_kinds_that_a_template_of_ytt_stamps_are_needed_too(tmp_path: Path) -> None:
    kinds = required_kinds(rendered(tmp_path, PLAIN).workflows)
    assert {("kpack.io/v1alpha2", "Image"), ("carto.run/v1alpha1", "Runnable")} <= set(kinds)


def test_every_task_passes_tekton_s_webhook(tmp_path: Path) -> None:
    found = tasks(tmp_path)
    assert {f"test-{name}" for name in ("golang", "auto", *IMAGES)} <= set(found)
    assert {name: task_problems(task_defaulted(one, creating=True), None) for name, one in found.items()} == {
        name: [] for name in found
    }


def test_a_folder_says_the_language_where_the_configuration_leaves_it_to_be_found(tmp_path: Path) -> None:
    (tmp_path / "part").mkdir()
    found = settings(
        tmp_path,
        PLAIN.replace("{name: shop}", "{name: shop, language: auto, subPath: part}\npkgops: {source: .}"),
    )
    assert project.with_found_language(found).text("workload.language") == "auto"
    (tmp_path / "part/package.json").write_text("{}")
    assert project.with_found_language(found).text("workload.language") == "nodejs"
    named = found.with_overrides({"workload": {"language": "python"}}, found.tree.origin("git.url"))
    assert project.with_found_language(named).text("workload.language") == "python"
