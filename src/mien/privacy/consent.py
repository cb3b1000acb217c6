"""What people agree to, who answers for it, and what follows at once where they take it back."""

import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from mien.domain.clock import Clock
from mien.domain.errors import GalleryError, UsageError
from mien.domain.people.consent import (
    DECLARATION,
    DECLARED,
    SCOPES,
    Consent,
    ConsentText,
    NewConsent,
    Scope,
    is_proof,
)
from mien.domain.people.people import Person
from mien.gallery.registry import Registry
from mien.gallery.roster import Roster
from mien.privacy.lapsing import Lapsing
from mien.privacy.purpose import NEED_A_BASIS, Purpose
from mien.store.consents import ConsentStore, LetGo
from mien.store.people import PeopleStore
from mien.store.vectors.snapshot import Snapshots


def scopes_of(text: str) -> frozenset[Scope]:
    """The uses that a text such as ``identify,keep`` names; raises UsageError."""
    words = [word.strip() for word in text.split(",") if word.strip()]
    if not words or (unknown := [word for word in words if word not in SCOPES]):
        wrong = f", got {unknown[0]!r}" if words else ""
        raise UsageError(f"expected uses that were consented to, of {', '.join(SCOPES)}{wrong}")
    return frozenset(scope for scope in SCOPES if scope in words)


def declaration(purpose: Purpose) -> NewConsent:
    """What an operator answers for who takes people in without a word about consent.

    Raises UsageError where the purpose is one in which people depend on who asks them: there consent is given.
    """
    _check_declaring(purpose, f'--consent {",".join(SCOPES)} --evidence "form 17"')
    return NewConsent(frozenset(SCOPES), DECLARED, DECLARATION)


def consent_told(
    purpose: Purpose,
    own: ConsentText,
    scopes: frozenset[Scope],
    version: str = "",
    evidence: str = "",
    expires_at: datetime | None = None,
) -> NewConsent:
    """Consent to some uses by the text of a version, as it goes on record: given, where ``evidence`` proves it.

    Without, an operator declares it, and answers for it, to however many uses it is. Where the version is that of the
    deployment's ``own`` text, this is kept with it. Raises UsageError for a declaration where the purpose is one in
    which people depend on who asks them.
    """
    if not is_proof(evidence):
        _check_declaring(purpose, '--evidence "form 17"')
    proof = evidence.strip() or DECLARATION
    by = version.strip() or DECLARED
    return NewConsent(scopes, by, proof, expires_at, own.text if by == own.version else "")


def _check_declaring(purpose: Purpose, remedy: str) -> None:
    if purpose.name in NEED_A_BASIS:
        raise UsageError(
            f"for {purpose.name} nobody is taken in on an operator's word: say what they consented to, and what proves "
            f"it, such as a form that they signed: {remedy}"
        )


@dataclass(frozen=True, slots=True)
class Remaining:
    """What stays of a person whose consent to some uses ends: the uses still consented to, and what rests on them.

    ``pictures`` are entries of pictures: their numbers, qualities and origins, whether they are stored or not. So many
    templates and stored pictures among these are of visits. ``shifts`` are events of expressions that shifted.
    """

    scopes: frozenset[Scope]
    templates: int
    stored: int
    readings: int
    pictures: int
    visit_templates: int = 0
    visit_stored: int = 0
    rollups: int = 0
    shifts: int = 0


