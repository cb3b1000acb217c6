"""People who are told beside others, with the picture they are best seen on: each is read once of those on one page."""

from mien.domain.people.people import Person
from mien.service.people.listing import best_seen
from mien.service.review.schemas import Resembled, Somebody
from mien.service.revisions import etag_of
from mien.store.people import PeopleStore


class Likenesses:
    """Reads people as they are asked for. Raises StoreError."""

    def __init__(self, people: PeopleStore) -> None:
        self._people = people
        self._known: dict[str, Somebody | None] = {}

    def of(self, person_id: str) -> Somebody | None:
        """Who has an id; none where they are not looked for (any more)."""
        if person_id not in self._known:
            person = self._people.person(person_id)
            self._known[person_id] = self._told(person) if person and person.is_present else None
        return self._known[person_id]

    def resembled(self, person_id: str, similarity: float) -> Resembled | None:
        """Whom somebody or something resembles, and how much; none where they are not looked for (any more)."""
        one = self.of(person_id)
        return Resembled(**one.model_dump(), similarity=similarity) if one else None

    def _told(self, person: Person) -> Somebody:
        best = best_seen(self._people.pictures(person.person_id))
        return Somebody(person_id=person.person_id, name=person.name, best_picture=best, etag=etag_of(person))
