"""What is told of a face together with its embedding."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mien.domain.readings import FaceReading


@dataclass(frozen=True, slots=True, eq=False)
class EmbeddedFace:
    """A face of a picture, or one that was cut out already, and its embedding.

    ``face`` has boxes and landmarks in px of the picture. ``embedding`` (d,) float32 is of unit length: the scalar
    product of two is their cosine similarity, as long as both are of one ``embedding_model``. Where a crop was given in
    which the detector found no face, ``is_found`` is false: it was taken for one that is aligned as ArcFace has it.
    """

    face: FaceReading
    embedding: NDArray[np.float32]
    embedding_model: str

    @property
    def is_found(self) -> bool:
        """Whether the detector saw the face."""
        return self.face.detection_score > 0
