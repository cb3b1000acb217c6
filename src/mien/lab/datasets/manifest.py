"""The manifest: one Parquet file that holds or names every labelled picture of a dataset, whatever it came from."""

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from mien.domain.errors import ResultError, SourceNotFound, SourceUnreadable
from mien.lab.datasets.labels import NO_LABEL
from mien.lab.datasets.pictures import PictureFile

if TYPE_CHECKING:
    import pyarrow

FILE = "manifest.parquet"
SPLITS = ("train", "val", "test")
NO_PERSON = -1
"""The code of whoever is not known."""

_KEY = b"mien.manifest"
_FORMAT = 1
_IMPORT = "import the dataset first, with mien lab import"
Floats = NDArray[np.float32]
Rows = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Facts:
    """What holds for a whole dataset.

    ``ready_made_px`` is the side of pictures that are crops of faces already and share one size, 0 of photographs;
    ``template`` (5, 2) is where the landmarks come to lie in such a crop, in px of it. ``source`` says in words where
    the pictures came from, ``licence`` under which terms they are used. ``is_grey``: no picture has colours, which is
    looked up here so that nobody has to open them all.
    """

    labels: tuple[str, ...]
    source: str
    licence: str = ""
    ready_made_px: int = 0
    template: tuple[tuple[float, float], ...] = ()
    is_grey: bool = False


@dataclass(frozen=True)
class Manifest:
    """n labelled pictures.

    ``pictures`` are encoded bytes or files. ``label`` (n,) are places in the labels, or NO_LABEL; ``votes`` (n, k)
    rows that sum to 1, or of zeros where nobody voted; ``valence_arousal`` (n, 2) in [-1, 1], NaN where missing;
    ``landmarks`` (n, 5, 2) px, NaN where no face was found; ``copies`` (n,) a number that copies of one photograph
    share; ``split`` and ``group`` (n,) words; ``person`` (n,) a code that pictures of one person share, or NO_PERSON.
    ``folder`` is where the dataset lies, if it was read from a disk.
    """

    facts: Facts
    pictures: tuple[bytes | PictureFile, ...]
    label: NDArray[np.int64]
    votes: Floats
    valence_arousal: Floats
    landmarks: Floats
    copies: NDArray[np.int64]
    split: NDArray[np.str_]
    group: NDArray[np.str_]
    person: NDArray[np.int64]
    folder: Path | None = None

    def __len__(self) -> int:
        return len(self.pictures)

    def select(self, rows: Rows) -> Self:
        """The chosen rows (indices or a mask), as a manifest of its own."""
        chosen = np.arange(len(self))[rows]
        columns = {name: getattr(self, name)[chosen] for name in _ARRAYS}
        return replace(self, pictures=tuple(self.pictures[row] for row in chosen), **columns)

    def part(self, split: str) -> Self:
        """The rows of one split."""
        return self.select(self.split == split)

    @property
    def has_face(self) -> NDArray[np.bool_]:
        """Which pictures (n,) landmarks were found in."""
        return np.asarray(np.isfinite(self.landmarks).all(axis=(1, 2)), np.bool_)

    @property
    def targets(self) -> Floats:
        """What is to be learnt (n, k): votes, or the label alone where there are none; zeros where nothing is known."""
        targets = self.votes.copy()
        rows = np.flatnonzero(~targets.any(axis=1) & (self.label != NO_LABEL))
        targets[rows, self.label[rows]] = 1
        return targets

    @cached_property
    def fingerprint(self) -> str:
        """One sha256 of the pictures, as they were at the import, and of their labels, persons, groups and splits.

        The same dataset is to have the same fingerprint everywhere. So what was measured in the pictures, as their
        landmarks, is left out, for its last digits differ from one CPU to another; and what they were called and
        licensed under at the import. Persons count where some are known: without them a dataset is what it was before
        anybody could be named.
        """
        facts = {name: value for name, value in asdict(self.facts).items() if name not in (*_MEASURED, *_CALLED)}
        digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode())
        for picture in self.pictures:
            digest.update(picture if isinstance(picture, bytes) else picture.digest)
        unsaid = _MEASURED if (self.person != NO_PERSON).any() else (*_MEASURED, "person")
        for name in (one for one in _ARRAYS if one not in unsaid):
            column = getattr(self, name)
            digest.update("\n".join(column).encode() if column.dtype.kind == "U" else column.tobytes())
        return digest.hexdigest()


_ARRAYS = ("label", "votes", "valence_arousal", "landmarks", "copies", "split", "group", "person")
_MEASURED = ("is_grey", "template", "landmarks", "copies")
_CALLED = ("source", "licence")


