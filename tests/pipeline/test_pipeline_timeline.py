"""When stages, runs and containers waited and worked, from the recordings of the real platform."""

from __future__ import annotations

import copy
from datetime import timedelta
from functools import cache

import pytest
from shared_traces import recorded

from pkgops.flows import replay
from pkgops.flows.next_command import next_command
from pkgops.model import CauseCode, Phase, State, Unreadable
from pkgops.pipeline import Tracker, run_times, timeline

MOMENTS = [
    *(("first-run", second) for second in (0, 600, 800)),
    *(("second-run", second) for second in (20, 130, 352)),
    *(("fourth-run", second) for second in (30, 57, 115, 126, 359)),
    *(("fifth-run", second) for second in (22, 120, 479)),
]


@cache
def taken(name, second):
    moment = replay.moment(recorded(name), second)
    return moment.snapshot, moment.tracker.timeline(moment.snapshot)


def stage(found, title, scope="supply-chain"):
    return next(one for one in found.stages if (one.title, one.scope) == (title, scope))


def seconds(spans):
    return [(span.phase.value, (span.end - span.begin).total_seconds()) for span in spans]


@pytest.mark.parametrize(("name", "second"), MOMENTS)
def test_stages_are_the_snapshot_s_and_spans_are_in_order(name, second):
    snapshot, found = taken(name, second)
    assert [(one.scope, one.name, one.state, one.still) for one in found.stages] == [
        (one.scope, one.name, one.state, one.still) for one in snapshot.all_stages
    ]
    for run in (run for one in found.stages for run in one.runs):
        for spans in (run.spans, *(step.spans for step in run.steps)):
            ends = [span.end for span in spans[:-1]]
            assert None not in ends, "only the last one may go on"
            assert [span.begin for span in spans[1:]] == ends
            assert all(span.end is None or span.begin <= span.end for span in spans)
            # Objects tell whole seconds, and the moment of a recording is known to the second.
            assert all(span.begin <= snapshot.taken_at + timedelta(seconds=1) for span in spans)


@pytest.mark.parametrize(("name", "second"), MOMENTS)
def test_nothing_goes_on_in_a_run_that_has_ended(name, second):
    _, found = taken(name, second)
    ended = [run for one in found.stages for run in one.runs if run.state in (State.DONE, State.FAILED)]
    for run in ended:
        assert all(span.end for spans in (run.spans, *(step.spans for step in run.steps)) for span in spans)


def test_a_run_waits_until_its_first_container_begins():
    _, found = taken("fourth-run", 115)
    test = stage(found, "Test source").runs[0]
    assert seconds(test.spans) == [("waiting", 1.0), ("working", 9.0)]
    assert [step.name for step in test.steps] == ["prepare", "place-scripts", "step-test"]
    # Its container began with the pod's others; the TaskRun tells when the step did.
    assert seconds(test.steps[2].spans) == [("waiting", 3.0), ("working", 3.0)]
    build = stage(found, "Build image").runs
    assert [str(run.object) for run in build] == [
        "build/hello-go-web2pkg-build-2",
        "build/hello-go-web2pkg-build-1",
    ]
    assert [step.name for step in build[0].steps] == [
        "prepare", "analyze", "detect", "restore", "build", "export", "completion",
    ]  # fmt: skip


def test_a_container_that_runs_goes_on_and_those_behind_it_do_not_wait_since_a_known_time():
    _, found = taken("fourth-run", 30)
    steps = stage(found, "Build image").runs[0].steps
    assert [(step.state, len(step.spans)) for step in steps] == [
        (State.DONE, 2), (State.WAITING, 1), *[(State.WAITING, 0)] * 5,
    ]  # fmt: skip
    assert steps[1].spans[0].end is None


def test_minutes_of_waiting_for_a_volume_are_waiting():
    _, found = taken("first-run", 800)
    push = stage(found, "Publish package").runs[0]
    assert push.spans[0].phase is Phase.WAITING
    assert push.spans[0].end - push.spans[0].begin > timedelta(minutes=4)


def test_a_run_from_before_the_commit_is_none_of_its_own():
    """A push that no commit starts again: its old bar would lie minutes before the commit."""
    _, found = taken("second-run", 130)
    now, before, *_ = stage(found, "Publish package").runs
    assert (now.object, now.spans, now.note) == (None, (), timeline.OLDER_RUN)
    assert before.spans


def test_a_change_that_no_time_tells_is_unknown():
    _, found = taken("fourth-run", 115)
    config = stage(found, "Generate configuration")
    assert config.state is State.DONE
    assert (config.runs[0].spans, config.runs[0].note) == ((), timeline.EARLIER)


def test_a_reconciliation_after_the_version_served_does_not_tell_when_it_was_installed():
    _, found = taken("fifth-run", 479)
    install = stage(found, "Install package", "apps-dev").runs[0]
    assert (install.spans, install.note) == ((), timeline.AGAIN)
    serve = stage(found, "Serve application", "apps-dev").runs[0]
    assert seconds(serve.spans) == [("working", 3.0)]


def test_releases_of_before_are_kept_for_comparison():
    _, found = taken("fifth-run", 479)
    releases = stage(found, "Serve application", "apps-dev").runs
    assert [run.revision[-40:-32] for run in releases] == ["2807a7b9", "66c5e01b", "00830f98"]


def test_runs_that_may_not_be_read_are_unknown():
    gap = Unreadable(
        api_version="tekton.dev/v1",
        kind="TaskRun",
        namespace="default",
        code=CauseCode.MAY_NOT_READ,
        sentence="jane may not list them",
    )
    found = recorded("second-run")
    tracker = Tracker(replay.scope_of(found), next_command)
    tracker.store.set_unreadable([gap])
    for line in found.lines[:200]:
        if line.object.get("kind") != "TaskRun":
            tracker.apply(line.type, line.object)
    times = tracker.timeline(tracker.snapshot(found.began))
    run = stage(times, "Test source").runs[0]
    assert (run.state, run.spans, run.note) == (State.UNKNOWN, (), "unknown: jane may not list them")
    assert times.unreadable == (gap,)


def build_and_pod():
    tracker = replay.tracker_at(recorded("second-run"), 130)
    (build,) = [obj for obj in tracker.store if obj["metadata"]["name"] == "hello-go-web2pkg-build-3"]
    (pod,) = [obj for obj in tracker.store if obj["metadata"]["name"] == "hello-go-web2pkg-build-3-build-pod"]
    return copy.deepcopy(build), pod


def test_without_its_pod_a_build_tells_the_same_of_its_containers():
    build, pod = build_and_pod()
    assert run_times.of_run(build, None) == run_times.of_run(build, pod)


def test_times_in_no_order_are_not_told():
    build, _ = build_and_pod()
    build["status"]["stepStates"][0]["terminated"]["startedAt"] = "2026-11-22T18:00:00Z"
    _, steps = run_times.of_run(build, None)
    assert [span.phase for span in steps[0].spans] == [Phase.WAITING]


def test_a_step_that_was_skipped_never_ran():
    tracker = replay.tracker_at(recorded("fifth-run"), 22)
    run = copy.deepcopy(next(obj for obj in tracker.store if obj["metadata"]["name"].endswith("-j5ffx")))
    step = run["status"]["steps"][0]
    run["status"]["steps"].append(
        {**step, "name": "later", "container": "step-later", "terminationReason": "Skipped"}
    )
    _, steps = run_times.of_run(run, None)
    assert [(step.name, step.state, step.spans) for step in steps][1:] == [("step-later", State.UNKNOWN, ())]
    assert steps[0].state is State.FAILED
