import logging
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from mien.domain.errors import StoreError
from mien.domain.faces import EmbeddingModel
from mien.store.vault.vault import Vault
from mien.store.vectors import sieved
from mien.store.vectors.sieved import SievedIndex
from mien.store.vectors.snapshot import Snapshots

MODEL = EmbeddingModel("network", "alignment", "detector")
VAULT = Vault.of(b"k" * 32)


@pytest.fixture
def vectors() -> np.ndarray:
    drawn = np.random.default_rng(0).standard_normal((50, 16)).astype(np.float32)
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


@pytest.fixture
def index(vectors, monkeypatch) -> SievedIndex:
    """Of several pieces, one of them with a gap."""
    monkeypatch.setattr(sieved, "_BLOCK", 20)
    index = SievedIndex()
    index.add(np.arange(100, 150), vectors)
    index.remove(np.array([103, 104]))
    return index


@pytest.fixture
def snapshots(tmp_path) -> Snapshots:
    return Snapshots(tmp_path / "index", VAULT)


@pytest.fixture
def written(snapshots, index, tmp_path):
    snapshots.write(MODEL, index)
    (path,) = (tmp_path / "index").iterdir()
    return path


def records(path) -> tuple[bytes, list[bytes]]:
    """The head of a file and its records, each with its length."""
    data = path.read_bytes()
    at = len(b"mien vectors 1\n") + 16
    head, parts = data[:at], []
    while at < len(data):
        end = at + 4 + int.from_bytes(data[at : at + 4], "big")
        parts.append(data[at:end])
        at = end
    return head, parts


def test_an_index_is_read_as_it_was_written(snapshots, written, index, vectors):
    read = snapshots.read(MODEL)

    assert read is not None
    assert sorted(read.ids.tolist()) == sorted(index.ids.tolist())
    before, after = index.search(vectors, 5), read.search(vectors, 5)
    assert np.array_equal(before.ids, after.ids)
    assert np.allclose(before.similarities, after.similarities, atol=1e-6)
    read.add(np.array([103]), vectors[3:4])
    assert read.search(vectors[3:4], 1).ids.tolist() == [[103]]


def test_an_index_of_nobody_is_read_too(snapshots):
    snapshots.write(MODEL, SievedIndex())

    read = snapshots.read(MODEL)

    assert read is not None
    assert len(read) == 0


def test_no_vector_and_no_model_is_readable_on_the_disk(written, vectors):
    data = written.read_bytes()

    assert b"network" not in data + written.name.encode()
    assert not any(vector[:2].tobytes() in data for kind in (np.float16, np.float32) for vector in vectors.astype(kind))
    assert written.stat().st_mode & 0o077 == 0


def test_there_may_be_none(snapshots, caplog):
    assert snapshots.read(MODEL) is None
    assert caplog.text == ""


def swapped(path) -> None:
    head, parts = records(path)
    path.write_bytes(head + b"".join((parts[0], parts[2], parts[1], *parts[3:])))


def without_a_record(path) -> None:
    head, parts = records(path)
    path.write_bytes(head + b"".join((parts[0], parts[1], *parts[3:])))


def without_the_last(path) -> None:
    head, parts = records(path)
    path.write_bytes(head + b"".join(parts[:-1]))


def flipped(path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


def with_huge_length(path) -> None:
    head, parts = records(path)
    path.write_bytes(head + b"\xff" * 4 + parts[0])


SPOILT = {
    "swapped": swapped,
    "a record missing": without_a_record,
    "the last missing": without_the_last,
    "a bit flipped": flipped,
    "a length of 4 GB": with_huge_length,
    "cut": lambda path: path.write_bytes(path.read_bytes()[:-7]),
    "cut in the head": lambda path: path.write_bytes(path.read_bytes()[:20]),
    "empty": lambda path: path.write_bytes(b""),
    "something else": lambda path: path.write_bytes(b"PK" + b"\0" * 999),
    "more behind": lambda path: path.write_bytes(path.read_bytes() + b"\0\0\0\1x"),
}


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=list(SPOILT))
def test_what_is_damaged_is_not_used_and_a_warning_says_so(snapshots, written, spoil, caplog):
    spoil(written)

    with caplog.at_level(logging.WARNING):
        assert snapshots.read(MODEL) is None
    assert len(caplog.records) == 1


def test_a_snapshot_of_another_key_model_or_file_is_not_used(snapshots, written, index, tmp_path):
    other = EmbeddingModel("other", "alignment", "detector")
    snapshots.write(other, index)
    (theirs,) = set((tmp_path / "index").iterdir()) - {written}
    assert Snapshots(tmp_path / "index", Vault.of(b"x" * 32)).read(MODEL) is None

    (head, mine), (_, foreign) = records(written), records(theirs)
    written.write_bytes(head + b"".join((*mine[:2], foreign[2], *mine[3:])))
    assert snapshots.read(MODEL) is None

    written.write_bytes(theirs.read_bytes())
    assert snapshots.read(MODEL) is None


def test_signs_that_were_made_in_another_way_are_not_used(snapshots, written, monkeypatch, caplog):
    made = sieved._projections
    monkeypatch.setattr(sieved, "_projections", lambda dimensions: -made(dimensions)[:, ::-1])

    assert snapshots.read(MODEL) is None
    assert "another way" in caplog.text


def test_a_later_snapshot_takes_the_place_of_an_earlier_one(snapshots, written, index, tmp_path):
    (tmp_path / "index" / f"{written.stem}.dead.partial").write_bytes(b"left by a process that was killed")
    index.remove(np.arange(100, 140))

    snapshots.write(MODEL, index)

    assert list((tmp_path / "index").iterdir()) == [written]
    read = snapshots.read(MODEL)
    assert read is not None
    assert len(read) == 10


def test_a_snapshot_that_fails_leaves_the_earlier_one(written, index, tmp_path):
    class Broken(Vault):
        def seal(self, data: bytes, context: bytes) -> bytes:
            raise OSError(28, "No space left on device")

    before = written.read_bytes()

    with pytest.raises(StoreError, match="No space left"):
        Snapshots(tmp_path / "index", Broken.of(b"k" * 32)).write(MODEL, index)

    assert list((tmp_path / "index").iterdir()) == [written]
    assert written.read_bytes() == before


def test_snapshots_are_discarded(snapshots, written, index, tmp_path):
    other = EmbeddingModel("other", "alignment", "detector")
    snapshots.write(other, index)

    snapshots.discard(MODEL)
    assert snapshots.read(MODEL) is None
    assert snapshots.read(other) is not None

    fence = snapshots.fence()
    snapshots.discard()
    assert list((tmp_path / "index").glob("*.*")) == []
    assert snapshots.fence() not in (fence, b"")


def test_several_discard_at_once_and_whoever_looks_sees_it(tmp_path):
    def discard(_: int) -> set[bytes]:
        own, fences = Snapshots(tmp_path / "index", VAULT), set()
        for _ in range(60):
            before = own.fence()
            own.discard()
            after = own.fence()
            assert after != before
            fences |= {before, after}
        return fences

    Snapshots(tmp_path / "index", VAULT).discard()
    with ThreadPoolExecutor(3) as pool:
        fences = set[bytes]().union(*pool.map(discard, range(3)))
    assert {len(one) for one in fences} == {16}, "without a fence a writer would take a discard for none"
    assert [one.name for one in (tmp_path / "index").iterdir()] == ["fence"]
