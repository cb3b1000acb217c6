"""Guiding somebody through snapshots at a camera: which pose is asked for next, and what each look is worth."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from math import inf
from typing import Literal

from mien.gallery.enrolment.sight import Portrait

Pose = Literal["straight", "left", "right", "up", "free"]
"""How a head is held: left and right are the person's own; free is however it comes."""

_POSES: tuple[Pose, ...] = ("straight", "left", "right", "up")
_INSTRUCTIONS: Mapping[Pose, str] = {
    "straight": "look straight into the camera",
    "left": "turn your head a little to your left",
    "right": "turn your head a little to your right",
    "up": "raise your chin a little",
    "free": "move your head a little, any way you like",
}
_OTHER, _COPY = "somebody else is in view", "it is nearly the same as a picture that is there"
_REMEDIES: Mapping[str, str] = {
    "no face was found": "come into view",
    "in front of the camera": "the others have to step aside",
    "is in view": "stay alone before the camera",
    "too small": "come closer",
    "blurred": "hold still",
    "dark": "turn towards the light",
    "bright": "turn away from the light",
    "turned away": "turn back a little",
    "cut off": "move to the middle",
    "uncertain": "cover nothing of your face",
    "by its depth": "sit about a metre away",
    "that is there": "move your head a little",
}
"""What to do about a look that is no good, by how its reason ends."""

# Degrees by the five landmarks, which of a head that is raised see half at most.
_STRAIGHT = 8.0
_TURNED = 12.0
_RAISED = 5.0


@dataclass(frozen=True, slots=True)
class GuidanceSettings:
    """How many snapshots are wanted, and when they are worth something.

    A pose is asked for until somebody was in view for ``patience_s``, then any good view will do. After ``timeout_s``
    it is over. A view that resembles another one by ``near_copy`` or more says nothing new; the face that resembles
    none by ``same_person`` is somebody else's.
    """

    near_copy: float
    same_person: float
    snapshots: int = 10
    patience_s: float = 8.0
    timeout_s: float = 90.0


@dataclass(frozen=True, slots=True)
class Turn:
    """Where a head is turned, in degrees: to the person's own left, and upwards."""

    left: float
    up: float


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """What a look at the camera showed: the only face in view, or none and the reason.

    ``time_s`` is the camera's own clock; ``turn`` is none where nothing tells.
    """

    time_s: float
    portrait: Portrait | None = None
    turn: Turn | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Advice:
    """What to tell the person before the camera.

    ``time_s`` is that of the look. ``instruction`` says what to do next; ``taken`` is the pose of the snapshot that
    this look gave, or empty: then ``reason`` says what is wrong with it, if anything is but that the pose is still to
    come, and ``remedy`` what to do about it. ``quality`` is 0 where there is no face to judge; ``done`` snapshots are
    there.
    """

    time_s: float
    instruction: str
    taken: Pose | Literal[""]
    reason: str
    remedy: str
    quality: float
    done: int


class Guidance:
    """Asks for one pose after the other, takes what fits, and knows when to stop.

    Where nothing tells how a head is turned (``has_turns`` is false), every view is *free*.
    """

    def __init__(self, settings: GuidanceSettings, *, has_turns: bool = True) -> None:
        self.settings = settings
        self.portraits: list[Portrait] = []
        self.poses: list[Pose] = []
        self.refused: Counter[str] = Counter()
        self._asked = list(_POSES[: settings.snapshots]) if has_turns else []
        self._asked_s: float | None = None  # since when somebody has been in view who could take the pose
        self._now_s, self._end_s = 0.0, inf
        self._level = 0.0  # where the head of the first snapshot was

    @property
    def pose(self) -> Pose:
        """What is asked for now."""
        return self._asked[0] if self._asked else "free"

    @property
    def opening(self) -> Advice:
        """What to tell before the first look."""
        return self._advice()

    @property
    def is_over(self) -> bool:
        """Whether all snapshots are there, or the time is up."""
        return len(self.portraits) >= self.settings.snapshots or self._now_s >= self._end_s

    def consider(self, look: Look) -> Advice:
        """Take a snapshot of a look, or say why not."""
        self._now_s = look.time_s
        self._end_s = min(self._end_s, look.time_s + self.settings.timeout_s)
        reason, remedy = self._shortcoming(look)
        self.refused += Counter([_plain(reason)] if reason else [])
        portrait = look.portrait
        quality = portrait.quality if portrait else 0.0
        if portrait is None or reason or remedy:
            return self._advice(reason=reason, remedy=remedy, quality=quality)
        return self._advice(self._take(portrait, look.turn), quality=quality)

    def _advice(
        self, taken: Pose | Literal[""] = "", *, reason: str = "", remedy: str = "", quality: float = 0.0
    ) -> Advice:
        instruction = _INSTRUCTIONS[self.pose] if len(self.portraits) < self.settings.snapshots else "thank you"
        return Advice(self._now_s, instruction, taken, reason, remedy, quality, len(self.portraits))

    def _shortcoming(self, look: Look) -> tuple[str, str]:
        """What is wrong with a look and what to do about it; of one that is good what the pose lacks, if it does."""
        if look.portrait is None:
            return look.reason, _remedy(look.reason)
        likeness = [float(one.vector @ look.portrait.vector) for one in self.portraits]
        if likeness and max(likeness) < self.settings.same_person:
            return _OTHER, _remedy(_OTHER)
        if self._asked_s is None:
            self._asked_s = look.time_s
        is_patient = look.time_s - self._asked_s < self.settings.patience_s
        if is_patient and look.turn is not None and (missing := self._missing(look.turn)):
            return "", missing
        if likeness and max(likeness) >= self.settings.near_copy:
            return _COPY, _remedy(_COPY)
        return "", ""

    def _missing(self, turn: Turn) -> str:
        """What is missing from a turn to the pose that is asked for; empty where it fits."""
        match self.pose:
            case "straight" if abs(turn.left) > _STRAIGHT:
                return f"turn a little to your {'right' if turn.left > 0 else 'left'}"
            case "left" if turn.left < _TURNED:
                return "further to your left"
            case "right" if turn.left > -_TURNED:
                return "further to your right"
            case "up" if turn.up < self._level + _RAISED:
                return "a little higher"
        return ""

    def _take(self, portrait: Portrait, turn: Turn | None) -> Pose:
        pose = self.pose if turn is not None and not self._missing(turn) else "free"
        if not self.portraits and turn is not None:
            self._level = turn.up
        self.portraits.append(portrait)
        self.poses.append(pose)
        self._asked, self._asked_s = self._asked[1:], None
        return pose


def _plain(reason: str) -> str:
    """A reason without the numbers that stand in brackets."""
    return reason.partition(" (")[0]


def _remedy(reason: str) -> str:
    return next((remedy for end, remedy in _REMEDIES.items() if _plain(reason).endswith(end)), "")
