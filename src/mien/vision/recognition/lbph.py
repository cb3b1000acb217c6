"""The classic recogniser without a network: histograms of local binary patterns, compared as embeddings."""

from importlib import resources
from io import BytesIO

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.domain.errors import ModelMismatch
from mien.domain.faces import AnyCropSpec, CropSpec, EmbeddingModel, Embeddings, FaceCrops, Recognition

Floats = NDArray[np.float32]

_GRID = 8  # cells a side
_SIDE = 112
INNER = slice(12, 108), slice(8, 104)
"""Rows and columns of a crop of 112×112 px that the face fills; cells are 12×12 px."""

_FINE, _COARSE = 1.0, 4.0  # px: between these two blurs lies what tells faces apart and light does not change
_AROUND = ((-2, -2), (-2, 0), (-2, 2), (0, 2), (2, 2), (2, 0), (2, -2), (0, -2))  # rows and columns, clockwise
_PATTERNS = 59  # 58 uniform ones, and one for all others


class LbphRecogniser:
    """Ahonen, Hadid, Pietikäinen, "Face Description with Local Binary Patterns: Application to Face Recognition",
    PAMI 28, 2006: uniform patterns of 8 neighbours at a distance of 2 px, a histogram for each of 8×8 cells.

    The face is band-passed first (as by Tan and Triggs, "Enhanced Local Texture Feature Sets for Face Recognition
    Under Difficult Lighting Conditions", 2010), and its histograms are those of it and its mirror image together. Of
    the shares of the patterns square roots are taken, so that a dot product is Bhattacharyya's coefficient, and then
    the mean over many faces is taken away: what all faces have in common hides what tells two of them apart.
    """

    def __init__(self, crop: AnyCropSpec, model: EmbeddingModel) -> None:
        """Raises ModelMismatch where the crops are other than grey, of 112×112 px and placed by landmarks."""
        if not isinstance(crop, CropSpec) or (crop.size, crop.channels) != (_SIDE, "grey"):
            raise ModelMismatch(f"{model.network} takes grey faces of {_SIDE}×{_SIDE} px by landmarks, got {crop}")
        self._crop = crop
        self._model = model
        self._mean = _mean_of_faces()
        self._patterns = _uniform_patterns()

    @property
    def crop(self) -> AnyCropSpec:
        return self._crop

    @property
    def model(self) -> EmbeddingModel:
        return self._model

    def recognise(self, crops: FaceCrops) -> Recognition:
        if crops.spec != self.crop:
            raise ValueError(f"expected crops of {self.crop}, got crops of {crops.spec}")
        centred = np.sqrt(self.shares(crops.images)) - self._mean
        norms: Floats = np.linalg.norm(centred, axis=1)
        unit: Floats = (centred / np.maximum(norms, 1e-9)[:, None]).astype(np.float32)
        return Recognition(Embeddings(unit, self._model), norms)

    def shares(self, images: NDArray[np.uint8]) -> Floats:
        """The shares of patterns in each cell of n grey faces (n, 112, 112, 1), as (n, 3776); each cell sums to 1."""
        rows = [self._histograms(_codes(image[..., 0])) for image in images]
        return np.stack(rows) if rows else np.zeros((0, _GRID * _GRID * _PATTERNS), np.float32)

    def _histograms(self, codes: NDArray[np.uint8]) -> Floats:
        """One face's share of each pattern in each cell, over its codes (96, 96) and those of its mirror image."""
        side = len(codes) // _GRID
        row, column = np.indices(codes.shape) // side
        straight = (row * _GRID + column) * _PATTERNS + self._patterns[0][codes]
        mirrored = (row * _GRID + _GRID - 1 - column) * _PATTERNS + self._patterns[1][codes]
        places = np.concatenate([straight.ravel(), mirrored.ravel()])
        counts = np.bincount(places, minlength=_GRID * _GRID * _PATTERNS)
        return (counts / (2 * side * side)).astype(np.float32)


def band_passed(image: NDArray[np.uint8]) -> Floats:
    """A grey face (112, 112) without what light does to it, in grey levels around 0."""
    light = image.astype(np.float32)
    band: Floats = cv2.GaussianBlur(light, (0, 0), _FINE) - cv2.GaussianBlur(light, (0, 0), _COARSE)
    return band


def _codes(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The pattern around each pixel of the inner part of a face (112, 112): a bit for each neighbour not darker."""
    band = band_passed(image)
    centre = band[INNER]
    codes = np.zeros(centre.shape, np.uint8)
    for bit, (down, right) in enumerate(_AROUND):
        around = np.roll(band, (-down, -right), axis=(0, 1))[INNER]
        codes |= (around >= centre).astype(np.uint8) << bit
    return codes


def _uniform_patterns() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Which of the 59 patterns each code (256,) is, and which it is in the mirror.

    A pattern is uniform where its bits change at most twice on the way round.
    """
    bits = (np.arange(256)[:, None] >> np.arange(8)) & 1
    is_uniform = (bits != np.roll(bits, 1, axis=1)).sum(axis=1) <= 2
    patterns = np.where(is_uniform, np.cumsum(is_uniform) - 1, _PATTERNS - 1)
    in_mirror = [_AROUND.index((down, -right)) for down, right in _AROUND]
    mirrored_codes = (bits << np.array(in_mirror)).sum(axis=1)
    return patterns, patterns[mirrored_codes]


def _mean_of_faces() -> Floats:
    """The mean of the square roots over the 3,443 faces of the pairs of LFW View 1, train; (3776,)."""
    stored = resources.files("mien.vision.recognition").joinpath("lbph_mean.npy").read_bytes()
    mean: Floats = np.load(BytesIO(stored), allow_pickle=False).astype(np.float32)
    return mean
