"""Reading an archive of people that anybody may have made: all of it is looked at before any of it is taken in."""

import hashlib
import struct
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.domain.errors import GalleryError, SourceNotFound, SourceUnreadable, StoreError, UsageError
from mien.domain.faces import EmbeddingModel
from mien.domain.people.people import Person
from mien.gallery.exchange.arrivals import Arriving
from mien.gallery.exchange.members import Members, arrays_of
from mien.gallery.exchange.records import (
    MANIFEST,
    MEMBER,
    Manifest,
    PersonRecord,
    PictureRecord,
    read_manifest,
    read_person,
)
from mien.gallery.kept_crops import KEPT_CROP
from mien.gallery.names import name_to_enrol
from mien.store.moving.transfer import KeptPerson, KeptPicture
from mien.store.people import NewPicture, NewTemplate
from mien.store.vault.passphrase import OpeningReader, is_sealed

_LARGEST_PX = 1024  # a side of what may be a crop of a face: larger ones are not even opened
_MOST_NUMBERS = 65_536  # of a vector
_NOT_UNIT = 1e-3
_PNG = b"\x89PNG\r\n\x1a\n"
_ZIP = b"PK"
_NOT_OURS = (
    "it is damaged, or nothing that mien people export wrote: mien people enrol NAME takes single pictures, and import "
    "a folder with a folder of pictures for each person"
)
_IHDR = struct.Struct(">II")

Embedded = dict[tuple[str, int], list[NewTemplate]]


@contextmanager
def opened_archive(path: Path, passphrase: str = "") -> Iterator["Archive"]:
    """An archive that is whole and well-formed to its last byte.

    Raises SourceNotFound, SourceUnreadable with what is wrong with it, UsageError where it asks for a passphrase.
    """
    try:
        file = path.open("rb")
    except FileNotFoundError as error:
        raise SourceNotFound(f"there is no file {path}") from error
    except OSError as error:
        raise SourceUnreadable(f"{path} cannot be read: {error.strerror}") from error
    with file:
        is_encrypted = is_sealed(file)
        if is_encrypted and not passphrase:
            raise UsageError(f"{path} is encrypted: --passphrase-file or MIEN_PASSPHRASE opens it")
        try:
            if not is_encrypted and not _is_zip(file):
                raise ValueError(_NOT_OURS)
            plain = BufferedReader(OpeningReader(file, passphrase)) if is_encrypted else file
            archive = Archive(plain, path.stat().st_size)
        except (ValueError, GalleryError, StoreError) as error:
            raise SourceUnreadable(f"{path} cannot be taken in, and nothing of it was: {error}") from error
        yield archive


def _is_zip(file: BinaryIO) -> bool:
    begins = file.read(len(_ZIP))
    file.seek(0)
    return begins == _ZIP


