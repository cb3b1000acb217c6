import threading
from collections.abc import Iterator
from time import monotonic, sleep

import pytest

from mien.engine.staging import staged


class Counter:
    """Numbers from 0 up, which says how many were asked for, and in which thread, and whether it was ended."""

    def __init__(self, count: int, failure: Exception | None = None) -> None:
        self.made = 0
        self.thread: threading.Thread | None = None
        self.is_over = False
        self._count = count
        self._failure = failure

    def __iter__(self) -> Iterator[int]:
        self.thread = threading.current_thread()
        try:
            for number in range(self._count):
                self.made += 1
                yield number
            if self._failure is not None:
                raise self._failure
        finally:
            self.is_over = True


def test_items_come_whole_and_in_order_from_another_thread() -> None:
    counter = Counter(500)
    with staged(counter) as items:
        assert list(items) == list(range(500))
    assert counter.thread not in (None, threading.current_thread()) and not counter.thread.is_alive()


def test_an_error_comes_behind_the_last_item() -> None:
    got = []
    with pytest.raises(ValueError, match="broken"), staged(Counter(5, ValueError("broken"))) as items:
        for item in items:
            got.append(item)
    assert got == [0, 1, 2, 3, 4]


def test_an_error_before_the_first_item() -> None:
    with pytest.raises(ValueError, match="broken"), staged(Counter(0, ValueError("broken"))) as items:
        list(items)


def test_nothing_is_made_far_ahead() -> None:
    counter = Counter(100)
    with staged(counter, depth=3) as items:
        for item in items:
            sleep(0.005)
            assert counter.made <= item + 1 + 3 + 1  # this one, those that wait, and one in the producer's hand
    assert counter.made == 100


@pytest.mark.parametrize("taken", [0, 1, 10])
def test_leaving_early_stops_the_producer(taken: int) -> None:
    counter = Counter(1_000_000)
    began = monotonic()
    with staged(counter) as items:
        for _ in range(taken):
            next(items)
    assert monotonic() - began < 2
    assert counter.thread is None or not counter.thread.is_alive()
    assert counter.made < taken + 10


def test_an_error_of_the_consumer_stops_the_producer_and_is_the_one_raised() -> None:
    counter = Counter(1_000_000)
    with pytest.raises(KeyError, match="mine"), staged(counter) as items:
        next(items)
        raise KeyError("mine")
    assert counter.thread is not None and not counter.thread.is_alive()


def test_stages_stand_behind_each_other() -> None:
    counter = Counter(50, ValueError("broken"))
    got = []
    with (
        pytest.raises(ValueError, match="broken"),
        staged(counter) as first,
        staged(2 * item for item in first) as second,
    ):
        for item in second:
            got.append(item)
    assert got == [2 * number for number in range(50)] and counter.is_over


def test_stages_work_at_the_same_time() -> None:
    working: set[int] = set()
    together: list[int] = []

    def slowly(items: Iterator[int], stage: int) -> Iterator[int]:
        for item in items:
            working.add(stage)
            sleep(0.01)
            together.append(len(working))
            working.discard(stage)
            yield item

    with staged(slowly(iter(range(30)), 1)) as first, staged(slowly(first, 2)) as second:
        assert list(slowly(second, 3)) == list(range(30))
    assert max(together) == 3
