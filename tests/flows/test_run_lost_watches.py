"""What is not answered for long is unknown, and a user who is not known any more ends what is followed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from api_fixtures import one_cluster
from shared_traces import recorded

from pkgops.errors import PkgopsError, PreflightError
from pkgops.flows import replay
from pkgops.flows.clusters import Clusters
from pkgops.flows.run.lost_watches import ANSWER, LostWatches
from pkgops.flows.run.watch import RunWatch
from pkgops.flows.unreadable import gaps
from pkgops.kube import Client, ClusterDeleted, Forbidden, NotFound, Unauthorized
from pkgops.kube.endpoint import Endpoint
from pkgops.kube.errors import Unreachable
from pkgops.kube.transport import Transport
from pkgops.pipeline import Watch
from pkgops.settings import EnvironmentSetting

NOW = datetime(2026, 1, 1, tzinfo=UTC)
HERE, THERE = Watch("v1", "Pod", "apps-dev"), Watch("v1", "Pod", "apps-prod")


@dataclass
class Watched:
    """A watch as far as its error goes."""

    error: PkgopsError | None = None


def refused():
    return Unauthorized(401, "Unauthorized", "Unauthorized")


@pytest.fixture
def lost():
    home, other = object(), object()
    prod = EnvironmentSetting(name="prod", namespace="apps-prod", context="other")
    return LostWatches(Clusters(workload=home, environments=(prod,), connected=lambda _: other))


def at(seconds):
    return NOW + timedelta(seconds=seconds)


def test_a_cluster_that_was_deleted_is_told_at_once(lost):
    error = ClusterDeleted("the local cluster was deleted")
    with pytest.raises(ClusterDeleted) as caught:
        lost.among({HERE: Watched(error)}, at(0))
    assert caught.value is error
    assert lost.among({THERE: Watched(error)}, at(0)) == set()


@pytest.mark.parametrize(
    "error", [refused(), PreflightError("cannot log in through aws"), PreflightError("cannot read the token")]
)
def test_who_has_no_login_any_more_is_told(lost, error):
    watches = {HERE: Watched(error)}
    assert lost.among(watches, at(0)) == lost.among(watches, at(19)) == set()
    with pytest.raises(type(error)) as caught:
        lost.among(watches, at(20))
    assert caught.value is error


def test_a_login_that_is_renewed_late_is_waited_for(lost):
    watches = {HERE: Watched(refused())}
    assert lost.among(watches, at(0)) == lost.among(watches, at(19)) == set()
    watches[HERE].error = None
    assert lost.among(watches, at(21)) == set()
    watches[HERE].error = refused()
    assert lost.among(watches, at(22)) == lost.among(watches, at(41)) == set()
    with pytest.raises(Unauthorized):
        lost.among(watches, at(42))


def test_another_cluster_that_does_not_know_the_user_is_unknown(lost):
    watches = {HERE: Watched(), THERE: Watched(refused())}
    assert lost.among(watches, at(0)) == set()
    found = lost.among(watches, at(20))
    assert found == {THERE}
    (gap,) = gaps(watches, {}, {HERE, THERE} - found, ())
    assert gap.sentence == "pods in apps-prod are not reachable: Unauthorized"


def test_a_server_that_does_not_answer_for_long_is_unknown_and_ends_nothing(lost):
    watches = {HERE: Watched(Unreachable("no answer", why="connection refused")), THERE: Watched()}
    last = ANSWER.total_seconds()
    assert lost.among(watches, at(0)) == lost.among(watches, at(last - 1)) == set()
    found = lost.among(watches, at(last))
    assert found == {HERE}
    (gap,) = gaps(watches, {}, {HERE, THERE} - found, ())
    assert gap.sentence == "pods in apps-dev are not reachable: no answer: connection refused"
    watches[HERE].error = None
    assert lost.among(watches, at(last + 1)) == set()


@pytest.mark.parametrize("error", [None, Forbidden(403, "Forbidden", "no"), NotFound(404, "NotFound", "no")])
def test_what_an_answer_says_is_not_lost(lost, error):
    watches = {HERE: Watched(error)}
    assert lost.among(watches, at(0)) == lost.among(watches, at(100_000)) == set()


def seconds(snapshots, clock):
    """Let time go by while something is followed."""
    for _ in range(400):
        next(snapshots)
        clock[0] += timedelta(seconds=1)


def test_a_run_that_is_followed_ends_once_the_user_is_not_known_any_more(commands):
    commands.play("fourth-run", 200.0)
    found = recorded("fourth-run")
    clock = [NOW]
    client = Client(Transport(Endpoint(server=commands.api.url, name="memory", token=lambda: "jane")))
    with RunWatch(one_cluster(client), replay.scope_of(found), now=lambda: clock[0]) as watch:
        snapshots = watch.snapshots(0.05)
        assert next(snapshots).stages
        commands.api.fail("GET", "/", 401, "Unauthorized", "Unauthorized", times=10_000)
        commands.api.objects.drop_watches()
        with pytest.raises(Unauthorized) as caught:
            seconds(snapshots, clock)
    assert caught.value.exit_code == 3
    assert "log in again" in caught.value.next
