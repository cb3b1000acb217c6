"""Forgetting somebody with 10,000 readings and 200 stored pictures, among half a million readings of others."""

import time
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from benchmarks.parts.report import Report, Table, measured
from numpy.typing import NDArray
from sqlalchemy import insert

from mien.domain.clock import SystemClock
from mien.domain.faces import EmbeddingModel
from mien.domain.people.consent import SCOPES, NewConsent
from mien.settings import Settings
from mien.store.people import NewPicture, NewTemplate
from mien.store.sql import tables
from mien.store.vault.keys import EncryptionSettings
from mien.wiring.privacy import build_audit
from mien.wiring.rights import build_forgetting
from mien.wiring.stores import Stores, build_stores

READINGS, PICTURES, DIMENSIONS = 10_000, 200, 512
OTHERS, BATCH = 500, 50_000
MODEL = EmbeddingModel("made-up", "made-up", "made-up")
AT = datetime(2024, 5, 1, tzinfo=UTC)
CONSENT = NewConsent(frozenset(SCOPES), "1", "made up")
COLUMNS = ("readings of others", "home MB", "files", "taken s", "searched MB", "traces")
BAR_S = 5.0


def main() -> None:
    """Print how long it takes, the search of every byte included. Needs 1 GB of disk for a minute or two."""
    report = Report("forgetting")
    with measured() as report.seconds:
        rows = [_row(count) for count in (0, 500_000)]
        report.tables.append(Table(f"{READINGS} readings and {PICTURES} pictures: at most {BAR_S:g} s", COLUMNS, rows))
    report.publish()


def _row(others: int) -> tuple[object, ...]:
    chance = np.random.default_rng(0)
    with TemporaryDirectory() as folder, ExitStack() as stack:
        settings = Settings(home=Path(folder) / "home", encryption=EncryptionSettings("memory"))
        stores = build_stores(settings, stack)
        people = [_person(stores, f"Somebody Else {number}", 2, chance) for number in range(OTHERS if others else 0)]
        person_id = _person(stores, "Ada Lovelace", PICTURES, chance)
        run = stores.readings.start_run("door", AT)
        ids = [*(people[number % OTHERS] for number in range(others)), *([person_id] * READINGS)]
        _read(stores, run, [ids[place] for place in chance.permutation(len(ids))], chance)
        build_audit(stores, SystemClock()).catch_up()
        stores.database.scrub()
        size = sum(path.stat().st_size for path in settings.home.rglob("*") if path.is_file())
        began_s = time.perf_counter()
        receipt = build_forgetting(stores, SystemClock()).forget("Ada Lovelace").receipt
        taken_s = time.perf_counter() - began_s
        assert receipt.removed["readings"] == READINGS and receipt.removed["crops"] == PICTURES
        return (others, round(size / 1e6), receipt.files, round(taken_s, 2), round(receipt.size / 1e6), 0)


def _person(stores: Stores, name: str, pictures: int, chance: np.random.Generator) -> str:
    kept = [
        NewPicture(
            (NewTemplate(_vector(chance), MODEL), NewTemplate(_vector(chance), MODEL, "distant")),
            0.9,
            f"{name}-{number}.jpg",
            f"{number:064x}",
            stores.media.save(chance.integers(0, 256, (112, 112, 3), np.uint8)),
        )
        for number in range(pictures)
    ]
    return stores.people.add_person(name, kept, AT, CONSENT).person_id


def _vector(chance: np.random.Generator) -> NDArray[np.float32]:
    vector = chance.normal(size=DIMENSIONS).astype(np.float32)
    return vector / np.float32(np.linalg.norm(vector))


def _read(stores: Stores, run: int, person_ids: list[str], chance: np.random.Generator) -> None:
    """Rows as the store of readings writes them, without an object for each."""
    for start in range(0, len(person_ids), BATCH):
        rows = [
            {
                "run_id": run.run_id,
                "frame": start + place,
                "time_s": (start + place) / 5,
                "width": 1920,
                "height": 1080,
                "latency_s": 0.1,
                "track_id": 1,
                "box": chance.bytes(16),
                "landmarks": chance.bytes(40),
                "detection_score": 0.9,
                "detection_source": "measured",
                "identity": "known",
                "person_id": person_id,
                "similarity": 0.5,
                "margin": 0.4,
                "emotion": "neutral",
                "confidence": 0.6,
                "label_set_id": None,
                "probabilities": chance.bytes(32),
                "emotion_smoothed": "neutral",
                "quality": 0.7,
                "quality_reason": "",
                "identity_source": "measured",
                "emotion_source": "carried",
                "valence": 0.1,
                "arousal": 0.2,
                "valence_arousal_source": "derived",
                "liveness": "",
                "liveness_score": 0.0,
                "liveness_reason": "",
                "pose": None,
            }
            for place, person_id in enumerate(person_ids[start : start + BATCH])
        ]
        with stores.database.writing() as connection:
            connection.execute(insert(tables.readings), rows)


if __name__ == "__main__":
    main()
