"""Faces as columns: what a detector finds, a tracker follows, alignment cuts out and a recogniser embeds."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray

from mien.domain.errors import ModelMismatch

Indices = NDArray[np.intp] | NDArray[np.bool_] | Sequence[int]


@dataclass(frozen=True, slots=True)
class Detections:
    """n faces of one frame.

    ``boxes`` (n, 4) float32 x1 y1 x2 y2 px; ``scores`` (n,) float32 in [0, 1]; ``landmarks`` (n, 5, 2) float32 px:
    left eye, right eye, nose, left mouth corner, right mouth corner, left and right as seen in the image.
    """

    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]
    landmarks: NDArray[np.float32]

    def __post_init__(self) -> None:
        n = len(self.scores)
        if self.boxes.shape != (n, 4) or self.scores.shape != (n,) or self.landmarks.shape != (n, 5, 2):
            raise ValueError(
                f"columns differ: boxes {self.boxes.shape}, scores {self.scores.shape}, "
                f"landmarks {self.landmarks.shape}"
            )

    def __len__(self) -> int:
        return len(self.scores)

    @classmethod
    def empty(cls) -> Self:
        return cls(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros((0, 5, 2), np.float32))

    @classmethod
    def concat(cls, parts: Sequence[Self]) -> Self:
        if not parts:
            return cls.empty()
        return cls(
            np.concatenate([part.boxes for part in parts]),
            np.concatenate([part.scores for part in parts]),
            np.concatenate([part.landmarks for part in parts]),
        )

    def select(self, which: Indices) -> Self:
        """The faces of an index list or a mask, in its order."""
        return type(self)(self.boxes[which], self.scores[which], self.landmarks[which])


@dataclass(frozen=True, slots=True)
class TrackedFaces:
    """n faces of one frame with the track each belongs to; ids are unique in a frame and within a camera."""

    detections: Detections
    track_ids: NDArray[np.int64]

    def __post_init__(self) -> None:
        if self.track_ids.shape != (len(self.detections),):
            raise ValueError(f"{len(self.detections)} faces but track ids of shape {self.track_ids.shape}")
        if len(np.unique(self.track_ids)) != len(self.track_ids):
            raise ValueError(f"a track id appears twice in one frame: {self.track_ids.tolist()}")

    def __len__(self) -> int:
        return len(self.track_ids)

    @classmethod
    def empty(cls) -> Self:
        return cls(Detections.empty(), np.zeros(0, np.int64))

    @classmethod
    def concat(cls, parts: Sequence[Self]) -> Self:
        if not parts:
            return cls.empty()
        return cls(
            Detections.concat([part.detections for part in parts]), np.concatenate([part.track_ids for part in parts])
        )

    def select(self, which: Indices) -> Self:
        """The faces of an index list or a mask, in its order."""
        return type(self)(self.detections.select(which), self.track_ids[which])


@dataclass(frozen=True, slots=True)
class CropSpec:
    """How a model wants its faces cut: side in px, where the five landmarks come to lie, and the channels."""

    size: int
    template: tuple[tuple[float, float], ...]
    channels: Literal["bgr", "grey"]


Resampling = Literal["adaptive", "area", "bilinear"]
"""How a cut is brought to its size: large faces shrunk by area and small ones enlarged bilinearly (``adaptive``), or
all in one way, for networks that were trained on the blocks or the noise this leaves."""


@dataclass(frozen=True, slots=True)
class BoxCropSpec:
    """How a model that needs no landmarks wants its faces cut: upright, around the box of the detector.

    The cut is ``scale`` times the box, a square of the longer side where ``is_square``, and is stretched to ``size`` px
    a side otherwise. Where it reaches over the edge of the picture it is first made smaller and moved inside
    (``is_inside``), or shows 0 there.
    """

    size: int
    scale: float
    channels: Literal["bgr", "grey"]
    is_square: bool = True
    is_inside: bool = False
    resampling: Resampling = "adaptive"


AnyCropSpec = CropSpec | BoxCropSpec


@dataclass(frozen=True, slots=True)
class FaceCrops:
    """Cut faces: images (n, size, size, 3) BGR or (n, size, size, 1) grey, uint8, all cut to one spec."""

    images: NDArray[np.uint8]
    spec: AnyCropSpec

    def __len__(self) -> int:
        return len(self.images)


@dataclass(frozen=True, slots=True)
class EmbeddingModel:
    """What an embedding depends on: two embeddings are comparable only where all of it is equal."""

    network: str
    alignment: str
    detector: str
    precision: str = "f32"

    def __str__(self) -> str:
        return f"{self.network}/{self.alignment}/{self.detector}/{self.precision}"


@dataclass(frozen=True, slots=True)
class Embeddings:
    """Vectors (n, d) float32 of unit length and the model they come from."""

    vectors: NDArray[np.float32]
    model: EmbeddingModel

    def __len__(self) -> int:
        return len(self.vectors)

    def similarity(self, other: "Embeddings") -> NDArray[np.float32]:
        """Cosine similarity of every pair as (n, m) in [-1, 1]; raises ModelMismatch across models."""
        if self.model != other.model:
            raise ModelMismatch(f"embeddings of {self.model} cannot be compared with those of {other.model}")
        product: NDArray[np.float32] = self.vectors @ other.vectors.T
        return product


@dataclass(frozen=True, slots=True)
class Recognition:
    """What one pass of a recogniser yields: embeddings and the length each had before it was normalised.

    ``quality`` (n,) are scores in [0, 1] of the pictures, of a recogniser that has learnt to tell.
    """

    embeddings: Embeddings
    norms: NDArray[np.float32]
    quality: NDArray[np.float32] | None = None


@dataclass(frozen=True, slots=True)
class Quality:
    """How good the picture of each of n faces is: scores (n,) in [0, 1], higher is better.

    ``reasons`` holds for each face what limits it most (``"too small"``, ``"blurred"``, ``"dark"``, ``"bright"``,
    ``"turned away"``, ``"cut off"``, ``"uncertain"``) or ``""`` where nothing does.
    """

    scores: NDArray[np.float32]
    reasons: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.scores)

    def select(self, which: Sequence[int]) -> Self:
        """The faces of an index list, in its order."""
        return type(self)(self.scores[list(which)], tuple(self.reasons[place] for place in which))


@dataclass(frozen=True, slots=True)
class Liveness:
    """Whether each of n faces is a live one, judged from a single picture: scores (n,) in [0, 1], higher is more live.

    ``unmet`` names for each face the precondition of a fair judgement that it does not meet (``"too small"``,
    ``"cut off"``, ``"turned away"``), or ``""``.
    """

    scores: NDArray[np.float32]
    unmet: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.scores)


@dataclass(frozen=True, slots=True)
class HeadPose:
    """Where n heads turn: angles (n, 3) in degrees.

    Yaw is positive to the right of the image, pitch upwards, roll clockwise.
    """

    angles: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.angles)


@dataclass(frozen=True, slots=True)
class FaceMesh:
    """Dense landmarks of n faces: points (n, 468, 3), x and y in px of the picture, z (depth) in the same scale.

    ``scores`` (n,) in [0, 1]: how certain the network is that it looked at a face. The order is that of MediaPipe's
    face mesh (Kartynnik et al., 2019).
    """

    points: NDArray[np.float32]
    scores: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.scores)
