"""Faces are cut as serving cuts them, ready-made ones as they declare, in memory or on disk."""

import os
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.support.lab import TEMPLATE, drawn, drawn_lot

from mien.domain.errors import ResultError, SourceUnreadable
from mien.domain.faces import CropSpec
from mien.lab.datasets.crops import plan_crops, recut, take_lot
from mien.lab.datasets.faces import placements, resized_template, typical_placement
from mien.lab.datasets.manifest import Manifest
from mien.lab.datasets.pictures import PictureFile, open_picture
from mien.vision.alignment import align


def test_a_ready_made_crop_is_seen_as_it_lies_and_as_it_is_aligned() -> None:
    lot = drawn_lot(6)
    np.testing.assert_array_equal(recut(lot.images, np.tile(lot.lying, (6, 1, 1)), 48), lot.images)
    np.testing.assert_array_equal(recut(lot.images, lot.placements, 48), lot.images)


def test_a_larger_network_sees_a_ready_made_crop_enlarged() -> None:
    manifest = drawn(3)
    plan = plan_crops(manifest.facts, 64, "grey")
    lot = take_lot(manifest, plan)
    seen = recut(lot.images, np.tile(lot.lying, (3, 1, 1)), 64)
    enlarged = cv2.resize(lot.images[0], (64, 64), interpolation=cv2.INTER_LINEAR)
    assert np.abs(seen[0, 2:-2, 2:-2].astype(int) - enlarged[2:-2, 2:-2]).max() <= 2
    np.testing.assert_allclose(lot.placements, np.tile(lot.lying, (3, 1, 1)), atol=1e-3)


POINTS = np.array([(80, 70), (130, 75), (104, 100), (84, 125), (126, 128)], np.float32)


@pytest.fixture
def photographs(tmp_path: Path) -> Manifest:
    """Two photographs by their paths."""
    rng = np.random.default_rng(0)
    files = []
    for name in ("one.png", "other.png"):
        image = cv2.GaussianBlur(rng.integers(0, 255, (200, 240, 3)).astype(np.uint8), (0, 0), 3)
        cv2.imwrite(str(tmp_path / name), image)
        files.append(PictureFile.of(tmp_path / name))
    base = drawn(2)
    return replace(
        base,
        facts=replace(base.facts, ready_made_px=0, template=()),
        pictures=tuple(files),
        landmarks=np.stack([POINTS, POINTS]),
    )


def test_photographs_are_cut_like_serving_does(photographs: Manifest) -> None:
    manifest = photographs
    for side, channels in ((48, "grey"), (48, "rgb"), (64, "grey")):
        plan = plan_crops(manifest.facts, side, channels)
        spec = CropSpec(side, plan.layout.template, "grey" if channels == "grey" else "bgr")
        (served,) = align(open_picture(manifest.pictures[0]), POINTS[None], spec).images
        lot = take_lot(manifest, plan)
        seen = recut(lot.images, lot.placements, side)[0]
        wanted = served[..., 0] if channels == "grey" else served[..., ::-1]
        assert np.abs(seen.astype(int) - wanted).max() <= 3  # a cut in two steps is rounded twice


def test_the_faces_of_photographs_are_kept_beside_them(photographs: Manifest, tmp_path: Path) -> None:
    plan = plan_crops(photographs.facts, 48, "rgb")
    held = replace(photographs, folder=tmp_path / "set")
    (tmp_path / "set").mkdir()
    cut: list[int] = []
    wanted = take_lot(photographs, plan)
    for part in ([0], [1, 0], [1]):
        lot = take_lot(held.select(np.array(part)), plan, lambda _, done, total: cut.append(total))
        np.testing.assert_array_equal(lot.images[:], wanted.images[part])
        np.testing.assert_array_equal(recut(lot.images, lot.placements, 48), recut(lot.images[:], lot.placements, 48))
        np.testing.assert_array_equal(lot.select(np.array([0])).images, wanted.images[part[:1]])
    assert cut == [1, 1], "one face for who asked first, the other one for the second, none for the third"
    (faces,) = (tmp_path / "set" / "crops").glob("*.faces")
    assert faces.stat().st_size == wanted.images[:].nbytes


def test_a_face_that_is_found_elsewhere_is_cut_anew(photographs: Manifest, tmp_path: Path) -> None:
    plan = plan_crops(photographs.facts, 48, "grey")
    held = replace(photographs, folder=tmp_path)
    take_lot(held, plan)
    moved = replace(photographs, landmarks=photographs.landmarks + 2)
    np.testing.assert_array_equal(
        take_lot(replace(moved, folder=tmp_path), plan).images[:], take_lot(moved, plan).images
    )


@pytest.mark.timeout(20)
def test_a_pipe_is_no_picture_and_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(SourceUnreadable, match="neither a file nor a folder"):
        PictureFile.of(tmp_path / "pipe.png")


def test_ready_made_crops_stay_in_memory(tmp_path: Path) -> None:
    manifest = replace(drawn(4), folder=tmp_path)
    take_lot(manifest, plan_crops(manifest.facts, 48, "grey"))
    assert not list(tmp_path.iterdir())


def test_nothing_half_way_is_kept(photographs: Manifest, tmp_path: Path) -> None:
    plan = plan_crops(photographs.facts, 48, "grey")
    held = replace(photographs, folder=tmp_path)
    cv2.imwrite(str(tmp_path / "other.png"), np.zeros((200, 240, 3), np.uint8))
    with pytest.raises(SourceUnreadable, match=r"other\.png has changed since it was imported"):
        take_lot(held, plan)
    assert not (tmp_path / "crops").exists()


def test_a_folder_that_cannot_be_written_is_told(photographs: Manifest, tmp_path: Path) -> None:
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "crops").write_bytes(b"a file where a folder has to be")
    held = replace(photographs, folder=tmp_path / "set")
    with pytest.raises(ResultError, match=r"kept beside it, in .*crops, which cannot be written: "):
        take_lot(held, plan_crops(photographs.facts, 48, "grey"))


def test_the_placement_brings_landmarks_to_the_template() -> None:
    template = np.array(TEMPLATE, np.float32)
    turned = np.array([[0.9, -0.2], [0.2, 0.9]], np.float32)
    points = np.stack([template, template @ turned.T + (3, -4), np.full((5, 2), np.nan)]).astype(np.float32)
    matrices = placements(points, template)
    np.testing.assert_allclose(template @ matrices[1][:, :2].T + matrices[1][:, 2], points[1], atol=1e-3)
    assert np.isnan(matrices[2]).all()
    np.testing.assert_allclose(typical_placement(points[:1], 48)[:2, 0].sum(), 47, atol=1e-4)
    np.testing.assert_allclose(resized_template(template, 48, 96)[0], (28.5, 36.5))
