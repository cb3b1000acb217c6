"""Pictures with real faces, and the area over real models and a home with somebody in it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image
from tests.support.faces import HandClock
from tests.support.service import browser, service

from mien.domain.people.consent import NewConsent, Scope
from mien.gallery.enrolment.admission import Terms
from mien.settings import Settings
from mien.settings.models import LivenessSettings
from mien.sources.images import SentPicture
from mien.wiring.assembly import Assembly, assemble_over
from mien.wiring.people import build_enroller
from mien.wiring.serving.analyze import build_analyze
from mien.wiring.stores import Stores, build_stores


def written(image: Image.Image, kind: str = "PNG", **options) -> bytes:
    """A picture as a file."""
    made = BytesIO()
    image.save(made, kind, **options)
    return made.getvalue()


def plain(*size: int) -> Image.Image:
    """A picture of so many px, with nothing to see."""
    return Image.fromarray(np.full((*reversed(size), 3), 120, np.uint8))


@dataclass
class Desk:
    """The area over a home, and what is kept there."""

    app: object
    stores: Stores
    assembly: Assembly

    def enrol(self, name: str, picture: bytes, *scopes: Scope) -> None:
        """Somebody is there who consents to these."""
        settings, tasks = self.assembly.settings, self.assembly.tasks
        terms = Terms(NewConsent(frozenset(scopes), "2", "form 17"), is_given=True)
        enroller = build_enroller(settings, self.stores, tasks, terms, HandClock())
        assert [one.outcome for one in enroller.enrol(name, [SentPicture("1.png", picture)])] == ["accepted"]
        self.assembly.gallery.refresh()

    def ask(self, *pictures: tuple[str, bytes], client: TestClient | None = None) -> list[dict]:
        """What is told of pictures, by their names."""
        answer = send(client or browser(self.app, "operator"), *pictures)
        assert answer.status_code == 200, answer.text
        return answer.json()["items"]


def send(client: TestClient, *pictures: tuple[str, bytes]):
    """Ask about pictures; the answer."""
    files = [("pictures", (name, content, "image/png")) for name, content in pictures]
    return client.post("/api/v1/analyze", files=files)


@pytest.fixture
def open_desk(tmp_path: Path, take) -> Iterator[Callable[..., Desk]]:
    """Makes the area with settings of its own."""
    for name in ("yunet", "mobilefacenet", "fer8-mobilefacenet"):
        take(name)
    with ExitStack() as stack:

        def opened(**own) -> Desk:
            settings, clock = Settings(home=tmp_path / "home", **own), HandClock()
            stores = build_stores(settings, stack)
            assembly = assemble_over(stores, settings, clock)
            return Desk(service(build_analyze(lambda: assembly, clock)), stores, assembly)

        yield opened


@pytest.fixture
def desk(open_desk) -> Desk:
    return open_desk()


@pytest.fixture
def judging_desk(open_desk, take) -> Desk:
    take("minifasnet")
    return open_desk(liveness=replace(LivenessSettings(), model="minifasnet"))
