"""The whole way over real sockets: two cameras with real faces, clients of every kind, and a browser's camera."""

import asyncio
import io
import json
from collections.abc import Iterator
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass
from time import monotonic

import av
import pytest
from PIL import Image
from tests.support.service import Known, browser, service
from tests.support.serving import client, served
from websockets.exceptions import ConnectionClosed

from mien.demo import PERSON, PORTRAIT, VIDEO, fetch_media, serve_demo
from mien.domain.clock import SystemClock
from mien.domain.errors import StoreError
from mien.settings import load_settings
from mien.store.sql.readings import SqlReadings
from mien.wiring.serving.live import Live, build_live
from mien.wiring.stores import build_stores

SIGHTINGS = ["person_seen", "stranger_seen"]


@dataclass
class Served:
    live: Live
    app: object
    host: str
    portrait: bytes
    stranger: bytes


def jpeg(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.convert("RGB").save(file, "JPEG", quality=90)
    return file.getvalue()


@pytest.fixture(scope="module")
def running(weights, tmp_path_factory) -> Iterator[Served]:
    with ExitStack() as stack:
        settings, watched = serve_demo(load_settings(), tmp_path_factory.mktemp("demo"))
        media = fetch_media(settings)
        stores = build_stores(settings, stack)
        live = build_live(settings, stores, stack, SystemClock(), watched)
        known = Known()
        app = service(*live.routers(known), credentials=known)
        with av.open(str(media.video)) as video:
            frames = [frame.to_image() for frame in video.decode(video=0)]
        host = stack.enter_context(served(app))
        assert browser(app).get("/api/v1/cameras").json()["items"], "pages answer while models are loaded"
        yield Served(live, app, host, jpeg(Image.open(media.portrait)), jpeg(frames[60].resize((528, 432))))


async def until(opened, is_enough, seconds: float = 60.0) -> None:
    """Hear messages until they are enough."""
    async with asyncio.timeout(seconds):
        while True:
            message = await opened.recv()
            if is_enough(message if isinstance(message, bytes) else json.loads(message)):
                return


def test_readings_previews_and_events_arrive(running):
    seen: dict[str, set[str]] = {VIDEO: set(), PORTRAIT: set()}
    previews, events = set(), []

    def is_enough(message) -> bool:
        if isinstance(message, bytes):
            length = int.from_bytes(message[:4])
            header = json.loads(message[4 : 4 + length])
            picture = Image.open(io.BytesIO(message[4 + length :]))
            assert picture.size == (header["width"], header["height"])
            previews.add(header["camera"])
        elif message["type"] == "reading":
            seen[message["camera"]] |= {face["person_name"] or face["person_id"] for face in message["faces"]}
        elif message["type"] == "event" and message["kind"] in SIGHTINGS:
            events.append((message["kind"], message["person_name"] or message["person_id"]))
        return PERSON in seen[PORTRAIT] and "unknown-0001" in seen[VIDEO] and len(previews) == 2

    async def talk() -> None:
        async with client(running.host, "/live", "viewer") as opened:
            await opened.send(json.dumps({"type": "watch", "previews_per_s": 2, "events": True}))
            await until(opened, is_enough)

    asyncio.run(talk())
    assert running.live.waits_for == ""
    listed, deadline_s = [], monotonic() + 10
    while len(listed) < 2 and monotonic() < deadline_s:
        listed = browser(running.app, "viewer").get("/api/v1/events", params={"kind": SIGHTINGS}).json()["items"]
    assert {(one["kind"], one["person_name"] or one["person_id"]) for one in listed} >= {
        ("person_seen", PERSON),
        ("stranger_seen", "unknown-0001"),
    }
    assert set(events) <= {(one["kind"], one["person_name"] or one["person_id"]) for one in listed}


def behind(live: Live) -> int:
    """How many clients have not taken a reading for long."""
    newest = max(news.number for news in live.hub.board.readings.values())
    listeners = [one for bell in live.hub._bells.values() for one in bell.listeners]
    taken = [max(number for (kind, _), number in one._heard.items() if kind == "reading") for one in listeners]
    return sum(newest - number > 40 for number in taken)


def test_who_stalls_floods_or_leaves_slows_nobody(running):
    async def analysed(seconds: float) -> float:
        counts = {}

        def note(message) -> bool:
            if message["type"] == "reading":
                counts.setdefault(message["camera"], []).append(message["index"])
            return monotonic() > ends_s

        async with client(running.host, "/live") as opened:
            await opened.send(json.dumps({"type": "watch"}))
            ends_s = monotonic() + seconds
            await until(opened, note)
        return sum(map(len, counts.values())) / seconds

    async def talk() -> None:
        alone = await analysed(2)
        async with AsyncExitStack() as stack:
            enter = stack.enter_async_context
            stalled = [await enter(client(running.host, "/live", received_bytes=4096, max_queue=1)) for _ in range(3)]
            others = [await enter(client(running.host, "/live", "viewer")) for _ in range(7)]
            for opened in (*stalled, *others):
                await opened.send(json.dumps({"type": "watch", "previews_per_s": 5, "events": True}))
            hearing = [asyncio.create_task(until(opened, lambda message: False)) for opened in others]
            together = await analysed(3)
            async with asyncio.timeout(30):  # beside other work there are fewer readings to stay behind
                while behind(running.live) != 3:
                    await asyncio.sleep(0.1)
            leaving = client(running.host, "/live")
            gone = await leaving.__aenter__()
            await gone.send(json.dumps({"type": "watch", "previews_per_s": 10}))
            gone.transport.abort()
            flooding = await enter(client(running.host, "/live"))
            with pytest.raises(ConnectionClosed) as closed:
                for _ in range(1000):
                    await flooding.send('{"type": "watch"}')
                    await asyncio.sleep(0)
                await until(flooding, lambda message: False)
            assert closed.value.rcvd.code == 1008
            again = await analysed(1.5)
            assert not [task for task in hearing if task.done()]
            for task in hearing:
                task.cancel()
            for opened in stalled:
                opened.transport.abort()
        assert together > 0.3 * alone and again > 0.3 * alone, (alone, together, again)  # cores are shared with others

    asyncio.run(talk())
    deadline_s = monotonic() + 10
    while running.live.hub.listeners:
        assert monotonic() < deadline_s


def test_a_browsers_camera_knows_who_is_known_and_keeps_nothing(running):
    people, events = running.live.stores.people, running.live.stores.events
    before = len(people.people())

    async def talk() -> None:
        async with client(running.host, "/browser", "operator", max_size=None) as opened:
            assert json.loads(await opened.recv())["type"] == "ready"
            names = []
            for frame in range(8):
                await opened.send(running.portrait)
                ack = json.loads(await opened.recv())
                assert ack["frame"] == frame and not ack["refused"]
                names += [face["person_name"] for face in ack["reading"]["faces"]]
            assert names[-1] == PERSON
            await opened.send(running.portrait[:5000])
            assert "cut short" in json.loads(await opened.recv())["refused"]
            bomb = io.BytesIO()
            Image.new("L", (20000, 20000)).save(bomb, "JPEG", quality=1)
            if len(bomb.getvalue()) < 1 << 20:
                await opened.send(bomb.getvalue())
                assert "too large" in json.loads(await opened.recv())["refused"]
            png = io.BytesIO()
            Image.new("RGB", (64, 64)).save(png, "PNG")
            await opened.send(png.getvalue())
            assert "of no known kind" in json.loads(await opened.recv())["refused"]
        async with client(running.host, "/browser", "operator") as opened:
            await opened.recv()
            kinds = set()
            for _ in range(8):
                await opened.send(running.stranger)
                kinds |= {face["identity"] for face in json.loads(await opened.recv())["reading"]["faces"]}
            assert "unknown" in kinds and "known" not in kinds
            await opened.send(running.stranger)
            opened.transport.abort()  # midway

    asyncio.run(talk())
    assert len(people.people()) == before
    assert {one.camera for one in events.latest(999)} <= {VIDEO, PORTRAIT}


def test_a_browsers_camera_is_kept_where_that_is_asked_for(running):
    async def talk() -> None:
        async with client(running.host, "/browser/kept", "operator") as opened:
            name = json.loads(await opened.recv())["camera"]
            for _ in range(12):
                await opened.send(running.stranger)
                await opened.recv()
        deadline_s = monotonic() + 10
        while not running.live.stores.events.latest(9, name):
            assert monotonic() < deadline_s
            await asyncio.sleep(0.05)

    asyncio.run(talk())


def test_while_a_store_fails_the_pages_say_so_and_cameras_are_watched_again_once_it_is_well(running, monkeypatch):
    def fail(*_):
        raise StoreError("/home/ada cannot be written: the disk is full")

    states, looking = [], browser(running.app, "viewer")
    monkeypatch.setattr(running.live.running, "_again_s", 4.0)
    monkeypatch.setattr(SqlReadings, "append", fail)

    def has(phase: str, kind: str = "engine"):
        def is_told(message) -> bool:
            if isinstance(message, dict) and message["type"] == "engine":
                states.append((message["phase"], message["detail"]))
            return isinstance(message, dict) and (message["type"], message.get("phase", "")) == (kind, phase)

        return is_told

    async def talk() -> None:
        async with client(running.host, "/live") as opened:
            await opened.send(json.dumps({"type": "watch"}))
            await until(opened, has("failed"), 20)
            told = "the database, or a file beside it, cannot be used; it is tried again in 4 s"
            assert states[-1] == ("failed", told)
            assert running.live.waits_for == "failed" and "/home/ada" in running.live.running.state.cause
            cameras = await asyncio.to_thread(looking.get, "/api/v1/cameras")
            assert {one["state"] for one in cameras.json()["items"]} == {"offline"}
            assert (await asyncio.to_thread(looking.get, "/api/v1/events")).status_code == 200
            monkeypatch.undo()
            await until(opened, has("running"), 20)
            await until(opened, has("", "reading"), 20)

    asyncio.run(talk())
    assert running.live.waits_for == ""
