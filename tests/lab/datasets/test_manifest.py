"""A manifest comes back as it was written, tells itself from others, and a damaged one is told."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as arrow
import pyarrow.parquet as parquet
import pytest
from tests.support.lab import drawn

from mien.domain.errors import ResultError, SourceNotFound, SourceUnreadable
from mien.lab.datasets.manifest import FILE, NO_PERSON, Facts, Manifest, read_manifest, write_manifest
from mien.lab.datasets.pictures import PictureFile, open_picture


def test_it_comes_back_as_it_was_written(tmp_path: Path) -> None:
    manifest = drawn(12)
    manifest.votes[3] = (0.25, 0.75)
    beside, elsewhere = tmp_path / "set" / "a.png", tmp_path / "b.png"
    for path in (beside, elsewhere):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"picture")
    files = PictureFile.of(beside), PictureFile.of(elsewhere)
    person = np.array([0, 1, 0, *[NO_PERSON] * 9])
    written = replace(manifest, pictures=(*files, *manifest.pictures[2:]), person=person)
    write_manifest(written, tmp_path / "set")
    fingerprint = written.fingerprint
    (tmp_path / "set").rename(tmp_path / "moved")
    read = read_manifest(tmp_path / "moved")
    assert read.facts == written.facts and read.folder == read.part("val").folder == tmp_path / "moved"
    assert read.pictures[0] == PictureFile(tmp_path / "moved" / "a.png", files[0].digest)
    assert read.pictures[1:] == written.pictures[1:]
    for name in ("label", "votes", "valence_arousal", "landmarks", "copies", "split", "group", "person"):
        np.testing.assert_array_equal(getattr(read, name), getattr(written, name))
    assert read.fingerprint == fingerprint


def test_whatever_decides_what_is_learnt_changes_the_fingerprint() -> None:
    manifest = drawn(8)
    other = drawn(8)
    other.label[0] = 1 - other.label[0]
    assert manifest.fingerprint == drawn(8).fingerprint != other.fingerprint
    assert manifest.fingerprint != replace(manifest, split=np.roll(manifest.split, 1)).fingerprint
    assert manifest.fingerprint != replace(manifest, pictures=manifest.pictures[::-1]).fingerprint
    assert manifest.fingerprint == replace(manifest, folder=Path("elsewhere")).fingerprint
    measured_elsewhere = replace(manifest, landmarks=manifest.landmarks + np.float32(1e-6))
    assert manifest.fingerprint == measured_elsewhere.fingerprint
    called_otherwise = replace(manifest, facts=replace(manifest.facts, source="renamed.parquet", licence="other"))
    assert manifest.fingerprint == called_otherwise.fingerprint


def test_without_persons_a_dataset_is_what_it_was_before_there_were_any(tmp_path: Path) -> None:
    before = Manifest(
        facts=Facts(("neutral", "happiness"), "two", "none"),
        pictures=(b"one", b"other"),
        label=np.array([0, 1]),
        votes=np.zeros((2, 2), np.float32),
        valence_arousal=np.full((2, 2), np.nan, np.float32),
        landmarks=np.zeros((2, 5, 2), np.float32),
        copies=np.arange(2),
        split=np.array(["train", "val"]),
        group=np.array(["", ""]),
        person=np.full(2, NO_PERSON),
    )
    assert before.fingerprint == "064b5f9eaeeb813b71ae39665ae3feada2e3e24187c27cf89b9021c639cc9706"
    path = write_manifest(before, tmp_path)
    parquet.write_table(parquet.read_table(path).drop_columns(["person"]), path)
    read = read_manifest(tmp_path)
    assert read.person.tolist() == [NO_PERSON] * 2 and read.fingerprint == before.fingerprint
    assert replace(before, person=np.array([0, NO_PERSON])).fingerprint != before.fingerprint


def test_the_fingerprint_is_of_the_pictures_that_were_imported(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(drawn(1).pictures[0])
    files = PictureFile.of(tmp_path / "a.png"), drawn(2).pictures[1]
    write_manifest(replace(drawn(2), pictures=files), tmp_path)
    before = read_manifest(tmp_path)
    assert open_picture(before.pictures[0]).width == 48
    (tmp_path / "a.png").write_bytes(drawn(2).pictures[1])
    with pytest.raises(SourceUnreadable, match=r"a\.png has changed since it was imported: import the dataset anew"):
        open_picture(before.pictures[0])
    (tmp_path / "a.png").unlink()
    assert read_manifest(tmp_path).fingerprint == before.fingerprint, "nothing but the manifest is read"
    with pytest.raises(SourceNotFound, match=r"a\.png does not exist"):
        open_picture(before.pictures[0])


def test_files_without_what_they_held_are_no_dataset(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"picture")
    for picture, is_known in ((drawn(1).pictures[0], True), (PictureFile.of(tmp_path / "a.png"), False)):
        path = write_manifest(replace(drawn(1), pictures=(picture,)), tmp_path)
        table = parquet.read_table(path)
        parquet.write_table(table.drop_columns(["sha256"]), path)
        if is_known:
            assert read_manifest(tmp_path).fingerprint == drawn(1).fingerprint
        else:
            with pytest.raises(SourceUnreadable, match=r"without their sha256\): import the dataset first"):
                read_manifest(tmp_path)


def test_a_manifest_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir()
    with pytest.raises(ResultError, match=r"manifest\.parquet could not be written"):
        write_manifest(drawn(2), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [FILE]


def test_missing_levels_stay_missing_and_targets_are_votes_or_labels() -> None:
    manifest = drawn(4)
    assert np.isnan(manifest.valence_arousal[:, 1]).tolist() == [False, True, True, False]
    manifest.votes[0], manifest.label[2] = (0.5, 0.5), -1
    assert manifest.targets.tolist() == [[0.5, 0.5], [0, 1], [0, 0], [0, 1]]


def test_what_is_no_manifest_is_told(tmp_path: Path) -> None:
    to_do = "import the dataset first, with mien lab import$"
    with pytest.raises(SourceNotFound, match=rf"holds no manifest\.parquet: {to_do}"):
        read_manifest(tmp_path)
    with pytest.raises(SourceNotFound, match=f"nowhere does not exist: {to_do}"):
        read_manifest(tmp_path / "nowhere")
    (tmp_path / "labels.csv").write_bytes(b"image_path,emotion\n")
    with pytest.raises(SourceUnreadable, match=rf"labels\.csv is no manifest of mien \(.+\): {to_do}"):
        read_manifest(tmp_path / "labels.csv")
    parquet.write_table(arrow.table({"a": [1]}), tmp_path / "faces.parquet")
    with pytest.raises(SourceUnreadable, match=rf"no format that this version knows, expected 1\): {to_do}"):
        read_manifest(tmp_path / "faces.parquet")
