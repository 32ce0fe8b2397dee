"""A user with exactly the ClusterRole ``view``: each command says what it may not read, and what to do.

The role reads pods, their logs, events and ConfigMaps, and none of the kinds that a pipeline is made of.
"""

from __future__ import annotations

import pytest
from registry_fixtures import registry
from view_role import VIEW

from pkgops.cli.registry import COMMANDS

pytestmark = pytest.mark.slow

__all__ = ["registry"]

HEALTHY = ("fourth-run", 200.0)
SPACES = [("default",), ("apps-dev",), ("default", "apps-dev"), ("default", "apps-dev", "apps-prod")]
OLDER = "0.1.1795906130"
WORKLOADS = "unknown: jane may not list workloads in default"
STEP = "next: pkgops doctor --rbac watch"

ASKING = [
    (("status", "--exit-code"), WORKLOADS),
    (("why",), WORKLOADS),
    (("logs",), WORKLOADS),
    (("logs", "--stage", "test"), WORKLOADS),
    (("wait", "--timeout", "20s"), WORKLOADS),
    (("trace",), "unknown: jane may not list deliverables in apps-dev"),
    (("history",), "jane may not list deliverables in apps-dev"),
    (("diff", "--to", "apps-prod"), "unknown: jane may not list deliverables in apps-prod"),
    (("gates", "--to", "apps-prod"), "unknown: jane may not list deliverables in apps-dev"),
    (("promote", "--to", "apps-prod", "--yes"), "unknown: jane may not list deliverables in apps-dev"),
    (("promote", "--to", "apps-prod", "--dry-run"), "unknown: jane may not list deliverables in apps-dev"),
    (("rollback", "--env", "apps-prod", "--yes"), "unknown: jane may not list deliverables in apps-prod"),
    (("rerun", "--stage", "test", "--yes"), WORKLOADS),
    (("open", "--curl"), "unknown: jane may not list deliverables in apps-dev"),
    (("timeline",), WORKLOADS),
    (("report",), WORKLOADS),
    (("verify", "--env", "apps-dev"), "unknown: jane may not list deliverables in apps-dev"),
]
OTHERS = {
    "they change what is there: test_who_may_only_read_changes_nothing": "up supplychain clean deliver",
    "they write a decision, whatever runs": "approve reject unreject",
    "they go on until they are interrupted, and show it meanwhile": "dev ui",
    "its checks are unknown one by one": "doctor",
    "they ask no cluster that somebody else rules": "init replay local config ytt completion version",
}
"""Commands that are not among those that end with what is unknown, and why."""
WELL = ("ready", "nothing is wrong", "nothing to do", "every step matches", "no environment", "not found")


@pytest.fixture
def viewing(commands, registry):
    """Commands beside a healthy pipeline, by a user who has the role in some namespaces."""

    def begin(*spaces):
        check = {"http": "/"}
        places = [
            {"name": "apps-dev", "namespace": "apps-dev", "verify": [check]},
            {"name": "apps-prod", "namespace": "apps-prod"},
        ]
        commands.configure(registry, pkgops={"environments": places})
        commands.play(*HEALTHY)
        commands.api.bind("jane", VIEW, *spaces)
        return commands

    return begin


def words(ended):
    return " ".join((ended.out + ended.err).split())


@pytest.mark.parametrize("spaces", SPACES, ids=lambda spaces: "+".join(spaces))
def test_what_may_not_be_read_is_unknown_with_the_next_step(viewing, spaces):
    typed = viewing(*spaces)
    for argv, told in ASKING:
        ended = typed(*argv, user="jane")
        assert ended.code == 3, (argv, ended)
        said = words(ended)
        assert told in said, (argv, ended)
        assert STEP in said or "next pkgops doctor --rbac watch" in said, (argv, ended)
        assert "error: failed" not in said
        assert not [word for word in WELL if word in said], (argv, ended)
    assert not typed.changed()


def test_every_command_that_reads_is_among_them():
    asked = {argv[0] for argv, _ in ASKING}
    others = {name for names in OTHERS.values() for name in names.split()}
    assert asked.isdisjoint(others)
    assert asked | others == {entry.name for entry in COMMANDS}


