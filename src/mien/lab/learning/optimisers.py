"""How weights follow their gradients, and how the rate goes over a run."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from mien.lab.networks.expression import ExpressionNetwork
from mien.lab.recipe import OptimiserRecipe, ScheduleRecipe

FIRST_SHARE = 0.04
"""Of the highest rate: where a rise begins."""


def build_optimiser(recipe: OptimiserRecipe, network: ExpressionNetwork) -> torch.optim.Optimizer:
    """The optimiser of a recipe; offsets and norms do not decay, heads may learn faster.

    L2 is a decay that is part of the gradient, as Adam and SGD have it; AdamW's is apart from it (Loshchilov and
    Hutter, "Decoupled Weight Decay Regularization", ICLR 2019).
    """
    heads = {id(weight) for head in network.heads for weight in head.parameters()}
    head = [weight for weight in network.parameters() if id(weight) in heads]
    rest = [weight for weight in network.parameters() if id(weight) not in heads]
    decay = recipe.weight_decay if recipe.kind == "adamw" else recipe.l2
    groups = [*_groups(rest, decay, 1.0), *_groups(head, decay, recipe.head_learning_rate_factor)]
    match recipe.kind:
        case "adamw":
            return torch.optim.AdamW(groups, lr=recipe.learning_rate)
        case "adam":
            return torch.optim.Adam(groups, lr=recipe.learning_rate)
        case "sgd":
            return torch.optim.SGD(
                groups, lr=recipe.learning_rate, momentum=recipe.momentum, nesterov=recipe.momentum > 0
            )


def _groups(weights: Iterable[nn.Parameter], decay: float, factor: float) -> list[dict[str, Any]]:
    listed = list(weights)
    return [
        {"params": [one for one in listed if one.ndim > 1], "weight_decay": decay, "factor": factor},
        {"params": [one for one in listed if one.ndim <= 1], "weight_decay": 0.0, "factor": factor},
    ]


@dataclass(slots=True)
class Schedule:
    """The rate at any moment of a run of so many epochs; ``best`` and ``waited`` are what a plateau is told by."""

    recipe: ScheduleRecipe
    peak: float
    epochs: int
    lowered: int = 0
    waited: int = 0
    best: float = -math.inf

    def rate(self, done: float) -> float:
        """The rate after ``done`` epochs, which may be a part of one."""
        share = min(done / self.epochs, 1.0)
        warm = self.recipe.warmup_share
        if self.recipe.kind in ("one-cycle", "cosine") and share < warm:
            rise = (1 - math.cos(math.pi * share / warm)) / 2 if self.recipe.kind == "one-cycle" else share / warm
            return self.peak * (FIRST_SHARE + (1 - FIRST_SHARE) * rise)
        match self.recipe.kind:
            case "one-cycle" | "cosine":
                return self.peak * (1 + math.cos(math.pi * (share - warm) / (1 - warm))) / 2
            case "step":
                return self.peak * self.recipe.factor ** (int(done) // self.recipe.step_epochs)
            case "plateau":
                return self.peak * self.recipe.factor**self.lowered
            case "constant":
                return self.peak

    def note(self, score: float) -> None:
        """Take notice of how good an epoch was, higher being better."""
        if score > self.best:
            self.best, self.waited = score, 0
            return
        self.waited += 1
        if self.waited >= self.recipe.patience:
            self.lowered, self.waited = self.lowered + 1, 0


def set_rate(optimiser: torch.optim.Optimizer, rate: float) -> None:
    """Give every group of weights its rate."""
    for group in optimiser.param_groups:
        group["lr"] = rate * group["factor"]
