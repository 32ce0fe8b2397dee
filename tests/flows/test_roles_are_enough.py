"""Users with exactly the Roles that ``doctor --rbac`` prints: their commands lack no right."""

from __future__ import annotations

import pytest
from recorded_promotion import OTHER, VERSION, promotable, publish, rollable
from registry_fixtures import registry

from pkgops.formats import yaml

__all__ = ["registry"]

HEALTHY = ("fourth-run", 200.0)
GIT = {"url": "https://git.example.com/demo/hello-go.git"}
READING = [
    ("status", "--exit-code"),
    ("why",),
    ("trace",),
    ("history",),
    ("timeline",),
    ("report",),
    ("logs",),
    ("wait", "--timeout", "20s"),
]


@pytest.fixture
def as_printed(commands, registry, tmp_path):
    """Give jane the Roles of a purpose, as an administrator who asks for them on her behalf applies them."""
    publish(registry, tmp_path / "bundles", lambda version: {"config/all.yml": f"version: {version}\n"})
    commands.configure(registry, git=GIT)

    def begin(purpose):
        printed = commands("doctor", "--rbac", purpose, "--user", "jane")
        assert printed.code == 0, printed
        for obj in yaml.parse_all(printed.out, "roles"):
            if obj["kind"] in ("Role", "ClusterRole"):
                commands.api.bind("jane", obj["rules"], obj["metadata"].get("namespace", ""))
        return commands

    return begin


def lacks_nothing(ended):
    text = " ".join((ended.out + ended.err).split())
    assert "may not" not in text, ended
    assert "not permitted" not in text, ended
    assert "unknown: " not in text, ended


def test_who_watches_is_told_what_an_administrator_is_told(as_printed):
    commands = as_printed("watch")
    commands.play(*HEALTHY)
    for argv in READING:
        whole, ended = commands(*argv), commands(*argv, user="jane")
        lacks_nothing(ended)
        assert ended.code == whole.code, (argv, ended)
    assert not commands.changed()


def test_who_delivers_submits_the_workload_and_the_first_deliverable(as_printed):
    commands = as_printed("deliver")
    assert commands("up", "--yes", "--no-wait").code == 0
    ended = commands("up", "--yes", "--no-wait", user="jane")
    assert ended.code == 0, ended
    assert "unknown: " not in ended.err


@pytest.mark.parametrize(
    ("argv", "recorded", "version"),
    [
        (("promote", "--to", "apps-prod", "--yes"), promotable, VERSION),
        (("rollback", "--env", "apps-prod", "--yes"), rollable, OTHER),
    ],
    ids=["promote", "rollback"],
)
def test_who_promotes_changes_the_environment_and_keeps_its_record(as_printed, argv, recorded, version):
    commands = as_printed("promote")
    with recorded(commands.api) as cluster:
        cluster.goes_on.set()
        ended = commands(*argv, user="jane")
    assert ended.code == 0, ended
    lacks_nothing(ended)
    (past,) = commands("history", "--env", "apps-prod", "-o", "json").json()["environments"]
    newest = past["releases"][0]
    assert (newest["result"], newest["after"]["version"]) == ("succeeded", version)
