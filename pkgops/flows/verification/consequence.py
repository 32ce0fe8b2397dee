"""The consequence of a change's verification: the change is kept, or the environment is rolled back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from pkgops.errors import PkgopsError, PreflightError, StepFailed
from pkgops.flows.ports import Ports
from pkgops.flows.verification.result import Outcome, Verification


@dataclass(frozen=True, kw_only=True)
class Change:
    """A change that was made, and the functions that verify and roll it back.

    Attributes:
        environment: the changed environment.
        version: the installed version.
        before: the version that ran before; empty where none did.
        rolls_back: whether a verification that fails is followed by a rollback.
        verify: carries out the verification.
        roll_back: rolls back, and returns the version that runs then.
        runs: returns what runs now; raises PkgopsError where that is not known.
    """

    environment: str
    version: str
    before: str
    rolls_back: bool
    verify: Callable[[], Verification]
    roll_back: Callable[[], str]
    runs: Callable[[], str]


def settle(change: Change, ports: Ports) -> Verification:
    """Verify a change, and return the verification; it passed.

    Raises:
        StepFailed: it failed; with the result of the rollback. A failed rollback is named first.
        PreflightError: it is unknown whether it passes; the change is kept.
    """
    try:
        found = change.verify()
    except PkgopsError as error:
        raise _unknown(change, f"{error.summary}\n{error.why}".strip()) from error
    if found.outcome is Outcome.PASSED:
        return found
    evidence = "\n".join(_evidence(found))
    if found.outcome is not Outcome.FAILED:
        raise _unknown(change, evidence)
    failed = f"{change.version} failed its verification in {change.environment}"
    if not change.rolls_back:
        raise StepFailed(
            f"{failed}, and still runs there",
            why=evidence,
            next=f"pkgops rollback --env {change.environment}",
            slug="verification-failed",
        )
    ports.note(f"{failed}; rolling back")
    try:
        runs = change.roll_back()
    except PkgopsError as error:
        raise _not_rolled_back(change, error, evidence) from error
    raise StepFailed(
        f"{failed} and was rolled back: {runs} runs there again",
        why=evidence,
        next=f"correct the application; pkgops history --env {change.environment} shows what was done",
        slug="rolled-back",
    )


def _unknown(change: Change, evidence: str) -> PreflightError:
    return PreflightError(
        f"{change.version} runs in {change.environment}, and whether it passes its verification is unknown",
        why=evidence,
        next=f"pkgops verify --env {change.environment}",
        slug="verification-unknown",
    )


def _not_rolled_back(change: Change, error: PkgopsError, evidence: str) -> StepFailed:
    """The error of a failed rollback, which the user must repair now."""
    try:
        runs = f"{change.runs() or 'nothing'} runs there now"
    except PkgopsError as unread:
        runs = f"what runs there now is unknown: {unread.summary}"
    to = f"the rollback to {change.before}" if change.before else "the rollback"
    return StepFailed(
        f"{change.environment.upper()} IS NOT ROLLED BACK: {change.version} failed its verification, {to} "
        f"failed too, and {runs}",
        why="\n".join(one for one in (f"rollback: {error.summary}", error.why, evidence) if one),
        next=f"pkgops why; pkgops rollback --env {change.environment} --to V",
        slug="rollback-failed",
    )


def _evidence(found: Verification) -> Iterator[str]:
    if found.message:
        yield found.message
    for check in found.checks:
        if check.outcome is not Outcome.PASSED:
            yield f"{check.name} {check.outcome}: {check.evidence}"
            yield from (f"  | {line}" for line in check.log)
