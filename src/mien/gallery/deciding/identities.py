"""What tells who the faces of one source are: the protocol that pipelines ask."""

from collections.abc import Iterable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from mien.domain.faces import FaceCrops, Quality, Recognition
from mien.domain.identity import Identity


class Identities(Protocol):
    """The identities of one source's tracks. Not for several threads at once."""

    def observe(
        self,
        track_ids: Iterable[int] | NDArray[np.int64],
        recognition: Recognition,
        quality: Quality,
        crops: FaceCrops | None = None,
    ) -> None:
        """Take in a view of each of n tracks; raises ModelMismatch where it is of another model than the gallery."""
        ...

    def decide(self, visible: Iterable[int] | NDArray[np.int64]) -> dict[int, Identity]:
        """The identities of the tracks that are in view together, no two of them the same person."""
        ...

    def is_settled(self, track_id: int) -> bool:
        """Whether a track is decided so well that it need not be looked at often."""
        ...

    def end(self, track_ids: Iterable[int] | NDArray[np.int64]) -> dict[int, Identity]:
        """Forget tracks that are over, and return what each was at last."""
        ...

    def name_of(self, person_id: str) -> str:
        """The name of an enrolled person; empty for strangers and for the empty id."""
        ...

    def is_ignored(self, person_id: str) -> bool:
        """Whether nobody wants to hear of a person."""
        ...
