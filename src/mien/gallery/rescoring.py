"""The quality of every kept picture, judged anew, and which pictures are too poor to be looked at."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mien.domain.errors import GalleryError
from mien.domain.faces import CropSpec
from mien.domain.people.people import Picture
from mien.gallery.curation.cleanup import poor_pictures
from mien.gallery.kept_crops import Image, KeptCrops, LostPicture, kept_face, recut
from mien.gallery.witness import Witness
from mien.sources.pixels import ArrayPixels
from mien.store.media import MediaStore
from mien.store.people import PeopleStore
from mien.vision.quality.assessor import QualityAssessor
from mien.vision.recognition.recogniser import Recogniser

Floats = NDArray[np.float32]
Progress = Callable[[int, int], None]

_BATCH = 32  # pictures: what is lost where it is killed is less than a second of work


class Judge(Protocol):
    """Says how good kept pictures are; ``name`` is another one for whatever may say something else."""

    @property
    def name(self) -> str: ...

    def scores(self, images: Sequence[Image]) -> Floats:
        """The quality of n pictures (112, 112, 3) BGR, (n,) in [0, 1]."""
        ...


class EmbeddingJudge:
    """A recogniser that has learnt to tell quality from its embeddings."""

    def __init__(self, recogniser: Recogniser, name: str) -> None:
        """Raises GalleryError where the recogniser wants faces cut in a way that kept pictures do not allow."""
        spec = recogniser.crop
        if not isinstance(spec, CropSpec):
            raise GalleryError(f"{name} wants faces cut around a box, which kept pictures do not show")
        self.name = name
        self._recogniser = recogniser
        self._spec = spec

    def scores(self, images: Sequence[Image]) -> Floats:
        quality = self._recogniser.recognise(recut(images, self._spec)).quality
        if quality is None:
            raise GalleryError(f"{self.name} tells nothing of quality: choose a judge of pictures with --quality")
        return quality


class PictureJudge:
    """A network that judges pictures."""

    def __init__(self, assessor: QualityAssessor, name: str) -> None:
        self.name = name
        self._assessor = assessor

    def scores(self, images: Sequence[Image]) -> Floats:
        judged = [self._assessor.assess(ArrayPixels(image), kept_face()).scores for image in images]
        scores: Floats = np.concatenate(judged)
        return scores


@dataclass(frozen=True, slots=True)
class Rescored:
    """A picture with the quality that it has now, and what that was before."""

    picture: Picture
    before: float


@dataclass(frozen=True, slots=True)
class Survey:
    """Every picture of the people who are looked for, but for those in the recycle bin, by what a judge says.

    So many were ``scored`` now and ``done`` before; those ``without_crop`` and the ``lost`` ones have the quality that
    they had.
    """

    judge: str
    pictures: tuple[Rescored, ...]
    scored: int
    done: int
    without_crop: int
    lost: tuple[LostPicture, ...] = ()

    def looked_at(self) -> tuple[Rescored, ...]:
        """The pictures that faces are compared with, the worst first."""
        active = (one for one in self.pictures if one.picture.state == "active")
        return tuple(sorted(active, key=lambda one: (one.picture.quality, one.picture.picture_id)))

    def tenths(self) -> tuple[int, ...]:
        """How many of these are of a quality up to 0.1, 0.2, … 1."""
        counts, _ = np.histogram([one.picture.quality for one in self.looked_at()], bins=10, range=(0, 1))
        return tuple(map(int, counts))

    def below(self, quality: float) -> tuple[Rescored, ...]:
        """Those of these that are worse; of everybody the best one stays, however bad it is."""
        looked_at = {one.picture.picture_id: one for one in self.looked_at()}
        poor = poor_pictures((one.picture for one in looked_at.values()), quality)
        return tuple(looked_at[one.picture_id] for one in poor)


class Rescoring:
    """Judges the pictures of a home. Not for several threads at once.

    Killed at any point it loses nothing: each batch is one transaction, and what the judge has seen is passed over.
    """

    def __init__(self, people: PeopleStore, media: MediaStore, judge: Judge, witness: Witness) -> None:
        self._people = people
        self._crops = KeptCrops(people, media)
        self._witness = witness
        self._judge = judge

    def run(self, advance: Progress, *, is_kept: bool = True) -> Survey:
        """Judge what is left, and keep what the judge says unless that is only to be seen.

        Raises GalleryError where the judge cannot tell, StoreError.
        """
        present = {one.person_id for one in self._people.people() if one.is_present}
        pictures = [one for one in self._people.pictures() if one.person_id in present and one.state != "binned"]
        done = self._people.judged_by(self._judge.name)
        left = [one for one in pictures if one.crop and one.picture_id not in done]
        scores: dict[int, float] = {}
        for batch in self._judged(left):
            if is_kept:
                self._people.set_qualities(self._judge.name, batch)
            scores |= batch
            advance(len(scores), len(left))
        if is_kept and scores:
            self._witness.append("gallery.rescored", (), {"pictures": len(scores)})
        rescored = (
            Rescored(replace(one, quality=scores.get(one.picture_id, one.quality)), one.quality) for one in pictures
        )
        is_done = sum(one.picture_id in done for one in pictures)
        counts = (len(scores), is_done, len(pictures) - is_done - len(left))
        return Survey(self._judge.name, tuple(rescored), *counts, self._crops.lost)

    def _judged(self, pictures: Sequence[Picture]) -> Iterator[dict[int, float]]:
        for start in range(0, len(pictures), _BATCH):
            fitting = self._crops.opened(pictures[start : start + _BATCH])
            if fitting:
                scores = self._judge.scores([image for _, image in fitting]).tolist()
                yield {picture.picture_id: score for (picture, _), score in zip(fitting, scores, strict=True)}
