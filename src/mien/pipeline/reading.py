"""From followed faces to a reading: what each shows, measured where due, carried otherwise."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mien.domain.circumplex import expected_position, is_placed
from mien.domain.clock import Clock
from mien.domain.emotions import EmotionScores
from mien.domain.faces import Detections, Quality, Recognition
from mien.domain.frame import Pixels
from mien.domain.identity import Identity, Undecided
from mien.domain.readings import (
    FaceReading,
    FrameReading,
    LivenessKind,
    Origin,
    Refused,
    TrackEnd,
    ValenceArousalSource,
    identity_kind,
    liveness_kind,
)
from mien.gallery.deciding.identities import Identities
from mien.pipeline.cadence import FaceCadence
from mien.pipeline.following import Followed
from mien.pipeline.permissions import is_refused
from mien.pipeline.tasks import Tasks
from mien.pipeline.timings import StageTimings
from mien.tracking.smoothing import ConfirmationWindow, SmoothingSettings
from mien.vision.alignment import cut
from mien.vision.quality.embedded import embedded_quality, limitation

Mask = NDArray[np.bool_]


@dataclass(slots=True)
class _Face:
    """What is known of one track between the frames in which a network looks at it."""

    window: ConfirmationWindow
    is_assessed: bool = False
    measured: float = 0.0
    measured_reason: str = ""
    embedded: tuple[float, float] | None = None
    """Its quality when it was last embedded, of a recogniser that tells, and what was measured then."""
    quality: float = 0.0
    quality_reason: str = ""
    probabilities: tuple[float, ...] = ()
    emotion: str = ""
    confidence: float = 0.0
    valence: float = 0.0
    arousal: float = 0.0
    valence_arousal_source: ValenceArousalSource = ""
    liveness: LivenessKind = ""
    liveness_score: float = 0.0
    liveness_reason: str = ""
    pose: tuple[float, ...] = ()

    def assessed(self, measured: float, reason: str) -> None:
        """Take in what was measured: what the last embedding told stands, and falls as far as what is measured does."""
        self.is_assessed, self.measured, self.measured_reason = True, measured, reason
        self.quality, self.quality_reason = measured, reason
        if self.embedded:
            told, then = self.embedded
            self.quality = told * min(measured / max(then, 1e-6), 1)
            self.quality_reason = limitation(self.quality, reason)

    def unread(self) -> None:
        """Let go of what was read of its expression."""
        self.window.clear()
        self.probabilities, self.emotion, self.confidence = (), "", 0.0
        self.valence, self.arousal, self.valence_arousal_source = 0.0, 0.0, ""

    def judged(self, score: float, reason: str) -> None:
        """Take in a judgement of liveness; one under fair conditions is not replaced by one that is not."""
        if reason and self.liveness and not self.liveness_reason:
            return
        self.liveness = liveness_kind(score)
        self.liveness_score, self.liveness_reason = score, reason


def person_of(identity: Identity) -> str:
    """The id that an identity names, or empty."""
    return "" if isinstance(identity, Undecided) else identity.person_id


def origin(is_measured: bool) -> Origin:
    """The word that readings use for where an answer comes from."""
    return "measured" if is_measured else "carried"


def _embedded(faces: list[_Face], recognition: Recognition) -> Quality:
    """The quality of n faces that were just embedded, which keep it where the recogniser tells."""
    scores = np.array([face.measured for face in faces], np.float32)
    quality = embedded_quality(Quality(scores, tuple(face.measured_reason for face in faces)), recognition)
    if recognition.quality is not None:
        for face, score, reason in zip(faces, quality.scores.tolist(), quality.reasons, strict=True):
            face.quality, face.quality_reason, face.embedded = score, reason, (score, face.measured)
    return quality


def _refused(followed: Followed) -> tuple[Refused, ...]:
    """What was refused in a frame, as readings tell of it."""
    ids, boxes = followed.refused.track_ids.tolist(), followed.refused.detections.boxes.tolist()
    return tuple(Refused(track_id, (x1, y1, x2, y2)) for track_id, (x1, y1, x2, y2) in zip(ids, boxes, strict=True))


def _places(scores: EmotionScores) -> tuple[NDArray[np.float32], ValenceArousalSource]:
    """Valence and arousal (n, 2) of n faces, from the network or else from its distributions, and which of the two."""
    if scores.valence_arousal is not None:
        return np.clip(scores.valence_arousal, -1, 1), "measured"
    if is_placed(scores.labels):
        return expected_position(scores.probabilities, scores.labels), "derived"
    return np.zeros((len(scores), 2), np.float32), ""


class FrameReader:
    """Reads the faces of one camera, frame after frame; one thread at a time."""

    def __init__(
        self,
        tasks: Tasks,
        identities: Identities,
        cadence: FaceCadence,
        smoothing: SmoothingSettings,
        timings: StageTimings,
        clock: Clock,
    ) -> None:
        self._tasks = tasks
        self._identities = identities
        self._cadence = cadence
        self._smoothing = smoothing
        self._timings = timings
        self._clock = clock
        self._faces: dict[int, _Face] = {}

    def read(self, followed: Followed) -> FrameReading:
        """The reading of one frame."""
        frame, faces = followed.frame, followed.faces
        ended = self._end(followed.ended)
        tracks = [int(track_id) for track_id in faces.track_ids]
        known = [self._faces.setdefault(track, _Face(ConfirmationWindow(self._smoothing))) for track in tracks]
        qualities = self._assess(followed, known)
        is_settled = np.array([self._identities.is_settled(track) for track in tracks], dtype=bool)
        due = self._cadence.select(frame.time_s, faces.track_ids, qualities, is_settled)
        self._recognise(followed, due.recognise, known)
        with self._timings.stage("join"):
            decided = self._identities.decide(tracks)
            may_read = self._permitted([decided[track] for track in tracks], known)
        classified = self._classify(followed, due.classify & may_read, known)
        with self._timings.stage("join"):
            rows = [
                self._row(followed, position, known[position], decided[track], due.recognise, classified)
                for position, track in enumerate(tracks)
            ]
        return FrameReading(
            camera=frame.camera,
            index=frame.index,
            time_s=frame.time_s,
            width=frame.pixels.width,
            height=frame.pixels.height,
            latency_s=self._clock.monotonic_s() - frame.captured_s,
            faces=tuple(rows),
            ended=ended,
            refused=_refused(followed),
        )

    def finish(self) -> tuple[TrackEnd, ...]:
        """The source has ended, and with it every track that is left."""
        return self._end(tuple(self._faces))

    def _assess(self, followed: Followed, known: list[_Face]) -> NDArray[np.float32]:
        """Qualities (n,): judged where the detector saw the faces, for its landmarks are the surest."""
        new = np.array([not face.is_assessed for face in known], dtype=bool)
        look = np.flatnonzero(followed.is_detected | new)
        if len(look):
            with self._timings.stage("quality"):
                quality = self._tasks.assessor.assess(followed.frame.pixels, followed.faces.detections.select(look))
            for position, score, reason in zip(look, quality.scores, quality.reasons, strict=True):
                known[position].assessed(float(score), reason)
        return np.array([face.measured for face in known], dtype=np.float32)

    def _recognise(self, followed: Followed, due: Mask, known: list[_Face]) -> None:
        if not due.any():
            return
        faces, pixels = followed.faces.select(due), followed.frame.pixels
        with self._timings.stage("recognition"):
            sharp = self._tasks.detector.refine(pixels, faces.detections)
            crops = cut(pixels, sharp, self._tasks.recogniser.crop)
            recognition = self._tasks.recogniser.recognise(crops)
        looked_at = [known[position] for position in np.flatnonzero(due)]
        with self._timings.stage("identity"):
            quality = _embedded(looked_at, recognition)
            self._identities.observe(faces.track_ids, recognition, quality, crops)
        self._judge(pixels, sharp, looked_at)

    def _judge(self, pixels: Pixels, detections: Detections, looked_at: list[_Face]) -> None:
        """Liveness and head pose, where somebody wants to know, of the faces that are looked at closely."""
        if self._tasks.liveness is not None:
            with self._timings.stage("liveness"):
                liveness = self._tasks.liveness.judge(pixels, detections)
            for face, score, reason in zip(looked_at, liveness.scores, liveness.unmet, strict=True):
                face.judged(float(score), reason)
        if self._tasks.pose is not None:
            with self._timings.stage("pose"):
                angles = self._tasks.pose.estimate(pixels, detections).angles
            for face, (yaw, pitch, roll) in zip(looked_at, angles, strict=True):
                face.pose = float(yaw), float(pitch), float(roll)

    def _permitted(self, identities: list[Identity], known: list[_Face]) -> Mask:
        """Of which faces (n,) expressions may be read; of the others nothing stays that was read of them."""
        may_read = np.array([not is_refused(self._tasks.permission, identity) for identity in identities], np.bool_)
        for position in np.flatnonzero(~may_read):
            known[position].unread()
        return may_read

    def _classify(self, followed: Followed, due: Mask, known: list[_Face]) -> Mask:
        """Read the expressions that are due; says which were: none where nobody reads them."""
        classifier = self._tasks.classifier
        if classifier is None or not due.any():
            return np.zeros_like(due)
        faces = followed.faces.detections.select(due)
        with self._timings.stage("expression"):
            scores = classifier.classify(cut(followed.frame.pixels, faces, classifier.crop))
        best = scores.probabilities.argmax(axis=1)
        places, source = _places(scores)
        for row, position in enumerate(np.flatnonzero(due)):
            face = known[position]
            face.probabilities = tuple(float(p) for p in scores.probabilities[row])
            face.confidence = face.probabilities[best[row]]
            face.emotion = self._smoothing.said(scores.labels[best[row]], face.confidence)
            face.window.add(face.emotion)
            face.valence, face.arousal = (float(value) for value in places[row])
            face.valence_arousal_source = source
        return due

    def _row(
        self, followed: Followed, position: int, face: _Face, identity: Identity, recognised: Mask, classified: Mask
    ) -> FaceReading:
        detections = followed.faces.detections
        person_id = person_of(identity)
        x1, y1, x2, y2 = (float(value) for value in detections.boxes[position])
        return FaceReading(
            track_id=int(followed.faces.track_ids[position]),
            box=(x1, y1, x2, y2),
            landmarks=tuple((float(x), float(y)) for x, y in detections.landmarks[position]),
            detection_score=float(detections.scores[position]),
            detection_source=origin(bool(followed.is_detected[position])),
            identity=identity_kind(identity),
            person_id=person_id,
            person_name=self._identities.name_of(person_id),
            similarity=identity.similarity,
            margin=identity.margin,
            emotion=face.emotion,
            confidence=face.confidence,
            emotion_labels=self._tasks.labels,
            probabilities=face.probabilities,
            emotion_smoothed=face.window.winner,
            quality=face.quality,
            quality_reason=face.quality_reason,
            identity_source=origin(bool(recognised[position])),
            emotion_source=origin(bool(classified[position])),
            valence=face.valence,
            arousal=face.arousal,
            valence_arousal_source=face.valence_arousal_source,
            liveness=face.liveness,
            liveness_score=face.liveness_score,
            liveness_reason=self._unjudged(face) or face.liveness_reason,
            pose=face.pose,
            is_ignored=self._identities.is_ignored(person_id),
        )

    def _unjudged(self, face: _Face) -> str:
        """Why a face whose liveness is wanted was not looked at yet: a poor view, as long as there was no other."""
        return face.quality_reason if self._tasks.liveness is not None and not face.liveness else ""

    def _end(self, track_ids: Iterable[int]) -> tuple[TrackEnd, ...]:
        for track_id in track_ids:
            self._faces.pop(track_id, None)
            self._cadence.forget(track_id)
        return tuple(
            TrackEnd(
                track_id,
                identity,
                self._identities.name_of(person_of(identity)),
                is_refused(self._tasks.permission, identity),
            )
            for track_id, identity in self._identities.end(track_ids).items()
        )
