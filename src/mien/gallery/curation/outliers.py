"""Which pictures of a gallery probably show somebody else than the person they are kept for: proposals, no more."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mien.gallery.matching.linkage import Floats, groups, representative

_LONGEST_S = 1e9  # what a clock still counts
_AT_ONCE = 1024  # faces that are compared with everybody: as many as one product is quick for

Reason = Literal["unlike the others", "more like somebody else", "pictures disagree", "too poor"]
"""*unlike the others*: most pictures of the person show one face, and this one another; *more like somebody else*: it
resembles another person clearly more than its own; *pictures disagree*: no face is on most of the person's pictures,
so that which are wrong cannot be told, and all are named; *too poor*: nothing is said of whom it shows."""


@dataclass(frozen=True, slots=True)
class CleanupSettings:
    """When a picture is doubted. Similarities are those of ``matching.linkage`` of the default recogniser's embeddings.

    Pictures of a person that are ``coherent`` show one face. A picture resembles somebody else clearly more from
    ``margin`` on; the only picture of somebody, or one of those that disagree, is taken for another person from
    ``same``. Pictures younger than ``min_age_s`` seconds are left alone: somebody is perhaps still at work on them.
    """

    coherent: float = 0.25
    margin: float = 0.10
    same: float = 0.43
    min_age_s: float = 300.0


@dataclass(frozen=True, slots=True)
class KeptPictures:
    """n pictures: vectors (n, d) of unit length of the plain templates, whose each is, and ages (n,) in seconds.

    Of those that are ``vouched``, by id, somebody said that they are right.
    """

    vectors: Floats
    picture_ids: Sequence[int]
    person_ids: Sequence[str]
    ages_s: NDArray[np.float64]
    vouched: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class LeftAlone:
    """How many pictures are too young to be doubted, and after how many seconds none of them is any more."""

    count: int = 0
    for_s: float = 0.0

    def until(self, at: datetime) -> datetime:
        """The moment from which on none of them is too young; decades away at the most."""
        return at + timedelta(seconds=min(self.for_s, _LONGEST_S))


@dataclass(frozen=True, slots=True)
class Doubt:
    """A picture that is probably wrong, why, and what speaks for it.

    ``own`` is its similarity to the other pictures of its person, those of one face where most are of one; none where
    there are no others. ``other_id`` is the person whom it resembles most, ``other`` how much; empty where there is
    nobody else.
    """

    picture_id: int
    person_id: str
    reason: Reason
    own: float | None
    other_id: str
    other: float


def doubtful_pictures(pictures: KeptPictures, settings: CleanupSettings) -> tuple[Doubt, ...]:
    """The pictures that are probably wrong, those furthest from their person first; nothing is changed.

    The pictures of a person are put into groups of one face. The group that holds more than half of them is the person,
    and so is each that holds one that is vouched for; the rest is doubted, and so is what resembles the group of
    somebody else clearly more than its own. What is vouched for never is.
    """
    doubts = _Faces(pictures, settings).doubts()
    return tuple(sorted(doubts, key=lambda doubt: (doubt.own or 0.0) - doubt.other))


def left_alone(pictures: KeptPictures, min_age_s: float) -> LeftAlone:
    """The pictures that are younger than those that may be doubted."""
    young = pictures.ages_s[pictures.ages_s < min_age_s]
    return LeftAlone(len(young), float(min_age_s - young.min())) if len(young) else LeftAlone()


class _Faces:
    """The faces on the pictures of each person, as groups of rows, and the people of whom most pictures show one."""

    def __init__(self, pictures: KeptPictures, settings: CleanupSettings) -> None:
        self._pictures, self._settings = pictures, settings
        rows: dict[str, list[int]] = {}
        for row, person_id in enumerate(pictures.person_ids):
            rows.setdefault(person_id, []).append(row)
        self._of = {
            person_id: [[own[at] for at in face] for face in groups(pictures.vectors[own], settings.coherent)]
            for person_id, own in rows.items()
        }
        self._clear = {person_id: place for place, person_id in enumerate(filter(self._majority, self._of))}
        self._names = tuple(self._clear)
        standing = [representative(pictures.vectors[self._majority(person_id)]) for person_id in self._names]
        self._standing = np.stack(standing) if standing else pictures.vectors[:0]

    def doubts(self) -> Iterator[Doubt]:
        """Every doubt, person by person; pictures that are too young are left alone."""
        ids, ages_s, vouched = self._pictures.picture_ids, self._pictures.ages_s, self._pictures.vouched
        nearest = self._nearest(self._pictures.person_ids, self._pictures.vectors)
        for person_id, faces in self._of.items():
            own = self._known(person_id) or self._remaining(person_id)
            rows = sorted(row for face in faces for row in face)
            alike = self._alike(rows, own or rows)
            for row, similarity in zip(rows, alike, strict=True):
                other_id, other = nearest[row]
                reason = self._reason(row, own, similarity, other)
                if reason and ids[row] not in vouched and ages_s[row] >= self._settings.min_age_s:
                    yield Doubt(ids[row], person_id, reason, similarity, other_id, other)

    def _majority(self, person_id: str) -> list[int]:
        """The rows of the face that more than half of a person's pictures show, or none."""
        faces = self._of[person_id]
        return faces[0] if 2 * len(faces[0]) > sum(map(len, faces)) else []

    def _known(self, person_id: str) -> list[int]:
        """The rows of the faces that are the person: that of most pictures, and those that are vouched for."""
        ids, vouched = self._pictures.picture_ids, self._pictures.vouched
        said = (face for face in self._of[person_id] if any(ids[row] in vouched for row in face))
        return sorted({*self._majority(person_id), *(row for face in said for row in face)})

    def _remaining(self, person_id: str) -> list[int]:
        """The rows of the one face that is left when those of other people are taken away, or none."""
        faces = self._of[person_id]
        standing = np.stack([representative(self._pictures.vectors[face]) for face in faces])
        nearest = self._nearest([person_id] * len(faces), standing)
        left = [face for face, (_, other) in zip(faces, nearest, strict=True) if other < self._settings.same]
        return left[0] if len(left) == 1 else []

    def _nearest(self, person_ids: Sequence[str], standing: Floats) -> list[tuple[str, float]]:
        """Whom else faces (n, d) of people resemble most, and how much; nobody, and 0, where there is nobody else."""
        if not self._names:
            return [("", 0.0)] * len(standing)
        found: list[tuple[str, float]] = []
        own = np.array([self._clear.get(one, -1) for one in person_ids], np.intp)
        for begin in range(0, len(standing), _AT_ONCE):
            similarities = standing[begin : begin + _AT_ONCE] @ self._standing.T
            places = own[begin : begin + _AT_ONCE]
            rows = np.flatnonzero(places >= 0)
            similarities[rows, places[rows]] = -np.inf
            best = similarities.argmax(axis=1)
            highest = similarities[np.arange(len(best)), best].tolist()
            named = zip(best.tolist(), highest, strict=True)
            found += [(self._names[place], one) if np.isfinite(one) else ("", 0.0) for place, one in named]
        return found

    def _alike(self, rows: list[int], beside: list[int]) -> list[float | None]:
        """How similar each of some rows is to those beside it, itself left out; none where nothing is left."""
        vectors = self._pictures.vectors[rows]
        is_beside = np.isin(rows, beside)
        left = len(beside) - is_beside
        means = self._pictures.vectors[beside].sum(axis=0) - is_beside[:, None] * vectors
        means = means / np.maximum(left, 1)[:, None]
        lengths = np.sqrt(np.maximum(np.linalg.norm(means, axis=1), 1e-9))
        similarities = np.einsum("nd,nd->n", vectors, means) / lengths
        return [float(one) if others else None for one, others in zip(similarities, left, strict=True)]

    def _reason(self, row: int, own: list[int], similarity: float | None, other: float) -> Reason | None:
        """Why a row is doubted, or none; all are doubted where none are known to be the person's own."""
        if not own:
            return "pictures disagree"
        if row not in own:
            return "unlike the others"
        is_other = other >= (self._settings.same if similarity is None else similarity + self._settings.margin)
        return "more like somebody else" if is_other else None
