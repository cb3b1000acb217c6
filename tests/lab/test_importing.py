"""A dataset of photographs becomes a manifest by the detector that serves; what cannot be used is left out and told."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from mien.domain.errors import UsageError
from mien.inference.installed import InstalledModel
from mien.inference.weights import WeightStore
from mien.lab.datasets.faces import CANVAS_PX, FaceFinder
from mien.lab.datasets.manifest import read_manifest
from mien.lab.importing import ImportRecipe, run
from mien.sources.images import read_picture
from mien.vision.detection.detector import DetectionSettings
from mien.vision.loading import load_detector


@pytest.fixture(scope="module")
def finder(take: Callable[[str], InstalledModel]) -> FaceFinder:
    small = DetectionSettings(long_side_px=CANVAS_PX, min_score=0.7)
    return FaceFinder(load_detector(take("yunet"), DetectionSettings()), load_detector(take("yunet"), small))


@pytest.fixture
def photographs(weights: WeightStore, catalog, tmp_path: Path) -> Path:  # type: ignore[no-untyped-def]
    """Two labels of one portrait in many places and sizes, and four files that are of no use."""
    portrait = read_picture(str(weights.path(catalog.card("astronaut"))), 50)[:300, 60:360]
    folder = tmp_path / "photographs"
    for number in range(12):
        label = ("happy", "Neutral")[number % 2]
        (folder / label).mkdir(parents=True, exist_ok=True)
        rng = np.random.default_rng(number)
        scene = cv2.GaussianBlur(rng.integers(0, 256, (360, 360, 3)).astype(np.uint8), (0, 0), 25) * 3
        side, left, top = 130 + 5 * number, *rng.integers(0, 150, 2)
        image = np.ascontiguousarray(scene)
        image[top : top + side, left : left + side] = cv2.resize(portrait, (side, side))
        cv2.imwrite(str(folder / label / f"{number:02}.png"), image)
    grey = cv2.cvtColor(portrait, cv2.COLOR_BGR2GRAY)
    cv2.imwrite(str(folder / "happy" / "grey16.png"), grey.astype(np.uint16) * 257)
    cv2.imwrite(str(folder / "happy" / "wall.png"), np.full((200, 200, 3), 90, np.uint8))
    (folder / "happy" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\nnothing")
    (folder / "sleepy").mkdir()
    cv2.imwrite(str(folder / "sleepy" / "one.png"), portrait)
    return folder


def test_photographs_become_a_manifest(photographs: Path, tmp_path: Path, finder: FaceFinder) -> None:
    labels = tmp_path / "labels.toml"
    labels.write_text("[labels]\nneutral = []\nhappiness = []\n")
    recipe = ImportRecipe(photographs, tmp_path / "set", classes=str(labels), split="50/50/0")
    found = run(recipe, finder)
    manifest = read_manifest(tmp_path / "set")
    assert manifest.facts.ready_made_px == 0 and manifest.has_face.all()
    assert found.metrics["left_out"] == {"labelled 'sleepy'": 1, "cannot be read": 1, "no face found": 1}
    assert len(manifest) == 13 and set(manifest.split) == {"train", "val"}
    assert any("broken.png" in notice for notice in found.notices)
    eyes = manifest.landmarks[:, :2, 0]
    assert (eyes[:, 0] < eyes[:, 1]).all()


def test_a_label_without_pictures_is_told(photographs: Path, tmp_path: Path, finder: FaceFinder) -> None:
    with pytest.raises(UsageError, match="no picture is labelled surprise or sadness or anger"):
        run(ImportRecipe(photographs, tmp_path / "set", classes="5", split="50/50/0"), finder)
    assert not (tmp_path / "set").exists()
