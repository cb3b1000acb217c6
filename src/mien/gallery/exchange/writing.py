"""Writing an archive of people: out of the store, person by person, into a zip that may be sealed."""

import hashlib
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from io import BytesIO
from typing import BinaryIO, cast, get_args

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.domain.errors import PersonUnknown, StoreError
from mien.domain.faces import EmbeddingModel
from mien.domain.people.consent import Consent
from mien.domain.people.people import Person
from mien.gallery.exchange.records import (
    FORMAT,
    MANIFEST,
    VERSION,
    ConsentRecord,
    Kept,
    Manifest,
    Member,
    PersonRecord,
    PictureRecord,
    written_manifest,
    written_person,
)
from mien.gallery.kept_crops import KeptCrops, LostPicture
from mien.store.moving.transfer import KeptPerson, TransferStore
from mien.store.vault.passphrase import SealingWriter

Counts = tuple[int, int, int]
"""How many people, pictures and templates."""

_EPOCH = (1980, 1, 1, 0, 0, 0)  # members have no time of their own


class ArchiveWriter:
    """Writes archives of people, by whichever version of mien."""

    def __init__(self, transfers: TransferStore, crops: KeptCrops, version: str) -> None:
        self._transfers = transfers
        self._crops = crops
        self._version = version
        self._left_out = 0

    @property
    def left_out(self) -> int:
        """How many pictures are not in what was last written or foreseen: nothing of them could be taken in."""
        return self._left_out

    @property
    def lost(self) -> tuple[LostPicture, ...]:
        """The pictures that could not be opened: they are in what was written as pictures that are not stored."""
        return self._crops.lost

    def write(self, file: BinaryIO, people: Sequence[Person], at: datetime, passphrase: str = "") -> Counts:
        """Write people into a file, sealed where there is a passphrase; raises OSError, StoreError."""
        if not passphrase:
            return self._written(file, people, at)
        sealing = SealingWriter(file, passphrase)
        counts = self._written(cast("BinaryIO", sealing), people, at)
        sealing.finish()
        return counts

    def foresee(self, people: Sequence[Person]) -> Counts:
        """What `write` would come to; raises StoreError."""
        count = pictures = templates = self._left_out = 0
        for kept in self._taken_out(people):
            there = sum(bool(one.picture.templates or one.picture.crop) for one in kept.pictures)
            count, pictures = count + 1, pictures + there
            self._left_out += len(kept.pictures) - there
            templates += sum(len(one.picture.templates) for one in kept.pictures)
        return count, pictures, templates

    def _written(self, file: BinaryIO, people: Sequence[Person], at: datetime) -> Counts:
        with zipfile.ZipFile(file, "w") as archive:
            members = _Members(archive)
            columns: dict[EmbeddingModel, _Columns] = defaultdict(_Columns)
            count = pictures = self._left_out = 0
            for kept in self._taken_out(people):
                written = self._write_person(members, kept, columns)
                count, pictures = count + 1, pictures + written
                self._left_out += len(kept.pictures) - written
            for number, held in enumerate(columns.values()):
                members.add(f"templates/{number}.npz", held.packed(), is_packed=True)
            templates = sum(len(held.vectors) for held in columns.values())
            counts = (count, pictures, templates)
            manifest = Manifest(FORMAT, VERSION, self._version, at, tuple(columns), *counts, members.listed)
            members.add(MANIFEST, written_manifest(manifest))
        return counts

    def _taken_out(self, people: Sequence[Person]) -> Iterator[KeptPerson]:
        """People with all that is kept of them, but those who went away meanwhile."""
        for one in people:
            with suppress(PersonUnknown):
                kept = self._transfers.take_out(one.person_id)
                if kept.person.standing in get_args(Kept):
                    yield kept

    def _write_person(self, members: "_Members", kept: KeptPerson, columns: "dict[EmbeddingModel, _Columns]") -> int:
        """Write a person; of how many pictures."""
        uid, records = kept.person.uid, list[PictureRecord]()
        for one in kept.pictures:
            picture, number = one.picture, len(records) + 1
            image = self._crops.image(picture.crop, kept.person.person_id)
            if image is None and not picture.templates:
                continue
            if image is not None:
                members.add(f"pictures/{uid}/{number}.png", png_of(image), is_packed=True)
            for template in picture.templates:
                columns[template.model].add(uid, number, template.variant, template.vector)
            records.append(
                PictureRecord(
                    number,
                    picture.quality,
                    picture.origin,
                    picture.digest,
                    image is not None,
                    one.created_at,
                    one.state,
                    one.state_at,
                    one.is_vouched,
                )
            )
        person = kept.person
        consents = tuple(_record(consent) for consent in kept.consents)
        whose = (uid, person.name, person.kind, cast("Kept", person.standing), person.created_at)
        told = PersonRecord(*whose, consents, tuple(records))
        members.add(f"people/{uid}.json", written_person(told))
        return len(records)


class _Members:
    """The members of a zip as they are added, with what the manifest says of them."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self.listed: dict[str, Member] = {}

    def add(self, name: str, content: bytes, *, is_packed: bool = False) -> None:
        """Add a member, packed here unless it is already."""
        entry = zipfile.ZipInfo(name, _EPOCH)
        entry.external_attr = 0o600 << 16
        entry.compress_type = zipfile.ZIP_STORED if is_packed else zipfile.ZIP_DEFLATED
        self._archive.writestr(entry, content)
        self.listed[name] = Member(len(content), hashlib.sha256(content).hexdigest())


class _Columns:
    """The templates of one model, as columns."""

    def __init__(self) -> None:
        self.uids: list[str] = []
        self.pictures: list[int] = []
        self.variants: list[str] = []
        self.vectors: list[NDArray[np.float32]] = []

    def add(self, uid: str, picture: int, variant: str, vector: NDArray[np.float32]) -> None:
        self.uids.append(uid)
        self.pictures.append(picture)
        self.variants.append(variant)
        self.vectors.append(vector)

    def packed(self) -> bytes:
        """An ``.npz``."""
        file = BytesIO()
        np.savez(
            file,
            uid=np.array(self.uids),
            picture=np.array(self.pictures, np.int32),
            variant=np.array(self.variants),
            vectors=np.stack(self.vectors),
        )
        return file.getvalue()


def png_of(image: NDArray[np.uint8]) -> bytes:
    """A picture (h, w, 3) BGR as PNG; raises StoreError where it cannot be one."""
    is_encoded, encoded = cv2.imencode(".png", image)
    if not is_encoded:
        raise StoreError(f"a picture of shape {image.shape} cannot be encoded as PNG")
    return encoded.tobytes()


def _record(consent: Consent) -> ConsentRecord:
    moments = (consent.given_at, consent.expires_at, consent.withdrawn_at)
    return ConsentRecord(consent.scope, consent.version, consent.evidence, *moments, consent.text)
