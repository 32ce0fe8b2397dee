"""What follows from the verification of a change, and what is told of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from pkgops.errors import Exit, PkgopsError, PreflightError, RefusedError, StepFailed
from pkgops.flows.ports import Ports
from pkgops.flows.verification import consequence
from pkgops.flows.verification.result import Checked, Outcome, Verification

NOW = datetime(2026, 1, 1, tzinfo=UTC)
GONE = PreflightError("the API server does not answer", next="")


def verification(outcome, message=""):
    check = Checked(
        name="task smoke", outcome=outcome, evidence="step-ask exited with 1", log=("no greeting",)
    )
    return Verification(
        name="v",
        workload="default/hello",
        environment="prod",
        by="ann",
        begun=NOW,
        version="2",
        image="i",
        outcome=outcome,
        checks=(check,),
        message=message,
    )


def raising(error):
    def run():
        raise error

    return run


def change(outcome=Outcome.FAILED, rolls_back=True, **more):
    made = consequence.Change(
        environment="prod",
        version="2",
        before="1",
        rolls_back=rolls_back,
        verify=lambda: verification(outcome),
        roll_back=raising(AssertionError("nothing is to be rolled back")),
        runs=lambda: "2",
    )
    return replace(made, **more)


def ended(made):
    with pytest.raises(PkgopsError) as caught:
        consequence.settle(made, Ports())
    return caught.value


def test_what_passes_stands():
    assert consequence.settle(change(Outcome.PASSED), Ports()).outcome is Outcome.PASSED


def test_what_fails_is_kept_where_the_environment_says_so():
    error = ended(change(rolls_back=False))
    assert (error.slug, error.exit_code) == ("verification-failed", Exit.FAILED)
    assert error.what == "2 failed its verification in prod, and still runs there"
    assert error.why == "task smoke failed: step-ask exited with 1\n  | no greeting"
    assert error.next == "pkgops rollback --env prod"


def test_what_fails_is_rolled_back_where_the_environment_says_so():
    error = ended(change(roll_back=lambda: "1"))
    assert (error.slug, error.exit_code) == ("rolled-back", Exit.FAILED)
    assert error.what == "2 failed its verification in prod and was rolled back: 1 runs there again"


@pytest.mark.parametrize("rolls_back", [True, False])
@pytest.mark.parametrize("verify", [lambda: verification(Outcome.UNKNOWN, "1 ran at the end"), raising(GONE)])
def test_what_is_unknown_stands_and_is_told_as_unknown(verify, rolls_back):
    error = ended(change(verify=verify, rolls_back=rolls_back))
    assert (error.slug, error.exit_code) == ("verification-unknown", Exit.UNREACHABLE)
    assert "whether it passes its verification is unknown" in error.what
    assert error.next == "pkgops verify --env prod"


@pytest.mark.parametrize(
    ("runs", "told"),
    [
        (lambda: "2", "2 runs there now"),
        (lambda: "", "nothing runs there now"),
        (raising(GONE), "what runs there now is unknown: the API server does not answer"),
    ],
)
def test_a_rollback_that_fails_too_names_both_versions_and_what_runs(runs, told):
    failed = StepFailed("1 does not answer in prod", why="pods: none", next="kubectl logs")
    error = ended(change(roll_back=raising(failed), runs=runs))
    assert (error.slug, error.exit_code) == ("rollback-failed", Exit.FAILED)
    assert error.what == (
        "PROD IS NOT ROLLED BACK: 2 failed its verification, the rollback to 1 failed too, and " + told
    )
    assert error.why.startswith("rollback: 1 does not answer in prod\npods: none\ntask smoke failed")


def test_where_there_is_nothing_to_roll_back_to():
    none = RefusedError("no record of prod has a healthy release before 2")
    error = ended(change(before="", roll_back=raising(none)))
    assert error.exit_code is Exit.FAILED
    assert "2 failed its verification, the rollback failed too, and 2 runs there now" in error.what
