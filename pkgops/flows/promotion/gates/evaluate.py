"""Gates evaluated for one change, with overrides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pkgops.errors import Exit, PkgopsError, PreflightError, RefusedError, UsageError
from pkgops.flows.did_you_mean import unknown
from pkgops.flows.promotion.gates.configured import gates
from pkgops.flows.promotion.gates.rule import Case, Gate, State, Verdict
from pkgops.flows.releases.release import Action, GateResult
from pkgops.kube import Forbidden
from pkgops.settings import EnvironmentSetting


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of one gate.

    Attributes:
        gate: the gate.
        verdict: the verdict of its rule.
        reason: why it is overridden; empty where it is not.
    """

    gate: Gate
    verdict: Verdict
    reason: str = ""

    @property
    def passes(self) -> bool:
        """Whether it passes or is overridden."""
        return self.verdict.state is State.PASS or bool(self.reason)

    def recorded(self) -> GateResult:
        """Return the result for the record of the change."""
        reason = self.reason if self.verdict.state is not State.PASS else ""
        return GateResult(
            gate=self.gate.name,
            type=self.gate.type,
            state=str(self.verdict.state),
            evidence=self.verdict.evidence,
            overridden=reason,
        )


@dataclass(frozen=True, slots=True)
class Gated:
    """A change, and the results of its gates."""

    case: Case
    outcomes: tuple[Outcome, ...]


def applying(setting: EnvironmentSetting, action: Action) -> list[Gate]:
    """Return the gates of an environment that are evaluated before an action.

    Raises:
        UsageError: as in :func:`pkgops.flows.promotion.gates.configured.gates`.
    """
    found = gates(setting)
    return [gate for gate in found if gate.rollback] if action is Action.ROLLBACK else found


def check_overrides(asked: Sequence[Gate], environment: str, overrides: Mapping[str, str]) -> None:
    """Refuse overrides of gates that do not exist, or that may not be overridden.

    Raises:
        UsageError: there is no such gate; names the nearest. Or no reason is given.
        RefusedError: by the configuration it is not overridable.
    """
    known = {gate.name: gate for gate in asked}
    for name, reason in overrides.items():
        if name not in known:
            raise unknown("gate", name, list(known), f"for {environment}")
        if not reason.strip():
            raise UsageError(
                f"--override {name} needs a reason, which is recorded",
                next=f'--override {name} --reason "..."',
                slug="reason-missing",
            )
        if not known[name].overridable:
            raise RefusedError(
                f"gate {name} of {environment} is not overridable",
                next=f"pkgops gates --to {environment} shows what would satisfy it",
                slug="not-overridable",
            )


def evaluate(asked: Sequence[Gate], case: Case, overrides: Mapping[str, str]) -> tuple[Outcome, ...]:
    """Return the result of each gate, in their order."""
    return tuple(Outcome(gate, _verdict(gate, case), overrides.get(gate.name, "")) for gate in asked)


def again(outcomes: Sequence[Outcome], case: Case) -> tuple[Outcome, ...]:
    """Return the present results of gates that were evaluated before; overrides are kept."""
    return tuple(replace(one, verdict=_verdict(one.gate, case)) for one in outcomes)


def _verdict(gate: Gate, case: Case) -> Verdict:
    try:
        return gate.rule.judge(gate.spec, gate.rule.gather(gate.spec, case))
    except PkgopsError as error:
        return Verdict(
            state=State.PENDING,
            evidence=f"unknown: {error.summary}",
            remedy=error.next,
            detail=error.why,
            error=error,
        )


def refuse(outcomes: Sequence[Outcome], case: Case) -> None:
    """Make sure that every gate passes.

    Raises:
        RefusedError: one does not; names it, its evidence, and what would satisfy it.
        PkgopsError: the only reason is that something is unknown; the error because of which it is.
    """
    left = [one for one in outcomes if not one.passes]
    if not left:
        return
    errors = [one.verdict.error for one in left if one.verdict.error]
    if len(errors) == len(left) and errors[0].exit_code is Exit.UNREACHABLE:
        raise _unjudged(left[0].gate, case, errors[0])
    first = next((one for one in left if one.verdict.state is State.FAIL), left[0])
    slug = "not-healthy" if first.gate.type == "healthy" else "gate"
    if len(left) == 1:
        what, why = first.verdict.evidence, first.verdict.detail
        if slug == "gate":
            what = f"gate {first.gate.name} of {case.setting.name} does not pass: {what}"
    else:
        names = ", ".join(one.gate.name for one in left)
        what = f"{len(left)} gates of {case.setting.name} do not pass {case.after.version}: {names}"
        why = "\n".join(f"{one.gate.name} ({one.verdict.state}): {one.verdict.evidence}" for one in left)
    raise RefusedError(what, why=why, next=first.verdict.remedy, slug=slug)


def _unjudged(gate: Gate, case: Case, error: PkgopsError) -> PkgopsError:
    """The error of a gate that could not be evaluated: a missing permission alone would not name the gate."""
    if not isinstance(error, Forbidden):
        return error
    return PreflightError(
        f"gate {gate.name} of {case.setting.name} cannot be evaluated: {error.summary}; nothing was changed",
        why=error.what,
        next="pkgops doctor --rbac watch prints the Role",
        slug=error.slug,
    )
