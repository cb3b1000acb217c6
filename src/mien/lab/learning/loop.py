"""The training loop: batches, gradients, averaged weights, a checkpoint after every epoch."""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from mien.domain.errors import ModelCorrupt, ModelError, ModelMismatch, ResultError
from mien.lab.datasets.crops import Lot
from mien.lab.learning.augmentation import Augmentation, mixed
from mien.lab.learning.devices import compiled, fastest_device, has_bfloat16
from mien.lab.learning.judging import as_tensor
from mien.lab.learning.losses import build_loss
from mien.lab.learning.optimisers import Schedule, build_optimiser, set_rate
from mien.lab.networks.building import freeze, keep_frozen_still, state_of
from mien.lab.networks.expression import ExpressionNetwork
from mien.lab.recipe import Recipe, differences, without_folders

_SEEDS_PER_RUN = 10_000
"""Every epoch has a seed of its own, so that a resumed run draws what an unbroken one would have drawn."""


@dataclass(frozen=True, slots=True)
class Epoch:
    """One finished epoch: mean loss (nats), the rate it ended with, and the time that learning took."""

    epoch: int
    loss: float
    rate: float
    seconds: float


Judge = Callable[[Epoch, ExpressionNetwork], float]
"""Looks at the averaged network after an epoch; returns how good it is, higher being better."""

StepWatcher = Callable[[int, int], None]
"""Told how many steps of the run are done, and how many there are."""


