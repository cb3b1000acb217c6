"""The doubtful pictures of a home in step with the store: only what changed since the last look is read."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from mien.domain.faces import EmbeddingModel
from mien.domain.people.people import Picture
from mien.gallery.curation.cleanup import Cleanup, poor_pictures, proposed
from mien.gallery.curation.outliers import (
    CleanupSettings,
    Doubt,
    KeptPictures,
    LeftAlone,
    doubtful_pictures,
    left_alone,
)
from mien.gallery.matching.linkage import Floats
from mien.store.people import PeopleStore

_ONE_BY_ONE = 50  # people: of more of them everybody's pictures are read at once
NOTHING = Cleanup((), (), LeftAlone())
"""Where nothing is doubtful."""


@dataclass(frozen=True, slots=True, eq=False)
class _Own:
    """The pictures of somebody that are looked at, and the vectors (d,) of their plain templates by picture."""

    pictures: tuple[Picture, ...]
    vectors: dict[int, Floats]


class Doubting:
    """Proposes pictures of enrolled people that are probably wrong, as a clean-up does, and those that are too poor.

    What has no template of the model is not looked at. Strangers who come and go cost next to nothing.
    Not for several threads at once.
    """

    def __init__(self, people: PeopleStore, settings: CleanupSettings, least_quality: float) -> None:
        """Pictures below ``least_quality`` in [0, 1] are too poor, but for the best one of everybody."""
        self._people = people
        self._settings = settings
        self._least_quality = least_quality
        self._model: EmbeddingModel | None = None
        self._revision = -1
        self._own: dict[str, _Own] = {}
        self._found = NOTHING
        self._holds_until: datetime | None = None

    def look(self, model: EmbeddingModel, at: datetime) -> Cleanup:
        """What is doubtful at a moment by the templates of a model; raises StoreError."""
        if model != self._model:
            self._model, self._revision, self._own = model, -1, {}
        revision = self._people.revision()  # first: what changes from now on is read the next time
        is_new = revision != self._revision and self._read(model)
        self._revision = revision
        if is_new or (self._holds_until and at >= self._holds_until):
            self._found = self._judged(at)
        return self._found

    def _read(self, model: EmbeddingModel) -> bool:
        """Take over what changed, and whether any of it is of somebody who is enrolled."""
        changed = self._people.changed_people(self._revision).people
        there = {one.person_id for one in changed if one.kind == "enrolled" and one.is_present}
        gone = self._own.keys() & {one.person_id for one in changed} - there
        gone |= self._own.keys() - self._people.person_ids()
        for person_id in gone:
            del self._own[person_id]
        if len(there) > _ONE_BY_ONE:
            self._own |= self._everybody(model, there)
        else:
            self._own |= {one: self._of(model, one) for one in there}
        return bool(there or gone or self._revision < 0)

    def _of(self, model: EmbeddingModel, person_id: str) -> _Own:
        templates = self._people.templates(model, person_id)
        vectors = {one.picture_id: one.vector for one in templates if one.variant == "plain"}
        return _Own(self._people.pictures(person_id, "active"), vectors)

    def _everybody(self, model: EmbeddingModel, there: Collection[str]) -> dict[str, _Own]:
        pictures: dict[str, list[Picture]] = defaultdict(list)
        for picture in self._people.pictures(state="active"):
            pictures[picture.person_id].append(picture)
        vectors: dict[str, dict[int, Floats]] = defaultdict(dict)
        for template in self._people.templates(model):
            if template.variant == "plain":
                vectors[template.person_id][template.picture_id] = template.vector
        return {one: _Own(tuple(pictures[one]), vectors[one]) for one in there}

    def _judged(self, at: datetime) -> Cleanup:
        kept = self._kept(at)
        wrong = doubtful_pictures(kept, self._settings)
        young = kept.ages_s[kept.ages_s < self._settings.min_age_s]
        self._holds_until = (
            at + timedelta(seconds=self._settings.min_age_s - float(young.max())) if len(young) else None
        )
        doubts = (*wrong, *self._too_poor({one.picture_id for one in wrong}, at))
        return proposed(doubts, kept.person_ids, left_alone(kept, self._settings.min_age_s))

    def _too_poor(self, wrong: Collection[int], at: datetime) -> Iterator[Doubt]:
        """The poor ones of the pictures that are old enough and not wrong: the best that stays is one of those."""
        for own in self._own.values():
            right = [
                one
                for one in own.pictures
                if one.picture_id in own.vectors
                and one.picture_id not in wrong
                and (at - one.created_at).total_seconds() >= self._settings.min_age_s
            ]
            for one in poor_pictures(right, self._least_quality):
                if not one.is_vouched:
                    yield Doubt(one.picture_id, one.person_id, "too poor", None, "", 0.0)

    def _kept(self, at: datetime) -> KeptPictures:
        pictures = [one for own in self._own.values() for one in own.pictures if one.picture_id in own.vectors]
        vectors = [self._own[one.person_id].vectors[one.picture_id] for one in pictures]
        return KeptPictures(
            np.stack(vectors) if vectors else np.zeros((0, 0), np.float32),
            [one.picture_id for one in pictures],
            [one.person_id for one in pictures],
            np.array([(at - one.created_at).total_seconds() for one in pictures], np.float64),
            frozenset(one.picture_id for one in pictures if one.is_vouched),
        )
