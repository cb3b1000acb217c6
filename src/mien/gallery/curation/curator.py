"""Putting people in order: rename, merge, split, move, hide, throw away, restore, and taking any of it back."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from mien.domain.clock import Clock
from mien.domain.errors import GalleryError
from mien.domain.people.consent import NewConsent
from mien.domain.people.people import Person, Picture, PictureState, Standing
from mien.gallery.curation.agreement import Agreement
from mien.gallery.curation.finding import Finding
from mien.gallery.curation.limit import Room
from mien.gallery.curation.plan import Caution, Deed, Plan
from mien.gallery.curation.resemblance import Resemblance
from mien.gallery.names import called, name_to_enrol
from mien.gallery.registry import Registry
from mien.gallery.roster import Roster
from mien.store.journal import (
    NEW,
    AsPlanned,
    Change,
    Fact,
    PersonConsented,
    PersonFounded,
    PersonMerged,
    PersonName,
    PersonStanding,
    PictureMove,
    PictureStates,
    PicturesVouched,
)
from mien.telemetry.text import counted


class Curator:
    """Plans changes to people and carries them out. People are named by their names or ids.

    Whoever gets pictures has at most ``cap`` that are looked at: the most redundant are set aside by the same change.
    Every plan raises PersonUnknown where there is no such person, and GalleryError where it makes no sense.
    """

    def __init__(self, registry: Registry, roster: Roster, clock: Clock, cap: int) -> None:
        self._registry = registry
        self._people = registry.people
        self._find = Finding(registry.people, roster)
        self._resemblance = Resemblance(registry.people)
        self._agreement = Agreement(registry.consents, clock)
        self._room = Room(registry.people, cap)
        self._journal = registry.journal
        self._roster = roster
        self._clock = clock

    def carry_out(self, plan: Plan) -> Change:
        """Do what was planned, whole or not at all.

        Raises PeopleChanged where whom or what it is about is not as it was when it was planned, GalleryError.
        """
        change = self._journal.apply(plan.kind, plan.steps, self._clock.now(), plan.people, plan.facts)
        return self._done(change)

    def undo(self, change_id: int = 0) -> Change:
        """Take back a change, or the newest that still stands; raises GalleryError as the journal does."""
        return self._done(self._journal.undo(self._clock.now(), change_id))

    def _done(self, change: Change) -> Change:
        for crop in change.crops:
            self._registry.media.delete(crop)
        self._registry.tell()
        return change

    def foresee_undo(self, change_id: int = 0) -> Change:
        """What `undo` would take back; raises as it does."""
        return self._journal.foresee_undo(self._clock.now(), change_id)

    def changes(self, limit: int = 0, before: int = 0) -> tuple[Change, ...]:
        """What was done, the newest first, ``before`` a change where one is told."""
        return self._journal.changes(limit, before=before)

    def rename(self, who: str, name: str) -> Plan:
        """Give an enrolled person another name."""
        person, tidied = self._find.enrolled(who), name_to_enrol(name)
        if tidied == person.name:
            raise GalleryError(f"{called(person)} has that name already")
        self._find.check_free(tidied, person)
        steps = (AsPlanned((person,)), PersonName(person.person_id, tidied))
        deed = Deed("rename", f"{called(person)} to {tidied!r}")
        return Plan("person.renamed", steps, (person.person_id,), deed)

    def merge(
        self, into: str, others: Sequence[str], unwanted: Collection[int] = (), consent: NewConsent | None = None
    ) -> Plan:
        """Make several people one, the first: pictures move, and what was read of the others is theirs from then on.

        Pictures that are ``unwanted`` go into the recycle bin. What the first consents to, to be identified at least,
        is put on record before anything of the others becomes theirs, where it is told.
        """
        kept = self._roster.find(into)
        gone = [self._roster.find(other) for other in others]
        ids = [kept.person_id, *(one.person_id for one in gone)]
        if len(set(ids)) < len(ids):
            raise GalleryError(f"{called(kept)} cannot be merged with itself, and nobody twice")
        if kept.kind == "stranger" and (named := next((one for one in gone if one.kind == "enrolled"), None)):
            raise GalleryError(
                f"{called(named)} is enrolled: merge {kept.person_id} into {named.name!r}, not the reverse"
            )
        pictures = {one.person_id: self._people.pictures(one.person_id) for one in (kept, *gone)}
        moved = sum(len(pictures[one.person_id]) for one in gone)
        agreeing = kept.person_id if consent else ""
        asked = [one for one in (kept, *gone) if one.kind == "enrolled" and one.person_id != agreeing]
        self._agreement.check(asked)
        agreed = (PersonConsented(kept.person_id, consent),) if consent else ()
        is_assigned = kept.kind == "enrolled" and all(one.kind == "stranger" for one in gone)
        counted = ", ".join(_counted(one, pictures[one.person_id]) for one in gone)
        together = [picture for own in pictures.values() for picture in own]
        states, beyond = self._room.states(together, unwanted)
        return Plan(
            "stranger.assigned" if is_assigned else "person.merged",
            (
                AsPlanned((kept, *gone), tuple(together)),
                *agreed,
                *(PersonMerged(one.person_id, kept.person_id) for one in gone),
                *states,
            ),
            tuple(ids),
            Deed("merge", f"{counted} into {_counted(kept, pictures[kept.person_id])}{beyond}"),
            {"merged_into": kept.person_id, "pictures": moved},
            (
                *(told for one in gone if (told := self._resemblance.unlike(kept, one))),
                *self._agreement.as_one(kept, gone, consent),
            ),
        )

    def name(self, strangers: Sequence[str], name: str, consent: NewConsent, unwanted: Collection[int] = ()) -> Plan:
        """Make strangers somebody: a new person under a name, who gets the pictures and the history of all of them.

        Pictures that are ``unwanted`` go into the recycle bin.
        """
        people, tidied = tuple(dict.fromkeys(map(self._find.stranger, strangers))), name_to_enrol(name)
        self._find.check_free(tidied)
        self._agreement.check_named(tidied, consent)
        own = {one.person_id: self._people.pictures(one.person_id) for one in people}
        pictures = tuple(picture for theirs in own.values() for picture in theirs)
        states, beyond = self._room.states(pictures, unwanted)
        merged = (PersonMerged(one, NEW) for one in own)
        steps = (AsPlanned(people, pictures), PersonFounded(tidied, consent), *merged, *states)
        told = ", ".join(_counted(one, own[one.person_id]) for one in people)
        deed = Deed("make", f"{told} the new person {tidied!r}{beyond}")
        facts: dict[str, Fact] = {"pictures": len(pictures)}
        warnings: tuple[Caution, ...] = (
            *(told for one in people for told in self._resemblance.like_somebody(one)),
            *(told for one in people[1:] if (told := self._resemblance.unlike(people[0], one))),
            *self._agreement.lost(tidied, people, consent.scopes),
        )
        return Plan("stranger.promoted", steps, tuple(own), deed, facts, warnings)

    def split(self, who: str, picture_ids: Sequence[int], name: str = "", consent: NewConsent | None = None) -> Plan:
        """Take pictures out of a person: they found another one, of a name and with consent, or a stranger.

        What the person took back or refused holds for a stranger too, of whom nobody knows better.
        """
        person, ids = self._roster.find(who), tuple(dict.fromkeys(picture_ids))
        tidied = name_to_enrol(name) if name else ""
        if tidied:
            self._find.check_free(tidied)
            self._agreement.check_named(tidied, consent)
        own = self._find.owned(person, ids)
        if len(ids) == len(own):
            raise GalleryError(f"these are all pictures of {called(person)}: nobody would be left")
        founded = f"the new person {tidied!r}" if tidied else "a new stranger"
        deed = Deed("move", f"{len(ids)} of {_counted(person, own)} to {founded}")
        facts: dict[str, Fact] = {"split_from": person.person_id, "pictures": len(ids)}
        founding = PersonFounded(tidied, consent, "" if consent else person.person_id)
        steps = (AsPlanned((person,), own), founding, PictureMove(ids, NEW, is_vouched=bool(tidied)))
        moving = [one for one in own if one.picture_id in ids]
        is_kept = consent is None or "keep" in consent.scopes
        warnings = (
            *self._agreement.parted(person, moving, tidied, consent),
            *self._find.uncounted(moving, is_kept=is_kept),
        )
        return Plan("person.split", steps, (person.person_id,), deed, facts, warnings)

    def move(self, picture_ids: Sequence[int], to: str, of: str = "") -> Plan:
        """Give pictures, of whomever or of somebody who is named, to a person."""
        person, ids = self._roster.find(to), tuple(dict.fromkeys(picture_ids))
        self._agreement.check([person])
        moving = self._find.pictures(ids, of)
        owners = self._find.owners(moving)
        if [one.person_id for one in owners] == [person.person_id]:
            raise GalleryError(f"{called(person)} has {'this picture' if len(ids) == 1 else 'these pictures'} already")
        own = [one for one in self._people.pictures(person.person_id) if one.picture_id not in ids]
        states, beyond = self._room.states([*own, *moving])
        deed = Deed("move", f"{counted(len(ids), 'picture')} of {_all_called(owners)} to {called(person)}{beyond}")
        facts: dict[str, Fact] = {"moved_to": person.person_id, "pictures": len(ids)}
        planned = AsPlanned((person, *owners), (*own, *moving))
        steps = (planned, PictureMove(ids, person.person_id, is_vouched=True), *states)
        uncounted = self._find.uncounted(moving, is_kept="keep" in self._agreement.allowed(person))
        warnings = (*self._agreement.moved(person, owners, moving), *uncounted)
        people = (person.person_id, *(one.person_id for one in owners))
        return Plan("picture.moved", steps, people, deed, facts, warnings)

    def hide(self, who: str) -> Plan:
        """Leave a person out of lists; they are known as before."""
        person = self._find.of_standing(who, "active", "in sight")
        return _stands("person.hidden", "hidden", (person,), Deed("hide", called(person)))

    def show(self, who: str) -> Plan:
        """Put somebody who is hidden or ignored back into lists."""
        person = self._roster.find(who)
        if person.standing not in ("hidden", "ignored"):
            raise GalleryError(f"{called(person)} is not hidden or ignored")
        return _stands("person.shown", "active", (person,), Deed("show", f"{called(person)} again"))

    def ignore(self, strangers: Sequence[str]) -> Plan:
        """Hear no more of strangers, now and whenever they come back."""
        people = tuple(dict.fromkeys(map(self._find.stranger, strangers)))
        told = ", ".join(one.person_id for one in people)
        return _stands("person.ignored", "ignored", people, Deed("ignore", told))

    def discard(self, strangers: Sequence[str]) -> Plan:
        """Put strangers into the recycle bin: if they come back they are met as new."""
        for one in strangers:
            self._find.stranger(one)
        return self.remove(strangers)

    def remove(self, who: Sequence[str]) -> Plan:
        """Put people into the recycle bin: nobody is looked for there, and a name there is free for somebody else."""
        people = tuple(dict.fromkeys(map(self._roster.find, who)))
        told = ", ".join(_counted(one, self._people.pictures(one.person_id)) for one in people)
        are_strangers = all(one.kind == "stranger" for one in people)
        kind = "stranger.discarded" if are_strangers else "person.binned"
        return _stands(kind, "binned", people, Deed("put", f"{told} into the recycle bin"))

    def restore(self, who: str) -> Plan:
        """Take somebody out of the recycle bin."""
        person = self._roster.find_binned(who)
        if person.name:
            self._find.check_free(person.name, person)
        deed = Deed("take", f"{called(person)} out of the recycle bin")
        plan = _stands("person.restored", "active", (person,), deed)
        return replace(plan, cautions=self._roster.hollow(person))

    def remove_pictures(self, picture_ids: Sequence[int], of: str = "") -> Plan:
        """Put pictures, of whomever or of somebody who is named, into the recycle bin."""
        return self._put(self._find.pictures(picture_ids, of), "binned", "picture.binned", "into the recycle bin")

    def restore_pictures(self, picture_ids: Sequence[int], of: str = "") -> Plan:
        """Take pictures, of whomever or of somebody, out of the recycle bin, or those back that were set aside.

        Others make room where need be.
        """
        plan = self._put(self._find.pictures(picture_ids, of), "active", "picture.restored", "back into the gallery")
        away = [one for one in self._find.pictures(picture_ids, of) if one.state != "active"]
        beside = tuple(one for owner in plan.people for one in self._people.pictures(owner, "active"))
        steps, beyond = self._room.around(away, beside)
        deed = replace(plan.deed, what=f"{plan.deed.what}{beyond}")
        return replace(plan, steps=(AsPlanned((), beside), *plan.steps, *steps), deed=deed)

    def set_aside(self, picture_ids: Sequence[int], of: str = "") -> Plan:
        """Keep pictures, of whomever or of somebody, but look at them no more."""
        return self._put(self._find.pictures(picture_ids, of), "set_aside", "picture.set-aside", "aside")

    def vouch(self, picture_ids: Sequence[int], of: str = "") -> Plan:
        """Say of pictures, of whomever or of somebody, that they show that person: they are doubted no more."""
        doubted = [one for one in self._find.pictures(picture_ids, of) if not one.is_vouched]
        if not doubted:
            raise GalleryError(f"{_these(picture_ids)} kept as right already")
        owners, ids = self._find.owners(doubted), tuple(one.picture_id for one in doubted)
        deed = Deed("keep", f"{counted(len(ids), 'picture')} of {_all_called(owners)} as right")
        steps = (AsPlanned((), tuple(doubted)), PicturesVouched(ids, is_vouched=True))
        return Plan("picture.vouched", steps, tuple(one.person_id for one in owners), deed, {"pictures": len(ids)})

    def _put(self, pictures: Sequence[Picture], state: PictureState, kind: str, where: str) -> Plan:
        moving = [one for one in pictures if one.state != state]
        if not moving:
            raise GalleryError(f"{_these(pictures)} there already")
        owners = self._find.owners(moving)
        deed = Deed("put", f"{counted(len(moving), 'picture')} of {_all_called(owners)} {where}")
        steps = (AsPlanned((), tuple(moving)), PictureStates(tuple(one.picture_id for one in moving), state))
        warnings = self._roster.left_unseen(moving) if state != "active" else ()
        return Plan(kind, steps, tuple(one.person_id for one in owners), deed, {"pictures": len(moving)}, warnings)


def _stands(kind: str, standing: Standing, people: tuple[Person, ...], deed: Deed) -> Plan:
    ids = tuple(one.person_id for one in people)
    return Plan(kind, (AsPlanned(people), *(PersonStanding(one, standing) for one in ids)), ids, deed)


def _these(pictures: Sequence[object]) -> str:
    return "this picture is" if len(pictures) == 1 else "these pictures are"


def _all_called(people: Sequence[Person]) -> str:
    return ", ".join(map(called, people))


def _counted(person: Person, pictures: Sequence[Picture]) -> str:
    return f"{called(person)}, {counted(len(pictures), 'picture')}"
