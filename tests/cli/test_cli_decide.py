"""``approve``, ``reject`` and ``unreject`` as persons run them, each with the rights that they have."""

from __future__ import annotations

import pytest
from package_versions import pushed
from registry_fixtures import *  # noqa: F403
from typed_kit import *  # noqa: F403

from pkgops.formats import yaml

ROLE = ("list", "create")
TO = ("--to", "apps-prod")


@pytest.fixture
def pkgops(registry, memory, typed, tmp_path):
    """Run pkgops where a version was built; prod wants two approvals, and jane, ann and bob may approve."""
    text = yaml.dump_all([{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "greeting"}}])
    pushed(registry, tmp_path, "0.1.1", {"delivery.yml": text})
    gates = [{"approval": {"by": ["jane", "ann", "bob"], "count": 2, "separate": True}}]
    values = {
        "registry": {"tagPrefix": f"{registry.host}/apps/"},
        "workload": {"name": "hello"},
        "git": {"url": "https://git.example.com/hello.git"},
        "steps": {"test": {"image": "r/go"}, "package": {"image": "r/toolbox"}},
        "pkgops": {"environments": [{"name": "apps-dev"}, {"name": "apps-prod", "gates": gates}]},
    }
    (tmp_path / "config.yaml").write_text(yaml.dump_all([values]))
    for user in ("ann", "bob"):
        memory.allow(user, ROLE, ("configmaps",), "apps-prod", "apps-dev")
    memory.allow("watcher", ("get", "list", "watch"), ("*",))
    return typed


def gate(pkgops, name, *more):
    """The row of a gate, as jane sees it."""
    _, out, _ = pkgops("gates", *TO, "--version", "0.1.1", *more, user="jane")
    return next(line for line in out.splitlines() if line.startswith(name))


def test_two_users_approve_and_who_promotes_does_not_count(pkgops):
    assert "0 of 2 approvals" in gate(pkgops, "approval")
    code, out, _ = pkgops("approve", "0.1.1", *TO, user="ann")
    assert (code, out) == (0, "apps-prod: 0.1.1 is approved by ann\n")
    assert pkgops("approve", "0.1.1", *TO, "--reason", "mine", user="jane")[0] == 0
    assert "1 of 2 approvals of 0.1.1: ann; jane does not count: promotes it" in gate(pkgops, "approval")
    assert pkgops("approve", "0.1.1", *TO, user="bob")[0] == 0
    assert gate(pkgops, "approval").split()[:2] == ["approval", "pass"]


def test_who_is_not_on_the_list_is_refused(pkgops, memory):
    code, _, err = pkgops("approve", "0.1.1", *TO, user="mallory")
    assert code == 5
    assert "error: not-an-approver\n" in err
    assert "mallory is not among those whose approval counts in apps-prod" in err
    assert memory.objects.all(memory.of("v1", "ConfigMap")) == []


@pytest.mark.parametrize("words", [("approve",), ("reject", "--reason", "broken")])
def test_who_has_no_right_to_write_the_record_is_told_the_role(pkgops, memory, tmp_path, words):
    text = (tmp_path / "config.yaml").read_text().replace("jane", "watcher")
    (tmp_path / "config.yaml").write_text(text)
    code, _, err = pkgops(words[0], "0.1.1", *words[1:], *TO, user="watcher")
    assert code == 3
    assert "you may not decide on versions in apps-prod" in err
    assert "next: pkgops doctor --rbac approve" in err
    assert memory.objects.all(memory.of("v1", "ConfigMap")) == []


def test_what_is_rejected_is_refused_until_that_is_taken_back(pkgops):
    assert pkgops("approve", "0.1.1", *TO, user="ann")[0] == 0
    code, out, _ = pkgops("reject", "0.1.1", *TO, "--reason", "it leaks", user="bob")
    assert (code, out) == (0, "apps-prod: 0.1.1 is rejected by bob\n")
    assert "fail" in gate(pkgops, "not-rejected")
    assert "0 of 2 approvals" in gate(pkgops, "approval")
    words = ("promote", *TO, "--version", "0.1.1", "--yes", "--reason", "x")
    code, _, err = pkgops(*words, "--override", "not-rejected", user="jane")
    assert (code, "error: not-overridable\n" in err) == (5, True)
    code, _, err = pkgops(*words, "--override", "healthy", "--override", "approval", user="jane")
    assert code == 5
    assert "gate not-rejected of apps-prod does not pass: 0.1.1 was rejected by bob: it leaks" in err
    assert pkgops("unreject", "0.1.1", *TO, user="ann")[0] == 0
    assert gate(pkgops, "not-rejected").split()[:2] == ["not-rejected", "pass"]
    code, _, err = pkgops("unreject", "0.1.1", *TO, user="ann")
    assert (code, "0.1.1 is not rejected in apps-prod" in err) == (5, True)


def test_a_rejection_without_an_environment_holds_everywhere(pkgops, memory):
    code, out, _ = pkgops("reject", "0.1.1", "--reason", "it leaks", user="ann")
    assert (code, len(out.splitlines())) == (0, 2)
    kept = memory.objects.all(memory.of("v1", "ConfigMap"))
    assert {obj["metadata"]["namespace"] for obj in kept} == {"apps-dev", "apps-prod"}
    assert pkgops("unreject", "0.1.1", *TO, user="ann")[0] == 0
    code, out, _ = pkgops("unreject", "0.1.1", user="ann")
    assert code == 0
    assert "apps-prod: not recorded: 0.1.1 is not rejected in apps-prod" in out


def test_one_environment_that_may_not_be_written_keeps_no_other_and_ends_with_3(pkgops, memory):
    memory.allow("eve", ROLE, ("configmaps",), "apps-dev")
    code, out, _ = pkgops("reject", "0.1.1", "--reason", "it leaks", user="eve")
    assert code == 3
    assert "apps-dev: 0.1.1 is rejected by eve\n" in out
    assert "apps-prod: not recorded: you may not decide on versions in apps-prod" in out


@pytest.mark.parametrize(
    ("words", "code", "slug"),
    [
        (("reject", "0.1.1", *TO), 2, "reason-missing"),
        (("approve", "0.1.9", *TO), 2, "unknown-version"),
        (("reject", "0.1.9", "--reason", "x"), 2, "unknown-version"),
        (("approve", "latest", *TO), 2, "bad-version"),
        (("approve", "0.1.1", "--to", "apps-prd"), 2, "unknown-environment"),
        (("approve", "0.1.1"), 2, "usage"),
    ],
)
def test_what_makes_no_sense_is_refused(pkgops, memory, words, code, slug):
    ended, _, err = pkgops(*words, user="ann")
    assert (ended, f"error: {slug}\n" in err) == (code, True), err
    assert memory.objects.all(memory.of("v1", "ConfigMap")) == []


def test_a_registry_that_is_away_keeps_nobody_from_rejecting(pkgops, registry, tmp_path):
    text = (tmp_path / "config.yaml").read_text().replace(registry.host, "127.0.0.1:1")
    (tmp_path / "config.yaml").write_text(text)
    code, _, err = pkgops("approve", "0.1.1", *TO, user="ann")
    assert (code, "which image 0.1.1 has is unknown" in err) == (3, True)
    code, _, err = pkgops("reject", "0.1.1", *TO, "--reason", "it leaks", user="ann")
    assert (code, "whether there is a version 0.1.1 was not checked" in err) == (0, True)
