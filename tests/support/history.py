"""A home in which people were seen, with a clock that a test moves: readings, visits, events and kept pictures."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
from tests.support.face_readings import ANN
from tests.support.faces import ALL, HandClock, axis, kept

from mien.domain.events import PersonSeen
from mien.domain.people.consent import NewConsent
from mien.domain.people.sightings import Sighting
from mien.domain.readings import FaceReading, FrameReading
from mien.settings import Settings
from mien.wiring.rights import build_history_export
from mien.wiring.stores import Stores, build_audit

FEAR = replace(
    ANN,
    person_id="",
    person_name="",
    emotion="fear",
    confidence=0.75,
    emotion_labels=("neutral", "fear"),
    probabilities=(0.25, 0.75),
    emotion_smoothed="fear",
    valence=-0.5,
    arousal=0.5,
    valence_arousal_source="measured",
)
CALM = replace(FEAR, emotion="neutral", probabilities=(1.0, 0.0), emotion_smoothed="neutral", valence=0.0, arousal=0.0)
NOT_READ = NewConsent(frozenset({"identify", "keep"}), "1", "form")
NOT_KEPT = NewConsent(frozenset({"identify", "expression"}), "1", "form")


class SeenHome:
    """A home, what it keeps, and what writes it out."""

    def __init__(self, stores: Stores, home: Path) -> None:
        self.stores, self.home, self.clock = stores, home, HandClock()

    def person(self, name: str, consent: NewConsent = ALL, pictures: int = 0) -> str:
        """Somebody who is enrolled, with pictures that are stored."""
        media = self.stores.media
        crops = [media.save(np.full((112, 112, 3), 40 * (1 + number), np.uint8)) for number in range(pictures)]
        made = [kept(axis(number), crop=crop) for number, crop in enumerate(crops)]
        return self.stores.people.add_person(name, made, self.clock.now(), consent).person_id

    def looked(self, person_id: str, face: FaceReading = FEAR, looks: int = 60, camera: str = "door") -> None:
        """Somebody is in view from now on, looked at once a second, and goes; the clock moves on."""
        began_at, shown = self.clock.now(), (replace(face, person_id=person_id),)
        run = self.stores.readings.start_run(camera, began_at)
        self.stores.readings.append(run, [FrameReading(camera, n, n, 9, 9, 0, shown) for n in range(looks)])
        self.clock.passed_s += looks
        if person_id:
            visit = Sighting(camera, 3, "known", person_id, 0.5, began_at, self.clock.now())
            self.stores.sightings.add(visit)
            self.stores.events.append([PersonSeen(f"{camera}-{began_at}", began_at, camera, 3, person_id, 0.5)])
        self.clock.passed_s += 1

    def export(self, **privacy: object):
        """What writes a history out, by a purpose."""
        return build_history_export(Settings(home=self.home, privacy=privacy), self.stores, self.clock)

    def written(self, what: str, form: str, asked, **privacy: object) -> bytes:
        """What is handed over to whoever asks."""
        return b"".join(self.export(**privacy).hand_over(what, form, asked).pieces)

    def at(self, seconds: float):
        """A moment after the clock began."""
        return HandClock().now() + timedelta(seconds=seconds)

    @property
    def heard(self) -> Sequence[tuple[str, tuple[str, ...], dict[str, object]]]:
        """What the audit log tells of exports of history."""
        entries = build_audit(self.stores, self.clock).entries()
        return [(one.action, one.people, dict(one.facts)) for one in entries if one.action == "history.exported"]
