"""Details of a page that are not among the objects of a run: provenance, records of changes, gates.

They are read from registries and other clusters, which may be slow: a page that follows a run waits for none.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pkgops.errors import PkgopsError
from pkgops.flows import gates, history, read_snapshot, trace
from pkgops.flows.history import Past
from pkgops.flows.ports import Ports
from pkgops.flows.promotion.gates import evaluate
from pkgops.flows.promotion.gates.evaluate import Outcome
from pkgops.flows.releases.release import Action
from pkgops.flows.target import Target
from pkgops.model import ImageChain, Snapshot
from pkgops.pipeline import Tracker

AGAIN = 5.0
"""Seconds after a change at which they are read once more: the record of a change is completed after it."""
EVERY = 60.0
"""Seconds after which they are read again without a change."""
NOT_YET = "not answered yet"


@dataclass(frozen=True, slots=True)
class EnvironmentGates:
    """The verdicts of an environment's gates on the next version; or why they are ``unknown``."""

    environment: str
    version: str = ""
    outcomes: tuple[Outcome, ...] = ()
    unknown: str = ""


@dataclass(frozen=True, slots=True)
class PageDetails:
    """The details of one workload.

    Attributes:
        chains: the provenance of each running image; None where it is unknown.
        pasts: the changes of each environment; None where they are unknown.
        gated: the verdicts of the gates of each environment that has some; None where that is unknown.
        unknown: why the fields that are None are unknown.
    """

    chains: tuple[ImageChain, ...] | None = None
    pasts: tuple[Past, ...] | None = None
    gated: tuple[EnvironmentGates, ...] | None = None
    unknown: str = NOT_YET


def of_tracker(
    target: Target, tracker: Tracker, snapshot: Snapshot, reader: trace.RegistryReader, ports: Ports
) -> PageDetails:
    """Return the details of a workload with this Tracker and Snapshot.

    Raises:
        PkgopsError: a cluster does not answer.
    """
    name = tracker.scope.name
    chains = trace.of_tracker(tracker, name, ports.now(), reader.read).chains
    pasts = history.of_tracker(target, name, tracker, snapshot, target.settings.environments)
    return PageDetails(chains, tuple(pasts), tuple(_gated(target, name, ports)), "")


def _gated(target: Target, name: str, ports: Ports) -> Iterator[EnvironmentGates]:
    for setting in target.settings.environments:
        try:
            if not evaluate.applying(setting, Action.PROMOTE):
                continue
            found = gates.gates(target, gates.GateQuery(name, setting.name), ports)
        except PkgopsError as error:
            yield EnvironmentGates(setting.name, unknown=error.summary)
        else:
            yield EnvironmentGates(setting.name, found.case.after.version, found.outcomes)


class PageDetailsReader:
    """Reads the details in a thread of its own, whenever what runs has changed, and keeps the last result."""

    def __init__(self, ask: Callable[[], PageDetails], clock: Callable[[], float]) -> None:
        self.found = PageDetails()
        self._ask = ask
        self._clock = clock
        self._thread: threading.Thread | None = None
        self._key: object = None
        self._due: list[float] = []

    def update(self, snapshot: Snapshot) -> None:
        """Take one Snapshot; start a reading where one is due."""
        now = self._clock()
        key = [(env.name, env.version, env.image, env.verdict, env.pinned) for env in snapshot.environments]
        if key != self._key:
            self._key, self._due = key, [now, now + AGAIN]
        busy = self._thread is not None and self._thread.is_alive()
        if busy or (self._due and self._due[0] > now):
            return
        self._due = self._due[1:] or [now + EVERY]
        self._thread = threading.Thread(target=self._run, name="page-asks", daemon=True)
        self._thread.start()

    def waited(self, seconds: float) -> PageDetails:
        """Return the details after at most so many seconds."""
        if self._thread is not None:
            self._thread.join(seconds)
        return self.found

    def _run(self) -> None:
        self.found = self._ask()


def details_reader(target: Target, of: Tracker | str, ports: Ports) -> PageDetailsReader:
    """Return the reader of one workload's details: of a Tracker, or by its name of a new Snapshot each time.

    The Tracker must not be changed afterwards: the thread reads it.
    """
    reader = trace.reader(target)

    def ask() -> PageDetails:
        try:
            tracker = read_snapshot.tracker(target, of) if isinstance(of, str) else of
            return of_tracker(target, tracker, tracker.snapshot(ports.now()), reader, ports)
        except PkgopsError as error:
            return PageDetails(unknown=error.summary)

    return PageDetailsReader(ask, lambda: ports.now().timestamp())
