"""The gate that asks a program on this machine."""

from __future__ import annotations

import json
import sys

import pytest
from gates_kit import *  # noqa: F403

from pkgops.errors import Exit, RefusedError
from pkgops.flows.promotion.gates import command, evaluate
from pkgops.flows.promotion.gates.rule import BadSpec, Gate, State


def asked(case, value):
    spec = command.read(value)
    return evaluate.Outcome(
        gate := Gate(name="command", type="command", rule=command.RULE, spec=spec),
        evaluate._verdict(gate, case),
    )


def program(text):
    return [sys.executable, "-c", text]


def test_it_gets_the_plan_on_stdin(case_of, tmp_path):
    kept = tmp_path / "plan.json"
    code = f"import sys; open({str(kept)!r}, 'w').write(sys.stdin.read()); print('looked'); print('fine')"
    found = asked(case_of(), program(code)).verdict
    assert found.state is State.PASS
    assert found.evidence == f"{sys.executable} ended with status 0: fine"
    plan = json.loads(kept.read_text())
    assert (plan["kind"], plan["action"], plan["environment"], plan["from"], plan["by"]) == (
        "PromotionPlan", "promote", "prod", "dev", "jane",
    )  # fmt: skip
    assert (plan["before"]["version"], plan["after"]["version"]) == ("1", "2")


@pytest.mark.parametrize(("status", "state"), [(1, State.FAIL), (2, State.FAIL), (75, State.PENDING)])
def test_its_status_decides(case_of, status, state):
    code = f"import sys; print('why', file=sys.stderr); print('no', file=sys.stderr); sys.exit({status})"
    found = asked(case_of(), program(code)).verdict
    assert (found.state, found.detail) == (state, "why")
    assert found.evidence.endswith(f"ended with status {status}: no")


def test_one_that_reads_nothing_and_says_nothing_is_heard(case_of):
    assert asked(case_of(), ["true"]).verdict.evidence == "true ended with status 0"
    assert asked(case_of(), ["false"]).verdict.state is State.FAIL


def test_one_that_is_killed_did_not_agree(case_of):
    found = asked(case_of(), program("import os; os.kill(os.getpid(), 9)")).verdict
    assert found.state is State.FAIL
    assert "status -9" in found.evidence


def test_what_it_writes_moves_no_cursor(case_of):
    found = asked(case_of(), program("print('\\x1b[2J\\x1b]0;owned\\x07' + 'x' * 500)")).verdict
    assert "\x1b" not in found.evidence
    assert len(found.evidence) < 400


def test_one_that_does_not_end_in_time_is_unknown_and_refused(case_of):
    case = case_of()
    one = asked(case, {"run": program("import time; time.sleep(60)"), "timeout": "200ms"})
    assert one.verdict.state is State.PENDING
    assert "did not end within 0.2 s" in one.verdict.evidence
    with pytest.raises(RefusedError) as caught:
        evaluate.refuse([one], case)
    assert caught.value.exit_code is Exit.REFUSED


def test_a_program_that_is_not_there_is_unknown(case_of):
    found = asked(case_of(), ["no-such-program-anywhere"]).verdict
    assert found.state is State.PENDING
    assert found.evidence == "unknown: no-such-program-anywhere is not installed"


@pytest.mark.parametrize(
    "value", [None, "true", [], {"run": []}, {"exec": ["true"]}, [["true"]], {"run": ["a"], "timeout": "x"}]
)
def test_values_that_are_no_command(value):
    with pytest.raises(BadSpec):
        command.read(value)
