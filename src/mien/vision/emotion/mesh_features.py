"""What the shape of a face says of its expression: distances and angles between points of its mesh."""

import numpy as np
from numpy.typing import NDArray

from mien.domain.faces import FaceMesh

Floats = NDArray[np.float32]
