"""A gallery put to the test on its own pictures: who is taken for whom, and which pictures are of no use."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray

from mien.domain.errors import GalleryError
from mien.domain.faces import EmbeddingModel
from mien.gallery.curation.outliers import CleanupSettings, Doubt, LeftAlone, doubtful_pictures, left_alone
from mien.gallery.matching.background import Background
from mien.gallery.matching.calibration import DRAWN, named_rightly, share_interval
from mien.gallery.matching.leaving_out import LeftOut, Templates, left_out
from mien.gallery.matching.thresholds import EnrolmentSettings, MatchingSettings
from mien.gallery.selftest.columns import GalleryColumns

FEW = 3
"""With fewer pictures a person is known by chance: each further one adds most there."""

FALSE_MATCHES = 0.01
_MOST_PAIRS = 20
_SEVERAL = 5  # from so many pictures on one may be expected to be nearest to another
_AT_ONCE = 1_024


@dataclass(frozen=True, slots=True)
class Share:
    """A share of ``count`` pictures, and its 95 % interval (Clopper and Pearson, 1934)."""

    share: float
    low: float
    high: float
    count: int

    @classmethod
    def of(cls, hits: int, count: int) -> Self:
        share = hits / count if count else 0.0
        return cls(share, *(share_interval(share, count) if count else (0.0, 1.0)), count)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two people, and how similar the means are by which they are known."""

    one: str
    other: str
    similarity: float


@dataclass(frozen=True, slots=True)
class Risky:
    """A picture that is more like somebody else, ``other_id``, than like its person's other pictures."""

    picture_id: int
    person_id: str
    own: float
    other_id: str
    other: float


@dataclass(frozen=True, slots=True)
class Useless:
    """A picture that its person would not miss.

    *near copy*: of a better one, ``like``; *never the nearest*: of none of the person's other pictures.
    """

    picture_id: int
    person_id: str
    reason: Literal["near copy", "never the nearest"]
    like: int = 0


@dataclass(frozen=True, slots=True)
class Drawn:
    """How ``count`` drawn strangers fare: the highest similarity to anybody, and the share that would get a name."""

    highest: float
    named: float
    count: int


@dataclass(frozen=True, slots=True)
class SelfTest:
    """What a gallery of one model says of itself.

    Each picture of people with several is looked for among the others: in ``rank1`` its person is the nearest,
    ``identified`` at the ``threshold`` and the margin of the settings, ``at_1_in_100`` at the similarity that the
    nearest other person reaches for one picture in a hundred. ``met`` are strangers of this home with whom they
    resemble most, the most similar first. ``sparse`` are people with fewer than 3 pictures, by how many. Pictures
    that are ``left_alone`` are too young to be among the ``doubts``.
    """

    model: EmbeddingModel
    people: int
    pictures: int
    templates: int
    threshold: float
    rank1: Share
    identified: Share
    at_1_in_100: Share
    met: tuple[Pair, ...]
    drawn: Drawn | None
    pairs: tuple[Pair, ...]
    risky: tuple[Risky, ...]
    useless: tuple[Useless, ...]
    sparse: tuple[tuple[str, int], ...]
    doubts: tuple[Doubt, ...]
    left_alone: LeftAlone

    @property
    def highest_stranger(self) -> float | None:
        """The highest similarity of any stranger, met or drawn, to anybody; none where there is no stranger."""
        scores = [one.similarity for one in self.met[:1]] + ([self.drawn.highest] if self.drawn else [])
        return max(scores, default=None)


@dataclass(frozen=True, slots=True)
class SelfTester:
    """By which settings a gallery is judged."""

    matching: MatchingSettings
    enrolment: EnrolmentSettings
    cleanup: CleanupSettings

    def test(self, columns: GalleryColumns, at: datetime) -> SelfTest:
        """Put a gallery to the test; raises GalleryError where nobody is in it."""
        templates = columns.templates
        if not columns.people:
            raise GalleryError(f"nobody is known by {templates.model}: there is nothing to be tested")
        left, ids = left_out(templates), [person.person_id for person in columns.people]
        plain = Counter(templates.owners[templates.is_plain].tolist())
        kept = columns.kept(at)
        return SelfTest(
            templates.model,
            len(ids),
            len(np.unique(templates.pictures)),
            len(templates.vectors),
            self.matching.known_above(len(ids)),
            Share.of(int((left.own > left.rival).sum()), len(left)),
            self._identified(templates, left),
            identified_at(left, FALSE_MATCHES),
            _nearest_to(columns),
            self._drawn(templates),
            _closest(templates, ids),
            _risky(templates, left, ids),
            tuple(_useless(templates, ids, self.enrolment.near_copy)),
            tuple((ids[place], plain[place]) for place in range(len(ids)) if plain[place] < FEW),
            doubtful_pictures(kept, self.cleanup),
            left_alone(kept, self.cleanup.min_age_s),
        )

    def _identified(self, templates: Templates, left: LeftOut) -> Share:
        is_right = named_rightly(templates, left, self.matching)
        return Share.of(int(is_right.sum()), len(left))

    def _drawn(self, templates: Templates) -> Drawn | None:
        try:
            background = Background.of_model(templates.model)
        except GalleryError:
            return None
        similarities = background.resemblances(templates.means(), DRAWN)
        threshold = self.matching.known_above(templates.people)
        return Drawn(float(similarities.max()), float((similarities >= threshold).mean()), DRAWN)


