"""Who is in the gallery, and forgetting them: work that needs the stores and no model."""

from dataclasses import dataclass

from mien.domain.errors import GalleryError, PersonUnknown, StoreError
from mien.domain.people import Person
from mien.gallery.names import tidy_name
from mien.store.media import MediaStore
from mien.store.people import Forgotten, PeopleStore


@dataclass(frozen=True, slots=True)
class RosterEntry:
    """A person, by how many pictures they are known, and how many templates these have, of whatever model."""

    person: Person
    pictures: int
    templates: int


class Roster:
    """The people of a home."""

    def __init__(self, people: PeopleStore, media: MediaStore) -> None:
        self._people = people
        self._media = media

    def entries(self, everybody: bool = False) -> tuple[RosterEntry, ...]:
        """Who is in sight, or really everybody: enrolled people by name first, then strangers."""
        listed = self._people.people(everybody=everybody)
        counts = self._people.counts()
        return tuple(
            RosterEntry(person, *counts.get(person.person_id, (0, 0)))
            for person in listed
            if everybody or person.standing == "active"
        )

    def entry(self, name: str) -> RosterEntry:
        """One person; raises PersonUnknown, GalleryError."""
        person = self.find(name)
        return RosterEntry(person, *self._people.counts().get(person.person_id, (0, 0)))

    def find(self, name: str) -> Person:
        """The person of an id (``unknown-0007``), of one that was merged into another too, or of a name.

        Raises PersonUnknown, GalleryError.
        """
        tidied = tidy_name(name)
        person = self._people.person(tidied) or self._people.named(tidied)
        if person is not None and person.standing == "merged":
            person = self._people.person(self._people.selves(person.person_id)[0])
        if person is not None and person.standing == "binned":
            raise GalleryError(f"{person.person_id} is in the recycle bin: mien people restore takes them out of it")
        if person is None or person.standing == "faded":
            raise PersonUnknown(f"there is nobody named {tidied!r}")
        return person

    def find_binned(self, name: str) -> Person:
        """The person of an id, or of a name, who is in the recycle bin, of several the last one put there."""
        tidied = tidy_name(name).casefold()
        binned = [one for one in self._people.people(everybody=True) if one.standing == "binned"]
        found = [one for one in binned if tidied in (one.person_id, one.name.casefold())]
        if not found:
            raise PersonUnknown(f"there is nobody named {name!r} in the recycle bin")
        return max(found, key=lambda one: (one.standing_at or one.created_at, one.person_id))

    def forget(self, name: str) -> Forgotten:
        """Delete everything about a person (a name or an id): templates, pictures, readings and events.

        Pictures go first: were it interrupted, the person is still there to be forgotten again. Raises PersonUnknown,
        and StoreError where afterwards something is left.
        """
        person = self.find(name)
        for person_id in self._people.selves(person.person_id):
            for picture in self._people.pictures(person_id):
                if picture.crop:
                    self._media.delete(picture.crop)
        forgotten = self._people.forget(person.person_id)
        for crop in forgotten.crops:
            self._media.delete(crop)  # those that were added in the meantime
        left = self._people.traces(forgotten.person_ids) + sum(map(self._media.exists, forgotten.crops))
        if left:
            raise StoreError(f"{left} traces of {person.person_id} are left: forget it again")
        return forgotten
