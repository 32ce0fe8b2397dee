"""The lists of fields, held to the real definitions, to the platform's own, and to the code."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from acted_on_kit import BY_ABSENCE
from fields_kit import (
    GROUPS,
    KINDS,
    PLATFORM,
    defined,
    defined_kinds,
    fields,
    holds,
    said_of,
    sample,
    served,
    with_verdict,
)

from pkgops.kube import Obj
from pkgops.platform import fieldwarnings
from pkgops.platform.carto.labels import resource_labels, run_labels
from pkgops.platform.carvel.desired import desired_app
from pkgops.platform.carvel.reconcile_steps import refused_fields
from pkgops.platform.crds import OWN_LABEL
from pkgops.platform.fieldsupport import Field, KindFields, fields_of, parts_of, refusal, warnings
from pkgops.platform.flux.gitrepository import refuse_unsupported
from pkgops.platform.flux.imagerepository import problem_of
from pkgops.platform.gitcheckout import GitError
from pkgops.platform.knative.workload import pod_spec
from pkgops.platform.tekton.sidecars import sidecar_container
from pkgops.platform.tekton.steps import StepContext


@pytest.mark.parametrize("group", GROUPS)
def test_the_lists_have_the_kinds_that_are_defined(group: str) -> None:
    assert list(fields_of(group)) == list(defined_kinds(group))


@pytest.mark.parametrize("group", GROUPS)
def test_every_kind_that_is_served_has_a_list(group: str) -> None:
    assert sorted(set(served(group)) - set(fields_of(group))) == []


OTHERWISE = {
    "carvel": ("Flags of kapp", "Resources of an App"),
    "carto": ("Stamped objects",),
}
"""What tests of its own hold to the code."""


@pytest.mark.parametrize("group", GROUPS)
def test_every_kind_with_a_field_that_counts_is_looked_at_without_it(group: str) -> None:
    counting = [kind for kind in fields_of(group) if fields(group, kind, "acted on")]
    held = {*BY_ABSENCE.get(group, ()), *OTHERWISE.get(group, ())}
    assert set(counting) == held


@pytest.mark.parametrize(("group", "kind"), KINDS)
def test_every_field_of_the_real_definition_is_listed_once(group: str, kind: str) -> None:
    listed = fields_of(group)[kind].fields
    times = {path: len(said_of(listed, path)) for path in defined(group, kind)}
    assert {path: count for path, count in times.items() if count != 1} == {}


@pytest.mark.parametrize(("group", "kind"), KINDS)
def test_every_listed_field_is_one_of_the_real_definition(group: str, kind: str) -> None:
    paths = defined(group, kind)
    listed = fields_of(group)[kind].fields
    assert [field.path for field in listed if not any(holds(field, path) for path in paths)] == []


@pytest.mark.parametrize(("group", "kind"), KINDS)
def test_every_field_without_effect_has_a_reason(group: str, kind: str) -> None:
    assert [
        one.path for one in fields_of(group)[kind].fields if one.verdict != "acted on" and not one.reason
    ] == []


def keeps(schema: Obj, parts: list[str]) -> bool:
    """Return whether the API server keeps a field: it drops fields without a schema silently."""
    if schema.get("x-kubernetes-preserve-unknown-fields") or not parts:
        return True
    if "additionalProperties" in schema:
        return True
    found = (schema.get("properties") or {}).get(parts[0].removesuffix("[]"))
    if found is None:
        return False
    return keeps(found["items"] if parts[0].endswith("[]") and "items" in found else found, parts[1:])


OF_THE_WEBHOOK = re.compile(r"\.(taskSpec|pipelineSpec|volumes|volumeClaimTemplate)\b")
"""Where Tekton's definitions let any field pass, and its webhook does not."""
SERVED = [(group, kind) for group, kind in KINDS if kind in served(group)]


