"""Start the parts that do not run, in the order of their dependencies; recognise those that do."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor

from pkgops.local import part_process, processes
from pkgops.local.answer_wait import DEADLINE, AnswerWait
from pkgops.local.events import OnEvent, PartEvent, State
from pkgops.local.instance import Instance
from pkgops.local.part import Part

POLL = 0.03
CUT_OFF_GRACE = 2.0
"""Seconds to end for a part whose requests to another part, which ended, do not end by themselves."""
LARGEST_ENDS = 3
"""How often a part may end after it has answered, while the others are started."""
Then = Mapping[str, Callable[[], None]]


class _Start:
    """One part that is being started: its process, and the step when it answers."""

    def __init__(
        self, instance: Instance, part: Part, on_event: OnEvent, asking: Executor, started: Collection[str]
    ) -> None:
        self.instance = instance
        self.asking = asking
        self.part = part
        self.on_event = on_event
        self.begun = time.monotonic()
        self.fresh = False
        self.lost = False
        self.ends = 0
        self.record = self._process(started)
        self.then: Future[None] | None = None
        self.answer: Future[bool] | None = None
        self.answer_wait = self._answer_wait()

    def _answer_wait(self) -> AnswerWait:
        return AnswerWait(self.begun, processes.worked(self.record.pid), fresh=self.fresh)

    def _process(self, started: Collection[str]) -> processes.Record:
        mark = part_process.fingerprint(self.part)
        path = part_process.record_path(self.instance, self.part.name)
        record = processes.load(path)
        if record and processes.alive(record):
            other = next((name for name in self.part.restarts_with if name in started), "")
            if record.fingerprint == mark and not other:
                return record
            changed = "starting again: its command line or files changed"
            self._report("working", _because(other) if other else changed)
            processes.stop({record.pid}, min(self.part.grace, CUT_OFF_GRACE) if other else self.part.grace)
        elif adopted := part_process.adopt(self.instance, self.part, mark):
            return adopted
        elif record:
            self.lost = True
            self._report("working", "it had ended; starting it again")
        self.fresh = True
        return part_process.spawn(self.instance, self.part, mark)

    def answered(self) -> bool:
        """Return whether the part answers, and report it when it was started now and does.

        Raises:
            PartFailed: it ended, or took too long.
        """
        now = time.monotonic()
        if not processes.alive(self.record):
            if self.fresh:
                raise part_process.failed(self.instance, self.part, "it ended")
            self._report("working", "it had ended; starting it again")
            self._spawn_again()
        if self.answer is None:
            self.answer = self.asking.submit(self.part.answers, self.answer_wait.answer_seconds(now))
        if not self.answer.done() or not self.answer.result():
            self.answer = None if self.answer.done() else self.answer
            self._wait(now)
            return False
        if self.fresh:
            self._report("repaired" if self.lost else "ready", "", time.monotonic() - self.begun)
        return True

    @property
    def ended(self) -> bool:
        """Whether the part has answered, and does not run any more."""
        return self.then is not None and not processes.alive(self.record)

    def start_again(self, why: str) -> None:
        """Start a part again that ended, or that is restarted with one.

        Raises:
            PartFailed: it ends each time.
        """
        self.ends += 1
        if self.ends > LARGEST_ENDS:
            raise part_process.failed(self.instance, self.part, "it ended after it had answered, each time")
        self._report("working", why)
        if processes.alive(self.record):
            processes.stop({self.record.pid}, min(self.part.grace, CUT_OFF_GRACE))
        self.then = None
        self._spawn_again()

    def _wait(self, now: float) -> None:
        step = self.answer_wait.step(now, processes.worked(self.record.pid))
        if step == "end":
            raise part_process.failed(self.instance, self.part, f"it did not answer within {DEADLINE:.0f} s")
        if step == "again":
            silent = f"it runs and did not answer for {now - self.begun:.0f} s; starting it again"
            self._report("working", silent)
            processes.stop({self.record.pid}, self.part.grace)
            self._spawn_again()

    def _spawn_again(self) -> None:
        self.record = part_process.spawn(self.instance, self.part, self.record.fingerprint)
        self.fresh = self.lost = True
        self.answer = None
        self.begun = time.monotonic()
        self.answer_wait = self._answer_wait()

    def _report(self, state: State, detail: str, seconds: float = 0.0) -> None:
        self.on_event(PartEvent(self.part.name, state, detail, seconds))


def start(instance: Instance, wanted: Iterable[Part], on_event: OnEvent, then: Then) -> None:
    """Start the parts that do not run, and wait until all answer at the same time.

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
    ready: dict[str, _Start] = {}
    started: set[str] = set()
    # Threads of their own: the step of one part must not delay the probes of others.
    with (
        ThreadPoolExecutor(max_workers=4) as pool,
        ThreadPoolExecutor(max_workers=len(waiting) or 1) as asking,
    ):
        while waiting or going:
            for part in [one for one in waiting.values() if known.intersection(one.needs) <= ready.keys()]:
                going[part.name] = _Start(instance, waiting.pop(part.name), on_event, asking, started)
            for name in [name for name, one in going.items() if _done(one, then, pool)]:
                ready[name] = going.pop(name)
                if ready[name].fresh:
                    started.add(name)
            _start_ended_again(going, ready)
            time.sleep(POLL if going else 0)


def _start_ended_again(going: dict[str, _Start], ready: dict[str, _Start]) -> None:
    """Start parts again that ended while others are started; those would wait for them in vain."""
    for ended in [one.part.name for one in (*going.values(), *ready.values()) if one.ended]:
        begun = {**ready, **going}
        with_it = [name for name, one in begun.items() if ended in one.part.restarts_with]
        for name in (ended, *with_it):
            begun[name].start_again("it had ended; starting it again" if name == ended else _because(ended))
            going[name] = begun[name]
            ready.pop(name, None)


def _because(other: str) -> str:
    return f"starting again: {other} was started"


def _done(one: _Start, then: Then, pool: ThreadPoolExecutor) -> bool:
    if one.then is None and one.answered():
        one.then = pool.submit(then.get(one.part.name, _nothing))
    if one.then is None or not one.then.done():
        return False
    one.then.result()
    return True


def _nothing() -> None:
    return None
