"""Fields that admission refuses or warns of: an object with each one, put to the group's webhook."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from fields_kit import sample, with_verdict
from shared_traces import lines

from pkgops.kube import Obj
from pkgops.platform.fieldsupport import Field, fields_of, parts_of
from pkgops.platform.knative import review as knative
from pkgops.platform.kpack import review as kpack
from pkgops.platform.resourcewebhooks import NotDecoded, ResourceWebhooks
from pkgops.platform.tekton import admission as tekton
from pkgops.platform.unknownfields import unknown_fields

GIT = {"git": {"url": "https://git/app.git", "revision": "main"}}
TAG, BUILDER = "registry.io/team/web", {"kind": "ClusterBuilder", "name": "builder"}
ACCOUNT = {"name": "robot", "namespace": "kpack"}
IMAGES = {"buildImage": {"image": "registry.io/build"}, "runImage": {"image": "registry.io/run"}}
ORDER: Obj = {"order": [{"group": [{"id": "go"}]}], "stack": {"kind": "ClusterStack", "name": "base"}}
TASK: Obj = {"steps": [{"image": "registry.io/step"}]}
PIPELINE: Obj = {"tasks": [{"name": "a", "taskRef": {"name": "a"}}]}
SECURE: Obj = {
    "runAsNonRoot": True,
    "allowPrivilegeEscalation": False,
    "seccompProfile": {"type": "RuntimeDefault"},
    "capabilities": {"drop": ["ALL"]},
}
POD: Obj = {"spec": {"containers": [{"image": "registry.io/web", "securityContext": SECURE}]}}
SPECS: dict[str, Obj] = {
    "Image": {"tag": TAG, "builder": BUILDER, "source": GIT},
    "Build": {"tags": [TAG], "builder": {"image": "registry.io/build"}, "source": GIT},
    "Builder": {"tag": TAG, **ORDER, "serviceAccountName": "robot"},
    "ClusterBuilder": {"tag": TAG, **ORDER, "serviceAccountRef": ACCOUNT},
    "ClusterStack": {"id": "base", **IMAGES},
    "ClusterStore": {"sources": [{"image": "registry.io/store"}]},
    "Task": TASK,
    "TaskRun": {"taskSpec": TASK},
    "Pipeline": PIPELINE,
    "PipelineRun": {"pipelineSpec": PIPELINE},
    "StepAction": {"image": "registry.io/a"},
    "Service": {"template": POD},
    "Configuration": {"template": POD},
    "Revision": POD["spec"],
    "Route": {"traffic": [{"configurationName": "web", "percent": 100}]},
    "ClusterLifecycle": {"image": "registry.io/lifecycle"},
    "Buildpack": {"image": "registry.io/go"},
    "ClusterBuildpack": {"image": "registry.io/go"},
}
"""A spec of each kind that its webhook takes."""

Answer = Callable[[Obj], Obj]


def _webhooks(group: str, defaulted: Answer, problems: Callable[[Obj], list[str]]) -> Answer:
    webhooks = ResourceWebhooks(
        group=group,
        version="v1",
        resources=(),
        owner=group,
        mutating="",
        validating="",
        defaults_path="/defaults",
        validation_path="/validate",
        defaulted=lambda obj, old, user: obj,
        problems=lambda obj, old: problems(defaulted(obj)),
    )
    return lambda obj: webhooks.respond("/validate", {"request": {"uid": "1", "object": obj}})["response"]


ANSWERS: dict[str, Answer] = {
    "kpack": _webhooks(
        "kpack",
        lambda obj: kpack.defaulted(obj, has_default_class=True),
        lambda obj: kpack.problems(obj, None, has_default_class=True),
    ),
    "knative": _webhooks(
        "knative",
        lambda obj: knative.defaulted(obj, None, "me"),
        lambda obj: knative.problems(obj, None),
    ),
}
ANSWERS["tekton"] = lambda obj: tekton.respond(
    tekton.VALIDATION_PATH, {"request": {"uid": "1", "object": obj, "operation": "CREATE"}}
)["response"]
CASES = [(group, kind) for group in ANSWERS for kind in fields_of(group) if kind in SPECS]


def base(group: str, kind: str) -> Obj:
    api_version = fields_of(group)[kind].api_version
    meta = {"name": "a", "namespace": "apps"}
    return {"apiVersion": api_version, "kind": kind, "metadata": meta, "spec": SPECS[kind]}


def answered(group: str, kind: str, field: Field) -> Obj:
    return ANSWERS[group](sample(group, kind, field, base(group, kind)))


def cases(verdict: str) -> list[tuple[str, str, Field]]:
    return [(group, kind, field) for group in ANSWERS for kind, field in with_verdict(group, verdict)]


@pytest.mark.parametrize(("group", "kind"), CASES)
def test_what_sets_none_of_them_passes_without_a_word(group: str, kind: str) -> None:
    response = ANSWERS[group](base(group, kind))
    assert (response["allowed"], response.get("warnings")) == (True, None)


@pytest.mark.parametrize(("group", "kind", "field"), cases("refused"))
def test_admission_names_the_field_and_the_reason(group: str, kind: str, field: Field) -> None:
    said = f"{field.path} is not part of the local platform: {field.reason}"
    assert said in answered(group, kind, field)["status"]["message"]


@pytest.mark.parametrize(("group", "kind", "field"), cases("refused there too"))
def test_the_real_systems_own_rule_names_the_field(group: str, kind: str, field: Field) -> None:
    message = answered(group, kind, field)["status"]["message"]
    name = parts_of(field.path)[-1].removesuffix("[]").removesuffix("*").removesuffix("Config")
    assert name.lower() in message.lower()
    assert "local platform" not in message


@pytest.mark.parametrize(("group", "kind", "field"), cases("warned"))
def test_a_warning_refuses_nothing(group: str, kind: str, field: Field) -> None:
    said = f"{field.path} has no effect on the local platform: {field.reason}"
    assert said in answered(group, kind, field)["warnings"]


def recorded() -> dict[str, Obj]:
    """Return objects that real webhooks admitted: each recorded one once for each field that it has."""
    kinds = {kind: group for group in ANSWERS for kind in fields_of(group) if kind in SPECS}
    found: dict[str, Obj] = {}
    for name in ("first-run", "second-run", "fourth-run", "fifth-run"):
        for line in lines(name):
            obj = line["object"]
            api = fields_of(kinds[obj["kind"]])[obj["kind"]].api_version if obj["kind"] in kinds else ""
            if api.partition("/")[0] == obj["apiVersion"].partition("/")[0] != "":
                said = [obj["kind"], obj["spec"], obj["metadata"].get("annotations")]
                found[json.dumps(said, sort_keys=True)] = obj
    return found


def test_what_the_real_webhooks_let_pass_passes_without_a_word() -> None:
    kinds = {kind: group for group in ANSWERS for kind in fields_of(group)}
    objects = list(recorded().values())
    assert {obj["kind"] for obj in objects} >= {"Image", "Build", "TaskRun", "Service", "Revision", "Route"}
    for obj in objects:
        response = ANSWERS[kinds[obj["kind"]]](obj)
        assert (response["allowed"], response.get("warnings")) == (True, None), response


@pytest.mark.parametrize(
    ("group", "kind", "spec", "path"),
    [
        ("knative", "Service", {"template": {"spec": {"containers": [{"image": "web", "comand": []}]}}},
         "spec.template.spec.containers[0].comand"),
        ("knative", "Route", {"trafic": []}, "spec.trafic"),
        ("tekton", "Task", {"steps": [{"image": "a", "scirpt": "x"}]}, "spec.steps[0].scirpt"),
        ("tekton", "TaskRun", {"taskSpec": TASK, "serviceAccount": "x"}, "spec.serviceAccount"),
    ],
)  # fmt: skip
def test_a_field_that_the_real_definition_drops_is_told(group: str, kind: str, spec: Obj, path: str) -> None:
    response = ANSWERS[group]({**base(group, kind), "spec": {**SPECS[kind], **spec}})
    assert response["warnings"] == [f'unknown field "{path}": the real definition drops it']


def test_metadata_of_a_template_may_say_anything() -> None:
    meta = {"labels": {"team": "a"}, "annotations": {"example.com/b": "c"}}
    obj = {**base("knative", "Service"), "spec": {"template": {**POD, "metadata": meta}}}
    assert unknown_fields("knative", obj) == []


def test_kpack_refuses_fields_that_it_does_not_know() -> None:
    obj = {**base("kpack", "Image"), "spec": {**SPECS["Image"], "build": {"enviroment": []}}}
    with pytest.raises(NotDecoded) as caught:
        kpack.defaulted(obj, has_default_class=True)
    assert str(caught.value) == 'json: unknown field "enviroment"'
    kpack.defaulted({**obj, "apiVersion": "kpack.io/v1alpha1"}, has_default_class=True)
    going = {"name": "a", "deletionTimestamp": "2026-01-01T00:00:00Z"}
    kpack.defaulted({**obj, "metadata": going}, has_default_class=True)


def test_of_a_kind_or_version_without_a_list_nothing_is_unknown() -> None:
    assert unknown_fields("kpack", {"kind": "Buildpack", "spec": {"x": 1}}) == []
    assert (
        unknown_fields("tekton", {"kind": "Task", "apiVersion": "tekton.dev/v1beta1", "spec": {"x": 1}}) == []
    )