def write_manifest(manifest: Manifest, folder: Path) -> Path:
    """Write the manifest of a dataset into a folder, whole or not at all; raises ResultError."""
    import pyarrow
    import pyarrow.parquet as parquet

    root = folder.resolve()
    encoded = [picture if isinstance(picture, bytes) else None for picture in manifest.pictures]
    files = [picture if isinstance(picture, PictureFile) else None for picture in manifest.pictures]
    columns = {
        "picture": pyarrow.array(encoded, pyarrow.binary()),
        "path": pyarrow.array([file and _stored(file.path, root) for file in files], pyarrow.string()),
        "sha256": pyarrow.array([file and file.digest for file in files], pyarrow.binary(32)),
        "label": pyarrow.array(manifest.label),
        "votes": pyarrow.array(list(manifest.votes), pyarrow.list_(pyarrow.float32())),
        "valence": _nullable(manifest.valence_arousal[:, 0]),
        "arousal": _nullable(manifest.valence_arousal[:, 1]),
        "landmarks": pyarrow.array(list(manifest.landmarks.reshape(-1, 10)), pyarrow.list_(pyarrow.float32())),
        "copies": pyarrow.array(manifest.copies),
        "split": pyarrow.array(manifest.split.tolist(), pyarrow.string()),
        "group": pyarrow.array(manifest.group.tolist(), pyarrow.string()),
        "person": pyarrow.array(manifest.person),
    }
    about = json.dumps({"format": _FORMAT, **asdict(manifest.facts)})
    table = pyarrow.table(columns).replace_schema_metadata({_KEY: about})
    target = folder / FILE
    pending = target.with_suffix(".part")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        parquet.write_table(table, pending, compression="zstd")
        pending.replace(target)
    except OSError as error:
        with suppress(OSError):
            pending.unlink(missing_ok=True)
        raise ResultError(f"{target} could not be written: {error.strerror or error}") from error
    return target


def read_manifest(path: Path) -> Manifest:
    """The manifest of a dataset, by its folder or file; raises SourceNotFound, SourceUnreadable."""
    import pyarrow
    import pyarrow.parquet as parquet

    file = path / FILE if path.is_dir() else path
    if not path.exists():
        raise SourceNotFound(f"{path} does not exist: {_IMPORT}")
    if not file.exists():
        raise SourceNotFound(f"{path} holds no {FILE}: {_IMPORT}")
    try:
        table = parquet.read_table(file)
        about = json.loads((table.schema.metadata or {}).get(_KEY, b"{}"))
        if about.pop("format", None) != _FORMAT:
            raise ValueError(f"it is of no format that this version knows, expected {_FORMAT}")
        return _manifest(table, Facts(**_tuples(about)), file.parent.resolve())
    except (pyarrow.ArrowException, OSError, ValueError, TypeError, KeyError) as error:
        reason = " ".join(str(error).split())
        raise SourceUnreadable(f"{file} is no manifest of mien ({reason}): {_IMPORT}") from error


def _manifest(table: "pyarrow.Table", facts: Facts, root: Path) -> Manifest:
    n, k = table.num_rows, len(facts.labels)
    levels = [table[name].to_numpy().astype(np.float32) for name in ("valence", "arousal")]
    return Manifest(
        facts,
        _pictures(table, root),
        table["label"].to_numpy().astype(np.int64),
        np.array(table["votes"].to_pylist(), np.float32).reshape(n, k),
        np.stack(levels, axis=1),
        np.array(table["landmarks"].to_pylist(), np.float32).reshape(n, 5, 2),
        table["copies"].to_numpy().astype(np.int64),
        np.array(table["split"].to_pylist(), np.str_),
        np.array(table["group"].to_pylist(), np.str_),
        _persons(table),
        root,
    )


def _persons(table: "pyarrow.Table") -> NDArray[np.int64]:
    if "person" not in table.column_names:  # manifests of before know of none
        return np.full(table.num_rows, NO_PERSON, np.int64)
    return np.asarray(table["person"].to_numpy(), np.int64)


def _pictures(table: "pyarrow.Table", root: Path) -> tuple[bytes | PictureFile, ...]:
    encoded, paths = table["picture"].to_pylist(), table["path"].to_pylist()
    digests = table["sha256"].to_pylist() if "sha256" in table.column_names else [None] * len(paths)
    if any(path is not None and digest is None for path, digest in zip(paths, digests, strict=True)):
        raise ValueError("it names pictures without their sha256")
    return tuple(
        PictureFile(root / path, digest) if path is not None else picture
        for picture, path, digest in zip(encoded, paths, digests, strict=True)
    )


def _nullable(column: Floats) -> Any:
    import pyarrow

    return pyarrow.array(column.astype(np.float64), mask=np.isnan(column))


def _stored(path: Path, root: Path) -> str:
    """Relative to the dataset where it lies below it, so that the folder can be moved."""
    whole = path.resolve()
    return whole.relative_to(root).as_posix() if whole.is_relative_to(root) else whole.as_posix()


def _tuples(about: Mapping[str, Any]) -> dict[str, Any]:
    points = tuple(tuple(map(float, point)) for point in about.get("template", ()))
    return {**about, "labels": tuple(about["labels"]), "template": points}
