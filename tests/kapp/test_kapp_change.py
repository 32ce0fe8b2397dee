import copy
from typing import Any

import pytest

from pkgops.kapp.change import Differ, involved
from pkgops.kapp.config import API_VERSION, defaults, split
from pkgops.kapp.errors import KappError
from pkgops.kapp.identity import Obj
from pkgops.kapp.labelling import identified, labelled
from pkgops.kapp.prepare import unique

OWN = {"kapp.k14s.io/app": "1"}


def config_map(name: str = "web", data: dict[str, str] | None = None, **meta: Any) -> Obj:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": "apps", **meta},
        "data": data or {"a": "1"},
    }


def stored(obj: Obj) -> Obj:
    """The resource as a server has it after kapp created it."""
    result = identified(copy.deepcopy(obj))
    result["metadata"] |= {"uid": "u", "resourceVersion": "7", "creationTimestamp": "2026-01-01T00:00:00Z"}
    return result


DIFFER = Differ(defaults())


def test_new_changed_unchanged_and_left() -> None:
    new = [config_map("new"), config_map("same"), config_map("other", {"a": "2"})]
    existing = [stored(config_map("same")), stored(config_map("other")), stored(config_map("left"))]
    changes = involved(DIFFER.changes(new, existing))
    assert [(change.resource["metadata"]["name"], change.op, change.wait) for change in changes] == [
        ("new", "create", "reconcile"),
        ("other", "update", "reconcile"),
        ("left", "delete", "delete"),
    ]


def test_update_keeps_what_the_server_set() -> None:
    change = DIFFER.upsert(config_map(data={"a": "2"}), stored(config_map()))
    assert change.resource["metadata"]["resourceVersion"] == "7"
    assert change.resource["data"] == {"a": "2"}


def test_annotation_that_somebody_added_is_removed_unless_a_rule_keeps_it() -> None:
    live = stored(config_map(annotations={"who": "webhook"}))
    assert DIFFER.upsert(config_map(), live).op == "update"
    rule = {
        "path": ["metadata", "annotations", "who"],
        "type": "copy",
        "sources": ["new", "existing"],
        "resourceMatchers": [{"apiVersionKindMatcher": {"apiVersion": "v1", "kind": "ConfigMap"}}],
    }
    _, config = split([{"apiVersion": API_VERSION, "kind": "Config", "rebaseRules": [rule]}])
    change = Differ(config).upsert(config_map(data={"a": "2"}), live)
    assert change.resource["metadata"]["annotations"] == {"who": "webhook"}


def test_what_a_controller_made_is_not_deleted_but_waited_for_on_deletion() -> None:
    child = stored(config_map())
    child["metadata"]["annotations"] = {"kapp.k14s.io/identity": "v1;apps//ConfigMap/parent;v1"}
    assert (DIFFER.removal(child).op, DIFFER.removal(child).wait) == ("noop", "noop")
    assert DIFFER.removal(child, whole_app=True).wait == "delete"


def test_what_the_app_owns_for_deletion_goes_with_it() -> None:
    claim = stored(config_map())
    notes = {"kapp.k14s.io/identity": "v1;apps//ConfigMap/parent;v1", "kapp.k14s.io/owned-for-deletion": ""}
    claim["metadata"]["annotations"] = notes
    assert (DIFFER.removal(claim).op, DIFFER.removal(claim, whole_app=True).op) == ("noop", "delete")


def test_without_waiting_nothing_is_waited_for() -> None:
    differ = Differ(defaults(), wait=False)
    assert differ.upsert(config_map(), None).wait == "noop"
    assert differ.removal(stored(config_map())).wait == "noop"


def test_existing_resource_that_is_not_done_is_waited_for_again() -> None:
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "namespace": "apps"}}
    live = {**stored(pod), "status": {"phase": "Pending"}}
    change = DIFFER.upsert(pod, live)
    assert (change.op, change.wait) == ("noop", "reconcile")


@pytest.mark.parametrize(("note", "op"), [("kapp.k14s.io/noop", "noop"), ("kapp.k14s.io/exists", "exists")])
def test_annotations_decide_the_operation(note: str, op: str) -> None:
    assert DIFFER.upsert(config_map(annotations={note: ""}), None).op == op


