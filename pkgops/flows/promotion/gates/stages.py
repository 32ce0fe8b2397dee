"""Gates that are waited for, as the stages of a Snapshot: their state, since when, and the evidence."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from pkgops.flows import owners
from pkgops.flows.promotion.gates.evaluate import Outcome
from pkgops.flows.promotion.gates.rule import State
from pkgops.model import Environment, ObjectRef, Snapshot, Stage, StageStatus
from pkgops.model import State as StageState

if TYPE_CHECKING:
    from pkgops.flows.promotion.gates.rule import Case

_STATES = {
    State.PASS: StageState.DONE,
    State.PENDING: StageState.WAITING,
    State.FAIL: StageState.FAILED,
}


def snapshot(case: Case, outcomes: Sequence[Outcome], before: Snapshot | None, now: datetime) -> Snapshot:
    """Return the verdicts of gates on a change, as the stages of the environment that would change.

    ``before`` is the last Snapshot: a gate with the same state keeps its time.
    """
    known = {one.name: one for one in before.all_stages} if before else {}
    setting = case.setting
    deliverable = ObjectRef(owners.API, "Deliverable", setting.namespace, case.target.settings.deliverable)
    environment = Environment(
        name=setting.name,
        namespace=setting.namespace,
        owner=deliverable,
        pinned=case.before.pinned,
        version=case.before.version,
        stages=tuple(_stage(one, setting.name, known, now) for one in outcomes),
    )
    return Snapshot(taken_at=now, workload=case.snapshot.workload, environments=(environment,))


def _stage(outcome: Outcome, environment: str, known: dict[str, Stage], now: datetime) -> Stage:
    name = f"gate-{outcome.gate.name}"
    state = StageState.DONE if outcome.passes else _STATES[outcome.verdict.state]
    old = known.get(name)
    since = old.since if old and old.state is state else now
    status = StageStatus(
        state=state,
        message=outcome.verdict.evidence,
        since=since,
        until=since if state is StageState.DONE else None,
    )
    return Stage(name=name, scope=environment, title=f"Gate {outcome.gate.name}", status=status)
