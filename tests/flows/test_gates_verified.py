"""The gate ``verified``: by the verifications in the environment that a version comes from."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from gates_kit import *  # noqa: F403
from gates_kit import IMAGE, NOW, OTHER

from pkgops.errors import Exit, PkgopsError, UsageError
from pkgops.flows.promotion.gates import configured, evaluate
from pkgops.flows.promotion.gates.rule import State
from pkgops.flows.promotion.gates.types import TYPES
from pkgops.flows.promotion.gates.verified import Facts, gather, judge
from pkgops.flows.verification import result
from pkgops.flows.verification.result import Checked, Outcome, Verification
from pkgops.settings import EnvironmentSetting, GateSetting

GATE = GateSetting(
    type="verified", value=None, name="verified", overridable=True, rollback=False, place="config.yaml:1:1"
)


def verification(number, outcome, **more):
    begun = NOW + timedelta(minutes=number)
    made = Verification(
        name=f"v{number}",
        workload="default/hello",
        environment="dev",
        by="ann",
        begun=begun,
        version="2",
        image=IMAGE,
        outcome=outcome,
    )
    check = Checked(
        name="http /", outcome=outcome, evidence=f"HTTP {500 if outcome is Outcome.FAILED else 200}"
    )
    return replace(made, checks=(check,), ended=begun, **more)


def keep(case, *verifications):
    for one in verifications:
        case.client.create(result.config_map(one, "ns-dev"))


def verdict(case):
    return judge(None, gather(None, case))


def test_without_a_verification_it_is_pending(case_of):
    case = case_of()
    keep(
        case,
        verification(1, Outcome.PASSED, version="1"),
        verification(2, Outcome.PASSED, image=OTHER),
        verification(3, Outcome.PASSED, workload="default/other"),
        verification(4, Outcome.UNKNOWN),
    )
    found = verdict(case)
    assert (found.state, found.remedy) == (State.PENDING, "pkgops verify --env dev")
    assert found.evidence == "no verification in dev has a result for 2"


def test_a_later_failure_takes_a_pass_away_and_a_later_pass_a_failure(case_of):
    case = case_of()
    keep(case, verification(1, Outcome.PASSED))
    assert verdict(case).state is State.PASS
    assert verdict(case).evidence == "2 passed verification in dev at 2026-01-01 12:01:00Z, by ann"
    keep(case, verification(2, Outcome.FAILED), verification(3, Outcome.UNKNOWN))
    assert (verdict(case).state, verdict(case).detail) == (State.FAIL, "http /: HTTP 500")
    keep(case, verification(4, Outcome.PASSED))
    assert verdict(case).state is State.PASS


def test_verifications_that_cannot_be_read_are_unknown(case_of, memory):
    memory.allow("jane", ("get",), ("pods",))
    gate = configured.gates(EnvironmentSetting(name="prod", namespace="ns-prod", gates=(GATE,)))[1]
    (found,) = evaluate.evaluate([gate], case_of(), {})
    assert found.verdict.state is State.PENDING
    assert found.verdict.evidence.startswith("unknown: ")
    with pytest.raises(PkgopsError) as caught:
        evaluate.refuse([found], case_of())
    assert caught.value.exit_code is Exit.UNREACHABLE


def test_a_rollback_comes_from_no_environment(case_of):
    with pytest.raises(PkgopsError, match="source environment is not given"):
        gather(None, case_of(source=None))


def test_it_takes_no_value():
    assert TYPES["verified"].read(True) is None
    with pytest.raises(UsageError, match="gate verified: takes no value"):
        configured.gates(
            EnvironmentSetting(name="prod", namespace="ns-prod", gates=(replace(GATE, value="dev"),))
        )


def test_an_unknown_user_is_named_so():
    seen = Facts("2", "dev", verification(1, Outcome.PASSED, by=""))
    assert "by an unknown user" in judge(None, seen).evidence
