"""Visits that are kept beside the cameras: in order, whatever a disk does, and nothing that fails is passed over."""

import logging
import threading
from datetime import UTC, datetime

import numpy as np
import pytest

from mien.domain.errors import StoreError
from mien.domain.people.sightings import Sighting
from mien.gallery.strangers.visit_queue import VisitQueue

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)


class Book:
    """Hears of visits, in which thread, and may fail or wait."""

    def __init__(self) -> None:
        self.heard: list[object] = []
        self.threads: set[str] = set()
        self.error: Exception | None = None
        self.may_go_on = threading.Event()
        self.may_go_on.set()

    def meet(self, mean, length, views, barred, origin):
        return f"{threading.current_thread().name} {origin}"

    def together(self, pairs):
        self._hear(pairs)

    def ended(self, sighting, views):
        self._hear(sighting.track_id)

    def _hear(self, told: object) -> None:
        self.may_go_on.wait(5)
        self.threads.add(threading.current_thread().name)
        if self.error is not None:
            raise self.error
        self.heard.append(told)


@pytest.fixture
def book() -> Book:
    return Book()


def visit(track_id: int) -> Sighting:
    return Sighting("door", track_id, "undecided", "", 0.0, NOON, NOON)


def test_visits_are_kept_in_order_by_another_thread_and_all_of_them_before_it_is_closed(book) -> None:
    book.may_go_on.clear()
    with VisitQueue(book) as queue:
        queue.ended(visit(1), [])
        queue.together([("unknown-0001", "unknown-0002")])
        queue.ended(visit(2), [])
        assert book.heard == []  # and no camera has waited
        assert queue.meet(np.zeros(1, np.float32), 1.0, [], frozenset(), "door:3") == (
            f"{threading.current_thread().name} door:3"
        )
        book.may_go_on.set()
    assert book.heard == [1, [("unknown-0001", "unknown-0002")], 2]
    assert book.threads == {"mien-visits"}
    with pytest.raises(StoreError, match="is closed"):
        queue.ended(visit(3), [])


@pytest.mark.parametrize(
    ("error", "told"),
    [(StoreError("the disk is full"), "the disk is full"), (ValueError("a defect"), "ValueError: a defect")],
)
def test_what_cannot_be_kept_ends_no_camera_and_its_reason_is_told_once_and_in_the_end(
    book, caplog, error: Exception, told: str
) -> None:
    with caplog.at_level(logging.WARNING):
        queue = VisitQueue(book)
        book.error = error
        for number in range(3):
            queue.ended(visit(number), [])
        queue.close()
        queue.close()
    assert caplog.messages == [f"a visit could not be kept: {told}", f"3 visits could not be kept: {told}"]


def test_after_a_failure_visits_are_kept_again(book) -> None:
    with VisitQueue(book) as queue:
        book.error = StoreError("busy")
        queue.ended(visit(1), [])
        while queue._lost == 0:
            threading.Event().wait(0.01)
        book.error = None
        queue.ended(visit(2), [])
    assert book.heard == [2]


def test_who_tells_too_much_waits(book, monkeypatch) -> None:
    monkeypatch.setattr("mien.gallery.strangers.visit_queue._MOST", 2)
    book.may_go_on.clear()
    with VisitQueue(book) as queue:
        teller = threading.Thread(target=lambda: [queue.ended(visit(number), []) for number in range(6)])
        teller.start()
        teller.join(0.2)
        assert teller.is_alive()
        book.may_go_on.set()
        teller.join(5)
        assert not teller.is_alive()
    assert book.heard == list(range(6))