class Training:
    """A run that can stop after any epoch and go on later with the same result."""

    def __init__(
        self, network: ExpressionNetwork, averaged: ExpressionNetwork, recipe: Recipe, side_px: int, fingerprint: str
    ) -> None:
        """``averaged`` is a second network of the same kind; it ends up holding the averaged weights.

        ``fingerprint`` is of the faces as they are cut and of what knowledge is taken over: a run goes on with the same
        only.
        """
        self.device = fastest_device()
        self.network = network.to(self.device)
        self.averaged = averaged.eval().to(self.device)
        self.averaged.load_state_dict(network.state_dict())
        self.recipe = recipe
        self.side_px = side_px
        self.fingerprint = fingerprint
        self.forward = compiled(self.network) if recipe.training.is_compiled else self.network
        self.optimiser = build_optimiser(recipe.optimiser, self.network)
        self.schedule = Schedule(recipe.schedule, recipe.optimiser.learning_rate, recipe.training.epochs)
        self.epoch = self.steps = self.best_epoch = 0
        self.planned = recipe.training.epochs
        self.best_score = -float("inf")
        self.best: dict[str, Tensor] = state_of(self.averaged)
        self.spent_s = 0.0

    @property
    def is_over(self) -> bool:
        """Whether the recipe says to stop here."""
        training = self.recipe.training
        waited = self.epoch - self.best_epoch
        return (
            self.epoch >= self.planned
            or (training.patience > 0 and self.best_epoch > 0 and waited >= training.patience)
            or (training.max_minutes > 0 and self.spent_s >= training.max_minutes * 60)
        )

    @property
    def cut_short(self) -> tuple[str, ...]:
        """That time did not suffice for the epochs of the recipe, in a sentence, if it did not."""
        training = self.recipe.training
        is_late = training.max_minutes > 0 and self.spent_s >= training.max_minutes * 60
        if self.planned == training.epochs and not is_late:
            return ()
        return (f"in {training.max_minutes:g} minutes there was time for {self.epoch} of {training.epochs} epochs",)

    def run(
        self, lot: Lot, targets: NDArray[np.float32], checkpoint: Path | None, judge: Judge, watch: StepWatcher
    ) -> None:
        """Train the epochs that are missing on faces with targets (n, k); keep the best of them in ``best``.

        After each one ``judge`` is asked and ``checkpoint``, where one is named, written. Raises ModelError where the
        loss is no number any more, ResultError where the checkpoint cannot be written.
        """
        frequencies = torch.from_numpy(np.maximum(targets.sum(axis=0), 1)).float()
        loss = build_loss(self.recipe.loss, frequencies.to(self.device))
        while not self.is_over:
            started = time.monotonic()
            mean, rate, pace_s = self._epoch(lot, targets, loss, watch)
            self.epoch += 1
            learnt = time.monotonic()
            score = judge(Epoch(self.epoch, mean, rate, learnt - started), self.averaged)
            if self.epoch == 1:
                judged = time.monotonic()
                self._plan(judged - started, pace_s + judged - learnt)
            self.schedule.note(score)
            if score > self.best_score or self.recipe.training.select == "last":
                self.best_score, self.best_epoch, self.best = score, self.epoch, state_of(self.averaged)
            self.spent_s += time.monotonic() - started  # what somebody waits for, judging included
            if checkpoint:
                self._save(checkpoint)

    def _plan(self, spent_s: float, epoch_s: float) -> None:
        """Let the rate come down in as many epochs as there is time for, where those of the recipe take longer.

        The first, which may include compiling, took ``spent_s``; each of the others will take ``epoch_s``.
        """
        if limit_s := self.recipe.training.max_minutes * 60:
            fitting = 1 + int(max(0.0, limit_s - spent_s) / max(epoch_s, 1e-3))
            self.planned = self.schedule.epochs = min(self.planned, fitting)

    def _epoch(
        self, lot: Lot, targets: NDArray[np.float32], loss: Callable[..., Tensor], watch: StepWatcher
    ) -> tuple[float, float, float]:
        """The mean loss, the last rate, and how long a whole epoch takes at the pace of its second half.

        The first half of a run may include compiling.
        """
        recipe = self.recipe
        seed = recipe.seed * _SEEDS_PER_RUN + self.epoch
        torch.manual_seed(seed)
        generator = torch.Generator().manual_seed(seed)
        augment = Augmentation(recipe.augmentation, self.side_px, torch.from_numpy(lot.lying), generator)
        freeze(self.network, recipe.network.frozen_stages, is_thawed=self.epoch >= recipe.network.thaw_epoch)
        self.network.train()
        keep_frozen_still(self.network)
        batches = list(drawn_batches(targets, recipe.training.batch, recipe.training.class_balance, generator))
        losses: list[float] = []
        rate, halfway = 0.0, time.monotonic()
        for place, rows in enumerate(batches):
            if place == len(batches) // 2:
                halfway = time.monotonic()
            rate = self.schedule.rate(self.epoch + place / len(batches))
            set_rate(self.optimiser, rate)
            images = augment(as_tensor(lot.images[rows]), torch.from_numpy(lot.placements[rows]))
            batch = images, torch.from_numpy(targets[rows]), torch.from_numpy(lot.valence_arousal[rows])
            seen, wanted, levels = (one.to(self.device) for one in mixed(batch, recipe.augmentation.mixup, generator))
            losses.append(self._step(seen, wanted, levels, loss))
            watch(self.epoch * len(batches) + place + 1, self.planned * len(batches))
        return float(np.mean(losses)), rate, 2 * (time.monotonic() - halfway)

    def _step(self, images: Tensor, targets: Tensor, levels: Tensor, loss: Callable[..., Tensor]) -> float:
        is_short = self.recipe.training.precision == "bf16" and has_bfloat16(self.device)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=is_short):
            answers = self.forward(images.contiguous(memory_format=torch.channels_last))
        value = loss(answers, targets, levels)
        self.optimiser.zero_grad()
        value.backward()
        most = self.recipe.optimiser.max_grad_norm or math.inf
        length = nn.utils.clip_grad_norm_(self.network.parameters(), most)
        if not (torch.isfinite(value) and torch.isfinite(length)):  # before it spoils the weights
            raise ModelError(
                f"the loss or its gradient is no number any more in epoch {self.epoch + 1}: choose a lower "
                "optimiser.learning_rate, an optimiser.max_grad_norm above 0 or training.precision f32"
            )
        self.optimiser.step()
        self.steps += 1
        self._average()
        return float(value.detach())

    @torch.no_grad()
    def _average(self) -> None:
        decay = min(self.recipe.optimiser.ema_decay, (1 + self.steps) / (10 + self.steps))
        decay *= self.recipe.optimiser.ema_decay > 0
        for kept, new in zip(self.averaged.state_dict().values(), self.network.state_dict().values(), strict=True):
            if kept.is_floating_point():
                kept.lerp_(new, 1 - decay)
            else:
                kept.copy_(new)

    def _save(self, checkpoint: Path) -> None:
        state = {
            "recipe": self.recipe.model_dump_json(),
            "fingerprint": self.fingerprint,
            "network": self.network.state_dict(),
            "averaged": self.averaged.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "best": self.best,
            "counts": [self.epoch, self.steps, self.best_epoch, self.schedule.lowered, self.schedule.waited],
            "planned": self.planned,
            "scores": [self.best_score, self.schedule.best, self.spent_s],
        }
        pending = checkpoint.with_suffix(".part")
        try:
            torch.save(state, pending)
            pending.replace(checkpoint)  # a run killed while writing keeps the epoch before
        except (OSError, RuntimeError) as error:  # torch tells a full disk by a RuntimeError
            pending.unlink(missing_ok=True)
            raise ResultError(f"{checkpoint} could not be written: {' '.join(str(error).split())}") from error

    def resume(self, checkpoint: Path) -> None:
        """Take up a run where :meth:`run` left it.

        Raises ModelMismatch if its recipe was another one, ModelCorrupt where it cannot be read.
        """
        try:
            state = torch.load(checkpoint, weights_only=True, map_location=self.device)
            written_by, fingerprint = Recipe.model_validate_json(state["recipe"]), state["fingerprint"]
        except Exception as error:  # torch's own errors have no common type
            raise ModelCorrupt(f"{checkpoint} is no checkpoint of the lab, or it is cut off") from error
        if other := differences(without_places(written_by), without_places(self.recipe)):
            raise ModelMismatch(
                f"{checkpoint} was written by another recipe ({'; '.join(other)}): go on with that one, or "
                "start anew in another folder"
            )
        if fingerprint != self.fingerprint:
            raise ModelMismatch(
                f"{checkpoint} was written with another dataset or other crops of it, or began with other weights or "
                "teachers; start anew elsewhere"
            )
        self.network.load_state_dict(state["network"])
        self.averaged.load_state_dict(state["averaged"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.best = state["best"]
        self.epoch, self.steps, self.best_epoch, self.schedule.lowered, self.schedule.waited = state["counts"]
        self.planned = self.schedule.epochs = state["planned"]
        self.best_score, self.schedule.best, self.spent_s = state["scores"]


def without_places(recipe: Recipe) -> Recipe:
    """The recipe, wherever what it names lies by now; that the dataset is the same one, its fingerprint says."""
    return without_folders(recipe).model_copy(update={"dataset": ""})


def use_threads(count: int) -> None:
    """Let torch take so many CPUs, all of them for 0; numbers near 0, which would take long, become 0."""
    if count:
        torch.set_num_threads(count)
    torch.set_flush_denormal(True)


def drawn_batches(
    targets: NDArray[np.float32], batch: int, balance: float, generator: torch.Generator
) -> Iterator[NDArray[np.int64]]:
    """The rows of whole batches of an epoch; ``balance`` draws rare classes more often, some pictures twice then."""
    count = len(targets)
    if balance:
        winners = targets.argmax(axis=1)
        is_known = targets.any(axis=1)
        counts = np.bincount(winners[is_known], minlength=targets.shape[1])
        frequencies = np.where(is_known, counts[winners], counts.max())  # without a label it is none of the rare ones
        weights = torch.from_numpy(frequencies.astype(np.float64) ** -balance)
        order = torch.multinomial(weights, count, replacement=True, generator=generator)
    else:
        order = torch.randperm(count, generator=generator)
    size = min(batch, count)
    for rows in order.split(size):
        if len(rows) == size:
            yield rows.numpy()
