"""The training loop: batches, one learning-rate cycle, averaged weights, a checkpoint after every epoch."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from mien.evaluation.ferplus import soft_label
from mien.lab.augmentation import Augmentation, Strength
from mien.lab.ferplus import Lot


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides what a training run yields, apart from the pictures and the network."""

    epochs: int = 26
    batch: int = 128
    peak_rate: float = 2e-3
    weight_decay: float = 0.05
    warm_share: float = 0.2
    average_decay: float = 0.998
    seed: int = 7
    strength: Strength = field(default_factory=Strength)


@dataclass(frozen=True, slots=True)
class Progress:
    """One finished epoch: mean loss (nats), the rate it ended with, and the time it took."""

    epoch: int
    loss: float
    rate: float
    seconds: float


Watcher = Callable[[Progress, nn.Module], None]


class Training:
    """A run that can stop after any epoch and go on later with the same result."""

    def __init__(self, network: nn.Module, averaged: nn.Module, recipe: Recipe, is_compiled: bool = False) -> None:
        """``averaged`` is a second network of the same kind; it ends up holding the averaged weights.

        ``is_compiled`` needs a C++ compiler, takes half a minute and saves a quarter of every step.
        """
        self.network = network.to(memory_format=torch.channels_last)
        self.averaged = averaged.to(memory_format=torch.channels_last).eval()
        self.averaged.load_state_dict(network.state_dict())
        self.forward = torch.compile(self.network, dynamic=False) if is_compiled else self.network
        self.recipe = recipe
        self.epoch = 0
        self.steps = 0
        self.optimiser = torch.optim.AdamW(self._parameter_groups(), lr=recipe.peak_rate)

    def run(self, lot: Lot, checkpoint: Path, watch: Watcher) -> None:
        """Train the epochs that are missing; after each one write ``checkpoint`` and tell ``watch``."""
        images = torch.from_numpy(lot.faces.images)[:, None]
        targets = torch.from_numpy(soft_label(lot.faces.votes))
        placements = torch.from_numpy(lot.placements)
        while self.epoch < self.recipe.epochs:
            started = time.monotonic()
            loss, rate = self._epoch(images, targets, placements)
            self.epoch += 1
            self._save(checkpoint)
            watch(Progress(self.epoch, loss, rate, time.monotonic() - started), self.averaged)

    def resume(self, checkpoint: Path) -> None:
        """Take up a run where :meth:`run` left it; raises ValueError if its recipe was another one."""
        state = torch.load(checkpoint, weights_only=True)
        if state["recipe"] != repr(self.recipe):
            raise ValueError(f"{checkpoint} was written by {state['recipe']}, not by {self.recipe!r}")
        self.network.load_state_dict(state["network"])
        self.averaged.load_state_dict(state["averaged"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.epoch, self.steps = state["epoch"], state["steps"]

    def _parameter_groups(self) -> list[dict[str, object]]:
        weights = [p for p in self.network.parameters() if p.ndim > 1]
        offsets = [p for p in self.network.parameters() if p.ndim <= 1]  # decay would pull norms towards zero
        return [
            {"params": weights, "weight_decay": self.recipe.weight_decay},
            {"params": offsets, "weight_decay": 0.0},
        ]

    def _epoch(self, images: Tensor, targets: Tensor, placements: Tensor) -> tuple[float, float]:
        # every epoch has seeds of its own, so that a resumed run draws what an unbroken one would have drawn
        seed = self.recipe.seed * 1000 + self.epoch
        torch.manual_seed(seed)
        generator = torch.Generator().manual_seed(seed)
        augment = Augmentation(self.recipe.strength, generator)
        batch = min(self.recipe.batch, len(images))
        order = torch.randperm(len(images), generator=generator)
        batches = [rows for rows in order.split(batch) if len(rows) == batch]
        self.network.train()
        losses: list[float] = []
        rate = 0.0
        for rows in batches:
            rate = learning_rate(self.steps / (self.recipe.epochs * len(batches)), self.recipe)
            changed = augment(images[rows].float(), placements[rows])
            losses.append(self._step(changed, targets[rows], rate))
        return float(np.mean(losses)), rate

    def _step(self, images: Tensor, targets: Tensor, rate: float) -> float:
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        with torch.autocast("cpu", torch.bfloat16):
            logits = self.forward(images.to(memory_format=torch.channels_last))
        loss = F.cross_entropy(logits.float(), targets)
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()
        self.steps += 1
        self._average()
        return float(loss.detach())

    @torch.no_grad()
    def _average(self) -> None:
        decay = min(self.recipe.average_decay, (1 + self.steps) / (10 + self.steps))
        for kept, new in zip(self.averaged.state_dict().values(), self.network.state_dict().values(), strict=True):
            if kept.is_floating_point():
                kept.lerp_(new, 1 - decay)
            else:
                kept.copy_(new)

    def _save(self, checkpoint: Path) -> None:
        state = {
            "recipe": repr(self.recipe),
            "network": self.network.state_dict(),
            "averaged": self.averaged.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "epoch": self.epoch,
            "steps": self.steps,
        }
        part = checkpoint.with_suffix(".part")
        torch.save(state, part)
        part.replace(checkpoint)  # a run killed while writing keeps the epoch before


def learning_rate(done: float, recipe: Recipe) -> float:
    """One cycle (Smith and Topin, 2018) at ``done`` in [0, 1]: cosine from 1/25 of the peak up, then down to 0."""
    if done < recipe.warm_share:
        rise = (1 - math.cos(math.pi * done / recipe.warm_share)) / 2
        return recipe.peak_rate * (0.04 + 0.96 * rise)
    fall = (done - recipe.warm_share) / (1 - recipe.warm_share)
    return recipe.peak_rate * (1 + math.cos(math.pi * fall)) / 2


@torch.inference_mode()
def logits_of(network: nn.Module, images: NDArray[np.uint8], is_exact: bool = True) -> NDArray[np.float64]:
    """Logits (n, k) of grey pictures (n, s, s), in float32 or, several times faster, in bfloat16."""
    network.eval()
    batches = torch.from_numpy(images)[:, None].split(256)
    with torch.autocast("cpu", torch.bfloat16, enabled=not is_exact):
        rows = [network(batch.float().to(memory_format=torch.channels_last)) for batch in batches]
    return np.asarray(torch.cat(rows).double().numpy(), np.float64)
