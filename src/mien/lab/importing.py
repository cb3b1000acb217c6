"""``mien lab import``: a dataset, in whatever layout it was published, becomes one manifest."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from mien.domain.errors import SourceError, UsageError
from mien.domain.frame import Pixels
from mien.lab.datasets.copies import SIDE_PX, near_duplicate_groups
from mien.lab.datasets.faces import FaceFinder, typical_placement
from mien.lab.datasets.formats.ferplus import Labels
from mien.lab.datasets.formats.opening import open_format
from mien.lab.datasets.formats.sample import Sample
from mien.lab.datasets.labels import NO_LABEL, LabelSet, label_set
from mien.lab.datasets.manifest import Facts, Floats, Manifest, Rows, write_manifest
from mien.lab.datasets.pictures import open_picture, thumbnail
from mien.lab.datasets.splits import assign_splits, leaking, read_shares
from mien.lab.result import Progress, Result, no_progress, write_result
from mien.telemetry.process import usable_cpus

READY_MADE_PX = 64
"""Square pictures of one side of at most so many px are crops of faces already; `mien evaluate emotion` agrees."""

_LEAST_TEMPLATE_FACES = 8
"""From fewer landmarks no typical placement is told."""

_SHARES = "70/15/15"
_SHARES_OF_TRAINING = (0.85, 0.15, 0.0)
"""Where a dataset has parts to train and to judge, but none to choose."""

_AHEAD = 64
Item = TypeVar("Item")
Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class ImportRecipe:
    """What becomes a manifest.

    ``classes`` is the number of a ready-made set, ``own``, a TOML file, or ``auto``: the largest set of which every
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


