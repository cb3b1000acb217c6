"""What the card of an imported model says: what the catalogue knows of its files, and what they say of themselves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Literal

import numpy as np

from mien.domain.emotions import LABELS_EXPECTED, are_labels, expression_of
from mien.domain.errors import ModelCorrupt, ModelMismatch, UsageError
from mien.inference.batches import Floats
from mien.inference.catalog import Catalog, inherited
from mien.inference.conversion.output_names import LOGITS, PROBABILITIES
from mien.inference.file_metadata import sha256_of, stated_card, stated_input
from mien.inference.installed import InstalledModel
from mien.inference.model_card import (
    BoxLayout,
    Checkpoint,
    Family,
    InputLayout,
    ModelCard,
    OutputLayout,
    WeightFile,
)
from mien.inference.session import Runtime
from mien.vision.detection.detector import DetectionSettings
from mien.vision.loading import load_detector, stated_labels

_VALENCE_AROUSAL = 2
_ACTIVATIONS: dict[str, Literal["none", "softmax"]] = {PROBABILITIES: "none", LOGITS: "softmax"}

_LOOSER = {"copyleft": ("any",), "research-only": ("any", "copyleft")}
"""Which terms allow more than each."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody wants to import: files of a family, under a name, with labels where they are not the family's.

    ``terms`` are what the card is to say of use and licence, by its fields, where they are not the family's.
    """

    family: str
    files: tuple[Path, ...]
    name: str = ""
    labels: tuple[str, ...] = ()
    terms: Mapping[str, str] = field(default_factory=dict)


def shipped_card(wanted: Wanted, catalog: Catalog) -> ModelCard | None:
    """The model that the catalogue ships of the wanted files, if there is one.

    Raises ModelMismatch where a file is there twice, not in its place or of a model of another family, ModelCorrupt
    where one cannot be read, and UsageError where the wanted terms allow more than those that a file has, or the
    labels are others.
    """
    family, digests = catalog.family(wanted.family), [_digest(path) for path in wanted.files]
    if len(set(digests)) < len(digests):
        raise ModelMismatch(f"{family.name} takes {len(digests)} files ({', '.join(family.files)}), one is there twice")
    shipped = [card for card in catalog.cards() if not card.is_imported]
    for path, digest in zip(wanted.files, digests, strict=True):
        known = [card for card in shipped if digest in _digests(card)]
        own = [card for card in known if card.family == family.name]
        if known and not own:
            named = " and ".join(f"{card.name} of the family {card.family}" for card in known)
            raise ModelMismatch(f"{path.name} is the file of {named}; it is none of the family {family.name}")
        for card in own:
            _check_terms(path, card, wanted)
    same = _same(digests, [card for card in shipped if card.family == family.name], family)
    if same and wanted.labels and tuple(map(expression_of, wanted.labels)) != same.labels:
        raise UsageError(f"this is the file of {same.name}, of which the labels are known: {', '.join(same.labels)}")
    return same


def known_card(name: str, wanted: Wanted, same: ModelCard | None, paths: tuple[Path, ...]) -> ModelCard:
    """The card as far as it is known without running anything, of the ``paths`` that were made from the wanted files.

    What is known of the ``same`` model, which the catalogue ships of these very files, holds; without one what is known
    of the family, and what the first file says of itself where the lab wrote it.
    """
    files = tuple(map(_weight_file, paths, wanted.files))
    row = {one.name: getattr(same, one.name) for one in fields(ModelCard)} if same else {}
    own = {
        "name": name,
        "description": f"imported from {', '.join(path.name for path in wanted.files)}",
        "files": files,
        "is_imported": True,
    }
    return inherited(wanted.family, {**row, **own, **stated_card(paths[0]), **wanted.terms})


def completed(card: ModelCard, wanted: Wanted, family: Family, paths: tuple[Path, ...], runtime: Runtime) -> ModelCard:
    """The card with what the files say of themselves and what their networks take and give.

    Raises ModelMismatch where that is not what the family's do.
    """
    session = runtime.load(paths[0])
    assert card.input is not None
    layout = _fitted(stated_input(paths[0], card.input), session.input_shape[1:], family)
    card = replace(card, input=layout)
    if card.task == "emotion":
        outputs = session.run(np.zeros((1, *layout.shape), np.float32))
        given = tuple(map(expression_of, wanted.labels))
        stated = [labels for labels in (given, stated_labels(paths[0])) if labels]
        labels, output = _labels(stated[:1] or [card.labels, *family.more_labels], family, outputs)
        card = replace(card, labels=labels, output=output)
    if card.task == "detection":  # of a family some files have landmarks, some not
        detector = load_detector(InstalledModel(card, paths, runtime), DetectionSettings())
        card = replace(card, has_landmarks=detector.landmarks == "measured")
    return card


def _same(digests: list[str], shipped: Sequence[ModelCard], family: Family) -> ModelCard | None:
    """The model of a family that is made of files of these sha256, if there is one; raises ModelMismatch."""
    for card in shipped:
        if _digests(card) == digests:
            return card
        if sorted(_digests(card)) == sorted(digests):
            raise ModelMismatch(f"{family.name} takes {', '.join(family.files)}, the files are in another order")
    return None


def _check_terms(path: Path, card: ModelCard, wanted: Wanted) -> None:
    """Raise UsageError where the wanted terms allow more than those of the card, whose file this is."""
    use = wanted.terms.get("allowed_use", "")
    if use in _LOOSER.get(card.allowed_use, ()):
        raise UsageError(
            f"{path.name} is the file of {card.name}, which is {card.allowed_use} (licence of its weights: "
            f"{card.licence_weights}); it cannot be imported as {use!r}, which allows more"
        )


def _digests(card: ModelCard) -> list[str]:
    return [file.sha256 for file in card.files]


def _digest(path: Path) -> str:
    try:
        return sha256_of(path)
    except OSError as error:
        raise ModelCorrupt(f"{path.name} cannot be read: {error.strerror or error}") from error


def _weight_file(path: Path, checkpoint: Path) -> WeightFile:
    origin = Checkpoint(checkpoint.name, checkpoint.stat().st_size, sha256_of(checkpoint))
    return WeightFile(path.name, path.stat().st_size, sha256_of(path), origin=origin)


def _fitted(layout: InputLayout, taken: tuple[int | None, ...], family: Family) -> InputLayout:
    """The layout at the size that a network takes; raises ModelMismatch where it takes something else."""
    channels, height, width = layout.shape
    wanted = f"(height, width, {channels})" if layout.is_channels_last else f"({channels}, height, width)"
    sizes = (*taken[-1:], *taken[:-1]) if layout.is_channels_last else taken
    has_channels = len(sizes) == len(layout.shape) and sizes[0] in (None, channels)
    if not has_channels or (sizes[0] is None and channels in sizes):  # a free one, and they are elsewhere
        raise ModelMismatch(f"{family.name} takes pictures {wanted}, this network takes {taken}")
    if family.takes_any_size:
        return layout
    shape = (channels, sizes[1] or height, sizes[2] or width)
    if shape == layout.shape or layout.crop is None:
        return replace(layout, shape=shape)
    if shape[1] != shape[2] or shape[1] not in family.more_sizes_px or not isinstance(layout.crop, BoxLayout):
        known = " or ".join(f"{size}×{size}" for size in (height, *family.more_sizes_px))
        raise ModelMismatch(
            f"{family.name} takes pictures of {known} px, this network of {shape[2]}×{shape[1]}: how those have to be "
            "normalised is not known"
        )
    crop = replace(layout.crop, size=shape[1], alignment=layout.crop.alignment.replace(str(height), str(shape[1])))
    return replace(layout, shape=shape, crop=crop)


def _labels(
    asked: Sequence[tuple[str, ...]], family: Family, outputs: Mapping[str, Floats]
) -> tuple[tuple[str, ...], OutputLayout]:
    """Those of the labels that a network gives scores of, and how these are laid out, by its outputs of one picture."""
    count = next(iter(outputs.values())).size
    activation = _ACTIVATIONS.get(next(iter(outputs)), family.output.activation)
    if family.output.valence_arousal == "output":
        return _fitting(asked, count, family), OutputLayout(activation, "output" if len(outputs) > 1 else "none")
    has_columns = any(len(labels) + _VALENCE_AROUSAL == count for labels in asked)
    if family.output.valence_arousal == "columns" and has_columns and all(len(labels) != count for labels in asked):
        return _fitting(asked, count - _VALENCE_AROUSAL, family), OutputLayout(activation, "columns")
    return _fitting(asked, count, family), OutputLayout(activation)


def _fitting(asked: Sequence[tuple[str, ...]], count: int, family: Family) -> tuple[str, ...]:
    for labels in asked:
        if len(labels) == count:
            if not are_labels(labels):
                raise ModelMismatch(f"its file states the labels {', '.join(map(repr, labels))}; {LABELS_EXPECTED}")
            return labels
    listed = " or ".join(f"{len(labels)} ({', '.join(labels)})" for labels in asked)
    raise ModelMismatch(f"this {family.name} network gives {count} scores, expected as many as labels: {listed}")
