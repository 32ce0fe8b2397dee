"""Several workloads: submitted one after the other, followed in parallel."""

from __future__ import annotations

import queue
import threading
from dataclasses import dataclass

from pkgops.errors import PkgopsError
from pkgops.flows.ports import Ports
from pkgops.flows.target import Target
from pkgops.flows.up import Done, Submission, UpRequest, finish, submit

TURN = 0.5
"""Seconds between two checks for an interrupt."""


@dataclass(frozen=True)
class WorkloadUp:
    """WorkloadUp workload: the target with its values, what is requested, and where its events go."""

    name: str
    target: Target
    request: UpRequest
    ports: Ports


@dataclass(frozen=True)
class Ended:
    """How one workload ended: with its result, or with an error."""

    name: str
    done: Done | None = None
    error: PkgopsError | None = None


Results = queue.SimpleQueue[Ended | Exception]


def up_several(wanted: list[WorkloadUp]) -> list[Ended]:
    """Run ``up`` for several workloads; one that fails does not prevent the others.

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
                # Started immediately: submitting the others takes seconds.
                begun.append((submission, _following(one, submission, results)))
                begun[-1][1].start()
        ended = {found.name: found for found in (_next(results) for _ in wanted)}
    except BaseException as error:
        # The threads end with the program, without completing their records.
        _give_up(begun, error)
        raise
    return [ended[one.name] for one in wanted]


def _give_up(begun: list[tuple[Submission, threading.Thread]], error: BaseException) -> None:
    """Complete the records of all submissions that were not followed to their ends."""
    for submission, _ in begun:
        submission.pending.interrupted(error)
    for _, thread in begun:
        # WorkloadUp whose record its own thread completes needs a moment for that.
        if thread.is_alive():
            thread.join(TURN)


def _following(one: WorkloadUp, submission: Submission, results: Results) -> threading.Thread:
    def run() -> None:
        try:
            results.put(Ended(one.name, finish(submission, one.request, one.ports)))
        except PkgopsError as error:
            results.put(Ended(one.name, error=error))
        except Exception as bug:
            results.put(bug)

    return threading.Thread(target=run, name=f"up-{one.name}", daemon=True)


def _next(results: Results) -> Ended:
    """Wait for the next one to end, in short waits: one long wait would delay Ctrl-C."""
    while True:
        try:
            ended = results.get(timeout=TURN)
        except queue.Empty:
            continue
        if isinstance(ended, Exception):
            raise ended
        return ended
