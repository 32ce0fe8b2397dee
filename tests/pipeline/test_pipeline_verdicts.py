"""What stages and causes come to, and which cause is told first."""

from __future__ import annotations

import pytest

from pkgops.model import Blockage, CauseCode, Stage, StageStatus, State, Unreadable, Verdict
from pkgops.pipeline.diagnosis.ranking import of_gap, ranked
from pkgops.pipeline.verdict import verdict


def stage(state, current=True):
    status = StageStatus(state=state, current=current)
    return Stage(name="x", scope="supply-chain", title="X", status=status)


def cause(state=State.FAILED, code=CauseCode.FAILED, scope="supply-chain", text="it broke"):
    return Blockage(code=code, cause=text, object=None, scope=scope, state=state)


DONE, WORKS, WAITS, FAILS, UNKNOWN = map(
    stage, (State.DONE, State.WORKING, State.WAITING, State.FAILED, State.UNKNOWN)
)
STALE = cause(State.FAILED, CauseCode.STALE_PACKAGE)
MAYBE = cause(State.UNKNOWN, CauseCode.MAY_NOT_READ)
HELD = cause(State.WAITING, CauseCode.NOT_NOTICED)


@pytest.mark.parametrize(
    ("stages", "causes", "expected"),
    [
        ([DONE, DONE], [], Verdict.READY),
        ([DONE], [None], Verdict.READY),
        ([], [], Verdict.WAITING),
        # What is done for the inputs of before is not ready.
        ([DONE, stage(State.DONE, current=False)], [], Verdict.WAITING),
        ([DONE, WORKS], [], Verdict.WORKING),
        ([WORKS, WAITS], [], Verdict.WORKING),
        ([DONE, WAITS], [], Verdict.WAITING),
        ([UNKNOWN, UNKNOWN], [], Verdict.UNKNOWN),
        ([UNKNOWN, WAITS], [], Verdict.WAITING),
        # Something works, and yet it is known to be held up.
        ([WORKS], [HELD], Verdict.WAITING),
        ([DONE], [HELD], Verdict.WAITING),
        ([WORKS], [cause()], Verdict.FAILED),
        ([FAILS], [cause()], Verdict.FAILED),
        ([DONE], [STALE], Verdict.STALE),
        ([DONE], [cause(State.WAITING, CauseCode.STALE_DEPLOYMENT)], Verdict.STALE),
        # A failure is told before what is merely old, and both before what is not known.
        ([DONE], [STALE, cause()], Verdict.FAILED),
        ([DONE], [MAYBE, STALE], Verdict.STALE),
        ([DONE], [MAYBE], Verdict.UNKNOWN),
        ([], [MAYBE], Verdict.UNKNOWN),
        ([DONE], [MAYBE, HELD], Verdict.UNKNOWN),
    ],
)
def test_a_verdict(stages, causes, expected):
    assert verdict(stages, causes) is expected


def at(scope, state, code=CauseCode.FAILED, text=""):
    return cause(state, code, scope, text or f"{scope} {state}")


CHAIN_FAILS = at("supply-chain", State.FAILED)
CHAIN_WAITS = at("supply-chain", State.WAITING)
CHAIN_UNKNOWN = at("supply-chain", State.UNKNOWN)
CHAIN_STALE = at("supply-chain", State.FAILED, CauseCode.STALE_PACKAGE, "stale")
DEV_FAILS = at("apps-dev", State.FAILED)
DEV_WAITS = at("apps-dev", State.WAITING)


@pytest.mark.parametrize(
    ("causes", "delivered", "order"),
    [
        ([DEV_WAITS, CHAIN_FAILS], True, [CHAIN_FAILS, DEV_WAITS]),
        ([DEV_WAITS, CHAIN_WAITS, DEV_FAILS], True, [DEV_FAILS, DEV_WAITS, CHAIN_WAITS]),
        ([CHAIN_STALE, DEV_FAILS], True, [DEV_FAILS, CHAIN_STALE]),
        ([CHAIN_UNKNOWN, CHAIN_STALE], True, [CHAIN_STALE, CHAIN_UNKNOWN]),
        ([DEV_WAITS, CHAIN_UNKNOWN], True, [CHAIN_UNKNOWN, DEV_WAITS]),
        # Before a first package nothing in an environment is the cause of anything.
        ([DEV_FAILS, CHAIN_FAILS], False, [CHAIN_FAILS, DEV_FAILS]),
        ([DEV_FAILS, CHAIN_WAITS], False, [CHAIN_WAITS, DEV_FAILS]),
        ([DEV_WAITS, DEV_FAILS], False, [DEV_FAILS, DEV_WAITS]),
        # The chain's own order stays.
        (
            [CHAIN_FAILS, at("supply-chain", State.FAILED, text="later")],
            True,
            ["supply-chain failed", "later"],
        ),
        ([None, None], True, []),
    ],
)
def test_the_deepest_cause_is_first(causes, delivered, order):
    told = [one.cause for one in ranked(causes, delivered=delivered)]
    assert told == [one if isinstance(one, str) else one.cause for one in order]


def test_what_cannot_be_read_is_told_once_for_each_part():
    found = [CHAIN_UNKNOWN, CHAIN_UNKNOWN, at("apps-dev", State.UNKNOWN, text=CHAIN_UNKNOWN.cause)]
    assert [one.scope for one in ranked(found, delivered=True)] == ["supply-chain", "apps-dev"]
    twice = [CHAIN_FAILS, CHAIN_FAILS]
    assert len(ranked(twice, delivered=True)) == 2


@pytest.mark.parametrize(
    "code",
    [CauseCode.MAY_NOT_READ, CauseCode.NOT_REACHABLE, CauseCode.NOT_SERVED, CauseCode.NOT_LISTED],
)
def test_what_cannot_be_read_is_a_cause_without_evidence(code):
    gap = Unreadable(api_version="v1", kind="Pod", namespace="a", code=code, sentence="ann may not list pods")
    found = of_gap(gap, "apps-dev")
    assert (found.code, found.cause) == (code, "unknown: ann may not list pods")
    assert (found.state, found.scope) == (State.UNKNOWN, "apps-dev")
    assert (found.evidence, found.object) == ((), None)
