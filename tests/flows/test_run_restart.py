"""A run of the commit that had failed before is started anew where another try may mend it, once.

The recorded commit's test run is given other ends; its cluster is one in memory.
"""

from __future__ import annotations

import copy
import re
from datetime import timedelta
from pathlib import Path

import pytest
from api_fixtures import one_cluster
from memory_api import MemoryApi
from shared_traces import recorded

from pkgops.flows import replay
from pkgops.flows.ports import Ports
from pkgops.flows.run.deadlines import Limits
from pkgops.flows.run.follow import Run, RunRequest
from pkgops.flows.run.goal import Goal
from pkgops.flows.run.outcome import failure
from pkgops.flows.run.restart import RETRYABLE
from pkgops.flows.run.watch import RunWatch
from pkgops.kube import Client
from pkgops.kube.endpoint import Endpoint
from pkgops.kube.transport import Transport
from pkgops.model import CauseCode, ObjectRef, State

WORKLOAD = "hello-go-web2pkg"
COMMIT = "a467a7016a151b06fa9932694317c43c9cb92e57"
WORKING, FAILED = 275, 285
"""When the recorded test run of the commit is at work, and has failed."""
LOST = "Failed", "build failed for unspecified reasons."
MENDED = [
    LOST,
    ("PodEvicted", "The node was low on resource: memory."),
    ("StepFailed", '"step-test" exited with code 255: Unknown'),
    ("TaskRunTimeout", 'TaskRun "x" failed to finish within "1h0m0s"'),
    ("TaskRunImagePullFailed", 'the step "test" failed to pull the image "x"'),
]
OF_THE_SOURCE = [
    ("StepFailed", '"step-test" exited with code 1: Error'),
    ("Failed", '"step-test" exited with code 1 (image: "x")'),
    ("StepOOM", '"step-test" exited with code 137: OOMKilled'),
]


class Bench:
    """A run that is followed second by second on a cluster in memory."""

    def __init__(self, api: MemoryApi, seconds: float, *, restart: bool = True, user: str = "admin") -> None:
        self.api = api
        self.notes: list[str] = []
        self.told: set[State] = set()
        self._recording = recorded("second-run")
        self._now = self._recording.began + timedelta(seconds=seconds)
        client = Client(Transport(Endpoint(server=api.url, name="memory", token=lambda: user)))
        scope = replay.scope_of(self._recording)
        self.watch = RunWatch(one_cluster(client), scope, now=lambda: self._now)
        ports = Ports(now=lambda: self._now, on_event=lambda event: self.notes.append(event.message))
        goal = Goal(revision=COMMIT, environments=("apps-dev",))
        request = RunRequest(
            name=WORKLOAD, goal=goal, environments=(), limits=Limits(600), ask=False, restart=restart
        )
        self._run = Run(self.watch, request, ports)

    def __enter__(self):
        self.watch.__enter__()
        self.watch.sync()
        return self

    def __exit__(self, *error):
        self.watch.close()

    def outcome(self, seconds=20):
        """How the run ends within some seconds; None where it goes on."""
        for _ in range(seconds):
            self._now += timedelta(seconds=1)
            outcome, snapshot = self._run.step(self.watch.snapshot())
            if outcome is not None:
                return outcome
            told = self._run.shown(snapshot)
            self.told |= {stage.state for stage in told.stages if stage.name == "source-tester"}
        return None

    def runs(self):
        """The TaskRuns of the cluster's test stage, by name."""
        found = self.api.objects.all(self.api.of("tekton.dev/v1", "TaskRun"), "default")
        label = "carto.run/runnable-name"
        return [obj for obj in found if obj["metadata"]["labels"].get(label) == WORKLOAD]

    def end(self, run, reason, message):
        """Have a run end; the cluster's watch need not bring it, the run itself is read."""
        done = ended(run, reason, message)
        self.api.put(done)
        self.watch.read(ObjectRef.of(done))


def ended(run, reason, message):
    run = copy.deepcopy(run)
    said = {"type": "Succeeded", "status": "False", "reason": reason, "message": message}
    run["status"] = {**run.get("status", {}), "conditions": [said]}
    return run


def state(seconds, reason="", message=""):
    """The recorded objects at a moment; the commit's test run with another end, and without its pod."""
    last = {}
    for line in recorded("second-run").lines:
        if line.t > seconds:
            break
        last[ObjectRef.of(line.object)] = None if line.type == "DELETED" else line.object
    objects = {ref: obj for ref, obj in last.items() if obj is not None}
    snapshot = replay.at(recorded("second-run"), seconds)
    stage = next(one for one in snapshot.stages if one.name == "source-tester")
    if reason:
        objects[stage.leaf] = ended(objects[stage.leaf], reason, message)
        for pod in stage.pods:
            del objects[pod]
    return [obj for ref, obj in objects.items() if ref.kind != "Event"]


@pytest.fixture
def api(memory_api):
    return memory_api


def test_the_moments_are_the_ones_meant(api):
    snapshot = replay.at(recorded("second-run"), WORKING)
    assert next(one.state for one in snapshot.stages if one.name == "source-tester") is State.WORKING
    assert replay.at(recorded("second-run"), FAILED).blockage.code is CauseCode.TEST_FAILED


@pytest.mark.parametrize(("reason", "message"), MENDED)
def test_a_run_that_another_try_may_mend_is_started_anew_and_followed(api, reason, message):
    api.put(*state(FAILED, reason, message))
    with Bench(api, FAILED) as bench:
        before = {run["metadata"]["name"] for run in bench.runs()}
        assert bench.outcome() is None
        (made,) = [run for run in bench.runs() if run["metadata"]["name"] not in before]
        assert f"started again as taskrun/{made['metadata']['name']}" in bench.notes[0]
        assert State.FAILED not in bench.told
        bench.end(made, "StepFailed", '"step-test" exited with code 1: Error')
        outcome = bench.outcome()
        assert outcome.blockage.code is CauseCode.TEST_FAILED
        assert len(bench.runs()) == len(before) + 1


