"""``mien lab import``: a dataset, in whatever layout it was published, becomes one manifest."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mien.domain.errors import SourceError, UsageError
from mien.lab.datasets.agreement import Tally
from mien.lab.datasets.copies import near_duplicate_groups, repeated
from mien.lab.datasets.faces import FaceFinder, typical_placement
from mien.lab.datasets.formats.ferplus import Labels
from mien.lab.datasets.formats.opening import open_format
from mien.lab.datasets.formats.sample import Sample
from mien.lab.datasets.kept_crops import drop_crops
from mien.lab.datasets.labels import NO_LABEL, LabelSet, label_set, told_misspelt
from mien.lab.datasets.looking import Looked, look_at, ready_made_px
from mien.lab.datasets.manifest import FILE, NO_PERSON, Facts, Floats, Manifest, write_manifest
from mien.lab.datasets.parts import told_absent
from mien.lab.datasets.splits import assign_splits, kept_together, leaking, read_shares
from mien.lab.result import Progress, Result, no_progress, write_result

METRICS = "import.json"
"""What an import tells, beside its manifest."""

LEAK = "a copy of a picture that chooses or judges"
"""Why pictures to train on are left out; of those that choose, the ones that judge are meant."""

PERSON_LEAK = "of a person in a picture that chooses or judges"
"""Why others are that are no copies."""

_LEAST_TEMPLATE_FACES = 8
"""From fewer landmarks no typical placement is told."""

_SHARES = "70/15/15"
_SHARES_OF_TRAINING = (0.85, 0.15, 0.0)
"""Where a dataset has parts to train and to judge, but none to choose."""


@dataclass(frozen=True, slots=True)
class ImportRecipe:
    """What becomes a manifest.

    ``classes`` is the name of a ready-made set, ``own``, a TOML file, or ``auto``: the largest set of which every
    label occurs. ``split`` are shares such as ``70/15/15``; empty keeps the dataset's own parts where it has some.
    """

    dataset: Path
    out: Path
    images: Path | None = None
    labels: Labels = "majority"
    classes: str = "auto"
    split: str = ""
    licence: str = ""
    seed: int = 7


@dataclass(slots=True)
class _Left:
    """Why pictures were left out, and how many."""

    reasons: Counter[str] = field(default_factory=Counter)
    first: dict[str, str] = field(default_factory=dict)

    def out(self, reason: str, where: str) -> None:
        self.reasons[reason] += 1
        self.first.setdefault(reason, where)

    def notices(self) -> tuple[str, ...]:
        return tuple(
            f"left out, {reason}: {count} (the first: {self.first[reason]})" if self.first[reason] else reason
            for reason, count in self.reasons.most_common()
        )


def run(recipe: ImportRecipe, finder: FaceFinder, progress: Progress = no_progress) -> Result:
    """Read a dataset, find the faces, tell copies, assign splits, and write ``recipe.out/manifest.parquet``.

    Pictures that cannot be read, hold no face, are of another size than nearly all crops, or of which nothing is said
    are left out and counted. Raises SourceError, UsageError where nothing is left or a label has no picture, or
    ``recipe.out`` holds a dataset already: runs may have learnt from it.
    """
    if (recipe.out / FILE).exists():
        raise UsageError(f"{recipe.out} holds a dataset already: name another folder with --out, or delete it")
    layout = open_format(recipe.dataset, recipe.images, recipe.labels)
    samples = list(layout.samples())
    labels = _labels(recipe.classes, samples)
    left = _Left()
    labelled = [sample for sample in samples if _is_labelled(sample, labels, left)]
    kept, looked, side = _usable(*_look(labelled, finder, left, progress), left)
    if not kept:
        raise UsageError(f"{recipe.dataset}: no picture is left; {'; '.join(left.notices()) or 'there is none'}")
    found = _manifest(recipe, labels, (kept, looked, side), progress)
    parted = replace(found, split=_parts(recipe, found))
    manifest = parted.select(~_leaks(parted, kept, left))
    if "train" in manifest.split:  # what only judges need not show everything
        _check_classes(manifest)
    drop_crops(recipe.out)
    write_manifest(manifest, recipe.out)
    metrics = _metrics(manifest, left)
    write_result(recipe.out, "import", recipe, metrics, METRICS)
    told = (*told_misspelt(labels.labels), *_numbers_taken(samples), *left.notices())
    return Result(recipe.out, metrics, (*told, *_told_unnamed(found, parted), *_told_absent(manifest)))


def _labels(classes: str, samples: Sequence[Sample]) -> LabelSet:
    found = tuple(sorted({sample.word for sample in samples}))
    if classes != "auto":
        return label_set(classes, found)
    for count in ("8", "7", "6", "5"):
        labels = label_set(count)
        if {labels.number(word) for word in found if word} >= set(range(len(labels.labels))):
            return labels
    return label_set("own", found)


def _numbers_taken(samples: Sequence[Sample]) -> tuple[str, ...]:
    """For which words numbers were taken of which the dataset does not say what they mean."""
    meant = sorted({(int(sample.number), sample.word) for sample in samples if sample.number})
    told = ", ".join(f"{number} {word}" for number, word in meant)
    return (f"labels that are numbers were taken for those of AffectNet: {told}",) if meant else ()


def _is_labelled(sample: Sample, labels: LabelSet, left: _Left) -> bool:
    """Whether there is something to learn: a label of the set, votes for some, or, of a face without a word, levels."""
    has_levels = math.isfinite(sample.valence) or math.isfinite(sample.arousal)
    if _label(sample, labels) != NO_LABEL or Tally.of(sample, labels).shares.any() or (has_levels and not sample.word):
        return True
    left.out(f"labelled {sample.word!r}" if sample.word else "without a label", sample.where)
    return False


def _label(sample: Sample, labels: LabelSet) -> int:
    """The place of the label that most votes are for, or, where nobody voted, that the word means; or NO_LABEL."""
    return Tally.of(sample, labels).agreed if sample.votes else labels.number(sample.word)


def _look(
    samples: Sequence[Sample], finder: FaceFinder, left: _Left, progress: Progress
) -> tuple[list[Sample], list[Looked]]:
    """The samples that can be read, and what was seen."""
    kept: list[Sample] = []
    looked: list[Looked] = []
    for done, (sample, found) in enumerate(look_at(samples, finder), start=1):
        progress("pictures", done, len(samples))
        if isinstance(found, SourceError):
            left.out("cannot be read", f"{sample.where}: {found}")
        else:
            kept.append(sample)
            looked.append(found)
    return kept, looked


def _usable(samples: Sequence[Sample], looked: Sequence[Looked], left: _Left) -> tuple[list[Sample], list[Looked], int]:
    """Ready-made crops of one size, and that size; or photographs in which a face was found, and 0."""
    side = ready_made_px(looked)
    pairs: list[tuple[Sample, Looked]] = []
    for sample, found in zip(samples, looked, strict=True):
        if found.size == (side, side) or (not side and found.landmarks is not None):
            pairs.append((sample, found))
        else:
            missing = "no face in the box of its label" if sample.box else "no face found"
            left.out(f"not of {side}×{side} px, as nearly all are" if side else missing, sample.where)
    return [sample for sample, _ in pairs], [found for _, found in pairs], side


def _manifest(
    recipe: ImportRecipe,
    labels: LabelSet,
    seen: tuple[list[Sample], list[Looked], int],
    progress: Progress,
) -> Manifest:
    kept, looked, side = seen
    nowhere = np.full((5, 2), np.nan, np.float32)
    landmarks = np.stack([nowhere if one.landmarks is None else one.landmarks for one in looked])
    template = _template(landmarks, side)
    is_grey = all(one.is_grey for one in looked)
    return Manifest(
        facts=Facts(labels.labels, str(recipe.dataset.name), recipe.licence, side, template, is_grey),
        pictures=tuple(one.picture for one in looked),
        label=np.array([_label(sample, labels) for sample in kept], np.int64),
        votes=np.stack([Tally.of(sample, labels).shares for sample in kept]),
        valence_arousal=np.array([(sample.valence, sample.arousal) for sample in kept], np.float32),
        landmarks=landmarks,
        copies=near_duplicate_groups(np.stack([one.thumbnail for one in looked]), progress=progress),
        split=np.array([sample.split for sample in kept], np.str_),
        group=np.array([sample.group for sample in kept], np.str_),
        person=_codes([sample.person for sample in kept]),
    )


def _codes(persons: Sequence[str]) -> NDArray[np.int64]:
    """A number for each person, in the order in which they come, which tells nothing of their names; or NO_PERSON."""
    codes = {person: code for code, person in enumerate(dict.fromkeys(filter(None, persons)))}
    return np.array([codes.get(person, NO_PERSON) for person in persons], np.int64)


def _template(landmarks: Floats, side_px: int) -> tuple[tuple[float, float], ...]:
    """Where the landmarks of ready-made crops lie, which is how faces are to be cut for what learns from them."""
    found = landmarks[np.isfinite(landmarks).all(axis=(1, 2))]
    if not side_px:
        return ()
    if len(found) < _LEAST_TEMPLATE_FACES:
        raise UsageError(
            f"landmarks were found in {len(found)} of {len(landmarks)} ready-made crops, expected "
            f"{_LEAST_TEMPLATE_FACES} or more: how faces are to be cut cannot be told"
        )
    return tuple((round(float(x), 3), round(float(y), 3)) for x, y in typical_placement(found, side_px))


def _parts(recipe: ImportRecipe, manifest: Manifest) -> NDArray[np.str_]:
    """The split of every picture: the dataset's own, or drawn."""
    split = manifest.split
    untold = int((split == "").sum())
    if 0 < untold < len(split) and not recipe.split:
        raise UsageError(
            f"{untold} of {len(split)} pictures belong to no part of the dataset: say which, or draw all parts anew "
            f"with --split {_SHARES}"
        )
    if recipe.split or untold:
        return _drawn(manifest, read_shares(recipe.split or _SHARES), recipe.seed)
    if "train" in split and "val" not in split:
        trains = np.flatnonzero(split == "train")
        split = split.astype("<U5")
        split[trains] = _drawn(manifest.select(trains), _SHARES_OF_TRAINING, recipe.seed)
    return split


