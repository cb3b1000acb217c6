"""Faces are cut as serving cuts them, ready-made ones as they declare, in memory or on disk."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from tests.support.lab import TEMPLATE, drawn, drawn_lot

from mien.domain.faces import CropSpec
from mien.lab.datasets.crops import plan_crops, recut, take_lot
from mien.lab.datasets.faces import placements, resized_template, typical_placement
from mien.lab.datasets.pictures import open_picture
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


def test_photographs_are_cut_like_serving_does(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    image = cv2.GaussianBlur(rng.integers(0, 255, (200, 240, 3)).astype(np.uint8), (0, 0), 3)
    cv2.imwrite(str(tmp_path / "photo.png"), image)
    points = np.array([(80, 70), (130, 75), (104, 100), (84, 125), (126, 128)], np.float32)
    base = drawn(2)
    manifest = replace(
        base,
        facts=replace(base.facts, ready_made_px=0, template=()),
        pictures=(tmp_path / "photo.png",) * 2,
        landmarks=np.stack([points, points]),
    )
    for side, channels in ((48, "grey"), (48, "rgb"), (64, "grey")):
        plan = plan_crops(manifest.facts, side, channels)
        spec = CropSpec(side, plan.layout.template, "grey" if channels == "grey" else "bgr")
        (served,) = align(open_picture(tmp_path / "photo.png"), points[None], spec).images
        lot = take_lot(manifest, plan)
        seen = recut(lot.images, lot.placements, side)[0]
        wanted = served[..., 0] if channels == "grey" else served[..., ::-1]
        assert np.abs(seen.astype(int) - wanted).max() <= 3  # a cut in two steps is rounded twice


def test_crops_on_disk_are_those_in_memory(tmp_path: Path) -> None:
    manifest = drawn(4)
    plan = plan_crops(manifest.facts, 48, "grey")
    kept = take_lot(manifest, plan, tmp_path)
    np.testing.assert_array_equal(kept.images, take_lot(manifest, plan).images)
    (file,) = tmp_path.glob("crops-*.npy")
    before = file.stat().st_mtime_ns
    assert len(take_lot(manifest, plan, tmp_path)) == 4 and file.stat().st_mtime_ns == before


def test_the_placement_brings_landmarks_to_the_template() -> None:
    template = np.array(TEMPLATE, np.float32)
    turned = np.array([[0.9, -0.2], [0.2, 0.9]], np.float32)
    points = np.stack([template, template @ turned.T + (3, -4), np.full((5, 2), np.nan)]).astype(np.float32)
    matrices = placements(points, template)
    np.testing.assert_allclose(template @ matrices[1][:, :2].T + matrices[1][:, 2], points[1], atol=1e-3)
    assert np.isnan(matrices[2]).all()
    np.testing.assert_allclose(typical_placement(points[:1], 48)[:2, 0].sum(), 47, atol=1e-4)
    np.testing.assert_allclose(resized_template(template, 48, 96)[0], (28.5, 36.5))
