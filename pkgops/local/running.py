"""Bring parts to run: start what does not, in the order of what each needs; recognise what does."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pkgops import tools
from pkgops.errors import PreflightError
from pkgops.local import network, processes
from pkgops.local.events import OnEvent, PartEvent
from pkgops.local.instance import Instance
from pkgops.local.parts import Part

POLL = 0.05
DEADLINE = 120.0
Then = Mapping[str, Callable[[], None]]


class PartFailed(PreflightError):
    """A part of the local cluster did not come to answer, or ended at once."""

    slug = "local-part"


@dataclass
class _Starting:
    part: Part
    begun: float
    record: processes.Record
    repaired: bool = False


@dataclass
class _Round:
    """One call of ``start``: who answers, who is on the way, who waits."""

    instance: Instance
    on_event: OnEvent
    existed: bool
    ready: set[str] = field(default_factory=set)
    starting: dict[str, _Starting] = field(default_factory=dict)


def start(
    instance: Instance, wanted: Iterable[Part], on_event: OnEvent, then: Then, *, existed: bool
) -> list[str]:
    """Start the parts that do not run, wait until all answer, and return the names of those started.

    Args:
        instance: where.
        wanted: the parts, those needed by others first.
        on_event: told of every part.
        then: by part, what to do as soon as it answers, before those that need it are started.
        existed: the cluster was up before; a part that must be started now was lost.

    Raises:
        PartFailed: a part ended, or did not answer in time.
    """
    waiting = {part.name: part for part in wanted}
    known = set(waiting)
    state = _Round(instance, on_event, existed)
    started: list[str] = []
    end = time.monotonic() + DEADLINE
    while waiting or state.starting:
        for part in [part for part in waiting.values() if known.isdisjoint(set(part.needs) - state.ready)]:
            del waiting[part.name]
            if _begin(state, part):
                started.append(part.name)
        for name in [name for name, one in state.starting.items() if _has_answered(state, one, end)]:
            state.ready.add(name)
            del state.starting[name]
            then.get(name, _nothing)()
        time.sleep(POLL if state.starting else 0)
    return started


def record_path(instance: Instance, part: str) -> Path:
    """Return the file in which a part's process is recorded."""
    return instance.run / f"{part}.json"


def runs(instance: Instance, part: str) -> processes.Record | None:
    """Return the record of a part's process if it runs."""
    record = processes.load(record_path(instance, part))
    return record if record and processes.alive(record) else None


def fingerprint(part: Part) -> str:
    """Return a checksum of all that a part is started with."""
    digest = hashlib.sha256("\0".join((*part.argv, *map(str, part.env))).encode())
    for path in part.files:
        digest.update(path.read_bytes() if path.exists() else b"")
    return digest.hexdigest()[:16]


def _nothing() -> None:
    return None


def _begin(state: _Round, part: Part) -> bool:
    mark = fingerprint(part)
    record = runs(state.instance, part.name)
    if record and record.fingerprint != mark:
        state.on_event(PartEvent(part.name, "working", "starting again: its configuration changed"))
        processes.stop({record.pid}, part.grace)
        record = None
    fresh = record is None
    record = record or _adopt(state.instance, part, mark) or _spawn(state, part, mark)
    state.starting[part.name] = _Starting(part, time.monotonic(), record, fresh and state.existed)
    return fresh


def _spawn(state: _Round, part: Part, mark: str) -> processes.Record:
    instance = state.instance
    if state.existed:
        state.on_event(PartEvent(part.name, "working", "it was gone; starting it again"))
    log = instance.logs / f"{part.name}.log"
    argv = (*network.enter(instance), *part.argv)
    pid = tools.spawn(argv, log=log, env=_environment(part), cwd=instance.folder)
    record = processes.save(record_path(instance, part.name), pid, mark)
    if record is None:
        raise _failed(instance, part, "it ended at once")
    return record


def _adopt(instance: Instance, part: Part, mark: str) -> processes.Record | None:
    """Take over a process that was started and not recorded, because the command was killed between."""
    for pid in processes.in_network(instance.netns):
        if processes.command_line(pid) == part.argv:
            return processes.save(record_path(instance, part.name), pid, mark)
    return None


def _has_answered(state: _Round, one: _Starting, end: float) -> bool:
    part = one.part
    if not processes.alive(one.record):
        raise _failed(state.instance, part, "it ended")
    if part.answers():
        seconds = time.monotonic() - one.begun
        state.on_event(PartEvent(part.name, "repaired" if one.repaired else "ready", "", seconds))
        return True
    if time.monotonic() > end:
        raise _failed(state.instance, part, f"it did not answer within {DEADLINE:.0f} s")
    return False


def _failed(instance: Instance, part: Part, why: str) -> PartFailed:
    log = instance.logs / f"{part.name}.log"
    text = tools.tail(log.read_text(errors="replace"), 8) if log.exists() else ""
    return PartFailed(
        f"{part.name} of the local cluster {instance.name} does not run",
        why=f"{why}; the end of {log}:\n{text}",
        next="pkgops local check, then pkgops local up",
    )


def _environment(part: Part) -> dict[str, str]:
    kept = {
        name: os.environ[name]
        for name in ("HOME", "LANG", "SSL_CERT_FILE", "SSL_CERT_DIR")
        if name in os.environ
    }
    return {"PATH": tools.SYSTEM_PATH, **kept, **dict(part.env)}
