import logging
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