def test_a_stage_is_done_by_the_run_that_was_started_anew(api):
    """The Runnable's condition stays that of the run that Cartographer stamped (seen on a cluster)."""
    api.put(*state(FAILED, *LOST))
    with Bench(api, FAILED) as bench:
        before = {run["metadata"]["name"] for run in bench.runs()}
        assert bench.outcome() is None
        (made,) = [run for run in bench.runs() if run["metadata"]["name"] not in before]
        said = {"type": "Succeeded", "status": "True", "reason": "Succeeded", "message": "All Steps have"}
        done = {**made, "status": {"conditions": [said]}}
        api.put(done)
        bench.watch.read(ObjectRef.of(done))
        stage = next(one for one in bench.watch.snapshot().stages if one.name == "source-tester")
        assert (stage.state, stage.reason) == (State.DONE, "Succeeded")
        assert bench.outcome() is None


@pytest.mark.parametrize(("reason", "message"), OF_THE_SOURCE)
def test_a_failure_of_the_source_ends_the_command_with_the_command_for_another_try(api, reason, message):
    api.put(*state(FAILED, reason, message))
    with Bench(api, FAILED) as bench:
        before = len(bench.runs())
        outcome = bench.outcome(seconds=4)
        assert len(bench.runs()) == before
        assert f"pkgops rerun {WORKLOAD} --stage source-tester" in failure(outcome).next


def test_one_try_a_command(api):
    api.put(*state(FAILED, *LOST))
    with Bench(api, FAILED) as bench:
        before = {run["metadata"]["name"] for run in bench.runs()}
        assert bench.outcome() is None
        (made,) = [run for run in bench.runs() if run["metadata"]["name"] not in before]
        bench.end(made, *LOST)
        outcome = bench.outcome()
        assert (outcome.blockage.code, outcome.blockage.object) == (CauseCode.POD_LOST, ObjectRef.of(made))
        assert failure(outcome).next == f"pkgops rerun {WORKLOAD} --stage source-tester"


def test_a_run_that_fails_while_it_is_followed_is_not_started_anew(api):
    api.put(*state(WORKING))
    with Bench(api, WORKING) as bench:
        assert bench.outcome(seconds=4) is None
        before = bench.runs()
        newest = max(before, key=lambda run: run["metadata"]["creationTimestamp"])
        bench.end(newest, "PodEvicted", "The node was low on resource: memory.")
        assert bench.outcome().blockage.code is CauseCode.POD_LOST
        assert len(bench.runs()) == len(before)


def test_a_command_that_only_watches_starts_nothing(api):
    api.put(*state(FAILED, *LOST))
    with Bench(api, FAILED, restart=False) as bench:
        before = len(bench.runs())
        assert bench.outcome().blockage.code is CauseCode.POD_LOST
        assert len(bench.runs()) == before


def test_without_the_right_to_start_it_the_failure_is_told_and_the_refusal_beside_it(api):
    api.allow("jane", ("get", "list", "watch"), ("*",))
    api.put(*state(FAILED, *LOST))
    with Bench(api, FAILED, user="jane") as bench:
        error = failure(bench.outcome())
    assert error.slug == "pod-lost"
    assert "could not be started again: jane may not create taskruns in default" in error.why


def test_a_lost_build_is_asked_of_kpack_again_and_does_not_count_until_it_comes(api):
    """kpack makes another Build by a mark on the last one, a moment later."""
    found = recorded("first-run")
    objects = {}
    for line in found.lines:
        if line.t <= 600:
            objects[ObjectRef.of(line.object)] = None if line.type == "DELETED" else line.object
    snapshot = replay.at(found, 600)
    stage = next(one for one in snapshot.stages if one.name == "image-builder")
    build = ended(objects[stage.leaf], "Failed", "")
    build["status"]["stepStates"] = [
        {"terminated": {"exitCode": 137, "reason": "ContainerStatusUnknown"}},
        {"waiting": {"reason": "PodInitializing"}},
    ]
    objects[stage.leaf] = build
    gone = {None, *stage.pods}
    api.put(*[obj for ref, obj in objects.items() if obj and ref not in gone and ref.kind != "Event"])
    clock = [found.began + timedelta(seconds=600)]
    client = Client(Transport(Endpoint(server=api.url, name="memory")))
    with RunWatch(one_cluster(client), replay.scope_of(found), now=lambda: clock[0]) as watch:
        watch.sync()
        goal = Goal(revision=snapshot.revision, deliver=False)
        request = RunRequest(
            name=WORKLOAD, goal=goal, environments=(), limits=Limits(600), ask=False, restart=True
        )
        notes = []
        ports = Ports(now=lambda: clock[0], on_event=lambda event: notes.append(event.message))
        run = Run(watch, request, ports)
        for _ in range(20):
            clock[0] += timedelta(seconds=1)
            assert run.step(watch.snapshot())[0] is None
    marked = api.objects.get(api.of("kpack.io/v1alpha2", "Build"), "default", stage.leaf.name)
    assert marked["metadata"]["annotations"]["image.kpack.io/additionalBuildNeeded"]
    assert len(notes) == 1
    assert f"asked for another build after build/{stage.leaf.name}" in notes[0]


def test_the_causes_that_another_try_may_mend_are_the_documented_ones():
    text = (Path(__file__).parents[2] / "docs" / "why.md").read_text()
    told = text.partition("is not the source's own:")[2].partition(". A test")[0]
    assert {str(code) for code in RETRYABLE} == set(re.findall("`([a-z-]+)`", told))
