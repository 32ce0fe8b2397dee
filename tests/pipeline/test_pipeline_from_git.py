"""Configuration that a chain writes to Git, and a Deliverable whose App fetches it there: no package."""

from __future__ import annotations

import copy
from datetime import timedelta

import pytest
from shared_traces import played, recorded

from pkgops.flows import replay, trace
from pkgops.flows.run.goal import Goal, reached
from pkgops.model import Match, State, Verdict
from pkgops.view import status

RECORDING = "written-to-git"


@pytest.fixture(scope="module")
def last():
    return played(RECORDING)[-1][1]


def at_the_end():
    found = recorded(RECORDING)
    return replay.tracker_at(found, found.length), found.began + timedelta(seconds=found.length)


def test_what_the_app_deployed_is_what_the_environment_runs(last):
    (env,) = last.environments
    assert (env.name, env.verdict, last.verdict) == ("apps-dev", Verdict.READY, Verdict.READY)
    assert [stage.name for stage in env.stages] == ["written", "delivered", "serve"]
    assert env.image == last.image
    assert env.revision.endswith(last.revision.rpartition(":")[2])
    assert env.url.startswith("http://letter.apps-dev.")
    assert not env.stale
    row = status.table([last]).splitlines()[1].split()
    assert row[:2] == ["letter", "apps-dev"]


def test_the_run_ends_when_the_image_of_the_commit_runs(last):
    goal = Goal(revision=last.revision, environments=("apps-dev",))
    ends = [(seconds, reached(snapshot, goal)) for seconds, snapshot in played(RECORDING)]
    first = next(seconds for seconds, done in ends if done)
    assert all(done for seconds, done in ends if seconds >= first)
    assert first > 0


def test_nothing_of_a_healthy_run_is_failed():
    """But the App, until the folder that it wants has been written."""
    for seconds, snapshot in played(RECORDING):
        written = snapshot.stages and snapshot.stages[-1].state is State.DONE
        stages = snapshot.all_stages if written else snapshot.stages
        failed = {stage.name for stage in stages if stage.state is State.FAILED}
        assert failed <= {"delivered"}, seconds
        assert snapshot.verdict is not Verdict.STALE, seconds


def test_the_tests_are_followed_to_the_pods_of_both_tasks(last):
    tracker, _ = at_the_end()
    (tests,) = [stage for stage in last.stages if stage.title == "Test source"]
    assert (tests.state, tests.current) == (State.DONE, True)
    assert {tracker.pod(pod)["metadata"]["labels"]["tekton.dev/pipelineTask"] for pod in tests.pods} == {
        "style",
        "unit",
    }


def test_the_way_back_goes_by_what_was_deployed_and_the_configuration():
    tracker, now = at_the_end()
    (way,) = trace.of_tracker(tracker, "letter", now, lambda _: None).chains
    steps = {step.name: step.match for step in way.steps}
    assert list(steps) == ["pod", "image", "deploy", "configuration", "build", "source", "commit"]
    assert steps.pop("image") is Match.UNKNOWN  # no registry was asked
    assert set(steps.values()) == {Match.SAME}


def test_a_configuration_of_another_image_is_a_broken_hop():
    tracker, now = at_the_end()
    shape = copy.deepcopy(tracker.store.get("", "ConfigMap", "letters", "letter-shape"))
    digest = shape["data"]["shape"].partition("sha256:")[2][:64]
    shape["data"]["shape"] = shape["data"]["shape"].replace(digest, "0" * 64)
    tracker.apply("MODIFIED", shape)
    (way,) = trace.of_tracker(tracker, "letter", now, lambda _: None).chains
    assert {step.name for step in way.steps if step.match is Match.DIFFERS} == {"configuration"}


def test_an_app_that_deploys_no_application_has_no_stage_for_one():
    tracker, now = at_the_end()
    store = tracker.store
    for service in store.all("serving.knative.dev", "Service"):
        tracker.apply("DELETED", service)
    (env,) = tracker.snapshot(now).environments
    # That its Service is not there says nothing while the App tells that it deployed one.
    assert [stage.name for stage in env.stages] == ["written", "delivered", "serve"]
    (app,) = copy.deepcopy(store.all("kappctrl.k14s.io", "App"))
    app["status"]["deploy"]["kapp"]["associatedResources"]["groupKinds"] = [{"group": "", "kind": "Secret"}]
    tracker.apply("MODIFIED", app)
    (env,) = tracker.snapshot(now).environments
    assert ([stage.name for stage in env.stages], env.image) == (["written", "delivered"], "")
    assert (env.serves, env.verdict) == (False, Verdict.READY)
    assert env.note.endswith(", but Secret")


def test_a_private_service_has_its_address_inside_the_cluster_and_is_found_by_it():
    tracker, now = at_the_end()
    url = "http://letter.apps-dev.svc.cluster.local"
    service = copy.deepcopy(tracker.store.get("serving.knative.dev", "Service", "apps-dev", "letter"))
    service["metadata"]["labels"]["networking.knative.dev/visibility"] = "cluster-local"
    service["status"] |= {"url": url, "address": {"url": url}}
    tracker.apply("MODIFIED", service)
    (env,) = tracker.snapshot(now).environments
    assert (env.url, env.verdict) == (url, Verdict.READY)
    _, deliveries, _ = trace.read(tracker, "letter", now)
    assert [trace._matches(item, f"{url}/x") for item in deliveries] == [True]
