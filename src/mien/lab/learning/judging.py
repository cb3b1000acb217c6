"""What a network answers to a lot of faces, and how good that is: the measures of `mien evaluate`."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from mien.evaluation.judging.classification import Classification, ClassQuality, classify_quality
from mien.evaluation.judging.levels import Levels, level_quality
from mien.evaluation.verification import wilson
from mien.lab.datasets.crops import Lot, recut
from mien.lab.datasets.labels import NO_LABEL
from mien.lab.datasets.manifest import Manifest
from mien.lab.learning.devices import compiled, has_bfloat16
from mien.lab.learning.temperature import Doubles, softmax
from mien.lab.networks.expression import ExpressionNetwork
from mien.lab.result import Progress, no_progress

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
        """All of it in one table, of one picture or more; the accuracy with its 95 % interval.

        So is the recall of every class, which has none where it has no picture.
        """
        levels = asdict(self.levels) if self.levels else None
        classes = [{**asdict(one), "recall_interval": recall_interval(one)} for one in self.classes.per_class]
        return {
            **asdict(self.classes),
            "accuracy_interval": wilson(self.classes.accuracy, self.classes.count),
            "commonest": self.classes.commonest,
            "commonest_share": self.classes.commonest_share,
            "never_answered": self.classes.never_answered,
            "per_class": classes,
            "classes_without_pictures": self.classes.classes_without_pictures,
            "levels": levels,
            "selection": self.selection,
        }


def judged_lots(lot: Lot, part: Manifest) -> dict[Cut, Lot]:
    """The faces of a part, held as ``lot``, for every way in which they are judged.

    Ready-made crops as they lie, as `mien evaluate emotion` takes them; and aligned those in which landmarks were
    found, if any that is labelled is: others can only be taken as they lie. Photographs are judged aligned.
    """
    if not part.facts.ready_made_px:
        return {"aligned": lot}
    lots: dict[Cut, Lot] = {"given": lot}
    if (part.has_face & (part.label != NO_LABEL)).any():
        lots["aligned"] = lot.select(part.has_face)
    return lots


def told_unaligned(part: Manifest) -> tuple[str, ...]:
    """A sentence on the pictures of a part that are judged by no aligned face, if there are some."""
    is_judged = (part.label != NO_LABEL) | np.isfinite(part.valence_arousal).any(axis=1)
    count = int((is_judged & ~part.has_face).sum())
    told = f"{count:,} of {is_judged.sum():,} pictures are left out where faces are aligned"
    return (f"{told}: no landmarks were found in them",) if count else ()


def shown(lot: Lot, cut: Cut, side_px: int, progress: Progress = no_progress) -> Iterator[torch.Tensor]:
    """The faces of a lot in batches (n, c, s, s) of 0..255: as they lie in their set, or aligned as serving cuts them.

    ``progress`` is told how many are done as soon as the next ones are asked for.
    """
    for start in range(0, len(lot), BATCH):
        part = lot.select(np.arange(start, min(start + BATCH, len(lot))))
        matrices = part.placements if cut == "aligned" else np.tile(part.lying, (len(part), 1, 1))
        yield as_tensor(recut(part.images, matrices, side_px))
        progress(f"{cut} faces", start + len(part), len(lot))


@torch.inference_mode()
def answer(
    network: ExpressionNetwork,
    faces: Iterable[torch.Tensor],
    *,
    is_exact: bool = True,
    is_mirrored: bool = False,
    is_compiled: bool = False,
) -> Answered:
    """Ask about faces in batches (n, c, s, s) of 0..255, one batch or more.

    In float32 or, several times faster where the CPU has it, in bfloat16. ``is_mirrored`` averages with mirror images.
    ``is_compiled`` pays from some thousands of faces on.
    """
    device = next(network.eval().parameters()).device
    ask = compiled(network) if is_compiled else network
    is_short = not is_exact and has_bfloat16(device)
    logits, levels = [], []
    for batch in faces:
        images = batch.to(device)
        with torch.autocast(device.type, torch.bfloat16, enabled=is_short):
            views = [ask(images)] + ([ask(images.flip(3))] if is_mirrored else [])
        logits.append(torch.stack([view.logits.float() for view in views]).mean(dim=0).cpu())
        if both := [view.valence_arousal for view in views if view.valence_arousal is not None]:
            levels.append(torch.stack(both).float().mean(dim=0).cpu())
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


def recall_interval(quality: ClassQuality) -> tuple[float, float] | None:
    """The 95 % interval of a class's recall, none where it has no picture."""
    return wilson(quality.recall, quality.count) if quality.count else None


def as_tensor(images: NDArray[np.uint8]) -> torch.Tensor:
    """Pictures (n, s, s) grey or (n, s, s, 3) as a batch (n, c, s, s) float32, 0..255, channels last in memory."""
    whole = np.ascontiguousarray(images if images.ndim == 4 else images[..., None])
    batch = torch.from_numpy(whole).permute(0, 3, 1, 2).float()
    return batch.contiguous(memory_format=torch.channels_last)


def score_of(found: Mapping[str, Judgement], select: str) -> float:
    """How good judgements are, for every way in which faces are judged, by what a recipe selects epochs by."""
    scores = [one.classes.accuracy if select == "accuracy" else one.selection for one in found.values()]
    return float(np.mean(scores))
