"""A run goes on while a controller tries again what the API server could not do for a moment."""

from __future__ import annotations

import copy
from dataclasses import replace
from datetime import timedelta

from shared_traces import recorded

from pkgops.flows import replay
from pkgops.flows.run.goal import Goal
from pkgops.flows.run.outcome import OutcomePolicy
from pkgops.model import CauseCode, Verdict
from pkgops.values import replace as changed

COMMIT = "66c5e01b"
APPLY = "unable to apply object [default/x] for resource [image-builder] in supply chain [c]: "
TIMEOUT = f"{APPLY}create: Timeout: request did not complete within requested timeout"
REFUSED = f'{APPLY}images.kpack.io is forbidden: User "x" cannot create resource "images"'
BEGIN, END = 65.0, 100.0


def told(obj, message):
    """The Workload as it is while Cartographer cannot apply one object."""
    obj = copy.deepcopy(obj)
    said = {"status": "False", "reason": "TemplateRejectedByAPIServer", "message": message}
    for entry in obj["status"]["resources"]:
        if entry["name"] == "image-builder":
            entry["conditions"] = [{"type": one, **said} for one in ("ResourceSubmitted", "Ready")]
    obj["status"]["conditions"] = [{"type": one, **said} for one in ("ResourcesSubmitted", "Ready")]
    return obj


def outcome_with(message, seconds):
    """How a wait ends whose Workload says a message from ``BEGIN`` on for some seconds."""
    found = recorded("fourth-run")
    lines = []
    for line in found.lines:
        hit = line.object["kind"] == "Workload" and BEGIN <= line.t < BEGIN + seconds
        lines.append(replace(line, object=told(line.object, message)) if hit else line)
    policy, before = OutcomePolicy(goal=Goal(revision=COMMIT, deliver=False)), None
    recording = replay.Recording(found.name, tuple(lines), found.began)
    for line, snapshot in zip(lines, replay.play(recording), strict=True):
        for tick in range(1, int(line.t - before[0]) + 1 if before else 1):
            moment = before[1].taken_at + timedelta(seconds=tick)
            if line.t > 59 and (outcome := policy.step(changed(before[1], taken_at=moment))):
                return outcome
        if line.t > 59 and (outcome := policy.step(snapshot)):
            return outcome
        before = line.t, snapshot
    return None


def test_a_temporary_error_ends_no_run():
    assert outcome_with(TIMEOUT, 8).verdict is Verdict.READY


def test_a_temporary_error_that_stays_is_left_to_the_deadline():
    assert outcome_with(TIMEOUT, END - BEGIN) is None


def test_a_refusal_that_stays_ends_it():
    outcome = outcome_with(REFUSED, END - BEGIN)
    assert (outcome.verdict, outcome.blockage.code) == (Verdict.FAILED, CauseCode.FORBIDDEN)
