"""What people agreed to, where what is kept of one is to be another's: who may not get it, and what goes for good."""

from collections.abc import Collection, Iterable, Sequence

from mien.domain.clock import Clock
from mien.domain.errors import GalleryError
from mien.domain.people.consent import SCOPES, NewConsent, Scope, allowed_at, put_down_at, refused_at, scopes_at
from mien.domain.people.people import Person, Picture
from mien.gallery.curation.plan import Caution, Loss
from mien.gallery.names import called
from mien.store.consents import ConsentStore
from mien.telemetry.text import counted, counted_with_visits


class Agreement:
    """Weighs consent before people or pictures get another owner. Raises StoreError."""

    def __init__(self, consents: ConsentStore, clock: Clock) -> None:
        self._consents = consents
        self._clock = clock

    def check(self, people: Iterable[Person]) -> None:
        """Raise GalleryError where somebody may not be identified: as another person they would be all the same."""
        if withdrawn := next((one for one in people if not one.may_identify), None):
            raise GalleryError(
                f"{called(withdrawn)} does not consent to be identified (any more): mien privacy consent give "
                f"{withdrawn.person_id} identify puts it on record where they agree anew, and mien people move gives "
                "pictures that show somebody else to whoever that is"
            )

    def check_named(self, name: str, consent: NewConsent | None) -> None:
        """Raise GalleryError where whoever is to be known by a name does not consent to be identified."""
        if consent is None or "identify" not in consent.scopes:
            told = f"there is no consent of {name!r} to be identified, and nobody gets a name without it"
            raise GalleryError(f"{told}: --consent must name identify")

    def as_one(self, kept: Person, gone: Sequence[Person], consent: NewConsent | None = None) -> tuple[Caution, ...]:
        """Warnings where people are to be one: that they consented to different uses, and what goes for want of it.

        The first of them may give consent with it.
        """
        now = self._clock.now()
        records = {one.person_id: [*self._consents.of(one.person_id)] for one in (kept, *gone)}
        if consent is not None:
            own = records[kept.person_id]
            own += consent.records(kept.person_id, put_down_at(own, now))
        together = [record for own in records.values() for record in own]
        if not together:
            return ()
        scopes = allowed_at(together, now, is_stranger=kept.kind == "stranger")
        agreed = {
            called(one): scopes_at(records[one.person_id], now) for one in (kept, *gone) if one.kind == "enrolled"
        }
        lost = self.lost(called(kept), (kept, *gone), scopes)
        if len(set(agreed.values())) < 2:
            return lost
        told = ", ".join(f"{one} to {_listed(uses)}" for one, uses in agreed.items())
        return (f"they consented to different uses ({told}): as one person they consent to {_listed(scopes)}", *lost)

    def lost(self, owner: str, people: Iterable[Person], scopes: Collection[Scope]) -> tuple[Loss, ...]:
        """A warning of what goes for good with people who are to be an owner who consents to some uses only."""
        missing = frozenset(SCOPES) - {*scopes}
        gone = [self._consents.at_stake(one.person_id, missing) for one in people]
        stored, seen = sum(len(one.crops) for one in gone), sum(one.visit_crops for one in gone)
        read = sum(one.readings for one in gone)
        pictures = [counted_with_visits(stored, seen, "stored picture")] if stored else []
        expressions = [counted(read, "expression that was read", "expressions that were read")] if read else []
        if rollups := sum(one.rollups for one in gone):
            expressions.append(counted(rollups, "roll-up of expressions", "roll-ups of expressions"))
        if shifts := sum(one.shifts for one in gone):
            expressions.append(counted(shifts, "event of an expression", "events of expressions"))
        count = stored + read + sum(one.rollups + one.shifts for one in gone)
        return _deleted(owner, missing, " and ".join(pictures + expressions), count)

    def moved(self, owner: Person, before: Iterable[Person], pictures: Iterable[Picture]) -> tuple[Caution, ...]:
        """Warnings where pictures of those of ``before`` are to be somebody's who is there.

        They tell what goes for good, and who does not consent to be identified: by their pictures the owner is. Raises
        GalleryError where that is a stranger, whom nobody asks.
        """
        away = [one for one in before if one.person_id != owner.person_id]
        told = self._not_theirs(away, called(owner), is_stranger=owner.kind == "stranger")
        return (*told, *self._unkept(called(owner), pictures, self.allowed(owner)))

    def allowed(self, person: Person) -> frozenset[Scope]:
        """What may be kept and done of somebody now; of whom there is no record at all, nobody asked."""
        if not (records := self._consents.of(person.person_id)):
            return frozenset(SCOPES)
        return allowed_at(records, self._clock.now(), is_stranger=person.kind == "stranger")

    def parted(
        self, owner: Person, pictures: Iterable[Picture], name: str, consent: NewConsent | None
    ) -> tuple[Caution, ...]:
        """Warnings where pictures of a person are to found another one, of a name and with consent, or a stranger.

        Raises as `moved` does.
        """
        told = self._not_theirs([owner], repr(name), is_stranger=consent is None)
        if consent is not None:
            return (*told, *self._unkept(name, pictures, consent.scopes))
        refused = refused_at(self._consents.of(owner.person_id), self._clock.now())
        if refused:
            same = f"{called(owner)} does not consent to {_listed(refused)}"
            return (f"{same}: that holds for the stranger too, until they say otherwise",)
        return told

    def _not_theirs(self, before: Iterable[Person], owner: str, *, is_stranger: bool) -> tuple[str, ...]:
        """A warning of each of those of ``before`` who may not be identified, by whose pictures an owner would be."""
        withdrawn = [one for one in before if not one.may_identify]
        told = [f"{called(one)} does not consent to be identified (any more)" for one in withdrawn]
        if told and is_stranger:
            raise GalleryError(
                f"{told[0]}, and a stranger, whom nobody asks, would be by these pictures: mien people split with "
                "--name, or mien people move, gives them to somebody who consents to it"
            )
        return tuple(f"{one}, and {owner} is by these pictures: make sure that they show somebody else" for one in told)

    def _unkept(self, owner: str, pictures: Iterable[Picture], scopes: Collection[Scope]) -> tuple[Loss, ...]:
        """A warning of what goes for good with pictures that are to be an owner's who consents to some uses only."""
        stored = 0 if "keep" in scopes else sum(bool(one.crop) for one in pictures)
        return _deleted(owner, ["keep"], counted(stored, "stored picture") if stored else "", stored)


def _deleted(owner: str, missing: Iterable[Scope], told: str, count: int) -> tuple[Loss, ...]:
    return (Loss(f"{owner} does not consent to {_listed(missing)}", told, count == 1),) if told else ()


def _listed(scopes: Iterable[Scope]) -> str:
    return " and ".join(sorted(scopes)) or "nothing"
