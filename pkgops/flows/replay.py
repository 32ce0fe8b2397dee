"""Replay a recording: its state at any moment, without a cluster."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from pkgops.errors import UsageError
from pkgops.flows.next_command import next_command
from pkgops.model import Snapshot
from pkgops.pipeline import Scope, Tracker, kinds, recording
from pkgops.pipeline.recording import Line

RECORD = "make one with --record FILE on any command that watches"


@dataclass(frozen=True, slots=True)
class Recording:
    """A recording in memory: its lines, the moment it began, its length in seconds."""

    name: str
    lines: tuple[Line, ...]
    began: datetime

    @property
    def length(self) -> float:
        """Seconds from the beginning to the last event."""
        return self.lines[-1].t if self.lines else 0.0

    def registry(self, until: float) -> dict[str, dict[str, Any]]:
        """The responses of registries up to a moment, by reference; empty where none was read."""
        return {
            str(line.object.get("reference")): line.object
            for line in self.lines
            if line.type == recording.REGISTRY and line.t <= until
        }


def load(path: Path) -> Recording:
    """Read a recording, plain or compressed with gzip.

    Raises:
        UsageError: there is no such file, or a line is not of the format.
    """
    try:
        opener = gzip.open if path.suffix == ".gz" else open
        with opener(path, "rt", encoding="utf-8") as file:
            lines = tuple(recording.parse(file, str(path)))
    except UsageError as error:
        error.next = RECORD
        raise
    except (OSError, UnicodeDecodeError, EOFError) as error:
        raise UsageError(f"cannot read {path}", why=str(error), slug="recording-unreadable") from error
    if not lines:
        raise UsageError(f"{path} contains no events", next=RECORD, slug="recording-empty")
    return Recording(str(path), lines, recording.start(lines))


def scope_of(found: Recording, name: str = "") -> Scope:
    """Return the scope of a recording: its workload, and the environments in the order of their creation.

    Raises:
        UsageError: no such workload in it.
    """
    loads: dict[tuple[str, str], None] = {}
    spaces: dict[str, None] = {}
    for line in found.lines:
        where = line.object.get("metadata") or {}
        if line.object.get("kind") == kinds.WORKLOAD.kind:
            loads[str(where.get("namespace")), str(where.get("name"))] = None
        if line.object.get("kind") == kinds.DELIVERABLE.kind:
            spaces[str(where.get("namespace"))] = None
        for gap in recording.unreadable(line.object) if line.type == recording.UNREADABLE else ():
            spaces |= {gap.namespace: None} if gap.kind == kinds.DELIVERABLE.kind else {}
    environments = tuple((space, space) for space in spaces)
    for namespace, known in loads:
        if not name or known == name or known.startswith(name):
            return Scope(namespace, known, environments)
    if name:
        raise UsageError(
            f"there is no workload {name!r} in {found.name}",
            why=", ".join(known for _, known in loads),
            slug="unknown-workload",
        )
    return Scope("default", "", environments)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """The state at one moment of a recording."""

    name: str
    began: datetime
    tracker: Tracker
    snapshot: Snapshot
    registry: dict[str, dict[str, Any]]


def moment(found: Recording, seconds: float, name: str = "") -> Moment:
    """Return the state at a moment.

    Raises:
        UsageError: the recording has no such workload.
    """
    tracker = tracker_at(found, seconds, name)
    now = found.began + timedelta(seconds=min(seconds, found.length))
    return Moment(
        name=tracker.scope.name or name,
        began=found.began,
        tracker=tracker,
        snapshot=tracker.snapshot(now),
        registry=found.registry(seconds),
    )


def at(found: Recording, seconds: float, name: str = "") -> Snapshot:
    """Return the Snapshot ``seconds`` after the beginning; after the end it is the last one."""
    tracker = tracker_at(found, seconds, name)
    return tracker.snapshot(found.began + timedelta(seconds=min(seconds, found.length)))


def tracker_at(found: Recording, seconds: float, name: str = "") -> Tracker:
    """Return the Tracker at a moment."""
    tracker = Tracker(scope_of(found, name), next_command)
    for line in found.lines:
        if line.t > seconds:
            break
        tracker.apply(line.type, line.object)
    return tracker


def play(found: Recording, name: str = "") -> Iterator[Snapshot]:
    """Yield every Snapshot from the beginning to the end, one for each event."""
    tracker = Tracker(scope_of(found, name), next_command)
    for line in found.lines:
        tracker.apply(line.type, line.object)
        yield tracker.snapshot(found.began + timedelta(seconds=line.t))
