"""The Roles that `doctor --rbac` prints: all that a run is followed by, and no more than the commands use."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path

import pytest
from shared_traces import recorded

from pkgops.flows import rbac, render, replay
from pkgops.flows.next_command import next_command
from pkgops.flows.preflight import _contains
from pkgops.flows.rights import FOLLOW, Purpose, used
from pkgops.formats import yaml
from pkgops.kube.discovery import plural
from pkgops.pipeline import Tracker, kinds
from pkgops.pipeline.required_watches import required_watches
from pkgops.settings import Overrides, load

CLUSTER_WIDE = {"namespaces", "secrets", "customresourcedefinitions"}


@pytest.fixture(scope="module")
def settings():
    values = {
        "registry.tagPrefix": "registry.example.com/demo/",
        "git.url": "https://git.example.com/demo/hello-go.git",
        "steps.test.image": "registry.example.com/go",
        "steps.package.image": "registry.example.com/toolbox",
    }
    options = {key: (value, "test") for key, value in values.items()}
    return load(Overrides((), options), {}, Path("/nowhere"))


@pytest.fixture(scope="module")
def objects(settings):
    found = render.render(settings, ["default", "apps-dev", "apps-prod"])
    return [*found.workflows, *found.workloads, *found.deliverables]


def roles(purpose, settings, objects, user="jane"):
    grants = used(purpose, settings, objects)
    text = rbac.document(purpose, settings, grants, user, lambda grant: plural(grant.kind))
    return yaml.parse_all(text, "roles")


def allowed(documents, verb):
    """Plural (with its subresource) and namespace of all that some roles allow."""
    return {
        (resource, str(role["metadata"].get("namespace") or ""))
        for role in documents
        for rule in role.get("rules") or ()
        for resource in rule["resources"]
        if verb in rule["verbs"]
    }


@pytest.mark.parametrize("name", ["first-run", "second-run"])
def test_whatever_a_recorded_run_led_to_may_be_watched(settings, objects, name):
    may = {verb: allowed(roles(Purpose.WATCH, settings, objects), verb) for verb in FOLLOW}
    found = recorded(name)
    tracker = Tracker(replay.scope_of(found), next_command)
    watches = set()
    for place, line in enumerate(found.lines):
        tracker.apply(line.type, line.object)
        watches |= required_watches(tracker.store, tracker.scope) if place % 10 == 0 else set()
    for watch in watches:
        for verb in FOLLOW:
            assert (plural(watch.kind), watch.namespace) in may[verb], watch


def test_watching_changes_nothing(settings, objects):
    documents = roles(Purpose.WATCH, settings, objects)
    for verb in ("create", "update", "patch", "delete", "deletecollection", "*"):
        assert allowed(documents, verb) == set()
    assert allowed(documents, "get") - allowed(documents, "list") == {
        ("pods/log", "default"),
        ("pods/log", "apps-dev"),
        ("pods/log", "apps-prod"),
    }


def test_who_delivers_writes_the_workload_and_the_first_environment_only(settings, objects):
    documents = roles(Purpose.DELIVER, settings, objects)
    assert allowed(documents, "patch") == {
        ("workloads", "default"),
        ("builds", "default"),
        ("gitrepositories", "default"),
        ("deliverables", "apps-dev"),
        ("imagerepositories", "apps-dev"),
        ("configmaps", "apps-dev"),
    }
    assert allowed(documents, "create") == {
        ("workloads", "default"),
        ("taskruns", "default"),
        ("deliverables", "apps-dev"),
        ("pods/portforward", "apps-dev"),
        ("configmaps", "apps-dev"),
        ("leases", "apps-dev"),
    }
    assert not any(namespace == "apps-prod" for _, namespace in allowed(documents, "list"))


def test_templates_that_make_pipeline_runs_need_their_rights(settings, objects):
    theirs = deepcopy(objects)
    for template in theirs:
        if template["kind"] == "ClusterRunTemplate":
            template["spec"]["template"]["kind"] = "PipelineRun"
    watching = allowed(roles(Purpose.WATCH, settings, theirs), "watch")
    assert {(kind, "default") for kind in ("pipelineruns", "taskruns", "pods")} <= watching
    assert ("pipelineruns", "default") in allowed(roles(Purpose.DELIVER, settings, theirs), "create")


def test_who_promotes_writes_only_where_it_is_promoted_to(settings, objects):
    documents = roles(Purpose.PROMOTE, settings, objects)
    assert allowed(documents, "patch") == {
        ("deliverables", "apps-prod"),
        ("imagerepositories", "apps-prod"),
        ("configmaps", "apps-prod"),
    }
    assert allowed(documents, "delete") == {("configmaps", "apps-prod")}
    assert not any(namespace == "default" for _, namespace in allowed(documents, "list"))


def test_who_approves_writes_records_and_cannot_delete_them(settings, objects):
    documents = roles(Purpose.APPROVE, settings, objects)
    both = {("configmaps", "apps-dev"), ("configmaps", "apps-prod")}
    assert allowed(documents, "create") == allowed(documents, "list") == both
    for verb in ("patch", "update", "delete"):
        assert not allowed(documents, verb)


@pytest.mark.parametrize("purpose", list(Purpose))
def test_nothing_cluster_wide_but_what_has_no_namespace(settings, objects, purpose):
    documents = roles(purpose, settings, objects)
    scoped = {plural(kind) for kind in kinds.CLUSTER_SCOPED}
    for document in documents:
        resources = {name for rule in document.get("rules") or () for name in rule["resources"]}
        assert not resources & CLUSTER_WIDE
        in_namespace = "namespace" in document["metadata"]
        assert document["kind"].startswith("Cluster") is not in_namespace
        assert in_namespace or resources <= scoped
    assert len({(doc["kind"], doc["metadata"].get("namespace")) for doc in documents}) == len(documents)


@pytest.mark.parametrize(
    ("user", "subject"),
    [
        ("jane", {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": "jane"}),
        ("system:serviceaccount:ci:bot", {"kind": "ServiceAccount", "name": "bot", "namespace": "ci"}),
    ],
)
def test_the_bindings_are_for_the_user(settings, objects, user, subject):
    documents = roles(Purpose.WATCH, settings, objects, user)
    bindings = [doc for doc in documents if doc["kind"].endswith("Binding")]
    assert bindings
    for binding in bindings:
        assert binding["subjects"] == [subject]
        assert binding["roleRef"]["name"] == "pkgops-watch"


@pytest.mark.parametrize(
    ("live", "wanted", "same"),
    [
        ({"a": 1, "added": 2}, {"a": 1}, True),
        ({"a": [{"b": 1, "added": 2}]}, {"a": [{"b": 1}]}, True),
        ({}, {"a": ""}, True),
        ({"a": 2}, {"a": 1}, False),
        ({"a": [1, 2]}, {"a": [1]}, False),
        ({}, {"a": {"b": 1}}, False),
    ],
)
def test_what_the_server_added_is_no_change(live, wanted, same):
    assert _contains(live, wanted) is same
