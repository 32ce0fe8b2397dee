"""Logs by stage, in time order; a silent stage says why."""

from __future__ import annotations

from datetime import timedelta

from shared_traces import recorded

from pkgops.flows import logs, replay
from pkgops.view import logs as view


def moment(name, seconds):
    found = recorded(name)
    tracker = replay.tracker_at(found, seconds)
    return tracker, tracker.snapshot(found.began + timedelta(seconds=seconds))


def test_sources_are_the_containers_that_began():
    tracker, snapshot = moment("second-run", 285)
    found = [
        (stage.name, box) for stage, _, box in logs.sources(tracker, snapshot, logs.LogQuery("source-tester"))
    ]
    assert found == [("source-tester", "prepare"), ("source-tester", "step-test")]


def test_a_mesh_sidecar_is_left_out():
    tracker, snapshot = moment("second-run", 20)
    boxes = [box for _, _, box in logs.sources(tracker, snapshot, logs.LogQuery("serve"))]
    assert boxes == ["workload"]


def test_a_pod_that_waits_says_what_for():
    tracker, snapshot = moment("first-run", 780)
    wanted = logs.LogQuery("imgpkg-bundler")
    (line,) = logs.no_log_lines(tracker, snapshot, wanted, [])
    assert "Pending" in line.text
    assert not line.container


def test_a_pod_that_has_ended_without_a_word_is_not_waited_for():
    tracker, snapshot = moment("second-run", 285)
    (line,) = logs.no_log_lines(tracker, snapshot, logs.LogQuery("source-tester"), [])
    assert line.text.startswith("no line in the log: pod/")
    assert " is Failed: " in line.text


def test_a_stage_without_a_pod_says_what_it_waits_for():
    tracker, snapshot = moment("first-run", 60)
    (line,) = logs.no_log_lines(tracker, snapshot, logs.LogQuery("image-builder"), [])
    assert line.text == "no log: waits for source-tester"


def test_a_stage_that_was_heard_is_not_explained():
    tracker, snapshot = moment("first-run", 780)
    assert (
        list(
            logs.no_log_lines(
                tracker, snapshot, logs.LogQuery("imgpkg-bundler"), [("supply-chain", "imgpkg-bundler")]
            )
        )
        == []
    )


def test_lines_sort_by_time():
    late = logs.LogLine(
        time="2026-11-22T10:00:02Z", stage="a", scope="supply-chain", pod="p", container="c", text="two"
    )
    early = logs.LogLine(
        time="2026-11-22T10:00:01Z", stage="z", scope="supply-chain", pod="p", container="c", text="one"
    )
    assert sorted([late, early]) == [early, late]


def test_how_a_line_looks():
    line = logs.LogLine(
        time="2026-11-22T10:00:02Z",
        stage="serve",
        scope="apps-dev",
        pod="p",
        container="workload",
        text="hello",
    )
    assert view.plain(line) == "apps-dev/serve   | hello"
    assert view.plain(line, timestamps=True) == "apps-dev/serve   | 2026-11-22T10:00:02Z hello"
    assert view.coloured(line, {}).endswith(" | hello")
    assert "\x1b[" in view.coloured(line, {})
