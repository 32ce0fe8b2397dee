import pytest

from pkgops.kube import NotFound
from pkgops.platform.controller import FIRST_RETRY_SECONDS, LAST_RETRY_SECONDS, Controller
from pkgops.platform.queue import Key

KEY = Key("default", "a")


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def due(controller: Controller) -> float | None:
    return controller._queue._due.get(KEY)


def test_what_a_reconcile_asks_for_is_queued() -> None:
    clock = Clock()
    controller = Controller("test", lambda key: 30.0, clock=clock)
    controller.run_once(KEY)
    assert due(controller) == 30.0


def test_none_queues_nothing() -> None:
    controller = Controller("test", lambda key: None, clock=Clock())
    controller.run_once(KEY)
    assert due(controller) is None


def test_failures_back_off_twofold_up_to_a_limit_and_success_resets() -> None:
    clock = Clock()
    outcomes = [True] * 12

    def reconcile(key: Key) -> None:
        if outcomes and outcomes.pop():
            raise NotFound(404, "NotFound", "gone")

    controller = Controller("test", reconcile, clock=clock)
    delays = []
    for _ in range(12):
        controller.run_once(KEY)
        delays.append((due(controller) or 0.0) - clock.now)
        clock.now = due(controller) or 0.0
        assert controller._queue.take() == KEY
        controller._queue.done(KEY)
    assert delays[:3] == pytest.approx([FIRST_RETRY_SECONDS * factor for factor in (1, 2, 4)])
    assert delays[-1] == pytest.approx(LAST_RETRY_SECONDS)
    controller.run_once(KEY)
    assert controller._failures == {}


def test_an_unexpected_exception_does_not_end_the_controller() -> None:
    def reconcile(key: Key) -> None:
        raise RuntimeError("a bug")

    controller = Controller("test", reconcile, clock=Clock())
    controller.run_once(KEY)
    assert due(controller) is not None
