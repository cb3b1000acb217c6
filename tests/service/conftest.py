"""The whole service over a home, and what is kept there."""

from collections.abc import Iterator
from contextlib import ExitStack
from types import SimpleNamespace

import pytest
from argon2 import PasswordHasher
from fastapi.testclient import TestClient
from tests.privacy.conftest import clock, live, settings, stores
from tests.support.faces import HandClock
from tests.support.house import House
from tests.support.service import ORIGIN
from tests.support.whole import whole_service

from mien.service.access import passwords
from mien.settings import Settings
from mien.vision.detection.detector import DetectionSettings
from mien.vision.loading import load_detector, load_recogniser
from mien.vision.quality.measured_assessor import MeasuredAssessor
from mien.wiring.serving.serving import Service
from mien.wiring.stores import Stores, build_audit

__all__ = ["clock", "live", "settings", "stores"]
PASSWORD = "a long enough one"


@pytest.fixture(autouse=True)
def _quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """What slows guessing down slows tests down, too."""
    monkeypatch.setattr(passwords, "_hasher", lambda: PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture(scope="module")
def tasks(take) -> SimpleNamespace:
    """The models that take people in."""
    detector = load_detector(take("yunet"), DetectionSettings())
    recogniser = load_recogniser(take("mobilefacenet"), detector.model)
    return SimpleNamespace(detector=detector, recogniser=recogniser, assessor=MeasuredAssessor())


@pytest.fixture(scope="module")
def ada(catalog, weights) -> bytes:
    """A picture of a woman."""
    return weights.path(catalog.card("astronaut")).read_bytes()


@pytest.fixture
def whole(settings: Settings, stores: Stores, clock: HandClock) -> Service:
    """The whole service without models, which nobody has an account of yet."""
    return whole_service(settings, stores, clock)


@pytest.fixture
def audit(stores: Stores, clock: HandClock):
    return build_audit(stores, clock)


class Page(TestClient):
    """A browser that keeps its cookies, and shows the token of its session once it is logged in."""

    def __init__(self, app, origin: str = ORIGIN) -> None:
        super().__init__(app, base_url=f"{origin}/api/v1", raise_server_exceptions=True)

    def send_in(self, method: str, path: str, **body):
        answer = self.request(method, path.removeprefix("/"), json=body)
        if answer.is_success and "csrf_token" in answer.text:
            self.headers["x-csrf-token"] = answer.json()["csrf_token"]
        return answer

    def set_up(self, token: str, name: str = "Root", password: str = PASSWORD):
        return self.send_in("POST", "setup", token=token, name=name, password=password)

    def log_in(self, name: str = "Root", password: str = PASSWORD):
        return self.send_in("POST", "session", name=name, password=password)


@pytest.fixture
def page(whole: Service):
    """Makes browsers that nobody is logged in with."""
    return lambda origin=ORIGIN: Page(whole.app, origin)


@pytest.fixture
def admin(whole: Service, page) -> Page:
    """A browser of the first admin."""
    made = page()
    assert made.set_up(whole.setup_token).status_code == 201
    return made


@pytest.fixture(scope="module")
def house(tmp_path_factory) -> Iterator[House]:
    """The whole service over a home in which people live, with models where these can be had."""
    with ExitStack() as stack:
        yield House(tmp_path_factory.mktemp("whole") / "home", stack)
