"""One record holds what several configurations apply: none deletes what the workloads of another one use."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from registry_fixtures import *  # noqa: F403

CARTO = "carto.run/v1alpha1"
TEAM = {
    "workload": {"name": "shop", "namespace": "team"},
    "pkgops": {"environments": [{"name": "team-dev", "namespace": "team-dev"}]},
}
CHAINS = Path(__file__).parents[1] / "data" / "chains"


@pytest.fixture
def commands(commands, registry):
    """The first configuration's workload and deliverable are there."""
    commands.configure(registry)
    commands.api.namespaces("team", "team-dev")
    ended = commands("up", "--no-wait", "--yes")
    assert ended.code == 0, ended
    return commands


def accounts(commands):
    found = commands.api.objects.all(commands.api.of("v1", "ServiceAccount"))
    return {obj["metadata"]["namespace"] for obj in found}


def deleted(commands):
    return [path for method, path in commands.changed() if method == "DELETE"]


def test_what_is_in_namespaces_of_others_stays(commands, registry):
    commands.configure(registry, **TEAM)
    ended = commands("up", "--no-wait", "--yes")
    assert ended.code == 0, ended
    assert accounts(commands) == {"default", "apps-dev", "team", "team-dev"}
    assert "templates in default: not changed, workload/hello-go-web2pkg in default is there" in ended.err
    assert "templates in apps-dev: not changed, deliverable/" in ended.err
    # Nobody is in apps-prod.
    assert all("/namespaces/apps-prod/" in path for path in deleted(commands))
    assert deleted(commands)


def test_both_are_cleaned_together(commands, registry):
    commands.configure(registry, **TEAM)
    assert commands("up", "--no-wait", "--yes").code == 0
    cleaned = commands("clean", "--yes")
    assert cleaned.code == 0, cleaned
    assert accounts(commands) == set()
    assert commands.names(CARTO, "Workload") == []


def test_what_nobody_is_left_for_goes(commands, registry):
    for kind in ("Workload", "Deliverable"):
        (found,) = commands.api.objects.all(commands.api.of(CARTO, kind))
        key = found["metadata"]["namespace"], found["metadata"]["name"]
        commands.api.objects.delete(commands.api.of(CARTO, kind), key)
    commands.configure(registry, **TEAM)
    assert commands("up", "--no-wait", "--yes").code == 0
    assert accounts(commands) == {"team", "team-dev"}


@pytest.mark.parametrize("more", [(), ("--dry-run",)])
def test_templates_without_the_blueprint_of_others_are_refused(commands, registry, more):
    before = len(commands.changed())
    config = commands.folder / "other.json"
    config.write_text(json.dumps({"gitops": {"url": "https://git.example.com/demo/parcels.git"}}))
    words = ("-f", str(config), "--templates", str(CHAINS / "delivered-alone"), "-n", "team")
    ended = commands("up", *words, "--no-wait", "--yes", *more)
    assert ended.code == 5, ended
    assert "is not in these templates, and is still used" in ended.err
    assert "hello-go-web2pkg in default" in ended.err
    assert "pkgops.record" in ended.err
    assert commands.changed()[before:] == []


@pytest.mark.parametrize(
    ("spaces", "code"),
    [(("team", "team-dev", "default", "apps-dev", "apps-prod"), 0), (("team", "team-dev"), 3)],
)
def test_who_may_not_see_all_of_them_is_asked_where_something_goes(commands, registry, spaces, code):
    for served in commands.api.served:
        rule = {"apiGroups": [served.group], "resources": [served.plural], "verbs": ["*"]}
        owners = served.plural in ("workloads", "deliverables")
        commands.api.bind("jane", [rule], *(spaces if owners else ("*",)))
    commands.configure(registry, **TEAM)
    before = len(commands.changed())
    ended = commands("up", "--no-wait", "--yes", user="jane")
    assert ended.code == code, ended
    assert {"default", "apps-dev"} <= accounts(commands)
    if code:
        assert "what the templates would change on memory is unknown; nothing was changed" in ended.err
        assert "jane may not list workloads" in ended.err
        assert commands.changed()[before:] == []
