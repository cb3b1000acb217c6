"""Writing people to files that are handed over: each is on record, and known of where it lies outside the home."""

from collections.abc import Sequence
from pathlib import Path

from mien.domain.clock import Clock
from mien.domain.errors import GalleryError, UsageError
from mien.domain.faces import EmbeddingModel
from mien.domain.people.people import Person
from mien.gallery.exchange.files import digest_of
from mien.gallery.exchange.records import SUFFIX
from mien.gallery.exchange.table_files import write_csv, write_npz
from mien.gallery.exchange.tables import table_of
from mien.gallery.exchange.writing import ArchiveWriter, Exported
from mien.gallery.witness import Witness
from mien.store.journal import Fact
from mien.store.records import Records


class Exporter:
    """Writes people to files. Every method raises ResultError, StoreError, and UsageError for a place in the home.

    There nothing lies in plain, and nothing that would be missed where somebody is forgotten: but for archives that are
    sealed with a passphrase, in the folder of exports.
    """

    def __init__(self, records: Records, writer: ArchiveWriter, witness: Witness, clock: Clock) -> None:
        self._records = records
        self._writer = writer
        self._witness = witness
        self._clock = clock

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
        exported = self._writer.write(place, people, now, passphrase)
        self._note(exported, people)
        return exported

    def write_table(self, path: Path, people: Sequence[Person], model: EmbeddingModel, *, is_csv: bool) -> Exported:
        """Write what one model says of people; raises GalleryError where that is nothing."""
        self._records.home.check_outside(path)
        table = table_of(self._records.transfers, people, model)
        if not len(table):
            raise GalleryError(f"nobody of them is known by {model}")
        (write_csv if is_csv else write_npz)(path, table)
        pictures = len({*zip(table.uids, table.pictures, strict=True)})
        counts = (len({*table.uids}), pictures, len(table))
        exported = Exported(path, *counts, digest_of(path), is_encrypted=False)
        self._note(exported, [one for one in people if one.uid in {*table.uids}])
        return exported

    def _note(self, exported: Exported, people: Sequence[Person]) -> None:
        if not self._records.home.holds(exported.path):
            self._records.outputs.note("export", exported.path, self._clock.now())
        facts: dict[str, Fact] = {
            "people": exported.people,
            "pictures": exported.pictures,
            "templates": exported.templates,
            "digest": exported.digest,
            "is_encrypted": exported.is_encrypted,
        }
        self._witness.append("gallery.exported", tuple(person.person_id for person in people), facts)
