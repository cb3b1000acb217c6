"""Somebody is forgotten while cameras see them: neither name nor id comes back, and nothing of before is kept anew."""

import io
import logging
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

import pytest
from PIL import Image
from tests.service.conftest import Page

from mien.demo import PERSON, PORTRAIT, VIDEO, fetch_media, serve_demo
from mien.domain.clock import SystemClock
from mien.engine.serving.passing import PassingCamera
from mien.privacy.forgetting.verification import Verification
from mien.settings import load_settings
from mien.store.departures import Marks
from mien.wiring.serving.live import Browsers, Live, prepare_live, start_live
from mien.wiring.serving.serving import build_service
from mien.wiring.stores import Stores, build_stores


@dataclass
class Served:
    """A service whose cameras run, an admin at it, and what is logged."""

    live: Live
    stores: Stores
    page: Page
    portrait: bytes
    logged: list[str]

    def shown(self) -> set[str]:
        """Whom cameras show at this moment, by name and id."""
        faces = [face for news in [*self.live.hub.board.readings.values()] for face in news.value.faces]
        return {word for face in faces for word in (face.person_name, face.person_id) if word}

    def at_the_portrait(self) -> set[str]:
        """Whom one of the cameras shows, by id."""
        return {face.person_id for face in self.live.hub.board.readings[PORTRAIT].value.faces}

    def waits_for(self, is_shown, seconds: float = 60.0) -> str:
        """One of the words that are shown, as soon as it is."""
        ends_s = monotonic() + seconds
        while monotonic() < ends_s:
            if found := next((word for word in self.shown() if is_shown(word)), ""):
                return found
            sleep(0.02)
        raise AssertionError(f"not shown: {self.live.running.state}")

    def forget(self, person_id: str, *cameras: PassingCamera) -> set[str]:
        """Forget somebody; whom cameras showed in ten frames of each from then on, and browsers' cameras at once."""
        answer = self.page.post(f"privacy/forget/{person_id}", json={"agreed": [person_id]})
        shown = {word for camera in cameras for face in self.looks(camera) for word in face}
        assert answer.status_code == 200, answer.json()
        frames: dict[str, set[int]] = {name: set() for name in (PORTRAIT, VIDEO)}
        ends_s = monotonic() + 30
        while any(len(seen) < 10 for seen in frames.values()):
            assert monotonic() < ends_s, f"nothing is seen: {self.live.running.state}"
            shown |= self.shown()
            for name, news in [*self.live.hub.board.readings.items()]:
                frames[name].add(news.number)
            sleep(0.001)
        return shown

    def looks(self, camera: PassingCamera) -> list[tuple[str, str]]:
        """Who a browser's camera says the portrait is, look by look, by id and name."""
        faces = [face for _ in range(12) for face in camera.look(self.portrait).faces]
        assert faces
        return [(face.person_id, face.person_name) for face in faces]

    def traces(self, marks: Marks) -> list[str]:
        """What a search of the home finds of somebody."""
        readable, texts = self.stores.people.readable(marks.names), self.stores.database.texts()
        found = Verification(self.stores.home).look_for(marks, readable, texts).found
        return [f"{one.file}: {one.trace}" for one in found]


class _Noted(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.INFO)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


@pytest.fixture(scope="module")
def served(weights, tmp_path_factory) -> Iterator[Served]:
    log, noted = logging.getLogger("mien"), _Noted()
    with ExitStack() as stack:
        settings, watched = serve_demo(load_settings(), tmp_path_factory.mktemp("demo"))
        stores, clock = build_stores(settings, stack), SystemClock()
        live = prepare_live(settings, stores, clock, watched)
        service = build_service(settings, stores, live, clock)
        start_live(live, settings, stack)
        page = Page(service.app)
        assert page.set_up(service.setup_token).status_code == 201
        level = log.level
        log.addHandler(noted)
        log.setLevel(logging.INFO)
        stack.callback(log.setLevel, level)
        stack.callback(log.removeHandler, noted)
        yield Served(live, stores, page, jpeg(fetch_media(settings).portrait), noted.lines)


def jpeg(path: Path) -> bytes:
    file = io.BytesIO()
    Image.open(path).convert("RGB").save(file, "JPEG", quality=90)
    return file.getvalue()


def test_whoever_is_known_is_not_named_again(served):
    served.waits_for(PERSON.__eq__)
    person = served.stores.people.named(PERSON)
    assert person is not None
    marks = served.stores.people.marks(person.person_id)
    with ExitStack() as stack:
        passing = stack.enter_context(Browsers(served.live).open("browser 1", is_kept=False))
        kept = stack.enter_context(Browsers(served.live).open("browser 2", is_kept=True))
        for camera in (passing, kept):
            assert served.looks(camera)[-1] == (person.person_id, PERSON)
        began = len(served.logged)
        shown = served.forget(person.person_id, passing, kept)
    assert not {PERSON, person.person_id} & shown
    assert served.traces(marks) == []
    assert not [line for line in served.logged[began:] if PERSON in line or person.person_id in line]


def test_a_stranger_who_stays_is_met_as_another_by_what_is_seen_from_then_on(served):
    if known := served.stores.people.named(PERSON):
        served.forget(known.person_id)
    stranger = served.waits_for(lambda word: word in served.at_the_portrait())
    marks = served.stores.people.marks(stranger)
    assert stranger.startswith("unknown-") and marks.vectors
    began = len(served.logged)
    assert stranger not in served.forget(stranger)
    another = served.waits_for(lambda word: word in served.at_the_portrait())
    assert another != stranger and served.stores.people.person(another)
    assert served.traces(marks) == []
    assert not [line for line in served.logged[began:] if stranger in line]
