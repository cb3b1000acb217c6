"""People with everything that may be kept of them: pictures, templates, views, readings, events."""

from collections.abc import Callable

import numpy as np
from tests.support.faces import ALL, MODEL, SIZE

from mien.domain.clock import Clock
from mien.domain.events import PersonSeen
from mien.domain.faces import EmbeddingModel
from mien.domain.people.people import Person
from mien.domain.people.sightings import SightedView, Sighting
from mien.domain.readings import FaceReading, FrameReading
from mien.store.people import NewPicture, NewTemplate
from mien.wiring.stores import Stores


def lives(stores: Stores, clock: Clock, model: EmbeddingModel = MODEL, size: int = SIZE) -> Callable[..., Person]:
    """Enrols somebody, or has them met where there is no name, and seen; templates are of a model with so many values.

    Everybody has another face.
    """
    chance = np.random.default_rng(7)

    def vector() -> np.ndarray:
        made = chance.normal(size=size).astype(np.float32)
        return made / np.linalg.norm(made)

    def face() -> np.ndarray:
        return chance.integers(0, 255, (112, 112, 3), np.uint8)

    def live(name: str = "", readings: int = 20, camera: str = "door") -> Person:
        now = clock.now()
        pictures = [
            NewPicture(
                (NewTemplate(vector(), model), NewTemplate(vector(), model, "distant")),
                0.9,
                f"{name or camera}-{number}.png",
                f"{number:064x}",
                stores.media.save(face()),
            )
            for number in range(3)
        ]
        person = (
            stores.people.add_person(name, pictures, now, ALL) if name else stores.people.add_stranger(pictures, now)
        )
        kind = "known" if name else "unknown"
        identity = (kind, person.person_id, "", 0.5, 0.5)
        expression = ("fear", 0.75, ("fear", "anger"), (0.75, 0.25), "fear")
        read = FaceReading(
            1, (0, 0, 9, 9), (), 0.9, "measured", *identity, *expression, 0.5, "", "measured", "measured"
        )
        run = stores.readings.start_run(camera, now)
        stores.readings.append(run, [FrameReading(camera, n, n / 10, 640, 480, 0.0, (read,)) for n in range(readings)])
        stores.events.append([PersonSeen(f"seen {person.person_id}", now, camera, 1, person.person_id, 0.5)])
        view = SightedView(vector(), model, 0.8, stores.media.save(face()))
        stores.sightings.add(Sighting(camera, 1, kind, person.person_id, 0.5, now, now), [view])
        return person

    return live
