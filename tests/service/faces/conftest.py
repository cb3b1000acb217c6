"""The area of faces over a home with one person in it, real models, and frames that a test shows at its own pace."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from tests.support.faces import ALL, HandClock
from tests.support.rendered import Puppet
from tests.support.service import browser, service, socket

from mien.domain.accounts import Role
from mien.gallery.challenge.moves import Move
from mien.privacy.purpose import PrivacySettings
from mien.service.access.entrance import Entrance
from mien.service.access.passwords import hash_of
from mien.settings import Settings
from mien.sources.pixels import ArrayPixels
from mien.sources.video import open_video_file
from mien.store.people import NewPicture, NewTemplate
from mien.wiring.assembly import Assembly, assemble_over
from mien.wiring.serving.faces import FaceOptions, build_faces, build_watcher
from mien.wiring.stores import Stores, build_audit, build_stores

Picture = NDArray[np.uint8]
PACE_S = 0.1


class Drawn(Random):
    """Chance that always asks for the same moves."""

    moves: Sequence[Move] = ("left", "nod")

    def choice(self, seq):
        assert tuple(self.moves) in seq
        return self.moves


@dataclass
class Door:
    """A service with the area, its stores, and somebody before its camera."""

    app: object
    stores: Stores
    assembly: Assembly
    clock: HandClock
    entrance: Entrance
    chance: Drawn = field(default_factory=Drawn)

    def show(
        self, path: str, frames: Sequence[bytes], begin: str = "", pace_s: float = PACE_S, role: Role | None = None
    ) -> dict:
        """Show frames until there is a result; what the socket said last."""
        with socket(self.app, path, role) as opened:
            if begin:
                opened.send_text(begin)
            assert opened.receive_json()["type"] == "ready"
            for jpeg in frames:
                opened.send_bytes(jpeg)
                told = opened.receive_json()
                self.clock.passed_s += pace_s
                if told["type"] in ("result", "enrolment"):
                    break
            return told

    def audited(self) -> list[tuple[str, dict]]:
        """What the log says of people coming in."""
        entries = build_audit(self.stores, self.clock).entries()
        return [(one.action, dict(one.facts)) for one in entries if one.action.startswith("account.")]

    def claim(self, ticket: str):
        return browser(self.app, None).post("/api/v1/session/face", json={"ticket": ticket})


@pytest.fixture(scope="module")
def footage(catalog, weights) -> list[Picture]:
    """A man in a car, who talks and moves his head, twice as large as he was filmed."""
    source = open_video_file(str(weights.path(catalog.card("carphone"))), HandClock())
    frames = [frame.pixels.bgr() for frame in source.frames()]
    return [cv2.resize(frame, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC) for frame in frames]


@pytest.fixture(scope="module")
def portrait(footage) -> Picture:
    """He looks straight into the camera."""
    return footage[0]


@pytest.fixture(scope="module")
def puppet(portrait, tmp_path_factory) -> Puppet:
    with ExitStack() as stack:
        settings = Settings(home=tmp_path_factory.mktemp("looking"))
        assembly = assemble_over(build_stores(settings, stack), settings, HandClock())
        face = build_watcher(assembly).look(ArrayPixels(portrait), 0.0).face
        assert face is not None
        return Puppet(portrait, face.mesh)


def jpeg(picture: Picture) -> bytes:
    return cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes()


@pytest.fixture(scope="module")
def calm(portrait) -> bytes:
    return jpeg(portrait)


@pytest.fixture(scope="module")
def acted(puppet, calm) -> list[bytes]:
    """The man turns his head to his left and back, and nods."""
    left = [jpeg(puppet.posed(yaw=yaw)) for yaw in (8, 16, 26, 26, 16, 8)]
    nod = [jpeg(puppet.posed(pitch=pitch)) for pitch in (-8, -20, -8)]
    return [calm] * 10 + left + [calm] * 4 + nod + [calm] * 4


@pytest.fixture
def open_door(tmp_path: Path):
    """Makes a door with options."""
    with ExitStack() as stack:

        def open_door(privacy: PrivacySettings | None = None, **options) -> Door:
            privacy = privacy or PrivacySettings()
            settings, clock, chance = Settings(home=tmp_path / "home", privacy=privacy), HandClock(), Drawn()
            stores = build_stores(settings, stack)
            assembly = assemble_over(stores, settings, clock)
            entrance = Entrance(stores.accounts, build_audit(stores, clock), clock, "token")
            area = build_faces(
                stores, lambda: assembly, entrance, clock, FaceOptions(chance=chance, frames_per_s=1000.0, **options)
            )
            return Door(service(area), stores, assembly, clock, entrance, chance)

        yield open_door


@pytest.fixture
def door(open_door, portrait) -> Door:
    """Where people come in by their face; the man is enrolled, and has an account that opens by it."""
    door = open_door(has_login=True)
    enrol(door, "Ana", portrait)
    return door


def enrol(door: Door, name: str, picture: Picture, allows_face: bool = True) -> None:
    tasks, people = door.assembly.tasks, door.stores.people
    watcher = build_watcher(door.assembly)
    face = watcher.look(ArrayPixels(picture), 0.0).face
    assert face is not None
    templates = tuple(NewTemplate(face.vector, tasks.recogniser.model, variant) for variant in ("plain", "distant"))
    person = people.add_person(name, [NewPicture(templates, 0.9, "picture", "", "")], door.clock.now(), ALL)
    account = door.stores.accounts.add(name, "operator", door.clock.now(), hash_of("a long password"), person.person_id)
    door.stores.accounts.change(account.account_id, allows_face=allows_face)


@pytest.fixture(scope="module")
def sitting(puppet, acted, footage) -> list[bytes]:
    """He makes the moves, shows his face from many sides, and talks."""
    sides = [(0, 0), (22, 0), (-22, 0), (0, 14), (26, -15), (-26, -15), (12, -22), (-12, -22), (26, 12), (-26, 12)]
    return [*acted, *(jpeg(puppet.posed(*side)) for side in sides for _ in range(2)), *map(jpeg, footage[::3])]


@pytest.fixture(scope="session", autouse=True)
def models_are_here(take) -> None:
    """Coming in by one's face takes models that not every machine can have; tests of it skip there."""
    for name in ("minifasnet", "face-mesh", "eye-contours"):
        take(name)
