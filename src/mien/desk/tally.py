"""What a window came to: frames, their rate, and who was seen."""

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

from mien.domain.identity import Identity, Match, Unknown
from mien.domain.readings import FrameReading

_TRACK = "track "  # before the number of whoever has no id


@dataclass(frozen=True, slots=True)
class WindowSummary:
    """At its end: ``mean_fps`` are frames shown a second since the first; ``people`` are names, the first seen first.

    Of ``strangers`` the number is told; faces of which nothing was decided count as neither.
    """

    camera: str
    frames_shown: int
    frames_analysed: int
    mean_fps: float
    duration_s: float
    people: tuple[str, ...]
    strangers: int


class Tally:
    """Counts who was in view. Safe for several threads."""

    def __init__(self) -> None:
        self._tracks: dict[int, tuple[str, str]] = {}
        self._over: dict[tuple[str, str], None] = {}
        self._lock = Lock()
        self._analysed = 0

    @property
    def analysed(self) -> int:
        """Frames that were added."""
        return self._analysed

    def add(self, reading: FrameReading) -> None:
        """Take one analysed frame. Nobody who is to be ignored is counted."""
        with self._lock:
            self._analysed += 1
            for face in reading.faces:
                if face.is_ignored:
                    self._tracks.pop(face.track_id, None)
                elif face.identity == "known":
                    self._tracks[face.track_id] = (face.person_id, face.person_name or face.person_id)
                elif face.identity == "unknown":
                    self._tracks[face.track_id] = (face.person_id or f"{_TRACK}{face.track_id}", "")
            for end in reading.ended:
                self._end(end.track_id, end.identity, end.person_name)

    def _end(self, track_id: int, identity: Identity, name: str) -> None:
        before = self._tracks.pop(track_id, None)
        if before is None:
            return
        match identity:
            case Match(person_id=person_id):
                before = person_id, name or person_id
            case Unknown(person_id=person_id):
                before = person_id or before[0], ""
        self._over[before] = None

    def count(self, who: Callable[[str], tuple[str, str]] | None = None) -> tuple[tuple[str, ...], int]:
        """Names of those who were known, and how many were seen who are not.

        ``who`` says of an id which one, and which name or none, the person has by now: whoever was taken in meanwhile
        is a stranger no more, and nobody counts twice.
        """
        known: dict[str, str] = {}
        strangers: set[str] = set()
        for seen_id, seen_name in self._seen():
            person_id, name = who(seen_id) if who is not None and not seen_id.startswith(_TRACK) else (seen_id, "")
            if name or seen_name:
                known.setdefault(person_id, name or seen_name)
            else:
                strangers.add(person_id)
        return tuple(known.values()), len(strangers - known.keys())

    def _seen(self) -> tuple[tuple[str, str], ...]:
        """Ids with names, which are empty for strangers."""
        with self._lock:
            return tuple({**self._over, **dict.fromkeys(self._tracks.values())})