@pytest.mark.parametrize(("group", "kind"), SERVED)
def test_the_platforms_own_definition_keeps_every_field(group: str, kind: str) -> None:
    definition, listed = served(group)[kind], fields_of(group)[kind]
    api, _, version = listed.api_version.partition("/")
    assert (api, listed.resource) == (definition["spec"]["group"], definition["spec"]["names"]["plural"])
    found = next(one for one in definition["spec"]["versions"] if one["name"] == version)
    schema = found["schema"]["openAPIV3Schema"]
    specs = [path for path in defined(group, kind) if not path.startswith("metadata.")]
    assert [path for path in specs if not keeps(schema, parts_of(path))] == []


@pytest.mark.parametrize(
    ("group", "kind"), [one for one in SERVED if one[0] in ("flux", "carvel", "carto", "tekton")]
)
def test_a_slip_beside_a_field_that_counts_is_none_that_the_definition_keeps(group: str, kind: str) -> None:
    """The API server reports it by the definition; where that preserves unknown fields, the webhooks do."""
    listed, definition = fields_of(group)[kind], served(group)[kind]
    version = next(one for one in definition["spec"]["versions"] if listed.api_version.endswith(one["name"]))
    schema = version["schema"]["openAPIV3Schema"]
    paths = [field.path for field in listed.with_verdict("acted on") if field.path.startswith("spec.")]
    kept = [path for path in paths if keeps(schema, [*parts_of(path)[:-1], "noSuchField"])]
    assert [path for path in kept if not OF_THE_WEBHOOK.search(path)] == []


def is_handed_on(group: str, field: Field) -> bool:
    """Return whether a field belongs to a container or pod that is copied as a whole."""
    if group == "tekton":
        return field.path.startswith("spec.sidecars[]") or field.path.endswith("env[].valueFrom")
    if group == "carto":
        return field.path.startswith("metadata.labels")
    pod = ("spec.containers[]", "spec.template.spec.", "spec.imagePullSecrets", "spec.enableServiceLinks")
    return group == "knative" and field.path.startswith((*pod, "spec.volumes[]", "spec.serviceAccount"))


HANDED_ON = [field for field in fields("knative", "Revision", "acted on") if is_handed_on("knative", field)]


@pytest.mark.parametrize("field", HANDED_ON)
def test_a_field_of_knatives_pods_reaches_the_pod(field: Field) -> None:
    container: Obj = {"name": "web", "image": "web"}
    base: Obj = {
        "kind": "Revision",
        "metadata": {"name": "a", "uid": "1"},
        "spec": {"containers": [container]},
    }
    obj = sample("knative", "Revision", field, base)
    given, made = obj["spec"], pod_spec(obj, {})
    if "ports[]" in field.path:
        port = given["containers"][0]["ports"][0].get("containerPort", 8080)
        assert made["containers"][0]["ports"] == [
            {"name": "user-port", "containerPort": port, "protocol": "TCP"}
        ]
        return
    wanted, found = (value_at(one, parts_of(field.path)[1:]) for one in (given, made))
    assert wanted == found or (wanted == {} and isinstance(found, dict))


SIDECARS = [
    field for field in fields("tekton", "Task", "acted on") if field.path.startswith("spec.sidecars[]")
]


def name_of(field: Field) -> str:
    """Return the name of a field of a sidecar."""
    return parts_of(field.path)[2].removesuffix("[]")


OWN_OF_TEKTON = ("name", "args", "command", "script", "computeResources", "workspaces")
"""What Tekton puts into a sidecar's container in another form; tests of its own hold it."""


@pytest.mark.parametrize("field", [one for one in SIDECARS if name_of(one) not in OWN_OF_TEKTON])
def test_a_field_of_a_sidecar_reaches_its_container(field: Field) -> None:
    base = {"kind": "Task", "spec": {"sidecars": [{"name": "beside", "image": "helper"}]}}
    sidecar = sample("tekton", "Task", field, base)["spec"]["sidecars"][0]
    made = sidecar_container(sidecar, 0, StepContext(run_uid="1"))
    assert made[name_of(field)] == sidecar[name_of(field)]


