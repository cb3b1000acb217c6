"""Small datasets for the lab: pictures without copies, and drawn faces of which a network can tell the label.

Also figures that nobody looks at.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
import pytest

from mien.domain.emotions import EMOTION_LABELS
from mien.lab.datasets.crops import Lot, plan_crops, take_lot
from mien.lab.datasets.manifest import NO_PERSON, Facts, Manifest, write_manifest
from mien.lab.reports import figures

TEMPLATE = ((14.0, 18.0), (33.0, 18.0), (23.5, 28.0), (16.0, 36.0), (31.0, 36.0))

_rendered = figures.drawn


@pytest.fixture
def sketched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures are drawn and not rendered, which takes longer than much of what is told in them."""
    monkeypatch.setattr(figures, "drawn", _sketched)


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are rendered, as outside of tests."""
    monkeypatch.setattr(figures, "drawn", _rendered)


@contextmanager
def _sketched(path: Path, width_in: float = 6.4, height_in: float = 4.8) -> Iterator[object]:
    from matplotlib.figure import Figure

    yield Figure(figsize=(width_in, height_in)).add_subplot()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"")


def grain(n: int, seed: int = 0) -> np.ndarray:
    """Random pictures (n, 48, 48) with broad shapes and fine grain, like nothing and unlike each other."""
    noise = np.random.default_rng(seed).normal(size=(n, 48, 48)).astype(np.float32)
    shapes = [cv2.GaussianBlur(n, (0, 0), 5) * 700 + cv2.GaussianBlur(n, (0, 0), 1) * 60 for n in noise]
    return np.clip(128 + np.stack(shapes), 0, 255).astype(np.uint8)


def drawn(n: int, labels: tuple[str, ...] = EMOTION_LABELS[:2]) -> Manifest:
    """Every other picture has its bright bar across the upper half and is called by the second label.

    The last third chooses and judges by turns; valence says what the label does; arousal does for every third.
    """
    generator = np.random.default_rng(1)
    images = generator.integers(0, 60, (n, 48, 48)).astype(np.uint8)
    label = np.arange(n) % 2
    for image, place in zip(images, label, strict=True):
        top = 8 if place else 30
        image[top : top + 8] += 150
    split = np.where(np.arange(n) < 2 * n // 3, "train", np.where(np.arange(n) % 4 < 2, "val", "test"))
    levels = np.stack([label * 1.6 - 0.8, np.where(np.arange(n) % 3, np.nan, 0.4 - label * 0.8)], axis=1)
    return Manifest(
        facts=Facts(labels, "drawn faces", "none", 48, TEMPLATE, is_grey=True),
        pictures=tuple(cv2.imencode(".png", image)[1].tobytes() for image in images),
        label=label.astype(np.int64),
        votes=np.zeros((n, len(labels)), np.float32),
        valence_arousal=levels.astype(np.float32),
        landmarks=np.tile(np.array(TEMPLATE, np.float32), (n, 1, 1)),
        copies=np.arange(n),
        split=split,
        group=np.where(label, "those", "these"),
        person=np.full(n, NO_PERSON),
    )


def drawn_folder(folder: Path, n: int = 48) -> Path:
    """The manifest of drawn faces, in a folder."""
    write_manifest(drawn(n), folder)
    return folder


def drawn_lot(n: int) -> Lot:
    """Drawn faces as arrays, 48 px grey."""
    manifest = drawn(n)
    return take_lot(manifest, plan_crops(manifest.facts, 48, "grey"))
