"""Who the faces of single pictures are: asked of the gallery, which stays as it is."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from mien.domain.faces import FaceCrops, Quality, Recognition
from mien.domain.identity import Identity, Match, Undecided
from mien.gallery.gallery import Gallery
from mien.gallery.matching.views import UNSEEN


class PictureIdentities:
    """Answers as TrackIdentities does, from one view of each face, and founds no stranger.

    For pictures that somebody asks about: a question leaves no trace.
    """

    def __init__(self, gallery: Gallery) -> None:
        self._gallery = gallery
        self._answers: dict[int, Identity] = {}

    def observe(
        self,
        track_ids: Iterable[int] | NDArray[np.int64],
        recognition: Recognition,
        quality: Quality,
        crops: FaceCrops | None = None,  # noqa: ARG002  nothing is kept
    ) -> None:
        """Look up the n faces of a picture; raises ModelMismatch as the gallery does."""
        answers = self._gallery.identify(recognition, quality)
        self._answers.update(zip(map(int, track_ids), answers, strict=True))

    def decide(self, visible: Iterable[int] | NDArray[np.int64]) -> dict[int, Identity]:
        """The answers of faces of one picture; one that was too poor to look up is undecided."""
        return {track: self._answers.get(track, Undecided("unclear")) for track in map(int, visible)}

    def is_settled(self, track_id: int) -> bool:
        """Whether a face was looked up."""
        return track_id in self._answers

    def end(self, track_ids: Iterable[int] | NDArray[np.int64]) -> dict[int, Identity]:
        """Forget faces, and return what each was."""
        return {track: self._answers.pop(track) for track in map(int, track_ids) if track in self._answers}

    def name_of(self, person_id: str) -> str:
        """The name of an enrolled person; empty for strangers and for the empty id."""
        return self._gallery.name_of(person_id)

    def is_ignored(self, person_id: str) -> bool:
        """Whether nobody wants to hear of a person."""
        return self._gallery.is_ignored(person_id)


class PassingIdentities(PictureIdentities):
    """The same of the tracks of a camera: a face that is known stays who it is until a clear look says otherwise.

    Whoever is not known is looked at again and again.
    """

    def observe(
        self,
        track_ids: Iterable[int] | NDArray[np.int64],
        recognition: Recognition,
        quality: Quality,
        crops: FaceCrops | None = None,
    ) -> None:
        before, ids = dict(self._answers), [int(track_id) for track_id in track_ids]
        super().observe(ids, recognition, quality, crops)
        for track in ids:
            known, now = before.get(track), self._answers[track]
            if isinstance(known, Match) and isinstance(now, Undecided):
                self._answers[track] = known

    def decide(self, visible: Iterable[int] | NDArray[np.int64]) -> dict[int, Identity]:
        """As they are by now: who was forgotten meanwhile, hidden or merged, is nobody until the next look."""
        ids, there = [int(track_id) for track_id in visible], self._gallery.crowd.places
        for track in ids:
            answer = self._answers.get(track, UNSEEN)
            if not isinstance(answer, Undecided) and answer.person_id and answer.person_id not in there:
                del self._answers[track]
        return super().decide(ids)

    def is_settled(self, track_id: int) -> bool:
        return isinstance(self._answers.get(track_id), Match)
