"""People of the gallery and the templates that stand for them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mien.domain.faces import EmbeddingModel

PersonKind = Literal["enrolled", "stranger"]


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody the gallery knows: enrolled under a name, or a stranger under an id of the form ``unknown-0007``.

    Ids are never reused, not even after a person is forgotten. A stranger's name is empty.
    """

    person_id: str
    name: str
    kind: PersonKind
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Template:
    """One embedding that stands for a person: vector (d,) float32 of unit length, its model, and where it is from.

    ``origin`` says what it was made from (a picture's file name, or ``camera:track``); ``crop`` names the stored
    112×112 picture under the home's media folder, or is empty where none is kept.
    """

    template_id: int
    person_id: str
    vector: NDArray[np.float32]
    model: EmbeddingModel
    quality: float
    origin: str
    crop: str
    created_at: datetime
