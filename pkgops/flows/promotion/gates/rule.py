"""What a gate is, what it is judged by, and what comes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Any

from pkgops.errors import PkgopsError
from pkgops.flows.ports import Ports
from pkgops.flows.promotion import records
from pkgops.flows.releases.place import Place
from pkgops.flows.releases.release import Action, Release
from pkgops.flows.target import Target
from pkgops.kube import Client
from pkgops.model import Snapshot
from pkgops.pipeline import Tracker
from pkgops.settings import EnvironmentSetting


class State(StrEnum):
    """The verdict of a gate. What is not known is pending, and never a pass."""

    PASS = "pass"  # noqa: S105 no password
    FAIL = "fail"
    PENDING = "pending"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The verdict of a rule on a change.

    Attributes:
        state: whether it passes.
        evidence: one sentence, by what.
        remedy: what would satisfy it: a sentence or a command; empty where it passes.
        detail: more lines of evidence.
        error: what kept the evidence from being known.
    """

    state: State
    evidence: str
    remedy: str = ""
    detail: str = ""
    error: PkgopsError | None = field(default=None, compare=False)


@dataclass(frozen=True, kw_only=True)
class Case:
    """A change that gates decide on, and what they may read.

    Attributes:
        target: the clusters, and the settings of the workload.
        action: a promotion or a rollback.
        workload: whose package.
        setting: the environment that would change.
        source: the environment that the version comes from; None for a rollback.
        before: what runs in the environment.
        after: what would come.
        tracker: the objects of the workload and of all environments.
        snapshot: the state of it.
        ports: the clock of this machine, and where events go.
    """

    target: Target
    action: Action
    workload: str
    setting: EnvironmentSetting
    source: EnvironmentSetting | None
    before: Release
    after: Release
    tracker: Tracker
    snapshot: Snapshot
    ports: Ports

    @property
    def client(self) -> Client:
        """The cluster of the environment that would change."""
        return self.target.clusters.of(self.setting)

    def place(self, setting: EnvironmentSetting | None = None) -> Place:
        """Where an environment keeps its records; without one, the environment that would change."""
        of = setting or self.setting
        name = f"{self.target.settings.workload_namespace}/{self.workload}"
        return Place(
            client=self.target.clusters.of(of), namespace=of.namespace, environment=of.name, workload=name
        )

    @cached_property
    def user(self) -> str:
        """Who requests the change, by the environment's cluster; empty where it does not return it."""
        return records.whoami(self.client)

    def now(self) -> datetime:
        """The time by the clock of this machine."""
        return self.ports.now()


class BadSpec(ValueError):
    """A gate's value is not one that its type takes; says why."""


def _nothing(spec: Any, case: Case) -> None:
    del spec, case


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A type of gate.

    Attributes:
        read: makes of the value in the configuration what the rule needs; raises BadSpec.
        judge: the verdict on the value and the facts. Pure: no clients, no clock.
        gather: the facts, read from clusters, registries, programs and clocks. A PkgopsError makes the gate
            pending, as unknown.
        of_source: whether it is about the environment that a version comes from; a rollback has none.
    """

    read: Callable[[Any], Any]
    judge: Callable[[Any, Any], Verdict]
    gather: Callable[[Any, Case], Any] = _nothing
    of_source: bool = False


@dataclass(frozen=True, kw_only=True)
class Gate:
    """A gate of an environment, read.

    Attributes:
        name: how commands call it.
        type: the name of its rule.
        rule: how it is judged.
        spec: what the rule made of its value.
        overridable: whether ``--override`` may pass it.
        rollback: whether it is asked before a rollback too.
    """

    name: str
    type: str
    rule: Rule
    spec: Any = None
    overridable: bool = True
    rollback: bool = False
