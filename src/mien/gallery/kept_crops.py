"""Pictures of faces that are kept: how they are cut, opened again, and cut anew for what looks at them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mien.domain.errors import StoreError
from mien.domain.faces import AnyCropSpec, CropSpec, Detections, FaceCrops
from mien.domain.landmarks import ARCFACE_112
from mien.domain.people.people import Picture
from mien.gallery.names import called
from mien.sources.pixels import ArrayPixels
from mien.store.media import MediaStore
from mien.store.people import PeopleStore
from mien.telemetry.text import counted, numbered
from mien.vision.alignment import align

Image = NDArray[np.uint8]

KEPT_CROP = CropSpec(112, ARCFACE_112, "bgr")
"""How kept pictures are cut."""

_SHAPE = (112, 112, 3)
_LISTED = 10  # people, of those with lost pictures
_BOX = (15.7, 9.6, 96.4, 120.1)  # where the face lies in it, px: the median of LFW, View 1 train, by YuNet


def kept_face() -> Detections:
    """The face of a kept picture: its landmarks are where they were put."""
    landmarks = np.array([ARCFACE_112], np.float32)
    return Detections(np.array([_BOX], np.float32), np.ones(1, np.float32), landmarks)


@dataclass(frozen=True, slots=True)
class LostPicture:
    """A picture that ought to be stored and cannot be opened, and whose it is, as sentences name them."""

    picture_id: int
    person_id: str
    owner: str


class KeptCrops:
    """Opens stored pictures for what looks at many of them: none stops it, and which are lost is told in the end.

    Not for several threads at once.
    """

    def __init__(self, people: PeopleStore, media: MediaStore) -> None:
        self._people = people
        self._media = media
        self._lost: dict[int, LostPicture] = {}

    @property
    def lost(self) -> tuple[LostPicture, ...]:
        """Those of the pictures asked for that are kept and cannot be opened, by number."""
        return tuple(self._lost[number] for number in sorted(self._lost))

    def image(self, crop: str, person_id: str) -> Image | None:
        """A person's stored picture (h, w, 3) BGR by its name, or none where it is not stored or cannot be opened.

        One that was forgotten or let go of a moment ago is not lost, nor is one in the recycle bin, which is to go.
        """
        try:
            return self._media.load(crop) if crop else None
        except StoreError:
            for one in self._people.pictures(person_id):
                if one.crop == crop and one.state != "binned":
                    person = self._people.person(person_id)
                    owner = called(person) if person else person_id
                    self._lost[one.picture_id] = LostPicture(one.picture_id, person_id, owner)
            return None

    def opened(self, pictures: Iterable[Picture]) -> list[tuple[Picture, Image]]:
        """Those pictures that can be opened and are cut as is usual, each (112, 112, 3) BGR."""
        images = ((one, self.image(one.crop, one.person_id)) for one in pictures)
        return [(one, image) for one, image in images if image is not None and image.shape == _SHAPE]


def told_lost(lost: Sequence[LostPicture]) -> str:
    """Which pictures are lost, at least one, and what to do about it, in a line."""
    owned: dict[str, list[int]] = defaultdict(list)
    for one in lost:
        owned[one.owner].append(one.picture_id)
    told = [f"{numbered(pictures)} of {owner}" for owner, pictures in owned.items()]
    more = [f"those of {counted(len(told) - _LISTED, 'more person', 'more people')}"] if len(told) > _LISTED else []
    are = "is missing or damaged, and was" if len(lost) == 1 else "are missing or damaged, and were"
    return (
        f"{counted(len(lost), 'stored picture')} {are} left out: {', '.join([*told[:_LISTED], *more])}; put the files "
        "back from a copy of the home, or take the pictures out (mien people remove NAME --picture N) and enrol others"
    )


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
