"""Expression from the shape of a face: the face mesh of a crop, distances between its points, a small classifier."""

import cv2
import numpy as np

from mien.domain.emotions import EmotionScores
from mien.domain.errors import ModelCorrupt
from mien.domain.faces import AnyCropSpec, FaceCrops, FaceMesh
from mien.domain.geometry import similarity_transforms
from mien.inference.session import Session
from mien.vision.activations import check_finite
from mien.vision.emotion.mesh_features import mesh_features
from mien.vision.emotion.network_classifier import distributions
from mien.vision.mesh_network import SIDE_PX, SQUARE, Indices, MeshNetwork, Squares, look_twice

SURROUNDINGS = 1.5
"""The square that is looked at, in sides of the crop: the mesh network wants to see where a face ends."""


class MeshClassifier:
    """Reads expressions off the landmarks alone: neither the light nor the skin of a face reach the classifier.

    Its network was trained for mien on the meshes of FER+ pictures (`mien lab train-mesh`).
    """

    def __init__(self, meshes: MeshNetwork, session: Session, crop: AnyCropSpec, labels: tuple[str, ...]) -> None:
        """``session`` takes features as rows (n, 1, 1, 820) and yields distributions (n, k) over the labels."""
        self._meshes = meshes
        self._session = session
        self._crop = crop
        self._labels = labels

    @property
    def crop(self) -> AnyCropSpec:
        return self._crop

    @property
    def labels(self) -> tuple[str, ...]:
        return self._labels

    def classify(self, crops: FaceCrops) -> EmotionScores:
        if crops.spec != self._crop:
            raise ValueError(f"expected crops of {self._crop}, got crops of {crops.spec}")
        features = mesh_features(meshes_of(crops, self._meshes))
        shares = self._session.run(features[:, None, None])[self._session.outputs[0]]
        if shares.shape != (len(crops), len(self._labels)):
            raise ModelCorrupt(f"expected the scores of {len(self._labels)} labels, got {shares.shape[1:]}")
        check_finite("the network gives scores", shares)
        return EmotionScores(distributions(shares), self._labels)


def meshes_of(crops: FaceCrops, network: MeshNetwork) -> FaceMesh:
    """The meshes of n crops in px of each crop, looked at twice where a face does not stand as it should."""
    size = crops.spec.size
    middle = np.full((len(crops), 2), (size - 1) / 2, np.float32)
    sides = np.full(len(crops), SURROUNDINGS * (size - 1), np.float32)

    def look(which: Indices, squares: Squares) -> FaceMesh:
        to_cuts = similarity_transforms(squares.points(), np.array(SQUARE.template, np.float32)).astype(np.float64)
        cuts = np.zeros((len(which), SIDE_PX, SIDE_PX, 3), np.uint8)
        for cut, row, to_cut in zip(cuts, which, to_cuts, strict=True):
            cut[:] = cv2.warpAffine(crops.images[row], to_cut, (SIDE_PX, SIDE_PX), flags=cv2.INTER_LINEAR)
        return network.look(FaceCrops(cuts, SQUARE), squares)

    return look_twice(look, Squares(middle, sides, np.zeros(len(crops), np.float32)))
