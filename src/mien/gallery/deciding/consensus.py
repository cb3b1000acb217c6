"""Who each track is: decided from several views together, kept, and revised only for good reason."""

import logging
from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from mien.domain.faces import FaceCrops, Quality, Recognition
from mien.domain.identity import Identity, Match, Undecided, Unknown
from mien.domain.people.sightings import Sighting
from mien.domain.readings import identity_kind
from mien.gallery.gallery import Gallery
from mien.gallery.matching.crowd import Best, Crowd, Floats
from mien.gallery.matching.identify import BETWEEN, DOUBTFUL, ELSEWHERE
from mien.gallery.matching.thresholds import MatchingSettings
from mien.gallery.matching.views import COHERENT, TOO_FEW, UNCLEAR, UNSEEN, Evidence, View, agreement
from mien.gallery.strangers.visit_book import VisitBook

_log = logging.getLogger(__name__)
_FOUNDING = 3  # views by which a new stranger is kept
_NEWS = 0.6  # similarity to a stranger's own templates below which another view says something new


class TrackIdentities:
    """The identities of one camera's tracks. Not for several threads at once; the gallery it asks may be shared.

    Two tracks that were ever in view together are two people, and stay so after one of them has ended.
    """

    def __init__(
        self,
        gallery: Gallery,
        camera: str,
        settings: MatchingSettings | None = None,
        visits: VisitBook | None = None,
    ) -> None:
        """``settings`` are those of the gallery unless this camera has its own; ``visits`` hears of tracks that end."""
        self._gallery = gallery
        self._settings = settings or gallery.settings
        self._camera = camera
        self._visits = visits
        self._tracks: dict[int, Evidence] = {}
        self._crowd: Crowd = gallery.crowd

    def observe(
        self,
        track_ids: Iterable[int] | NDArray[np.int64],
        recognition: Recognition,
        quality: Quality,
        crops: FaceCrops | None = None,
    ) -> None:
        """Add a view to each of n tracks; crops, where given, are kept for strangers who are founded.

        What is hardly a face (see MatchingSettings) is no evidence and is left out. Raises ModelMismatch where the
        embeddings are of another model than the gallery.
        """
        self._gallery.check(recognition.embeddings)
        is_face, is_good = self._settings.is_face(recognition), self._settings.is_good(recognition, quality)
        for row, track_id in enumerate(track_ids):
            evidence = self._tracks.setdefault(int(track_id), Evidence())
            if not is_face[row]:
                evidence.doubt(UNCLEAR)
                continue
            vector = recognition.embeddings.vectors[row].copy()
            crop = None if crops is None else crops.images[row].copy()
            view = View(vector, float(quality.scores[row]), bool(is_good[row]), quality.reasons[row], crop)
            evidence.add(view, self._settings.views)

    def decide(self, visible: Iterable[int] | NDArray[np.int64]) -> dict[int, Identity]:
        """The identities of the tracks that are in view together, no two of them the same person."""
        ids = [int(track_id) for track_id in visible]
        tracks = {track_id: self._tracks.setdefault(track_id, Evidence()) for track_id in ids}
        for track_id, evidence in tracks.items():
            evidence.partners.update(other for other in ids if other != track_id)
            evidence.in_view(self._gallery.now())
        self._follow(self._gallery.crowd)
        best = {track_id: self._renew_claim(evidence) for track_id, evidence in tracks.items() if evidence.is_fresh}
        queue = sorted(best, key=lambda track_id: -best[track_id])
        queue.extend(loser for loser in self._part(tracks) if loser not in best)
        while queue:
            losers = self._decide_track(queue.pop(0))
            queue.extend(loser for loser in losers if loser in tracks)  # old views of who is out of view decide nothing
        self._log_turns(tracks)
        return {track_id: evidence.identity for track_id, evidence in tracks.items()}

    def _log_turns(self, tracks: dict[int, Evidence]) -> None:
        """Nobody is taken for somebody else, or for nobody any more, without a word on why."""
        for track_id, evidence in tracks.items():
            if before := evidence.turned():
                now, why = evidence.person_id or "undecided", evidence.why or "new views speak for that"
                _log.info("%s: track %d was %s and is %s: %s", self._camera, track_id, before, now, why)
                evidence.why = ""

    def name_of(self, person_id: str) -> str:
        """The name of an enrolled person; empty for strangers and for the empty id."""
        return self._gallery.name_of(person_id)

    def is_settled(self, track_id: int) -> bool:
        """Whether a track is decided on so many good views that it need not be looked at often."""
        evidence = self._tracks.get(track_id)
        return evidence is not None and bool(evidence.person_id) and evidence.good >= 2 * self._settings.votes

    def end(self, track_ids: Iterable[int] | NDArray[np.int64]) -> dict[int, Identity]:
        """Forget tracks that are over, and return what each was at last."""
        ended = {}
        for track_id in map(int, track_ids):
            evidence = self._tracks.pop(track_id, None)
            if evidence is None:
                continue
            ended[track_id] = evidence.identity
            self._note(track_id, evidence)
            for partner in self._partners(evidence):
                partner.partners.discard(track_id)
                if evidence.person_id:
                    partner.barred.add(evidence.person_id)
        return ended

    def _note(self, track_id: int, evidence: Evidence) -> None:
        """Keep what was seen of a track."""
        if self._visits is None or evidence.began_at is None or evidence.seen_at is None:
            return
        identity = evidence.identity
        kind, moments = identity_kind(identity), (evidence.began_at, evidence.seen_at)
        sighting = Sighting(self._camera, track_id, kind, evidence.person_id, identity.similarity, *moments)
        self._visits.ended(sighting, evidence.views)

    def _follow(self, crowd: Crowd) -> None:
        """Look at every track again where people came or went, and part from those who went."""
        if crowd is self._crowd:
            return
        self._crowd = crowd
        for evidence in self._tracks.values():
            evidence.is_fresh = bool(evidence.views)
            if evidence.person_id not in crowd.places:
                evidence.reset(why="that person is gone, or was merged with somebody")

    def _partners(self, evidence: Evidence) -> Iterator[Evidence]:
        return (self._tracks[other] for other in evidence.partners if other in self._tracks)

    def _decide_track(self, track_id: int) -> list[int]:
        """Decide one track anew; the tracks that lost their person to it."""
        evidence = self._tracks[track_id]
        mean = evidence.mean()
        scores = self._crowd.scores(mean[None])[0]
        taken = self._taken(evidence, scores)
        identity = self._judge(evidence, scores, taken)
        if identity is None:
            identity = self._stranger(evidence, mean, scores, taken, f"{self._camera}:{track_id}")
            self._follow(self._gallery.crowd)
            scores = self._crowd.scores(mean[None])[0]
        evidence.is_fresh = False
        evidence.identity = identity
        person_id = evidence.person_id
        if person_id not in self._crowd.places:  # undecided, or forgotten this very moment
            evidence.reset(identity if isinstance(identity, Undecided) else UNSEEN)
            return []
        evidence.claim = float(scores[self._crowd.places[person_id]])
        losers = [other for other in evidence.partners if self._holds(other, person_id)]
        for loser in losers:
            self._tracks[loser].reset(Undecided(ELSEWHERE))
        return losers

    def _renew_claim(self, evidence: Evidence) -> float:
        """How similar a track with new views is to whomever it resembles most; its claim is that to its own person."""
        scores = self._crowd.scores(evidence.mean()[None])[0]
        if evidence.person_id:
            evidence.claim = float(scores[self._crowd.places[evidence.person_id]])
        return float(scores.max(initial=0.0))

    def _part(self, tracks: dict[int, Evidence]) -> list[int]:
        """The tracks that lose their person because a better one, decided out of their view, now meets them."""
        holders: set[str] = set()
        losers = []
        for track_id in sorted(tracks, key=lambda track_id: -tracks[track_id].claim):
            evidence = tracks[track_id]
            if evidence.person_id in holders:
                evidence.reset(Undecided(ELSEWHERE))
                losers.append(track_id)
            elif evidence.person_id:
                holders.add(evidence.person_id)
        return losers

    def _holds(self, track_id: int, person_id: str) -> bool:
        return track_id in self._tracks and self._tracks[track_id].person_id == person_id

    def _taken(self, evidence: Evidence, scores: Floats) -> NDArray[np.bool_]:
        """Who, of everybody (p,), the track cannot be: people who are or were in view beside it."""
        taken = np.zeros(len(scores), np.bool_)
        for person_id in evidence.barred:
            if person_id in self._crowd.places:
                taken[self._crowd.places[person_id]] = True
        for partner in self._partners(evidence):
            place = self._crowd.places.get(partner.person_id, -1)
            if place >= 0 and partner.claim + self._settings.hysteresis >= scores[place]:
                taken[place] = True
        return taken

    def _judge(self, evidence: Evidence, scores: Floats, taken: NDArray[np.bool_]) -> Identity | None:
        """The identity of a track, or none where it is a stranger who has no id yet."""
        settings, crowd = self._settings, self._crowd
        known_above = self._known_above(evidence)
        known = Best.among(scores, crowd.is_enrolled & ~taken)
        blocked = Best.among(scores, taken)
        stays = self._stays(evidence, scores, taken, known)
        if isinstance(stays, Match):
            return stays
        if blocked.place >= 0 and blocked.similarity >= self._above(evidence, blocked.place) + settings.strong:
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
        place = self._crowd.places[person_id]
        if taken[place]:
            return None
        if isinstance(evidence.identity, Unknown):
            return Unknown(known.similarity, person_id, known.margin)
        similarity = float(scores[place])
        is_overtaken = known.place != place and known.similarity - similarity >= self._settings.min_margin
        if is_overtaken or similarity < self._above(evidence, place) - self._settings.hysteresis:
            return None
        margin = known.margin if known.place == place else similarity - known.similarity
        return Match(person_id, similarity, margin)

    def _known_above(self, evidence: Evidence) -> float:
        return self._crowd.known_above(self._settings, evidence.quality())

    def _above(self, evidence: Evidence, place: int) -> float:
        if self._crowd.is_enrolled[place]:
            return self._known_above(evidence)
        return self._crowd.stranger_above(self._settings)

    def _is_agreed(self, evidence: Evidence, known: Best, known_above: float) -> bool:
        """Whether enough single views name the person, or one good view does so strongly."""
        settings = self._settings
        each = self._crowd.scores(np.stack([view.vector for view in evidence.views]))
        each[:, ~self._crowd.is_enrolled] = -1.0
        own = each[:, known.place]
        votes = (each.argmax(axis=1) == known.place) & (own >= known_above / 2)
        is_good = np.array([view.is_good for view in evidence.views])
        is_strong = bool((votes & is_good & (own >= self._crowd.known_above(settings) + settings.strong)).any())
        return is_strong or (int(votes.sum()) >= settings.votes and 2 * int(votes.sum()) > len(votes))

    def _stranger(
        self, evidence: Evidence, mean: Floats, scores: Floats, taken: NDArray[np.bool_], origin: str
    ) -> Identity:
        """A stranger met before, a new one, or undecided where the views are not clear enough for either."""
        settings, crowd = self._settings, self._crowd
        known = Best.among(scores, crowd.is_enrolled & ~taken)
        met = Best.among(scores, ~crowd.is_enrolled & ~taken)
        is_doubtful = 0 < crowd.stranger_above(settings) - met.similarity <= settings.doubt
        if is_doubtful and evidence.good < settings.patience:
            return Undecided(DOUBTFUL, met.similarity, met.margin)
        good = sorted((view for view in evidence.views if view.is_good), key=_by_quality)
        if len(good) < settings.votes or agreement([view.vector for view in good]) < COHERENT:
            return Undecided(TOO_FEW, known.similarity, known.margin)
        barred = frozenset(crowd.person_ids[place] for place in np.flatnonzero(taken))
        person_id, similarity = self._gallery.join_or_found(mean, good[:_FOUNDING], barred, origin)
        place = crowd.places.get(person_id, -1)
        is_sparse = place >= 0 and crowd.sizes[place] < settings.stranger_templates
        if is_sparse and similarity < _NEWS:
            self._gallery.add_view(person_id, good[0], origin)
        return Unknown(known.similarity, person_id, known.margin)


def _by_quality(view: View) -> float:
    return -view.quality
