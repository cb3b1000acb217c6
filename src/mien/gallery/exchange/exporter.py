"""Writing people to files that are handed over: each is on record, and known of where it lies outside the home."""

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from mien.domain.clock import Clock
from mien.domain.errors import GalleryError, UsageError
from mien.domain.faces import EmbeddingModel
from mien.domain.people.people import Person
from mien.gallery.exchange.files import check_free, outgoing_file, part_of
from mien.gallery.exchange.records import SUFFIX
from mien.gallery.exchange.table_files import write_csv, write_npz
from mien.gallery.exchange.tables import table_of
from mien.gallery.exchange.writing import ArchiveWriter, Counts
from mien.gallery.kept_crops import LostPicture
from mien.gallery.witness import Witness
from mien.store.journal import Fact
from mien.store.outputs import noted
from mien.store.records import Records


@dataclass(frozen=True, slots=True)
class Exported:
    """What a file came to: numbers of people, pictures and templates, SHA-256, and whether it is sealed.

    The SHA-256 is empty where it was not written. Pictures that are ``lost`` are in it as ones that are not stored; so
    many are ``left_out``, for neither a template nor a file is kept of them.
    """

    path: Path
    people: int
    pictures: int
    templates: int
    digest: str
    is_encrypted: bool
    lost: tuple[LostPicture, ...] = ()
    left_out: int = 0


class Exporter:
    """Writes people to files, or rehearses it: then it says what it would write.

    Every method raises ResultError, StoreError, and UsageError for a place in the home, or one where a file is already
    unless it ``overwrites``. In the home nothing lies in plain, and nothing that would be missed where somebody is
    forgotten: but for archives that are sealed with a passphrase, in the folder of exports.
    """

    def __init__(
        self,
        records: Records,
        writer: ArchiveWriter,
        witness: Witness,
        clock: Clock,
        *,
        overwrites: bool = False,
        is_rehearsal: bool = False,
    ) -> None:
        self._records = records
        self._writer = writer
        self._witness = witness
        self._clock = clock
        self._overwrites = overwrites
        self._is_rehearsal = is_rehearsal

    def write_archive(self, path: Path | None, people: Sequence[Person], passphrase: str = "") -> Exported:
        """Write people whole, sealed where there is a passphrase; without a path among the exports of the home."""
        now, home = self._clock.now(), self._records.home
        place = path or home.exports / f"gallery-{now:%Y%m%d-%H%M%S}{SUFFIX}"
        if home.holds(place) and not passphrase:
            raise UsageError(
                f"an archive in the home, {place}, is sealed with a passphrase; choose a place outside, or one"
            )
        if home.holds(place) and place.resolve().parent != home.exports.resolve():
            raise UsageError(f"{place} lies in the home, where archives are in {home.exports} only")
        check_free(place, overwrites=self._overwrites)
        if self._is_rehearsal:
            foreseen = Exported(place, *self._writer.foresee(people), "", bool(passphrase))
            return replace(foreseen, left_out=self._writer.left_out)
        exported = self._written(
            place, people, lambda file: self._writer.write(file, people, now, passphrase), is_encrypted=bool(passphrase)
        )
        return replace(exported, lost=self._writer.lost, left_out=self._writer.left_out)

    def write_table(self, path: Path, people: Sequence[Person], model: EmbeddingModel, *, is_csv: bool) -> Exported:
        """Write what one model says of people; raises GalleryError where that is nothing."""
        self._records.home.check_outside(path)
        check_free(path, overwrites=self._overwrites)
        table = table_of(self._records.transfers, people, model)
        if not len(table):
            raise GalleryError(f"nobody of them is known by {model}")
        pictures = len({*zip(table.uids, table.pictures, strict=True)})
        counts = (len({*table.uids}), pictures, len(table))
        if self._is_rehearsal:
            return Exported(path, *counts, "", is_encrypted=False)

        def write(file: BinaryIO) -> Counts:
            (write_csv if is_csv else write_npz)(file, table)
            return counts

        written = [one for one in people if one.uid in {*table.uids}]
        return self._written(path, written, write, is_encrypted=False)

    def _written(
        self, path: Path, people: Sequence[Person], write: Callable[[BinaryIO], Counts], *, is_encrypted: bool
    ) -> Exported:
        """Write a file of people. Of it, and of what becomes it, is known before it is there, whatever dies then."""
        part = part_of(path)
        with ExitStack() as stack:
            if not self._records.home.holds(path):
                stack.enter_context(noted(self._records.outputs, "export", self._clock, part, path))
            outgoing = stack.enter_context(outgoing_file(path, part))
            exported = Exported(path, *write(outgoing.file), outgoing.digest(), is_encrypted)
            outgoing.finish()
            ids = tuple(person.person_id for person in people)
            with self._witness.telling("gallery.exported", ids, _facts(exported)):
                outgoing.put()
        return exported


def _facts(exported: Exported) -> dict[str, Fact]:
    return {
        "people": exported.people,
        "pictures": exported.pictures,
        "templates": exported.templates,
        "digest": exported.digest,
        "is_encrypted": exported.is_encrypted,
    }
