"""Who each track is: decided from several views together, kept, and revised only for good reason."""

import logging
from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from mien.domain.faces import FaceCrops, Quality, Recognition
from mien.domain.identity import Identity, Undecided, Unknown
from mien.domain.people.sightings import Sighting
from mien.domain.readings import identity_kind
from mien.gallery.deciding.judging import TrackJudge
from mien.gallery.gallery import Gallery
from mien.gallery.matching.crowd import Best, Crowd, Floats
from mien.gallery.matching.identify import DOUBTFUL, ELSEWHERE
from mien.gallery.matching.thresholds import MatchingSettings
from mien.gallery.matching.views import COHERENT, TOO_FEW, UNCLEAR, UNSEEN, Evidence, View, agreement
from mien.gallery.strangers.visits import Visits

_log = logging.getLogger(__name__)
_FOUNDING = 3  # views by which a new stranger is kept


class TrackIdentities:
    """The identities of one camera's tracks. Not for several threads at once; the gallery it asks may be shared.

    Two tracks that were ever in view together are two people, and stay so after one of them has ended.
    """

    def __init__(
        self,
        gallery: Gallery,
        visits: Visits,
        camera: str,
        settings: MatchingSettings | None = None,
        number: int = 1,
    ) -> None:
        """``settings`` are those of the gallery unless this camera has its own.

        The log calls the camera by a ``number``: what it is called may be the name of a person.
        """
        self._gallery = gallery
        self._settings = settings or gallery.settings
        self._camera = camera
        self._number = number
        self._visits = visits
        self._tracks: dict[int, Evidence] = {}
        self._judge = TrackJudge(gallery.crowd, self._settings)
        self._scores: dict[int, Floats] = {}
        _log.debug("camera %d is %s", number, camera)

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
        now = self._gallery.now()
        for track_id, evidence in tracks.items():
            evidence.partners.update(other for other in ids if other != track_id)
            evidence.in_view(now)
        self._follow(self._gallery.crowd)
        best = self._renew_claims([track_id for track_id, evidence in tracks.items() if evidence.is_fresh])
        queue = sorted(best, key=lambda track_id: -best[track_id])
        queue.extend(loser for loser in self._part(tracks) if loser not in best)
        while queue:
            losers = self._decide_track(queue.pop(0))
            queue.extend(loser for loser in losers if loser in tracks)  # old views of who is out of view decide nothing
        self._tell_parted(tracks)
        self._log_turns(tracks)
        return {track_id: evidence.identity for track_id, evidence in tracks.items()}

    def _log_turns(self, tracks: dict[int, Evidence]) -> None:
        """Nobody is taken for somebody else, or for nobody any more, without a word on why."""
        for track_id, evidence in tracks.items():
            if before := evidence.turned():
                now, why = evidence.person_id or "undecided", evidence.why or "new views speak for that"
                _log.info("camera %d: track %d was %s and is %s: %s", self._number, track_id, before, now, why)
                evidence.why = ""

    def name_of(self, person_id: str) -> str:
        """The name of an enrolled person; empty for strangers and for the empty id."""
        return self._gallery.name_of(person_id)

    def is_ignored(self, person_id: str) -> bool:
        """Whether nobody wants to hear of a person."""
        return self._gallery.is_ignored(person_id)

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
            self._log_turns({track_id: evidence})  # who is out of view may have lost a person to somebody in view
            self._note(track_id, evidence)
            for partner in self._partners(evidence):
                partner.partners.discard(track_id)
                if evidence.person_id:
                    partner.barred.add(evidence.person_id)
        return ended

    def _note(self, track_id: int, evidence: Evidence) -> None:
        """Keep what was seen of a track."""
        if evidence.began_at is None or evidence.seen_at is None:
            return
        identity = evidence.identity
        kind, moments = identity_kind(identity), (evidence.began_at, evidence.seen_at)
        sighting = Sighting(self._camera, track_id, kind, evidence.person_id, identity.similarity, *moments)
        self._visits.ended(sighting, evidence.views)

    def _tell_parted(self, tracks: dict[int, Evidence]) -> None:
        """Strangers who are or were in view together are two, whatever becomes of them."""
        told: set[tuple[str, str]] = set()
        for evidence in tracks.values():
            beside = evidence.barred | {partner.person_id for partner in self._partners(evidence)}
            pairs = {(min(evidence.person_id, other), max(evidence.person_id, other)) for other in beside}
            new = {pair for pair in pairs - evidence.parted if all(map(self._is_stranger, pair))}
            evidence.parted |= new
            told |= new
        if told:
            self._visits.together(sorted(told))

    def _is_stranger(self, person_id: str) -> bool:
        crowd = self._judge.crowd
        return person_id in crowd.places and not crowd.is_enrolled[crowd.places[person_id]]

    def _follow(self, crowd: Crowd) -> None:
        """Look again at tracks to whom it matters who came, changed or went, and part from those who went."""
        before = self._judge
        if crowd is before.crowd:
            return
        touched = self._gallery.touched_since(before.crowd)
        self._judge = TrackJudge(crowd, self._settings)
        self._scores.clear()
        seen = [evidence for evidence in self._tracks.values() if evidence.views]
        for evidence, is_near in zip(seen, self._concerned(seen, touched, before), strict=True):
            evidence.is_fresh |= bool(is_near)
        for evidence in seen:
            if not all(map(self._gallery.knows, filter(None, (*evidence.met, evidence.person_id)))):
                evidence.let_go()
            elif evidence.person_id and evidence.person_id not in crowd.places:
                evidence.reset(why="that person is gone, or was merged with somebody")

    def _concerned(self, seen: list[Evidence], touched: frozenset[str] | None, before: TrackJudge) -> NDArray[np.bool_]:
        """Which of n tracks are, or resemble, one of some people, as they were before or as they are now."""
        if touched is None:
            return np.ones(len(seen), np.bool_)
        concerned = np.array([evidence.person_id in touched for evidence in seen], np.bool_)
        for judge in (before, self._judge):
            places = np.array([judge.crowd.places[one] for one in touched if one in judge.crowd.places], np.intp)
            if len(places) and len(seen):
                concerned |= judge.is_near(seen, places)
        return concerned

    def _partners(self, evidence: Evidence) -> Iterator[Evidence]:
        return (self._tracks[other] for other in evidence.partners if other in self._tracks)

    def _decide_track(self, track_id: int) -> list[int]:
        """Decide one track anew; the tracks that lost their person to it."""
        evidence = self._tracks[track_id]
        if not evidence.views:  # let go of meanwhile
            return []
        scores = self._scored(track_id)
        taken = self._taken(evidence, scores)
        identity = self._judge.judge(evidence, scores, taken)
        if identity is None:
            identity = self._stranger(evidence, scores, taken, f"{self._camera}:{track_id}")
            self._follow(self._gallery.crowd)
            if not evidence.views:
                return []
            scores = self._scored(track_id)
        evidence.is_fresh = False
        evidence.identity = identity
        person_id, places = evidence.person_id, self._judge.crowd.places
        if person_id not in places:  # undecided, or gone this very moment
            evidence.reset(identity if isinstance(identity, Undecided) else UNSEEN)
            return []
        evidence.claim = float(scores[places[person_id]])
        losers = [other for other in evidence.partners if self._holds(other, person_id)]
        for loser in losers:
            self._tracks[loser].reset(Undecided(ELSEWHERE))
        return losers

    def _scored(self, track_id: int) -> Floats:
        """The similarities of a track to everybody (p,)."""
        if track_id not in self._scores:
            self._scores[track_id] = self._judge.scores([self._tracks[track_id]])[0]
        return self._scores[track_id]

    def _renew_claims(self, fresh: list[int]) -> dict[int, float]:
        """How similar tracks with new views are to whomever each resembles most; claims are to their own people."""
        if not fresh:
            return {}
        self._scores = dict(zip(fresh, self._judge.scores([self._tracks[track_id] for track_id in fresh]), strict=True))
        for track_id in fresh:
            evidence = self._tracks[track_id]
            if evidence.person_id:
                evidence.claim = float(self._scores[track_id][self._judge.crowd.places[evidence.person_id]])
        return {track_id: float(scores.max(initial=0.0)) for track_id, scores in self._scores.items()}

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
        taken, places = np.zeros(len(scores), np.bool_), self._judge.crowd.places
        for person_id in evidence.barred:
            if person_id in places:
                taken[places[person_id]] = True
        for partner in self._partners(evidence):
            place = places.get(partner.person_id, -1)
            if place >= 0 and partner.claim + self._settings.hysteresis >= scores[place]:
                taken[place] = True
        return taken

    def _stranger(self, evidence: Evidence, scores: Floats, taken: NDArray[np.bool_], origin: str) -> Identity:
        """A stranger met before, a new one, or undecided where the views are not clear enough for either."""
        settings, crowd = self._settings, self._judge.crowd
        known = Best.among(scores, crowd.is_enrolled & ~taken)
        met = Best.among(scores, ~crowd.is_enrolled & ~taken)
        if settings.is_doubtful(met.similarity, evidence.good):
            return Undecided(DOUBTFUL, met.similarity, met.margin)
        good = sorted((view for view in evidence.views if view.is_good), key=_by_quality)
        if len(good) < settings.votes or agreement([view.vector for view in good]) < COHERENT:
            return Undecided(TOO_FEW, known.similarity, known.margin)
        barred = {crowd.person_ids[place] for place in np.flatnonzero(taken)}
        person_id = self._visits.meet(evidence.mean(), evidence.length(), good[:_FOUNDING], barred, origin)
        evidence.met.add(person_id)
        return Unknown(known.similarity, person_id, known.margin)


def _by_quality(view: View) -> float:
    return -view.quality