def _leaks(manifest: Manifest, samples: Sequence[Sample], left: _Left) -> NDArray[np.bool_]:
    """Which pictures (n,) would leak, each of them counted; raises UsageError where no other is left in a part."""
    is_copy = leaking(manifest.copies, manifest.split)
    leaks = leaking(kept_together(manifest.copies, manifest.person), manifest.split)
    if emptied := sorted({*manifest.split} - {*manifest.split[~leaks]}):
        raise UsageError(
            f"every picture of the part {emptied[0]} repeats one of a later part, or shows somebody in one: draw the "
            f"parts anew, with --split {_SHARES}"
        )
    for row in np.flatnonzero(leaks).tolist():
        left.out(LEAK if is_copy[row] else PERSON_LEAK, samples[row].where)
    return leaks


def _told_absent(manifest: Manifest) -> Iterator[str]:
    for split in ("val", "test"):
        if split in manifest.split:
            yield from told_absent(manifest.part(split), split)


def _told_unnamed(found: Manifest, parted: Manifest) -> tuple[str, ...]:
    """A sentence on the pictures of which nobody says whom they show, where parts were drawn, if there are some."""
    count = int((found.person == NO_PERSON).sum())
    told = f"{count:,} of {len(found):,} pictures name no person: parts were drawn, one may lie on both sides"
    return (told,) if count and (found.split != parted.split).any() else ()


