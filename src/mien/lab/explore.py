"""``mien lab explore``: what a dataset holds and what is wrong with it, as one HTML page."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from mien.domain.errors import UsageError
from mien.domain.faces import CropSpec, FaceCrops
from mien.inference.file_metadata import read_metadata
from mien.inference.installed import InstalledModel
from mien.inference.model_card import CropLayout
from mien.lab import importing
from mien.lab.datasets.copies import repeated
from mien.lab.datasets.crops import CropPlan, held_px, recut, take_lot
from mien.lab.datasets.labels import NO_LABEL
from mien.lab.datasets.manifest import SPLITS, Facts, Manifest, read_manifest
from mien.lab.datasets.pictures import open_picture
from mien.lab.datasets.splits import leaking
from mien.lab.reports.explored import Balance, Finding, Picture, embedded, write_page
from mien.lab.result import Progress, Result, check_free, no_progress, read_json, write_result
from mien.vision.emotion.classifier import EmotionClassifier
from mien.vision.loading import load_classifier

SURE = 0.9
"""How likely a classifier must find another label to call one suspicious."""

_SAMPLES = 12
_MOST_SHOWN = 48
_SIZES_FROM = 2_000
"""So many pictures, spread over the dataset, tell of their sizes."""

_AT_A_TIME = 64
"""Faces that are cut and classified together: only so many are in memory."""


@dataclass(frozen=True, slots=True)
class ExploreRecipe:
    """Which dataset is looked at, and where its page is written."""

    dataset: Path
    out: Path
    seed: int = 7


@dataclass(frozen=True, slots=True)
class Critic:
    """A classifier that points at labels which it is sure are others, and what it has learnt from.

    ``data`` says that in words, as its card does; ``fingerprint`` is that of the dataset, "" where its file tells none.
    """

    name: str
    classifier: EmotionClassifier
    data: str = ""
    fingerprint: str = ""

    @classmethod
    def of(cls, model: InstalledModel) -> Self:
        """The critic that a model makes; raises ModelMismatch for one of another task, ModelCorrupt."""
        fingerprint = read_metadata(model.paths[0]).get("fingerprint", "")
        return cls(model.name, load_classifier(model), model.card.data, fingerprint)

    def known(self, manifest: Manifest) -> NDArray[np.int64]:
        """The rows that it has an opinion of: those whose label is one of its own."""
        is_known = np.array([label in self.classifier.labels for label in manifest.facts.labels], np.bool_)
        return np.flatnonzero((manifest.label != NO_LABEL) & is_known[manifest.label])


@dataclass(frozen=True, slots=True)
class Criticism:
    """The ``rows`` whose labels are suspicious, surest first, or none where they were not looked for.

    ``compared`` is how many labels the critic knows; ``how`` says how they were looked for, or why they were not.
    """

    rows: Sequence[int] | None
    compared: int
    how: str
    notices: tuple[str, ...] = ()


def run(recipe: ExploreRecipe, critic: Critic | None = None, progress: Progress = no_progress) -> Result:
    """Write ``report.html`` and ``metrics.json``; a critic points at labels that it is sure are others.

    Without one, or where it knows none of the labels, ``suspicious_labels`` is null: nobody has looked.

    Raises SourceNotFound where the folder holds no manifest, UsageError where ``out`` holds what another verb made,
    SourceUnreadable, ModelError, ResultError.
    """
    check_free(recipe.out, "explore")
    manifest = read_manifest(recipe.dataset)
    balance = [_balance(manifest, name) for name in SPLITS if (manifest.split == name).any()]
    across, contrary = _copies(manifest)
    doubtful = _doubtful(manifest)
    criticism = _criticism(manifest, critic, progress)
    left_out = _left_out(manifest)
    findings = [
        _finding("Copies in more than one part", across, manifest, "they deceive whoever judges by them"),
        _finding("Copies with different labels", contrary, manifest, "at most one of them can be right"),
        _finding("Pictures on which annotators disagree most", doubtful, manifest, "no label is right for all of them"),
        _finding("Suspicious labels", criticism.rows, manifest, criticism.how),
    ]
    metrics: dict[str, Any] = {
        "fingerprint": manifest.fingerprint,
        "seed": recipe.seed,
        "pictures": len(manifest),
        "balance": [asdict(one) for one in balance],
        "sizes": _sizes(manifest),
        "faces_found": int(manifest.has_face.sum()),
        "copies": repeated(manifest.copies),
        "copies_across_parts": len(across),
        "copies_left_out": None if left_out is None else left_out.get(importing.LEAK, 0),
        "left_out": left_out,
        "copies_with_different_labels": len(contrary),
        "disagreement": _disagreement(manifest),
        "suspicious_labels": None if criticism.rows is None else len(criticism.rows),
        "compared_labels": criticism.compared,
        "critic": {"name": critic.name, "data": critic.data, "fingerprint": critic.fingerprint} if critic else None,
    }
    samples = _samples(manifest, recipe.seed)
    write_page(recipe.out / "report.html", manifest.facts, metrics, balance, samples, findings)
    write_result(recipe.out, "explore", asdict(recipe), metrics)
    return Result(recipe.out, metrics, criticism.notices)


def _balance(manifest: Manifest, split: str) -> Balance:
    part = manifest.part(split)
    counts = np.bincount(part.label[part.label != NO_LABEL], minlength=len(manifest.facts.labels))
    return Balance(
        split, dict(zip(manifest.facts.labels, counts.tolist(), strict=True)), int((part.label == NO_LABEL).sum())
    )


def _copies(manifest: Manifest) -> tuple[list[int], list[int]]:
    """The pictures in a part before that of their copies, and those whose copies have another label."""
    numbers, groups = np.unique(manifest.copies, return_inverse=True)
    across = np.flatnonzero(leaking(manifest.copies, manifest.split)).tolist()
    labelled = np.flatnonzero(manifest.label != NO_LABEL)
    lowest, highest = np.full(len(numbers), len(manifest.facts.labels)), np.full(len(numbers), NO_LABEL)
    np.minimum.at(lowest, groups[labelled], manifest.label[labelled])
    np.maximum.at(highest, groups[labelled], manifest.label[labelled])
    by_group = np.argsort(groups, kind="stable")
    contrary = by_group[(lowest < highest)[groups[by_group]]].tolist()
    return across, contrary


def _left_out(manifest: Manifest) -> Mapping[str, int] | None:
    """How many pictures the import left out, for each reason; none where it does not lie beside this manifest."""
    assert manifest.folder
    if not (manifest.folder / importing.METRICS).exists():
        return None
    told = read_json(manifest.folder / importing.METRICS, "mien lab import")
    return told.get("left_out") if told.get("fingerprint") == manifest.fingerprint else None


def _entropy(votes: NDArray[np.float32]) -> NDArray[np.float64]:
    """Of distributions (n, k), in bits."""
    shares = np.maximum(votes.astype(np.float64), 1e-12)
    entropy: NDArray[np.float64] = -(shares * np.log2(shares)).sum(axis=1)
    return entropy


def _doubtful(manifest: Manifest) -> list[int]:
    voted = np.flatnonzero(manifest.votes.any(axis=1))
    entropy = _entropy(manifest.votes[voted])
    order = np.argsort(-entropy, kind="stable")
    return [int(row) for row in voted[order][: int((entropy > 1).sum())]]


def _disagreement(manifest: Manifest) -> dict[str, float]:
    """How far annotators agree: the mean entropy of their votes, and the share on which all say the same.

    Single votes and those for other labels were left out by the import; a majority is one of all votes, these included.
    """
    is_voted = manifest.votes.any(axis=1)
    voted, has_label = manifest.votes[is_voted], manifest.label[is_voted] != NO_LABEL
    if not len(voted):
        return {}
    return {
        "pictures": len(voted),
        "mean_entropy_bits": float(_entropy(voted).mean()),
        "unanimous": float(((voted.max(axis=1) > 0.999) & has_label).mean()),
        "without_majority": float((~has_label).mean()),
    }


def _criticism(manifest: Manifest, critic: Critic | None, progress: Progress) -> Criticism:
    """What a critic has to say of the labels, and how much that is worth."""
    if critic is None:
        return Criticism(None, 0, "no classifier was to look for them")
    known = critic.known(manifest)
    if not len(known):
        told = f"{critic.name} knows none of the labels {', '.join(manifest.facts.labels)}"
        return Criticism(None, 0, told, (f"{told}: suspicious ones were not looked for",))
    rows = _suspicious(manifest, known, critic.classifier, progress)
    how = f"{critic.name} is at least {SURE:.0%} sure of another; it knows the labels of {len(known):,} pictures"
    if critic.data:
        how += f", and has learnt from {critic.data}"
    if critic.fingerprint != manifest.fingerprint:
        return Criticism(rows, len(known), how)
    learnt = f"{critic.name} has learnt from this very dataset, and seldom doubts a label that it has learnt"
    return Criticism(rows, len(known), f"{how}. {learnt}", (f"{learnt}: many that are wrong may be missing",))


def _suspicious(
    manifest: Manifest, known: NDArray[np.int64], classifier: EmotionClassifier, progress: Progress
) -> list[int]:
    """Those of the known rows whose label a classifier is sure is another of its own, surest first."""
    plan = _plan_of(classifier, manifest.facts)
    unkept = replace(manifest, folder=None)  # crops that are looked at once are not worth a place on the disk
    found: list[tuple[float, int]] = []
    for start in range(0, len(known), _AT_A_TIME):
        rows = known[start : start + _AT_A_TIME]
        lot = take_lot(unkept.select(rows), plan)
        crops = recut(lot.images, lot.placements, classifier.crop.size)
        images = crops[..., None] if crops.ndim == 3 else crops[..., ::-1]
        scores = classifier.classify(FaceCrops(np.ascontiguousarray(images), classifier.crop))
        for row, shares in zip(rows, scores.probabilities, strict=True):
            winner = int(shares.argmax())
            if manifest.facts.labels[manifest.label[row]] != scores.labels[winner] and shares[winner] >= SURE:
                found.append((float(shares[winner]), int(row)))
        progress("labels", len(rows) + start, len(known))
    return [row for _, row in sorted(found, key=lambda one: -one[0])]


def _plan_of(classifier: EmotionClassifier, facts: Facts) -> CropPlan:
    """How a classifier wants faces to be cut."""
    spec = classifier.crop
    if not isinstance(spec, CropSpec):
        raise UsageError(
            "this model cuts faces by their boxes, which manifests do not hold: name another with --emotion"
        )
    layout = CropLayout("served", spec.size, spec.template)  # type: ignore[arg-type]  # five points, always
    side = facts.ready_made_px
    return CropPlan(layout, "grey" if spec.channels == "grey" else "rgb", side or held_px(spec.size), bool(side))


def _sizes(manifest: Manifest) -> dict[str, Any]:
    rows = np.unique(np.linspace(0, len(manifest) - 1, min(len(manifest), _SIZES_FROM)).astype(np.int64))
    sizes = [(pixels.width, pixels.height) for pixels in (open_picture(manifest.pictures[row]) for row in rows)]
    common = Counter(f"{width}×{height}" for width, height in sizes).most_common(5)
    quartiles = np.percentile(np.min(sizes, axis=1), (0, 25, 50, 75, 100)).tolist()
    return {"looked_at": len(rows), "shorter_side_px": quartiles, "most_common": dict(common)}


def _samples(manifest: Manifest, seed: int) -> dict[str, list[Picture]]:
    generator = np.random.default_rng(seed)
    return {
        label: [
            _picture(manifest, int(row))
            for row in generator.permutation(np.flatnonzero(manifest.label == place))[:_SAMPLES]
        ]
        for place, label in enumerate(manifest.facts.labels)
    }


def _finding(title: str, rows: Sequence[int] | None, manifest: Manifest, why: str) -> Finding:
    shown = [_picture(manifest, row) for row in (rows or ())[:_MOST_SHOWN]]
    return Finding(title, why, None if rows is None else len(rows), shown)


def _picture(manifest: Manifest, row: int) -> Picture:
    label = manifest.label[row]
    said = manifest.facts.labels[label] if label != NO_LABEL else "no label that is agreed on"
    votes = manifest.votes[row]
    told = ", ".join(f"{name} {share:.0%}" for name, share in zip(manifest.facts.labels, votes, strict=True) if share)
    where = f"row {row}, {manifest.split[row]}"
    return Picture(embedded(open_picture(manifest.pictures[row])), said, f"{where}; {told}" if told else where)
