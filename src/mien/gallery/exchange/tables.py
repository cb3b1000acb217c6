"""Embeddings of people as a table: what is in it, and people made of one that comes from elsewhere."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from mien.domain.errors import GalleryError, SourceUnreadable
from mien.domain.faces import EmbeddingModel
from mien.domain.people.people import Person, folded_name
from mien.gallery.enrolment.admission import Terms
from mien.gallery.exchange.arrivals import Arriving
from mien.gallery.names import name_to_enrol
from mien.store.moving.transfer import KeptPerson, KeptPicture, TransferStore
from mien.store.people import NewPicture, NewTemplate, PeopleStore


@dataclass(frozen=True, slots=True, eq=False)
class EmbeddingTable:
    """m templates of one model: vectors (m, d) float32 of unit length, and of each, as lists of m, what it is of.

    ``uids`` and ``digests`` may be empty texts, ``names`` those of strangers; ``person_ids`` are those of the home that
    wrote the table. Templates of one number in ``pictures`` and of one person are of one picture.
    """

    model: EmbeddingModel
    vectors: NDArray[np.float32]
    names: Sequence[str]
    uids: Sequence[str]
    person_ids: Sequence[str]
    pictures: Sequence[int]
    variants: Sequence[str]
    qualities: Sequence[float]
    digests: Sequence[str]

    def __len__(self) -> int:
        return len(self.vectors)


def table_of(transfers: TransferStore, people: Sequence[Person], model: EmbeddingModel) -> EmbeddingTable:
    """The templates of a model of some people, of pictures that are looked at."""
    vectors: list[NDArray[np.float32]] = []
    rows: list[tuple[str, str, str, int, str, float, str]] = []
    for person in people:
        for number, kept in enumerate(transfers.take_out(person.person_id).pictures, start=1):
            for template in kept.picture.templates:
                if template.model == model and kept.state == "active":
                    vectors.append(template.vector)
                    picture = kept.picture
                    whose = (person.name, person.uid, person.person_id)
                    rows.append((*whose, number, template.variant, picture.quality, picture.digest))
    stacked = np.stack(vectors) if vectors else np.zeros((0, 0), np.float32)
    names, uids, ids, pictures, variants, qualities, digests = zip(*rows, strict=True) if rows else ((),) * 7
    return EmbeddingTable(model, stacked, names, uids, ids, pictures, variants, qualities, digests)


def parsed_model(text: str) -> EmbeddingModel:
    """The model of ``network/alignment/detector/precision``; raises ValueError."""
    parts = text.split("/")
    if len(parts) != 4 or not all(parts):
        raise ValueError("expected a model as network/alignment/detector/precision")
    return EmbeddingModel(*parts)


@dataclass(slots=True)
class _Group:
    """The rows of one person, whose uid is empty where the table has none."""

    name: str
    uid: str
    rows: list[int] = field(default_factory=list)


class TablePeople:
    """People of a table, on the way in. Raises SourceUnreadable, with the row, where one of them cannot be taken in."""

    def __init__(self, table: EmbeddingTable, origin: str) -> None:
        """``origin`` is what is noted of where pictures come from."""
        self._table, self._origin = table, origin
        self._groups = tuple(self._grouped().values())

    @property
    def model(self) -> EmbeddingModel:
        """What the embeddings are of."""
        return self._table.model

    def arriving(self, people: PeopleStore, terms: Terms, at: datetime) -> Iterator[Arriving]:
        """Everybody, on the same terms; strangers, who were not asked yet, on none.

        Whoever is enrolled under a name is that person, unless the table says by a uid that it is somebody else.
        """
        for group in self._groups:
            uid = group.uid or _uid_of(group.name, people)
            consents = tuple(terms.consent.records("", at) if group.name else ())
            person = Person("", group.name, "enrolled" if group.name else "stranger", at, uid)
            kept = KeptPerson(person, consents, tuple(self._pictures(group, at)))
            yield Arriving(kept, lambda _place: None, terms if group.name else None)

    def _grouped(self) -> dict[str, _Group]:
        groups: dict[str, _Group] = {}
        table = self._table
        for row, (given, uid) in enumerate(zip(table.names, table.uids, strict=True)):
            name = self._name(row, given, uid)
            key = uid or folded_name(name)
            if key not in groups:
                groups[key] = _Group(name, uid)
            elif folded_name(groups[key].name) != folded_name(name):
                raise SourceUnreadable(f"row {row + 1}: two names, {groups[key].name!r} and {name!r}, have one uid")
            groups[key].rows.append(row)
        for group in groups.values():
            self._check_rows(group)
        return groups

    def _check_rows(self, group: _Group) -> None:
        """Raise SourceUnreadable where a picture has two templates of one variant."""
        table, first = self._table, dict[tuple[int, str], int]()
        for row in group.rows:
            number, variant = place = (table.pictures[row], table.variants[row])
            if place in first:
                told = f"picture {number} of {(group.name or group.uid)!r} has a {variant} template already"
                raise SourceUnreadable(f"row {row + 1}: {told}, that of row {first[place] + 1}")
            first[place] = row

    def _name(self, row: int, given: str, uid: str) -> str:
        if not given.strip() and uid:
            return ""
        try:
            return name_to_enrol(given)
        except GalleryError as error:
            raise SourceUnreadable(f"row {row + 1}: {error}") from error

    def _pictures(self, group: _Group, at: datetime) -> Iterator[KeptPicture]:
        table = self._table
        together: dict[int, list[int]] = defaultdict(list)
        for row in group.rows:
            together[table.pictures[row]].append(row)
        for number, rows in together.items():
            templates = tuple(
                NewTemplate(table.vectors[row], table.model, "distant" if table.variants[row] == "distant" else "plain")
                for row in rows
            )
            first = rows[0]
            origin = f"{self._origin}:{number}"
            yield KeptPicture(NewPicture(templates, table.qualities[first], origin, table.digests[first]), at)


def _uid_of(name: str, people: PeopleStore) -> str:
    person = people.named(name)
    return person.uid if person else uuid4().hex
