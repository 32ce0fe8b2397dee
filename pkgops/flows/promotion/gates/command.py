"""``command``: a program on this machine reads the plan, and decides whether it may be carried out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from pkgops.errors import UsageError
from pkgops.flows.promotion.gates.rule import BadSpec, Case, Rule, State, Verdict
from pkgops.settings import parse_duration

SECONDS = 60.0
TRY_LATER = 75
"""The exit status for "try again later" (EX_TEMPFAIL of sysexits.h)."""
_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Spec:
    """A program with its arguments, and how many seconds it gets."""

    argv: tuple[str, ...]
    seconds: float = SECONDS


@dataclass(frozen=True, slots=True)
class Ended:
    """How a program ended: its exit status (negative for a signal), and what it wrote."""

    program: str
    status: int
    output: str


def read(value: Any) -> Spec:
    """Read ``[./check.sh, prod]`` or ``{run: [./check.sh, prod], timeout: 30s}``."""
    seconds, argv = SECONDS, value
    if isinstance(value, Mapping):
        if set(value) - {"run", "timeout"}:
            raise BadSpec("must be a list of words, or a map of run and timeout")
        argv = value.get("run")
        try:
            seconds = parse_duration(str(value.get("timeout", SECONDS)), "timeout")
        except UsageError as error:
            raise BadSpec(error.what) from error
    if not isinstance(argv, list) or not argv or any(isinstance(word, list | dict) for word in argv):
        raise BadSpec("must be a list: a program and its arguments")
    return Spec(tuple(map(str, argv)), seconds)


def judge(_: Spec, ended: Ended) -> Verdict:
    """Return pass for exit status 0, pending for 75, and fail for any other."""
    how = f"{ended.program} ended with status {ended.status}"
    *more, last = _lines(ended.output) or [""]
    evidence = f"{how}: {last}" if last else how
    if ended.status == 0:
        return Verdict(state=State.PASS, evidence=evidence)
    state = State.PENDING if ended.status == TRY_LATER else State.FAIL
    return Verdict(
        state=state,
        evidence=evidence,
        remedy=f"whatever {ended.program} requires to end with status 0",
        detail="\n".join(more),
    )


def _lines(text: str) -> list[str]:
    """The last lines without terminal control characters."""
    plain = ("".join(filter(str.isprintable, line)).strip() for line in text.splitlines())
    return [line if len(line) <= _SHOWN else f"{line[: _SHOWN - 1]}…" for line in plain if line][-15:]


def document(case: Case) -> str:
    """Return the program's stdin: a PromotionPlan, with the user, the source environment and the action."""
    found = {
        "apiVersion": "pkgops.dev/v1",
        "kind": "PromotionPlan",
        "action": str(case.action),
        "cluster": case.client.server,
        "workload": case.workload,
        "environment": case.setting.name,
        "namespace": case.setting.namespace,
        "from": case.source.name if case.source else "",
        "by": case.user,
        "before": asdict(case.before),
        "after": asdict(case.after),
    }
    return json.dumps(found, indent=2) + "\n"


def gather(spec: Spec, case: Case) -> Ended:
    """Run the program.

    Raises:
        ToolMissing: the program is not installed.
        DeadlineError: it does not end in time, and is killed.
    """
    from pkgops import tools

    program = spec.argv[0]
    try:
        done = tools.run(*spec.argv, stdin=document(case), deadline=spec.seconds)
    except tools.ToolFailed as error:
        return Ended(program, error.status, error.stderr)
    return Ended(program, 0, done.stdout)


RULE = Rule(read=read, judge=judge, gather=gather)
