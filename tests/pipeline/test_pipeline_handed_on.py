"""A resource whose option passes an input through: nothing is stamped, and the stage is done all the same."""

from __future__ import annotations

import copy
from datetime import timedelta

import pytest

from pkgops.flows import replay
from pkgops.model import State, Verdict

END = 115
NEWER = "main@sha1:" + "9" * 40


@pytest.fixture
def handed_on(recording_of):
    """A run that has ended, as if its source had been handed on to the build without a test."""
    found = recording_of("fourth-run")
    tracker = replay.tracker_at(found, END)
    store = tracker.store
    workload = copy.deepcopy(store.all("carto.run", "Workload")[0])
    for entry in workload["status"]["resources"]:
        if entry["name"] == "source-tester":
            runnable = entry.pop("stampedRef")
            entry.pop("templateRef")
            entry["conditions"] = [
                {"type": kind, "status": "True", "reason": reason, "message": ""}
                for kind, reason in (("ResourceSubmitted", "PassThrough"), ("Ready", "Ready"))
            ]
    chain_name = workload["status"]["supplyChainRef"]["name"]
    chain = copy.deepcopy(store.get("carto.run", "ClusterSupplyChain", "", chain_name))
    for resource in chain["spec"]["resources"]:
        if resource["name"] == "source-tester":
            reference = resource["templateRef"]
            reference["options"] = [{"name": reference.pop("name")}, {"passThrough": "source"}]
    stamped = store.get("carto.run", "Runnable", runnable["namespace"], runnable["name"])
    for below in store.descendants(stamped):
        tracker.apply("DELETED", below)
    tracker.apply("DELETED", stamped)
    tracker.apply("MODIFIED", chain)
    tracker.apply("MODIFIED", workload)
    return tracker, found


def stage_of(snapshot):
    return next(stage for stage in snapshot.stages if stage.name == "source-tester")


def test_it_is_done_for_what_was_handed_on(handed_on):
    tracker, recording = handed_on
    snapshot = tracker.snapshot(recording.began + timedelta(seconds=END))
    stage = stage_of(snapshot)
    assert (stage.state, stage.current, stage.reason) == (State.DONE, True, "PassThrough")
    assert stage.output.revision == snapshot.stages[0].output.revision
    assert snapshot.verdict is Verdict.READY


def test_it_is_not_done_before_cartographer_has_handed_on_what_is_newest(handed_on):
    tracker, recording = handed_on
    (source,) = tracker.store.all("source.toolkit.fluxcd.io", "GitRepository")
    newer = copy.deepcopy(source)
    newer["status"]["artifact"]["revision"] = NEWER
    tracker.apply("MODIFIED", newer)
    stage = stage_of(tracker.snapshot(recording.began + timedelta(seconds=END)))
    assert not stage.current
    assert stage.state is not State.DONE
