"""Bad input that it takes a cluster to refuse: exit code, slug and message; and nothing is changed."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from pipeline_kit import Ran, eventually, pkgops
from users_kit import Users, account

from pkgops.formats import yaml
from pkgops.kube import Client, Obj
from pkgops.local.cluster import LocalCluster

pytestmark = pytest.mark.cluster

CONFIG_MAP = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "asked"}}
SETTINGS = """
registry: {{tagPrefix: "{registry}/bad/"}}
git: {{url: "{git}"}}
steps: {{test: {{image: x}}, package: {{image: x}}}}
workload: {{namespace: "{space}"}}
pkgops:
  record: {space}
  recordNamespace: "{space}"
  environments: [{{name: "{space}", namespace: "{space}"}}, {{name: elsewhere, namespace: "{space}-prod"}}]
"""


@dataclass(frozen=True)
class Place:
    """A namespace of its own, a configuration for it, and a kubeconfig with a user who may do little."""

    space: str
    folder: Path

    def run(self, *words: str, context: str = "admin") -> Ran:
        return Users(self.folder).run(*words, context=context)

    def template(self, name: str, *documents: Obj) -> str:
        path = self.folder / name / "template.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(yaml.dump_all(documents))
        return str(path.parent)


@pytest.fixture(scope="module")
def place(instance: LocalCluster, local_client: Client, tmp_path_factory) -> Iterator[Place]:
    space = f"bad-{secrets.token_hex(3)}"
    for name in (space, f"{space}-prod"):
        local_client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    # Controllers put them into each new namespace: no test is to take them for what a command has made.
    for kind, name in (("ConfigMap", "kube-root-ca.crt"), ("ServiceAccount", "default")):
        find = partial(local_client.find, "v1", kind, name, space)
        eventually(find, f"no {name} in {space}")
    folder = tmp_path_factory.mktemp("bad")
    values = {"registry": instance.registry, "git": instance.git_url("hello-go"), "space": space}
    tokens = {"guest": account(local_client, space, "guest"), "stranger": "of-nobody"}
    Users(folder).write(instance, tokens, SETTINGS.format(**values))
    yield Place(space, folder)
    for name in (space, f"{space}-prod"):
        local_client.delete("v1", "Namespace", name)


def refused(ran: Ran, code: int, slug: str, *says: str) -> None:
    assert ran.code == code, ran
    assert f"error: {slug}\n" in ran.err, ran
    for words in says:
        assert words in ran.err, ran
    assert "Traceback" not in ran.err


@pytest.fixture(autouse=True)
def unchanged(place: Place, local_client: Client) -> Iterator[None]:
    def seen() -> list[tuple[str, str]]:
        kinds = ("ConfigMap", "Secret", "ServiceAccount")
        return [
            (kind, item["metadata"]["name"])
            for kind in kinds
            for item in local_client.list("v1", kind, place.space).items
        ]

    before = seen()
    yield
    assert seen() == before


def test_credentials_that_nobody_knows(place):
    refused(place.run("up", "--yes", context="stranger"), 3, "unauthorized", "cluster: context stranger")


def test_no_permission(place):
    ran = place.run("up", "--yes", context="guest")
    refused(ran, 3, "forbidden", f"namespace {place.space}" if "in namespace" in ran.err else "namespaces")


def test_a_kind_that_is_not_served(place):
    template = {
        "apiVersion": "carto.run/v1alpha1",
        "kind": "ClusterTemplate",
        "metadata": {"name": "other"},
        "spec": {"template": {"apiVersion": "machines.example.com/v1", "kind": "Machine"}},
    }
    ran = place.run("up", "--yes", "--templates", place.template("kinds", template))
    refused(ran, 3, "missing-kinds", "Machine (machines.example.com/v1)", "next: install")


def test_a_version_that_is_not_served_any_more(place):
    """As in templates that were written for older releases."""
    old = [("source.toolkit.fluxcd.io/v1beta1", "GitRepository"), ("tekton.dev/v1beta1", "ClusterTask")]
    templates = [
        {
            "apiVersion": "carto.run/v1alpha1",
            "kind": "ClusterTemplate",
            "metadata": {"name": kind.lower()},
            "spec": {"template": {"apiVersion": api_version, "kind": kind}},
        }
        for api_version, kind in old
    ]
    ran = place.run("up", "--yes", "--templates", place.template("old", *templates))
    words = ("served as source.toolkit.fluxcd.io/v1\n", "removed in Tekton", "next: change the templates")
    refused(ran, 3, "missing-kinds", *words)


def test_a_namespace_that_does_not_exist(place):
    ran = place.run("up", "--yes", "-n", f"{place.space}-gone")
    refused(ran, 3, "namespace-missing", f"{place.space}-gone", "--create-namespace")


def test_two_supply_chains_for_one_workload(place, local_client):
    chain = {
        "apiVersion": "carto.run/v1alpha1",
        "kind": "ClusterSupplyChain",
        "metadata": {"name": f"twin-of-{place.space}"},
        "spec": {
            "selector": {"apps.tanzu.vmware.com/workload-type": "web2pkg"},
            "resources": [
                {
                    "name": "source",
                    "templateRef": {"kind": "ClusterSourceTemplate", "name": "workload-git-repository"},
                }
            ],
        },
    }
    local_client.create(chain)
    try:
        ran = place.run("up", "--yes")
        refused(ran, 3, "several-blueprints", "e2e-pkgops", f"twin-of-{place.space}")
    finally:
        local_client.delete("carto.run/v1alpha1", "ClusterSupplyChain", f"twin-of-{place.space}")


def test_a_workload_that_nothing_selects(place):
    workload = {
        "apiVersion": "carto.run/v1alpha1",
        "kind": "Workload",
        "metadata": {"name": "lonely", "labels": {"type": f"none-{place.space}"}},
    }
    deliverable = {**workload, "kind": "Deliverable"}
    ran = place.run("up", "--yes", "--templates", place.template("lonely", workload, deliverable))
    refused(ran, 3, "no-blueprint", f"type=none-{place.space}")


def test_nobody_to_ask(place):
    ran = place.run("supplychain", "up", "--templates", place.template("asking", CONFIG_MAP))
    refused(ran, 5, "not-confirmed", f"create configmap/asked in {place.space}", "--yes")


def test_nothing_to_promote(place):
    refused(place.run("promote", "--to", "elsewhere", "--yes"), 5, "nothing-to-promote", "next: pkgops up")


def test_a_version_that_was_never_pushed(place):
    ran = place.run("promote", "--to", "elsewhere", "--version", "9.9.9", "--yes")
    refused(ran, 2, "unknown-version", "9.9.9")


def test_a_name_that_does_not_exist(place):
    refused(place.run("status", "helo"), 2, "unknown-workload", "there is no workload 'helo'")


def test_nothing_ready_to_open(place):
    refused(place.run("open", "--curl"), 1, "not-ready")


def test_pushing_sources_to_a_cluster_without_a_git_server(place):
    ran = place.run("up", "--yes", "--dry-run", "--source", str(place.folder))
    assert ran.code == 5, ran
    assert "error: no-git-server" in ran.err


def test_an_unknown_context_names_the_known_ones(place):
    refused(place.run("status", context="amdin"), 2, "unknown-context", "admin, guest, stranger")


def test_the_local_cluster_is_named_and_asks_nobody(place):
    """The tests' own instance, as the local cluster, needs neither a context nor consent."""
    ran = pkgops("supplychain", "up", "--dry-run", "--templates", place.template("local", CONFIG_MAP))
    assert ran.code == 0, ran
    assert ran.err.startswith("cluster: the local cluster")
    assert "1 to create" in ran.out
