"""Whom a name or an id names, where all that is kept of somebody is asked for: whoever bears it, in the bin too."""

from collections.abc import Mapping
from dataclasses import dataclass

from mien.domain.errors import GalleryError
from mien.domain.people.people import PRESENT, Person, folded_name
from mien.gallery.names import tidy_name
from mien.gallery.roster import Roster
from mien.store.people import PeopleStore


@dataclass(frozen=True, slots=True)
class Namesake:
    """Somebody who bears the name as well, or whom the record of an id was merged into that bore it."""

    person: Person
    merged: str = ""


@dataclass(frozen=True, slots=True)
class Bearers:
    """Who is meant, those in the gallery first, and who bears the name as well and is not."""

    people: tuple[Person, ...]
    namesakes: tuple[Namesake, ...] = ()


def bearers(people: PeopleStore, roster: Roster, who: str) -> Bearers:
    """Whom a name or an id names: of an id that person alone, of a name all who bear it.

    A person is named by the name of one who was merged into them, too, where nobody else bears it. Raises PersonUnknown
    where that is nobody, GalleryError where several people have taken in somebody of the name and none bears it.
    """
    tidied = tidy_name(who)
    everybody = {one.person_id: one for one in people.people(everybody=True)}
    if asked := everybody.get(tidied):
        root = _root(asked, everybody)
        names = {folded_name(one.name) for one in everybody.values() if one.name and _root(one, everybody) is root}
        return Bearers((root,), _namesakes(names, (root,), everybody))
    name = folded_name(tidied)
    own = sorted(
        (one for one in everybody.values() if not one.merged_into and folded_name(one.name) == name), key=_order
    )
    others = _namesakes({name}, tuple(own), everybody)
    if own or not others:
        return Bearers(tuple(own) or (roster.find_anybody(tidied),), others)
    if len(found := {one.person.person_id: one.person for one in others}) > 1:
        raise GalleryError(f"several were named {tidied!r} and are somebody else now: {', '.join(found)}; name one")
    return Bearers(tuple(found.values()))


def _namesakes(names: set[str], meant: tuple[Person, ...], everybody: Mapping[str, Person]) -> tuple[Namesake, ...]:
    """Who bears one of some names, or has taken in somebody who did, of those who are not meant; each once."""
    found: dict[str, Namesake] = {}
    for one in sorted(everybody.values(), key=_order):
        root = _root(one, everybody) if one.name and folded_name(one.name) in names else None
        if root is not None and root not in meant and root.person_id not in found:
            found[root.person_id] = Namesake(root, "" if one is root else one.person_id)
    return tuple(found.values())


def _root(person: Person, everybody: Mapping[str, Person]) -> Person:
    """Whom somebody was merged into in the end, or who they are."""
    while person.merged_into and person.merged_into in everybody:
        person = everybody[person.merged_into]
    return person


def _order(one: Person) -> tuple[bool, bool, str]:
    return bool(one.merged_into), one.standing not in PRESENT, one.person_id
