from pkgops.platform.queue import Key, WorkQueue

A, B = Key("default", "a"), Key("default", "b")


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_key_is_in_the_queue_once_and_in_order_of_time() -> None:
    clock = Clock()
    queue = WorkQueue(clock)
    queue.add(A, after=2)
    queue.add(B, after=1)
    queue.add(A, after=5)
    assert len(queue) == 2
    clock.now = 10
    assert [queue.take(), queue.take()] == [B, A]
    assert len(queue) == 0


def test_an_earlier_time_wins() -> None:
    clock = Clock()
    queue = WorkQueue(clock)
    queue.add(A, after=100)
    queue.add(A)
    assert queue.take() == A


def test_a_key_that_is_worked_on_is_handed_out_again_only_after_done() -> None:
    clock = Clock()
    queue = WorkQueue(clock)
    queue.add(A)
    assert queue.take() == A
    queue.add(A)
    queue.add(B)
    assert queue.take() == B
    assert queue._next() == (None, None)
    queue.done(A)
    assert queue.take() == A


def test_a_closed_queue_hands_out_nothing() -> None:
    queue = WorkQueue(Clock())
    queue.add(A)
    queue.close()
    assert queue.take() is None
