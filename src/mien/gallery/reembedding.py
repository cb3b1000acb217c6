"""New templates of another model, from the pictures of faces that are kept."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mien.domain.errors import GalleryError
from mien.domain.faces import CropSpec, EmbeddingModel
from mien.domain.people.people import Picture, Standing
from mien.gallery.enrolment.sight import distant_vectors
from mien.gallery.kept_crops import KeptCrops, LostPicture, recut
from mien.gallery.matching.leaving_out import Templates, left_out
from mien.gallery.selftest.columns import GalleryColumns
from mien.gallery.selftest.testing import FALSE_MATCHES, Share, identified_at
from mien.gallery.witness import Witness
from mien.store.media import MediaStore
from mien.store.people import NewTemplate, PeopleStore
from mien.vision.recognition.recogniser import Recogniser

Progress = Callable[[int, int], None]

_BATCH = 32  # pictures: what is lost where it is killed is less than a second of work
_LEFT_OUT: frozenset[Standing] = frozenset({"merged", "faded"})


@dataclass(frozen=True, slots=True)
class Pending:
    """What there is to embed: pictures, how many are done already, and people with pictures that cannot be.

    ``without_crop`` counts pictures of which no crop is kept, or one that was cut for another model; ``stuck`` are
    people of whom that is so of all pictures: they need new ones.
    """

    pictures: tuple[Picture, ...]
    done: int
    without_crop: int
    stuck: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """How well the same pictures are told apart by two models, at 1 % of false matches."""

    old_model: EmbeddingModel
    old: Share
    new: Share

    @property
    def is_better(self) -> bool:
        """Whether the new one is at least as good."""
        return self.new.count > 0 and self.new.share >= self.old.share


class Reembedding:
    """Gives the people of a home templates of a recogniser. Not for several threads at once.

    Killed at any point it loses nothing: each batch is one transaction, and what has templates is passed over.
    """

    def __init__(self, people: PeopleStore, media: MediaStore, recogniser: Recogniser, witness: Witness) -> None:
        """Raises GalleryError where the recogniser wants faces cut in a way that kept pictures do not allow."""
        spec = recogniser.crop
        if not isinstance(spec, CropSpec):
            raise GalleryError(
                f"{recogniser.model.network} wants faces cut around the box of the detector, which kept pictures do "
                "not show: enrol people again with it"
            )
        self._people = people
        self._crops = KeptCrops(people, media)
        self._recogniser = recogniser
        self._spec = spec
        self._witness = witness

    @property
    def model(self) -> EmbeddingModel:
        """What the new templates are of."""
        return self._recogniser.model

    @property
    def covered(self) -> float:
        """The share of what the recogniser looks at that kept pictures show."""
        return float(recut([np.full((112, 112, 3), 255, np.uint8)], self._spec).images.mean() / 255)

    @property
    def lost(self) -> tuple[LostPicture, ...]:
        """The pictures that could not be opened; their templates stay as they are."""
        return self._crops.lost

    def pending(self) -> Pending:
        """What is left to do."""
        done = self._people.embedded(self.model)
        everybody = self._people.people(everybody=True)
        ids = {one.person_id for one in everybody if one.may_identify and one.standing not in _LEFT_OUT}
        kept = [one for one in self._people.pictures() if one.person_id in ids]
        embeddable = {one.person_id for one in kept if one.crop or one.picture_id in done}
        stuck = dict.fromkeys(one.person_id for one in kept if one.person_id not in embeddable)
        left = [one for one in kept if one.picture_id not in done]
        return Pending(
            tuple(one for one in left if one.crop),
            len(kept) - len(left),
            sum(not one.crop for one in left),
            tuple(stuck),
        )

    def run(self, advance: Progress) -> int:
        """Embed what is left; how many pictures were. What is lost is passed over. Raises StoreError."""
        pictures = self.pending().pictures
        enrolled = {one.person_id for one in self._people.people(everybody=True) if one.kind == "enrolled"}
        embedded = 0
        for start in range(0, len(pictures), _BATCH):
            batch = pictures[start : start + _BATCH]
            embedded += self._embed(batch, enrolled)
            advance(start + len(batch), len(pictures))
        return embedded

    def _embed(self, batch: Sequence[Picture], enrolled: set[str]) -> int:
        fitting = self._crops.opened(batch)
        if not fitting:
            return 0
        crops = recut([image for _, image in fitting], self._spec)
        plain = self._recogniser.recognise(crops).embeddings.vectors
        distant = distant_vectors(self._recogniser, crops, plain)
        new = []
        for (picture, _), vector, other in zip(fitting, plain, distant, strict=True):
            new.append((picture.picture_id, NewTemplate(vector, self.model)))
            if picture.person_id in enrolled:  # of strangers only plain ones are kept
                new.append((picture.picture_id, NewTemplate(other, self.model, "distant")))
        self._people.add_templates(new)
        return len(fitting)

    def compare(self) -> Comparison | None:
        """The model by which most people are known beside the new one, on pictures that have templates of both.

        None where there is no other.
        """
        others = [held for held in self._people.holdings() if held.enrolled and held.model != self.model]
        if not others:
            return None
        old_model = max(others, key=lambda held: (held.enrolled, held.templates)).model
        old, new = (GalleryColumns.of(self._people, model).templates for model in (old_model, self.model))
        both = np.intersect1d(old.pictures, new.pictures)
        return Comparison(old_model, *(identified_at(left_out(_of(one, both)), FALSE_MATCHES) for one in (old, new)))

    def drop_others(self) -> int:
        """Delete templates of other models of pictures that have some of this; how many went."""
        others = [held.model for held in self._people.holdings() if held.model != self.model]
        return sum(self._people.drop_templates(model, self.model) for model in others)

    def note(self, embedded: int, dropped: int) -> None:
        """Put on record what was done."""
        self._witness.append("gallery.reembedded", (), {"pictures": embedded, "templates": dropped})


def _of(templates: Templates, pictures: NDArray[np.int64]) -> Templates:
    """The templates of some pictures."""
    rows = np.flatnonzero(np.isin(templates.pictures, pictures))
    _, owners = np.unique(templates.owners[rows], return_inverse=True)
    return Templates(
        templates.model,
        templates.vectors[rows],
        templates.weights[rows],
        owners.astype(np.int32),
        templates.pictures[rows],
        templates.is_plain[rows],
    )
