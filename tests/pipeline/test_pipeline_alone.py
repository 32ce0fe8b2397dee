"""A supply chain that deploys by itself: source, image, App, Service; no package, no Deliverable."""

from __future__ import annotations

from datetime import timedelta

import pytest
from json_copy import json_copy
from shared_traces import played, recorded

from pkgops.flows import replay, trace
from pkgops.flows.run.goal import Goal, reached
from pkgops.flows.run.shown import shown
from pkgops.model import Match, State, Verdict
from pkgops.view import board, status

RECORDING = "deploys-by-itself"
COMMIT = "e6bee098"


@pytest.fixture(scope="module")
def last():
    return played(RECORDING)[-1][1]


def test_what_runs_is_an_environment_named_after_its_namespace(last):
    (env,) = last.environments
    assert (env.name, env.namespace, env.owner) == ("greeters", "greeters", None)
    assert (env.verdict, last.verdict) == (Verdict.READY, Verdict.READY)
    assert COMMIT in env.revision
    assert env.image.startswith("10.244.0.1:5000/demo/greeter@sha256:")
    assert env.url == "http://greeter.greeters.localhost:8480"
    assert [stage.name for stage in env.stages] == ["serve"]
    assert env.stages[0].pods


def test_the_configured_name_of_the_namespace_is_the_environments(last):
    found = recorded(RECORDING)
    tracker = replay.tracker_at(found, found.length)
    scope = tracker.scope
    named = type(scope)(scope.namespace, scope.name, (("home", "greeters"),))
    tracker.scope = named
    assert [env.name for env in tracker.snapshot(last.taken_at).environments] == ["home"]


def test_a_run_without_a_deliverable_ends_when_the_image_of_the_commit_runs():
    goal = Goal(revision=COMMIT)
    ends = [(seconds, reached(snapshot, goal)) for seconds, snapshot in played(RECORDING)]
    first = next(seconds for seconds, done in ends if done)
    assert all(done for seconds, done in ends if seconds >= first)
    before = [snapshot for seconds, snapshot in played(RECORDING) if seconds < first]
    assert not any(
        env.verdict is Verdict.READY and not env.stale for one in before for env in one.environments
    )


def test_a_chain_whose_app_holds_no_application_ends_with_it(last):
    found = recorded(RECORDING)
    tracker = replay.tracker_at(found, found.length)
    (app,) = tracker.store.all("kappctrl.k14s.io", "App", "greeters")
    app = json_copy(app)
    app["status"]["deploy"]["kapp"]["associatedResources"]["groupKinds"] = [{"group": "", "kind": "Secret"}]
    tracker.store.apply("MODIFIED", app)
    snapshot = tracker.snapshot(last.taken_at)
    assert (snapshot.environments, snapshot.verdict) == ((), Verdict.READY)
    assert reached(snapshot, Goal(revision=COMMIT))


def test_nothing_of_a_healthy_run_is_failed_or_blocked():
    for seconds, snapshot in played(RECORDING):
        assert snapshot.verdict not in (Verdict.FAILED, Verdict.STALE), seconds
        assert not [stage for stage in snapshot.all_stages if stage.state is State.FAILED], seconds


def test_the_way_back_has_no_package_and_every_hop_that_can_be_known(last):
    found = recorded(RECORDING)
    tracker = replay.tracker_at(found, found.length)
    now = found.began + timedelta(seconds=found.length)
    (way,) = trace.of_tracker(tracker, "greeter", now, lambda _: None).chains
    steps = {step.name: step.match for step in way.steps}
    assert list(steps) == ["pod", "image", "deploy", "build", "source", "commit"]
    assert steps.pop("image") is Match.UNKNOWN  # no registry was asked
    assert set(steps.values()) == {Match.SAME}
    assert way.steps[-1].value.startswith(COMMIT)


def test_it_is_found_by_its_address(last):
    found = recorded(RECORDING)
    tracker = replay.tracker_at(found, found.length)
    _, deliveries, _ = trace.read(tracker, "greeter", last.taken_at)
    assert [trace._matches(item, "http://greeter.greeters.localhost:8480/x") for item in deliveries] == [True]


def test_status_and_board_say_where_it_runs(last):
    row = status.table([last]).splitlines()[1].split()
    assert row[:2] == ["greeter", "greeters"]
    assert COMMIT in row
    lines = [line for line, _ in board.board(last, board.Layout(last.taken_at, last.taken_at, 120))]
    assert "Deployed to greeters by the supply chain" in lines
    assert shown(last, Goal(revision=COMMIT)).environments
