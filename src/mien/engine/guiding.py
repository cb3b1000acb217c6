"""Enrolling somebody from a camera: looks at its frames, snapshots by guidance, and all of them kept in the end."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mien.domain.errors import EnrolmentRefused
from mien.domain.faces import Detections
from mien.domain.frame import Frame, Pixels
from mien.domain.people.sittings import SITTING_S, SNAPSHOTS
from mien.gallery.enrolment.admission import Admission, Terms, View
from mien.gallery.enrolment.guidance import Advice, Guidance, Look, Pose, Turn
from mien.gallery.enrolment.sight import Sight
from mien.pipeline.finding import Finder
from mien.vision.pose.head_pose import PoseEstimator

NO_HEAD = "the face is too near, too far or a picture, by its depth"
_PAUSE_S = 0.1  # between two looks: a head moves by a few degrees meanwhile


@dataclass(frozen=True, slots=True)
class Eyes:
    """What looks at somebody before a camera: the models, one of turns where there is any; some cameras mirror.

    The ``finder`` tells what of a frame is a face, as where the camera is analysed; without one the detector does.
    One thread at a time.
    """

    sight: Sight
    pose: PoseEstimator | None = None
    is_mirrored: bool = False
    finder: Finder | None = None

    def look(self, frame: Frame) -> Look:
        """What a frame shows."""
        if self.finder is None:
            return self.look_at(frame.pixels, frame.time_s)
        found = self.finder.find(frame)
        if len(found.refused) and not len(found.faces):
            return Look(frame.time_s, reason=NO_HEAD)
        return self._look(frame.pixels, frame.time_s, found.faces)

    def look_at(self, pixels: Pixels, time_s: float) -> Look:
        """The same of a picture without depth that was taken at a moment."""
        return self._look(pixels, time_s, self.sight.detector.detect(pixels))

    def _look(self, pixels: Pixels, time_s: float, faces: Detections) -> Look:
        try:
            face, portrait = self.sight.alone(pixels, faces)
        except EnrolmentRefused as error:
            return Look(time_s, reason=str(error))
        if self.pose is None:
            return Look(time_s, portrait)
        yaw, pitch, _ = self.pose.estimate(pixels, face).angles[0]
        left = -yaw if self.is_mirrored else yaw  # who faces the camera has the picture's right at their left
        return Look(time_s, portrait, Turn(float(left), float(pitch)))


@dataclass(frozen=True, slots=True)
class Sitting:
    """Who is to sit before the camera (a tidy name), on which terms, for how many snapshots and how long at most."""

    name: str
    terms: Terms
    snapshots: int = SNAPSHOTS
    timeout_s: float = SITTING_S


@dataclass(frozen=True, slots=True)
class Kept:
    """What came of the snapshots: the poses of those that were taken in, remarks on them, and why others were not.

    ``person_id`` is of whoever they were taken in of; empty where none was.
    """

    poses: tuple[Pose, ...]
    remarks: tuple[str, ...]
    refused: tuple[str, ...]
    person_id: str = ""


class GuidedEnrolment:
    """Takes snapshots of one person. Nothing is kept of them before `keep`."""

    def __init__(self, sitting: Sitting, eyes: Eyes, admission: Admission, guidance: Guidance) -> None:
        """Raises EnrolmentRefused where the terms allow nothing of the person to be taken in."""
        admission.check_consent(sitting.name, sitting.terms)
        self.guidance = guidance
        self._sitting = sitting
        self._eyes = eyes
        self._admission = admission

    @property
    def name(self) -> str:
        """Whom it is about."""
        return self._sitting.name

    @property
    def terms(self) -> Terms:
        """On which terms they are taken in."""
        return self._sitting.terms

    @property
    def sight(self) -> Sight:
        """What the snapshots are made by."""
        return self._eyes.sight

    def follow(self, frames: Iterable[Frame]) -> Iterator[Advice]:
        """Look ten times a second at what a camera shows until guidance has what it wants; tells each look's worth."""
        due_s = float("-inf")
        for frame in frames:
            if frame.time_s < due_s:
                continue
            due_s = frame.time_s + _PAUSE_S
            yield self.see(self._eyes.look(frame))
            if self.guidance.is_over:
                return

    def see(self, look: Look) -> Advice:
        """Judge one look; its worth."""
        return self.guidance.consider(self._checked(look))

    def admit_by(self, admission: Admission) -> None:
        """Take snapshots into another gallery than the one that was looked at, in which there was nobody."""
        self._admission = admission

    def keep(self, origin: str) -> Kept:
        """Take the snapshots that the gallery still takes into it, all of them or, where anything goes wrong, none.

        Raises EnrolmentRefused where the terms allow it no more, StoreError.
        """
        name, terms = self._sitting.name, self._sitting.terms
        poses, views, remarks, refused, person_id = [], [], [], [], ""
        self._admission.start_anew()
        for pose, portrait in zip(self.guidance.poses, self.guidance.portraits, strict=True):
            try:
                remarks.append(self._admission.rehearse(name, portrait, terms))
            except EnrolmentRefused as error:
                refused.append(str(error))
                continue
            poses.append(pose)
            views.append(View(portrait, origin))
        if views:
            person_id, remark = self._admission.admit_together(name, views, terms)
            remarks.append(remark)
        return Kept(tuple(poses), tuple(filter(None, remarks)), tuple(refused), person_id)

    def _checked(self, look: Look) -> Look:
        """A look of which the gallery will take the portrait."""
        if look.portrait is None:
            return look
        try:
            self._admission.check(self._sitting.name, look.portrait, self._sitting.terms)
        except EnrolmentRefused as error:
            return Look(look.time_s, turn=look.turn, reason=str(error))
        return look
