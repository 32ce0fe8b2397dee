"""The types of gates: rule, input, verdict."""

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
    """The state of a verdict. What is unknown is pending, never a pass."""

    PASS = "pass"  # noqa: S105 no password
    FAIL = "fail"
    PENDING = "pending"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The verdict of a rule on a change.

    Attributes:
        state: whether it passes.
        evidence: the facts of the verdict, one sentence.
        remedy: what would satisfy it: a sentence or a command; empty where it passes.
        detail: more lines of evidence.
        error: why the evidence is unknown.
    """

    state: State
    evidence: str
    remedy: str = ""
    detail: str = ""
    error: PkgopsError | None = field(default=None, compare=False)


@dataclass(frozen=True, kw_only=True)
class Case:
    """A change that gates decide on, and the inputs that they may read.

    Attributes:
        target: the clusters, and the settings of the workload.
        action: a promotion or a rollback.
        workload: whose package.
        setting: the environment that would change.
        source: the environment that the version comes from; None for a rollback.
        before: what runs in the environment.
        after: what would be installed.
        tracker: the objects of the workload and of all environments.
        snapshot: the Snapshot of the tracker.
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
        """The place of the records of an environment; without one, of the environment that would change."""
        of = setting or self.setting
        name = f"{self.target.settings.workload_namespace}/{self.workload}"
        return Place(
            client=self.target.clusters.of(of), namespace=of.namespace, environment=of.name, workload=name
        )

    @cached_property
    def user(self) -> str:
        """The user who requests the change, by the environment's API server; empty where it returns none."""
        return records.whoami(self.client)

    def now(self) -> datetime:
        """The time by the clock of this machine."""
        return self.ports.now()


class BadSpec(ValueError):
    """A gate's value is not valid for its type; the message is why."""


def _nothing(spec: Any, case: Case) -> None:
    del spec, case


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A type of gate.

    Attributes:
        read: parses the value in the configuration; raises BadSpec.
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
    """A configured gate of an environment.

    Attributes:
        name: its name in commands.
        type: the name of its rule.
        rule: how it is evaluated.
        spec: its parsed value.
        overridable: whether ``--override`` may pass it.
        rollback: whether it is evaluated before a rollback too.
    """

    name: str
    type: str
    rule: Rule
    spec: Any = None
    overridable: bool = True
    rollback: bool = False
