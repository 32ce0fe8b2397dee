"""Promotions and rollbacks by users who lack a right: what is told, and that nothing is half changed."""

from __future__ import annotations

import pytest
from recorded_promotion import OTHER, VERSION, promotable, publish, rollable
from registry_fixtures import registry

__all__ = ["registry"]

READ = ("get", "list", "watch")
ROLLBACK = ("rollback", "--env", "apps-prod", "--yes")
ROLLBACK_TO = (*ROLLBACK, "--to", OTHER)
PROMOTE = ("promote", "--to", "apps-prod", "--yes")
CHANGES = {ROLLBACK: rollable, ROLLBACK_TO: rollable, PROMOTE: promotable}
ROLE = "pkgops doctor --rbac promote prints the Role"


def files(version):
    return {"config/all.yml": f"version: {version}\n"}


@pytest.fixture
def changing(commands, registry, tmp_path):
    """A cluster on which a command's change comes to its end; whoever types lacks a right there."""
    publish(registry, tmp_path / "bundles", files)
    commands.configure(registry, git={"url": "https://git.example.com/demo/hello-go.git"})

    def begin(argv, resource, verbs):
        with CHANGES[argv](commands.api) as cluster:
            cluster.goes_on.set()
            for served in commands.api.served:
                allowed = verbs if served.plural == resource else ("*",)
                below = ("pods/portforward", "pods/log") if served.plural == "pods" else ()
                rule = {
                    "apiGroups": [served.group],
                    "resources": [served.plural, *below],
                    "verbs": list(allowed),
                }
                commands.api.bind("jane", [rule] if allowed else [], "*")
            commands.api.requests.clear()
            return commands(*argv, user="jane")

    begin.commands = commands
    return begin


def words(ended):
    return " ".join((ended.out + ended.err).split())


def pin(commands):
    """The version that apps-prod is held at."""
    (workload,) = commands("status", "-o", "json").json()["workloads"]
    return next(one["pinned"] for one in workload["environments"] if one["name"] == "apps-prod")


@pytest.mark.parametrize(
    ("argv", "resource", "verbs", "told", "step"),
    [
        (
            ROLLBACK,
            "configmaps",
            (),
            "is unknown; nothing was changed jane may not list configmaps in apps-prod",
            "next: pkgops doctor --rbac watch",
        ),
        (
            ROLLBACK_TO,
            "configmaps",
            (),
            "gate not-rejected of apps-prod cannot be evaluated: jane may not list configmaps in apps-prod",
            "next: pkgops doctor --rbac watch",
        ),
        (
            PROMOTE,
            "configmaps",
            (),
            "cannot be evaluated: jane may not list configmaps in apps-prod",
            "next: pkgops doctor --rbac watch",
        ),
        (ROLLBACK, "deliverables", READ, "patch deliverables.carto.run in namespace apps-prod", "--rbac"),
        (PROMOTE, "deliverables", READ, "patch deliverables.carto.run in namespace apps-prod", "--rbac"),
        (
            ROLLBACK,
            "deliverables",
            (),
            "unknown: jane may not list deliverables in apps-prod",
            "--rbac watch",
        ),
    ],
)
def test_what_ends_a_change_ends_it_before_anything_is_changed(changing, argv, resource, verbs, told, step):
    ended = changing(argv, resource, verbs)
    assert ended.code in (3, 5), ended
    assert told in words(ended), ended
    assert step in words(ended), ended
    # The server's own words stand below them at most.
    assert "is forbidden: User" not in words(ended).partition(" may not ")[0]
    assert not changing.commands.changed()


@pytest.mark.parametrize(
    "argv", [ROLLBACK_TO, ROLLBACK, PROMOTE], ids=lambda argv: " ".join(argv[:1] + argv[4:])
)
@pytest.mark.parametrize(
    ("resource", "verbs", "told"),
    [
        ("configmaps", READ, "will not list this change: jane may not create configmaps in apps-prod"),
        (
            "configmaps",
            (*READ, "create"),
            "will not list this change: jane may not patch configmaps in apps-prod",
        ),
        ("leases", (), "at the same time: jane may not get leases in apps-prod"),
        ("leases", READ, "at the same time: jane may not create leases in apps-prod"),
    ],
)
def test_what_only_keeps_no_record_or_keeps_nobody_away_is_told_beside_the_change(
    changing, argv, resource, verbs, told
):
    ended = changing(argv, resource, verbs)
    assert ended.code == 0, ended
    assert told in words(ended), ended
    assert ROLE in words(ended)
    assert "is forbidden: User" not in words(ended)
    assert pin(changing.commands) == (VERSION if argv is PROMOTE else OTHER)


def test_the_role_that_lacks_for_the_first_environment_is_the_one_for_delivering(commands, registry):
    commands.configure(registry, git={"url": "https://git.example.com/demo/hello-go.git"})
    assert commands("supplychain", "up", "--yes").code == 0
    for served in commands.api.served:
        if served.plural != "leases":
            rule = {"apiGroups": [served.group], "resources": [served.plural], "verbs": ["*"]}
            commands.api.bind("jane", [rule], "*")
    ended = commands("up", "--yes", "--no-wait", user="jane")
    assert ended.code == 0, ended
    assert "jane may not get leases in apps-dev; pkgops doctor --rbac deliver prints the Role" in words(ended)
