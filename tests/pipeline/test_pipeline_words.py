"""The sentence of every cause, and the facts that it is made of."""

from __future__ import annotations

import string
from datetime import UTC, datetime, timedelta

import pytest

from pkgops.model import CauseCode, Stage
from pkgops.pipeline.activity import Activity
from pkgops.pipeline.diagnosis import facts, owner_facts
from pkgops.pipeline.diagnosis.sentences import CAUSES, sentence
from pkgops.pipeline.object_store import ObjectStore
from pkgops.pipeline.resources import Resource

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
FIELDS = {
    "o": "pod/p",
    "ns": "default",
    "stage": "source-tester",
    "env": "apps-dev",
    "name": "hello",
    "msg": "exit code 1",
    "container": "step-test",
    "revision": "commit 1a2b3c4",
    "extra": "more",
    "age": "3m",
}


@pytest.mark.parametrize("code", list(CauseCode))
def test_every_cause_has_a_sentence_of_known_fields_in_one_line(code):
    text = CAUSES[code]
    assert {name for _, name, _, _ in string.Formatter().parse(text) if name} <= set(FIELDS)
    said = sentence(code, FIELDS)
    assert said
    assert "{" not in said
    assert "\n" not in said


@pytest.mark.parametrize("code", list(CauseCode))
def test_a_cause_of_which_nothing_is_known_is_still_a_sentence(code):
    assert not sentence(code, {}).endswith((":", " "))


def test_a_message_of_several_lines_becomes_one():
    assert sentence(CauseCode.FAILED, {"o": "pod/p", "msg": "one\n  two"}) == "pod/p failed: one two"
    assert sentence(CauseCode.FAILED, {"o": "pod/p"}) == "pod/p failed"


@pytest.mark.parametrize(
    ("seconds", "age"),
    [
        (-5, "0s"),
        (0.9, "0s"),
        (59, "59s"),
        (60, "1m"),
        (3599, "59m"),
        (3600, "1h"),
        (86399, "23h"),
        (86400, "1d"),
    ],
)
def test_an_age_has_one_unit(seconds, age):
    assert facts.age(timedelta(seconds=seconds)) == age


@pytest.mark.parametrize(
    ("message", "account"),
    [
        ('serviceaccounts "builder" not found', "builder"),
        ('ServiceAccount "a.b" does not exist', "a.b"),
        ('secrets "builder" not found', ""),
        ("", ""),
    ],
)
def test_a_service_account_is_named_by_the_message(message, account):
    assert facts.missing_account(message) == account


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"syncPeriod": "3m"}, "the template writes syncPeriod 3m, its controller writes it in full"),
        ({"syncPeriod": "3m0s"}, "the template writes syncPeriod 3m, its controller writes it in full"),
        ({"syncPeriod": "1h0m0s"}, "the template writes syncPeriod 1h, its controller writes it in full"),
        ({}, "compare the template with what the controller writes"),
    ],
)
def test_what_two_controllers_fight_about(spec, words):
    assert facts.fight_reason({"spec": spec}) == words


def package(version, name="hello.example.com", namespace="apps-dev"):
    return {
        "apiVersion": "data.packaging.carvel.dev/v1alpha1",
        "kind": "Package",
        "metadata": {
            "name": f"{name}.{version}",
            "namespace": namespace,
            "uid": f"{namespace}{name}{version}",
        },
        "spec": {"refName": name, "version": version},
    }


INSTALL = {
    "kind": "PackageInstall",
    "metadata": {"name": "hello", "namespace": "apps-dev"},
    "spec": {"packageRef": {"refName": "hello.example.com", "versionSelection": {"constraints": ">=1.0.0"}}},
}


@pytest.mark.parametrize(
    ("packages", "code", "words"),
    [
        ([], CauseCode.VERSION_NOT_FOUND, "hello.example.com satisfies >=1.0.0: there is none"),
        (
            [package("0.1.0"), package("0.2.0"), package("9.0.0", "other"), package("9.1.0", namespace="x")],
            CauseCode.VERSION_NOT_FOUND,
            "hello.example.com satisfies >=1.0.0: there is 0.1.0, 0.2.0",
        ),
        ([package("0.1.0")], CauseCode.PACKAGE_NOT_FOUND, "hello.example.com"),
    ],
)
def test_which_versions_there_are(packages, code, words):
    world = ObjectStore()
    for one in packages:
        world.apply("ADDED", one)
    assert facts.versions(world, INSTALL, code) == words


@pytest.mark.parametrize(
    ("ref", "namespace", "tags"),
    [
        ({"name": "repo"}, "apps-dev", ["v1", "v2"]),
        ({"name": "repo", "namespace": "other"}, "apps-dev", []),
        ({"name": "nobody"}, "apps-dev", []),
        ({}, "apps-dev", []),
    ],
)
def test_the_tags_that_were_seen_without_signatures(ref, namespace, tags):
    world = ObjectStore()
    repository = {
        "apiVersion": "image.toolkit.fluxcd.io/v1",
        "kind": "ImageRepository",
        "metadata": {"name": "repo", "namespace": "apps-dev"},
        "status": {"lastScanResult": {"latestTags": ["v1", "sha256-00.sig", "v2"]}},
    }
    world.apply("ADDED", repository)
    policy = {"metadata": {"namespace": namespace}, "spec": {"imageRepositoryRef": ref}}
    assert facts.tags(world, policy) == tags


