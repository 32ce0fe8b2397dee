"""What passed before the Lease was taken must still pass once it is held: all gates are asked again then."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from commands_kit import Commands
from package_versions import pushed
from registry_fixtures import *  # noqa: F403
from verify_kit import DEV, NAME, application, settle

from pkgops.flows.promotion import decisions
from pkgops.flows.promotion.gates.types import ALWAYS, TYPES
from pkgops.flows.verification import result
from pkgops.flows.verification.result import Outcome, Verification

CARTO = "carto.run/v1alpha1"
NOW = datetime.now(UTC)
LATER = timedelta(days=3)
CHECK = "import pathlib, sys; sys.exit(int(pathlib.Path('status').read_text()))"
GATES = [
    {"soak": "30m"},
    {"command": [sys.executable, "-c", CHECK]},
    {"labels": {"tier": "gold"}},
    {"annotations": {"tier": "gold"}},
    {"window": {"schedule": "0 0 * * *", "for": "24h", "holidays": [f"{NOW + LATER:%Y-%m-%d}"]}},
    "verified",
    {"approval": {"by": ["ann"]}},
]


class OnceLeased:
    """No fault: something that happens while the Lease is asked for, when all gates have been asked."""

    method, part, refused = "POST", "/leases", None

    def __init__(self, api, happens):
        self.api, self.happens, self.done = api, happens, False
        api.faults.append(self)

    @property
    def times(self):
        if not self.done and any(one[0] == "POST" and "/leases" in one[1] for one in self.api.requests):
            self.done = True
            self.happens()
        return 0


def verified(outcome, minutes):
    """A verification of what runs in the first environment."""
    begun = NOW + timedelta(minutes=minutes)
    return Verification(
        name=f"{NAME}-verify-{outcome}",
        workload=f"default/{NAME}",
        environment="apps-dev",
        by="jane",
        begun=begun,
        ended=begun,
        version=DEV,
        image="",
        outcome=outcome,
    )


def decision(kind, image=""):
    found = decisions.Decision(
        kind=kind,
        workload=f"default/{NAME}",
        environment="apps-prod",
        version=DEV,
        image=image,
        by="ann",
        groups=(),
        at=NOW,
        reason="it leaks",
    )
    return decisions.config_map(found, "apps-prod")


@pytest.fixture
def publish(registry, tmp_path):
    """Push the version that runs in the first environment; its Package has a tier."""
    return lambda tier: pushed(
        registry, tmp_path / tier, DEV, {"delivery.yml": ""}, {"tier": tier}, "demo", NAME
    )


@pytest.fixture
def commands(commands, publish, registry):
    publish("gold")
    environments = [{"name": "apps-dev"}, {"name": "apps-prod", "gates": GATES}]
    commands.configure(
        registry,
        pkgops={"environments": environments},
        git={"url": "https://git.example.com/hello.git"},
    )
    settle(commands)
    api = commands.api
    apps = api.of("kappctrl.k14s.io/v1alpha1", "App")
    api.objects.clock = lambda: NOW - timedelta(hours=1)
    for obj in api.objects.all(apps):
        obj["metadata"]["annotations"] = {"written": "by kapp-controller"}
        api.objects.update(apps, obj, "kapp-controller")
    api.objects.clock = lambda: datetime.now(UTC)
    (commands.folder / "status").write_text("0")
    api.put(result.config_map(verified(Outcome.PASSED, 0), "apps-dev"))
    (workload,) = commands("status", "-o", "json").json()["workloads"]
    runs = next(one for one in workload["environments"] if one["name"] == "apps-dev")
    api.put(decision(decisions.Kind.APPROVE, runs["image"]))
    return commands


@dataclass
class World:
    """What may change: the cluster, the folder of the commands, the registry."""

    commands: Commands
    publish: Callable[[str], str]

    def every(self, api_version, kind):
        return self.commands.api.objects.all(self.commands.api.of(api_version, kind))


@pytest.fixture
def world(commands, publish):
    with application(commands, "apps-dev"):
        yield World(commands, publish)


def broken(world):
    for service in world.every("serving.knative.dev/v1", "Service"):
        for one in service["status"]["conditions"]:
            one |= {"status": "False", "reason": "RevisionFailed", "message": "it crashed"}
        world.commands.api.put(service)


def another_answer(world):
    (world.commands.folder / "status").write_text("1")


def later(world):
    world.commands.api.ahead = LATER.total_seconds()


def failed(world):
    world.commands.api.put(result.config_map(verified(Outcome.FAILED, 1), "apps-dev"))


def taken_away(world):
    served = world.commands.api.of("v1", "ConfigMap")
    for obj in world.every("v1", "ConfigMap"):
        if decisions.LABEL in (obj["metadata"].get("labels") or {}):
            world.commands.api.objects.drop(served, ("apps-prod", obj["metadata"]["name"]), orphan=True)


def turned_down(world):
    world.commands.api.put(decision(decisions.Kind.REJECT))


def relabelled(world):
    world.publish("iron")


def pin(world):
    (live,) = [
        one for one in world.every(CARTO, "Deliverable") if one["metadata"]["namespace"] == "apps-prod"
    ]
    return {one["name"]: one["value"] for one in live["spec"].get("params") or ()}.get("semver")


HAPPENS = {
    "healthy": (broken, f"healthy (fail): {DEV} in apps-dev is not healthy: failed"),
    "soak": (broken, f"soak (pending): {DEV} in apps-dev is not healthy: failed"),
    "command": (another_answer, "command (fail): "),
    "window": (later, "window (pending): "),
    "verified": (failed, f"verified (fail): {DEV} failed verification in apps-dev"),
    "approval": (taken_away, f"approval (pending): 0 of 1 approvals of {DEV}"),
    "not-rejected": (turned_down, f"not-rejected (fail): {DEV} was rejected by ann: it leaks"),
    "labels": (relabelled, "labels (fail): labels of the package: tier is iron, not gold"),
    "annotations": (relabelled, "annotations (fail): annotations of the package: tier is iron, not gold"),
}
"""For each type of gate what may happen to it between, and what is said then."""


def test_what_may_happen_is_known_for_every_type():
    assert set(HAPPENS) == {*TYPES, *(gate.type for gate in ALWAYS)}


def test_what_happens_between_the_gates_and_the_lease_is_seen_by_every_gate(world):
    def happens():
        for one, _ in HAPPENS.values():
            one(world)

    before = pin(world)
    between = OnceLeased(world.commands.api, happens)
    refused = world.commands("promote", "--to", "apps-prod", "--yes", "--progress", "plain")
    assert between.done, refused
    assert refused.code == 5, refused
    assert [told for _, told in HAPPENS.values() if told not in refused.err] == []
    assert pin(world) == before
