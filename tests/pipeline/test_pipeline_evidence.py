"""What `why` tells of an error that a controller did not foresee: the whole sentence, with the place."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pkgops.flows import replay
from pkgops.flows.next_command import next_command
from pkgops.model import Evidence
from pkgops.pipeline import Tracker

PLACE = "(pkgops/platform/a.py, line 3, in b)"
MESSAGE = f"the local platform did not expect this: ValueError: {'x' * 400}\nin two lines {PLACE}"


def event(ref, reason, message, second):
    about = {"apiVersion": ref.api_version, "kind": ref.kind, "namespace": ref.namespace, "name": ref.name}
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"namespace": ref.namespace, "name": f"{ref.name}.{reason}.{second}", "uid": f"{second}"},
        "involvedObject": about,
        "type": "Warning",
        "reason": reason,
        "message": message,
        "lastTimestamp": f"2100-01-01T00:00:{second:02}Z",
        "count": 2,
    }


def taken(found, seconds, *events):
    tracker = Tracker(replay.scope_of(found), next_command)
    for line in found.lines:
        if line.t <= seconds:
            tracker.apply(line.type, line.object)
    for one in events:
        tracker.apply("ADDED", one)
    return tracker.snapshot(found.began + timedelta(seconds=seconds))


@pytest.mark.parametrize(("name", "seconds"), [("first-run", 300), ("second-run", 150), ("second-run", 100)])
def test_an_error_that_was_not_foreseen_is_evidence_beside_later_warnings(recording_of, name, seconds):
    found = recording_of(name)
    before = taken(found, seconds)
    stages = {(stage.scope, stage.name): stage for stage in before.all_stages}
    blocked = [(item, stages.get((item.scope, item.stage))) for item in before.blockages]
    cause, stage = next((item, one) for item, one in blocked if one and one.object and item.evidence)
    told = event(stage.object, "InternalError", MESSAGE, 1)
    later = event(stage.object, "Unhealthy", "something else", 2)
    after = taken(found, seconds, told, later)
    now = next(one for one in after.blockages if (one.scope, one.stage) == (cause.scope, cause.stage))
    text = " ".join(f"InternalError: {MESSAGE} (2 times)".split())
    assert Evidence("event", stage.object, text) in now.evidence
    assert PLACE in text
