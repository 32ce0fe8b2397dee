"""Where a rollback goes, by the records, and what history tells of what no record tells of."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from api_fixtures import one_cluster

from pkgops.errors import Exit, PreflightError, RefusedError, UsageError
from pkgops.flows import history, rollback
from pkgops.flows.did_you_mean import unknown
from pkgops.flows.promotion import change
from pkgops.flows.releases import release
from pkgops.flows.releases.release import Action, Record, Release, Result
from pkgops.flows.verification import result
from pkgops.flows.verification.result import Outcome, Verification
from pkgops.kube import connect
from pkgops.settings import EnvironmentSetting

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
PROD = EnvironmentSetting(name="prod", namespace="ns-prod")


@pytest.fixture
def memory(memory_api):
    memory_api.namespaces("ns-prod")
    return memory_api


@pytest.fixture
def target(memory, tmp_path):
    """A target with one cluster; nothing but records is read from it here."""
    client = connect(memory.kubeconfig(tmp_path / "kubeconfig"))
    settings = SimpleNamespace(workload_namespace="default", kept_releases=50, environments=())
    return SimpleNamespace(client=client, settings=settings, clusters=one_cluster(client))


def record(number, before, after, result=Result.SUCCEEDED):
    planned = BEGIN + timedelta(minutes=number)
    return Record(
        name=f"r{number}",
        workload="default/hello",
        environment="prod",
        action=Action.PROMOTE,
        by="jane",
        planned=planned,
        before=Release(version=before, healthy=True),
        after=Release(version=after, healthy=True),
        result=result,
        completed=planned,
    )


def kept(target, *records):
    for one in records:
        target.client.create(release.config_map(one, "ns-prod"))


def test_it_goes_to_the_last_healthy_release_before(target):
    kept(target, record(1, "1", "2"), record(2, "2", "3", Result.FAILED), record(3, "2", "4"))
    assert rollback._earlier(target, PROD, "hello", "4") == "2"


def test_what_failed_its_verification_is_passed_over(target):
    kept(target, record(1, "1", "2"), record(2, "2", "3"), record(3, "3", "4"))
    for number, outcome in enumerate((Outcome.PASSED, Outcome.FAILED, Outcome.UNKNOWN)):
        begun = BEGIN + timedelta(minutes=number)
        failed = Verification(
            name=f"v{number}",
            workload="default/hello",
            environment="prod",
            by="ann",
            begun=begun,
            version="3",
            image="",
            outcome=outcome,
        )
        target.client.create(result.config_map(failed, "ns-prod"))
    assert rollback._earlier(target, PROD, "hello", "4") == "2"
    target.client.create(
        result.config_map(
            Verification(
                name="v",
                workload="default/hello",
                environment="prod",
                by="",
                begun=BEGIN,
                version="2",
                image="",
                outcome=Outcome.FAILED,
            ),
            "ns-prod",
        )
    )
    assert rollback._earlier(target, PROD, "hello", "4") == "1"


def test_without_a_healthy_release_before_it_is_refused(target):
    kept(target, record(1, "", "2"))
    with pytest.raises(RefusedError, match="no record of prod has a healthy release before 2") as caught:
        rollback._earlier(target, PROD, "hello", "2")
    assert (caught.value.slug, caught.value.exit_code) == ("no-healthy-release", Exit.REFUSED)
    with pytest.raises(RefusedError):
        rollback._earlier(target, PROD, "other", "2")


@pytest.mark.parametrize(("pinned", "to"), [("", "2"), ("3", "2"), ("2", "1"), ("2", "")])
def test_there_is_something_to_do_where_it_is_not_held_at_the_version_that_runs(pinned, to):
    """A promotion that got no further than its pin, for one, is undone so."""
    rollback._check_differs(PROD, Release(version="2", pinned=pinned), to)


def test_there_is_nothing_to_do_where_it_is_held_there():
    with pytest.raises(RefusedError, match="prod runs 2 already, and is pinned to it") as caught:
        rollback._check_differs(PROD, Release(version="2", pinned="2"), "2")
    assert caught.value.slug == "runs-already"


@pytest.fixture
def emptied(monkeypatch):
    """A registry that has version 3 alone."""

    def of_version(target, version, origins):
        if version != "3":
            raise unknown("version", version, ["3"], "in registry.example.com/hello-ops-pkg")
        return Release(version=version, pinned=version)

    monkeypatch.setattr(change, "of_version", of_version)


def test_a_release_that_left_the_registry_is_named(target, emptied):
    assert rollback._release_to_restore(target, PROD, "3", {}, named=False).version == "3"
    with pytest.raises(PreflightError, match="2, the last healthy release of prod before, is no longer"):
        rollback._release_to_restore(target, PROD, "2", {}, named=False)
    with pytest.raises(UsageError, match="there is no version '2'"):
        rollback._release_to_restore(target, PROD, "2", {}, named=True)


@pytest.mark.parametrize(
    ("records", "runs", "told"),
    [
        ([], "", True),
        ([], "1", False),
        ([record(1, "1", "2")], "2", True),
        ([record(1, "1", "2")], "3", False),
        ([record(1, "1", "2")], "1", False),
        ([record(1, "1", "2", Result.FAILED)], "1", True),
        ([record(1, "1", "2", Result.FAILED)], "2", True),
        ([record(2, "2", "3"), record(1, "1", "2")], "2", False),
    ],
)
def test_what_runs_without_a_record_is_told(target, records, runs, told):
    kept(target, *records)
    past = history._past(target, PROD, "hello", Release(version=runs))
    assert (past.unrecorded is None) is told


def test_records_that_cannot_be_read_are_unknown_not_none(memory, target):
    memory.fail("GET", "configmaps", 403, "Forbidden", "no", times=1)
    past = history._past(target, PROD, "hello", Release(version="1"))
    assert past.unknown is not None
    assert past.unrecorded is None
