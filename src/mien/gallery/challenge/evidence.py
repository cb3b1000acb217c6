"""What was seen of somebody at rest in a challenge: by this it is decided who it is, and whether it is a live face."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mien.gallery.challenge.moves import Face

Floats = NDArray[np.float32]


@dataclass(slots=True)
class Evidence:
    """Embeddings (d,) and liveness of looks at one person."""

    vectors: list[Floats] = field(default_factory=list)
    liveness: list[float] = field(default_factory=list)

    def note(self, face: Face) -> None:
        """Add a look."""
        self.vectors.append(face.vector)
        if face.liveness is not None:
            self.liveness.append(face.liveness)

    @property
    def vector(self) -> Floats:
        """The mean of the embeddings (d,), of unit length."""
        mean = np.mean(self.vectors, axis=0)
        return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-9), np.float32)

    @property
    def live(self) -> float:
        """How live the face is in the middle of all looks, in [0, 1]; 0 where it could not be judged."""
        return float(np.median(self.liveness)) if self.liveness else 0.0