@dataclass(frozen=True, slots=True)
class _Looked:
    """What looking at a picture tells: its size, its grey thumbnail, its landmarks (5, 2) px or none."""

    size: tuple[int, int]
    thumbnail: NDArray[np.uint8]
    landmarks: Floats | None


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

    Pictures that cannot be read, hold no face or have no label are left out and counted. Raises SourceError, UsageError
    where nothing is left or a label has no picture.
    """
    layout = open_format(recipe.dataset, recipe.images, recipe.labels)
    samples, words = list(layout.samples()), layout.vote_words
    labels = _labels(recipe.classes, samples)
    left = _Left()
    labelled = [sample for sample in samples if _is_labelled(sample, labels, words, left)]
    kept, looked = _look(labelled, finder, left, progress)
    if not kept:
        raise UsageError(f"{recipe.dataset}: no picture is left; {'; '.join(left.notices()) or 'there is none'}")
    side = _ready_made_px(looked)
    if not side:
        kept, looked = _with_faces(kept, looked, left)
    manifest = _manifest(recipe, labels, words, (kept, looked, side))
    _check_classes(manifest)
    manifest, leaks = _split(recipe, manifest)
    for row in leaks:
        left.out("a copy of a picture that chooses or judges", kept[row].where)
    write_manifest(manifest, recipe.out)
    metrics = _metrics(manifest, left)
    write_result(recipe.out, "import", recipe, metrics, "import.json")
    return Result(recipe.out, metrics, left.notices())


def _labels(classes: str, samples: Sequence[Sample]) -> LabelSet:
    found = tuple(sorted({sample.word for sample in samples}))
    if classes != "auto":
        return label_set(classes, found)
    for count in ("8", "7", "6", "5"):
        labels = label_set(count)
        if {labels.number(word) for word in found if word} >= set(range(len(labels.labels))):
            return labels
    return label_set("own", found)


def _is_labelled(sample: Sample, labels: LabelSet, words: tuple[str, ...], left: _Left) -> bool:
    """Whether a picture has a label of the set, or no agreed one and most of its votes for labels of the set."""
    if labels.number(sample.word) != NO_LABEL or (not sample.word and any(_votes(sample, labels, words))):
        return True
    left.out(f"labelled {sample.word!r}" if sample.word else "without a label", sample.where)
    return False


def _votes(sample: Sample, labels: LabelSet, words: tuple[str, ...]) -> list[float]:
    """The shares of the labels, which sum to 1, or zeros where no more than half of the votes are for any of them."""
    shares = [0.0] * len(labels.labels)
    for word, share in zip(words, sample.votes, strict=bool(sample.votes)):
        if (place := labels.number(word)) != NO_LABEL:
            shares[place] += share
    total = sum(shares)
    return [share / total for share in shares] if 2 * total > sum(sample.votes) else [0.0] * len(shares)


def _look(
    samples: Sequence[Sample], finder: FaceFinder, left: _Left, progress: Progress
) -> tuple[list[Sample], list[_Looked]]:
    """The samples that can be read and show a face, and what was seen."""
    kept: list[Sample] = []
    looked: list[_Looked] = []
    for done, (sample, found) in enumerate(_in_threads(lambda one: _look_at(one, finder), samples), start=1):
        progress("pictures", done, len(samples))
        if isinstance(found, SourceError):
            left.out("cannot be read", f"{sample.where}: {found}")
        elif found.landmarks is None and max(found.size) > READY_MADE_PX:
            left.out("no face found", sample.where)
        else:
            kept.append(sample)
            looked.append(found)
    return kept, looked


def _look_at(sample: Sample, finder: FaceFinder) -> _Looked | SourceError:
    try:
        pixels = open_picture(sample.picture, sample.where)
    except SourceError as error:
        return error
    return _Looked((pixels.width, pixels.height), thumbnail(pixels, SIDE_PX), _landmarks(pixels, finder))


def _landmarks(pixels: Pixels, finder: FaceFinder) -> Floats | None:
    if pixels.width == pixels.height <= READY_MADE_PX:
        return finder.in_crop(pixels)
    return finder.in_photograph(pixels)


def _in_threads(work: Callable[[Item], Made], items: Iterable[Item]) -> Iterator[tuple[Item, Made]]:
    """Items with what work made of them, in order, a few ahead at a time."""
    remaining = iter(items)
    with ThreadPoolExecutor(usable_cpus()) as pool:
        waiting = [(item, pool.submit(work, item)) for item in islice(remaining, _AHEAD)]
        while waiting:
            item, future = waiting.pop(0)
            waiting += [(more, pool.submit(work, more)) for more in islice(remaining, 1)]
            yield item, future.result()


def _ready_made_px(looked: Sequence[_Looked]) -> int:
    """The side of pictures that are crops of faces already: square, small, and all of one size; 0 of photographs."""
    (width, height), *others = {one.size for one in looked}
    return width if not others and width == height <= READY_MADE_PX else 0


def _with_faces(kept: list[Sample], looked: list[_Looked], left: _Left) -> tuple[list[Sample], list[_Looked]]:
    """Of photographs those in which a face was found; raises UsageError where there is none."""
    for sample, found in zip(kept, looked, strict=True):
        if found.landmarks is None:
            left.out("no face found", sample.where)
    seen = [(sample, found) for sample, found in zip(kept, looked, strict=True) if found.landmarks is not None]
    if not seen:
        raise UsageError(f"no picture is left; {'; '.join(left.notices())}")
    return [sample for sample, _ in seen], [found for _, found in seen]


def _manifest(
    recipe: ImportRecipe, labels: LabelSet, words: tuple[str, ...], seen: tuple[list[Sample], list[_Looked], int]
) -> Manifest:
    kept, looked, side = seen
    nowhere = np.full((5, 2), np.nan, np.float32)
    landmarks = np.stack([nowhere if one.landmarks is None else one.landmarks for one in looked])
    return Manifest(
        facts=Facts(labels.labels, str(recipe.dataset.name), recipe.licence, side, _template(landmarks, side)),
        pictures=tuple(sample.picture for sample in kept),
        label=np.array([labels.number(sample.word) for sample in kept], np.int64),
        votes=np.array([_votes(sample, labels, words) for sample in kept], np.float32),
        valence_arousal=np.array([(sample.valence, sample.arousal) for sample in kept], np.float32),
        landmarks=landmarks,
        copies=near_duplicate_groups(np.stack([one.thumbnail for one in looked])),
        split=np.array([sample.split for sample in kept], np.str_),
        group=np.array([sample.group for sample in kept], np.str_),
    )


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


def _split(recipe: ImportRecipe, manifest: Manifest) -> tuple[Manifest, Rows]:
    """The manifest with a split for every picture, without those that would leak, and the rows of these."""
    split = manifest.split
    untold = int((split == "").sum())
    if 0 < untold < len(split) and not recipe.split:
        raise UsageError(
            f"{untold} of {len(split)} pictures belong to no part of the dataset: say which, or draw all parts anew "
            f"with --split {_SHARES}"
        )
    if recipe.split or untold or "train" not in split:
        split = _drawn(manifest, read_shares(recipe.split or _SHARES), recipe.seed)
    elif "val" not in split:
        trains = np.flatnonzero(split == "train")
        split = split.astype("<U5")
        split[trains] = _drawn(manifest.select(trains), _SHARES_OF_TRAINING, recipe.seed)
    leaks = leaking(manifest.copies, split)
    return replace(manifest, split=split).select(~leaks), np.flatnonzero(leaks)


def _drawn(manifest: Manifest, shares: tuple[float, float, float], seed: int) -> NDArray[np.str_]:
    stratum = np.where(manifest.label == NO_LABEL, manifest.votes.argmax(axis=1), manifest.label)
    return assign_splits(manifest.copies, stratum, manifest.facts.labels, shares, seed)


def _check_classes(manifest: Manifest) -> None:
    counts = np.bincount(manifest.label[manifest.label != NO_LABEL], minlength=len(manifest.facts.labels))
    if empty := [label for label, count in zip(manifest.facts.labels, counts, strict=True) if not count]:
        raise UsageError(f"no picture is labelled {' or '.join(empty)}: choose other labels with --classes")


def _metrics(manifest: Manifest, left: _Left) -> dict[str, object]:
    labels = manifest.facts.labels
    parts = {name: manifest.part(name) for name in sorted(set(manifest.split.tolist()))}
    return {
        "pictures": {name: len(part) for name, part in parts.items()},
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
        "copies": int(len(manifest) - len(np.unique(manifest.copies))),
        "fingerprint": manifest.fingerprint,
    }
