"""Records of releases on an API server: planned before a change, completed after it, whatever happens."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pkgops.errors import DeadlineError, RefusedError, StepFailed
from pkgops.flows.ports import Ports
from pkgops.flows.promotion import leases, records
from pkgops.flows.releases import release
from pkgops.flows.releases.place import Place
from pkgops.flows.releases.release import Action, Record, Release, Result
from pkgops.kube import connect

NOW = datetime(2026, 1, 1, tzinfo=UTC)
OLD = Release(version="1", pinned="1", healthy=True)
NEW = Release(version="2", pinned="2", healthy=True)


@pytest.fixture
def memory(memory_api):
    memory_api.namespaces("prod", "other")
    memory_api.serve((leases.API, "Lease"))
    return memory_api


@pytest.fixture
def place(memory, tmp_path):
    return place_of(memory, tmp_path)


def place_of(memory, tmp_path, user="jane", workload="default/hello", keep=50):
    client = connect(memory.kubeconfig(tmp_path / user, user=user))
    return Place(
        client=client, namespace="prod", environment="prod", workload=workload, keep=keep, role="promote"
    )


@pytest.fixture
def told():
    return []


@pytest.fixture
def ports(told):
    return Ports(now=lambda: NOW, on_event=lambda event: told.append(event.message))


def promoted(place, ports, before=OLD, after=NEW, runs=NEW):
    with records.recorded(place, Action.PROMOTE, lambda: before, after, ports) as ending:
        ending.runs = runs


def test_a_change_is_planned_before_and_completed_after(place, ports, told):
    with records.recorded(place, Action.PROMOTE, lambda: OLD, NEW, ports) as ending:
        (during,), _ = place.read()
        ending.runs = Release(
            version="2",
            image="image",
            revision="commit",
            pinned="2",
            package="bundle",
            ops="ops",
            healthy=True,
        )
    (after,), _ = place.read()
    assert (during.result, during.completed) == (Result.PLANNED, None)
    assert (after.name, after.result, after.by) == (during.name, Result.SUCCEEDED, "jane")
    assert (after.before, after.after) == (OLD, ending.runs)
    assert told == []


def test_completed_records_cannot_be_changed(place, ports, memory):
    promoted(place, ports)
    (obj,) = place.client.list("v1", "ConfigMap", "prod").items
    assert obj["immutable"] is True


@pytest.mark.parametrize(
    ("error", "result", "message"),
    [
        (StepFailed("the install failed"), Result.FAILED, "the install failed"),
        (DeadlineError("too late"), Result.UNFINISHED, "too late"),
        (KeyboardInterrupt(), Result.UNFINISHED, "KeyboardInterrupt"),
    ],
)
def test_however_it_ends_is_kept(place, ports, error, result, message):
    with pytest.raises(type(error)), records.recorded(place, Action.PROMOTE, lambda: OLD, NEW, ports):
        raise error
    (found,), _ = place.read()
    assert (found.result, found.message, found.after) == (result, message, NEW)


def killed(place):
    """What a command leaves that is killed after it planned its change."""
    left = Record(
        name="left",
        workload=place.workload,
        environment="prod",
        action=Action.PROMOTE,
        by="jane",
        planned=NOW,
        before=OLD,
        after=NEW,
    )
    place.client.create(release.config_map(left, "prod"))


def test_the_next_command_completes_and_names_what_a_killed_one_left(place, ports, told):
    killed(place)
    promoted(place, ports, before=NEW, after=OLD, runs=OLD)
    first, second = sorted(place.read()[0], key=lambda one: one.after.version, reverse=True)
    assert (first.result, second.result) == (Result.SUCCEEDED, Result.SUCCEEDED)
    assert "by a later one, 2 runs" in first.message
    assert told == [f"promote of 2 to prod, begun by jane: {first.message}"]


def test_a_second_change_at_once_is_refused_before_it_is_planned(place, ports, memory, tmp_path):
    with records.recorded(place, Action.PROMOTE, lambda: OLD, NEW, ports):
        ann = place_of(memory, tmp_path, "ann")
        with pytest.raises(RefusedError, match="is held by jane"):
            promoted(ann, ports)
        assert [one.result for one in place.read()[0]] == [Result.PLANNED]


def test_who_may_not_keep_records_still_promotes_and_is_told(memory, tmp_path, ports, told):
    memory.allow("ann", ("get", "list"), ("configmaps",), "prod")
    memory.allow("ann", ("*",), ("leases",), "prod")
    place = place_of(memory, tmp_path, "ann")
    promoted(place, ports)
    assert place.read() == ([], [])
    assert len(told) == 1
    assert "ann may not create configmaps in" in told[0]
    assert told[0].endswith("; pkgops doctor --rbac promote prints the Role")


def test_without_a_lease_what_seems_left_may_be_at_work_and_is_left_alone(memory, tmp_path, ports, place):
    killed(place)
    memory.allow("ann", ("*",), ("configmaps",), "prod")
    promoted(place_of(memory, tmp_path, "ann"), ports)
    assert {one.name: one.result for one in place.read()[0]}["left"] is Result.PLANNED


def test_what_runs_is_asked_once_nobody_else_may_change_it(memory, tmp_path, ports, place):
    held = []

    def runs():
        held.append(place.client.get(leases.API, "Lease", "hello-release", "prod")["spec"]["holderIdentity"])
        return OLD

    with records.recorded(place, Action.PROMOTE, runs, NEW, ports):
        pass
    assert held[0].startswith("jane on ")


def test_where_what_runs_has_moved_nothing_is_recorded_and_the_lease_given_back(place, ports):
    def moved():
        raise RefusedError("prod has changed")

    with pytest.raises(RefusedError), records.recorded(place, Action.PROMOTE, moved, NEW, ports):
        pytest.fail("nothing may be changed")
    assert place.read() == ([], [])
    assert place.client.get(leases.API, "Lease", "hello-release", "prod")["spec"]["holderIdentity"] == ""


def test_one_that_was_deleted_meanwhile_is_told_and_no_failure(place, ports, told):
    with records.recorded(place, Action.PROMOTE, lambda: OLD, NEW, ports):
        (during,), _ = place.read()
        place.client.delete("v1", "ConfigMap", during.name, "prod")
    assert place.read() == ([], [])
    assert len(told) == 1


def test_other_workloads_and_what_is_no_record_are_left_alone(memory, place, ports, tmp_path):
    other = place_of(memory, tmp_path, "ann", "default/other")
    killed(other)
    labels = {"pkgops.dev/release": "v1"}
    meta = {"name": "edited", "namespace": "prod", "labels": labels}
    place.client.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"x": "y"}})
    promoted(place, ports)
    found, unreadable = place.read()
    assert ([one.workload for one in found], unreadable) == (["default/hello"], ["edited"])
    assert [one.result for one in other.read()[0]] == [Result.PLANNED]


def test_old_records_are_deleted(memory, tmp_path, ports):
    place = place_of(memory, tmp_path, keep=2)
    for number in range(1, 6):
        version = Release(version=str(number), healthy=True)
        promoted(
            place, ports, before=Release(version=str(number - 1), healthy=True), after=version, runs=version
        )
    assert len(place.read()[0]) <= 3
