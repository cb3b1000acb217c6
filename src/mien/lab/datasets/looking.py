"""Looking at every picture of a dataset once: what it shows, how large it is, and where its face lies."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from mien.domain.errors import SourceError
from mien.domain.frame import Pixels
from mien.evaluation.emotion import READY_MADE_PX
from mien.lab.datasets.copies import SIDE_PX
from mien.lab.datasets.faces import FaceFinder, Floats
from mien.lab.datasets.formats.sample import Box, Sample
from mien.lab.datasets.pictures import PictureFile, is_grey, open_picture, thumbnail
from mien.telemetry.process import usable_cpus

NEARLY_ALL = 0.95
"""Of the pictures of a dataset; the others are slips."""

_AHEAD = 64
Item = TypeVar("Item")
Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Looked:
    """What looking at a picture tells: its size, whether it is grey, its grey thumbnail, its landmarks (5, 2) or none.

    ``picture`` are its bytes, or its file with what that held.
    """

    picture: bytes | PictureFile
    size: tuple[int, int]
    is_grey: bool
    thumbnail: NDArray[np.uint8]
    landmarks: Floats | None


def look_at(samples: Iterable[Sample], finder: FaceFinder) -> Iterator[tuple[Sample, Looked | SourceError]]:
    """Every sample in order, with what was seen, or why it cannot be read."""
    return _in_threads(lambda sample: _looked(sample, finder), samples)


def ready_made_px(looked: Sequence[Looked]) -> int:
    """The side of pictures that are crops of faces already: square, small, nearly all of one size; 0 of photographs."""
    for (width, height), count in Counter(one.size for one in looked).most_common(1):
        if width == height <= READY_MADE_PX and count >= NEARLY_ALL * len(looked):
            return width
    return 0


def _looked(sample: Sample, finder: FaceFinder) -> Looked | SourceError:
    try:
        picture = sample.picture if isinstance(sample.picture, bytes) else PictureFile.of(sample.picture)
        pixels = open_picture(picture, sample.where)
    except SourceError as error:
        return error
    size = pixels.width, pixels.height
    return Looked(picture, size, is_grey(pixels), thumbnail(pixels, SIDE_PX), _landmarks(pixels, sample.box, finder))


def _landmarks(pixels: Pixels, box: Box | None, finder: FaceFinder) -> Floats | None:
    if pixels.width == pixels.height <= READY_MADE_PX:
        return finder.in_crop(pixels)
    return finder.in_photograph(pixels, box)


def _in_threads(work: Callable[[Item], Made], items: Iterable[Item]) -> Iterator[tuple[Item, Made]]:
    """Items with what work made of them, in order, a few ahead at a time."""
    remaining = iter(items)
    with ThreadPoolExecutor(usable_cpus()) as pool:
        waiting = [(item, pool.submit(work, item)) for item in islice(remaining, _AHEAD)]
        while waiting:
            item, future = waiting.pop(0)
            waiting += [(more, pool.submit(work, more)) for more in islice(remaining, 1)]
            yield item, future.result()
