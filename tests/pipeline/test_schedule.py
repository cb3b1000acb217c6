from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event, Thread
from time import sleep

import pytest

from mien.pipeline.schedule import CameraSchedule


@pytest.fixture
def schedule() -> CameraSchedule:
    return CameraSchedule()


def waiting(schedule: CameraSchedule, pool: ThreadPoolExecutor) -> "Future[str | None]":
    """A worker that waits for a camera."""
    taken = pool.submit(schedule.take)
    sleep(0.05)
    assert not taken.done()
    return taken


def test_cameras_are_served_in_the_order_in_which_they_offered(schedule: CameraSchedule) -> None:
    for camera in ("a", "b", "a", "c"):
        schedule.offer(camera)
    assert [schedule.take() for _ in range(3)] == ["a", "b", "c"]


def test_a_camera_is_served_by_one_worker_at_a_time_and_then_goes_to_the_end(schedule: CameraSchedule) -> None:
    schedule.offer("fast")
    assert schedule.take() == "fast"
    schedule.offer("fast")
    schedule.offer("slow")
    assert schedule.take() == "slow"
    with ThreadPoolExecutor() as pool:
        third = waiting(schedule, pool)  # "fast" has a frame, and is being served
        schedule.release("slow")
        assert not third.done()
        schedule.release("fast")
        assert third.result(2) == "fast"


def test_nobody_is_starved_by_a_camera_that_always_has_a_frame(schedule: CameraSchedule) -> None:
    served = []
    for camera in ("busy", "a", "b"):
        schedule.offer(camera)
    for _ in range(9):
        camera = schedule.take()
        assert camera is not None
        served.append(camera)
        schedule.offer(camera)
        schedule.release(camera)
    assert served == ["busy", "a", "b"] * 3


def test_a_camera_that_offered_nothing_new_is_not_served_again(schedule: CameraSchedule) -> None:
    schedule.offer("a")
    assert schedule.take() == "a"
    schedule.release("a")
    with ThreadPoolExecutor() as pool:
        taken = waiting(schedule, pool)
        schedule.offer("b")
        assert taken.result(2) == "b"


def test_closing_wakes_all_workers_and_gives_nothing_any_more(schedule: CameraSchedule) -> None:
    with ThreadPoolExecutor() as pool:
        workers = [waiting(schedule, pool) for _ in range(3)]
        schedule.close()
        assert [worker.result(2) for worker in workers] == [None, None, None]
    schedule.offer("late")
    assert schedule.take() is None


def test_under_load_no_camera_is_ever_in_two_hands(schedule: CameraSchedule) -> None:
    in_hand: set[str] = set()
    clashes: list[str] = []
    counts = dict.fromkeys("abc", 0)
    stop = Event()

    def work() -> None:
        while (camera := schedule.take()) is not None:
            if camera in in_hand:
                clashes.append(camera)
            in_hand.add(camera)
            counts[camera] += 1
            sleep(0.001)
            in_hand.discard(camera)
            schedule.release(camera)

    def offer(camera: str) -> None:
        while not stop.wait(0.0005):
            schedule.offer(camera)

    threads = [Thread(target=work) for _ in range(4)] + [Thread(target=offer, args=camera) for camera in "abc"]
    for thread in threads:
        thread.start()
    sleep(0.3)
    stop.set()
    schedule.close()
    for thread in threads:
        thread.join(2)
    assert not clashes and min(counts.values()) > 5
