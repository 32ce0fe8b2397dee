"""Start the parts that do not run, in the order of their dependencies; recognise those that do."""

from __future__ import annotations

import hashlib
import os
import socket
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from pkgops import tools
from pkgops.errors import PreflightError
from pkgops.local import cgroups, network, processes
from pkgops.local.answer_wait import DEADLINE, AnswerWait
from pkgops.local.events import OnEvent, PartEvent, State
from pkgops.local.instance import Instance
from pkgops.local.part import Part

POLL = 0.03
LONGEST_LOG = 20_000_000
GATEWAY_VARIABLE = "PKGOPS_GATEWAY_FD"
# The folder for compiled modules among them: the checkout of another user stays as it is.
INHERITED = ("HOME", "LANG", "SSL_CERT_FILE", "SSL_CERT_DIR", "PYTHONPYCACHEPREFIX")
Then = Mapping[str, Callable[[], None]]


class PartFailed(PreflightError):
    """A part of the local cluster did not answer in time, or ended at once."""

    slug = "local-part"


class _Start:
    """One part that is being started: its process, and the step when it answers."""

    def __init__(self, instance: Instance, part: Part, on_event: OnEvent, asking: Executor) -> None:
        self.instance = instance
        self.asking = asking
        self.part = part
        self.on_event = on_event
        self.begun = time.monotonic()
        self.fresh = False
        self.lost = False
        self.record = self._process()
        self.then: Future[None] | None = None
        self.answer: Future[bool] | None = None
        self.answer_wait = self._answer_wait()

    def _answer_wait(self) -> AnswerWait:
        return AnswerWait(self.begun, processes.worked(self.record.pid), fresh=self.fresh)

    def _process(self) -> processes.Record:
        mark = fingerprint(self.part)
        path = record_path(self.instance, self.part.name)
        record = processes.load(path)
        if record and processes.alive(record):
            if record.fingerprint == mark:
                return record
            self._report("working", "starting again: its command line or files changed")
            processes.stop({record.pid}, self.part.grace)
        elif adopted := _adopt(self.instance, self.part, mark):
            return adopted
        elif record:
            self.lost = True
            self._report("working", "it had ended; starting it again")
        self.fresh = True
        return _spawn(self.instance, self.part, mark)

    def answered(self) -> bool:
        """Return whether the part answers, and report it when it was started now and does.

        Raises:
            PartFailed: it ended, or took too long.
        """
        if not processes.alive(self.record):
            raise _failed(self.instance, self.part, "it ended")
        now = time.monotonic()
        if self.answer is None:
            self.answer = self.asking.submit(self.part.answers, self.answer_wait.answer_seconds(now))
        if not self.answer.done() or not self.answer.result():
            self.answer = None if self.answer.done() else self.answer
            self._wait(now)
            return False
        if self.fresh:
            self._report("repaired" if self.lost else "ready", "", time.monotonic() - self.begun)
        return True

    def _wait(self, now: float) -> None:
        step = self.answer_wait.step(now, processes.worked(self.record.pid))
        if step == "end":
            raise _failed(self.instance, self.part, f"it did not answer within {DEADLINE:.0f} s")
        if step == "again":
            self._report(
                "working", f"it runs and did not answer for {now - self.begun:.0f} s; starting it again"
            )
            processes.stop({self.record.pid}, self.part.grace)
            self.record = _spawn(self.instance, self.part, self.record.fingerprint)
            self.fresh = self.lost = True
            self.begun = time.monotonic()
            self.answer_wait = self._answer_wait()

    def _report(self, state: State, detail: str, seconds: float = 0.0) -> None:
        self.on_event(PartEvent(self.part.name, state, detail, seconds))


