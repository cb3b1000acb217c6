"""Whom and what a change is to be about, as somebody names them: found, or refused with the reason."""

from collections.abc import Sequence

from mien.domain.errors import GalleryError
from mien.domain.people.people import Person, Picture
from mien.gallery.names import called
from mien.gallery.roster import Roster
from mien.store.people import PeopleStore
from mien.telemetry.text import counted, numbered


class Finding:
    """Finds people by name or id, and pictures by id.

    Raises PersonUnknown where there is no such person, and GalleryError where it is not one that is asked for.
    """

    def __init__(self, people: PeopleStore, roster: Roster) -> None:
        self._people = people
        self._roster = roster

    def enrolled(self, who: str) -> Person:
        """Somebody who has a name."""
        person = self._roster.find(who)
        if person.kind != "enrolled":
            raise GalleryError(f"{person.person_id} is a stranger: mien review new gives them a name")
        return person

    def stranger(self, who: str) -> Person:
        """Somebody who has none."""
        person = self._roster.find(who)
        if person.kind != "stranger":
            raise GalleryError(f"{called(person)} is enrolled, and no stranger")
        return person

    def of_standing(self, who: str, standing: str, told: str) -> Person:
        """Somebody of a standing, which is ``told`` in words where it is another one."""
        person = self._roster.find(who)
        if person.standing != standing:
            raise GalleryError(f"{called(person)} is not {told}, but {person.standing}")
        return person

    def owned(self, person: Person, picture_ids: Sequence[int]) -> tuple[Picture, ...]:
        """All pictures of a person, to whom those of some ids belong, of which there is one at least."""
        if not picture_ids:
            raise GalleryError("name the pictures that somebody else is on")
        return self._roster.owned(person, picture_ids)

    def pictures(self, picture_ids: Sequence[int], of: str = "") -> list[Picture]:
        """Pictures of whomever, or of somebody who is named, in the order of their ids as given, each once."""
        if of:
            self._roster.owned(self._roster.find(of), picture_ids)
        ids = tuple(dict.fromkeys(picture_ids))
        held = {one.picture_id: one for one in self._people.pictures_by_id(ids)}
        if gone := next((one for one in ids if one not in held), None):
            raise GalleryError(f"there is no picture {gone}")
        return [held[one] for one in ids]

    def uncounted(self, pictures: Sequence[Picture], *, is_kept: bool) -> tuple[str, ...]:
        """Warnings of pictures without any template, which nobody is known by: what makes one, where they are kept."""
        embedded = {one.picture_id for one in self._people.templates_of([one.picture_id for one in pictures])}
        bare = [one for one in pictures if one.picture_id not in embedded]
        stored = [one.picture_id for one in bare if one.crop and is_kept]
        others = [one.picture_id for one in bare if one.picture_id not in stored]
        waiting = "no template, and count for nothing until mien people reembed makes them from what is stored"
        lost = "neither a template nor a stored file, and count for nothing: mien people enrol takes new ones"
        return tuple(
            f"{counted(len(ids), 'picture')} ({numbered(ids)}) will have {told}"
            for ids, told in ((stored, waiting), (others, lost))
            if ids
        )

    def owners(self, pictures: Sequence[Picture]) -> tuple[Person, ...]:
        """Whose some pictures are, each once."""
        ids = dict.fromkeys(one.person_id for one in pictures)
        return tuple(one for one in map(self._people.person, ids) if one)

    def check_free(self, name: str, person: Person | None = None) -> None:
        """Raise GalleryError where somebody has a name, other than a person."""
        other = self._people.named(name)
        if other is not None and (person is None or other.person_id != person.person_id):
            free = f"mien people rename {other.person_id} NEW_NAME makes the name free"
            raise GalleryError(f"a person named {other.name!r} is enrolled already ({other.person_id}): {free}")
