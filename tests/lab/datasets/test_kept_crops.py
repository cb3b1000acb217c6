"""Every face is cut once and taken for whole only when it is, whoever was killed or works beside."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mien.domain.errors import ResultError
from mien.lab.datasets.kept_crops import Images, KeptCrops, KeptFaces, Keys, drop_crops
from mien.lab.result import no_progress

KEYS = np.array([9, 2, 7], np.uint64)
FACES = np.random.default_rng(0).integers(1, 255, (3, 6, 6, 3)).astype(np.uint8)


@pytest.fixture
def crops(tmp_path: Path) -> KeptCrops:
    """Faces of 6 px, of a dataset in an empty folder."""
    return KeptCrops(tmp_path, "so", (6, 6, 3))


def take(crops: KeptCrops, rows: list[int], done: list[int] | None = None) -> KeptFaces:
    """The faces of rows; ``done`` hears which of them were cut."""

    def cut(place: int) -> Images:
        if done is not None:
            done.append(rows[place])
        return FACES[rows[place]]

    return crops.take(KEYS[rows], cut, no_progress)


def file(folder: Path, suffix: str) -> Path:
    (found,) = (folder / "crops").glob(f"*{suffix}")
    return found


def test_a_face_is_cut_once_for_all_who_ask(crops: KeptCrops, tmp_path: Path) -> None:
    cut: list[int] = []
    np.testing.assert_array_equal(take(crops, [1], cut)[:], FACES[[1]])
    np.testing.assert_array_equal(take(crops, [2, 1, 0, 2], cut)[:], FACES[[2, 1, 0, 2]])
    found = take(KeptCrops(tmp_path, "so", (6, 6, 3)), [0, 2], cut)
    np.testing.assert_array_equal(found[np.array([1])], FACES[[2]])
    np.testing.assert_array_equal(found[0], FACES[0])
    assert len(found) == 2 and sorted(cut) == [0, 1, 2]
    assert file(tmp_path, ".faces").stat().st_size == FACES.nbytes


def test_another_way_of_cutting_has_files_of_its_own(crops: KeptCrops, tmp_path: Path) -> None:
    take(crops, [0])
    grey = KeptCrops(tmp_path, "grey", (6, 6))
    np.testing.assert_array_equal(grey.take(KEYS, lambda row: FACES[row, ..., 0], no_progress)[:], FACES[..., 0])
    np.testing.assert_array_equal(take(crops, [0])[:], FACES[[0]])


def without_a_key(faces: Path, keys: Path) -> None:
    keys.write_bytes(keys.read_bytes()[:8])
    faces.write_bytes(faces.read_bytes()[: 6 * 6 * 3] + bytes(50))


def with_half_a_key(faces: Path, keys: Path) -> None:
    keys.write_bytes(keys.read_bytes()[:12])


def with_keys_alone(faces: Path, keys: Path) -> None:
    faces.unlink()


def with_faces_alone(faces: Path, keys: Path) -> None:
    keys.unlink()


@pytest.mark.parametrize("spoil", [without_a_key, with_half_a_key, with_keys_alone, with_faces_alone])
def test_what_is_not_whole_is_cut_anew(spoil: Callable[[Path, Path], None], crops: KeptCrops, tmp_path: Path) -> None:
    take(crops, [0, 1])
    spoil(file(tmp_path, ".faces"), file(tmp_path, ".keys"))
    np.testing.assert_array_equal(take(crops, [2])[:], FACES[[2]])
    np.testing.assert_array_equal(take(crops, [0, 1, 2])[:], FACES)
    assert file(tmp_path, ".faces").stat().st_size == FACES.nbytes
    assert file(tmp_path, ".keys").stat().st_size == KEYS.nbytes


def test_what_others_have_cut_meanwhile_is_not_written_again(crops: KeptCrops, tmp_path: Path) -> None:
    def cut(row: int) -> Images:
        take(KeptCrops(tmp_path, "so", (6, 6, 3)), [1])
        return FACES[row]

    np.testing.assert_array_equal(crops.take(KEYS, cut, no_progress)[:], FACES)
    assert file(tmp_path, ".faces").stat().st_size == FACES.nbytes


def test_a_disk_without_room_is_told_before_anything_is_cut(tmp_path: Path) -> None:
    def cut(row: int) -> Images:
        raise AssertionError("nothing is cut")

    huge = KeptCrops(tmp_path, "huge", (20_000_000, 20_000_000, 3))
    with pytest.raises(ResultError, match=r"2 more need 2,400,000\.0 GB in .*crops, where [\d,.]+ GB are free"):
        huge.take(np.array([5, 5, 6], np.uint64), cut, no_progress)
    assert not list(tmp_path.iterdir())


def test_more_faces_than_are_written_at_once(crops: KeptCrops) -> None:
    keys: Keys = np.random.default_rng(1).permutation(300).astype(np.uint64)
    told: list[tuple[str, int, int]] = []
    faces = crops.take(keys, lambda row: np.full((6, 6, 3), keys[row] % 251, np.uint8), lambda *now: told.append(now))
    assert (faces[:][:, 0, 0, 0] == keys % 251).all()
    assert told == [("crops", 128, 300), ("crops", 256, 300), ("crops", 300, 300)]


def test_only_kept_faces_are_dropped(crops: KeptCrops, tmp_path: Path) -> None:
    drop_crops(tmp_path)
    take(crops, [0])
    own = tmp_path / "crops" / "crops-of-mine.png"
    own.write_bytes(b"")
    older = tmp_path / "crops" / "crops-0123456789abcdef.npy"
    older.write_bytes(b"faces")
    drop_crops(tmp_path)
    assert (
        own.exists()
        and not older.exists()
        and not list(own.parent.glob("*.faces"))
        and not list(own.parent.glob("*.keys"))
    )
    np.testing.assert_array_equal(take(crops, [0, 2])[:], FACES[[0, 2]])
