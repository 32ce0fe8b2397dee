"""What commands do: the same checks run against the API server in memory and on the real local cluster.

Each check is given a :class:`Ground`: a way to type commands, and a client of the cluster that they work on.
The workload is the sample application's, delivered to ``apps-dev`` and ``apps-prod``. The checks of
``SUBMITTED`` need no controller; those of ``ANSWERING`` need a run that has ended in ``apps-dev``; those of
``PROMOTED`` and ``DELIVERED`` need, besides, what carries a promotion or a delivery out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from pkgops.kube import Client

Obj = dict[str, Any]
APP, DELIVERABLE = "hello-go-web2pkg", "hello-go-from-pkg"
CARTO = "carto.run/v1alpha1"
OWNERS = (("Workload", "default", APP), ("Deliverable", "apps-dev", DELIVERABLE))


class Ended(Protocol):
    """How a command ended, and what it printed."""

    @property
    def code(self) -> int: ...
    @property
    def out(self) -> str: ...
    @property
    def err(self) -> str: ...
    def json(self) -> Any: ...


@dataclass(frozen=True)
class Ground:
    """Where commands are typed, and what they work on."""

    type: Callable[..., Ended]
    client: Client

    def owners(self) -> list[tuple[str, int]]:
        """Return uid and generation of the workload and of its first deliverable."""
        found = [self.client.get(CARTO, kind, name, space)["metadata"] for kind, space, name in OWNERS]
        return [(meta["uid"], meta["generation"]) for meta in found]

    def environment(self, name: str) -> Obj:
        """Return what ``status`` says of an environment."""
        ended = self.type("status", "-o", "json")
        assert ended.code == 0, ended
        entries = [entry for one in ended.json()["workloads"] for entry in one["environments"]]
        return next(dict(entry) for entry in entries if entry["name"] == name)

    def test_runs(self) -> dict[str, Obj]:
        """Return the TaskRuns that have tested the workload, by name."""
        runs = self.client.list("tekton.dev/v1", "TaskRun", "default").items
        return {name: run for run in runs if (name := run["metadata"]["name"]).startswith(f"{APP}-test-")}


Check = Callable[[Ground], None]
SUBMITTED: list[Check] = []
ANSWERING: list[Check] = []
PROMOTED: list[Check] = []
DELIVERED: list[Check] = []


def _of(checks: list[Check]) -> Callable[[Check], Check]:
    def add(check: Check) -> Check:
        checks.append(check)
        return check

    return add


@_of(SUBMITTED)
def up_again_changes_nothing(ground: Ground) -> None:
    before = ground.owners()
    ended = ground.type("up", "--yes", "--no-wait")
    assert ended.code == 0, ended
    assert ended.out.strip().endswith(" unchanged"), ended
    assert ground.owners() == before


@_of(SUBMITTED)
def a_dry_run_of_each_command_that_writes_changes_nothing(ground: Ground) -> None:
    before = ground.owners()
    for words in ("up", "deliver", "clean"):
        ended = ground.type(words, "--dry-run")
        assert ended.code == 0, ended
    assert f"deliverable/{DELIVERABLE}" in ended.out
    assert ground.owners() == before


@_of(SUBMITTED)
def a_workload_that_does_not_exist_is_answered_with_the_one_that_does(ground: Ground) -> None:
    for words in ("why", "logs", "wait --timeout 5s", "rerun --stage source-tester --yes"):
        command, *more = words.split()
        ended = ground.type(command, "hello-gp-web2pkg", *more)
        assert ended.code == 2, ended
        assert APP in ended.err


@_of(ANSWERING)
def why_and_wait_say_that_what_status_shows_is_well(ground: Ground) -> None:
    dev = ground.environment("apps-dev")
    assert (dev["verdict"], dev["pinned"], dev["stale"]) == ("ready", "", False)
    explained = ground.type("why", APP, "-o", "json")
    assert explained.code == 0, explained
    waited = ground.type("wait", APP, "--timeout", "120s", "-o", "json")
    assert waited.code == 0, waited
    commit = dev["revision"].rpartition(":")[2]
    assert commit in explained.out
    assert commit in waited.out


@_of(ANSWERING)
def logs_are_those_of_the_stage_that_is_named(ground: Ground) -> None:
    everything = ground.type("logs", APP)
    assert everything.code == 0, everything
    one = ground.type("logs", APP, "--stage", "source-tester")
    assert one.code == 0, one
    stages = {line.split()[0] for line in one.out.splitlines() if line.strip()}
    assert stages == {"source-tester"}
    assert set(one.out.splitlines()) <= set(everything.out.splitlines())
    assert {line.split()[0] for line in everything.out.splitlines() if line.strip()} > stages


@_of(ANSWERING)
def rerun_makes_one_new_run_of_the_same_inputs(ground: Ground) -> None:
    before = ground.test_runs()
    ended = ground.type("rerun", APP, "--stage", "source-tester", "--yes", "-o", "json")
    assert ended.code == 0, ended
    ((name, made),) = ((name, run) for name, run in ground.test_runs().items() if name not in before)
    assert name in ended.out
    newest = max(before.values(), key=lambda run: run["metadata"]["creationTimestamp"])
    assert made["spec"]["params"] == newest["spec"]["params"]
    assert made["metadata"]["ownerReferences"] == newest["metadata"]["ownerReferences"]


@_of(PROMOTED)
def a_promotion_pins_an_environment_to_exactly_what_the_one_before_runs(ground: Ground) -> None:
    ended = ground.type("promote", "--to", "apps-prod", "--yes")
    assert ended.code == 0, ended
    dev, prod = ground.environment("apps-dev"), ground.environment("apps-prod")
    assert (prod["version"], prod["image"]) == (dev["version"], dev["image"])
    assert (prod["pinned"], prod["verdict"]) == (dev["version"], "ready")
    (past,) = ground.type("history", "--env", "apps-prod", "-o", "json").json()["environments"]
    newest = past["releases"][0]
    assert (newest["action"], newest["result"]) == ("promote", "succeeded")
    assert newest["after"]["version"] == dev["version"]


@_of(DELIVERED)
def a_delivery_lets_an_environment_follow_what_the_one_before_runs(ground: Ground) -> None:
    ended = ground.type("deliver", "--to", "apps-prod", "--yes")
    assert ended.code == 0, ended
    dev, prod = ground.environment("apps-dev"), ground.environment("apps-prod")
    assert (prod["version"], prod["image"]) == (dev["version"], dev["image"])
    assert (prod["pinned"], prod["verdict"]) == ("", "ready")
    (past,) = ground.type("history", "--env", "apps-prod", "-o", "json").json()["environments"]
    newest = past["releases"][0]
    assert (newest["action"], newest["result"]) == ("deliver", "succeeded")
    assert newest["after"]["version"] == dev["version"]


def clean_leaves_nothing_and_can_be_repeated(ground: Ground) -> None:
    """The last check of a ground: nothing that the others need is there after it."""
    for _ in range(2):
        ended = ground.type("clean", "--yes")
        assert ended.code == 0, ended
    for kind in ("Workload", "ClusterSupplyChain", "Deliverable", "ClusterDelivery"):
        assert ground.client.list(CARTO, kind).items == []
    assert ground.client.find("v1", "ConfigMap", "example-workflows", "default") is None
