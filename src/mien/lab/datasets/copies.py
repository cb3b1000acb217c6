"""Which pictures are copies of one photograph, whatever their brightness, watermark or small shift."""

from collections.abc import Iterator
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.lab.result import Progress, no_progress

Greys = NDArray[np.uint8]
Floats = NDArray[np.float32]
Codes = NDArray[np.int64]
"""Pairs of rows of n pictures, each as first · n + second with first < second."""

SIDE_PX = 48
"""Pictures are compared as grey thumbnails of this side."""

_SHIFTS = tuple((down, right) for down in (0, 4, 8) for right in (0, 4, 8) if (down, right) != (4, 4))
_MOST_CORRELATIONS = 1 << 25
"""So many at a time keep products under 150 MB."""
_TOLD_EVERY = 1000


def near_duplicate_groups(
    images: Greys, threshold: float = 0.65, progress: Progress = no_progress
) -> NDArray[np.int64]:
    """A group number (n,) per picture: copies of one photograph share it, whatever their brightness or watermark.

    Candidates come from normalised correlation at 16×16 px, over the whole picture and over windows shifted by
    4 px; a candidate counts when the high frequencies of the two pictures correlate above ``threshold`` at some
    shift of up to 8 px. On FER+ that score has its valley at 0.65 (different people below, copies above).
    """
    parent = np.arange(len(images))

    def root(member: int) -> int:
        while parent[member] != member:
            parent[member] = parent[parent[member]]
            member = int(parent[member])
        return member

    @lru_cache(maxsize=1024)
    def detail(row: int) -> Floats:
        return _high_frequencies(images[row])

    pairs = _candidates(images, progress)
    for done, pair in enumerate(pairs, start=1):
        first, second = divmod(int(pair), len(images))
        one, other = root(first), root(second)
        if one != other and _detail_correlation(detail(first), detail(second)) >= threshold:
            parent[one] = other
        if done % _TOLD_EVERY == 0 or done == len(pairs):
            progress("copies", done, len(pairs))
    return np.array([root(member) for member in range(len(images))], dtype=np.int64)


def repeated(groups: NDArray[np.int64]) -> int:
    """How many pictures repeat another one, by their groups (n,): all of a group but one."""
    return len(groups) - len(np.unique(groups))


def _candidates(images: Greys, progress: Progress) -> Codes:
    """Pairs of pictures that look alike when small; the numbers keep 220,000 of FER+'s 500 million pairs."""
    pairs = np.empty(0, np.int64)
    total = (1 + len(_SHIFTS)) * len(images)
    for turn, (still, moved, least) in enumerate(_views(images)):
        blocks = [pairs]
        for done, block in _alike(still, moved, least):
            blocks.append(block)
            progress("pictures alike", turn * len(images) + done, total)
        pairs = np.unique(np.concatenate(blocks))
    return pairs


def _views(images: Greys) -> Iterator[tuple[Floats, Floats, float]]:
    """Thumbnails that are compared, and from which correlation on: whole ones, then middles with shifted windows."""
    still = _thumbnails(images)
    yield still, still, 0.80
    still = _thumbnails(images[:, 4:-4, 4:-4])
    for down, right in _SHIFTS:
        yield still, _thumbnails(images[:, down : down + SIDE_PX - 8, right : right + SIDE_PX - 8]), 0.88


def _thumbnails(images: Greys) -> Floats:
    """Greys as unit vectors (n, 256) with zero mean, so that a product is a correlation."""
    rows = np.empty((len(images), 256), np.float32)
    for row, image in zip(rows, images, strict=True):
        row[:] = cv2.resize(image, (16, 16), interpolation=cv2.INTER_AREA).ravel()
    rows -= rows.mean(axis=1, keepdims=True)
    rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-3)
    return rows


def _alike(first: Floats, second: Floats, least: float) -> Iterator[tuple[int, Codes]]:
    """How many rows of the first were compared with all of the second, and the pairs among them that are alike."""
    n = len(first)
    block = min(1024, 1 + _MOST_CORRELATIONS // (1 + n))
    for start in range(0, n, block):
        rows, columns = np.nonzero(first[start : start + block] @ second.T > least)
        rows = rows + start
        differ = rows != columns
        low, high = np.minimum(rows, columns)[differ], np.maximum(rows, columns)[differ]
        yield min(start + block, n), low * n + high


def _high_frequencies(image: Greys) -> Floats:
    """What is left of a picture without its lighting: faces of a kind share the lighting, copies share this."""
    pixels = image.astype(np.float32)
    return np.asarray(pixels - cv2.GaussianBlur(pixels, (0, 0), 3), np.float32)


def _detail_correlation(first: Floats, second: Floats) -> float:
    """Best normalised correlation of the middle 32×32 px of either picture at any place in the other."""
    scores = [
        cv2.matchTemplate(whole, np.ascontiguousarray(part[8:40, 8:40]), cv2.TM_CCOEFF_NORMED).max()
        for whole, part in ((second, first), (first, second))
    ]
    return float(max(scores))
