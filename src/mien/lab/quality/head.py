"""Learning how well a picture can be told apart from the embedding that it gives.

Boutros, Fang, Klemt, Fu and Damer, "CR-FIQA: Face Image Quality Assessment by Learning Sample Relative
Classifiability", CVPR 2023, with the classes not of a classifier in training but of people in finished embeddings.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from mien.lab.learning.perceptron import Dropout, Epochs, LearningRate, PerceptronRecipe, fit
from mien.lab.quality.material import Floats, Indices, Material, Pictures
from mien.vision.recognition.quality_head import QualityHead

EPSILON = 1e-9
BINS = 24
"""In so many parts numbers are given a meaning, from the lowest to the highest: there have to be as many of them."""

_ROOM = 0.05
"""So much is left on both sides of the parts, so that their scores end before 0 and 1 whatever their numbers are."""

_BELOW, _ABOVE = 2.0, 1.0
"""So far below and above that a number means the worst and the best there is."""

_ROBUST = 0.1
"""From this error on it counts in proportion, below in its square: Huber's loss, in which outliers weigh little."""

_BLOCK = 2048


class HeadPerceptron(PerceptronRecipe):
    """How the perceptron of a head is learnt."""

    epochs: Epochs = 20
    learning_rate: LearningRate = 2e-3
    input_dropout: Dropout = 0.3
    dropout: Dropout = 0.4


@dataclass(frozen=True, slots=True)
class Lessons:
    """n embeddings (n, d) of people with several pictures, whose each is, (n,), and what is to be foretold of each.

    ``ratios`` (n,) in [0, 1]: similarity to the mean of the other pictures of the person over that to the nearest other
    person's mean, plus 1. ``shares`` (n,) in [0, 1]: what is left of the similarity that the picture had before it was
    spoilt.
    """

    vectors: Floats
    owners: Indices
    ratios: Floats
    shares: Floats

    def select(self, which: NDArray[np.bool_]) -> "Lessons":
        """Those of a mask (n,)."""
        return Lessons(self.vectors[which], self.owners[which], self.ratios[which], self.shares[which])


def lessons(pictures: Pictures, material: Material) -> Lessons:
    """What can be learnt from the pictures whose person has others in which a face was found."""
    vectors, plain = _unit(material.vectors), ~material.is_spoilt
    owners = pictures.owners[material.pictures]
    unspoilt = np.zeros((len(pictures.paths), vectors.shape[1]), np.float32)
    unspoilt[material.pictures[plain]] = vectors[plain]
    is_there: NDArray[np.bool_] = np.asarray(unspoilt.any(axis=1))
    sums = np.zeros((len(pictures.people), vectors.shape[1]), np.float32)
    np.add.at(sums, pictures.owners, unspoilt)
    counts = np.bincount(pictures.owners, weights=is_there, minlength=len(sums))
    without = _unit(sums[pictures.owners] - unspoilt)  # the others of the person, by picture
    own = np.einsum("nd,nd->n", vectors, without[material.pictures])
    before = np.einsum("nd,nd->n", unspoilt, without)[material.pictures]
    nearest = _nearest_others(vectors, owners, _unit(sums))
    ratios = np.clip(own / (nearest + 1 + EPSILON), 0, 1).astype(np.float32)
    shares = np.clip(own / np.maximum(before, 0.1), 0, 1).astype(np.float32)
    is_told = (counts[owners] - is_there[material.pictures] >= 1) & is_there[material.pictures]
    return Lessons(material.vectors, owners, ratios, shares).select(is_told)


def learn(taught: Lessons, recipe: HeadPerceptron, length_weight: float) -> QualityHead:
    """A head that foretells ratios, whose numbers mean nothing yet; raises ModelError where it comes to nothing."""
    found, ends = fit(taught.vectors[None], taught.ratios[:, None], _robust, recipe), np.array([0, 1], np.float32)
    return QualityHead(found, np.array(length_weight, np.float32), ends, ends)


def meaning(numbers: Floats, shares: Floats) -> tuple[Floats, Floats]:
    """Points (p,) of numbers that a head gave to n pictures of people it has not seen, and of shares they kept, (n,).

    Both rise, from beyond any number that was given and from 0 to 1, so that of two pictures the better one always has
    the better score. There are BINS pictures or more.
    """
    order = np.argsort(numbers, kind="stable")
    means = np.array([(numbers[part].mean(), shares[part].mean()) for part in np.array_split(order, BINS)])
    lowest, highest = min(0, means[0, 0] - _ROOM), max(1, means[-1, 0] + _ROOM)  # long embeddings give large numbers
    places = (means[:, 0] - lowest) / (highest - lowest)
    rising = 0.99 * np.maximum.accumulate(means[:, 1]) + 0.01 * places  # bins that tie rise too
    points = np.vstack([(lowest - _BELOW, 0), np.column_stack([means[:, 0], rising]), (highest + _ABOVE, 1)])
    return points[:, 0].astype(np.float32), points[:, 1].astype(np.float32)


def _robust(said: Tensor, wanted: Tensor) -> Tensor:
    return nn.functional.smooth_l1_loss(said, wanted, beta=_ROBUST)


def _nearest_others(vectors: Floats, owners: Indices, centres: Floats) -> Floats:
    """The similarity (n,) of each of n vectors to the nearest centre that is not its owner's."""
    nearest = np.zeros(len(vectors), np.float32)
    for start in range(0, len(vectors), _BLOCK):
        rows = slice(start, start + _BLOCK)
        similarities = vectors[rows] @ centres.T
        similarities[np.arange(len(similarities)), owners[rows]] = -1
        nearest[rows] = similarities.max(axis=1)
    return nearest


def _unit(vectors: Floats) -> Floats:
    unit: Floats = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    return unit
