"""Promote and verify: a version that fails its verification is rolled back, or kept and reported."""

from __future__ import annotations

from pkgops.flows import read_snapshot
from pkgops.flows.ports import Ports, Recorder
from pkgops.flows.promote import PromoteRequest, promote
from pkgops.flows.promotion import places
from pkgops.flows.promotion.change import Agree, Promotion
from pkgops.flows.rollback import RollbackRequest, rollback
from pkgops.flows.target import Target
from pkgops.flows.verification import consequence
from pkgops.flows.verification.result import Verification
from pkgops.flows.verify import check_configured, verify
from pkgops.settings.environments import ROLLBACK


def promote_verified(
    target: Target, request: PromoteRequest, agree: Agree, ports: Ports, recorder: Recorder | None = None
) -> tuple[Promotion, Verification | None]:
    """Promote as :func:`pkgops.flows.promote.promote` does, then verify; a dry run verifies nothing.

    Raises:
        UsageError: the environment has no checks; nothing was changed.
        StepFailed, PreflightError: see :func:`pkgops.flows.verification.consequence.settle`.
        PkgopsError: as in a promotion; nothing was verified.
    """
    setting = read_snapshot.environment_setting(target, request.wanted.to)
    check_configured(setting)
    done = promote(target, request, agree, ports, recorder)
    if request.dry_run:
        return done, None

    def roll_back() -> str:
        back = RollbackRequest(name=done.workload, environment=setting.name, limits=request.limits)
        return rollback(target, back, lambda _: None, ports).after.version

    made = consequence.Change(
        environment=setting.name,
        version=done.after.version,
        before=done.before.version,
        rolls_back=setting.on_failure == ROLLBACK,
        verify=lambda: verify(target, done.workload, setting.name, ports),
        roll_back=roll_back,
        runs=lambda: places.runs_now(target, setting, done.workload, ports).version,
    )
    return done, consequence.settle(made, ports)
