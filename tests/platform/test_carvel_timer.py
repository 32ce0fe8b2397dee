from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pkgops.platform.carvel import timer

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
DEFAULT = timedelta(minutes=10)
Obj = dict[str, Any]


def app(*, ago: float, condition: str = "ReconcileSucceeded", generation: int = 1, **status: Any) -> Obj:
    last = (NOW - timedelta(seconds=ago)).strftime("%Y-%m-%dT%H:%M:%SZ")
    found = {
        "observedGeneration": 1,
        "conditions": [{"type": condition, "status": "True"}],
        "deploy": {"updatedAt": last},
        **status,
    }
    return {"metadata": {"generation": generation}, "spec": {"syncPeriod": "3m"}, "status": found}


def due(obj: Obj) -> bool:
    return timer.is_due(obj, NOW, DEFAULT)


def test_due_after_the_period_or_at_once_for_a_new_spec() -> None:
    assert not due(app(ago=179))
    assert due(app(ago=180))
    assert due(app(ago=1, generation=2))
    assert due({"metadata": {"generation": 1}, "spec": {}})


def test_failures_are_tried_again_soon_then_later() -> None:
    waits = [
        timer.retry_period(app(ago=0, consecutiveReconcileFailures=n), DEFAULT) for n in (1, 2, 5, 20, 40)
    ]
    assert [wait.total_seconds() for wait in waits] == [2, 4, 32, 180, 180]
    assert due(app(ago=2, condition="ReconcileFailed", consecutiveReconcileFailures=1))
    assert not due(app(ago=1, condition="ReconcileFailed", consecutiveReconcileFailures=1))


def test_work_that_somebody_left_is_due() -> None:
    assert due(app(ago=1, condition="Reconciling"))


@pytest.mark.parametrize(("text", "seconds"), [("3m", 180), ("5s", 30), ("", 600), ("soon", 600)])
def test_period_has_a_minimum_and_a_default(text: str, seconds: int) -> None:
    obj = {"metadata": {}, "spec": {"syncPeriod": text}}
    assert timer.sync_period(obj, DEFAULT).total_seconds() == seconds


def test_time_left() -> None:
    assert timer.until_due(app(ago=100), NOW, DEFAULT) == 80
    assert timer.until_due(app(ago=1000), NOW, DEFAULT) == 0.5
