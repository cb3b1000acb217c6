"""What is made small: losses of the classes, and of valence and arousal where they are known."""

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from mien.lab.networks.expression import Answers
from mien.lab.recipe import LossRecipe

Loss = Callable[[Answers, Tensor, Tensor], Tensor]
"""Of answers, targets (n, k) that sum to 1 or are zeros, and valence and arousal (n, 2), NaN where missing.

Targets are what is to be learnt: whether they are votes or their winners was decided before they were mixed."""

_EPSILON = 1e-8


def winners(targets: NDArray[np.float32]) -> NDArray[np.float32]:
    """Distributions (n, k) with all of their weight on the likeliest label; zeros stay zeros."""
    chosen = np.zeros_like(targets)
    known = np.flatnonzero(targets.any(axis=1))
    chosen[known, targets[known].argmax(axis=1)] = 1
    return chosen


def build_loss(recipe: LossRecipe, frequencies: Tensor) -> Loss:
    """The loss of a recipe; ``frequencies`` (k,) are how often each class is to be learnt, at least once."""
    weights = (frequencies / frequencies.mean()) ** -recipe.class_weights
    weights = weights / weights.mean()
    prior = recipe.logit_adjustment * torch.log(frequencies / frequencies.sum())

    def loss(answers: Answers, targets: Tensor, levels: Tensor) -> Tensor:
        total = recipe.alpha * _classes(recipe, answers.logits.float() + prior, targets, weights)
        if answers.valence_arousal is not None:
            total = total + recipe.beta * levels_loss(recipe.valence_arousal, answers.valence_arousal.float(), levels)
        return total

    return loss


def _classes(recipe: LossRecipe, logits: Tensor, targets: Tensor, weights: Tensor) -> Tensor:
    is_known = targets.sum(dim=1) > 0
    if not is_known.any():
        return logits.sum() * 0
    logits, targets = logits[is_known], targets[is_known]
    if recipe.label_smoothing:
        targets = targets * (1 - recipe.label_smoothing) + recipe.label_smoothing / targets.shape[1]
    logs = F.log_softmax(logits, dim=1)
    parts = -targets * logs * weights
    if recipe.classes == "focal":
        parts = parts * (1 - logs.exp()) ** recipe.focal_gamma
    return parts.sum() / (targets * weights).sum()


def levels_loss(kind: str, answers: Tensor, truth: Tensor) -> Tensor:
    """The loss of valence and arousal (n, 2) over what is known; 0 where nothing is."""
    losses = []
    for column in range(truth.shape[1]):
        is_known = ~torch.isnan(truth[:, column])
        found, wanted = answers[is_known, column], truth[is_known, column]
        if len(wanted):
            losses.append(_LEVELS[kind](found, wanted))
    return torch.stack(losses).mean() if losses else answers.sum() * 0


def _discordance(found: Tensor, wanted: Tensor) -> Tensor:
    """One less the concordance correlation coefficient (Lin, "A Concordance Correlation Coefficient", 1989)."""
    if len(found) < 2:
        return F.mse_loss(found, wanted)
    covariance = ((found - found.mean()) * (wanted - wanted.mean())).mean()
    spread = found.var(unbiased=False) + wanted.var(unbiased=False) + (found.mean() - wanted.mean()) ** 2
    return 1 - 2 * covariance / (spread + _EPSILON)


_LEVELS: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "mse": F.mse_loss,
    "huber": F.huber_loss,
    "ccc": _discordance,
}
