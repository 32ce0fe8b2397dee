"""Several workloads at once: submitted one after the other, followed side by side."""

from __future__ import annotations

import queue
import threading
from dataclasses import dataclass

from pkgops.errors import PkgopsError
from pkgops.flows.ports import Ports
from pkgops.flows.target import Target
from pkgops.flows.up import Done, Submission, UpRequest, finish, submit

TURN = 0.5
"""Seconds between two moments at which a person may interrupt."""


@dataclass(frozen=True)
class One:
    """One workload: the target with its values, what is requested, and where its events go."""

    name: str
    target: Target
    request: UpRequest
    ports: Ports


@dataclass(frozen=True)
class Ended:
    """How one workload ended: with what it came to, or with an error."""

    name: str
    done: Done | None = None
    error: PkgopsError | None = None


Results = queue.SimpleQueue[Ended | Exception]


def up_several(wanted: list[One]) -> list[Ended]:
    """Bring several workloads to answers; one that fails keeps no other from its answer.

    Returns how each ended, in the order in which they were named.
    """
    results: Results = queue.SimpleQueue()
    begun: list[tuple[Submission, threading.Thread]] = []
    try:
        for one in wanted:
            try:
                submission = submit(one.target, one.request, one.ports)
            except PkgopsError as error:
                results.put(Ended(one.name, error=error))
            else:
                # Begun at once: what others submit meanwhile takes seconds.
                begun.append((submission, _following(one, submission, results)))
                begun[-1][1].start()
        ended = {found.name: found for found in (_next(results) for _ in wanted)}
    except BaseException as error:
        # The threads end with the program, without a word.
        _give_up(begun, error)
        raise
    return [ended[one.name] for one in wanted]


def _give_up(begun: list[tuple[Submission, threading.Thread]], error: BaseException) -> None:
    """Complete the records of all that were begun and not followed to their ends."""
    for submission, _ in begun:
        submission.kept.interrupted(error)
    for _, thread in begun:
        # One whose record its own thread completes needs a moment for that.
        if thread.is_alive():
            thread.join(TURN)


def _following(one: One, submission: Submission, results: Results) -> threading.Thread:
    def run() -> None:
        try:
            results.put(Ended(one.name, finish(submission, one.request, one.ports)))
        except PkgopsError as error:
            results.put(Ended(one.name, error=error))
        except Exception as bug:
            results.put(bug)

    return threading.Thread(target=run, name=f"up-{one.name}", daemon=True)


def _next(results: Results) -> Ended:
    """Wait for the next one to end, in turns: a wait without an end would hold Ctrl-C back."""
    while True:
        try:
            ended = results.get(timeout=TURN)
        except queue.Empty:
            continue
        if isinstance(ended, Exception):
            raise ended
        return ended
