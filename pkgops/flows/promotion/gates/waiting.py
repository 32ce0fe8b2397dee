"""Wait for gates: one that is pending may pass with time or by a user's action; one that fails does not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from pkgops.errors import DeadlineError, Exit, PkgopsError, RefusedError
from pkgops.flows.ports import Ports
from pkgops.flows.promotion.gates import stages
from pkgops.flows.promotion.gates.clock import lasting
from pkgops.flows.promotion.gates.evaluate import Gated, Outcome
from pkgops.flows.promotion.gates.rule import State

if TYPE_CHECKING:
    from pkgops.model import Snapshot

POLL_SECONDS = 5.0


def can_pass(outcomes: Sequence[Outcome]) -> bool:
    """Return whether gates do not pass, and each of them may still pass."""
    left = _left(outcomes)
    return bool(left) and all(one.verdict.state is State.PENDING for one in left)


def wait(ask: Callable[[], Gated], first: Gated, seconds: float, ports: Ports) -> Gated:
    """Evaluate the gates again and again until all pass, or one fails; return their verdicts then.

    The awaited gates are reported whenever they change, and the verdict of each gate at each
    evaluation. A cluster that does not answer for a while is retried.

    Raises:
        DeadlineError: ``seconds`` have passed; names the gates that do not pass.
        RefusedError: another version runs by now in the source environment.
        PkgopsError: as in ``ask``.
    """
    end = ports.now() + timedelta(seconds=seconds)
    gated = first
    reported: set[str] = set()
    shown: Snapshot | None = None

    def report_once(message: str, how: Callable[[], None]) -> None:
        if message not in reported:
            reported.add(message)
            how()

    while can_pass(gated.outcomes):
        waits = f"{gated.case.setting.name}: waits for {_waits(gated)}"
        report_once(waits, partial(ports.note, waits))
        shown = stages.snapshot(gated.case, gated.outcomes, shown, ports.now())
        ports.on_snapshot(shown)
        left = (end - ports.now()).total_seconds()
        if left <= 0:
            raise _over(gated, seconds)
        ports.sleep(min(POLL_SECONDS, left))
        try:
            gated = ask()
        except PkgopsError as error:
            if error.exit_code is not Exit.UNREACHABLE:
                raise
            report_once(error.summary, partial(ports.failed, error))
            # The state is unknown now; the error is reported when the time is over.
            if ports.now() >= end:
                raise
            continue
        _check_version(first, gated)
    if shown:
        ports.on_snapshot(stages.snapshot(gated.case, gated.outcomes, shown, ports.now()))
    return gated


def _left(outcomes: Sequence[Outcome]) -> list[Outcome]:
    return [one for one in outcomes if not one.passes]


def _waits(gated: Gated) -> str:
    # Without the evidence: that of a soak changes at every evaluation.
    left = _left(gated.outcomes)
    return "; ".join(f"{one.gate.name} ({one.verdict.remedy or one.verdict.evidence})" for one in left)


def _check_version(first: Gated, now: Gated) -> None:
    if first.case.after.version == now.case.after.version:
        return
    source = now.case.source.name if now.case.source else "where it comes from"
    raise RefusedError(
        f"{source} runs {now.case.after.version} by now, not {first.case.after.version}",
        why=f"the gates of {now.case.setting.name} were waited for with {first.case.after.version}",
        next="the same command again, or with --version",
        slug="moved",
    )


def _over(gated: Gated, seconds: float) -> DeadlineError:
    left = _left(gated.outcomes)
    names = ", ".join(one.gate.name for one in left)
    return DeadlineError(
        f"gates of {gated.case.setting.name} did not pass {gated.case.after.version} within "
        f"{lasting(timedelta(seconds=seconds))}: {names}",
        why="\n".join(f"{one.gate.name} ({one.verdict.state}): {one.verdict.evidence}" for one in left),
        next=left[0].verdict.remedy or f"pkgops gates --to {gated.case.setting.name}",
        slug="gates-pending",
    )
