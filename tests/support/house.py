"""The whole web service over a home in which people live, and callers who may do everything, whatever they did."""

from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from pathlib import Path
from time import monotonic, sleep
from typing import Protocol

from tests.support.lives import lives
from tests.support.pool import Pool
from tests.support.scripted import at, texture
from tests.support.service import ORIGIN

from mien.domain.accounts import KEY_SCOPES, Account
from mien.domain.clock import SystemClock
from mien.domain.events import CameraLost
from mien.domain.readings import FrameReading
from mien.service.access.gate import COOKIE, CSRF_HEADER, digest_of
from mien.settings import Settings
from mien.settings.tree import CameraSettings
from mien.sources.pixels import ArrayPixels
from mien.store.accounts import NewKey
from mien.wiring.serving.live import Watched, prepare_live, start_live
from mien.wiring.serving.serving import build_service
from mien.wiring.stores import build_stores

CAMERA, CSRF = "door", "of-the-session"
_DAY = timedelta(days=1)


class House:
    """The service as it is wired, its engine running where there are models, over stores that `stock` fills."""

    def __init__(self, home: Path, stack: ExitStack) -> None:
        self.clock = SystemClock()
        settings = Settings(home=home)
        much = type(settings.service)(requests_per_minute=10**7, logins_per_minute=10**7)
        settings = settings.model_copy(update={"service": much})
        self.stores = build_stores(settings, stack)
        camera = CameraSettings("0", enabled=False)
        self._live = prepare_live(settings, self.stores, self.clock, Watched({CAMERA: camera}))
        self.app = build_service(settings, self.stores, self._live, self.clock).app
        start_live(self._live, settings, stack)
        self.pool = Pool()
        self.pool.note({"expires_at": "2999-01-01T00:00:00Z"})
        self.numbers = count(1)
        self._wait()
        self._enrol = self._enrolment()
        self._show()
        self.stock()

    @property
    def is_ready(self) -> bool:
        """Whether there are models, so that nobody has to wait for them."""
        return not self._live.waits_for

    def stock(self) -> None:
        """Somebody new of every kind, and what belongs to them."""
        number = next(self.numbers)
        ann, stranger = self._enrol(f"Ann {number}", 3), self._enrol("", 3)
        for one in (ann, stranger):
            self.pool.note(one)
            self.pool.note(self.stores.people.pictures(one.person_id))
        self.pool.note(self.stores.journal.changes(2))
        cat = self.stores.accounts.add(f"Cat {number}", "operator", self.clock.now(), "", ann.person_id)
        new = NewKey(digest_of(f"key {number}"), "mien_", f"a program {number}", frozenset(KEY_SCOPES))
        for one in (cat, self.stores.accounts.add_key(cat.account_id, new, self.clock.now())):
            self.pool.note(one)
        self.stores.events.append([CameraLost(f"lost {number}", self.clock.now(), CAMERA, "the server refused")])

    def _wait(self) -> None:
        deadline_s = monotonic() + 60
        while self._live.running.state.phase == "preparing":
            assert monotonic() < deadline_s
            sleep(0.01)

    def _enrolment(self):
        if not self.is_ready:
            return lives(self.stores, self.clock)
        recogniser = self._live.models.get().tasks.recogniser
        return lives(self.stores, self.clock, recogniser.model, 512)

    def _show(self) -> None:
        """The camera shows something, and for so long that it is never old."""
        frame = at(ArrayPixels(texture(160, 120, 1)), 1, 0.2, CAMERA, self.clock.monotonic_s() + _DAY.total_seconds())
        self._live.previews.sink(CAMERA).add(frame, FrameReading(CAMERA, 1, 0.2, 160, 120, 0.02, ()))


class Caller(Protocol):
    """Somebody who sends requests."""

    def headers(self) -> dict[str, str]:
        """What they show with a request."""
        ...

    def comes_back(self) -> bool:
        """Let them in again where they were shut out by what they did; whether they were."""
        ...


@dataclass
class Admin:
    """A browser in which an admin is logged in."""

    house: House
    token: str = ""

    def __post_init__(self) -> None:
        self.comes_back()

    def headers(self) -> dict[str, str]:
        return {"cookie": f"{COOKIE}={self.token}", CSRF_HEADER: CSRF, "origin": ORIGIN}

    def comes_back(self) -> bool:
        accounts, now = self.house.stores.accounts, self.house.clock.now()
        there = accounts.session(digest_of(self.token), now)
        if there is not None and there.account.role == "admin":
            return False
        self.token = f"session-{next(self.house.numbers)}"
        accounts.begin_session(_admin(self.house).account_id, digest_of(self.token), CSRF, now, now + _DAY)
        return True


@dataclass
class Program:
    """A program that shows a key of an admin, which opens all that keys do."""

    house: House
    secret: str = ""

    def __post_init__(self) -> None:
        self.comes_back()

    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.secret}"}

    def comes_back(self) -> bool:
        accounts, now = self.house.stores.accounts, self.house.clock.now()
        there = accounts.key(digest_of(self.secret), now)
        if there is not None and there[1].role == "admin":
            return False
        self.secret = f"key-{next(self.house.numbers)}"
        new = NewKey(digest_of(self.secret), "mien_", "everything", frozenset(KEY_SCOPES))
        accounts.add_key(_admin(self.house).account_id, new, now)
        return True


def _admin(house: House) -> Account:
    return house.stores.accounts.add(f"Root {next(house.numbers)}", "admin", house.clock.now(), "a hash")
