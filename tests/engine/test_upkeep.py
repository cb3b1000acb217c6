import logging
import sqlite3
import threading

from mien.domain.errors import StoreError
from mien.engine.upkeep import Upkeep


def test_work_is_done_at_the_start_and_again_and_again():
    done, count = threading.Event(), 0

    def work():
        nonlocal count
        count += 1
        if count == 3:
            done.set()

    with Upkeep(work, every_s=0.01):
        assert done.wait(5)
    before = count
    assert not threading.Event().wait(0.05) and count == before


def test_a_failure_is_logged_once_and_tried_again(caplog):
    reasons = ["full", "full", "locked"]

    def work():
        raise StoreError(reasons.pop(0))

    upkeep = Upkeep(work)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            upkeep.once()
    assert [record.message.rpartition(": ")[2] for record in caplog.records] == ["full", "locked"]


def test_nothing_that_is_raised_ends_it_and_each_kind_is_one_line(caplog):
    done, count = threading.Event(), 0

    def work():
        nonlocal count
        count += 1
        if count == 4:
            done.set()
        raise sqlite3.OperationalError("database is locked") if count % 2 else ZeroDivisionError(count)

    with caplog.at_level(logging.WARNING), Upkeep(work, every_s=0.01):
        assert done.wait(5)
    told = [record.message.rpartition(": ")[2] for record in caplog.records]
    assert told == ["OperationalError('database is locked')", "ZeroDivisionError(2)"]
    assert not [record for record in caplog.records if record.exc_info], "one line each"