def identified_at(left: LeftOut, rate: float) -> Share:
    """Pictures named rightly where of strangers' pictures, were these some, a share ``rate`` would get a name.

    To everybody else a picture is a stranger's, but for one that is nearer to somebody else than to its own person: in
    a small gallery a single picture under a wrong name would else say that hardly anybody is known.
    """
    is_right = left.own > left.rival
    strangers = np.sort(left.rival[is_right])[::-1]
    if not len(strangers):
        return Share.of(0, len(left))
    threshold = strangers[int(rate * len(strangers))]
    return Share.of(int((is_right & (left.own > threshold)).sum()), len(left))


def _nearest_to(columns: GalleryColumns) -> tuple[Pair, ...]:
    """The strangers of the home with whoever each resembles most."""
    if not columns.strangers:
        return ()
    scores = columns.met.means() @ columns.templates.means().T
    nearest = scores.argmax(axis=1)
    order = np.argsort(-scores.max(axis=1), kind="stable")[:_MOST_PAIRS]
    return tuple(
        Pair(
            columns.strangers[row].person_id,
            columns.people[nearest[row]].person_id,
            float(scores[row, nearest[row]]),
        )
        for row in order.tolist()
    )


def _closest(templates: Templates, ids: Sequence[str]) -> tuple[Pair, ...]:
    """The pairs of people that are most alike."""
    means = templates.means()
    found: list[tuple[float, int, int]] = []
    for start in range(0, len(means), _AT_ONCE):
        scores = means[start : start + _AT_ONCE] @ means.T
        scores[np.tri(len(scores), len(means), start, dtype=np.bool_)] = -np.inf
        most = min(_MOST_PAIRS, scores.size)
        flat = np.argpartition(scores, scores.size - most, axis=None)[-most:]
        rows, others = np.unravel_index(flat, scores.shape)
        found += [
            (float(scores[row, other]), start + int(row), int(other)) for row, other in zip(rows, others, strict=True)
        ]
    best = sorted(((s, one, other) for s, one, other in found if np.isfinite(s)), reverse=True)[:_MOST_PAIRS]
    return tuple(Pair(ids[one], ids[other], similarity) for similarity, one, other in best)


def _risky(templates: Templates, left: LeftOut, ids: Sequence[str]) -> tuple[Risky, ...]:
    places = np.flatnonzero(left.rival > left.own)
    order = places[np.argsort((left.own - left.rival)[places], kind="stable")]
    return tuple(
        Risky(
            int(templates.pictures[left.rows[place]]),
            ids[templates.owners[left.rows[place]]],
            float(left.own[place]),
            ids[left.rivals[place]],
            float(left.rival[place]),
        )
        for place in order.tolist()
    )


def _useless(templates: Templates, ids: Sequence[str], near_copy: float) -> Iterator[Useless]:
    rows = np.flatnonzero(templates.is_plain)
    rows = rows[np.argsort(templates.owners[rows], kind="stable")]
    for own in np.split(rows, np.flatnonzero(np.diff(templates.owners[rows])) + 1) if len(rows) else ():
        yield from _useless_of(templates, own, ids[templates.owners[own[0]]], near_copy)


def _useless_of(templates: Templates, own: NDArray[np.intp], person_id: str, near_copy: float) -> Iterator[Useless]:
    """Of one person the pictures that are near copies of better ones, and those that are nearest to no other."""
    similarity = templates.vectors[own] @ templates.vectors[own].T
    np.fill_diagonal(similarity, -np.inf)
    nearest = {*similarity.argmax(axis=1).tolist()} if len(own) > 1 else {0}
    quality, pictures = templates.weights[own], templates.pictures[own]
    is_better = (quality[None, :] > quality[:, None]) | (
        (quality[None, :] == quality[:, None]) & (pictures[None, :] < pictures[:, None])
    )
    copied = np.where(is_better, similarity, -np.inf)
    for row in range(len(own)):
        if copied[row].max() >= near_copy:
            yield Useless(int(pictures[row]), person_id, "near copy", int(pictures[copied[row].argmax()]))
        elif len(own) > _SEVERAL and row not in nearest:
            yield Useless(int(pictures[row]), person_id, "never the nearest")
