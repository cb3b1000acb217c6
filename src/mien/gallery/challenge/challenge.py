"""A challenge: two moves in an order by chance, each within a time, by one person who is alone and stays in place."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations
from math import inf
from random import Random
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mien.gallery.challenge.evidence import Evidence
from mien.gallery.challenge.moves import INSTRUCTIONS, MOVES, NODDED, OF_THE_HEAD, TURNED, Face, Move, Neutral, Signs

Floats = NDArray[np.float32]

Failure = Literal["too slow", "several faces", "nobody", "somebody else", "jumped", "another move", "stopped"]
Phase = Literal["settle", "rest", "move", "passed", "failed"]
"""Looking straight and still at first; at rest before each further move; making it; and how it ended."""

STILL_S, STILL_LOOKS = 0.6, 5
"""So long and so often somebody is seen who does nothing, before anything is asked: what moves are measured against."""

SETTLE_S, MOVE_S = 15.0, 6.0
"""For finding the place before the camera, and for each move with getting to rest before it. A move takes one to two
seconds with reading what is asked; a film of somebody is the less likely to show it the less time there is."""

REACTION_S = 0.15
"""Nobody does sooner what is asked: what is seen before was under way already, and counts for nothing."""

HELD_LOOKS = 2
"""In a row, so often a turn or a smile is seen; a nod and a blink are over too soon for that, and come back instead."""

SAME, COUNTS = 0.3, 0.5
"""Likeness to the neutral look, below which it is somebody else (strangers reach 0.28 once in a thousand), and from
which on a look counts. Of real heads that are turned by 15 to 25° it is 0.58 to 0.87, of a picture tilted by more than
50°, which is as narrow, mostly less than 0.5."""

FOREIGN_S = 0.35
"""So long a look may be of somebody else, of several people or of nobody before it is over: a face in motion is seen
wrongly once in a while."""

GONE_S = 1.0
"""So long nobody may be in view, or no picture may come: longer is enough to change places."""

_LEAST_QUALITY = 0.5
_LEAST_PX = 70  # a box; liveness is judged from 50 px on
_OPEN = 0.14  # of an eye's width: lids that are not shut
_LEEWAY, _SPEED = 0.5, 3.0  # in widths of the face: what boxes waver by, and how far a head gets in a second
_GROWTH = 1.5  # of a face from one look to the next
_SET_OUT = 0.3  # of the way of a move of the head
_STEADY = 4.0  # degrees that a head may turn in the neutral looks


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """A look at the camera at a moment (s, of the receiver's clock): the one face, or none and the reason."""

    time_s: float
    face: Face | None = None
    reason: str = ""
    is_crowd: bool = False


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a challenge stands: what to do, how many moves are done, how long there is for this one."""

    phase: Phase
    instruction: str
    move: Move | Literal[""]
    done: int
    of: int
    left_s: float
    remedy: str = ""
    failure: Failure | Literal[""] = ""


def challenges(allowed: Sequence[Move] = MOVES) -> tuple[tuple[Move, Move], ...]:
    """Every pair of moves in an order, at least one of them of the head.

    Whoever has a picture of somebody who smiles and one with shut eyes passes for a smile and a blink by showing one
    after the other; no pictures show the way of a head.
    """
    return tuple((first, second) for first, second in permutations(allowed, 2) if {first, second} & set(OF_THE_HEAD))


def moves_by_chance(chance: Random, allowed: Sequence[Move] = MOVES) -> tuple[Move, Move]:
    """What is asked for, which nobody foresees; ``chance`` has to be one that cannot be guessed."""
    return chance.choice(challenges(allowed))


@dataclass(slots=True)
class _Doubt:
    """Since when something has been seen without a break that should not be."""

    since_s: float = inf

    def lasts(self, is_so: bool, now_s: float, most_s: float) -> bool:
        self.since_s = min(self.since_s, now_s) if is_so else inf
        return now_s - self.since_s >= most_s


class Challenge:
    """Judges looks one after the other; where it has ended it stays as it is."""

    def __init__(self, moves: Sequence[Move], *, is_mirrored: bool = False) -> None:
        self.moves = tuple(moves)
        self.evidence = Evidence()
        self._is_mirrored = is_mirrored
        self._phase: Phase = "settle"
        self._failure: Failure | Literal[""] = ""
        self._done = 0
        self._neutral: Neutral | None = None
        self._still: list[tuple[float, Face]] = []
        self._begun_s, self._now_s, self._asked_s = inf, -inf, inf
        self._last: tuple[float, Face] | None = None
        self._held, self._has_peaked, self._is_on_way = 0, False, False
        self._crowd, self._foreign, self._gone = _Doubt(), _Doubt(), _Doubt()

    @property
    def is_over(self) -> bool:
        """Whether it was passed or failed."""
        return self._phase in ("passed", "failed")

    @property
    def is_asking(self) -> bool:
        """Whether a move was asked for, and it is not over."""
        return self._phase in ("rest", "move")

    @property
    def has_passed(self) -> bool:
        """Whether all moves were made."""
        return self._phase == "passed"

    @property
    def progress(self) -> Progress:
        """Where it stands."""
        return self._told("")

    def consider(self, seen: Seen) -> Progress:
        """Judge one more look; time may not go back."""
        if self.is_over:
            return self._told("")
        is_cut = self._now_s > -inf and seen.time_s - self._now_s > GONE_S
        self._begun_s = min(self._begun_s, seen.time_s)
        self._now_s = seen.time_s
        if is_cut and self._phase != "settle":
            return self._fail("stopped")
        if self._left_s() <= 0:
            return self._fail("too slow")
        if wrong := self._wrong(seen):
            return self._fail(wrong)
        if seen.face is None:
            self._still.clear()
            return self._told(seen.reason)
        return self._judge(seen.time_s, seen.face)

    def _wrong(self, seen: Seen) -> Failure | Literal[""]:
        """What of a look ends the challenge; before anything was asked only time does."""
        face, before, now_s = seen.face, self._last, seen.time_s
        if face is not None:
            self._last = (now_s, face)
        if self._neutral is None:
            return ""
        if self._crowd.lasts(seen.is_crowd, now_s, FOREIGN_S):
            return "several faces"
        if self._gone.lasts(face is None, now_s, GONE_S):
            return "nobody"
        if face is None:
            return ""
        if before is not None and _jumps(before[1], face, now_s - before[0]):
            return "jumped"
        is_foreign = float(face.vector @ self._neutral.vector) < SAME
        return "somebody else" if self._foreign.lasts(is_foreign, now_s, FOREIGN_S) else ""

    def _judge(self, now_s: float, face: Face) -> Progress:
        if self._neutral is None:
            return self._settle(now_s, face)
        signs = self._neutral.signs(face, is_mirrored=self._is_mirrored)
        if signs.likeness < COUNTS:
            return self._told("hold still, so that you are seen clearly")
        if self._phase == "rest":
            return self._rest(now_s, face, signs)
        return self._move(now_s, signs)

    def _settle(self, now_s: float, face: Face) -> Progress:
        """Wait for somebody who looks straight and does nothing, near enough to be seen well."""
        self._still.append((now_s, face))
        if remedy := _unsettled([one for _, one in self._still]):
            self._still = [(now_s, face)]
            return self._told(remedy)
        if len(self._still) >= STILL_LOOKS and now_s - self._still[0][0] >= STILL_S:
            faces = [one for _, one in self._still]
            self._neutral = Neutral.of(faces)
            for one in faces:
                self.evidence.note(one)
            self._ask(now_s)
        return self._told("")

    def _rest(self, now_s: float, face: Face, signs: Signs) -> Progress:
        if signs.is_at_rest:
            self.evidence.note(face)
            self._ask(now_s, keeps_time=True)
        return self._told("")

    def _ask(self, now_s: float, *, keeps_time: bool = False) -> None:
        self._phase, self._asked_s = "move", now_s
        self._held, self._has_peaked, self._is_on_way = 0, False, False
        if not keeps_time:
            self._begun_s = now_s

    def _move(self, now_s: float, signs: Signs) -> Progress:
        """Wait for the move that is asked for: it begins after it was asked for, reaches its utmost, and of a nod and
        a blink comes back."""
        move = self.moves[self._done]
        if (signs.left >= TURNED and move != "left") or (signs.left <= -TURNED and move != "right"):
            return self._fail("another move")
        if now_s - self._asked_s < REACTION_S:
            return self._told("")
        self._is_on_way = self._is_on_way or move not in OF_THE_HEAD or _is_on_way(move, signs)
        self._held = self._held + 1 if self._is_on_way and signs.shows(move) else 0
        comes_back = move in ("nod", "blink")
        self._has_peaked = self._has_peaked or self._held >= (1 if comes_back else HELD_LOOKS)
        if not self._has_peaked or (comes_back and not _is_back(move, signs)):
            return self._told("")
        self._done += 1
        self._phase = "passed" if self._done == len(self.moves) else "rest"
        self._begun_s = now_s
        return self._told("")

    def _left_s(self) -> float:
        return self._begun_s + (SETTLE_S if self._neutral is None else MOVE_S) - self._now_s

    def _fail(self, failure: Failure) -> Progress:
        self._phase, self._failure = "failed", failure
        return self._told("")

    def _told(self, remedy: str) -> Progress:
        move = self.moves[self._done] if self._phase == "move" else ""
        instruction = {
            "settle": "look straight into the camera, with a calm face",
            "rest": "look straight again",
            "move": INSTRUCTIONS[move] if move else "",
            "passed": "thank you",
            "failed": "",
        }[self._phase]
        left_s = 0.0 if self.is_over or self._begun_s == inf else max(self._left_s(), 0.0)
        return Progress(self._phase, instruction, move, self._done, len(self.moves), left_s, remedy, self._failure)


def _is_on_way(move: Move, signs: Signs) -> bool:
    """Whether a head is between straight and turned, where one picture that is changed for another never is."""
    share = -signs.up / NODDED if move == "nod" else abs(signs.left) / TURNED
    return _SET_OUT <= share < 1


def _is_back(move: Move, signs: Signs) -> bool:
    return signs.open >= 0.7 if move == "blink" else signs.up >= -5.0


def _jumps(before: Face, face: Face, passed_s: float) -> bool:
    """Whether a face is further off, or more of another size, than a head gets meanwhile."""
    width, wide = (float(one.box[2] - one.box[0]) for one in (before, face))
    way = float(np.linalg.norm((face.box[:2] + face.box[2:] - before.box[:2] - before.box[2:]) / 2))
    growth = max(width, wide) / max(min(width, wide), 1.0)
    return way > (_LEEWAY + _SPEED * passed_s) * max(width, 1.0) or growth > _GROWTH + passed_s


def _unsettled(faces: Sequence[Face]) -> str:
    """What somebody has to do before their neutral look is known; empty where they do nothing at all."""
    face = faces[-1]
    if face.box[2] - face.box[0] < _LEAST_PX:
        return "come closer"
    if face.quality < _LEAST_QUALITY:
        return "look straight, into good light"
    if float(face.openings.min()) < _OPEN:
        return "open your eyes"
    if face.happiness >= 0.5:
        return "look calm: do not smile yet"
    beside = Neutral.of(faces[:1]).signs(face)
    is_steady = abs(beside.left) <= _STEADY and abs(beside.up) <= _STEADY and beside.likeness >= COUNTS
    return "" if is_steady else "hold still"
