"""``verified``: the version passed verification in the environment that it comes from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pkgops.errors import PreflightError
from pkgops.flows.promotion.gates.rule import BadSpec, Case, Rule, State, Verdict
from pkgops.flows.verification import result, store
from pkgops.flows.verification.result import Outcome, Verification


@dataclass(frozen=True, slots=True)
class Facts:
    """The verification of a version.

    Attributes:
        version: the package version.
        environment: where it was verified.
        last: the last conclusive verification of it; None where there is none.
    """

    version: str
    environment: str
    last: Verification | None


def _read(value: Any) -> None:
    if value not in (None, True):
        raise BadSpec("takes no value; what is verified are the checks of the environment before")


def judge(_: object, seen: Facts) -> Verdict:
    """Return whether the last verification of a version passed."""
    again = f"pkgops verify --env {seen.environment}"
    if seen.last is None:
        evidence = f"no verification in {seen.environment} has a result for {seen.version}"
        return Verdict(state=State.PENDING, evidence=evidence, remedy=again)
    when = f"{seen.last.begun:%Y-%m-%d %H:%M:%SZ}, by {seen.last.by or 'an unknown user'}"
    evidence = f"{seen.version} {seen.last.outcome} verification in {seen.environment} at {when}"
    if seen.last.outcome is Outcome.PASSED:
        return Verdict(state=State.PASS, evidence=evidence)
    failed = [f"{one.name}: {one.evidence}" for one in seen.last.checks if one.outcome is Outcome.FAILED]
    return Verdict(state=State.FAIL, evidence=evidence, remedy=again, detail="\n".join(failed))


def gather(_: object, case: Case) -> Facts:
    """Read the verifications in the environment that the version comes from.

    Raises:
        PreflightError: the source environment is not given.
        PkgopsError: they cannot be read.
    """
    if case.source is None:
        raise PreflightError("the source environment is not given", next="pkgops status")
    found, _unreadable = store.read(case.place(case.source))
    last = result.last_conclusive(found, case.after.version, case.after.image)
    return Facts(case.after.version, case.source.name, last)


RULE = Rule(read=_read, judge=judge, gather=gather, of_source=True)
