"""Bringing a model of one's own: from official checkpoints to a card and files that are known to run."""

import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml

from mien.domain.emotions import LABELS_EXPECTED, are_labels, expression_of
from mien.domain.errors import ModelCorrupt, ModelError, ModelMismatch, UsageError
from mien.domain.frame import Pixels
from mien.inference.catalog import Catalog, load_catalog
from mien.inference.conversion.converting import convert
from mien.inference.conversion.file_kind import file_kind
from mien.inference.file_metadata import check_whole
from mien.inference.installed import InstalledModel
from mien.inference.measuring.reference import Trace, traces, verify
from mien.inference.model_card import Family, ModelCard
from mien.inference.opening import every_runtime
from mien.inference.session import Runtime
from mien.vision.imported_card import Wanted, completed, known_card, shipped_card
from mien.vision.reference_scene import reference_input
from mien.vision.trial import check_alive, check_answers

__all__ = ["Imported", "Wanted", "check_name", "import_model", "import_on_every_runtime"]

_LONGEST_NAME = 64  # characters: its files are named after it
_DEVICE = re.compile(r"con|prn|aux|nul|(com|lpt)[0-9]")  # files that Windows gives no names of their own


@dataclass(frozen=True, slots=True)
class Imported:
    """A model that was found to run: its card, its files by the names the card gives them, and its stored outputs.

    ``proven_on`` are the runtimes that gave the same outputs.
    """

    card: ModelCard
    files: dict[str, Path]
    stored: tuple[Trace, ...]
    proven_on: tuple[str, ...]


def import_model(
    wanted: Wanted, catalog: Catalog, runtimes: Sequence[Runtime], scene: Pixels, folder: Path
) -> Imported:
    """Convert the files into ``folder`` and prove that they run as a model of the family.

    Every runtime has to give the same numbers, and the task that they are for an answer of the right form on the
    picture ``scene``. Raises ModelError or UsageError, with what was expected: nothing is kept anywhere but in
    ``folder``.
    """
    family = catalog.family(wanted.family)
    name = _name(wanted, catalog)
    _check_labels(wanted, family)
    _check_number(wanted.files, family)
    same = shipped_card(wanted, catalog)
    paths = tuple(
        _converted(path, family, folder / f"{name}@{number}.onnx")  # no shipped file has an @ in its name
        for number, path in enumerate(wanted.files)
    )
    files = {path.name: file.name for path, file in zip(paths, wanted.files, strict=True)}
    with _as_mismatch(family, files), np.errstate(all="ignore"):  # what is no number is told when the network is tried
        card = completed(known_card(name, wanted, same, paths), wanted, family, paths, runtimes[0])
        stored = _proven(card, family, paths, runtimes, scene)
    return Imported(card, {path.name: path for path in paths}, stored, tuple(one.name for one in runtimes))


def import_on_every_runtime(wanted: Wanted, home: Path, scene: Pixels, folder: Path) -> Imported:
    """As `import_model`, beside the models of a home and on all runtimes that import here.

    For a process of its own, in which nothing of the wiring needs to be imported: that takes longer than most networks.
    """
    return import_model(wanted, load_catalog(home=home), every_runtime(("onnxruntime", "openvino")), scene, folder)


def _proven(
    card: ModelCard, family: Family, paths: tuple[Path, ...], runtimes: Sequence[Runtime], scene: Pixels
) -> tuple[Trace, ...]:
    """What the model gives, after all runtimes were found to agree on it and its task to work."""
    first, *others = (InstalledModel(card, paths, runtime) for runtime in runtimes)
    stored = traces(first, reference_input)
    check_alive(first)
    check_answers(first, family, scene)
    for model in others:
        if not (verdict := verify(model, stored, reference_input)).is_right:
            raise ModelError(f"{model.runtime.name} and {first.runtime.name} disagree on it: {verdict.reason}")
    return stored


