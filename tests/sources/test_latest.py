import threading
import time

from mien.sources.latest import Latest


def test_the_newest_wins_and_the_others_are_counted() -> None:
    box: Latest[int] = Latest()
    for number in range(5):
        box.put(number)
    assert box.take(0) == 4
    assert box.take(0) is None
    assert box.dropped == 4


def test_taking_waits_for_something_to_come() -> None:
    box: Latest[int] = Latest()
    threading.Timer(0.05, box.put, (7,)).start()
    assert box.take(5) == 7


def test_closing_wakes_who_waits() -> None:
    box: Latest[int] = Latest()
    threading.Timer(0.05, box.close).start()
    started_s = time.monotonic()
    assert box.take() is None
    assert time.monotonic() - started_s < 2
    box.put(1)
    assert box.take(0) is None
    assert box.dropped == 0


def test_everything_put_is_either_taken_or_dropped() -> None:
    box: Latest[int] = Latest()
    taken: list[int] = []

    def take() -> None:
        while (item := box.take()) is not None:
            taken.append(item)

    reader = threading.Thread(target=take)
    reader.start()
    for number in range(20_000):
        box.put(number)
    while box.dropped + len(taken) < 20_000:
        time.sleep(0.001)
    box.close()
    reader.join(5)
    assert len(taken) + box.dropped == 20_000
    assert taken == sorted(set(taken)) and taken[-1] == 19_999
