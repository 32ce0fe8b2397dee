"""Lines and JSON Lines: one a change, nothing twice, the stage always there."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import view_snapshots as snapshots

from pkgops.model import Event, State
from pkgops.view import changes
from pkgops.view.lines import LineProgress


def written(*seen, as_json=False):
    stream = io.StringIO()
    progress = LineProgress(stream, snapshots.BEGAN, as_json=as_json)
    for snapshot in seen:
        progress.snapshot(snapshot)
    progress.close()
    return stream.getvalue()


def test_the_lines_of_a_run(golden):
    later = replace(snapshots.running(), taken_at=snapshots.at(37))
    shown = written(snapshots.running(), later, snapshots.failed(), snapshots.ready())
    golden("lines.txt", shown.rstrip("\n"))


def test_what_lasts_for_a_moment_only_is_not_worth_a_line():
    assert "working" not in written(snapshots.running(), snapshots.failed())


def test_what_waits_for_another_stage_is_told_by_that_stage():
    later = replace(snapshots.running(), taken_at=snapshots.at(99))
    assert "waiting for source-tester" not in written(snapshots.running(), later)


def test_a_state_that_comes_back_is_told_once():
    moments = [replace(snapshots.running(), taken_at=snapshots.at(second)) for second in (34, 37, 40, 43)]
    none = [replace(moment, environments=()) for moment in moments]
    shown = written(
        moments[0], moments[1], none[2], moments[3], replace(moments[3], taken_at=snapshots.at(46))
    )
    assert shown.count("waiting for a first package") == 1


def test_the_json_lines_of_a_run(golden):
    shown = written(snapshots.running(), snapshots.failed(), as_json=True)
    golden("lines.jsonl", shown.rstrip("\n"))


def test_nothing_new_is_nothing_written():
    once = written(snapshots.running())
    assert written(snapshots.running(), snapshots.running()) == once


def test_a_later_moment_alone_is_no_change():
    later = replace(snapshots.running(), taken_at=snapshots.at(99))
    assert changes.between(snapshots.running(), later) == []


def test_every_json_line_has_a_stage():
    for line in written(snapshots.running(), snapshots.failed(), as_json=True).splitlines():
        assert "stage" in json.loads(line)


def test_a_blockage_is_told_once_under_the_title_of_its_stage():
    moment = snapshots.failed()
    shown = written(moment, moment)
    assert shown.count("blocked:") == 1
    (line,) = [line for line in shown.splitlines() if "blocked:" in line]
    cause = moment.blockages[0]
    (stage,) = [one for one in moment.all_stages if (one.scope, one.name) == (cause.scope, cause.stage)]
    assert stage.title in line


def test_what_a_stage_waits_for_is_told_when_it_changes():
    before = snapshots.waiting("image-builder", "Build image", "kpack", waits_for="source-tester")
    after = before.with_status(waits_for="a builder")
    events = changes.between(snapshots.snapshot((before,)), snapshots.snapshot((after,)))
    assert [event.message for event in events] == ["waiting for a builder"]
    assert events[0].state is State.WAITING


def test_the_target_is_named_without_a_time():
    stream = io.StringIO()
    progress = LineProgress(stream, snapshots.BEGAN)
    progress.event(Event(time=snapshots.at(3), type="target", message="cluster: context team"))
    assert stream.getvalue() == "cluster: context team\n"


def older():
    done = snapshots.ready()
    env = done.environments[0]
    last = replace(env.stages[0], still="main@sha1:" + "2bcb94da" * 5)
    return replace(done, environments=(replace(env, stages=(last,)),))


def test_what_still_carries_another_commit_is_told_as_such_and_then_as_done():
    later = replace(older(), taken_at=snapshots.at(37))
    shown = written(older(), later, replace(snapshots.ready(), taken_at=snapshots.at(38)))
    serve = [line for line in shown.splitlines() if "Serve application" in line]
    assert len(serve) == 2
    assert serve[0].endswith("still 2bcb94da")
    assert "done: http://" in serve[1]


def test_json_says_what_a_stage_still_carries():
    events = [json.loads(line) for line in written(older(), as_json=True).splitlines()]
    serve = next(event for event in events if event["stage"] == "serve")
    assert serve["data"]["still"] == "main@sha1:" + "2bcb94da" * 5
    assert serve["message"] == "still 2bcb94da"


def test_a_failure_after_which_the_command_goes_on_is_told_with_its_evidence():
    data = {"code": "test-failed", "why": "--- FAIL: TestGreeting\nFAIL", "next": "pkgops logs"}
    stream = io.StringIO()
    LineProgress(stream, snapshots.BEGAN).event(
        Event(time=snapshots.at(34), type="failed", message="the test failed", data=data)
    )
    assert stream.getvalue().splitlines() == [
        "   34s  failed: the test failed",
        "        --- FAIL: TestGreeting",
        "        FAIL",
        "        next: pkgops logs",
    ]


def test_what_an_application_writes_is_told_beside_where_it_serves():
    stream = io.StringIO()
    event = Event(time=snapshots.at(34), type="log", message="listening", stage="serve", scope="apps-dev")
    LineProgress(stream, snapshots.BEGAN).event(event)
    assert stream.getvalue() == "   34s  apps-dev | listening\n"


def test_each_of_several_workloads_has_its_own_lines_with_its_name():
    stream = io.StringIO()
    progress = LineProgress(stream, snapshots.BEGAN)
    for name in ("shop", "stall"):
        progress.of(name).snapshot(snapshots.ready())
    shown = stream.getvalue().splitlines()
    assert len(shown) % 2 == 0
    assert [line.split()[1] for line in shown] == ["shop"] * (len(shown) // 2) + ["stall"] * (len(shown) // 2)
