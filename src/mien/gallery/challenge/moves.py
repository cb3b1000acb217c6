"""The moves of a challenge: what each looks like beside somebody's own neutral look, and from when on it is one.

All of it is relative to how the very person looks at the start, because faces differ by more than moves do: eyes are
open by 0.24 to 0.35 of their width, and some mouths rest in a smile. The numbers were set on acted clips of four people
and on pictures held and tilted before a camera; `python -m benchmarks.challenge` counts what they let through.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from mien.vision.landmarks.shape import mouth_lift, mouth_width, turned_since, unevenness

Floats = NDArray[np.float32]

Move = Literal["left", "right", "nod", "smile", "blink"]
"""Turning the head to one's own left or right, nodding, smiling, and shutting both eyes for a moment."""

MOVES: tuple[Move, ...] = get_args(Move)
OF_THE_HEAD: tuple[Move, ...] = ("left", "right", "nod")
INSTRUCTIONS: Mapping[Move, str] = {
    "left": "turn your head to your left",
    "right": "turn your head to your right",
    "nod": "nod: lower your chin and raise it again",
    "smile": "smile",
    "blink": "shut both eyes for a moment and open them again",
}

TURNED = 16.0
"""Degrees by the mesh. A picture tilted by 50° reaches 13 and is hardly the same person beyond; who is asked to turn
their head goes to 20 and more."""

UNEVEN = 0.035
"""What a head that is turned by `TURNED` has more of than a picture which is tilted by up to 40° (0.03)."""

NODDED = 10.0
"""Degrees down by the mesh, which sees about two thirds of a nod; a picture tilted by 45° reaches 8."""

SHUT = 0.45
"""Of the usual opening, of the wider of the two eyes. Blinks reach 0.1 to 0.35, pictures tilted by 60° 0.58."""

WIDENED, LIFTED = 1.1, 0.015
"""A mouth that smiles is wider by 13 to 40 % and its corners rise by 0.02 to 0.07 of the distance of the eyes."""

HAPPY = 0.5
"""What the network of expressions says: of smiles 0.9 and more, of a picture that is tilted what it said before."""

AT_REST = 0.6
"""Share of a turn, a nod or the way of a lid that may be left of it where somebody is at rest again."""

_OPEN = 0.7  # of the usual opening


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """A face as one look at it showed it.

    ``box`` (4,) px; ``mesh`` (468, 3); ``openings`` (2,) of the eyes, the left one of the image first; ``vector`` (d,)
    its embedding; ``happiness`` in [0, 1], 0 where nothing reads it; ``quality`` in [0, 1]. ``liveness`` in [0, 1] is
    none where it cannot be judged fairly.
    """

    box: Floats
    mesh: Floats
    openings: Floats
    vector: Floats
    happiness: float
    quality: float
    liveness: float | None


@dataclass(frozen=True, slots=True)
class Signs:
    """A face beside its neutral look.

    ``left`` and ``up`` are degrees, left the person's own; ``uneven`` see `unevenness`; ``open`` is the share of the
    usual opening, of the eye that is open wider; ``likeness`` is that of the embeddings.
    """

    left: float
    up: float
    uneven: float
    open: float
    is_smiling: bool
    likeness: float

    def shows(self, move: Move) -> bool:
        """Whether the utmost of a move is seen: for a nod the chin is low, for a blink both eyes are shut."""
        match move:
            case "left":
                return self.left >= TURNED and self.uneven >= UNEVEN
            case "right":
                return self.left <= -TURNED and self.uneven >= UNEVEN
            case "nod":
                return self.up <= -NODDED and abs(self.left) < TURNED
            case "smile":
                return self.is_smiling
            case "blink":
                return self.open <= SHUT

    @property
    def is_at_rest(self) -> bool:
        """Whether no move is being made, or about to be."""
        is_straight = abs(self.left) <= AT_REST * TURNED and abs(self.up) <= AT_REST * NODDED
        return is_straight and self.open >= _OPEN and not self.is_smiling


@dataclass(frozen=True, slots=True, eq=False)
class Neutral:
    """How somebody looks who does nothing: what moves are measured against."""

    mesh: Floats
    openings: Floats
    vector: Floats
    mouth: float
    lift: float

    @classmethod
    def of(cls, faces: Sequence[Face]) -> "Neutral":
        """The middle of several looks of one person who keeps still."""
        meshes = [face.mesh for face in faces]
        vector = np.mean([face.vector for face in faces], axis=0)
        return cls(
            meshes[-1],
            np.median([face.openings for face in faces], axis=0).astype(np.float32),
            (vector / max(float(np.linalg.norm(vector)), 1e-9)).astype(np.float32),
            float(np.median([mouth_width(mesh) for mesh in meshes])),
            float(np.median([mouth_lift(mesh) for mesh in meshes])),
        )

    def signs(self, face: Face, *, is_mirrored: bool = False) -> Signs:
        """A face beside it; some cameras mirror."""
        right, up = turned_since(face.mesh, self.mesh)
        has_wide = mouth_width(face.mesh) >= WIDENED * self.mouth and mouth_lift(face.mesh) - self.lift >= LIFTED
        return Signs(
            -right if is_mirrored else right,  # who faces the camera has the picture's right at their left
            up,
            unevenness(face.mesh, self.mesh),
            float((face.openings / np.maximum(self.openings, 1e-3)).max()),
            has_wide and face.happiness >= HAPPY,
            float(face.vector @ self.vector),
        )
