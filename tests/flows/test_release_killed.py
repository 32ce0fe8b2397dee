"""A command that is killed at any step of its change: the next one names it, and completes its record."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from killed_kit import CARTO, Held, killed
from memory_restarts import Restarts
from package_versions import pushed
from registry_fixtures import *  # noqa: F403

from pkgops.flows.promotion import leases
from pkgops.flows.releases import release
from pkgops.flows.releases.release import Action, Record, Release, Result

pytestmark = pytest.mark.slow

PINNING = "/deliverables/hello"
WORKLOAD = {
    "apiVersion": CARTO,
    "kind": "Workload",
    "metadata": {"name": "hello", "namespace": "default", "uid": "hello"},
}
NOW = datetime.now(UTC)


def known(version, environment, runs="", minutes=0):
    """The record of a version that was healthy in an environment."""
    planned = NOW - timedelta(hours=1, minutes=-minutes)
    ends = (Release(version=runs, healthy=bool(runs)), Release(version=version, pinned=version, healthy=True))
    found = Record(
        name=f"hello-release-{environment}-{version}",
        workload="default/hello",
        environment=environment,
        action=Action.PROMOTE,
        by="jane",
        planned=planned,
        before=ends[0],
        after=ends[1],
        result=Result.SUCCEEDED,
        completed=planned,
    )
    return release.config_map(found, environment)


def installed(version, namespace):
    """What pkgops sees of an environment whose delivery has a version installed."""
    owner = {
        "apiVersion": CARTO,
        "kind": "Deliverable",
        "metadata": {
            "name": "hello",
            "namespace": namespace,
            "uid": f"deliverable-{namespace}",
            "generation": 1,
            "annotations": {"pkgops.dev/workload": "default/hello"},
        },
        "spec": {"params": [{"name": "semver", "value": version}]},
        "status": {
            "observedGeneration": 1,
            "resources": [
                {
                    "name": "deployer",
                    "stampedRef": {
                        "apiVersion": "packaging.carvel.dev/v1alpha1",
                        "kind": "PackageInstall",
                        "namespace": namespace,
                        "name": "hello",
                    },
                }
            ],
        },
    }
    install = {
        "apiVersion": "packaging.carvel.dev/v1alpha1",
        "kind": "PackageInstall",
        "metadata": {"name": "hello", "namespace": namespace, "uid": f"install-{namespace}", "generation": 1},
        "spec": {"packageRef": {"refName": "hello.example.com"}},
        "status": {
            "observedGeneration": 1,
            "version": version,
            "conditions": [{"type": "ReconcileSucceeded", "status": "True"}],
        },
    }
    return [owner, install]


@pytest.fixture
def commands(commands, registry, tmp_path, monkeypatch):
    for version in ("0.1.1", "0.1.2", "0.1.3"):
        pushed(registry, tmp_path, version, {"delivery.yml": ""}, folder="demo")
    commands.configure(
        registry,
        workload={"name": "hello"},
        deliverable={"name": "hello"},
        git={"url": "https://git.example.com/hello.git"},
    )
    commands.api.put(
        WORKLOAD,
        *installed("0.1.2", "apps-prod"),
        known("0.1.3", "apps-dev"),
        known("0.1.2", "apps-prod", "0.1.1"),
    )
    monkeypatch.setattr(leases, "OBSERVED", 0.0)
    return commands


PROMOTE = ("promote", "--to", "apps-prod", "--version", "0.1.3")
ROLLBACK = ("rollback", "--env", "apps-prod")


def past(commands):
    (found,) = commands("history", "--env", "apps-prod", "-o", "json").json()["environments"]
    return found


def long_gone(commands):
    """Let the term of the Lease end."""
    served = commands.api.of(leases.API, "Lease")
    lease = commands.api.objects.get(served, "apps-prod", "hello-release")
    assert lease["spec"]["holderIdentity"].startswith("jane on ")
    lease["spec"]["renewTime"] = "2026-01-01T00:00:00.000000Z"
    commands.api.objects.write(served, lease)


def pin(commands):
    live = commands.api.objects.get(commands.api.of(CARTO, "Deliverable"), "apps-prod", "hello")
    return {one["name"]: one["value"] for one in live["spec"]["params"]}["semver"]


@pytest.mark.parametrize(
    ("words", "method", "part", "nth", "version", "pinned"),
    [
        pytest.param(PROMOTE, "PATCH", PINNING, 1, "0.1.3", "0.1.2", id="planned"),
        pytest.param(PROMOTE, "GET", "packageinstalls", 1, "0.1.3", "0.1.3", id="pinned"),
        # The first request lists them, the second follows what becomes of them.
        pytest.param(PROMOTE, "GET", "packageinstalls", 2, "0.1.3", "0.1.3", id="installing"),
        pytest.param(ROLLBACK, "GET", "packageinstalls", 2, "0.1.1", "0.1.1", id="rolling-back"),
    ],
)
def test_the_next_command_names_what_was_left_half_done_and_completes_its_record(
    commands, words, method, part, nth, version, pinned
):
    killed(commands, words, Held(commands.api, PINNING, method, part, nth=nth))
    assert pin(commands) == pinned
    left = past(commands)["releases"][0]
    assert (left["action"], left["result"], left["by"]) == (words[0], "planned", "jane")

    within_the_term = commands(*ROLLBACK, "--to", "0.1.1", "--yes")
    assert (within_the_term.code, pin(commands)) == (5, pinned), within_the_term
    assert "hello-release in apps-prod is held by jane on " in within_the_term.err

    long_gone(commands)
    after = commands(*ROLLBACK, "--to", "0.1.1", "--yes", "--timeout", "1s", "--progress", "plain")
    assert after.code == 4, after
    told = f"{words[0]} of {version} to apps-prod, begun by jane: the command ended without completing it"
    assert told in after.err
    own, completed = past(commands)["releases"][:2]
    assert (completed["record"], completed["result"]) == (left["record"], "unfinished")
    assert "by a later one, 0.1.2 runs" in completed["message"]
    assert completed["before"]["version"] == own["before"]["version"] == "0.1.2"


def test_a_record_that_somebody_deleted_or_edited_stops_nothing_and_is_named(commands):
    killed(commands, PROMOTE, Held(commands.api, PINNING, "GET", "packageinstalls"))
    config_maps = commands.api.of("v1", "ConfigMap")
    left = past(commands)["releases"][0]["record"]
    edited = commands.api.objects.get(config_maps, "apps-prod", "hello-release-apps-prod-0.1.2")
    edited["data"]["release.json"] = edited["data"]["release.json"].replace("succeeded", "splendid")
    commands.api.objects.write(config_maps, edited)
    commands.api.objects.drop(config_maps, ("apps-prod", left), orphan=True)
    long_gone(commands)
    refused = commands(*ROLLBACK, "--yes", "--timeout", "1s")
    assert refused.code == 5, refused
    assert "no record of apps-prod has a healthy release before 0.1.2" in refused.err
    after = commands(*ROLLBACK, "--to", "0.1.1", "--yes", "--timeout", "1s")
    assert after.code == 4, after
    assert "ended without a word" not in after.err
    found = past(commands)
    assert found["unreadable"] == ["hello-release-apps-prod-0.1.2"]
    assert [one["action"] for one in found["releases"]] == ["rollback"]


@pytest.mark.parametrize("moment", ["answered", "after", "before"])
def test_a_server_that_is_killed_at_any_write_of_a_promotion_is_waited_for_or_told(commands, moment):
    words = (*PROMOTE, "--yes", "--timeout", "1s", "--progress", "plain")
    commands.api.restarts = Restarts()
    assert commands(*words).code == 4
    for at in range(1, commands.api.restarts.writes + 1):
        served = commands.api.of(CARTO, "Deliverable")
        live = commands.api.objects.get(served, "apps-prod", "hello")
        live["spec"]["params"] = [{"name": "semver", "value": "0.1.2"}]
        commands.api.objects.write(served, live)
        commands.api.restarts = Restarts(at, moment)
        ended = commands(*words)
        if ended.code == 3:
            # A write that may not be sent twice, for all that is known.
            assert moment == "before", (at, ended)
            assert "\nnext: " in ended.err
            ended = commands(*words)
        assert ended.code == 4, (at, ended)
        assert pin(commands) == "0.1.3", at
        assert past(commands)["releases"][0]["result"] == "unfinished", at
