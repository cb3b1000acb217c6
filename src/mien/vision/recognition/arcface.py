"""Recognisers of the ArcFace layout: one aligned face of 112×112 px in, one vector out."""

import numpy as np
from numpy.typing import NDArray

from mien.domain.errors import ModelCorrupt
from mien.domain.faces import AnyCropSpec, EmbeddingModel, Embeddings, FaceCrops, Recognition
from mien.inference.session import Session
from mien.vision.activations import check_finite
from mien.vision.network_input import NetworkInput
from mien.vision.recognition.quality_head import QualityHead

Floats = NDArray[np.float32]


class ArcFaceRecogniser:
    """Any network with one input of aligned faces and one output (n, d) of embeddings.

    Deng et al., "ArcFace: Additive Angular Margin Loss for Deep Face Recognition", CVPR 2019; what differs between
    networks (channel order, normalisation, crop) is in their cards.
    """

    def __init__(
        self, session: Session, network_input: NetworkInput, model: EmbeddingModel, head: QualityHead | None = None
    ) -> None:
        """``head`` was learnt on embeddings of this network, and judges the pictures from them."""
        self._session = session
        self._input = network_input
        self._model = model
        self._head = head

    @property
    def crop(self) -> AnyCropSpec:
        return self._input.crop

    @property
    def model(self) -> EmbeddingModel:
        return self._model

    def recognise(self, crops: FaceCrops) -> Recognition:
        vectors = self._session.run(self._input.planes(crops))[self._session.outputs[0]]
        if vectors.ndim != 2 or len(vectors) != len(crops):
            raise ModelCorrupt(f"{self._model.network} gives numbers of the shape {vectors.shape}, no embeddings")
        with np.errstate(all="ignore"):  # what is no number, or so large that its square is none, is told
            norms: Floats = np.linalg.norm(vectors, axis=1)
        check_finite(f"{self._model.network} gives embeddings", norms)
        unit = (vectors / np.maximum(norms, 1e-9)[:, None]).astype(np.float32)
        return Recognition(Embeddings(unit, self._model), norms, self._head.scores(vectors) if self._head else None)
