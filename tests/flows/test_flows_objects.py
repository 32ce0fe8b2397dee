"""Objects on their way to a cluster: pins, placement, rendering, needs, credentials, ports of pods."""

from __future__ import annotations

import base64
import json

import pytest

from pkgops.errors import UsageError
from pkgops.flows import credentials, owners, probe, render, required_kinds, versions
from pkgops.flows.install import delivery_part
from pkgops.flows.run import failure
from pkgops.settings import Overrides, load


def test_an_owner_changes_with_the_templates_that_stamp_it():
    """Cartographer tells of an owner's generation alone, and never whether it has used a template."""

    def template(text, **rest):
        return {"apiVersion": owners.API, "kind": "ClusterTemplate", "metadata": {"name": text}, **rest}

    def submitted(*workflows):
        return owners.of_templates(render.Rendered(workflows, (), ()), {"spec": {"params": [PACKAGE]}})

    secret = {"apiVersion": "v1", "kind": "Secret", "data": {"password": "x"}}
    assert submitted(template("a")) == submitted(template("a"), secret)
    assert submitted(template("a")) != submitted(template("b"))
    again = owners.of_templates(render.Rendered((template("b"),), (), ()), submitted(template("a")))
    assert again == submitted(template("b"))
    assert [item["name"] for item in again["spec"]["params"]] == ["package", "templates"]


def deliverable(*params):
    return {
        "apiVersion": "carto.run/v1alpha1",
        "kind": "Deliverable",
        "metadata": {"name": "hello"},
        "spec": {"params": list(params)},
    }


PACKAGE = {"name": "package", "value": "hello.demo.carto"}


def test_a_pin_is_one_exact_version_beside_the_other_parameters():
    pinned = owners.pinned(deliverable(PACKAGE), "0.1.2")
    assert pinned["spec"]["params"] == [PACKAGE, {"name": "semver", "value": "0.1.2"}]
    assert owners.pin_of(pinned) == "0.1.2"


def test_pinning_anew_replaces_the_pin_and_following_takes_it_away():
    pinned = owners.pinned(owners.pinned(deliverable(PACKAGE), "0.1.2"), "0.1.3")
    assert owners.pin_of(pinned) == "0.1.3"
    assert owners.pinned(pinned, "")["spec"]["params"] == [PACKAGE]
    assert owners.pin_of(None) == ""


def test_a_deliverable_that_is_not_pinned_takes_the_versions_of_its_configuration():
    versions, rule = {"name": "versions", "value": "^1.0.0"}, {"name": "semver", "value": "^1.0.0"}
    follows = deliverable(PACKAGE, versions, rule)
    assert owners.pin_of(follows) == ""
    pinned = owners.pinned(follows, "1.2.3")
    assert owners.pin_of(pinned) == "1.2.3"
    assert owners.pinned(pinned, "") == follows


def test_pinning_and_placing_leave_the_rendered_object_alone():
    rendered = deliverable(PACKAGE)
    owners.pinned(rendered, "0.1.2")
    placed = owners.place(rendered, "apps-prod")
    assert placed["metadata"]["namespace"] == "apps-prod"
    assert rendered == deliverable(PACKAGE)


def test_whose_an_object_is_stands_in_the_servers_record():
    ours = {"metadata": {"managedFields": [{"manager": "kubectl"}, {"manager": "pkgops"}]}}
    assert owners.ours(ours)
    assert not owners.ours({"metadata": {"managedFields": [{"manager": "kubectl"}]}})
    assert not owners.ours({"metadata": {}})


@pytest.fixture
def settings(tmp_path):
    (tmp_path / "config.yaml").write_text(
        "registry:\n  tagPrefix: registry.example.com/demo/\ngit:\n  url: http://git/hello.git\n"
    )
    return load(Overrides(), {}, tmp_path)


def test_the_shipped_templates_render_to_what_the_pipeline_needs(settings):
    found = render.render(settings, ["default", "apps-dev"])
    assert [obj["metadata"]["name"] for obj in found.workloads] == ["hello-go-web2pkg"]
    assert [obj["metadata"]["name"] for obj in found.deliverables] == ["hello-go-from-pkg"]
    assert [obj["metadata"]["name"] for obj in found.blueprints("ClusterSupplyChain")] == ["e2e-pkgops"]
    secrets = [obj["metadata"]["namespace"] for obj in found.workflows if obj["kind"] == "Secret"]
    assert secrets == ["default", "apps-dev"]


def test_a_template_of_ones_own_without_a_name_configured(tmp_path):
    workload = "apiVersion: carto.run/v1alpha1\nkind: Workload\nmetadata: {name: mine}\n"
    (tmp_path / "workload.yaml").write_text(workload)
    own = load(Overrides(values={"pkgops.templates": ([str(tmp_path)], "--templates")}), {}, tmp_path)
    found = render.render(own, [])
    assert found.workload("")["metadata"]["name"] == "mine"
    with pytest.raises(UsageError, match="there is no workload 'other' in the templates"):
        found.workload("other")