@contextmanager
def _as_mismatch(family: Family, files: Mapping[str, str]) -> Iterator[None]:
    """Whatever a network of another kind makes a family stumble over, in one sentence.

    ``files`` are the names of those that somebody wants to import, by those of what was made of them.
    """
    try:
        yield
    except (ModelCorrupt, KeyError, IndexError, ValueError, TypeError) as error:
        reason = f"it has no output {error}" if isinstance(error, KeyError) else " ".join(str(error).split())
        for converted, file in files.items():
            reason = reason.replace(converted, file)
        what = "is no {} network" if len(files) == 1 else "are no {} networks"
        names = " and ".join(files.values())
        raise ModelMismatch(f"{names} {what.format(family.task)} of the family {family.name}: {reason}") from error


def _check_labels(wanted: Wanted, family: Family) -> None:
    """Raise UsageError where labels make no sense."""
    if wanted.labels and family.task != "emotion":
        raise UsageError(f"{family.name} is a family of {family.task} models; only expression networks have labels")
    if not are_labels(map(expression_of, wanted.labels)):
        raise UsageError(f"{','.join(wanted.labels)!r} are no labels; {LABELS_EXPECTED}")


def _name(wanted: Wanted, catalog: Catalog) -> str:
    name = wanted.name or _from_file(wanted)
    check_name(name, catalog)
    return name


def check_name(name: str, catalog: Catalog) -> None:
    """Raise ModelError where a model cannot have a name, or another has it."""
    if any(card.name == name for card in catalog.models):
        raise ModelError(f"there is a model called {name} already; remove yours, or choose another with --name")
    if not re.fullmatch(rf"[a-z0-9]([a-z0-9._-]{{0,{_LONGEST_NAME - 2}}}[a-z0-9_-])?", name):
        raise ModelError(
            f"{name[: 2 * _LONGEST_NAME]!r} is no name for a model: expected up to {_LONGEST_NAME} small letters, "
            "digits, dots, hyphens and underscores, a letter or digit first and no dot last"
        )
    if _has_meaning(name):
        raise ModelError(f"{name!r} is no name for a model: to settings or file systems it means something else")


def _from_file(wanted: Wanted) -> str:
    """The name that a model gets from its file."""
    name = re.sub(r"[^a-z0-9._-]+", "-", wanted.files[0].stem.lower())[:_LONGEST_NAME].strip("-._")
    return f"{wanted.family}-{name}".strip("-") if not name or _has_meaning(name) else name


def _has_meaning(name: str) -> bool:
    """Whether a name is none where it is written: a number, date or switch in YAML, no model, a device of Windows."""
    node = yaml.compose(name, yaml.SafeLoader)
    is_text = node is not None and node.tag == "tag:yaml.org,2002:str"
    return not is_text or name == "none" or _DEVICE.fullmatch(name.partition(".")[0]) is not None


def _check_number(files: tuple[Path, ...], family: Family) -> None:
    """Raise ModelError where a family takes no files, or another number of them."""
    if not family.formats:
        raise ModelError(f"{family.name} runs on what mien brings along: there is nothing to import")
    if len(files) != len(family.files):
        raise ModelError(f"{family.name} takes {len(family.files)} files ({', '.join(family.files)}), got {len(files)}")


def _converted(path: Path, family: Family, target: Path) -> Path:
    kind = file_kind(path)
    if kind not in family.formats:
        known = " or ".join(sorted(family.formats))
        raise ModelMismatch(f"{path.name} is a file of {kind}; {family.name} is imported from {known}")
    if converter := family.formats[kind]:
        try:
            convert(converter, path, target)
        except ModelCorrupt as error:
            reason = re.sub(rf"^{re.escape(path.name)} cannot be (read|converted)( as an? [\w ]+)?: ", "", str(error))
            raise ModelCorrupt(f"{path.name} cannot be imported as {family.name}: {reason}") from error
    else:
        check_whole(path)
        shutil.copyfile(path, target)
    return target
