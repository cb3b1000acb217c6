"""What turns aligned faces into embeddings: the protocol every recogniser fulfils."""

from typing import Protocol

from mien.domain.faces import AnyCropSpec, EmbeddingModel, FaceCrops, Recognition


class Recogniser(Protocol):
    """Embeds aligned faces. Safe to call from several threads at once."""

    @property
    def crop(self) -> AnyCropSpec:
        """How faces must be cut for it."""
        ...

    @property
    def model(self) -> EmbeddingModel:
        """What its embeddings depend on."""
        ...

    def recognise(self, crops: FaceCrops) -> Recognition:
        """Embeddings of n faces; raises ValueError where the crops were cut to another spec."""
        ...
