"""The lines of a recording: what is read, what is refused with its place, and when it began."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from pkgops.errors import UsageError
from pkgops.model import CauseCode, Unreadable
from pkgops.pipeline import recording
from pkgops.pipeline.recording import Line

GOOD = '{"t": 1.5, "type": "ADDED", "object": {"kind": "Pod"}}'


def test_a_line_is_seconds_type_and_object_and_empty_lines_are_left_out():
    found = list(recording.parse(["", GOOD, "  \n", GOOD]))
    assert found == [Line(1.5, "ADDED", {"kind": "Pod"})] * 2


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        "null",
        "5",
        '{"type": "ADDED", "object": {}}',
        '{"t": 1, "object": {}}',
        '{"t": 1, "type": "ADDED"}',
        '{"t": "soon", "type": "ADDED", "object": {}}',
        '{"t": null, "type": "ADDED", "object": {}}',
        '{"t": 1, "type": "ADDED", "object": 5}',
        '{"t": 1, "type": "ADDED", "object": null}',
    ],
)
def test_what_is_no_line_is_refused_with_its_number(text):
    with pytest.raises(UsageError) as refused:
        list(recording.parse([GOOD, "", text], "run.jsonl"))
    assert refused.value.what == "line 3 of run.jsonl is not a line of a recording"
    assert refused.value.slug == "recording-invalid"


def moment(second):
    return datetime(2026, 11, 22, 12, 0, second, tzinfo=UTC)


def pod(t, **times):
    return Line(t, "ADDED", {"metadata": times})


@pytest.mark.parametrize(
    ("lines", "began"),
    [
        (
            [
                Line(0, "START", {"time": "2026-11-22T12:00:07Z"}),
                pod(5, creationTimestamp="2026-11-22T12:00:30Z"),
            ],
            7,
        ),
        ([Line(2, "START", {"time": "2026-11-22T12:00:07Z"})], 5),
        ([Line(0, "START", {"time": "soon"}), pod(5, creationTimestamp="2026-11-22T12:00:30Z")], 25),
        # The latest of what all lines tell: each is the beginning or before it.
        (
            [
                pod(1, at="2026-11-22T12:00:03Z"),
                pod(5, at="2026-11-22T12:00:09Z"),
                pod(9, at="2026-11-22T12:00:03Z"),
            ],
            4,
        ),
        # Times that somebody wrote into a spec or an annotation, or that lie ahead, tell nothing.
        ([pod(1, at="2026-11-22T12:00:03Z", annotations={"x": "2026-11-22T12:00:50Z"})], 2),
        ([pod(1, at="2026-11-22T12:00:03Z", deletionTimestamp="2026-11-22T12:00:50Z")], 2),
        (
            [
                Line(
                    1,
                    "ADDED",
                    {"spec": {"at": "2026-11-22T12:00:50Z"}, "status": {"at": "2026-11-22T12:00:03Z"}},
                )
            ],
            2,
        ),
        (
            [
                Line(
                    1,
                    "ADDED",
                    {"status": {"all": [{"at": "2026-11-22T12:00:03Z"}, {"until": "2999-01-01T00:00:00Z"}]}},
                )
            ],
            2,
        ),
    ],
)
def test_when_a_recording_began(lines, began):
    assert recording.start(lines) == moment(began)


def test_without_any_time_there_is_still_a_beginning():
    assert recording.start([Line(0, "ADDED", {"metadata": {"name": "at noon Z"}})]).tzinfo is UTC


GAP = Unreadable(
    api_version="v1",
    kind="Pod",
    namespace="apps",
    code=CauseCode.MAY_NOT_READ,
    sentence="ann may not list pods",
)


def test_what_could_not_be_read_is_read_back_as_it_was():
    body = json.loads(json.dumps(recording.unreadable_body([GAP])))
    assert recording.unreadable(body) == [GAP]


@pytest.mark.parametrize(
    ("body", "codes"), [({}, []), ({"items": None}, []), ({"items": [{}]}, ["not-listed"])]
)
def test_what_is_not_said_of_a_gap_is_unknown(body, codes):
    assert [str(one.code) for one in recording.unreadable(body)] == codes
