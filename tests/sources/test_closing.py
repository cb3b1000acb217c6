import threading

import pytest

from mien.sources.closing import Closing


def test_without_a_reader_the_device_goes_at_once_and_once() -> None:
    released: list[bool] = []
    closing = Closing(lambda: released.append(True))
    closing.request()
    closing.request()
    assert released == [True] and closing.is_requested


def test_a_reader_keeps_its_device_until_it_is_done() -> None:
    released: list[bool] = []
    closing = Closing(lambda: released.append(True))
    with closing.reading():
        another = threading.Thread(target=closing.request)
        another.start()
        another.join(5)
        assert not another.is_alive()
        assert closing.is_requested and not released
    assert released == [True]


def test_a_device_that_was_read_is_still_there_for_the_next_reader() -> None:
    released: list[bool] = []
    closing = Closing(lambda: released.append(True))
    with closing.reading():
        pass
    assert not released
    closing.request()
    assert released == [True]


def test_a_second_reader_is_refused_instead_of_waiting_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mien.sources.closing._HANDOVER_S", 0.05)
    closing = Closing(lambda: None)
    with closing.reading(), pytest.raises(RuntimeError, match="one reader at a time"), closing.reading():
        pass


def test_waiting_ends_with_the_request() -> None:
    closing = Closing(lambda: None)
    assert not closing.wait(0.01)
    threading.Timer(0.05, closing.request).start()
    assert closing.wait(10)