def test_several_template_folders_render_together(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        text = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\n"
        (tmp_path / name / "file.yaml").write_text(text)
    folders = [str(tmp_path / "one"), str(tmp_path / "two")]
    own = load(Overrides(values={"pkgops.templates": (folders, "--templates")}), {}, tmp_path)
    assert [obj["metadata"]["name"] for obj in render.render(own, []).workflows] == ["one", "two"]


COMMENTED = """\
# a comment that is none of ytt's
apiVersion: v1
kind: ConfigMap
metadata:
  name: #@ "com" + "mented"
"""


def test_comments_that_are_none_of_ytts_are_refused_unless_they_are_asked_for(tmp_path):
    (tmp_path / "commented.yaml").write_text(COMMENTED)
    templates = {"pkgops.templates": ([str(tmp_path)], "--templates")}
    asked = {"pkgops.ignoreUnknownComments": (True, "--ignore-unknown-comments")}
    with pytest.raises(UsageError, match=r"use .#@. for annotations or code, .#!. for comments"):
        render.render(load(Overrides(values=templates), {}, tmp_path), [])
    found = render.render(load(Overrides(values={**templates, **asked}), {}, tmp_path), [])
    assert [obj["metadata"]["name"] for obj in found.workflows] == ["commented"]


@pytest.mark.parametrize("ignored", [True, False])
def test_the_ytt_program_is_told_which_comments_to_ignore(tmp_path, ignored):
    templates = tmp_path / "templates"
    templates.mkdir()
    (templates / "commented.yaml").write_text(COMMENTED)
    program = tmp_path / "ytt"
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >{tmp_path}/arguments\n')
    program.chmod(0o755)
    options = {
        "pkgops.templates": ([str(templates)], "--templates"),
        "pkgops.ytt": (str(program), "--ytt"),
        "pkgops.ignoreUnknownComments": (ignored, "--ignore-unknown-comments"),
    }
    render.render(load(Overrides(values=options), {}, tmp_path), [])
    arguments = (tmp_path / "arguments").read_text().splitlines()
    assert ("--ignore-unknown-comments" in arguments) is ignored


def test_needed_kinds_include_what_templates_stamp():
    template = {
        "apiVersion": "carto.run/v1alpha1",
        "kind": "ClusterImageTemplate",
        "metadata": {"name": "image"},
        "spec": {"template": {"apiVersion": "kpack.io/v1alpha2", "kind": "Image"}},
    }
    open_kind = {**template, "spec": {"template": {"apiVersion": "v1", "kind": "$(params.kind)$"}}}
    assert required_kinds.required_kinds([template, open_kind]) == [
        ("carto.run/v1alpha1", "ClusterImageTemplate"),
        ("kpack.io/v1alpha2", "Image"),
    ]


def test_a_cluster_for_deliveries_gets_no_supply_chain_and_no_tasks():
    def obj(kind, namespace=None):
        return {"kind": kind, "metadata": {"name": "x", **({"namespace": namespace} if namespace else {})}}

    everything = [
        obj("ClusterSupplyChain"),
        obj("ClusterDelivery"),
        obj("Task", "default"),
        obj("Secret", "apps-prod"),
    ]
    assert [one["kind"] for one in delivery_part(everything, "apps-prod")] == ["ClusterDelivery", "Secret"]


def docker(folder, server):
    auth = base64.b64encode(b"user:from-docker").decode()
    (folder / "config.json").write_text(json.dumps({"auths": {server: {"auth": auth}}}))
    return {"DOCKER_CONFIG": str(folder)}


def test_the_password_comes_from_the_docker_configuration(settings, tmp_path):
    found = credentials.complete(settings, docker(tmp_path, "https://registry.example.com"))
    assert found.text("registry.password") == "from-docker"
    assert found.text("registry.username") == "user"
    assert str(found.tree.origin("registry.password")) == "docker configuration"


def test_the_passwords_file_wins_over_the_docker_configuration(tmp_path):
    (tmp_path / "secret").write_text("from-file\n")
    (tmp_path / "config.yaml").write_text(
        f"registry:\n  tagPrefix: registry.example.com/\npkgops:\n  registryPasswordFile: {tmp_path}/secret\n"
    )
    found = credentials.complete(load(Overrides(), {}, tmp_path), docker(tmp_path, "registry.example.com"))
    assert found.text("registry.password") == "from-file"


def test_the_environment_wins_over_all(settings, tmp_path):
    own = load(Overrides(), {"PKGOPS_REGISTRY_PASSWORD": "from-environment"}, tmp_path)
    assert (
        credentials.complete(own, docker(tmp_path, "registry.example.com")).text("registry.password")
        == "from-environment"
    )


def test_an_anonymous_registry_needs_no_password(settings, tmp_path):
    assert credentials.complete(settings, {"DOCKER_CONFIG": str(tmp_path / "none")}) is settings


@pytest.mark.parametrize(
    ("ports", "expected"),
    [
        ([{"containerPort": 8012, "name": "queue-port"}, {"containerPort": 8080, "name": "user-port"}], 8080),
        ([{"containerPort": 3000}], 3000),
        ([], 8080),
    ],
)
def test_the_port_that_a_pod_serves_on(ports, expected):
    assert probe.serving_port({"spec": {"containers": [{"ports": ports}]}}) == expected


def test_the_failed_container_of_a_pod():
    pod = {
        "status": {
            "initContainerStatuses": [{"name": "prepare", "state": {"terminated": {"exitCode": 0}}}],
            "containerStatuses": [
                {"name": "sidecar", "state": {"running": {}}},
                {"name": "step-test", "state": {"terminated": {"exitCode": 1}}},
            ],
        }
    }
    assert failure.failed_container(pod) == "step-test"
    crashing = {"state": {"waiting": {}}, "lastState": {"terminated": {"exitCode": 2}}, "name": "app"}
    assert failure.failed_container({"status": {"containerStatuses": [crashing]}}) == "app"
    assert failure.failed_container({}) == ""


@pytest.mark.parametrize("version", ["0.1", "v0.1.2", ">=0.1.0", "latest", ""])
def test_only_an_exact_version_can_be_promoted(version):
    with pytest.raises(UsageError) as caught:
        versions.check(version)
    assert caught.value.slug == "bad-version"
