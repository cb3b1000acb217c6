"""Whether the parts of a dataset can be learnt from, and chosen by."""

import numpy as np

from mien.domain.errors import UsageError
from mien.lab.datasets.labels import NO_LABEL
from mien.lab.datasets.manifest import Manifest
from mien.lab.datasets.splits import kept_together, leaking

_LEAST_LEVELS = 10
"""So many pictures and fewer say nothing of a level's spread, by which its concordance is measured."""


def check_parts(manifest: Manifest, where: str) -> None:
    """Raise UsageError where a dataset cannot be learnt from, or would deceive; ``where`` is what it is called."""
    labels = manifest.facts.labels
    for part, least in (("train", 2), ("val", 1)):
        if len(manifest.part(part)) < least:
            raise UsageError(f"{where} has {len(manifest.part(part))} pictures in its part {part}, expected {least}")
    if not (manifest.part("val").label != NO_LABEL).any():
        raise UsageError(f"{where} has no picture in its part val whose label is agreed on: nothing to choose by")
    targets = manifest.part("train").targets
    counts = np.bincount(targets[targets.any(axis=1)].argmax(axis=1), minlength=len(labels))
    if empty := [label for label, count in zip(labels, counts, strict=True) if not count]:
        raise UsageError(f"{where} has no picture of {' or '.join(empty)} to train on")
    leaks = leaking(kept_together(manifest.copies, manifest.person), manifest.split)
    if leaks.any():
        raise UsageError(
            f"the split of {where} leaks: {int(leaks.sum())} pictures are copies of pictures in a later part, or "
            "of people in one; import it anew"
        )


def check_levels(manifest: Manifest, where: str) -> None:
    """Raise UsageError where valence or arousal cannot be learnt: a head would be served that nothing has taught."""
    known = np.isfinite(manifest.part("train").valence_arousal).sum(axis=0)
    for name, count in zip(("valence", "arousal"), known, strict=True):
        if count < _LEAST_LEVELS:
            raise UsageError(
                f"{where} has {count} pictures with {name} to train on, and network.valence_arousal asks for "
                f"{_LEAST_LEVELS} or more"
            )


def told_absent(part: Manifest, split: str) -> tuple[str, ...]:
    """A sentence on the labels that no picture of a part has, if there are some; ``split`` is what it is called."""
    labels = part.facts.labels
    absent = [label for place, label in enumerate(labels) if place not in part.label]
    return (f"no picture of {' or '.join(absent)} in {split}: means are of the others",) if absent else ()
