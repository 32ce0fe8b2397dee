"""What stands below an owner counts once its controller has seen the present spec (real controllers)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pkgops.flows import replay
from pkgops.model import CauseCode, State, Verdict

CHAIN = "supply-chain"


def source(snapshot):
    return next(stage for stage in snapshot.stages if stage.name == "source-provider")


@pytest.mark.parametrize("seconds", [3.2, 3.9, 6.4, 7.9, 66.8, 67.9, 78.2, 78.95, 87.6, 98.3, 99.1])
def test_a_changed_workload_that_cartographer_has_not_taken_up_is_neither_done_nor_failed(
    recording_of, seconds
):
    snapshot = replay.at(recording_of("fifth-run"), seconds)
    assert snapshot.pending == (CHAIN,)
    assert {stage.state for stage in snapshot.stages} == {State.WAITING}
    assert not any(stage.current for stage in snapshot.stages)
    assert [blockage for blockage in snapshot.blockages if blockage.scope == CHAIN] == []


@pytest.mark.parametrize("seconds", [4.1, 4.7, 4.9, 8.0, 12.4, 12.8, 12.87, 79.0, 87.0, 89.0, 99.2, 108.65])
def test_what_flux_repeats_of_the_spec_before_is_neither_done_nor_failed(recording_of, seconds):
    """Flux writes the new generation into ``Ready`` before it has fetched; its reason is the old one."""
    snapshot = replay.at(recording_of("fifth-run"), seconds)
    assert source(snapshot).state is State.WORKING
    assert snapshot.verdict in (Verdict.WORKING, Verdict.WAITING)


@pytest.mark.parametrize(("seconds", "branch"), [(5.1, "nope"), (68.7, "nope"), (74, "nope"), (90, "nope")])
def test_a_branch_that_does_not_exist_is_told_once_flux_has_looked(recording_of, seconds, branch):
    snapshot = replay.at(recording_of("fifth-run"), seconds)
    causes = [one for one in snapshot.blockages if one.code is CauseCode.GIT_BRANCH_MISSING]
    assert [branch in one.cause for one in causes] == [True]


@pytest.mark.parametrize(("name", "seconds"), [("fourth-run", 118), ("fourth-run", 118.8)])
def test_a_changed_deliverable_is_pending_in_its_environment_only(recording_of, name, seconds):
    snapshot = replay.at(recording_of(name), seconds)
    assert snapshot.pending == ("apps-prod",)
    states = {env.name: {stage.state for stage in env.stages[:-1]} for env in snapshot.environments}
    assert states == {"apps-dev": {State.DONE}, "apps-prod": {State.WAITING}}


def test_no_environment_is_ready_before_its_app_has_taken_up_the_version(recording_of):
    """For half a second the PackageInstall repeats the success of the version before."""
    for seconds in (122.8, 123.1, 123.3):
        prod = replay.at(recording_of("fourth-run"), seconds).environments[1]
        install = next(stage for stage in prod.stages if stage.name == "deployer")
        assert install.state is State.WORKING


@pytest.mark.parametrize("seconds", [119.84, 120, 121.3, 122.8, 123.4])
def test_a_constraint_without_a_version_waits_for_the_repository_that_brings_it(recording_of, seconds):
    prod = replay.at(recording_of("fourth-run"), seconds).environments[1]
    assert State.FAILED not in {stage.state for stage in prod.stages}


@pytest.mark.parametrize("seconds", [123.9, 124.0, 124.4, 125.5, 126.5, 130, 136.5, 137])
def test_an_old_pod_that_serves_while_the_new_revision_comes_is_working(recording_of, seconds):
    prod = replay.at(recording_of("fourth-run"), seconds).environments[1]
    assert prod.stages[-1].state in (State.WORKING, State.WAITING)


@pytest.mark.parametrize("late", [("Service",), ("Service", "Revision"), ("Revision",), ("Pod",)])
def test_what_is_seen_late_below_the_app_is_on_its_way(recording_of, late):
    """The App has deployed the version of before; its Service, or what that makes, is not seen yet."""
    found = recording_of("fourth-run")
    tracker = replay.tracker_at(found, 117)
    for line in found.lines:
        if 117 < line.t <= 127 and line.object.get("kind") not in late:
            tracker.apply(line.type, line.object)
    prod = tracker.snapshot(found.began + timedelta(seconds=127)).environments[1]
    assert [stage.state for stage in prod.stages[:-1]] == [State.DONE] * 4
    assert prod.stages[-1].state is State.WORKING


def test_a_healthy_run_is_called_failed_or_blocked_at_no_moment(played):
    told = {
        (round(seconds, 1), str(cause.code))
        for seconds, snapshot in played("fourth-run")
        for cause in snapshot.blockages
    }
    failed = {
        (round(seconds, 1), stage.name)
        for seconds, snapshot in played("fourth-run")
        for stage in snapshot.all_stages
        if stage.state is State.FAILED
    }
    assert (told, failed) == (set(), set())


def test_an_install_of_the_version_before_is_not_that_of_the_package_just_fetched(recording_of):
    """Another configuration of one image: nothing but the version tells the two packages apart."""
    found = recording_of("fourth-run")
    tracker = replay.tracker_at(found, 52.3)
    late = ("PackageInstall", "App", "Service", "Configuration", "Revision", "Pod")
    for line in found.lines:
        if 52.3 < line.t <= 57 and line.object.get("kind") not in late:
            tracker.apply(line.type, line.object)
    dev = tracker.snapshot(found.began + timedelta(seconds=57)).environments[0]
    states = {stage.name: stage.state for stage in dev.stages}
    assert (states["package-provider"], states["deployer"]) == (State.DONE, State.WORKING)


def test_a_version_that_is_no_tag_is_waited_for_no_longer_than_a_controller_needs(recording_of):
    found = recording_of("fourth-run")
    tracker = replay.tracker_at(found, 150)
    for obj in list(tracker.store):
        if obj["kind"] in ("PackageInstall", "App") and obj["metadata"]["namespace"] == "apps-prod":
            notes = obj["metadata"].setdefault("annotations", {})
            changed = {**obj, "metadata": {**obj["metadata"], "annotations": {**notes}}}
            key = "packaging.carvel.dev/package-version"
            changed["metadata"]["annotations"] |= {key: "7.7.7"} if key in notes else {}
            changed["status"] = {**obj["status"], "version": "7.7.7"}
            tracker.apply("MODIFIED", changed)
    states = [
        next(stage.state for stage in snapshot.environments[1].stages if stage.name == "deployer")
        for snapshot in (tracker.snapshot(found.began + timedelta(seconds=at)) for at in (125, 150))
    ]
    assert states == [State.WORKING, State.DONE]


UNSTAMPED = ("False", "TemplateStampFailure")


@pytest.mark.parametrize(
    ("submitted", "failed"),
    [
        # A step before has no output yet, as one that was just added: those after it keep outputs of before.
        ({"source-tester": ("Unknown", "MissingValueAtPath"), "image-builder": UNSTAMPED}, set()),
        ({"image-builder": ("Unknown", "MissingValueAtPath")}, set()),
        ({"image-builder": ("True", "ResourceSubmissionComplete")}, {("config-provider", "template-error")}),
    ],
)
def test_a_template_has_failed_only_where_its_inputs_were_read_in_the_same_pass(
    recording_of, submitted, failed
):
    found = recording_of("fourth-run")
    tracker = replay.tracker_at(found, 50)
    (workload,) = [one for one in tracker.store if one["kind"] == "Workload"]
    entries = []
    for entry in workload["status"]["resources"]:
        status, reason = {**submitted, "config-provider": UNSTAMPED}.get(entry["name"], ("True", ""))
        condition = {
            "type": "ResourceSubmitted",
            "status": status,
            "reason": reason,
            "message": f"{reason} of {entry['name']}",
            "lastTransitionTime": entry["conditions"][0]["lastTransitionTime"],
        }
        entries.append({**entry, "conditions": [condition]})
    assert all(entry.get("outputs") for entry in entries[:3])
    tracker.apply("MODIFIED", {**workload, "status": {**workload["status"], "resources": entries}})
    snapshot = tracker.snapshot(found.began + timedelta(seconds=50))
    assert {(one.stage, str(one.code)) for one in snapshot.blockages} == failed
    assert {one.name for one in snapshot.stages if one.state is State.FAILED} == {name for name, _ in failed}
