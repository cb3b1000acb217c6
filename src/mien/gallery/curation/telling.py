"""What was done to people, in the words of the commands, and what taking it back comes to."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from mien.domain.clock import Clock
from mien.domain.people.consent import SCOPES, Scope, allowed_at, refused_at
from mien.domain.people.people import PRESENT
from mien.gallery.names import called
from mien.store.consents import ConsentStore
from mien.store.journal import (
    Change,
    FilesDeleted,
    PersonName,
    PersonStanding,
    PictureMove,
    PictureStates,
    PicturesVouched,
    Step,
)
from mien.store.people import PeopleStore
from mien.telemetry.text import counted, numbered

_WORDS = {
    "gallery.cleaned": "clean up",
    "person.binned": "remove",
    "person.hidden": "hide",
    "person.ignored": "ignore",
    "person.merged": "merge",
    "person.renamed": "rename",
    "person.restored": "restore",
    "person.shown": "unhide",
    "person.split": "split",
    "picture.binned": "remove pictures",
    "picture.moved": "move pictures",
    "picture.restored": "restore pictures",
    "picture.set-aside": "set pictures aside",
    "picture.vouched": "keep pictures as right",
    "stranger.assigned": "assign",
    "stranger.discarded": "discard",
    "stranger.promoted": "give a name",
}
_BECOMES = {"person.merged": "into", "stranger.assigned": "to", "stranger.promoted": "to"}
_AGAIN = {"active": "in lists again", "hidden": "hidden again", "ignored": "ignored again"}


class Telling:
    """Tells of changes to the people of a home."""

    def __init__(self, people: PeopleStore, consents: ConsentStore, clock: Clock) -> None:
        self._people = people
        self._consents = consents
        self._clock = clock

    def word(self, change: Change) -> str:
        """What a change is called where it is asked for."""
        word = _WORDS.get(change.kind, change.kind)
        are_strangers = all(one and one.kind == "stranger" for one in map(self._people.person, change.people))
        return f"{word} strangers" if change.kind == "person.merged" and are_strangers else word

    def who(self, change: Change, *, with_ids: bool = False) -> str:
        """Whom it is about, by name; of people who became another one, into whom."""
        told = {one: self._called(one) if with_ids else self._name(one) for one in change.people}
        gone = [*_parted(change)]
        kept = [told[one] for one in told if one not in gone]
        if change.kind in _BECOMES and gone and kept:
            return f"{', '.join(told.get(one, one) for one in gone)} {_BECOMES[change.kind]} {', '.join(kept)}"
        return ", ".join(told.values())

    def undoing(self, change: Change) -> tuple[str, ...]:
        """What becomes of people where a change that stands is taken back, a line each."""
        return tuple(line for step in change.undoing for line in self._lines(step))

    def stays(self, change: Change) -> tuple[str, ...]:
        """What is not taken back with a change, or comes to more than that, for want of consent, a line each.

        Whose consent ended since and was not given anew, which files went with the change, and whom what ended does
        not bind who gets pictures of theirs back.
        """
        ended: dict[str, set[str]] = {}
        for person_id in change.people:
            record = self._consents.of(person_id)
            valid = {consent.scope for consent in record if consent.withdrawn_at is None}
            for consent in record:
                if consent.withdrawn_at and consent.withdrawn_at > change.at and consent.scope not in valid:
                    ended.setdefault(consent.person_id, set()).add(consent.scope)
        lines = [
            f"consent of {self._called(person_id)} to {_listed(scopes)} was withdrawn since: that is not "
            "taken back, and what went with it does not come back"
            for person_id, scopes in ended.items()
        ]
        gone = {one for step in change.undoing if isinstance(step, FilesDeleted) for one in step.picture_ids}
        if gone:
            told, _ = _pictures(tuple(gone))
            lines.append(f"what was stored of {told} was deleted with the change, and does not come back")
        moves = (step for step in change.undoing if isinstance(step, PictureMove))
        return (*lines, *(line for move in moves for line in self._unbound(move, change.at)))

    def _unbound(self, move: PictureMove, since: datetime) -> Iterator[str]:
        """Of pictures that go back: who took back consent since, which does not hold for whoever gets them."""
        free = self._allowed_alone(move.person_id)
        for one in dict.fromkeys(one.person_id for one in self._people.pictures_by_id(move.picture_ids)):
            record = self._consents.of(one)
            ended = {consent.scope for consent in record if consent.withdrawn_at and consent.withdrawn_at > since}
            if unbound := refused_at(record, self._clock.now()) & ended & free:
                yield (
                    f"that {self._called(one)} does not consent to {_listed(unbound)} does not hold for "
                    f"{self._called(move.person_id)}, who gets {_pictures(move.picture_ids)[0]} back: make sure that "
                    "they show somebody else"
                )

    def _allowed_alone(self, person_id: str) -> frozenset[Scope]:
        """To what a person by themselves says yes with pictures of their own; strangers to all but what they refused.

        Of pictures of who has a name nothing but the templates rests on what somebody else said.
        """
        person = self._people.person(person_id)
        is_stranger = person is not None and person.kind == "stranger"
        own = [one for one in self._consents.of(person_id) if one.person_id == person_id]
        allowed = allowed_at(own, self._clock.now(), is_stranger=is_stranger) if own else frozenset(SCOPES)
        return allowed if is_stranger else allowed & {"identify"}

    def _lines(self, step: Step) -> Iterator[str]:
        match step:
            case PersonName():
                again = f"called {step.name!r} again" if step.name else "a stranger without a name again"
                yield f"{self._called(step.person_id)} is {again}"
            case PersonStanding():
                yield f"{self._called(step.person_id)} {self._stands(step)}"
            case PictureMove():
                of, _ = _pictures(step.picture_ids)
                yield f"{of} back to {self._called(step.person_id)}"
            case PictureStates():
                of, are = _pictures(step.picture_ids)
                where = {"active": "looked at", "set_aside": "set aside", "binned": "in the recycle bin"}[step.state]
                yield f"{of} {are} {where} again"
            case PicturesVouched() if step.picture_ids:
                of, are = _pictures(step.picture_ids)
                yield f"{of} {are} taken to be right again" if step.is_vouched else f"{of} may be doubted again"

    def _stands(self, step: PersonStanding) -> str:
        person = self._people.person(step.person_id)
        if step.standing == "merged":
            return f"is {self._called(step.merged_into)} again"
        if step.standing == "binned":
            return "goes into the recycle bin"
        if person and person.standing == "merged":
            return f"is not {self._called(person.merged_into)} any more, and a person of their own again"
        if person and person.standing == "binned":
            return "comes out of the recycle bin"
        return f"is {_AGAIN.get(step.standing, step.standing)}"

    def _called(self, person_id: str) -> str:
        person = self._people.person(person_id)
        return called(person) if person else person_id

    def _name(self, person_id: str) -> str:
        person = self._people.person(person_id)
        return (person.name if person else "") or person_id


def _listed(scopes: Iterable[str]) -> str:
    return " and ".join(sorted(scopes))


def _parted(change: Change) -> Iterator[str]:
    """The ids of those who stand for themselves again where a change is taken back."""
    for step in change.undoing:
        if isinstance(step, PersonStanding) and step.standing in PRESENT:
            yield step.person_id


def _pictures(picture_ids: tuple[int, ...]) -> tuple[str, str]:
    """Pictures by number, and the verb that goes with so many."""
    told = f"{counted(len(picture_ids), 'picture')} ({numbered(picture_ids)})"
    return told, "is" if len(picture_ids) == 1 else "are"
