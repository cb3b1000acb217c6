"""Pictures of faces that are kept: how they are cut, opened again, and cut anew for what looks at them."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from mien.domain.errors import StoreError
from mien.domain.faces import AnyCropSpec, CropSpec, Detections, FaceCrops
from mien.domain.landmarks import ARCFACE_112
from mien.domain.people.people import Picture
from mien.sources.pixels import ArrayPixels
from mien.store.media import MediaStore
from mien.store.people import PeopleStore
from mien.vision.alignment import align

Image = NDArray[np.uint8]

KEPT_CROP = CropSpec(112, ARCFACE_112, "bgr")
"""How kept pictures are cut."""

_SHAPE = (112, 112, 3)
_BOX = (15.7, 9.6, 96.4, 120.1)  # where the face lies in it, px: the median of LFW, View 1 train, by YuNet


def kept_face() -> Detections:
    """The face of a kept picture: its landmarks are where they were put."""
    landmarks = np.array([ARCFACE_112], np.float32)
    return Detections(np.array([_BOX], np.float32), np.ones(1, np.float32), landmarks)


def opened(pictures: Iterable[Picture], people: PeopleStore, media: MediaStore) -> list[tuple[Picture, Image]]:
    """Those pictures that are there and cut as is usual, each (112, 112, 3) BGR; raises StoreError.

    What was forgotten, or is not to be kept any more, since a moment ago is left out.
    """
    images = ((one, _opened(one, people, media)) for one in pictures)
    return [(one, image) for one, image in images if image is not None and image.shape == _SHAPE]


def recut(images: Sequence[Image], spec: CropSpec) -> FaceCrops:
    """Kept pictures (112, 112, 3) BGR as a model wants its faces cut."""
    if spec == KEPT_CROP:
        return FaceCrops(np.stack(images), spec)
    landmarks = np.array([ARCFACE_112], np.float32)
    return FaceCrops(np.concatenate([align(ArrayPixels(one), landmarks, spec).images for one in images]), spec)


def fitted(image: Image, spec: AnyCropSpec) -> FaceCrops | None:
    """A kept picture as a model wants its faces cut; none where the picture was cut in a way that does not show that.

    One that is cut as is usual is cut anew. What a model cuts in its own way fits that model alone.
    """
    if isinstance(spec, CropSpec) and image.shape == _SHAPE:
        return recut([image], spec)
    depth = 3 if spec.channels == "bgr" else 1
    return FaceCrops(image[None], spec) if image.shape == (spec.size, spec.size, depth) else None


def _opened(picture: Picture, people: PeopleStore, media: MediaStore) -> Image | None:
    try:
        return media.load(picture.crop)
    except StoreError:
        if any(one.crop == picture.crop for one in people.pictures_by_id([picture.picture_id])):
            raise
        return None