def _drawn(manifest: Manifest, shares: tuple[float, float, float], seed: int) -> NDArray[np.str_]:
    targets = manifest.targets
    stratum = np.where(targets.any(axis=1), targets.argmax(axis=1), NO_LABEL)
    return assign_splits(manifest.copies, manifest.person, stratum, manifest.facts.labels, shares, seed)


def _check_classes(manifest: Manifest) -> None:
    counts = np.bincount(manifest.label[manifest.label != NO_LABEL], minlength=len(manifest.facts.labels))
    if empty := [label for label, count in zip(manifest.facts.labels, counts, strict=True) if not count]:
        raise UsageError(f"no picture is labelled {' or '.join(empty)}: choose other labels with --classes")


def _metrics(manifest: Manifest, left: _Left) -> dict[str, object]:
    labels = manifest.facts.labels
    parts = {name: manifest.part(name) for name in sorted(set(manifest.split.tolist()))}
    return {
        "pictures": {name: len(part) for name, part in parts.items()},
        "without_agreed_label": {
            name: int(((part.label == NO_LABEL) & part.votes.any(axis=1)).sum()) for name, part in parts.items()
        },
        "labels": {
            name: dict(
                zip(labels, np.bincount(part.label[part.label >= 0], minlength=len(labels)).tolist(), strict=True)
            )
            for name, part in parts.items()
        },
        "left_out": dict(left.reasons),
        "ready_made_px": manifest.facts.ready_made_px,
        "template": manifest.facts.template,
        "faces_found": int(manifest.has_face.sum()),
        "with_votes": int(manifest.votes.any(axis=1).sum()),
        "with_valence_arousal": int((~np.isnan(manifest.valence_arousal)).all(axis=1).sum()),
        "copies": repeated(manifest.copies),
        "with_person": int((manifest.person != NO_PERSON).sum()),
        "fingerprint": manifest.fingerprint,
    }
