"""Which pictures are copies of one photograph, whatever their brightness, watermark or small shift."""

import cv2
import numpy as np
from numpy.typing import NDArray

Greys = NDArray[np.uint8]

SIDE_PX = 48
"""Pictures are compared as grey thumbnails of this side."""


def near_duplicate_groups(images: Greys, threshold: float = 0.65) -> NDArray[np.int64]:
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

    details = [_high_frequencies(image) for image in images]
    for first, second in sorted(_candidates(images)):
        if _detail_correlation(details[first], details[second]) >= threshold:
            parent[root(first)] = root(second)
    return np.array([root(member) for member in range(len(images))], dtype=np.int64)


def _candidates(images: Greys) -> set[tuple[int, int]]:
    """Pairs of pictures that look alike when small; the numbers keep 220,000 of FER+'s 500 million pairs."""
    pairs = _alike(_thumbnails(images), _thumbnails(images), 0.80)
    middle = _thumbnails(images[:, 4:-4, 4:-4])
    for down in (0, 4, 8):
        for right in (0, 4, 8):
            if (down, right) != (4, 4):
                shifted = images[:, down : down + SIDE_PX - 8, right : right + SIDE_PX - 8]
                pairs |= _alike(middle, _thumbnails(shifted), 0.88)
    return pairs


def _thumbnails(images: Greys) -> NDArray[np.float32]:
    """Greys as unit vectors (n, 256) with zero mean, so that a product is a correlation."""
    small = [cv2.resize(image, (16, 16), interpolation=cv2.INTER_AREA).ravel() for image in images]
    rows = np.array(small, np.float32).reshape(len(images), 256)
    rows -= rows.mean(axis=1, keepdims=True)
    unit: NDArray[np.float32] = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-3)
    return unit


def _alike(first: NDArray[np.float32], second: NDArray[np.float32], least: float) -> set[tuple[int, int]]:
    pairs: set[tuple[int, int]] = set()
    block = 1024  # keeps the product under 150 MB on the whole of FER+
    for start in range(0, len(first), block):
        rows, columns = np.nonzero(first[start : start + block] @ second.T > least)
        rows = rows + start
        differ = rows != columns
        low = np.minimum(rows, columns)[differ].tolist()
        high = np.maximum(rows, columns)[differ].tolist()
        pairs.update(zip(low, high, strict=True))
    return pairs


def _high_frequencies(image: Greys) -> NDArray[np.float32]:
    """What is left of a picture without its lighting: faces of a kind share the lighting, copies share this."""
    pixels = image.astype(np.float32)
    return np.asarray(pixels - cv2.GaussianBlur(pixels, (0, 0), 3), np.float32)


def _detail_correlation(first: NDArray[np.float32], second: NDArray[np.float32]) -> float:
    """Best normalised correlation of the middle 32×32 px of either picture at any place in the other."""
    scores = [
        cv2.matchTemplate(whole, np.ascontiguousarray(part[8:40, 8:40]), cv2.TM_CCOEFF_NORMED).max()
        for whole, part in ((second, first), (first, second))
    ]
    return float(max(scores))