def without(api, user, plural, *spaces):
    """Give a user all rights but those on one resource outside of some namespaces."""
    for served in api.served:
        kept = spaces if served.plural == plural else ("*",)
        for resource in (served.plural, *(("pods/log",) if served.plural == "pods" else ())):
            rule = {"apiGroups": [served.group], "resources": [resource], "verbs": ["*"]}
            api.bind(user, [rule], *kept)


@pytest.mark.parametrize(
    ("plural", "argv", "code", "told"),
    [
        ("pods", ("logs", "--stage", "test"), 3, "unknown: jane may not list pods in default"),
        ("pods", ("logs",), 3, "unknown: jane may not list pods in default"),
        ("builds", ("status",), 0, "unknown: jane may not list builds in default"),
        ("builds", ("history",), 3, "a record may be missing: jane may not list builds in default"),
        ("builds", ("trace",), 3, "unknown: jane may not list builds in default"),
        ("workloads", ("history",), 3, "a record may be missing: jane may not list workloads in default"),
        ("workloads", ("trace",), 3, "unknown: jane may not list workloads in default"),
    ],
)
def test_one_kind_that_may_not_be_read_is_told_where_something_depends_on_it(
    commands, plural, argv, code, told
):
    commands.play(*HEALTHY)
    without(commands.api, "jane", plural, "apps-dev", "apps-prod")
    ended = commands(*argv, user="jane")
    said = words(ended)
    assert told in said, ended
    assert ended.code == code, ended
    for word in ("no build of this image is left", "runs no pod", "pod is gone", "No change is recorded"):
        assert word not in said, ended


def test_a_gate_that_cannot_be_judged_says_who_may_not_read_what(viewing):
    typed = viewing()
    without(typed.api, "jane", "configmaps", "default", "apps-dev")
    ended = typed("gates", "--to", "apps-prod", user="jane")
    assert "not-rejected pending unknown: jane may not list configmaps in apps-prod" in words(ended)


def test_status_shows_each_environment_as_unknown(viewing):
    (workload,) = viewing("default")("status", "-o", "json", user="jane").json()["workloads"]
    assert workload["verdict"] == "unknown"
    assert {env["verdict"] for env in workload["environments"]} == {"unknown"}
    gaps = {(gap["kind"], gap["namespace"]) for gap in workload["unreadable"]}
    assert {("Workload", "default"), ("Deliverable", "apps-dev"), ("Deliverable", "apps-prod")} <= gaps
    assert {gap["code"] for gap in workload["unreadable"]} == {"may-not-read"}


def test_history_shows_the_records_that_may_be_read_and_says_that_they_are_not_all(viewing):
    typed = viewing("default", "apps-dev")
    ended = typed("history", user="jane")
    told = "apps-dev: changes without a record may be missing: jane may not list deliverables in apps-dev"
    assert told in ended.out
    assert "apps-prod: what changed it is unknown: jane may not list configmaps in apps-prod" in ended.out
    assert "No change is recorded" not in ended.out
    document = typed("history", "--env", "apps-dev", "-o", "json", user="jane").json()
    assert document["environments"][0]["unknown"] == "jane may not list deliverables in apps-dev"


def test_doctor_makes_the_checks_that_it_can_and_says_which_it_cannot(viewing):
    ended = viewing("default", "apps-dev")("doctor", "-o", "json", user="jane")
    checks = ended.json()["checks"]
    told = {(one["name"], one["result"]): one["message"] for one in checks}
    assert told["namespaces", "ok"]
    assert told["namespaces", "unknown"] == "namespace apps-prod: jane may not get namespaces"
    controllers = [one["message"] for one in checks if one["name"] == "controllers"]
    assert len(controllers) > 1
    assert all("jane may not list" in message for message in controllers)
    assert not [one for one in checks if "forbidden" in one["message"]]


def test_doctor_prints_the_roles_that_are_missing_without_reading_anything(viewing):
    ended = viewing("default")("doctor", "--rbac", "watch", user="jane")
    assert ended.code == 0
    assert "name: pkgops-watch-jane" in ended.out


def test_who_may_only_read_changes_nothing(viewing):
    typed = viewing("default", "apps-dev", "apps-prod")
    for argv in (("up", "--yes"), ("supplychain", "up", "--yes"), ("clean", "--yes"), ("deliver", "--yes")):
        ended = typed(*argv, user="jane")
        assert ended.code == 3, ended
        assert "error: forbidden" in ended.err
        assert "next: " in ended.err
    assert not typed.changed()
