"""The application's answer: requested after a run, shown, and opened in a browser."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pkgops.errors import PkgopsError
from pkgops.flows import first_answer, probe, serving, up
from pkgops.flows.install import Install
from pkgops.flows.ports import Ports
from pkgops.flows.run.deadlines import Limits
from pkgops.flows.run.follow import RunRequest
from pkgops.flows.target import Target
from pkgops.model import Environment, Snapshot

Describe = Callable[[str, Environment, int], str]
"""Returns the sentence that a workload answers in an environment with an HTTP status."""
Keys = Callable[[Callable[[str], None]], AbstractContextManager[object]]
"""Calls a function with each pressed key for as long as the block lasts."""


@dataclass(frozen=True, kw_only=True)
class DevRequest:
    """The options of ``dev``.

    Attributes:
        folder: the folder to follow.
        how: how templates are installed, and how the person agrees.
        limits: when a run is given up; the folder is still followed then.
        describe: returns the sentence that an environment answers.
        keys: reads the terminal.
        opens: opens an address in a browser.
    """

    folder: Path
    how: Install
    limits: Limits
    describe: Describe
    keys: Keys
    opens: Callable[[str], object]


class Answers:
    """Requests the application of one run in the environment where it serves."""

    def __init__(self, target: Target, request: DevRequest, run: RunRequest, ports: Ports) -> None:
        self._client = up.answering_client(target, run)
        self._request = request
        self._run = run
        self._ports = ports

    def show(self, found: Snapshot | None, since: datetime, what: str) -> None:
        """Report what the application answers, and how long after ``what`` that is."""
        environment = self._environment(found)
        if environment is None:
            self._ports.note("its supply chain is done; nothing is deployed by it")
            return
        if not environment.serves:
            self._ports.note(f"delivered to {environment.name}: {environment.note}")
            return
        try:
            answer = first_answer.first_answer(self._client, environment, self._ports)
        except PkgopsError as error:
            self._ports.failed(error)
            return
        took = (self._ports.now() - since).total_seconds()
        sentence = self._request.describe(self._run.name, environment, answer.status)
        data = {"seconds": round(took, 1), "after": what, "status": answer.status}
        self._ports.done(f"{sentence}, {took:.1f} s after {what}", **data)

    def show_older(self, found: Snapshot | None) -> None:
        """Report that the previous version still answers, where it does."""
        environment = self._environment(found)
        if environment is None or not environment.image:
            return
        try:
            pod = serving.ready_pod(self._client, environment)
            answer = probe.probe(self._client, pod) if pod is not None else None
        except PkgopsError as error:
            self._ports.failed(error)
            return
        if answer is not None and answer.healthy:
            sentence = self._request.describe(self._run.name, environment, answer.status)
            self._ports.note(f"the previous version continues to run: {sentence}")

    def open(self, found: Snapshot | None) -> None:
        """Report the application's address, and open it in a browser."""
        environment = self._environment(found)
        if environment is None or not environment.url:
            self._ports.note("nothing has an address yet")
            return
        self._ports.note(f"{self._run.name} is at {environment.url}")
        self._request.opens(environment.url)

    def _environment(self, found: Snapshot | None) -> Environment | None:
        return up.reached_environment(found, self._run) if found is not None else None
