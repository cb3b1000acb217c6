"""The crowd as the store has it: what changed since the last look is read, and nothing else."""

from collections.abc import Collection, Iterator

import numpy as np
from numpy.typing import NDArray

from mien.domain.people.people import Person
from mien.gallery.matching.crowd import Crowd
from mien.gallery.matching.means import mean_keys, person_means
from mien.gallery.matching.scoring import scoring_by
from mien.gallery.ownership import joined, restricted
from mien.store.people import PeopleStore, TemplateOwners
from mien.store.vectors.growing import GrowingIndex
from mien.store.vectors.index import Floats, Ids, without

_TEMPLATES = 16_384  # read at once: 32 MB of vectors


class CrowdFollowing:
    """Everybody's means in an index, in step with the store. Not for several threads at once.

    Of a person whom a change touched every template is read again; all others stay as they are. Of templates it is kept
    whose they are, and nothing else.
    """

    def __init__(self, people: PeopleStore, index: GrowingIndex) -> None:
        self._people = people
        self._index = index
        self._revision = -1
        self._persons: dict[str, Person] = {}
        self._owners: TemplateOwners | None = None
        self._keys: Ids = np.zeros(0, np.int64)
        self.crowd = Crowd.empty(index.model)

    def look(self, now_s: float) -> None:
        """Take over what changed in the store; ``now_s`` is the time on a monotonic clock."""
        revision = self._people.revision()
        if revision != self._revision:
            persons, owners, keys = self._read()
            owners, keys = self._bring_in(owners, keys)
            self.crowd = Crowd.of(owners, persons, scoring_by(self._index.current, keys), self._index.model)
            self._persons, self._owners, self._keys, self._revision = persons, owners, keys, revision
        self._index.tend(now_s)

    def foreign(self) -> tuple[int, int] | None:
        """How many enrolled people have no templates of the model, and of how many; none where all have some."""
        enrolled = [one.person_id for one in self._persons.values() if one.kind == "enrolled" and one.is_present]
        missing = sum(person_id not in self.crowd.places for person_id in enrolled)
        return (missing, len(enrolled)) if missing else None

    def _read(self) -> tuple[dict[str, Person], TemplateOwners, Ids]:
        """Everybody of whatever standing, whose the templates are, and the keys of the means of these people."""
        if self._owners is None:
            owners = self._people.template_owners(self._index.model)
            persons = {person.person_id: person for person in self._people.changed_people(-1).people}
            owners = _of(owners, persons)
            return persons, owners, _keys(owners)
        changed = self._people.changed_people(self._revision)
        touched = {person.person_id: person for person in changed.people}
        persons, gone = self._persons | touched, set[str]()
        if len(persons) != changed.total:  # somebody is gone for good, and left no trace
            gone = persons.keys() - self._people.person_ids()
            persons = {person_id: person for person_id, person in persons.items() if person_id not in gone}
        fresh = _of(self._people.template_owners(self._index.model, self._revision), touched.keys() - gone)
        stays = np.ones(len(self._keys), np.bool_)
        places = self.crowd.places
        stays[[places[person_id] for person_id in (*touched, *gone) if person_id in places]] = False
        keys = np.concatenate((self._keys[stays], _keys(fresh)))
        return persons, joined(restricted(self._owners, stays), fresh), keys

    def _bring_in(self, owners: TemplateOwners, keys: Ids) -> tuple[TemplateOwners, Ids]:
        """Make the index hold exactly the means of these people; those who changed this very moment are left out."""
        count = len(keys)
        self._index.expect(count)
        is_new = without(keys, np.sort(self._index.ids))
        is_there = np.ones(count, np.bool_)
        for rows in _parts(owners, is_new):
            places, own = np.unique(owners.owners[rows], return_inverse=True)
            vectors, is_read = self._vectors(owners.template_ids[rows])
            is_whole = np.bincount(own, ~is_read, len(places)) == 0
            is_there[places] = is_whole
            if is_whole.any():
                kept = is_whole[own]
                renumbered = (np.cumsum(is_whole) - 1)[own[kept]].astype(np.int32)
                means = person_means(vectors[kept], owners.weights[rows[kept]], renumbered, int(is_whole.sum()))
                self._index.add(keys[places[is_whole]], means)
        keys = keys[is_there]
        held = self._index.ids
        self._index.remove(held[without(held, np.sort(keys))])
        return restricted(owners, is_there), keys

    def _vectors(self, template_ids: Ids) -> tuple[Floats, NDArray[np.bool_]]:
        """Vectors (n, d) of templates, and which of them (n,) are still there."""
        ids, found = self._people.template_vectors(template_ids)
        is_read = ~without(template_ids, ids)
        vectors = np.zeros((len(template_ids), found.shape[1]), np.float32)
        vectors[is_read] = found[np.searchsorted(ids, template_ids[is_read])]
        return vectors, is_read


def _keys(owners: TemplateOwners) -> Ids:
    return mean_keys(owners.template_ids, owners.weights, owners.owners, len(owners.person_ids))


def _of(owners: TemplateOwners, known: Collection[str]) -> TemplateOwners:
    """The owners who are known: another process may have added others since these were read."""
    return restricted(owners, np.array([person_id in known for person_id in owners.person_ids], np.bool_))


def _parts(owners: TemplateOwners, is_new: NDArray[np.bool_]) -> Iterator[NDArray[np.intp]]:
    """The templates of some people, person by person, in parts of about as many as are read at once."""
    rows = np.flatnonzero(is_new[owners.owners])
    rows = rows[np.argsort(owners.owners[rows], kind="stable")]
    begins = np.flatnonzero(np.diff(owners.owners[rows], prepend=-1))
    parts = np.unique(begins[np.searchsorted(begins, np.arange(0, len(rows), _TEMPLATES), side="right") - 1])
    yield from (part for part in np.split(rows, parts[1:]) if len(part))
