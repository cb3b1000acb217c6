"""A perceptron of one hidden layer that learns soft labels: numpy alone, so that it trains wherever mien runs."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Indices = NDArray[np.intp]

MOMENTUM, SQUARE_MOMENTUM, LEAST_STEP = 0.9, 0.999, 1e-8
"""Of AdamW: Loshchilov and Hutter, "Decoupled Weight Decay Regularization", ICLR 2019."""


@dataclass(frozen=True, slots=True)
class PerceptronRecipe:
    """Everything that decides what is learnt, apart from the rows: AdamW with one cycle of the learning rate."""

    hidden: int = 256
    epochs: int = 60
    batch: int = 512
    peak_rate: float = 4e-3
    weight_decay: float = 1e-2
    warm_share: float = 0.3
    dropout: float = 0.2
    seed: int = 7


@dataclass(frozen=True, slots=True)
class Perceptron:
    """``relu((x - mean) * scale @ first + first_bias) @ second + second_bias``: d numbers in, k logits out."""

    mean: Floats
    scale: Floats
    first: Floats
    first_bias: Floats
    second: Floats
    second_bias: Floats

    def logits(self, features: Floats) -> Floats:
        """Scores (n, k) of features (n, d)."""
        hidden = np.maximum((features - self.mean) * self.scale @ self.first + self.first_bias, 0)
        scores: Floats = hidden @ self.second + self.second_bias
        return scores


def fit(variants: Floats, targets: Floats, recipe: PerceptronRecipe) -> Perceptron:
    """Learn distributions (n, k) from features (v, n, d), of which every variant shows the same n faces another way.

    An epoch shows every face once, in a variant drawn by chance.
    """
    generator = np.random.default_rng(recipe.seed)
    mean: Floats = variants.mean(axis=(0, 1))
    scale: Floats = (1 / np.sqrt(variants.var(axis=(0, 1)) + 1e-6)).astype(np.float32)
    learner = _Learner(len(mean), targets.shape[1], recipe, generator)
    for progress, rows, shown in _batches(len(targets), len(variants), recipe, generator):
        learner.learn((variants[shown, rows] - mean) * scale, targets[rows], _rate(progress, recipe))
    return Perceptron(mean, scale, *learner.parameters)


def _batches(
    faces: int, variants: int, recipe: PerceptronRecipe, generator: np.random.Generator
) -> Iterator[tuple[float, Indices, Indices]]:
    """How far the training is, in 0..1, and the rows of a batch with the variant each is shown in."""
    per_epoch = max(faces // recipe.batch, 1)
    for epoch in range(recipe.epochs):
        order = generator.permutation(faces)
        for place in range(per_epoch):
            rows = order[place * recipe.batch : (place + 1) * recipe.batch]
            progress = (epoch + place / per_epoch) / recipe.epochs
            yield progress, rows, generator.integers(0, variants, len(rows))


def _rate(progress: float, recipe: PerceptronRecipe) -> float:
    """Up and down again along half cosines (Smith and Topin, "Super-Convergence", 2018)."""
    if progress < recipe.warm_share:
        return recipe.peak_rate * (1 - math.cos(math.pi * progress / recipe.warm_share)) / 2
    return recipe.peak_rate * (1 + math.cos(math.pi * (progress - recipe.warm_share) / (1 - recipe.warm_share))) / 2


class _Learner:
    """The parameters, their gradients by hand, and AdamW."""

    def __init__(self, inputs: int, classes: int, recipe: PerceptronRecipe, generator: np.random.Generator) -> None:
        self.parameters = (
            generator.normal(0, math.sqrt(2 / inputs), (inputs, recipe.hidden)).astype(np.float32),
            np.zeros(recipe.hidden, np.float32),
            generator.normal(0, math.sqrt(1 / recipe.hidden), (recipe.hidden, classes)).astype(np.float32),
            np.zeros(classes, np.float32),
        )
        self._means = [np.zeros_like(values) for values in self.parameters]
        self._squares = [np.zeros_like(values) for values in self.parameters]
        self._steps = 0
        self._recipe = recipe
        self._generator = generator

    def learn(self, inputs: Floats, targets: Floats, rate: float) -> None:
        """One step down the cross-entropy of a batch."""
        self._steps += 1
        gradients = self._gradients(inputs, targets)
        for values, gradient, mean, square in zip(self.parameters, gradients, self._means, self._squares, strict=True):
            mean += (1 - MOMENTUM) * (gradient - mean)
            square += (1 - SQUARE_MOMENTUM) * (np.square(gradient) - square)
            unbiased = mean / (1 - MOMENTUM**self._steps)
            size = np.sqrt(square / (1 - SQUARE_MOMENTUM**self._steps)) + LEAST_STEP
            values -= rate * (unbiased / size + (self._recipe.weight_decay * values if values.ndim > 1 else 0))

    def _gradients(self, inputs: Floats, targets: Floats) -> tuple[Floats, ...]:
        first, first_bias, second, second_bias = self.parameters
        before = inputs @ first + first_bias
        kept = self._generator.random(before.shape, np.float32) >= self._recipe.dropout
        passes = (before > 0) * kept * np.float32(1 / (1 - self._recipe.dropout))
        hidden = before * passes
        scores = hidden @ second + second_bias
        powers = np.exp(scores - scores.max(axis=1, keepdims=True))
        wrong = (powers / powers.sum(axis=1, keepdims=True) - targets) / np.float32(len(inputs))
        back = wrong @ second.T * passes
        return inputs.T @ back, back.sum(axis=0), hidden.T @ wrong, wrong.sum(axis=0)
