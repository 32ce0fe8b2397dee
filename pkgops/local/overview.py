"""``local status``: which parts run, which answer, how long and with how much memory."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pkgops.local import part_process, parts, processes, state
from pkgops.local.binaries import Binaries
from pkgops.local.cluster import LocalCluster, describe
from pkgops.local.instance import Instance, instance_name
from pkgops.local.packages import Programs
from pkgops.local.part import Part

PartState = Literal["answers", "silent", "stopped"]
PATIENT_SECONDS = 10.0
"""How long an answer may take on a busy machine; after that the part counts as silent."""


@dataclass(frozen=True, kw_only=True)
class PartStatus:
    """The status of one part.

    Attributes:
        name: the part.
        state: ``answers``; ``silent`` (runs and does not answer); ``stopped``.
        pid: of its process; 0 if it does not run.
        memory: bytes.
        seconds: since it was started.
        log: the file with its output.
    """

    name: str
    state: PartState
    pid: int
    memory: int
    seconds: float
    log: Path


@dataclass(frozen=True)
class Status:
    """The status of an instance.

    Attributes:
        name: the instance.
        cluster: its LocalCluster; None if it does not exist.
        parts: in the order of their start; empty if it does not exist.
    """

    name: str
    cluster: LocalCluster | None
    parts: list[PartStatus]

    @property
    def runs(self) -> bool:
        """Whether all parts answer."""
        return bool(self.parts) and all(part.state == "answers" for part in self.parts)


def status(name: str | None = None) -> Status:
    """Return the status of an instance; nothing is started or changed."""
    instance = state.find(name)
    if instance is None:
        return Status(instance_name(name), None, [])
    # The probe of a part does not depend on where its program is.
    nowhere = Path(sys.executable)
    everything = parts.parts(instance, Binaries(_Anywhere(nowhere)), Programs(_Anywhere(nowhere)))
    return Status(instance.name, describe(instance), [_part_status(instance, part) for part in everything])


class _Anywhere(dict[str, Path]):
    def __init__(self, path: Path) -> None:
        self.path = path

    def __missing__(self, name: str) -> Path:
        return self.path


def _part_status(instance: Instance, part: Part) -> PartStatus:
    log = part_process.log_path(instance, part.name)
    record = part_process.runs(instance, part.name)
    if record is None:
        return PartStatus(name=part.name, state="stopped", pid=0, memory=0, seconds=0.0, log=log)
    answers: PartState = "answers" if part.answers(PATIENT_SECONDS) else "silent"
    age = time.clock_gettime(time.CLOCK_BOOTTIME) - record.started / os.sysconf("SC_CLK_TCK")
    return PartStatus(
        name=part.name, state=answers, pid=record.pid, memory=processes.rss(record.pid), seconds=age, log=log
    )
