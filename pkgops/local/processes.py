"""Processes that keep running after the command: started, recorded, recognised again, stopped.

A process is identified by its id and its start time, so that an id that the kernel has reused for
another program is never mistaken for it.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from pkgops.local.state import write_private

PROC = Path("/proc")


@dataclass(frozen=True)
class Record:
    """A process that was started.

    Attributes:
        pid: its id.
        started: when, in the kernel's ticks since boot.
        fingerprint: a checksum of the command line and the files it was started with.
    """

    pid: int
    started: int
    fingerprint: str


def start_time(pid: int, proc: Path = PROC) -> int | None:
    """Return when a process started, in ticks since boot; None if it has ended or is a zombie.

    A zombie with threads has not ended: its ports and files stay open until the last thread ends.
    """
    try:
        text = (proc / str(pid) / "stat").read_text()
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()
    threads = int(fields[17])
    return None if fields[0] == "X" or (fields[0] == "Z" and threads <= 1) else int(fields[19])


def worked(pid: int, proc: Path = PROC) -> float:
    """Return the processor time of a process so far, in seconds; 0 if it has ended."""
    try:
        text = (proc / str(pid) / "stat").read_text()
    except OSError:
        return 0.0
    fields = text.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def alive(record: Record, proc: Path = PROC) -> bool:
    """Return whether exactly the process of the record still runs."""
    return start_time(record.pid, proc) == record.started


def load(path: Path) -> Record | None:
    """Return a record; None if it does not exist or cannot be read."""
    try:
        return Record(**json.loads(path.read_text()))
    except (OSError, ValueError, TypeError):
        return None


def save(path: Path, pid: int, fingerprint: str) -> Record | None:
    """Record a process that was just started; None if it has already ended."""
    started = start_time(pid)
    if started is None:
        return None
    record = Record(pid, started, fingerprint)
    write_private(path, json.dumps(asdict(record)) + "\n")
    return record


def command_line(pid: int, proc: Path = PROC) -> tuple[str, ...]:
    """Return a process's arguments; empty if it has ended or is a kernel thread."""
    try:
        data = (proc / str(pid) / "cmdline").read_bytes()
    except OSError:
        return ()
    return tuple(part.decode(errors="replace") for part in data.rstrip(b"\0").split(b"\0")) if data else ()


def in_network(netns: Path, proc: Path = PROC) -> set[int]:
    """Return the ids of all processes whose network is the one of that file."""
    try:
        wanted = netns.stat()
    except OSError:
        return set()
    found = set()
    for entry in proc.iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                own = (entry / "ns" / "net").stat()
                if (own.st_ino, own.st_dev) == (wanted.st_ino, wanted.st_dev):
                    found.add(int(entry.name))
    return found


def rss(pid: int, proc: Path = PROC) -> int:
    """Return the resident memory of a process in bytes; 0 if it has ended."""
    try:
        pages = int((proc / str(pid) / "statm").read_text().split()[1])
    except (OSError, IndexError, ValueError):
        return 0
    return pages * os.sysconf("SC_PAGE_SIZE")


def stop(pids: set[int], grace: float) -> set[int]:
    """Send SIGTERM to processes, and SIGKILL after ``grace`` seconds; return those that still run."""
    _signal(pids, signal.SIGTERM)
    left = _wait(pids, grace)
    if left:
        _signal(left, signal.SIGKILL)
        left = _wait(left, 5.0)
    return left


def _signal(pids: set[int], number: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def _wait(pids: set[int], seconds: float) -> set[int]:
    end = time.monotonic() + seconds
    left = {pid for pid in pids if start_time(pid) is not None}
    while left and time.monotonic() < end:
        time.sleep(0.02)
        left = {pid for pid in left if start_time(pid) is not None}
    return left
