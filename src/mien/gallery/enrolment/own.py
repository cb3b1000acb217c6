"""What is kept of whoever a name is of: what a new view of them is held against, read as seldom as can be."""

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from mien.domain.people.people import Person, folded_name
from mien.gallery.enrolment.sight import Portrait
from mien.gallery.gallery import Gallery
from mien.gallery.matching.crowd import Floats
from mien.gallery.matching.thresholds import MatchingSettings
from mien.gallery.matching.views import unit
from mien.store.people import PeopleStore

_ENOUGH = 3  # pictures of a person from which on another one is held against them


@dataclass(slots=True)
class Own:
    """Digests of the pictures of whoever has a folded name at a revision, and vectors (d,) that are looked at.

    ``bare`` are the digests of those pictures that are not stored, once somebody asked.
    """

    name: str
    revision: int
    digests: set[str]
    vectors: list[Floats]
    bare: set[str] | None = None

    def add(self, vector: Floats, digest: str) -> None:
        """Hold the next views against this one too."""
        self.vectors.append(vector)
        if digest:
            self.digests.add(digest)

    def likest(self, view: Portrait) -> float:
        """How similar a view is to the likest of theirs; -1 where there is none."""
        return max((float(vector @ view.vector) for vector in self.vectors), default=-1.0)

    def unlike(self, view: Portrait, settings: MatchingSettings) -> float | None:
        """How little a view resembles all of theirs, where nobody would take it for them, were there nobody else.

        That is so where not even a decision would stand that was made before. None otherwise, and where there are too
        few pictures, which may themselves be wrong.
        """
        if len(self.vectors) < _ENOUGH:
            return None
        similarity = float(unit(np.sum(self.vectors, axis=0)) @ view.vector)
        return similarity if similarity < settings.known_above(1, view.quality) - settings.hysteresis else None


class OwnReader:
    """Reads what is kept of whoever has a name, anew when another name comes or somebody else changed people.

    So a folder of many people is taken in without going through all that is kept of each for every picture. Not for
    several threads at once.
    """

    def __init__(self, gallery: Gallery, people: PeopleStore) -> None:
        self._gallery = gallery
        self._people = people
        self._own: Own | None = None
        self._rehearsed: dict[str, list[tuple[Floats, str]]] = defaultdict(list)

    def of(self, name: str, person: Person | None) -> Own:
        """What is kept of a person, or of nobody, of a name, with what was rehearsed of the name."""
        revision, folded = self._gallery.crowd.revision, folded_name(name)
        if self._own is not None and (self._own.name, self._own.revision) == (folded, revision):
            return self._own
        own = Own(folded, revision, set(), [])
        if person is not None:
            own.digests |= self._people.digests(person.person_id, self._gallery.model)
            held = self._people.templates(self._gallery.model, person.person_id)
            own.vectors += [one.vector for one in held if one.variant == "plain"]
        for vector, digest in self._rehearsed.get(folded, ()):
            own.add(vector, digest)
        self._own = own
        return own

    def bare(self, name: str, person: Person) -> set[str]:
        """The digests of those pictures of a person of a name that are not stored."""
        own = self.of(name, person)
        if own.bare is None:
            own.bare = {*self._people.digests(person.person_id, self._gallery.model, is_bare=True)}
        return own.bare

    def rehearse(self, name: str, person: Person | None, view: Portrait, digest: str) -> None:
        """Hold the next views of a name against this one, until `forget`."""
        self.of(name, person).add(view.vector, digest)
        self._rehearsed[folded_name(name)].append((view.vector, digest))

    def note(self, own: Own, view: Portrait, digest: str) -> None:
        """A view was kept, by one change, and the gallery was looked at since.

        Where more has changed somebody else was at work too, and everything is read anew.
        """
        revision = self._gallery.crowd.revision
        if revision == own.revision + 1:
            own.revision = revision
            own.add(view.vector, digest)
        else:
            self._own = None

    def note_stored(self, digest: str) -> None:
        """A picture that was bare is stored now."""
        if self._own is not None and self._own.bare is not None:
            self._own.bare.discard(digest)

    def forget(self) -> None:
        """Read everything anew, and compare with nothing any more that was only rehearsed."""
        self._own = None
        self._rehearsed.clear()
