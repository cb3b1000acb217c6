"""Whoever listens hears the newest, in its own time, and nobody who tells ever waits."""

import asyncio
import sys
from datetime import UTC, datetime
from itertools import count
from threading import Thread

from mien.domain.events import CameraLost, CameraStatus, PersonSeen
from mien.domain.readings import FaceReading, FrameReading
from mien.engine.serving.hub import Hub
from mien.engine.serving.listener import MOST_EVENTS, Listener
from mien.engine.serving.news import EngineState, Interest, Missed, NamedEvent, NamedStatus, News
from mien.engine.serving.previews import Preview

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)


def reading(camera: str, index: int, *person_ids: str) -> FrameReading:
    return FrameReading(camera, index, index / 5, 160, 120, 0.0, tuple(map(face, person_ids)))


def face(person_id: str) -> FaceReading:
    identity = ("known", person_id, f"Ann, {person_id}", 0.5, 0.4)
    expression = ("", 0.0, (), (), "")
    return FaceReading(1, (0, 0, 9, 9), (), 0.9, "measured", *identity, *expression, 0.5, "", "measured", "measured")


def lost(number: int, camera: str = "door") -> NamedEvent:
    return NamedEvent(CameraLost(f"event-{number}", NOON, camera, "gone"))


def status(name: str, state="online", fps: float = 5.0) -> NamedStatus:
    return NamedStatus(CameraStatus(name, state, analysed_fps=fps))


def preview(camera: str, index: int) -> Preview:
    return Preview(camera, index, index / 5, 160, 120, b"jpeg")


def heard(listener, now_s: float = 0.0) -> list[object]:
    told = [one.value if isinstance(one, News) else one for one in listener.take(lambda: now_s)]
    return [one for one in told if not isinstance(one, EngineState)]


async def listening(hub: Hub, *interest: Interest | None):
    listener = hub.listen()
    wanted = interest[0] if interest else Interest()
    if wanted:
        listener.listen_to(wanted)
        heard(listener)
    return listener


def test_the_newest_wins_and_what_is_told_twice_is_heard_once():
    async def talk() -> None:
        hub = Hub()
        listener = await listening(hub)
        for index in range(100):
            hub.tell_reading(reading("door", index))
        hub.tell_reading(reading("yard", 7))
        assert heard(listener) == [reading("door", 99), reading("yard", 7)]
        assert heard(listener) == []
        slow = listener.take(lambda: 0.0)
        hub.tell_reading(reading("door", 100))
        hub.tell_reading(reading("yard", 8))
        assert next(slow).value == reading("door", 100)
        hub.tell_reading(reading("yard", 9))
        assert next(slow).value == reading("yard", 9), "while it was busy with the first, a newer one came"

    asyncio.run(talk())


def test_of_whoever_was_forgotten_nothing_is_told_any_more():
    async def talk() -> None:
        hub = Hub()
        listener = await listening(hub, Interest(events=True))
        before, seen = (
            reading("door", 1, "person-0001", "person-0002"),
            NamedEvent(PersonSeen("event-1", NOON, "door", 1, "person-0001", 0.5), "Ann"),
        )
        hub.tell_reading(before)
        hub.tell_events([lost(1), seen])
        assert heard(listener) == [lost(1), seen, before]
        hub.tell_events([seen, lost(2)])
        hub.forget_people(["person-0001"])
        hub.tell_events([seen])
        event, told = heard(listener)
        assert event == lost(2) and [one.person_id for one in told.faces] == ["", "person-0002"]
        face = told.faces[0]
        assert (face.identity, face.person_name, face.similarity, face.margin) == ("undecided", "", 0, 0)
        hub.tell_reading(reading("door", 2, "person-0001"))
        assert [one.person_id for one in heard(listener)[0].faces] == [""], "a worker had seen them before"
        late = await listening(hub, None)
        late.listen_to(Interest())
        assert "Ann" not in str(heard(late))

    asyncio.run(talk())


def test_every_camera_has_its_turn_however_fast_another_is():
    async def talk() -> None:
        hub = Hub()
        listener = await listening(hub)
        hub.tell_reading(reading("yard", 0))
        served = []
        for index in range(20):
            hub.tell_reading(reading("door", index))
            served.append(next(listener.take(lambda: 0.0)).value.camera)
        assert "yard" in served[:3]

    asyncio.run(talk())


def test_only_what_is_asked_for_is_heard():
    async def talk() -> None:
        hub = Hub()
        silent = await listening(hub, None)
        listener = await listening(hub, Interest(frozenset({"door"}), 0.0, events=False))
        hub.tell_reading(reading("yard", 0))
        hub.tell_preview(preview("door", 0))
        hub.tell_events([lost(1)])
        assert heard(listener) == [] and heard(silent) == []
        listener.listen_to(Interest(None, 5.0, events=True))
        hub.tell_events([lost(2)])
        assert heard(listener) == [lost(2), reading("yard", 0), preview("door", 0)]
        listener.listen_to(Interest(None, 5.0, events=True, readings=False))
        hub.tell_events([lost(3)])
        assert heard(listener) == [lost(3), preview("door", 0)]

    asyncio.run(talk())


