"""A manifest comes back as it was written, tells itself from others, and a damaged one is told."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as arrow
import pyarrow.parquet as parquet
import pytest
from tests.support.lab import drawn

from mien.domain.errors import SourceNotFound, SourceUnreadable
from mien.lab.datasets.manifest import FILE, read_manifest, write_manifest


def test_it_comes_back_as_it_was_written(tmp_path: Path) -> None:
    manifest = drawn(12)
    manifest.votes[3] = (0.25, 0.75)
    beside, elsewhere = tmp_path / "set" / "a.png", tmp_path / "b.png"
    for path in (beside, elsewhere):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"picture")
    written = replace(manifest, pictures=(beside, elsewhere, *manifest.pictures[2:]))
    write_manifest(written, tmp_path / "set")
    fingerprint = written.fingerprint
    (tmp_path / "set").rename(tmp_path / "moved")
    read = read_manifest(tmp_path / "moved")
    assert read.facts == written.facts and read.pictures[0] == tmp_path / "moved" / "a.png"
    assert read.pictures[1] == elsewhere and read.pictures[2:] == written.pictures[2:]
    for name in ("label", "votes", "valence_arousal", "landmarks", "copies", "split", "group"):
        np.testing.assert_array_equal(getattr(read, name), getattr(written, name))
    assert read.fingerprint == fingerprint


def test_whatever_decides_what_is_learnt_changes_the_fingerprint() -> None:
    manifest = drawn(8)
    other = drawn(8)
    other.label[0] = 1 - other.label[0]
    assert manifest.fingerprint == drawn(8).fingerprint != other.fingerprint
    assert manifest.fingerprint != replace(manifest, split=np.roll(manifest.split, 1)).fingerprint
    assert manifest.fingerprint != replace(manifest, pictures=manifest.pictures[::-1]).fingerprint


def test_missing_levels_stay_missing_and_targets_are_votes_or_labels() -> None:
    manifest = drawn(4)
    assert np.isnan(manifest.valence_arousal[:, 1]).all()
    manifest.votes[0], manifest.label[2] = (0.5, 0.5), -1
    assert manifest.targets.tolist() == [[0.5, 0.5], [0, 1], [0, 0], [0, 1]]


def test_what_is_no_manifest_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceNotFound, match="make one with mien lab import"):
        read_manifest(tmp_path)
    (tmp_path / FILE).write_bytes(b"nothing")
    with pytest.raises(SourceUnreadable, match="no manifest of mien"):
        read_manifest(tmp_path)
    parquet.write_table(arrow.table({"a": [1]}), tmp_path / FILE)
    with pytest.raises(SourceUnreadable, match="no format that this version knows"):
        read_manifest(tmp_path)
