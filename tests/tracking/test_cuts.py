"""Cuts: found in a film, and only there."""

from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from mien.tracking.cuts import CutDetector


def scene(seed: int, contrast: float = 1.0) -> np.ndarray:
    """A picture of smooth patches, (180, 320)."""
    coarse = np.random.default_rng(seed).uniform(0, 255, (6, 10)).astype(np.float32)
    picture = cv2.resize(coarse, (320, 180), interpolation=cv2.INTER_CUBIC)
    return np.clip(128 + contrast * (picture - 128), 0, 255).astype(np.uint8)


def cuts(pictures: list[np.ndarray], rate: float = 25) -> list[int]:
    detector = CutDetector()
    return [index for index, picture in enumerate(pictures) if detector.is_cut(picture, index / rate)]


def film(path: Path, step: int = 1) -> tuple[list[np.ndarray], list[int]]:
    """Every ``step``-th frame as luma 320 px wide, and its index."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        height = round(stream.height * 320 / stream.width)
        lumas = [frame.reformat(320, height, "gray").to_ndarray() for frame in container.decode(stream)]
    return lumas[::step], list(range(0, len(lumas), step))


def test_a_cut_is_found_where_it_is() -> None:
    assert cuts([scene(1)] * 3 + [scene(2)] * 3 + [scene(3)]) == [3, 6]


def test_neither_a_pan_nor_an_object_that_passes_is_a_cut() -> None:
    wide = np.hstack([scene(1), scene(2), scene(3)])
    assert cuts([np.ascontiguousarray(wide[:, x : x + 320]) for x in range(0, 600, 12)]) == []
    passing = []
    for x in range(0, 260, 20):
        picture = scene(1)
        picture[40:140, x : x + 60] = 230
        passing.append(picture)
    assert cuts(passing) == []


def test_neither_light_nor_a_flash_is_a_cut() -> None:
    calm = scene(1, contrast=0.6)
    flash = np.clip(calm.astype(np.float32) * 1.8 + 60, 0, 255).astype(np.uint8)
    white, dark = np.full_like(calm, 255), (calm * 0.4).astype(np.uint8)
    assert cuts([calm, flash, calm, white, calm, dark, dark, calm]) == []


def test_a_shot_behind_black_is_compared_with_the_one_before_it() -> None:
    black = np.zeros((180, 320), np.uint8)
    assert cuts([scene(1), black, black, scene(1)]) == []
    assert cuts([scene(1), black, black, scene(2, contrast=0.3)]) == [3]
    assert cuts([black, black, scene(1)]) == []


@pytest.mark.parametrize("size", [(1, 1), (2, 900), (1080, 1920)])
def test_pictures_of_any_size_are_taken(size: tuple[int, int]) -> None:
    assert cuts([np.random.default_rng(0).integers(0, 255, size, np.uint8)] * 2) == []


@pytest.mark.parametrize("step", [1, 2, 3])
def test_the_cuts_of_a_film_and_not_its_fast_movements(shared: Path, step: int) -> None:
    lumas, indices = film(shared / "data/videos/stage-two-people.mp4", step)
    found = [indices[position] for position in cuts(lumas, rate=29.97 / step)]
    assert len(found) == 3
    assert all(cut <= index < cut + step for cut, index in zip((20, 82, 211), found, strict=True))


@pytest.mark.parametrize("name", ["street-crowd-1080p.mp4", "acted-d0.mp4", "acted-d3.mp4"])
@pytest.mark.parametrize("step", [1, 3])
def test_one_long_shot_has_no_cut(shared: Path, name: str, step: int) -> None:
    lumas, _ = film(shared / "data/videos" / name, step)
    assert cuts(lumas, rate=25 / step) == []
