"""The crowd as the store has it: what changed since the last look is read, and nothing else."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mien.domain.people.people import Person
from mien.gallery.matching.crowd import Crowd
from mien.gallery.matching.means import mean_keys, means_and_lengths, person_marks, standing
from mien.gallery.matching.scoring import scoring_by
from mien.gallery.ownership import joined, restricted
from mien.store.people import PeopleStore, TemplateOwners
from mien.store.vectors.growing import GrowingIndex
from mien.store.vectors.index import Floats, Ids, without

_TEMPLATES = 16_384  # read at once: 32 MB of vectors
_REMEMBERED = 256  # looks: cameras that look in every second are behind by one


@dataclass(frozen=True, slots=True, eq=False)
class _Known:
    """Whose the templates are, and of each of these p people the key of the mean, and whether enrolled."""

    owners: TemplateOwners
    keys: Ids
    is_enrolled: NDArray[np.bool_]

    @classmethod
    def of(cls, owners: TemplateOwners, persons: dict[str, Person]) -> "_Known":
        """The owners who are known: another process may have added others since these were read."""
        owners = restricted(owners, np.array([one in persons for one in owners.person_ids], np.bool_))
        keys = mean_keys(owners.template_ids, owners.weights, owners.owners, len(owners.person_ids))
        marks = person_marks([f"{one} {persons[one].kind}" for one in owners.person_ids])
        is_enrolled = np.array([persons[one].kind == "enrolled" for one in owners.person_ids], np.bool_)
        return cls(owners, keys ^ marks, is_enrolled)

    def restricted(self, stays: NDArray[np.bool_]) -> "_Known":
        """Those who stay (p,)."""
        return _Known(restricted(self.owners, stays), self.keys[stays], self.is_enrolled[stays])

    def joined(self, others: "_Known") -> "_Known":
        """These and others."""
        return _Known(
            joined(self.owners, others.owners),
            np.concatenate((self.keys, others.keys)),
            np.concatenate((self.is_enrolled, others.is_enrolled)),
        )


class CrowdFollowing:
    """Everybody's means in an index, in step with the store. Not for several threads at once.

    Of a person whom a change touched every template is read again; all others stay as they are. Of templates it is kept
    whose they are, and nothing else.
    """

    def __init__(self, people: PeopleStore, index: GrowingIndex) -> None:
        self._people = people
        self._index = index
        self._persons: dict[str, Person] = {}
        self._names: dict[str, str] = {}
        self._ignored: frozenset[str] = frozenset()
        self._known: _Known | None = None
        self._touched: tuple[tuple[int, frozenset[str]], ...] = ()
        self.crowd = Crowd.empty(index.model)

    def look(self, now_s: float) -> None:
        """Take over what changed in the store; ``now_s`` is the time on a monotonic clock."""
        fence = self._index.fence  # first: what is discarded from now on is not to be in a snapshot of this look
        fence, revision = self._index.fence, self._people.revision()
        if revision != self.crowd.revision:
            self._known = known = self._bring_in(self._read())
            person_ids = known.owners.person_ids
            self.crowd = Crowd(
                self._index.model,
                person_ids,
                dict(zip(person_ids, range(len(person_ids)), strict=True)),
                self._names,
                known.is_enrolled,
                scoring_by(self._index.current, known.keys),
                self._ignored,
                revision,
            )
        self._index.tend(now_s, fence)

    def touched_since(self, revision: int) -> frozenset[str] | None:
        """Whom changes after a revision, that of an earlier crowd, touched; none where that is too long ago to tell."""
        if revision == self.crowd.revision:
            return frozenset()
        looks = self._touched
        if not looks or looks[0][0] > revision:
            return None
        return frozenset[str]().union(*(touched for before, touched in looks if before >= revision))

    def knows(self, person_id: str) -> bool:
        """Whether there was somebody of an id at the last look, of whatever standing: who was forgotten is nobody."""
        return person_id in self._persons

    def unknown(self) -> tuple[tuple[str, ...], int]:
        """The ids of enrolled people who have no templates of the model that are looked at, and of how many."""
        enrolled = [one.person_id for one in self._persons.values() if one.kind == "enrolled" and one.is_present]
        return tuple(sorted(one for one in enrolled if one not in self.crowd.places)), len(enrolled)

    def _read(self) -> _Known:
        """Everybody of whatever standing, and what is known of those who have templates."""
        if self._known is None:
            owners = self._people.template_owners(self._index.model)
            persons = {person.person_id: person for person in self._people.changed_people(-1).people}
            self._take_over(persons, frozenset())
            return _Known.of(owners, persons)
        changed = self._people.changed_people(self.crowd.revision)
        touched = {person.person_id: person for person in changed.people}
        gone = frozenset[str]()
        if len(self._persons | touched) != changed.total:  # somebody is gone for good, and left no trace
            gone = frozenset(self._persons | touched) - self._people.person_ids()
            touched = {person_id: person for person_id, person in touched.items() if person_id not in gone}
        told = self.crowd.revision, frozenset((*touched, *gone))
        self._touched = (*self._touched[1 - _REMEMBERED :], told)  # other threads look at it meanwhile
        self._take_over(touched, gone)
        fresh = _Known.of(self._people.template_owners(self._index.model, self.crowd.revision), touched)
        stays = np.ones(len(self._known.keys), np.bool_)
        places = self.crowd.places
        stays[[places[person_id] for person_id in (*touched, *gone) if person_id in places]] = False
        return self._known.restricted(stays).joined(fresh)

    def _take_over(self, touched: dict[str, Person], gone: Collection[str]) -> None:
        """Heed people who changed, and those who are gone."""
        out = {*touched, *gone}
        if not gone:
            self._persons = self._persons | touched
        else:
            self._persons = {one: person for one, person in (self._persons | touched).items() if one not in gone}
        named = {one: person.name for one, person in touched.items() if person.name and person.is_present}
        if any(self._names.get(one) != named.get(one) for one in out):
            self._names = {one: name for one, name in self._names.items() if one not in out} | named
        ignored = frozenset(one for one, person in touched.items() if person.standing == "ignored")
        self._ignored = (self._ignored - out) | ignored

    def _bring_in(self, known: _Known) -> _Known:
        """Make the index hold exactly the means of these people; those who changed this very moment are left out."""
        owners, keys = known.owners, known.keys
        self._index.expect(len(keys))
        is_new = without(keys, np.sort(self._index.ids))
        is_there = np.ones(len(keys), np.bool_)
        for rows in _parts(owners, is_new):
            places, own = np.unique(owners.owners[rows], return_inverse=True)
            vectors, is_read = self._vectors(owners.template_ids[rows])
            is_whole = np.bincount(own, ~is_read, len(places)) == 0
            is_there[places] = is_whole
            if is_whole.any():
                kept = is_whole[own]
                renumbered = (np.cumsum(is_whole) - 1)[own[kept]].astype(np.int32)
                weights = owners.weights[rows[kept]]
                means, lengths = means_and_lengths(vectors[kept], weights, renumbered, int(is_whole.sum()))
                added = places[is_whole]
                self._index.add(keys[added], standing(means, lengths, known.is_enrolled[added]))
        there = known.restricted(is_there)
        held = self._index.ids
        self._index.remove(held[without(held, np.sort(there.keys))])
        return there

    def _vectors(self, template_ids: Ids) -> tuple[Floats, NDArray[np.bool_]]:
        """Vectors (n, d) of templates, and which of them (n,) are still there."""
        ids, found = self._people.template_vectors(template_ids)
        is_read = ~without(template_ids, ids)
        vectors = np.zeros((len(template_ids), found.shape[1]), np.float32)
        vectors[is_read] = found[np.searchsorted(ids, template_ids[is_read])]
        return vectors, is_read


def _parts(owners: TemplateOwners, is_new: NDArray[np.bool_]) -> Iterator[NDArray[np.intp]]:
    """The templates of some people, person by person, in parts of about as many as are read at once."""
    rows = np.flatnonzero(is_new[owners.owners])
    rows = rows[np.argsort(owners.owners[rows], kind="stable")]
    begins = np.flatnonzero(np.diff(owners.owners[rows], prepend=-1))
    parts = np.unique(begins[np.searchsorted(begins, np.arange(0, len(rows), _TEMPLATES), side="right") - 1])
    yield from (part for part in np.split(rows, parts[1:]) if len(part))