def test_what_is_stamped_has_the_labels_of_the_list() -> None:
    made: set[str] = set()
    for kind in ("Workload", "Deliverable"):
        owner = {"kind": kind, "metadata": {"name": "a", "namespace": "b"}}
        made |= set(resource_labels(owner, "c", {"name": "d", "templateRef": {"kind": "e"}}, "mutable"))
    made |= set(run_labels({"metadata": {"name": "a"}}, "b"))
    assert {f"metadata.labels[{key}]" for key in made} == set(defined("carto", "Stamped objects"))


def value_at(value: Any, parts: list[str]) -> Any:
    """Return the value at a path, of a list's first item."""
    for part in parts:
        value = value[part.removesuffix("[]")]
        value = value[0] if part.endswith("[]") else value
    return value


@pytest.mark.parametrize(("group", "kind"), KINDS)
def test_the_code_names_every_field_that_it_acts_on(group: str, kind: str) -> None:
    folders = [PLATFORM / group, *([PLATFORM.parent / "kapp"] if group == "carvel" else [])]
    files = [path for folder in folders for path in sorted(folder.rglob("*")) if is_code(path)]
    code = "".join(path.read_text() for path in files)
    acted = [field for field in fields(group, kind, "acted on") if not is_handed_on(group, field)]
    names = {part.removesuffix("[]") for field in acted for part in parts_of(field.path)[1:]}
    assert sorted(name for name in names if not is_written(name, code)) == []


def is_code(path: Path) -> bool:
    """Return whether a file is code of the platform; kapp's rules are in ``defaults.yaml``."""
    return path.suffix == ".py" or path.name == "defaults.yaml"


def is_written(name: str, code: str) -> bool:
    """Return whether code has the name of a field; the group of an annotation may be a constant."""
    end = re.escape(name.partition("/")[2] or name)
    start = "/" if "/" in name else '"'
    return re.search(f'{start}{end}["\\].,]', code) is not None


def told_by_flux(obj: Obj) -> str:
    """Return reason and message of Ready of an object of Flux that is not reconciled any more."""
    obj["spec"] |= {"url": "http://git/x.git"} if obj["kind"] == "GitRepository" else {"image": "r.io/app"}
    if obj["kind"] == "GitRepository":
        with pytest.raises(GitError) as caught:
            refuse_unsupported(obj)
        return f"{caught.value.reason}: {caught.value}"
    return ": ".join(problem_of(obj) or ())


@pytest.mark.parametrize(("kind", "field"), with_verdict("flux", "refused"))
def test_flux_says_which_field_it_refuses(kind: str, field: Field) -> None:
    said = f"UnsupportedField: {field.path} is not part of the local platform: {field.reason}"
    assert told_by_flux(sample("flux", kind, field)) == said


CARVEL_REFUSED = [
    (kind, field) for kind, field in with_verdict("carvel", "refused") if kind in served("carvel")
]


def told_by_carvel(obj: Obj) -> str:
    """Return the error of fetching an object of kapp-controller; that of an install is its App's."""
    if obj["kind"] == "PackageInstall":
        package = {"spec": {"refName": "a.b.c", "version": "1.0.0"}}
        owner = {"apiVersion": "packaging.carvel.dev/v1alpha1", "kind": "PackageInstall"}
        meta = {"name": "a", "namespace": "apps", "uid": "1"}
        obj = desired_app({**obj, **owner, "metadata": meta}, package, None)
    outcome = refused_fields(obj)
    assert outcome is not None
    return outcome.error


@pytest.mark.parametrize(("kind", "field"), CARVEL_REFUSED)
def test_kapp_controllers_kinds_say_which_field_is_refused(kind: str, field: Field) -> None:
    said = f"{field.path} is not part of the local platform: {field.reason}"
    assert told_by_carvel(sample("carvel", kind, field)) == said