def test_previews_come_at_the_pace_of_each_client():
    async def talk() -> None:
        hub = Hub()
        fast, slow = [await listening(hub, Interest(None, per_s)) for per_s in (5.0, 1.0)]
        counts = [0, 0]
        for index in range(50):
            hub.tell_preview(preview("door", index))
            for place, listener in enumerate((fast, slow)):
                counts[place] += len(heard(listener, index / 5))
        assert counts[0] == 50 and 10 <= counts[1] <= 11

    asyncio.run(talk())


def test_events_wait_in_a_bounded_queue_and_the_rest_is_counted():
    async def talk() -> None:
        hub = Hub()
        listener = await listening(hub, Interest(events=True))
        hub.tell_events([lost(number) for number in range(MOST_EVENTS + 44)])
        told = heard(listener)
        assert told[:-1] == [lost(number) for number in range(MOST_EVENTS)] and told[-1] == Missed(44)
        hub.tell_events([lost(999)])
        assert heard(listener) == [lost(999)]

    asyncio.run(talk())


def test_none_that_is_missed_is_lost_or_counted_twice_whenever_the_other_thread_has_its_turn():
    """The listener takes while more is offered to it, at each step of that in turn, as two threads may happen to."""

    def offered(listener, events, turn: int) -> tuple[bool, list[object]]:
        """Whether the turn came, and what was heard then and after."""
        told, steps = [], count()

        def step(frame, what, _):
            frame.f_trace_opcodes = True
            if what == "opcode" and next(steps) == turn:
                told.extend(heard(listener))
            return step

        before = sys.gettrace()
        sys.settrace(lambda *call: step(*call) if call[0].f_code is Listener.offer.__code__ else None)
        try:
            listener.offer(events)
        finally:
            sys.settrace(before)
        return next(steps) > turn, [*told, *heard(listener)]

    async def talk() -> None:
        has_come, turn = True, -1
        while has_come:
            turn += 1
            listener = await listening(Hub(), Interest(events=True))
            listener.offer([lost(number) for number in range(MOST_EVENTS + 1)])
            has_come, told = offered(listener, [lost(997), lost(998), lost(999)], turn)
            assert sum(one.events if isinstance(one, Missed) else 1 for one in told) == MOST_EVENTS + 4, turn
        assert turn > 30, "there are many steps"

    asyncio.run(talk())


def test_a_status_is_told_when_it_changes_and_its_figures_now_and_then():
    async def talk() -> None:
        hub = Hub()
        listener = await listening(hub)
        told = []
        for tick in range(51):  # ten seconds
            hub.tell_statuses(
                [status("door", fps=5 + tick), status("yard", "offline" if tick > 20 else "online")], tick / 5
            )
            told += [(tick, one.status.name, one.status.state) for one in heard(listener)]
        assert (21, "yard", "offline") in told
        assert len([one for one in told if one[1] == "door"]) == 6
        hub.tell_gone()
        assert {one.status.state for one in heard(listener)} == {"offline"} and not hub.board.readings

    asyncio.run(talk())


def test_what_a_lost_camera_saw_is_told_to_nobody_who_comes_later():
    async def talk() -> None:
        hub = Hub()
        for name in ("door", "yard"):
            hub.tell_reading(reading(name, 1))
            hub.tell_preview(preview(name, 1))
        hub.tell_statuses([status("door"), status("yard", "stalled")], 0.0)
        listener = hub.listen()
        listener.listen_to(Interest(None, 5.0))
        seen = [one for one in heard(listener) if not isinstance(one, NamedStatus)]
        assert seen == [reading("door", 1), preview("door", 1)]

    asyncio.run(talk())


def test_many_threads_tell_and_a_listener_is_woken():
    async def talk() -> None:
        hub = Hub()
        with hub.listen() as listener:
            listener.listen_to(Interest())
            await listener.wait()
            threads = [
                Thread(target=lambda name=name: [hub.tell_reading(reading(name, index)) for index in range(500)])
                for name in "abcd"
            ]
            for thread in threads:
                thread.start()
            newest: dict[str, int] = {}
            while set(newest.values()) != {499} or len(newest) < 4:
                await asyncio.wait_for(listener.wait(), 5)
                for one in heard(listener):
                    assert newest.get(one.camera, -1) < one.index
                    newest[one.camera] = one.index
            for thread in threads:
                thread.join()
            assert hub.listeners == 1
        assert hub.listeners == 0
        hub.tell_reading(reading("a", 500))

    asyncio.run(talk())


def test_who_hears_on_a_loop_that_is_gone_is_no_trouble():
    hub = Hub()
    asyncio.run(listening(hub))
    hub.tell_reading(reading("door", 1))
    hub.tell_events([lost(1)])
