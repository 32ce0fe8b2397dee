"""Errors of lists and watches as what is not known because of them, in words of who may not do what."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from snapshot_kit import CHAIN, NOW, cause, snapshot

from pkgops.errors import PkgopsError, PreflightError
from pkgops.flows import retries, status, unreadable
from pkgops.flows.ports import Ports
from pkgops.kube.errors import ApiError, Denied, Forbidden, NotFound, Unreachable
from pkgops.model import CauseCode, State, Verdict
from pkgops.pipeline.required_watches import Watch

PODS = Watch("v1", "Pod", "apps-dev")
BUILDS = Watch("kpack.io/v1alpha2", "Build", "default")
PLANS = Watch("carto.run/v1alpha1", "ClusterSupplyChain")
REFUSED = (
    'pods is forbidden: User "ann" cannot list resource "pods" in API group "" in the namespace "apps-dev"'
)


def refused(text=REFUSED):
    return Forbidden(403, "Forbidden", text)


def unreachable():
    return Unreachable("the API server does not answer", why="connection\n  refused")


@pytest.mark.parametrize(
    ("watch", "error", "code", "sentence"),
    [
        (PODS, refused(), CauseCode.MAY_NOT_READ, "ann may not list pods in apps-dev"),
        (PLANS, refused(REFUSED.replace("pods", "clustersupplychains")), CauseCode.MAY_NOT_READ,
         "ann may not list clustersupplychains"),
        (PODS, refused("no way\n at all"), CauseCode.MAY_NOT_READ, "no way at all"),
        # A webhook that does not take something is no matter of rights.
        (PODS, Denied(403, "Forbidden", "denied the request"), CauseCode.NOT_REACHABLE,
         "pods in apps-dev are not reachable: denied the request"),
        (PODS, unreachable(), CauseCode.NOT_REACHABLE,
         "pods in apps-dev are not reachable: the API server does not answer: connection refused"),
        (PLANS, ApiError(500, "InternalError", "etcd is away"), CauseCode.NOT_REACHABLE,
         "clustersupplychains are not reachable: etcd is away"),
    ],
)  # fmt: skip
def test_an_error_of_a_watch_says_what_is_not_known(watch, error, code, sentence):
    found = unreadable.of(watch, error)
    assert (found.code, found.sentence) == (code, sentence)
    assert (found.kind, found.namespace) == (watch.kind, watch.namespace)


def test_what_is_not_listed_or_not_served_says_so():
    assert unreadable.unlisted(PODS).sentence == "pods in apps-dev are not listed yet"
    assert unreadable.unserved(BUILDS).sentence == "this cluster does not serve builds.kpack.io (v1alpha2)"
    assert unreadable.unserved(PODS).sentence == "this cluster does not serve pods (v1)"


@dataclass
class Watched:
    """A watch as far as its error goes."""

    error: PkgopsError | None = None


GONE = NotFound(404, "NotFound", "the server could not find the requested resource")


@pytest.mark.parametrize(
    ("error", "listed", "root", "codes"),
    [
        (None, True, False, []),
        (None, False, False, [CauseCode.NOT_LISTED]),
        # Its last list stands while a connection is made anew.
        (unreachable(), True, False, []),
        (unreachable(), False, False, [CauseCode.NOT_REACHABLE]),
        # A right that was taken away takes what was listed with it.
        (refused(), True, False, [CauseCode.MAY_NOT_READ]),
        (refused(), False, True, [CauseCode.MAY_NOT_READ]),
        (GONE, True, False, [CauseCode.NOT_SERVED]),
        (GONE, False, False, [CauseCode.NOT_SERVED]),
        # Of what every run begins with, a kind that is not served is empty.
        (GONE, True, True, []),
    ],
)
def test_what_is_not_known_of_a_watch(error, listed, root, codes):
    found = unreadable.gaps({PODS: Watched(error)}, {}, {PODS} if listed else (), {PODS} if root else ())
    assert [one.code for one in found] == codes


def test_a_watch_that_could_not_begin_is_not_known():
    assert [one.code for one in unreadable.gaps({}, {PODS: unreachable()}, (), ())] == [
        CauseCode.NOT_REACHABLE
    ]


UNKNOWN = cause(CauseCode.MAY_NOT_READ, State.UNKNOWN, "dev", "")


@pytest.mark.parametrize(
    ("scopes", "raises"), [((), True), (("dev",), True), ((CHAIN,), False), ((CHAIN, "dev"), True)]
)
def test_a_command_stops_where_its_answer_depends_on_what_cannot_be_read(scopes, raises):
    found = snapshot(blockages=(cause(), UNKNOWN))
    if not raises:
        unreadable.check(found, *scopes)
        return
    with pytest.raises(PreflightError) as stopped:
        unreadable.check(found, *scopes)
    assert (stopped.value.slug, stopped.value.what) == ("may-not-read", UNKNOWN.cause)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (refused(), "ann may not list pods in apps-dev"),
        (unreachable(), "the API server does not answer: connection refused"),
    ],
)
def test_why_something_could_not_be_read(error, reason):
    assert unreadable.reason(error, "apps-dev") == reason


@pytest.mark.parametrize(
    ("failure", "sentence"),
    [
        (ApiError(503, "ServiceUnavailable", "try\nlater"),
         "the API server of team cannot serve the request for now (HTTP 503: try later), retrying"),
        (unreachable(), "the API server of team does not answer (connection refused), retrying"),
        (Unreachable("nobody there"), "the API server of team does not answer (nobody there), retrying"),
    ],
)  # fmt: skip
def test_a_person_is_told_why_it_takes_longer(failure, sentence):
    assert retries.sentence("team", failure) == sentence


def test_a_person_is_told_once():
    told = []
    waiting = retries.reporting("team", Ports(on_event=told.append, now=lambda: NOW))
    waiting(unreachable())
    waiting(ApiError(503, "ServiceUnavailable", "later"))
    assert [event.type for event in told] == ["note"]


@pytest.mark.parametrize(
    ("verdicts", "code"),
    [
        ([Verdict.READY], 0),
        ([Verdict.READY, Verdict.WORKING], 4),
        ([Verdict.WAITING], 4),
        ([Verdict.WORKING, Verdict.UNKNOWN], 3),
        ([Verdict.UNKNOWN, Verdict.FAILED, Verdict.READY], 1),
        ([Verdict.STALE], 1),
        ([Verdict.ABSENT], 1),
        ([], 1),
    ],
)
def test_the_exit_code_of_a_status_is_that_of_the_worst(verdicts, code):
    assert status.exit_code([snapshot(verdict=one) for one in verdicts]) == code
