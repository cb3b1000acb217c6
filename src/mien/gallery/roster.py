"""Who is in the gallery: what needs the stores and no model."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Literal

from mien.domain.errors import GalleryError, PersonUnknown
from mien.domain.faces import EmbeddingModel
from mien.domain.people.people import PRESENT, Person, Picture, folded_name
from mien.gallery.names import called, meant_id, similar_names, tidy_name
from mien.store.people import PeopleStore
from mien.telemetry.text import counted, numbered

Unseen = Literal["no_templates", "nothing_kept", "put_away"]
"""Why somebody who is enrolled is not recognised: no picture has templates that can be compared, or none that there are
is looked at. *nothing_kept*: nor is a picture stored of which there could be any."""


@dataclass(frozen=True, slots=True)
class RosterEntry:
    """A person, by how many pictures they are known, and how many templates these have, of whatever model.

    Of ``stored`` of the pictures the picture itself is kept. A ``shell`` is somebody in the recycle bin of whom there
    is no picture at all: what founded them was undone, or all pictures were purged.
    """

    person: Person
    pictures: int
    templates: int
    stored: int
    is_shell: bool = False


class Roster:
    """The people of a home."""

    def __init__(self, people: PeopleStore) -> None:
        self._people = people

    def entries(self, everybody: bool = False) -> tuple[RosterEntry, ...]:
        """Who is in sight, or really everybody: enrolled people by name first, then strangers."""
        listed = self._people.people(everybody=everybody)
        counts = self._people.counts()
        return tuple(
            RosterEntry(person, *counts.get(person.person_id, (0, 0, 0)), self._is_shell(person))
            for person in listed
            if everybody or person.standing == "active"
        )

    def entry(self, name: str) -> RosterEntry:
        """One person; raises PersonUnknown, GalleryError."""
        person = self.find(name)
        return RosterEntry(person, *self._people.counts().get(person.person_id, (0, 0, 0)))

    def owned(self, person: Person, picture_ids: Collection[int]) -> tuple[Picture, ...]:
        """All pictures of a person; raises GalleryError where one of some that are named is not among them."""
        own = self._people.pictures(person.person_id)
        if foreign := {*picture_ids} - {one.picture_id for one in own}:
            theirs = f"whose pictures are {numbered(one.picture_id for one in own)}" if own else "who has no pictures"
            raise GalleryError(f"picture {min(foreign)} is none of {called(person)}, {theirs}")
        return own

    def _is_shell(self, person: Person) -> bool:
        return person.standing == "binned" and not self._people.pictures(person.person_id)

    def unrecognised(self, model: EmbeddingModel | None) -> dict[str, Unseen]:
        """The ids of enrolled people, none of them thrown away, of whom there are no templates to be compared with.

        Without a model that are all of them. Each with the reason.
        """
        enrolled = [one.person_id for one in self._people.people() if one.kind == "enrolled"]
        counts = self._people.counts()
        compared = frozenset(self._people.template_owners(model).person_ids if model else ())
        return {one: self._unseen(one, counts.get(one, (0, 0, 0))[2]) for one in enrolled if one not in compared}

    def _unseen(self, person_id: str, stored: int) -> Unseen:
        if self._is_put_away(person_id):
            return "put_away"
        return "no_templates" if stored else "nothing_kept"

    def _is_put_away(self, person_id: str) -> bool:
        """Whether there are pictures of somebody, and none of them is looked at."""
        own = self._people.pictures(person_id)
        return bool(own) and all(one.state != "active" for one in own)

    def left_unseen(self, moving: Collection[Picture]) -> tuple[str, ...]:
        """A warning of each of those of whom no picture is left to be looked at where some are put away."""
        gone, counts = Counter(one.person_id for one in moving if one.state == "active"), self._people.counts()
        emptied = self.called(one for one, count in gone.items() if count == counts.get(one, (0, 0, 0))[0])
        return tuple(f"no picture of {one} is left to be looked at: nobody is recognised as them" for one in emptied)

    def called(self, person_ids: Iterable[str]) -> tuple[str, ...]:
        """People of whatever standing by name and id, as sentences name them; by the id alone who is not there."""
        found = ((person_id, self._people.person(person_id)) for person_id in person_ids)
        return tuple(called(person) if person else person_id for person_id, person in found)

    def find(self, name: str) -> Person:
        """The person of an id (``unknown-0007``), of one that was merged into another too, or of a name.

        Raises PersonUnknown, GalleryError.
        """
        tidied = tidy_name(name)
        person = self._people.person(tidied) or self._people.named(tidied)
        if person is not None and person.standing == "merged":
            person = self._people.person(self._people.selves(person.person_id)[0])
        if person is None:
            raise self._nobody(tidied)
        if person.standing == "binned":
            raise GalleryError(_told_binned(person))
        if person.standing == "faded":
            raise GalleryError(
                f"nothing is kept of {person.person_id} any more but visits and readings: their time was over; mien "
                f"privacy forget {person.person_id} removes these too"
            )
        return person

    def find_binned(self, name: str) -> Person:
        """The person of an id, or of a name, who is in the recycle bin.

        Raises PersonUnknown, and GalleryError where several there have the name, with what is kept of each.
        """
        tidied, everybody = tidy_name(name), self._people.people(everybody=True)
        wanted = folded_name(tidied)
        binned = [one for one in everybody if one.standing == "binned"]
        found = [one for one in binned if wanted == one.person_id]
        found = found or [one for one in binned if wanted == folded_name(one.name)]
        if not found:
            here = [one for one in everybody if one.is_present and wanted in (one.person_id, folded_name(one.name))]
            hint = f": {called(here[0])} is in the gallery" if here else _or(tidied, binned)
            raise PersonUnknown(f"there is nobody named {tidied!r} in the recycle bin{hint}")
        if len(found) > 1:
            kept = ", ".join(f"{one.person_id} ({self._kept(one)})" for one in found)
            raise GalleryError(f"several in the recycle bin are named {tidied!r}: {kept}; say which by the id")
        return found[0]

    def hollow(self, person: Person) -> tuple[str, ...]:
        """A warning where somebody in the recycle bin is nothing but a name."""
        is_hollow = self._is_shell(person)
        return (f"of {called(person)} no picture is kept: nobody is recognised as them",) if is_hollow else ()

    def _kept(self, person: Person) -> str:
        own = self._people.pictures(person.person_id)
        return counted(len(own), "picture") if own else "nothing is kept"

    def find_anybody(self, name: str) -> Person:
        """The person of an id or a name of whatever standing; of a merged one, who it was merged into.

        Raises PersonUnknown, and GalleryError where several people in the recycle bin have the name.
        """
        tidied = tidy_name(name)
        person = self._people.person(tidied) or self._people.named(tidied)
        if person is None:
            folded = folded_name(tidied)
            found = [one for one in self._people.people(everybody=True) if folded_name(one.name) == folded]
            if len(found) > 1:
                raise GalleryError(f"several are named {tidied!r}: {', '.join(one.person_id for one in found)}")
            if not found:
                raise self._nobody(tidied)
            person = found[0]
        root = self._people.person(self._people.selves(person.person_id)[0])
        return root or person

    def _nobody(self, name: str) -> PersonUnknown:
        """That nobody has a name or an id, and where its bearer went, or else who may be meant."""
        everybody = self._people.people(everybody=True)
        bearers = [one for one in everybody if folded_name(one.name) == folded_name(name)]
        if merged := next((one for one in bearers if one.standing == "merged"), None):
            now = self._people.person(self._people.selves(merged.person_id)[0])
            hint = f" any more: merged into {called(now)}" if now else ""
        elif binned := next((one for one in bearers if one.standing == "binned"), None):
            hint = f" any more: {_told_binned(binned)}"
        else:
            hint = _or(name, (one for one in everybody if one.standing in PRESENT))
        return PersonUnknown(f"there is nobody named {name!r}{hint}")


def _told_binned(person: Person) -> str:
    return f"{called(person)} is in the recycle bin, and mien people restore takes them out of it"


def _or(name: str, people: Iterable[Person]) -> str:
    """The question whether somebody of similar name is meant, or of that very number; empty where nobody is."""
    there = list(people)
    number = meant_id(name)
    if number:
        meant: tuple[str, ...] = (number,) if number in (one.person_id for one in there) else ()
    else:
        meant = similar_names(name, dict.fromkeys(one.name for one in there if one.name))
    return f"; did you mean {' or '.join(map(repr, meant))}?" if meant else ""
