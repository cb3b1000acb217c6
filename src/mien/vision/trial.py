"""What a network has to answer before it is taken for a model: numbers that mean something and follow what it sees."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass

import numpy as np
from numpy.typing import NDArray

from mien.domain.emotions import EmotionScores
from mien.domain.errors import ModelCorrupt
from mien.domain.faces import Detections, HeadPose, Liveness, Recognition
from mien.domain.frame import Pixels
from mien.inference.batches import Floats
from mien.inference.installed import InstalledModel
from mien.inference.measuring.reference import tried_on
from mien.inference.model_card import Family
from mien.vision.activations import check_finite
from mien.vision.answering import Answer, answering
from mien.vision.detection.detector import DetectionSettings
from mien.vision.detection.landmark_layout import typical_landmarks
from mien.vision.reference_scene import reference_input

_BOXES = ((0.25, 0.2, 0.75, 0.85), (0.0, 0.0, 0.25, 0.3))
"""A face in the middle of a picture and, in a corner, something else, in shares of its sides."""

_FAINT = 0.05
"""The least score of what a detector is asked for: a damaged one may be sure of nothing."""

_MOST_TURNED = 180.0
"""Degrees."""

_MOST_BEYOND = 100.0
"""How many sides of the picture a box may reach beyond it: faint ones are drawn loosely."""

_LEAST_LENGTH = 1e-6
_LEAST_DIFFERENCE = 1e-5
"""Of an embedding before it is normalised; between those of two pictures, of unit length."""

_ROUNDING = 0.01
"""How far shares may be out of [0, 1]."""


def check_alive(model: InstalledModel) -> None:
    """Raise ModelCorrupt where one of the files of a model gives the same numbers of a picture and of its negative."""
    for file in range(len(model.paths)):
        session, batch = tried_on(model, file, reference_input)
        _, negative = tried_on(model, file, _negative)
        seen, other = session.run(batch), session.run(negative)
        if all(np.array_equal(values, other[name]) for name, values in seen.items()):
            raise ModelCorrupt("it gives the same numbers whatever it is shown; expected is a trained network")


def check_answers(model: InstalledModel, family: Family, scene: Pixels) -> None:
    """Let the task that a model is for answer about two places of a picture, and about none.

    Raises ModelCorrupt where what it says can be true of no face.
    """
    boxes = np.array(_BOXES, np.float32) * np.array([scene.width, scene.height] * 2, np.float32)
    faces = Detections(boxes, np.array([0.9, 0.8], np.float32), typical_landmarks(boxes))
    answer = answering(model, DetectionSettings(min_score=_FAINT))
    found = answer(scene, faces)
    answer(scene, faces.select([]))
    for name, values in _arrays(found):
        check_finite(f"it gives {name}", values)
    _check_range(found, max(scene.width, scene.height))
    if isinstance(found, Recognition):
        _check_embeddings(found, family)


def _check_range(found: Answer, side_px: int) -> None:
    match found:
        case HeadPose(angles=angles) if np.abs(angles).max(initial=0) > _MOST_TURNED:
            raise ModelCorrupt(f"it turns a head by {np.abs(angles).max():.0f}°, expected are angles of ±180°")
        case EmotionScores(probabilities=shares) | Liveness(scores=shares) | Detections(scores=shares) if not (
            shares.size == 0 or -_ROUNDING <= shares.min() <= shares.max() <= 1 + _ROUNDING
        ):
            raise ModelCorrupt(f"it gives scores of {shares.min():.3g} to {shares.max():.3g}, expected are 0 to 1")
        case Detections(boxes=boxes) if np.abs(boxes).max(initial=0) > _MOST_BEYOND * side_px:
            raise ModelCorrupt(f"it sees a face {np.abs(boxes).max():.3g} px away, expected are boxes on the picture")


def _check_embeddings(found: Recognition, family: Family) -> None:
    vectors = found.embeddings.vectors
    if (size := vectors.shape[1]) not in family.embedding_sizes:
        known = " or ".join(map(str, family.embedding_sizes))
        raise ModelCorrupt(f"it gives {size} numbers of a face, expected are {known}")
    if found.norms.min() < _LEAST_LENGTH:
        raise ModelCorrupt("it gives embeddings without length, all zeros; expected is a trained network")
    if np.abs(vectors[0] - vectors[1]).max() < _LEAST_DIFFERENCE:
        raise ModelCorrupt("it gives one embedding of whatever it is shown; expected is one for each face")


def _arrays(answer: object, name: str = "numbers") -> Iterator[tuple[str, NDArray[np.float32]]]:
    """All arrays in an answer, by what they are called."""
    if isinstance(answer, np.ndarray):
        yield name.replace("_", " and "), answer
    elif is_dataclass(answer):
        for field in fields(answer):
            yield from _arrays(getattr(answer, field.name), field.name)


def _negative(channels: int, height: int, width: int) -> Floats:
    """The negative of the reference at half its contrast, or features of another face.

    The contrast is for networks that see edges alone, which a picture and its negative share.
    """
    given = reference_input(channels, height, width)
    return given[..., ::-1].copy() if height == 1 else (255 - given) // 2
