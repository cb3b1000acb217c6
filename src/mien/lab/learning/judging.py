"""What a network answers to a lot of faces, and how good that is: the measures of `mien evaluate`."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from mien.evaluation.judging.classification import Classification, classify_quality
from mien.evaluation.judging.levels import Levels, level_quality
from mien.lab.datasets.crops import Lot, recut
from mien.lab.datasets.labels import NO_LABEL
from mien.lab.learning.temperature import Doubles, softmax
from mien.lab.networks.expression import ExpressionNetwork

Cut = Literal["given", "aligned"]
BATCH = 128


@dataclass(frozen=True, slots=True)
class Answered:
    """Logits (n, k), valence and arousal (n, 2) or none, of n faces."""

    logits: Doubles
    valence_arousal: Doubles | None


@dataclass(frozen=True, slots=True)
class Judgement:
    """How good answers are: of the classes, and of valence and arousal where both sides have them."""

    classes: Classification
    levels: Levels | None

    @property
    def selection(self) -> float:
        """Macro F1 and the mean concordance of valence and arousal, if there are any: what epochs are chosen by."""
        return self.classes.macro_f1 + (self.levels.mean_ccc if self.levels else 0.0)

    @property
    def told(self) -> dict[str, Any]:
        """All of it in one table."""
        levels = asdict(self.levels) if self.levels else None
        return {**asdict(self.classes), "levels": levels, "selection": self.selection}


@torch.inference_mode()
def answer(
    network: ExpressionNetwork, lot: Lot, side_px: int, cut: Cut, *, is_exact: bool = True, is_mirrored: bool = False
) -> Answered:
    """Ask about every face of a lot: as the picture lies in its set, or aligned as serving cuts it.

    In float32 or, several times faster where the CPU has it, in bfloat16. ``is_mirrored`` averages with mirror images.
    """
    network.eval()
    logits, levels = [], []
    for start in range(0, len(lot), BATCH):
        part = lot.select(np.arange(start, min(start + BATCH, len(lot))))
        matrices = part.placements if cut == "aligned" else np.tile(part.lying, (len(part), 1, 1))
        images = as_tensor(recut(part.images, matrices, side_px))
        with torch.autocast("cpu", torch.bfloat16, enabled=not is_exact):
            views = [network(images)] + ([network(images.flip(3))] if is_mirrored else [])
        logits.append(torch.stack([view.logits.float() for view in views]).mean(dim=0))
        if views[0].valence_arousal is not None:
            levels.append(torch.stack([view.valence_arousal.float() for view in views]).mean(dim=0))
    told = torch.cat(levels).double().numpy() if levels else None
    return Answered(torch.cat(logits).double().numpy(), told)


def judge(answered: Answered, lot: Lot, labels: tuple[str, ...], temperature: float = 1.0) -> Judgement:
    """How good answers are over the faces whose label is agreed on, at a temperature."""
    rows = np.flatnonzero(lot.label != NO_LABEL)
    shares = softmax(answered.logits[rows], temperature)
    classes = classify_quality(shares, lot.label[rows], np.zeros(0, np.int64), labels)
    levels = None
    if answered.valence_arousal is not None and np.isfinite(lot.valence_arousal).any():
        levels = level_quality(answered.valence_arousal, lot.valence_arousal)
    return Judgement(classes, levels)


def as_tensor(images: NDArray[np.uint8]) -> torch.Tensor:
    """Pictures (n, s, s) grey or (n, s, s, 3) as a batch (n, c, s, s) float32, 0..255, channels last in memory."""
    whole = np.ascontiguousarray(images if images.ndim == 4 else images[..., None])
    batch = torch.from_numpy(whole).permute(0, 3, 1, 2).float()
    return batch.contiguous(memory_format=torch.channels_last)