def test_labels_go_to_pod_templates_and_selectors() -> None:
    deployment = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "apps"},
        "spec": {
            "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}}},
        },
    }
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web", "namespace": "apps"},
        "spec": {"selector": {"app": "web"}},
    }
    first, second = labelled([deployment, service], defaults(), OWN, OWN)
    template = first["spec"]["template"]["metadata"]["labels"]
    assert template["kapp.k14s.io/app"] == "1"
    assert template["kapp.k14s.io/association"] == first["metadata"]["labels"]["kapp.k14s.io/association"]
    assert first["spec"]["selector"]["matchLabels"] == {"app": "web", **OWN}
    assert second["spec"]["selector"] == {"app": "web", **OWN}
    assert "labels" not in deployment["metadata"]


@pytest.mark.parametrize(
    "note", ["kapp.k14s.io/disable-label-scoping", "kapp.k14s.io/disable-default-label-scoping-rules"]
)
def test_an_annotation_keeps_the_labels_out_of_selectors(note: str) -> None:
    given = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "web", "annotations": {note: ""}},
        "spec": {"selector": {"app": "web"}},
    }
    own_selector = {
        **given,
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "spec": {"selector": {"matchLabels": {"app": "web"}}},
    }
    service, deployment = labelled([given, own_selector], defaults(), {"l": "1"}, {"l": "1"})
    assert service["spec"]["selector"] == {"app": "web"}
    assert deployment["spec"]["selector"]["matchLabels"] == {"app": "web"}
    assert service["metadata"]["labels"]["l"] == "1"


@pytest.mark.parametrize("kind", ["Deployment", "CronJob"])
def test_an_annotation_keeps_the_labels_out_of_pod_templates(kind: str) -> None:
    template = {"metadata": {"labels": {"app": "web"}}}
    specs = {
        "Deployment": {"template": template},
        "CronJob": {"jobTemplate": {"spec": {"template": template}}},
    }
    versions = {"Deployment": "apps/v1", "CronJob": "batch/v1"}
    notes = {"kapp.k14s.io/disable-default-ownership-label-rules": ""}
    given = {
        "apiVersion": versions[kind],
        "kind": kind,
        "metadata": {"name": "web", "annotations": notes},
        "spec": specs[kind],
    }
    (found,) = labelled([given], defaults(), {"l": "1"}, {})
    assert found["spec"] == specs[kind]
    assert found["metadata"]["labels"]["l"] == "1"


def test_same_resource_twice_must_be_the_same() -> None:
    assert unique([config_map(), config_map()]) == [config_map()]
    with pytest.raises(KappError, match="multiple times with different content"):
        unique([config_map(), config_map(data={"b": "2"})])


def test_overlay_rules_need_somebody_who_applies_them() -> None:
    rule = {"ytt": {"overlayContractV1": {"overlay.yml": "x"}}, "resourceMatchers": [{"allMatcher": {}}]}
    _, config = split([{"apiVersion": API_VERSION, "kind": "Config", "rebaseRules": [rule]}])
    with pytest.raises(KappError, match="not supported"):
        Differ(config).upsert(config_map(), stored(config_map()))
    used = Differ(
        config, overlay=lambda _text, current, _new, _existing: {**current, "data": {"by": "overlay"}}
    )
    assert used.upsert(config_map(), stored(config_map())).resource["data"] == {"by": "overlay"}


def test_secrets_are_written_down_as_checksums_only() -> None:
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "s", "namespace": "apps"},
        "stringData": {"password": "hunter2"},
    }
    saved = {**stored(secret), "type": "Opaque", "data": {"password": "aHVudGVyMg=="}}
    saved.pop("stringData")
    notes = DIFFER.record(saved, secret)
    assert "hunter2" not in str(notes)
    assert "aHVudGVyMg" not in str(notes)
    saved["metadata"]["annotations"] |= notes
    assert DIFFER.upsert(secret, saved).op == "noop"
    assert DIFFER.upsert({**secret, "stringData": {"password": "other"}}, saved).op == "update"
    assert DIFFER.upsert(secret, {**saved, "data": {"password": "eHg="}}).op == "update"