def start(instance: Instance, wanted: Iterable[Part], on_event: OnEvent, then: Then) -> list[str]:
    """Start the parts that do not run, wait until all answer, and return the names of those started.

    Args:
        instance: the instance.
        wanted: the parts, those needed by others first.
        on_event: gets every part.
        then: by part, what to do as soon as it answers, before those that need it are started.

    Raises:
        PartFailed: a part ended, or did not answer in time.
    """
    waiting = {part.name: part for part in wanted}
    known = frozenset(waiting)
    going: dict[str, _Start] = {}
    ready: set[str] = set()
    started: list[str] = []
    # Threads of their own: the step of one part must not delay the probes of others.
    with (
        ThreadPoolExecutor(max_workers=4) as pool,
        ThreadPoolExecutor(max_workers=len(waiting) or 1) as asking,
    ):
        while waiting or going:
            for part in [one for one in waiting.values() if known.intersection(one.needs) <= ready]:
                going[part.name] = _Start(instance, waiting.pop(part.name), on_event, asking)
                started += [part.name] if going[part.name].fresh else []
            for name in [name for name, one in going.items() if _done(one, then, pool)]:
                del going[name]
                ready.add(name)
            time.sleep(POLL if going else 0)
    return started


def _done(one: _Start, then: Then, pool: ThreadPoolExecutor) -> bool:
    if one.then is None and one.answered():
        one.then = pool.submit(then.get(one.part.name, _nothing))
    if one.then is None or not one.then.done():
        return False
    one.then.result()
    return True


def record_path(instance: Instance, part: str) -> Path:
    """Return the file in which a part's process is recorded."""
    return instance.run / f"{part}.json"


def runs(instance: Instance, part: str) -> processes.Record | None:
    """Return the record of a part's process if it runs."""
    record = processes.load(record_path(instance, part))
    return record if record and processes.alive(record) else None


def fingerprint(part: Part) -> str:
    """Return a checksum of a part's command line and files."""
    digest = hashlib.sha256("\0".join(part.argv).encode())
    for path in part.files:
        digest.update(path.read_bytes() if path.exists() else b"")
    return digest.hexdigest()[:16]


def _nothing() -> None:
    return None


def _spawn(instance: Instance, part: Part, mark: str) -> processes.Record:
    argv = (*network.enter(instance), *part.argv)
    with ExitStack() as stack:
        passed = [stack.enter_context(one) for one in _loopback(part)]
        number = {GATEWAY_VARIABLE: str(passed[0].fileno())} if passed else {}
        env = {**_environment(), **number}
        log = _fresh_log(log_path(instance, part.name))
        pid = tools.spawn(argv, log=log, env=env, cwd=instance.folder, keep=passed)
    cgroups.hold(instance.owner, {pid})
    record = processes.save(record_path(instance, part.name), pid, mark)
    if record is None:
        raise _failed(instance, part, "it ended at once")
    return record


def _fresh_log(path: Path) -> Path:
    """Rotate a log that has grown long, replacing the previous one."""
    if path.exists() and path.stat().st_size > LONGEST_LOG:
        path.replace(path.with_suffix(".log.old"))
    return path


def _adopt(instance: Instance, part: Part, mark: str) -> processes.Record | None:
    """Record a process that was started but not recorded, because the command was killed in between."""
    for pid in processes.in_network(instance.netns):
        if processes.command_line(pid) == part.argv:
            return processes.save(record_path(instance, part.name), pid, mark)
    return None


def log_path(instance: Instance, part: str) -> Path:
    """Return the file with a part's output."""
    return instance.logs / f"{part}.log"


def _failed(instance: Instance, part: Part, why: str) -> PartFailed:
    log = log_path(instance, part.name)
    text = tools.tail(log.read_text(errors="replace"), 8) if log.exists() else ""
    return PartFailed(
        f"{part.name} of the local cluster {instance.name} does not run",
        why=f"{why}; the end of {log}:\n{text}",
        next="pkgops local check, then pkgops local up",
    )


def _loopback(part: Part) -> list[socket.socket]:
    if not part.loopback_port:
        return []
    try:
        return [socket.create_server(("127.0.0.1", part.loopback_port), backlog=128)]
    except OSError:
        # Another program has the port; any other one will do.
        return [socket.create_server(("127.0.0.1", 0), backlog=128)]


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in INHERITED if name in os.environ}
    return {"PATH": tools.SYSTEM_PATH, **kept}
