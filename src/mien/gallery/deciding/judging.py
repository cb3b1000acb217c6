"""Who a track is by all its views together: one rule, from similarities to a verdict."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mien.domain.identity import Identity, Match, Undecided, Unknown
from mien.gallery.matching.crowd import Best, Crowd, Floats
from mien.gallery.matching.identify import BETWEEN, DOUBTFUL, ELSEWHERE
from mien.gallery.matching.thresholds import MatchingSettings
from mien.gallery.matching.views import TOO_FEW, Evidence


@dataclass(frozen=True, slots=True, eq=False)
class TrackJudge:
    """Judges tracks by the people of one moment.

    ``scores`` (p,) are a track's similarities to everybody, ``taken`` (p,) says whom it cannot be.
    """

    crowd: Crowd
    settings: MatchingSettings

    def scores(self, tracks: Sequence[Evidence], places: NDArray[np.intp] | None = None) -> Floats:
        """Similarities of n tracks, each of some views, to everybody (n, p), or to people of q places (n, q)."""
        lengths = np.array([evidence.length() for evidence in tracks], np.float32)
        return self.crowd.scores(np.stack([evidence.mean() for evidence in tracks]), lengths, places)

    def is_near(self, tracks: Sequence[Evidence], places: NDArray[np.intp]) -> NDArray[np.bool_]:
        """Which of n tracks, each of some views, are so similar to one of some people that these matter to them."""
        known_above = np.array([self._known_above(evidence) for evidence in tracks])
        above = np.where(self.crowd.is_enrolled[places], known_above[:, None], self.settings.stranger_similarity)
        step = self.settings.hysteresis + self.settings.min_margin
        is_near: NDArray[np.bool_] = np.any(self.scores(tracks, places) >= above - step, axis=1)
        return is_near

    def above(self, evidence: Evidence, place: int) -> float:
        """How similar a track must be to be a person."""
        return self._known_above(evidence) if self.crowd.is_enrolled[place] else self.settings.stranger_similarity

    def judge(self, evidence: Evidence, scores: Floats, taken: NDArray[np.bool_]) -> Identity | None:
        """The identity of a track, or none where it is a stranger who has no id yet."""
        settings, crowd = self.settings, self.crowd
        known_above = self._known_above(evidence)
        known = Best.among(scores, crowd.is_enrolled & ~taken)
        blocked = Best.among(scores, taken)
        stays = self._stays(evidence, scores, taken, known)
        if isinstance(stays, Match):
            return stays
        if blocked.place >= 0 and blocked.similarity >= self.above(evidence, blocked.place) + settings.strong:
            return Undecided(ELSEWHERE, blocked.similarity, blocked.margin)
        is_similar = known.place >= 0 and known.similarity >= known_above
        if is_similar and known.margin >= settings.min_margin and self._is_agreed(evidence, known, known_above):
            return Match(crowd.person_ids[known.place], known.similarity, known.margin)
        if stays is not None:
            return stays
        if is_similar:
            reason = BETWEEN if known.margin < settings.min_margin else TOO_FEW
        elif evidence.good < settings.votes:
            reason = evidence.limitation()
        elif known.similarity >= known_above - settings.doubt and evidence.good < settings.patience:
            reason = DOUBTFUL
        else:
            return None
        return Undecided(reason, known.similarity, known.margin)

    def _stays(
        self, evidence: Evidence, scores: Floats, taken: NDArray[np.bool_], known: Best
    ) -> Match | Unknown | None:
        """The identity that a track already has, with today's similarity, where nothing speaks against it."""
        if isinstance(evidence.identity, Undecided):
            return None
        person_id = evidence.identity.person_id
        place = self.crowd.places[person_id]
        if taken[place]:
            return None
        if isinstance(evidence.identity, Unknown):
            return Unknown(known.similarity, person_id, known.margin)
        similarity = float(scores[place])
        is_overtaken = known.place != place and known.similarity - similarity >= self.settings.min_margin
        if is_overtaken or similarity < self.above(evidence, place) - self.settings.hysteresis:
            return None
        margin = known.margin if known.place == place else similarity - known.similarity
        return Match(person_id, similarity, margin)

    def _known_above(self, evidence: Evidence) -> float:
        return self.crowd.known_above(self.settings, evidence.quality())

    def _is_agreed(self, evidence: Evidence, known: Best, known_above: float) -> bool:
        """Whether enough single views name the person, or one good view does so strongly."""
        settings = self.settings
        each = self.crowd.scores(np.stack([view.vector for view in evidence.views]))
        each[:, ~self.crowd.is_enrolled] = -1.0
        own = each[:, known.place]
        votes = (each.argmax(axis=1) == known.place) & (own >= known_above / 2)
        is_good = np.array([view.is_good for view in evidence.views])
        is_strong = bool((votes & is_good & (own >= self.crowd.known_above(settings) + settings.strong)).any())
        return is_strong or (int(votes.sum()) >= settings.votes and 2 * int(votes.sum()) > len(votes))
