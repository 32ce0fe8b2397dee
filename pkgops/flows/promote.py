"""Promote: pin an environment to exactly the package version that answers in the one before it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from pkgops.flows import environment_path
from pkgops.flows.gates import GateQuery, case_of
from pkgops.flows.ports import Ports, Recorder
from pkgops.flows.promotion import announce, change
from pkgops.flows.promotion import plan as plans
from pkgops.flows.promotion.change import Agree, How, Promotion
from pkgops.flows.promotion.gates import evaluate, waiting
from pkgops.flows.promotion.gates.evaluate import Gated
from pkgops.flows.promotion.plan import Plan
from pkgops.flows.releases.release import Action
from pkgops.flows.run.deadlines import Limits
from pkgops.flows.target import Target


@dataclass(frozen=True, kw_only=True)
class PromoteRequest:
    """The options of a promotion.

    With a ``plan`` nothing else than that is done. ``overrides`` are gates to override, each with
    its reason. With ``wait`` pending gates are waited for, as long as the change itself may take.
    """

    wanted: GateQuery
    limits: Limits
    dry_run: bool = False
    plan: Plan | None = None
    overrides: Mapping[str, str] = field(default_factory=dict)
    wait: bool = False


def promote(
    target: Target, request: PromoteRequest, agree: Agree, ports: Ports, recorder: Recorder | None = None
) -> Promotion:
    """Pin an environment to one package version and wait until that answers.

    Raises:
        UsageError: no such environment, version or gate; or the first environment itself.
        RefusedError: something has changed since the plan.
        RefusedError: a gate does not pass, or nothing runs where the version comes from.
        DeadlineError: gates that were waited for are still pending.
        PreflightError: what runs there is unknown; or as in ``up``.
        StepFailed, DeadlineError: as in ``up``.
    """
    setting = environment_path.setting(target.settings.environments, request.wanted.to)
    asked = evaluate.applying(setting, Action.PROMOTE)
    evaluate.check_overrides(asked, request.wanted.to, request.overrides)

    def ask() -> Gated:
        case = case_of(target, request.wanted, ports)
        return Gated(case, evaluate.evaluate(asked, case, request.overrides))

    gated = ask()
    promotion = _promotion(gated, request.plan)
    if request.wait and waiting.can_pass(gated.outcomes):
        # Asked now: the terminal may be unattended by the time the gates have passed.
        agree(promotion)
        agree = _agreed
        gated = waiting.wait(ask, gated, request.limits.overall, ports)
        promotion = _promotion(gated, request.plan)
    case = gated.case
    if not request.dry_run:
        with announce.gates(case):
            evaluate.refuse(gated.outcomes, case)
    how = How(Action.PROMOTE, request.limits, request.dry_run)
    return change.carry_out(case, promotion, how, agree, recorder)


def _promotion(gated: Gated, plan: Plan | None) -> Promotion:
    case = gated.case
    promotion = Promotion(
        workload=case.workload, environment=case.setting.name, before=case.before, after=case.after
    )
    if plan:
        plans.check(plan, promotion, case.client.server)
    return replace(promotion, gates=gated.outcomes)


def _agreed(_: Promotion) -> None:
    """Confirm nothing: the user has confirmed before."""