NOT_READY = {"type": "Ready", "status": "False", "reason": "NotReady", "message": ""}


def owner(kind="Workload", conditions=(), observed=1, labels=None, seconds=60, **spec):
    born = (NOW - timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {
        "apiVersion": "carto.run/v1alpha1",
        "kind": kind,
        "metadata": {
            "name": "hello",
            "namespace": "default",
            "generation": 1,
            "creationTimestamp": born,
            "labels": labels or {},
        },
        "spec": spec,
        "status": {"observedGeneration": observed, "conditions": [*conditions, NOT_READY]}
        if observed
        else {},
    }


def says(type, reason, message="", status="False"):
    return {"type": type, "status": status, "reason": reason, "message": message}


def plan(name, selector):
    return {
        "apiVersion": "carto.run/v1alpha1",
        "kind": "ClusterSupplyChain",
        "metadata": {"name": name},
        "spec": {"selector": selector} if selector else {},
    }


def problem(found, *plans):
    world = ObjectStore()
    for one in plans:
        world.apply("ADDED", one)
    told = owner_facts.problem(world, found, NOW, timedelta(seconds=30))
    return told and (told[0], str(told[1]), told[3])


NOBODY = says(
    "SupplyChainReady", "SupplyChainNotFound", "no supply chain found where full selector is satisfied"
)
SEVERAL = says(
    "SupplyChainReady",
    "MultipleSupplyChainMatches",
    "workload may only match a single supply chain's selector",
)
ACCOUNT = says("ResourcesSubmitted", "ServiceAccountError", 'serviceaccounts "builder" not found')


@pytest.mark.parametrize(
    ("found", "plans", "told"),
    [
        (owner(), [], None),
        (owner(conditions=[says("SupplyChainReady", "Ready", status="True")]), [], None),
        (
            owner(conditions=[NOBODY]),
            [],
            (CauseCode.NO_BLUEPRINT, "failed", " (there is no ClusterSupplyChain)"),
        ),
        (
            owner(conditions=[NOBODY]),
            [plan("web", {"type": "web"}), plan("other", {})],
            (
                CauseCode.NO_BLUEPRINT,
                "failed",
                " (there is: other selects other fields; web selects type=web)",
            ),
        ),
        (
            owner(conditions=[SEVERAL], labels={"type": "web"}),
            [plan("one", {"type": "web"}), plan("two", {"type": "web"}), plan("no", {"type": "api"})],
            (CauseCode.SEVERAL_BLUEPRINTS, "failed", " (one, two)"),
        ),
        (owner(conditions=[ACCOUNT]), [], (CauseCode.SERVICE_ACCOUNT_MISSING, "failed", "builder")),
        # A template that fails is a stage's cause, not the owner's.
        (owner(conditions=[says("ResourcesSubmitted", "TemplateStampFailure", "x")]), [], None),
        # Others of its conditions say nothing of what was chosen.
        (owner(conditions=[says("Ready", "SupplyChainNotFound")]), [], None),
        (
            owner(observed=0),
            [],
            (CauseCode.CONTROLLER_SILENT, "waiting", "cartographer-controller"),
        ),
        (owner(observed=0, seconds=10), [], None),
    ],
)
def test_what_keeps_an_owner_before_any_stage(found, plans, told):
    assert problem(found, *plans) == told


@pytest.mark.parametrize(("seconds", "age"), [(61, "1m"), (7200, "2h")])
def test_how_old_an_owner_is(seconds, age):
    assert owner_facts.owner_age(owner(seconds=seconds), NOW) == age
    assert owner_facts.owner_age({"metadata": {}}, NOW) == "some time"


@pytest.mark.parametrize(
    ("ref", "told"),
    [
        ({"branch": "main", "commit": "abc"}, "commit abc"),
        ({"branch": "main", "tag": "v1", "semver": ">=1"}, "semver >=1"),
        ({"tag": "v1", "name": "refs/pull/1/head"}, "name refs/pull/1/head"),
        ({"branch": "main", "tag": ""}, "branch main"),
        (None, "branch master"),
    ],
)
def test_a_reference_is_told_as_flux_takes_it(ref, told):
    repository = {"kind": "GitRepository", "spec": {"ref": ref} if ref else {}}
    resource = Resource(
        name="source", template_kind="", template_name="", inputs=(), entry={}, obj=repository
    )
    stage = Stage(name="source", scope="", title="Fetch source")
    assert facts.git_ref(Activity(resource=resource, stage=stage)) == told