def test_what_is_not_set_is_not_refused() -> None:
    obj = {"kind": "GitRepository", "spec": {"recurseSubmodules": False, "include": [], "verify": None}}
    assert refusal("flux", obj) == ""
    refuse_unsupported(obj)


@pytest.mark.parametrize(("group", "kind"), KINDS)
def test_admission_warns_of_what_has_no_effect(group: str, kind: str) -> None:
    for field in fields(group, kind, "warned") if fields_of(group)[kind].resource else []:
        obj = sample(group, kind, field)
        said = [f"{field.path} has no effect on the local platform: {field.reason}"]
        assert warnings(group, obj) == said
        response = fieldwarnings.respond(group, {"request": {"uid": "1", "object": obj}})["response"]
        assert (response["allowed"], response["warnings"]) == (True, said)


def test_a_value_that_means_what_is_done_anyway_gives_no_warning() -> None:
    assert warnings("flux", {"kind": "ImageRepository", "spec": {"provider": "generic"}}) == []
    response = fieldwarnings.respond(
        "flux", {"request": {"uid": "1", "object": {"kind": "ImagePolicy", "spec": {}}}}
    )
    assert "warnings" not in response["response"]


@pytest.mark.parametrize("group", ["flux", "carvel"])
def test_a_warning_never_holds_anything_up(group: str) -> None:
    [made] = fieldwarnings.registrations(group, "https://10.0.0.1:1", "bundle")
    hook = made["webhooks"][0]
    assert made["metadata"]["labels"] == {OWN_LABEL: group}
    assert hook["failurePolicy"] == "Ignore"
    kinds = [kind for kind in fields_of(group).values() if kind.resource]
    wanted = [kind for kind in kinds if kind.with_verdict("warned")]
    assert [rule["resources"] for rule in hook["rules"]] == [[kind.resource] for kind in wanted]


def test_a_field_of_a_list_counts_in_any_item() -> None:
    kind = KindFields("a/v1", "as", (Field("spec.items[].deep.name", "refused", "no"),))
    field = kind.fields[0]
    assert field.is_set({"spec": {"items": [{}, {"deep": {"name": "x"}}]}})
    assert not field.is_set({"spec": {"items": [{"deep": {}}]}})
    assert not field.is_set({"spec": {"items": [{"deep": {"name": ""}}]}})
    assert Field("spec.verify", "refused", "no").is_set({"spec": {"verify": {}}})
    assert not field.is_set({"spec": {}})


def test_a_path_may_name_a_key() -> None:
    path = "spec.items[].metadata.annotations[a.io/b]"
    assert parts_of(path) == ["spec", "items[]", "metadata", "annotations", "a.io/b"]
    field = Field(path, "refused", "no")
    assert field.is_set({"spec": {"items": [{"metadata": {"annotations": {"a.io/b": "x"}}}]}})
    assert not field.is_set({"spec": {"items": [{"metadata": {"annotations": {"a.io/c": "x"}}}]}})


def test_a_group_or_kind_without_a_list_is_left_alone() -> None:
    assert refusal("storage", {"kind": "PersistentVolumeClaim"}) == ""
    assert warnings("kpack", {"kind": "Buildpack"}) == []


@pytest.mark.parametrize(("group", "kind"), KINDS)
def test_nothing_is_said_of_what_is_acted_on_or_harmless(group: str, kind: str) -> None:
    for field in (*fields(group, kind, "acted on"), *fields(group, kind, "harmless")):
        obj = sample(group, kind, field)
        assert (refusal(group, obj), warnings(group, obj)) == ("", []), field.path


def test_a_key_may_be_named_by_its_start() -> None:
    field = Field("metadata.annotations[a.io/*]", "refused", "no")
    assert field.is_set({"metadata": {"annotations": {"a.io/b": "x"}}})
    assert not field.is_set({"metadata": {"annotations": {"b.io/a": "x"}}})
    assert not field.is_set({"metadata": {}})