class Archive:
    """An archive that was looked through. Not for several threads, and only while it is open."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        """Raises ValueError, in words for a person, or GalleryError where a name cannot be one."""
        self._members = Members(file, size, lambda name: name == MANIFEST or bool(MEMBER.fullmatch(name)), MANIFEST)
        if MANIFEST not in self._members.names:
            raise ValueError("it is no archive of people")
        self.manifest: Manifest = read_manifest(self._members.read(MANIFEST))
        if {*self.manifest.members} != self._members.names - {MANIFEST}:
            raise ValueError("it does not hold what its manifest says")
        if len({*self.manifest.models}) != len(self.manifest.models):
            raise ValueError("its manifest names a model twice")
        self._embedded = self._templates()
        records = [self._person(name) for name in sorted(self._members.names) if name.startswith("people/")]
        self._records = tuple(records)
        self._odd = self._checked()

    @property
    def odd_crops(self) -> int:
        """How many pictures it holds that are not cut as kept ones are: these come without, for no network takes them.

        What else there is of such pictures comes all the same.
        """
        return len(self._odd)

    def __iter__(self) -> Iterator[Arriving]:
        """Everybody, with what opens their crops."""
        for record in self._records:
            yield Arriving(self._kept(record), partial(self._crop, record))

    def _read(self, name: str) -> bytes:
        """A member; raises ValueError where it is not what the manifest says."""
        told = self.manifest.members[name]
        if self._members.length(name) != told.bytes:
            raise ValueError(f"{name} is not as long as its manifest says")
        content = self._members.read(name)
        if hashlib.sha256(content).hexdigest() != told.sha256:
            raise ValueError(f"{name} is not what its manifest says")
        return content

    def _person(self, name: str) -> PersonRecord:
        record = read_person(self._read(name))
        if name != f"people/{record.uid}.json":
            raise ValueError(f"{name} is of somebody else")
        if bool(record.name) != (record.kind == "enrolled") or (
            record.name and name_to_enrol(record.name) != record.name
        ):
            raise ValueError(f"{name} has no name that could be kept")
        if len({one.number for one in record.pictures}) != len(record.pictures):
            raise ValueError(f"{name} has two pictures of one number")
        return record

    def _templates(self) -> Embedded:
        found: Embedded = defaultdict(list)
        for number, model in enumerate(self.manifest.models):
            name = f"templates/{number}.npz"
            if name not in self._members.names:
                raise ValueError(f"it has no {name}")
            for uid, picture, template in _rows(self._read(name), model, name):
                found[uid, picture].append(template)
        return found

    def _checked(self) -> frozenset[str]:
        """The crops that are not cut as is usual.

        Raises ValueError where crops, people and templates do not belong together, or are not as many as they say.
        """
        numbers = {(record.uid, one.number) for record in self._records for one in record.pictures}
        with_crop = {_crop_name(record, one) for record in self._records for one in record.pictures if one.has_crop}
        crops = {name for name in self._members.names if name.startswith("pictures/")}
        if crops != with_crop or not self._embedded.keys() <= numbers:
            raise ValueError("its pictures and templates are not those of its people")
        templates = sum(map(len, self._embedded.values()))
        manifest = self.manifest
        if (manifest.people, manifest.pictures, manifest.templates) != (len(self._records), len(numbers), templates):
            raise ValueError("it does not hold as many as its manifest says")
        usual = (KEPT_CROP.size, KEPT_CROP.size, 3)
        return frozenset(name for name in crops if _image(self._read(name)).shape != usual)

    def _crop(self, record: PersonRecord, place: int) -> NDArray[np.uint8] | None:
        picture = record.pictures[place]
        if not self._has_crop(record, picture):
            return None
        try:
            return _image(self._read(_crop_name(record, picture)))
        except ValueError as error:
            raise SourceUnreadable(f"the archive changed while it was read: {error}") from error

    def _has_crop(self, record: PersonRecord, picture: PictureRecord) -> bool:
        return picture.has_crop and _crop_name(record, picture) not in self._odd

    def _kept(self, record: PersonRecord) -> KeptPerson:
        person = Person("", record.name, record.kind, record.created_at, record.uid, record.standing)
        pictures = tuple(
            KeptPicture(
                NewPicture(
                    tuple(self._embedded.get((record.uid, one.number), ())), one.quality, one.origin, one.digest,
                    "yes" if self._has_crop(record, one) else "",
                ),
                one.created_at,
                one.state,
                one.state_at,
                one.is_vouched,
            )
            for one in record.pictures
        )  # fmt: skip
        return KeptPerson(person, tuple(one.of("") for one in record.consents), pictures)


def _crop_name(record: PersonRecord, picture: PictureRecord) -> str:
    """What the crop of a picture is called in an archive."""
    return f"pictures/{record.uid}/{picture.number}.png"


def _rows(content: bytes, model: EmbeddingModel, name: str) -> Iterator[tuple[str, int, NewTemplate]]:
    try:
        arrays = arrays_of(content)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error
    vectors = checked_vectors(arrays.get("vectors"))
    columns = [arrays.get(key) for key in ("uid", "picture", "variant")]
    if vectors is None or any(column is None or column.shape != (len(vectors),) for column in columns):
        raise ValueError(f"{name} does not hold templates")
    seen = set[tuple[str, int, str]]()
    for uid, picture, variant, vector in zip(
        *(column.tolist() for column in columns if column is not None), vectors, strict=True
    ):
        if variant not in ("plain", "distant"):
            raise ValueError(f"{name} holds a kind of template that nobody knows")
        if (str(uid), int(picture), variant) in seen:
            raise ValueError(f"{name}, row {len(seen) + 1}: its picture has a {variant} template already")
        seen.add((str(uid), int(picture), variant))
        yield str(uid), int(picture), NewTemplate(vector, model, variant)


def checked_vectors(given: NDArray[np.generic] | None) -> NDArray[np.float32] | None:
    """Vectors (m, d) float32 of unit length, or none where these are none; the first row that is not is told.

    Raises ValueError.
    """
    if given is None or given.ndim != 2 or given.dtype.kind != "f" or not 2 <= given.shape[1] <= _MOST_NUMBERS:
        return None
    with np.errstate(all="ignore"):
        vectors = given.astype(np.float32)
        lengths = np.linalg.norm(vectors, axis=1)
        is_unit = np.abs(lengths - 1) <= _NOT_UNIT
    if not is_unit.all():
        row = int(np.argmin(is_unit))
        length = lengths[row]
        told = f"has a length of {length:.3g}, not of 1" if np.isfinite(length) else "holds what is no number"
        raise ValueError(f"the vector in row {row + 1} {told}")
    return vectors


def _image(content: bytes) -> NDArray[np.uint8]:
    """The picture (h, w, 3) BGR of a PNG; one that says it is large is not looked at any further."""
    if not content.startswith(_PNG) or len(content) < 33:
        raise ValueError("it holds a picture that is none")
    if max(_IHDR.unpack_from(content, 16)) > _LARGEST_PX:
        raise ValueError(f"it holds a picture of more than {_LARGEST_PX} px a side, which is no crop of a face")
    image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    if image is None:
        raise ValueError("it holds a picture that is damaged")
    return np.asarray(image, np.uint8)
