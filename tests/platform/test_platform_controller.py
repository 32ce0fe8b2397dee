import pytest

from pkgops.kube import NotFound
from pkgops.platform.backoff import FIRST_SECONDS, LAST_SECONDS, RUNS_PER_MINUTE
from pkgops.platform.controller import Controller
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
    assert delays[:3] == pytest.approx([FIRST_SECONDS * factor for factor in (1, 2, 4)])
    assert delays[-1] == pytest.approx(LAST_SECONDS)
    controller.run_once(KEY)
    assert controller._backoff.failures(KEY) == 0


def test_an_unexpected_exception_does_not_end_the_controller() -> None:
    def reconcile(key: Key) -> None:
        raise RuntimeError("a bug")

    controller = Controller("test", reconcile, clock=Clock())
    controller.run_once(KEY)
    assert due(controller) is not None


def test_a_change_by_somebody_else_ends_the_back_off_and_the_own_write_does_not() -> None:
    clock = Clock()

    def reconcile(key: Key) -> None:
        raise NotFound(404, "NotFound", "gone")

    controller = Controller("test", reconcile, clock=clock)
    for _ in range(8):
        controller.run_once(KEY)
        controller.enqueue_own(KEY)
        clock.now = due(controller) or 0.0
        assert controller._queue.take() == KEY
        controller._queue.done(KEY)
    assert clock.now == pytest.approx(FIRST_SECONDS * (2**8 - 1))
    controller.enqueue(KEY)
    assert due(controller) == clock.now
    controller.run_once(KEY)
    assert controller._backoff.failures(KEY) == 1


def test_a_reconciler_that_wakes_itself_by_writing_is_tried_ever_later() -> None:
    clock = Clock()
    runs: list[float] = []
    controller = Controller("test", lambda key: runs.append(clock.now), clock=clock)
    controller.enqueue(KEY)
    while clock.now < 120.0:
        clock.now = due(controller) or 0.0
        assert controller._queue.take() == KEY
        controller.run_once(KEY)
        controller._queue.done(KEY)
        controller.enqueue_own(KEY)
    assert len(runs) == 15
    assert runs[:5] == pytest.approx([0.0, 0.0, 0.0, 0.0, 0.1])


def test_a_key_that_is_tried_without_end_is_held_and_that_is_told_once() -> None:
    clock = Clock()
    runs: list[Key] = []
    told: list[Key] = []

    def reconcile(key: Key) -> float:
        runs.append(key)
        return 0.01

    controller = Controller("test", reconcile, clock=clock, on_limit=told.append)
    controller.enqueue(KEY)
    while clock.now < 60.0:
        clock.now = due(controller) or 0.0
        assert controller._queue.take() == KEY
        controller.run_once(KEY)
        controller._queue.done(KEY)
    assert len(runs) <= 2 * RUNS_PER_MINUTE
    assert told == [KEY]
    other = Key("default", "other")
    controller.run_once(other)
    assert runs[-1] == other


def test_failing_to_tell_of_a_failure_does_not_end_the_controller() -> None:
    def reconcile(key: Key) -> None:
        raise RuntimeError("a bug")

    def tell(key: Key, error: Exception, failures: int) -> None:
        raise RuntimeError("another")

    controller = Controller("test", reconcile, clock=Clock(), on_failure=tell)
    controller.run_once(KEY)
    assert due(controller) is not None


def test_the_own_change_of_a_try_that_ends_failures_is_looked_at() -> None:
    outcomes = [True, False, False]
    runs: list[Key] = []

    def reconcile(key: Key) -> None:
        runs.append(key)
        # The event of what is written here may come before the try is over.
        controller.enqueue_own(key)
        if outcomes[len(runs) - 1]:
            raise NotFound(404, "NotFound", "gone")

    controller = Controller("test", reconcile, clock=Clock())
    controller.run_once(KEY)
    controller._queue._due.clear()
    controller.run_once(KEY)
    assert due(controller) == 0.0


def test_a_try_sees_its_own_changes_of_before_and_is_not_woken_by_them() -> None:
    outcomes = [True, False]

    def reconcile(key: Key) -> None:
        if outcomes.pop(0):
            controller.enqueue_own(key)
            raise NotFound(404, "NotFound", "gone")

    controller = Controller("test", reconcile, clock=Clock())
    controller.run_once(KEY)
    controller.enqueue_own(KEY)
    controller._queue._due.clear()
    controller.run_once(KEY)
    assert due(controller) is None
