"""Taking in people who come from elsewhere: whole or not at all, each of them, and nobody twice."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mien.domain.clock import Clock
from mien.domain.people.consent import NewConsent
from mien.gallery.curation.limit import Limit
from mien.gallery.enrolment.admission import Terms
from mien.gallery.exchange.lengths import Lengths, check_lengths
from mien.gallery.registry import Registry
from mien.store.consents import LetGo
from mien.store.journal import Fact
from mien.store.moving.transfer import KeptPerson, Left, Outcome, TakenIn, TransferStore
from mien.store.vectors.snapshot import Snapshots


@dataclass(frozen=True, slots=True)
class Arriving:
    """Somebody on the way in; ``crop`` opens the picture (h, w, 3) BGR of a place in the person's pictures, or none.

    Where consent is not of the place they come from, ``terms`` are those on which they are taken in.
    """

    kept: KeptPerson
    crop: Callable[[int], NDArray[np.uint8] | None]
    terms: Terms | None = None


ArrivalOutcome = Outcome | Literal["declared"]
"""*declared*: nothing but a declaration of an operator allows to identify them, which does not do here."""

_HERE = ("new", "known")


@dataclass(frozen=True, slots=True)
class Arrival:
    """What became of somebody: under which id (empty in a dry run of somebody new), and which name.

    ``wanted`` is the name they came with, ``uid`` who they are in every home. ``pictures`` and ``templates`` are what
    was new here; ``set_aside`` pictures of the person, new or not, were one too many; ``left`` are pictures that came,
    and stay with whoever has them here. ``consented``: by the terms on which they came, consent was put on record.
    ``gone`` is what went with consent that they took back elsewhere, since their last word here.
    """

    outcome: ArrivalOutcome
    person_id: str
    name: str
    wanted: str
    uid: str
    pictures: int = 0
    templates: int = 0
    set_aside: int = 0
    left: tuple[Left, ...] = ()
    consented: bool = False
    gone: LetGo | None = None


@dataclass(frozen=True, slots=True)
class _Met:
    """Somebody with the consent that counts here, what taking them in comes to, and to what who is known agrees now."""

    kept: KeptPerson
    taken: TakenIn
    consent: NewConsent | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    """What is taken in.

    Unless it ``accepts_declared`` consent that an operator declared is none: it is left behind, and so are people who
    are new and may be identified by nothing else. Vectors have the length of those that are here of their model, or of
    what is ``known`` of it.
    """

    accepts_declared: bool
    known: Lengths = lambda _: ()


class Reception:
    """Takes in whoever arrives, by rules, and what they took back elsewhere. Safe for several threads and processes.

    Where vectors are not as the rules have it `foresee` and `receive` raise GalleryError, before anybody was taken in.
    """

    def __init__(
        self,
        transfers: TransferStore,
        registry: Registry,
        limit: Limit,
        clock: Clock,
        snapshots: Snapshots,
        rules: Rules,
    ) -> None:
        self._transfers = transfers
        self._registry = registry
        self._limit = limit
        self._clock = clock
        self._snapshots = snapshots
        self._rules = rules

    def foresee(self, arriving: Iterable[Arriving]) -> tuple[Arrival, ...]:
        """What `receive` would do; two new people of one name, or with one picture, are told as if each came alone."""
        return tuple(self._foreseen(one) for one in self._fitting(arriving))

    def receive(self, arriving: Iterable[Arriving], digest: str = "") -> Iterator[Arrival]:
        """Take in people one by one, each in one transaction; interrupted, the next time goes on where this one ended.

        ``digest`` is that of the file they come in, for the audit log. Raises StoreError.
        """
        come: list[Arrival] = []
        everybody = self._fitting(arriving)
        try:
            for one in everybody:
                come.append(self._receive(one))
                yield come[-1]
        finally:
            self._registry.tell()
            changed = [one for one in come if one.outcome == "new" or one.pictures or one.templates or one.gone]
            if changed:
                facts: dict[str, Fact] = {
                    "people": sum(one.outcome == "new" for one in changed),
                    "pictures": sum(one.pictures for one in changed),
                    "templates": sum(one.templates for one in changed),
                }
                told: dict[str, Fact] = {**facts, "digest": digest} if digest else facts
                self._registry.witness.append("gallery.imported", tuple(one.person_id for one in changed), told)

    def _fitting(self, arriving: Iterable[Arriving]) -> list[Arriving]:
        everybody = [*arriving]
        check_lengths((one.kept for one in everybody), self._transfers.dimensions(), self._rules.known)
        return everybody

    def _foreseen(self, arriving: Arriving) -> Arrival:
        met = self._met(arriving)
        if met is None:
            return _declared(arriving.kept)
        kept, foreseen = met.kept, met.taken
        if foreseen.outcome not in _HERE:
            return _arrival(kept, foreseen, 0)
        new = sum(kept.pictures[place].state == "active" for place in foreseen.pictures)
        here = self._registry.people.pictures(foreseen.person_id, "active") if foreseen.person_id else ()
        arrival = _arrival(kept, foreseen, max(len(here) + new - self._limit.cap, 0))
        return replace(arrival, consented=_consented(arriving, met, foreseen))

    def _receive(self, arriving: Arriving) -> Arrival:
        met = self._met(arriving)
        if met is None:
            return _declared(arriving.kept)
        media = self._registry.media
        self._discard_index(met.taken.gone)
        with ExitStack() as unused:
            crops = {}
            for place in met.taken.crops:
                image = arriving.crop(place)
                if image is not None:
                    crops[place] = media.save(image)
                    unused.callback(media.delete, crops[place])
            pictures = tuple(
                replace(one, picture=replace(one.picture, crop=crops.get(place, "")))
                for place, one in enumerate(met.kept.pictures)
            )
            taken = self._transfers.take_in(replace(met.kept, pictures=pictures), self._clock.now(), met.consent)
            unused.pop_all()
            for place in crops.keys() - {*taken.crops}:  # somebody else has brought it a moment ago
                media.delete(crops[place])
        self._follow(taken.gone)
        consented = _consented(arriving, met, taken)
        if consented and arriving.terms is not None and not arriving.terms.is_given:
            arriving.terms.declared()
        # also of who is known already: a process may have died before it
        set_aside = self._limit.enforce(taken.person_id) if taken.outcome in _HERE else 0
        return replace(_arrival(met.kept, taken, set_aside), consented=consented)

    def _follow(self, gone: LetGo | None) -> None:
        """What no row names any more, for consent to it was taken back, goes whatever becomes of the index."""
        try:
            for crop in gone.crops if gone else ():
                self._registry.media.delete(crop)
        finally:
            self._discard_index(gone)

    def _discard_index(self, gone: LetGo | None) -> None:
        """Keep no vector that nothing covers: before rows go, for a process may die; after, for another may read."""
        if gone is not None and "identify" in gone.scopes:
            self._snapshots.discard()

    def _met(self, arriving: Arriving) -> _Met | None:
        """How somebody is met, or none where they stay out, for nobody but an operator says that they consent."""
        kept, now = arriving.kept, self._clock.now()
        foreseen = self._transfers.foresee(kept, now)
        if foreseen.outcome == "known" and (consent := self._due(arriving.terms, foreseen.person_id, now)):
            return _Met(kept, self._transfers.foresee(kept, now, consent), consent)
        if self._rules.accepts_declared:
            return _Met(kept, foreseen)
        # what was taken back stays on record, whoever had declared it: it takes back what was given before it, too
        counting = tuple(one for one in kept.consents if not one.is_declared or one.withdrawn_at is not None)
        told = replace(kept, consents=counting)
        without = self._transfers.foresee(told, now)
        is_out = without.outcome == "new" and foreseen.is_identifiable and not without.is_identifiable
        return None if is_out else _Met(told, without)

    def _due(self, terms: Terms | None, person_id: str, at: datetime) -> NewConsent | None:
        """What of the terms is to be put on record of somebody who is known: what is there is not put there again."""
        person = self._registry.people.person(person_id)
        if terms is None or person is None or person.kind == "stranger":
            return None
        consent, on_record = terms.consent, self._registry.consents.of(person_id)
        if not terms.is_given:
            return consent if self._rules.accepts_declared and not on_record else None
        there, given = (
            {(one.scope, one.version, one.evidence, one.expires_at) for one in records if one.is_valid(at)}
            for records in (on_record, consent.records(person_id, at))
        )
        is_in_force = consent.scopes <= self._registry.consents.scopes_of(person_id, at)
        return None if given <= there and is_in_force else consent


def _consented(arriving: Arriving, met: _Met, taken: TakenIn) -> bool:
    """Whether, by the terms, consent is put on record of somebody."""
    if taken.outcome == "known":
        return met.consent is not None
    return taken.outcome == "new" and arriving.terms is not None and bool(met.kept.consents)


def _declared(kept: KeptPerson) -> Arrival:
    return Arrival("declared", "", kept.person.name, kept.person.name, kept.person.uid)


def _arrival(kept: KeptPerson, taken: TakenIn, set_aside: int) -> Arrival:
    counts = (len(taken.pictures), taken.templates, set_aside, taken.left)
    return Arrival(
        taken.outcome, taken.person_id, taken.name, kept.person.name, kept.person.uid, *counts, gone=taken.gone
    )
