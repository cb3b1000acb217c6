"""The perceptron behind the head: one hidden layer, one number, learnt so that single outliers weigh little."""

import numpy as np
import torch
from torch import nn

from mien.lab.quality.material import Floats
from mien.lab.recipe import Table
from mien.lab.shapes.perceptron import Perceptron

_ROBUST = 0.1
"""From this error on it counts in proportion, below in its square: Huber's loss, for numbers in [0, 1]."""


class PerceptronRecipe(Table):
    """What decides how it is learnt: AdamW with one cycle of the learning rate, and dropout before both layers."""

    hidden: int = 256
    epochs: int = 20
    batch: int = 512
    peak_rate: float = 2e-3
    weight_decay: float = 1e-2
    input_dropout: float = 0.3
    dropout: float = 0.4
    seed: int = 7


def fit(rows: Floats, targets: Floats, recipe: PerceptronRecipe) -> Perceptron:
    """Learn numbers (n,) in [0, 1] from rows (n, d): a perceptron of one output.

    The same seed gives the same perceptron on the same machine.
    """
    generator = torch.Generator().manual_seed(recipe.seed)
    mean, scale = rows.mean(axis=0), 1 / (rows.std(axis=0) + 1e-5)
    inputs, wanted = torch.from_numpy((rows - mean) * scale), torch.from_numpy(targets)
    network = _network(rows.shape[1], recipe)
    optimiser = torch.optim.AdamW(network.parameters(), lr=recipe.peak_rate, weight_decay=recipe.weight_decay)
    steps = recipe.epochs * -(-len(rows) // recipe.batch)
    cycle = torch.optim.lr_scheduler.OneCycleLR(optimiser, recipe.peak_rate, total_steps=steps)
    for _ in range(recipe.epochs):
        for batch in torch.randperm(len(rows), generator=generator).split(recipe.batch):
            error = nn.functional.smooth_l1_loss(network(inputs[batch])[:, 0], wanted[batch], beta=_ROBUST)
            optimiser.zero_grad()
            error.backward()
            optimiser.step()
            cycle.step()
    first, second = (
        (layer.weight.detach().numpy().T.copy(), layer.bias.detach().numpy().copy())
        for layer in network
        if isinstance(layer, nn.Linear)
    )
    return Perceptron(mean, scale.astype(np.float32), *first, *second)


def _network(inputs: int, recipe: PerceptronRecipe) -> nn.Sequential:
    torch.manual_seed(recipe.seed)
    return nn.Sequential(
        nn.Dropout(recipe.input_dropout),
        nn.Linear(inputs, recipe.hidden),
        nn.ReLU(),
        nn.Dropout(recipe.dropout),
        nn.Linear(recipe.hidden, 1),
    )
