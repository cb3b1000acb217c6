"""A perceptron of one hidden layer that learns from rows of numbers: from embeddings, or from the shapes of faces."""

from collections.abc import Callable
from typing import Annotated

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor, nn

from mien.domain.errors import ModelError
from mien.lab.recipe import NotNegative, Table
from mien.vision.recognition.perceptron import Perceptron

Floats = NDArray[np.float32]
Loss = Callable[[Tensor, Tensor], Tensor]
"""What is made small, of what is said and what is to be said of b rows, (b, k) each."""

Epochs = Annotated[int, Field(ge=1, le=10_000)]
LearningRate = Annotated[float, Field(gt=0, le=1)]
Dropout = Annotated[float, Field(ge=0, lt=1)]


class PerceptronRecipe(Table):
    """What decides how it is learnt: AdamW with one cycle of the learning rate, and dropout before both layers.

    ``learning_rate`` is the highest, after three tenths of the way. How long and how carefully is a matter of what is
    learnt: each kind has values of its own.
    """

    hidden: Annotated[int, Field(ge=1, le=65_536)] = 256
    epochs: Epochs
    batch: Annotated[int, Field(ge=1, le=1_000_000)] = 512
    learning_rate: LearningRate
    weight_decay: NotNegative = 1e-2
    input_dropout: Dropout
    dropout: Dropout
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = 7


def fit(views: Floats, targets: Floats, loss: Loss, recipe: PerceptronRecipe) -> Perceptron:
    """Learn targets (n, k) from views (v, n, d), each of which shows the same n things another way.

    An epoch shows every thing once, in a view drawn by chance. The same seed gives the same perceptron on the same
    machine. Raises ModelError where the weights become no numbers.
    """
    orders, draws = (torch.Generator().manual_seed(recipe.seed) for _ in range(2))
    rows = views.reshape(-1, views.shape[2])
    mean, scale = rows.mean(axis=0), (1 / (rows.std(axis=0) + 1e-5)).astype(np.float32)
    seen, wanted, middle, ratio = (torch.from_numpy(values) for values in (views, targets, mean, scale))
    network = _network(views.shape[2], targets.shape[1], recipe)
    optimiser = torch.optim.AdamW(network.parameters(), lr=recipe.learning_rate, weight_decay=recipe.weight_decay)
    steps = recipe.epochs * -(-len(wanted) // recipe.batch)
    cycle = torch.optim.lr_scheduler.OneCycleLR(optimiser, recipe.learning_rate, total_steps=steps)
    for _ in range(recipe.epochs):
        for batch in torch.randperm(len(wanted), generator=orders).split(recipe.batch):
            view = torch.randint(len(seen), (len(batch),), generator=draws)
            error = loss(network((seen[view, batch] - middle) * ratio), wanted[batch])
            optimiser.zero_grad()
            error.backward()
            optimiser.step()
            cycle.step()
    learnt = [weight.detach().numpy().T.copy() for weight in network.parameters()]
    if not all(np.isfinite(weight).all() for weight in learnt):
        raise ModelError("the perceptron's weights are no numbers any more: choose a lower perceptron.learning_rate")
    return Perceptron(mean, scale, *learnt)


def _network(inputs: int, outputs: int, recipe: PerceptronRecipe) -> nn.Sequential:
    torch.manual_seed(recipe.seed)
    return nn.Sequential(
        nn.Dropout(recipe.input_dropout),
        nn.Linear(inputs, recipe.hidden),
        nn.ReLU(),
        nn.Dropout(recipe.dropout),
        nn.Linear(recipe.hidden, outputs),
    )
