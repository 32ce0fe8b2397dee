"""The sentence of a stage, and which differences of two moments are told."""

from __future__ import annotations

from dataclasses import replace

import pytest
import view_snapshots as snapshots

from pkgops.model import CauseCode, Output, State
from pkgops.view import changes

OLD = "main@sha1:" + "2bcb94da" * 5
DIGEST = "r/app@sha256:" + "ab" * 32


def stage(state, **more):
    return snapshots.stage("image-builder", "Build image", "kpack", state, **more)


@pytest.mark.parametrize(
    ("state", "more", "sentence"),
    [
        (State.DONE, {}, "done"),
        (State.DONE, {"output": Output(image=DIGEST)}, "done: sha256:abababababab"),
        (State.DONE, {"message": "of before", "reason": "Succeeded"}, "done"),
        (State.WORKING, {}, "working"),
        (State.WORKING, {"message": "step  1\nof 2"}, "working: step 1 of 2"),
        (State.WORKING, {"reason": "Unknown"}, "working"),
        (State.WORKING, {"waits_for": "a node"}, "working: waits for a node"),
        (State.WORKING, {"output": Output(tag="1.0")}, "working"),
        (State.WAITING, {}, "waiting"),
        (State.WAITING, {"waits_for": "source-tester"}, "waiting for source-tester"),
        (State.WAITING, {"message": "no package yet"}, "waiting: no package yet"),
        (State.FAILED, {"reason": "BuildFailed"}, "failed: BuildFailed"),
        (State.FAILED, {"reason": "BuildFailed", "message": "exit 51"}, "failed: exit 51"),
        (State.UNKNOWN, {}, "unknown"),
        (State.DONE, {"still": OLD}, "still 2bcb94da"),
        (State.DONE, {"still": OLD, "message": "of before"}, "still 2bcb94da"),
        (State.WAITING, {"still": OLD}, "still 2bcb94da"),
        (State.WAITING, {"still": OLD, "waits_for": "source-tester"}, "for source-tester, still 2bcb94da"),
        (State.WORKING, {"still": OLD}, "still 2bcb94da: working"),
        (State.FAILED, {"still": "0.1.7", "message": "exit 51"}, "still 0.1.7: failed exit 51"),
    ],
)
def test_a_stage_in_one_sentence(state, more, sentence):
    assert changes.sentence(stage(state, **more)) == sentence


@pytest.mark.parametrize(
    ("output", "shown"),
    [
        (Output(), ""),
        (Output(image=DIGEST), "sha256:abababababab"),
        (Output(image="r/app:1.0"), "r/app:1.0"),
        (Output(image=DIGEST, url="http://app"), "http://app"),
        (Output(url="http://archive.tar.gz", revision=snapshots.COMMIT), "1a2b3c4d"),
        (Output(tag="1.0", image=DIGEST), "1.0"),
        (Output(version="0.1.2", tag="1.0"), "0.1.2"),
    ],
)
def test_the_most_telling_of_what_was_produced(output, shown):
    assert changes.output(output) == shown


def told(before, after):
    return [
        (event.type, event.message)
        for event in changes.between(snapshots.snapshot(before), snapshots.snapshot(after))
    ]


def changed(before, **more):
    own = {key: more.pop(key) for key in ("leaf", "object", "still") if key in more}
    return replace(before.with_status(**more), **own)


POD, OTHER = snapshots.ref("Pod", "build-pod"), snapshots.ref("Pod", "other-pod")
WORKS = stage(State.WORKING, object=snapshots.ref("Image", "app"), leaf=POD, message="step 1")


@pytest.mark.parametrize(
    ("after", "message"),
    [
        ({"message": "step 2"}, None),
        ({"reason": "Building"}, None),
        ({"since": snapshots.at(2)}, None),
        ({"leaf": OTHER}, "working: step 1"),
        ({"leaf": None}, "working: step 1"),
        ({"leaf": None, "object": POD}, None),
        ({"state": State.DONE}, "done"),
        ({"output": Output(tag="1.0")}, "working: step 1"),
        ({"still": OLD}, "still 2bcb94da: working step 1"),
        ({"waits_for": "a node"}, "working: waits for a node"),
    ],
)
def test_which_difference_of_a_stage_is_told(after, message):
    assert told((WORKS,), (changed(WORKS, **after),)) == ([("stage", message)] if message else [])


def test_a_failure_that_says_something_new_is_told_again():
    first = WORKS.with_status(state=State.FAILED)
    assert told((first,), (first.with_status(message="exit 51"),)) == [("stage", "failed: exit 51")]


@pytest.mark.parametrize(
    ("state", "object", "count"),
    [(State.UNKNOWN, None, 0), (State.UNKNOWN, POD, 1), (State.WAITING, None, 1)],
)
def test_a_new_stage_of_which_nothing_is_known_is_not_told(state, object, count):
    assert len(told((), (stage(state, object=object),))) == count


def test_the_event_of_a_stage_names_its_deepest_object():
    deep, flat = WORKS, replace(WORKS, leaf=None)
    events = [changes.stage_event(one, snapshots.snapshot((one,))) for one in (deep, flat)]
    assert [str(event.object) for event in events] == ["pod/build-pod", "image/app"]


@pytest.mark.parametrize(
    ("change", "count"),
    [
        ({}, 0),
        ({"next": "pkgops why"}, 0),
        ({"cause": "another"}, 1),
        ({"object": POD}, 1),
        ({"state": State.WAITING, "cause": "it may yet come"}, 0),
        ({"state": State.WAITING, "cause": "it does not answer", "code": CauseCode.NOT_ANSWERING}, 1),
        ({"state": State.UNKNOWN, "cause": "may not read pods"}, 0),
    ],
)
def test_a_cause_is_told_once_and_only_where_somebody_must_act(change, count):
    before = snapshots.failed()
    after = replace(before, blockages=(replace(before.blockages[0], **change),))
    assert [event.type for event in changes.between(before, after)] == ["blocked"] * count


def test_the_facts_of_a_stage_without_what_is_empty():
    found = changes.stage_data(stage(State.DONE, output=Output(version="0.1.2"), reason="Succeeded"))
    assert found == {
        "title": "Build image",
        "tool": "kpack",
        "reason": "Succeeded",
        "revision": snapshots.COMMIT,
        "output": {"version": "0.1.2"},
    }


def test_the_first_moment_of_a_run_tells_all_of_it_and_the_cause():
    told_first = changes.between(None, snapshots.failed())
    assert [event.type for event in told_first].count("stage") == len(snapshots.failed().all_stages)
    assert told_first[-1].type == "blocked"
    assert changes.reference(None) is None
    assert changes.reference(POD)["name"] == "build-pod"
