"""Search among a million templates, and starting with them: the index alone, and a gallery over its database."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from benchmarks.parts.report import Report, Table, measured
from numpy.typing import NDArray
from sqlalchemy import insert, update

from mien.domain.clock import SystemClock
from mien.domain.faces import EmbeddingModel
from mien.gallery.gallery import Gallery
from mien.gallery.matching.thresholds import MatchingSettings
from mien.store.people import NewPicture, NewTemplate
from mien.store.sql import tables
from mien.store.sql.database import Database
from mien.store.sql.people import templates
from mien.store.sql.people.people import SqlPeople
from mien.store.sql.sealed import ORIGIN, VECTOR
from mien.store.vault.keys import EncryptionSettings, key_finder
from mien.store.vault.vault import Vault
from mien.store.vectors.growing import EXACT_UP_TO, GrowingIndex
from mien.store.vectors.snapshot import Snapshots

DIMENSIONS, BATCH, QUERIES = 512, 50_000, 2_000
COPY = 0.8  # cosine of a query to what it is a noisy copy of
MODEL = EmbeddingModel("made-up", "made-up", "made-up")
AT = datetime(2024, 5, 1, tzinfo=UTC)
QUALITY = 0.9  # of every picture
INDEX_COLUMNS = (
    "vectors",
    "made s",
    "snapshot MB",
    "read s",
    "search ms",
    "p95 ms",
    "CPU ms",
    "recall@1",
    "added and found ms",
    "memory MB",
)

Floats = NDArray[np.float32]


def main() -> None:
    """Print a table of the index and one of the gallery. Needs 6 GB of disk and 2 GB of memory for four minutes."""
    report = Report("million_templates")
    with measured() as report.seconds, TemporaryDirectory() as folder:
        rows = [_index_row(count, Path(folder)) for count in (EXACT_UP_TO - 1, 1_000_000)]
        report.tables.append(Table("The index: one vector a person, one thread", INDEX_COLUMNS, rows))
        steps = _gallery_rows(1_000_000, Path(folder) / "home")
        report.tables.append(Table("The gallery: a million templates in SQLite", ("", "wall", "CPU", ""), steps))
    report.publish()


def unit(vectors: Floats) -> Floats:
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def noise(chance: np.random.Generator, count: int) -> Floats:
    return unit(chance.standard_normal((count, DIMENSIONS), dtype=np.float32))


def copies(chance: np.random.Generator, vectors: Floats) -> Floats:
    return unit(COPY * vectors + np.float32(np.sqrt(1 - COPY**2)) * noise(chance, len(vectors)))


def clusters(count: int) -> Iterator[tuple[NDArray[np.int64], Floats]]:
    """Batches of templates of people: 1 to 10 of each, with cosines of 0.5 to 0.8 between them; whose, and vectors."""
    chance = np.random.default_rng(1)
    person = 0
    for start in range(0, count, BATCH):
        wanted = min(BATCH, count - start)
        sizes = chance.integers(1, 11, wanted)
        sizes = sizes[: int(np.searchsorted(np.cumsum(sizes), wanted)) + 1]
        sizes[-1] -= sizes.sum() - wanted
        within = np.repeat(np.arange(len(sizes)), sizes)
        shared = chance.uniform(0.5, 0.8, wanted).astype(np.float32)[:, None]
        centres = noise(chance, len(sizes))
        yield person + within, unit(np.sqrt(shared) * centres[within] + np.sqrt(1 - shared) * noise(chance, wanted))
        person += len(sizes)


def _index_row(count: int, folder: Path) -> tuple[object, ...]:
    chance, snapshots = np.random.default_rng(0), Snapshots(folder / f"index-{count}", Vault.of(b"0" * 32))
    before, made_s, index = _memory_mb(), 0.0, GrowingIndex(MODEL, snapshots)
    index.expect(count)
    kept = []
    for number, (_, vectors) in enumerate(clusters(count)):
        asked = chance.choice(len(vectors), QUERIES * BATCH // count, replace=False)
        kept.append((asked + number * BATCH, copies(chance, vectors[asked])))
        began = time.perf_counter()
        index.add(np.arange(number * BATCH, number * BATCH + len(vectors)), vectors)
        made_s += time.perf_counter() - began
    size_mb, read_s = 0.0, 0.0
    if index.rows is None:
        index.tend(0.0)
        index.wait()
        size_mb = sum(path.stat().st_size for path in (folder / f"index-{count}").iterdir()) / 1e6
        del index
        began, index = time.perf_counter(), GrowingIndex(MODEL, snapshots)
        index.expect(count)
        read_s = time.perf_counter() - began
    found, times = _searched(index, np.concatenate([vectors for _, vectors in kept]))
    recall = float((found == np.concatenate([ids for ids, _ in kept])).mean())
    new = noise(chance, 1)
    began = time.perf_counter()
    index.add(np.array([count]), new)
    assert index.search(new, 1).ids.tolist() == [[count]]
    added_ms = (time.perf_counter() - began) * 1e3
    memory = _memory_mb() - before
    return (f"{count:,}", made_s, size_mb, read_s, *times, recall, added_ms, memory)


def _searched(index: GrowingIndex, queries: Floats) -> tuple[NDArray[np.int64], tuple[float, float, float]]:
    """What is nearest to each query; the median and 95th percentile of milliseconds, and the median of CPU time."""
    found, took, used = [], [], []
    for query in queries:
        began, cpu = time.perf_counter(), time.thread_time()
        found.append(index.search(query[None], 256).ids[0, 0])
        took.append((time.perf_counter() - began) * 1e3)
        used.append((time.thread_time() - cpu) * 1e3)
    return np.array(found), (float(np.median(took)), float(np.percentile(took, 95)), float(np.median(used)))


def _gallery_rows(count: int, home: Path) -> list[tuple[object, ...]]:
    chance, clock, rows = np.random.default_rng(2), SystemClock(), []

    @contextmanager
    def timed(step: str) -> Iterator[None]:
        with measured() as seconds:
            yield
        rows.append((step, seconds.wall_s, seconds.cpu_s, "s"))

    with Database.open_file(home / "mien.sqlite3", key_finder(EncryptionSettings("memory"), home)) as database:
        with timed("writing the database"):
            queries, asked = _fill(database, count, chance)
        people = SqlPeople(database)
        snapshots = Snapshots(home / "index", database.vault)

        def opened() -> Gallery:
            return Gallery(people, MODEL, MatchingSettings(), clock, snapshots)

        with timed("start without a snapshot"):
            first = opened()
        while not list((home / "index").glob("*.vectors")):
            time.sleep(0.1)
        before = _memory_mb()
        with timed("start from the snapshot"):
            gallery = opened()
        rows.append(("memory of that gallery", _memory_mb() - before, "", "MB"))
        rows.append(("people", len(gallery.crowd.person_ids), "", ""))
        right, took, used = 0, [], []
        for query, person_id in zip(queries, asked, strict=True):
            began, cpu = time.perf_counter(), time.thread_time()
            scores = gallery.crowd.scores(query[None])[0]
            took.append((time.perf_counter() - began) * 1e3)
            used.append((time.thread_time() - cpu) * 1e3)
            right += gallery.crowd.person_ids[scores.argmax()] == person_id
        rows.append(("a face scored against everybody, median", float(np.median(took)), float(np.median(used)), "ms"))
        rows.append(("the right person first", right / len(queries), "", ""))
        vector = noise(chance, 1)[0]
        new = people.add_stranger([NewPicture((NewTemplate(vector, MODEL),), QUALITY, "door:1")], AT)
        with timed("a stranger of another process is found"):
            gallery.refresh()
            assert gallery.crowd.scores(vector[None])[0].argmax() == gallery.crowd.places[new.person_id]
        with timed("a stranger is founded and found"):
            found = people.add_stranger([NewPicture((NewTemplate(-vector, MODEL),), QUALITY, "door:2")], AT)
            gallery.refresh()
            assert gallery.crowd.scores(-vector[None])[0].argmax() == gallery.crowd.places[found.person_id]
        people.forget(new.person_id)
        with timed("somebody forgotten is seen to be gone"):
            gallery.refresh()
            assert new.person_id not in gallery.crowd.places
        del first
    return rows


def _fill(database: Database, count: int, chance: np.random.Generator) -> tuple[Floats, Sequence[str]]:
    """Write people with their templates, and return some noisy copies (q, d) and whose these are."""
    at, written = 0, 0
    queries, asked = [], []
    for owners, vectors in clusters(count):
        people = int(owners[-1]) + 1
        with database.writing() as connection:
            model_id = templates.model_id(connection, MODEL)
            connection.execute(insert(tables.people), [_person(number) for number in range(written, people)])
            pictures = [_picture(at + row, _id(int(owner)), database.vault) for row, owner in enumerate(owners, 1)]
            connection.execute(insert(tables.pictures), pictures)
            rows = [
                _template((_id(int(owner)), at + row, model_id, "plain"), vector, database.vault)
                for row, (owner, vector) in enumerate(zip(owners, vectors, strict=True), 1)
            ]
            connection.execute(insert(tables.templates), rows)
            counter = update(tables.counters).where(tables.counters.c.name == "stranger")
            connection.execute(counter.values(value=people))
        at, written = at + len(rows), people
        chosen = chance.choice(len(vectors), QUERIES * BATCH // count, replace=False)
        queries.append(copies(chance, vectors[chosen]))
        asked.extend(_id(int(owner)) for owner in owners[chosen])
    return np.concatenate(queries), asked


def _id(number: int) -> str:
    return f"unknown-{number + 1:04d}"


def _person(number: int) -> dict[str, object]:
    return {
        "person_id": _id(number),
        "kind": "stranger",
        "created_at": AT,
        "uid": f"{number:032x}",
        "standing": "active",
        "may_identify": True,
        "revision": 0,
    }


def _template(place: tuple[object, ...], vector: Floats, vault: Vault) -> dict[str, object]:
    sealed = VECTOR.seal(vault, templates.vector_bytes(vector), *place)
    return {"picture_id": place[1], "model_id": place[2], "variant": place[3], "vector": sealed}


def _picture(picture_id: int, person_id: str, vault: Vault) -> dict[str, object]:
    return {
        "picture_id": picture_id,
        "person_id": person_id,
        "quality": QUALITY,
        "origin": ORIGIN.seal(vault, b"a picture", person_id, picture_id),
        "crop": "",
        "created_at": AT,
        "state": "active",
    }


def _memory_mb() -> float:
    """What this process holds at the moment."""
    (held,) = (
        line.split()[1] for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmRSS")
    )
    return int(held) * 1024 / 1e6


if __name__ == "__main__":
    main()
