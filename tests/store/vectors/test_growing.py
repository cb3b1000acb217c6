import numpy as np
import pytest

from mien.domain.faces import EmbeddingModel
from mien.store.vault.vault import Vault
from mien.store.vectors.exact import ExactIndex
from mien.store.vectors.growing import GrowingIndex
from mien.store.vectors.sieved import SievedIndex
from mien.store.vectors.snapshot import Snapshots

MODEL = EmbeddingModel("network", "alignment", "detector")


@pytest.fixture
def vectors() -> np.ndarray:
    drawn = np.random.default_rng(0).standard_normal((400, 32)).astype(np.float32)
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


@pytest.fixture
def snapshots(tmp_path) -> Snapshots:
    return Snapshots(tmp_path / "index", Vault.of(b"k" * 32))


def opened(snapshots: Snapshots | None, expected: int = 0) -> GrowingIndex:
    index = GrowingIndex(MODEL, snapshots, exact_up_to=100)
    index.expect(expected)
    return index


def test_a_small_gallery_is_searched_exactly_and_a_large_one_through_the_sieve(vectors):
    index = opened(None)
    index.add(np.arange(100), vectors[:100])
    assert isinstance(index.current, ExactIndex)
    assert index.rows is not None

    index.add(np.arange(100, 101), vectors[100:101])

    assert isinstance(index.current, SievedIndex)
    assert index.rows is None
    assert index.search(vectors[:101], 1).ids[:, 0].tolist() == list(range(101))


def test_a_large_gallery_is_there_again_after_a_restart(vectors, snapshots):
    index = opened(snapshots)
    index.add(np.arange(400), vectors)
    index.tend(0.0)
    index.wait()

    again = opened(snapshots, expected=390)

    assert sorted(again.ids.tolist()) == list(range(400))
    assert len(opened(snapshots, expected=50)) == 0
    assert snapshots.read(MODEL) is None  # nobody would ever take anybody out of it


def test_a_snapshot_of_before_somebody_was_forgotten_does_not_stay(vectors, snapshots):
    index = opened(snapshots)
    index.add(np.arange(400), vectors)
    fence = index.fence
    snapshots.discard()  # another process forgot somebody who is in this index
    index.tend(0.0, fence)
    index.wait()
    assert snapshots.read(MODEL) is None

    index.remove(np.arange(1))
    index.tend(700.0, index.fence)
    index.wait()
    assert snapshots.read(MODEL) is not None


def test_a_small_gallery_leaves_no_snapshot(vectors, snapshots, tmp_path):
    index = opened(snapshots)
    index.add(np.arange(50), vectors[:50])
    index.tend(0.0)
    index.wait()

    assert not (tmp_path / "index").exists()


def test_a_snapshot_is_renewed_when_a_tenth_has_changed_or_somebody_went_but_not_all_the_time(vectors, snapshots):
    def kept() -> int:
        index.wait()
        read = snapshots.read(MODEL)
        return 0 if read is None else len(read)

    index = opened(snapshots)
    index.add(np.arange(300), vectors[:300])
    index.tend(0.0)
    assert kept() == 300

    index.add(np.arange(300, 310), vectors[300:310])
    index.tend(700.0)
    assert kept() == 300  # a start reads ten from the store in no time

    index.remove(np.arange(1))
    index.tend(599.0)
    assert kept() == 300
    index.tend(700.0)
    assert kept() == 309

    index.add(np.arange(310, 390), vectors[310:390])
    index.tend(1400.0)
    assert kept() == 389


def test_a_disk_that_is_full_stops_nobody(vectors, tmp_path, caplog):
    (tmp_path / "index").write_bytes(b"a file where the folder should be")
    index = opened(Snapshots(tmp_path / "index", Vault.of(b"k" * 32)))
    index.add(np.arange(400), vectors)
    index.tend(0.0)
    index.wait()

    assert "the next start will take longer" in caplog.text
    assert index.search(vectors[:1], 1).ids.tolist() == [[0]]
