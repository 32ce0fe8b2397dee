"""Recordings: what goes in comes out, without secrets; what is no recording is refused with its line."""

from __future__ import annotations

import gzip
import json
import stat
from datetime import UTC, datetime, timedelta

import pytest
from shared_traces import recorded

from pkgops.errors import UsageError
from pkgops.flows import record, replay, trace
from pkgops.flows.next_command import next_command
from pkgops.model import CauseCode, Match, Unreadable, Verdict
from pkgops.pipeline import Tracker

BEGAN = datetime(2026, 11, 22, 12, tzinfo=UTC)


class Clock:
    def __init__(self):
        self.seconds = 0.0

    def __call__(self):
        return BEGAN + timedelta(seconds=self.seconds)


def test_a_recording_of_a_replay_gives_the_same_snapshot(tmp_path):
    found = recorded("second-run")
    clock = Clock()
    path = tmp_path / "run.jsonl"
    with record.FileRecorder(path, lambda: found.began + timedelta(seconds=clock.seconds)) as recorder:
        for line in found.lines[:400]:
            clock.seconds = line.t
            recorder.write(line.type, line.object)
    again = replay.load(path)
    moment = found.lines[399].t
    assert again.began == found.began
    assert replay.at(again, moment).blockages == replay.at(found, moment).blockages
    assert replay.at(again, moment).stages == replay.at(found, moment).stages


def test_what_could_not_be_read_is_unknown_in_the_replay_too(tmp_path):
    found = recorded("second-run")
    gap = Unreadable(
        api_version="carto.run/v1alpha1",
        kind="Deliverable",
        namespace="apps-dev",
        code=CauseCode.MAY_NOT_READ,
        sentence="jane may not",
    )
    tracker = Tracker(replay.scope_of(found), next_command)
    tracker.store.set_unreadable([gap])
    for line in found.lines[:40]:
        if line.object.get("kind") != "Deliverable":
            tracker.apply(line.type, line.object)
    path = tmp_path / "look.jsonl"
    record.save(path, tracker.store, lambda: found.began)
    taken = replay.at(replay.load(path), 0)
    assert taken.unreadable == (gap,)
    assert [(env.name, env.verdict) for env in taken.environments] == [("apps-dev", Verdict.UNKNOWN)]


def test_only_the_owner_may_read_it(tmp_path):
    path = tmp_path / "run.jsonl"
    with record.FileRecorder(path, Clock()):
        pass
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_secrets_are_left_out(tmp_path):
    path = tmp_path / "run.jsonl"
    pod = {
        "kind": "Pod",
        "metadata": {"name": "p", "managedFields": [1], "annotations": {record._LAST_APPLIED: "hunter2"}},
        "spec": {
            "containers": [
                {"env": [{"name": "DB_PASSWORD", "value": "hunter2"}, {"name": "NAME", "value": "ok"}]}
            ],
            "url": "https://me:hunter2@git.example.com/x.git",
            "secretRef": {"name": "registry-credentials"},
        },
    }
    with record.FileRecorder(path, Clock()) as recorder:
        recorder.write("ADDED", {"kind": "Secret", "metadata": {"name": "s"}, "data": {"x": "hunter2"}})
        recorder.write("ADDED", pod)
    text = path.read_text()
    assert "hunter2" not in text
    assert "managedFields" not in text
    kept = json.loads(text.splitlines()[1])["object"]
    assert kept["spec"]["containers"][0]["env"][1]["value"] == "ok"
    assert kept["spec"]["secretRef"]["name"] == "registry-credentials"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{}\n", "line 1"),
        ("not json\n", "line 1"),
        ('{"t": 1, "type": "ADDED", "object": {}}\n[]\n', "line 2"),
        ("", "no events"),
    ],
)
def test_no_recording(tmp_path, content, words):
    path = tmp_path / "bad.jsonl"
    path.write_text(content)
    with pytest.raises(UsageError) as error:
        replay.load(path)
    assert words in error.value.what
    assert "--record FILE" in error.value.next


def test_no_file(tmp_path):
    with pytest.raises(UsageError):
        replay.load(tmp_path / "nowhere.jsonl")
    (tmp_path / "broken.gz").write_bytes(gzip.compress(b"x" * 100)[:20])
    with pytest.raises(UsageError):
        replay.load(tmp_path / "broken.gz")


def test_no_such_workload():
    with pytest.raises(UsageError) as error:
        replay.moment(recorded("first-run"), 10, "nowhere")
    assert "hello-go-web2pkg" in error.value.why


def test_the_beginning_is_known_to_the_second():
    """Nothing in an object is later than its event."""
    began = recorded("first-run").began
    assert (
        datetime(2026, 11, 22, 17, 33, 5, tzinfo=UTC)
        <= began
        <= datetime(2026, 11, 22, 17, 33, 8, tzinfo=UTC)
    )


DEMO = "10.244.0.1:5000/demo"
IMAGE = f"{DEMO}/hello-go-web2pkg@sha256:3dda35a9f6352074f53e01af679414b80a7ccdc0cd09acb336c55f334fdc2590"
OPS = f"{DEMO}/hello-go-web2pkg-ops@sha256:26c9c32ec21579a2df52e4bdd33a0ec6f8b85af16249a025814bc4deea99d2fb"
PACKAGE = (
    f"{DEMO}/hello-go-web2pkg-ops-pkg@sha256:ff9af04e8d33436a3db5b5fec5da44c8196489e7b3707dee4691fa622edfaee2"
)


def answer(reference, images=()):
    return {
        "reference": reference,
        "found": True,
        "digest": reference.partition("@")[2],
        "images": list(images),
    }


def traced(*answers):
    moment = replay.moment(recorded("second-run"), 20)
    ask = trace.recorded({entry["reference"]: entry for entry in answers})
    found = trace.of_tracker(moment.tracker, moment.name, moment.snapshot.taken_at, ask)
    return {step.name: step for step in found.chains[0].steps}, found


def test_with_what_the_registry_answered_every_hop_holds():
    steps, found = traced(answer(IMAGE), answer(OPS, [IMAGE]), answer(PACKAGE, [OPS]))
    assert {step.match for step in steps.values()} == {Match.SAME}
    assert steps["ops bundle"].source == "the bundle's ImagesLock"
    assert found.exit_code == 0


def test_a_bundle_that_locks_another_image_is_a_broken_hop():
    other = IMAGE[:-4] + "0000"
    steps, found = traced(answer(IMAGE), answer(OPS, [other]), answer(PACKAGE, [OPS]))
    assert steps["ops bundle"].match is Match.DIFFERS
    assert found.exit_code == 1


def test_an_image_that_is_gone_is_said_to_be_gone():
    steps, _ = traced({"reference": IMAGE, "found": False})
    assert steps["image"].match is Match.DIFFERS
    assert "does not have it" in steps["image"].note


def test_without_a_registry_the_objects_are_compared_and_the_image_is_not_known():
    steps, _ = traced()
    assert steps["image"].match is Match.UNKNOWN
    assert steps["ops bundle"].source == "the App's own log"
    assert steps["commit"].value == "9b0079e312a65dc55050281443af8f26a09fa0a4"
