"""MiniFASNet: prints and screens told from live faces by their texture and surroundings, several networks averaged."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mien.domain.errors import ModelCorrupt
from mien.domain.faces import Detections, Liveness
from mien.domain.frame import Pixels
from mien.domain.geometry import box_sizes
from mien.inference.session import Session
from mien.vision.activations import check_finite, softmax
from mien.vision.alignment import cut
from mien.vision.network_input import NetworkInput
from mien.vision.orientation import orientation

Floats = NDArray[np.float32]

LIVE = 1
"""The class of live faces; 0 and 2 are kinds of spoof."""

SMALLEST_PX = 50
"""Shorter side of a box. Live faces of LFW and of acted clips, shrunk to 50 px, are judged as they were; of those
shrunk to 30 px half are taken for spoofs."""

LEAST_VISIBLE = 0.9
"""Share of a box inside the picture: the networks were trained on complete faces."""

MOST_TURNED = 30.0
"""Degrees between face and camera; the authors promise nothing beyond."""


class MiniFasNet:
    """One network for each cut of a face, whose distributions over three classes are averaged.

    Silent-Face-Anti-Spoofing of Minivision (2020): networks are pruned MobileFaceNets, trained with the Fourier
    spectrum as a second target, V2 on a cut of 2.7 times the box and V1SE on one of 4.0.
    """

    def __init__(self, sessions: Sequence[Session], inputs: Sequence[NetworkInput]) -> None:
        """Each session gives three class scores (n, 3), no softmax, for what the input in its place cuts."""
        self._looks = tuple(zip(sessions, inputs, strict=True))

    def judge(self, pixels: Pixels, detections: Detections) -> Liveness:
        shares = [_shares(session, taken, pixels, detections) for session, taken in self._looks]
        live: Floats = np.mean([of_network[:, LIVE] for of_network in shares], axis=0, dtype=np.float32)
        return Liveness(live, _unmet(pixels, detections))


def _shares(session: Session, taken: NetworkInput, pixels: Pixels, detections: Detections) -> Floats:
    scores = session.run(taken.planes(cut(pixels, detections, taken.crop)))[session.outputs[0]]
    if scores.shape != (len(detections), 3):
        raise ModelCorrupt(f"expected the scores of three classes, the network gives {scores.shape[1:]}")
    check_finite("the network gives scores", scores)
    return softmax(scores)


def _unmet(pixels: Pixels, detections: Detections) -> tuple[str, ...]:
    """The precondition that each face fails, the gravest first."""
    sizes = box_sizes(detections.boxes)
    limits = np.array([pixels.width, pixels.height, pixels.width, pixels.height], np.float32)
    visible = box_sizes(np.clip(detections.boxes, 0, limits)).prod(axis=1) / np.maximum(sizes.prod(axis=1), 1)
    fails = (
        ("too small", sizes.min(axis=1) < SMALLEST_PX),
        ("cut off", visible < LEAST_VISIBLE),
        ("turned away", orientation(detections.landmarks).turned > MOST_TURNED),
    )
    return tuple(next((reason for reason, failing in fails if failing[face]), "") for face in range(len(detections)))
