"""When an apparent expression has changed and stayed changed: one state machine for each followed face."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from math import exp
from typing import TYPE_CHECKING

from mien.domain.events import Event, ExpressionShifted
from mien.events.rules import EventSettings

if TYPE_CHECKING:
    from mien.domain.readings import FaceReading, FrameReading

_SMOOTHED_S = 0.3  # a look weighs 1/e after so long: about the time between two looks
_LONGEST_GAP_S = 5.0  # what was seen longer ago says nothing of how the face came to look as it does
_LONGEST_UNNAMED_S = 5.0  # for so long a face stays whose it was by the last look that said so
_ROUNDING_S = 1e-6


@dataclass(slots=True)
class _Lead:
    """One expression that leads: since when on the source's clock, and in how many looks."""

    label: str
    since_s: float
    looks: int = 0


@dataclass(slots=True)
class _Followed:
    """What is known of one face: whose it is as far as that was told, its smoothed distribution, and what leads it.

    ``stands`` is the expression that was led by for long enough, ``rival`` one that is on its way there.
    """

    labels: tuple[str, ...]
    person_id: str = ""
    named_s: float = 0.0
    looked_s: float = 0.0
    smoothed: list[float] = field(default_factory=list)
    stands: _Lead | None = None
    rival: _Lead | None = None

    def follows(self, face: "FaceReading", time_s: float) -> bool:
        """Whether a look at a face goes on from the last one: the same person, labels alike, and no gap between.

        Where nobody has said for long that it is still the same person, it may be anybody by now.
        """
        is_unsaid = not face.person_id and time_s - self.named_s > _LONGEST_UNNAMED_S
        is_somebody_else = self.person_id and (is_unsaid or face.person_id not in ("", self.person_id))
        is_near = not self.smoothed or 0 <= time_s - self.looked_s <= _LONGEST_GAP_S
        return is_near and not is_somebody_else and face.emotion_labels == self.labels

    def look(self, face: "FaceReading", time_s: float) -> None:
        """Take a look into the distribution, the older ones weighing the less the longer ago they were."""
        new = 1 - exp((self.looked_s - time_s) / _SMOOTHED_S) if self.smoothed else 1.0
        before = self.smoothed or face.probabilities
        self.smoothed = [old + new * (now - old) for old, now in zip(before, face.probabilities, strict=True)]
        self.looked_s = time_s

    def leader(self, lead: float) -> str:
        """The label that leads all others by so much, or empty."""
        second, first = sorted(self.smoothed)[-2:] if len(self.smoothed) > 1 else (0.0, *self.smoothed)
        return self.labels[self.smoothed.index(first)] if first - second >= lead else ""


class ShiftRules:
    """One camera's shifts of expression. Not for several threads at once.

    A label has to lead the smoothed distribution of a face by ``shift_lead``, for ``shift_hold_s`` seconds on end and
    in ``shift_looks`` looks of the network, until it stands; when it stands in the place of another one, that is told.
    Looks at poor views, and such as are too unsure to say anything, do not count. Nothing is told of a face that is
    nobody's yet, for it could not go when they take their consent back, nor of anybody whose id ``is_ignored``.
    ``new_id`` makes an id that no event ever had.
    """

    def __init__(
        self, settings: EventSettings, new_id: Callable[[], str], is_ignored: Callable[[str], bool] = lambda _: False
    ) -> None:
        self._settings = settings
        self._new_id = new_id
        self._is_ignored = is_ignored
        self._followed: dict[int, _Followed] = {}

    def see(self, reading: "FrameReading", at: datetime) -> tuple[Event, ...]:
        for ended in reading.ended:
            self._followed.pop(ended.track_id, None)
        events = []
        for face in reading.faces:
            if not face.probabilities:  # not read yet, or not to be read any more: then what was read is let go of
                self._followed.pop(face.track_id, None)
            elif self._says_anything(face) and (shift := self._looked(face, reading, at)):
                events.append(shift)
        return tuple(events)

    def _says_anything(self, face: "FaceReading") -> bool:
        is_good = face.quality >= self._settings.shift_min_quality
        return is_good and face.emotion_source == "measured" and bool(face.emotion)

    def _looked(self, face: "FaceReading", reading: "FrameReading", at: datetime) -> ExpressionShifted | None:
        own = self._followed.get(face.track_id)
        if own is None or not own.follows(face, reading.time_s):
            own = self._followed[face.track_id] = _Followed(face.emotion_labels)
        if face.person_id:
            own.person_id, own.named_s = face.person_id, reading.time_s
        own.look(face, reading.time_s)
        before, after = own.stands, self._arrived(own)
        if before is None or after is None or not own.person_id or self._is_ignored(own.person_id):
            return None
        return ExpressionShifted(
            event_id=self._new_id(),
            at=at,
            camera=reading.camera,
            track_id=face.track_id,
            person_id=own.person_id,
            from_expression=before.label,
            to_expression=after.label,
            held_s=after.since_s - before.since_s,
            stood_s=reading.time_s - after.since_s,
            earlier_looks=before.looks,
            looks=after.looks,
            probabilities=dict(zip(own.labels, own.smoothed, strict=True)),
        )

    def _arrived(self, own: _Followed) -> _Lead | None:
        """The expression that stands from this look on, if it is another one than before."""
        leader, stands, settings = own.leader(self._settings.shift_lead), own.stands, self._settings
        if not leader or (stands is not None and leader == stands.label):
            own.rival = None
            if stands is not None and leader:
                stands.looks += 1
            return None
        if own.rival is None or own.rival.label != leader:
            own.rival = _Lead(leader, own.looked_s)
        own.rival.looks += 1
        has_held = own.looked_s - own.rival.since_s >= settings.shift_hold_s - _ROUNDING_S
        if not has_held or own.rival.looks < settings.shift_looks:
            return None
        own.stands, own.rival = own.rival, None
        return own.stands
