"""Who is in the gallery, and forgetting them: work that needs the stores and no model."""

from dataclasses import dataclass

from mien.domain.errors import PersonUnknown, StoreError
from mien.domain.people import Person
from mien.gallery.names import tidy_name
from mien.store.media import MediaStore
from mien.store.people import Forgotten, PeopleStore


@dataclass(frozen=True, slots=True)
class RosterEntry:
    """A person and by how many templates they are known."""

    person: Person
    templates: int


class Roster:
    """The people of a home."""

    def __init__(self, people: PeopleStore, media: MediaStore) -> None:
        self._people = people
        self._media = media

    def entries(self) -> tuple[RosterEntry, ...]:
        """Everybody, enrolled people by name first, then strangers."""
        counts = self._people.counts()
        return tuple(RosterEntry(person, counts.get(person.person_id, 0)) for person in self._people.people())

    def find(self, name: str) -> Person:
        """The person of an id (``unknown-0007``) or of a name; raises PersonUnknown, GalleryError."""
        tidied = tidy_name(name)
        person = self._people.person(tidied) or self._people.named(tidied)
        if person is None:
            raise PersonUnknown(f"there is nobody named {tidied!r}")
        return person

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