class ConsentRegister:
    """Gives and withdraws consent of people, who are named by their names or ids."""

    def __init__(self, roster: Roster, registry: Registry, snapshots: Snapshots) -> None:
        self._roster = roster
        self._registry = registry
        self._consents = registry.consents
        self._people = registry.people
        self._lapsing = Lapsing(registry.consents, registry.media, snapshots, registry.tell)

    def on_record(self, who: str) -> tuple[Person, tuple[Consent, ...]]:
        """A person with everything that is on record, the oldest first; raises PersonUnknown."""
        person = self._roster.find_anybody(who)
        return person, self._consents.of(person.person_id)

    def give(self, who: str, consent: NewConsent, clock: Clock) -> Person:
        """Put consent on record; raises PersonUnknown."""
        person = self._roster.find_anybody(who)
        self._consents.give(person.person_id, consent, clock.now())
        self._registry.tell()
        return person

    def foresee(self, who: str, clock: Clock) -> tuple[Person, frozenset[Scope]]:
        """To whom `give` would give consent, and what they consent to already; raises PersonUnknown."""
        person = self._roster.find_anybody(who)
        return person, self._consents.scopes_of(person.person_id, clock.now())

    def remaining(self, who: str, without: Collection[Scope], clock: Clock) -> Remaining:
        """What stays, or stayed, where consent to some uses is taken back; raises PersonUnknown."""
        person, scopes = self.foresee(who, clock)
        there = self._consents.at_stake(person.person_id, SCOPES)
        going = self._consents.at_stake(person.person_id, without)
        return Remaining(
            scopes.difference(without),
            there.templates - going.templates,
            len({*there.crops} - {*going.crops}),
            there.readings - going.readings,
            len(self._people.pictures(person.person_id)),
            there.visit_templates - going.visit_templates,
            max(there.visit_crops - going.visit_crops, 0),
            there.rollups - going.rollups,
            there.shifts - going.shifts,
        )

    def at_stake(self, who: str, scopes: Collection[Scope]) -> LetGo:
        """What would go if a person took back consent; raises as `withdraw` does."""
        return self._consents.at_stake(self._withdrawing(who, scopes).person_id, scopes)

    def withdraw(self, who: str, scopes: Collection[Scope], clock: Clock) -> LetGo:
        """End consent to some uses and let go of what rests on it; raises PersonUnknown.

        Raises GalleryError where a stranger were not to be identified: whoever has no template any more is met anew.
        """
        return self._lapsing.withdraw(self._withdrawing(who, scopes).person_id, scopes, clock.now())

    def _withdrawing(self, who: str, scopes: Collection[Scope]) -> Person:
        person = self._roster.find_anybody(who)
        if person.kind == "stranger" and "identify" in scopes:
            one = person.person_id
            raise GalleryError(
                f"{one} is a stranger, and without templates would be met as somebody new at once: "
                f"mien review ignore {one} has mien tell nothing of them whenever they come, mien review discard {one} "
                f"puts what is kept into the recycle bin, and mien privacy forget {one} removes it"
            )
        return person


class ConsentedExpressions:
    """Whose expressions may be read: of people who consent to it, and strangers who did not say no.

    Safe for several threads. As long as somebody who is looked for does not want it, a face has to be decided first: it
    may be theirs.
    What any process changes is heeded within a second, an expiry within a minute.
    """

    _LOOK_S, _RENEWED_EVERY_S = 1.0, 60.0

    def __init__(self, consents: ConsentStore, people: PeopleStore, clock: Clock) -> None:
        self._consents = consents
        self._people = people
        self._clock = clock
        self._lock = threading.Lock()
        self._looked_s = self._renewed_s = float("-inf")
        self._revision = -1
        self._valid: Mapping[str, frozenset[Scope]] = {}
        self._is_refused = True

    def may_read(self, person_id: str) -> bool:
        """Whether the expressions of an enrolled person may be read."""
        self._keep_up()
        return "expression" in self._valid.get(person_id, ())

    def may_read_stranger(self, person_id: str) -> bool:
        """Whether the expressions of a stranger, who is asked about nothing and may have said no, may be read."""
        self._keep_up()
        return "expression" in self._valid.get(person_id, SCOPES)

    def may_read_undecided(self) -> bool:
        """Whether expressions may be read of a face that may still turn out to be anybody's who is looked for."""
        self._keep_up()
        return not self._is_refused

    def _keep_up(self) -> None:
        now_s = self._clock.monotonic_s()
        if now_s - self._looked_s >= self._LOOK_S and self._lock.acquire(blocking=False):
            try:
                self._look(now_s)
            finally:
                self._lock.release()

    def _look(self, now_s: float) -> None:
        revision = self._people.revision()
        if revision != self._revision or now_s - self._renewed_s >= self._RENEWED_EVERY_S:
            self._valid = self._consents.valid(self._clock.now())
            refusing = (one for one, scopes in self._valid.items() if "expression" not in scopes)
            self._is_refused = any((person := self._people.person(one)) and person.is_present for one in refusing)
            self._revision, self._renewed_s = revision, now_s
        self._looked_s = now_s
