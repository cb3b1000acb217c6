"""Taking in people who come from elsewhere: whole or not at all, each of them, and nobody twice."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mien.domain.clock import Clock
from mien.gallery.curation.limit import Limit
from mien.gallery.registry import Registry
from mien.store.journal import Fact
from mien.store.moving.transfer import KeptPerson, Left, Outcome, TakenIn, TransferStore


@dataclass(frozen=True, slots=True)
class Arriving:
    """Somebody on the way in; ``crop`` opens the picture (h, w, 3) BGR of a place in the person's pictures, or none."""

    kept: KeptPerson
    crop: Callable[[int], NDArray[np.uint8] | None]


ArrivalOutcome = Outcome | Literal["declared"]
"""*declared*: nothing but a declaration of an operator allows to identify them, which does not do here."""

_HERE = ("new", "known")


@dataclass(frozen=True, slots=True)
class Arrival:
    """What became of somebody: under which id (empty in a dry run of somebody new), and which name.

    ``wanted`` is the name they came with, ``uid`` who they are in every home. ``pictures`` and ``templates`` are what
    was new here; ``set_aside`` pictures of the person, new or not, were one too many; ``left`` are pictures that came,
    and stay with whoever has them here.
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


class Reception:
    """Takes in whoever arrives. Safe for several threads and processes.

    Unless it ``accepts_declared`` consent that an operator declared is none: it is left behind, and so are people who
    are new and may be identified by nothing else.
    """

    def __init__(
        self, transfers: TransferStore, registry: Registry, limit: Limit, clock: Clock, *, accepts_declared: bool
    ) -> None:
        self._transfers = transfers
        self._registry = registry
        self._limit = limit
        self._clock = clock
        self._accepts_declared = accepts_declared

    def foresee(self, arriving: Iterable[Arriving]) -> tuple[Arrival, ...]:
        """What `receive` would do; two new people of one name, or with one picture, are told as if each came alone."""
        return tuple(self._foreseen(one.kept) for one in arriving)

    def receive(self, arriving: Iterable[Arriving], digest: str = "") -> Iterator[Arrival]:
        """Take in people one by one, each in one transaction; interrupted, the next time goes on where this one ended.

        ``digest`` is that of the file they come in, for the audit log. Raises StoreError.
        """
        come: list[Arrival] = []
        try:
            for one in arriving:
                come.append(self._receive(one))
                yield come[-1]
        finally:
            self._registry.tell()
            changed = [one for one in come if one.outcome == "new" or one.pictures or one.templates]
            if changed:
                facts: dict[str, Fact] = {
                    "people": sum(one.outcome == "new" for one in changed),
                    "pictures": sum(one.pictures for one in changed),
                    "templates": sum(one.templates for one in changed),
                }
                told: dict[str, Fact] = {**facts, "digest": digest} if digest else facts
                self._registry.witness.append("gallery.imported", tuple(one.person_id for one in changed), told)

    def _foreseen(self, kept: KeptPerson) -> Arrival:
        accepted, foreseen = self._met(kept)
        if accepted is None:
            return _declared(kept)
        if foreseen.outcome not in _HERE:
            return _arrival(kept, foreseen, 0)
        new = sum(kept.pictures[place].state == "active" for place in foreseen.pictures)
        here = self._registry.people.pictures(foreseen.person_id, "active") if foreseen.person_id else ()
        return _arrival(kept, foreseen, max(len(here) + new - self._limit.cap, 0))

    def _receive(self, arriving: Arriving) -> Arrival:
        kept, foreseen = self._met(arriving.kept)
        if kept is None:
            return _declared(arriving.kept)
        media = self._registry.media
        with ExitStack() as unused:
            crops = {}
            for place in foreseen.crops:
                image = arriving.crop(place)
                if image is not None:
                    crops[place] = media.save(image)
                    unused.callback(media.delete, crops[place])
            pictures = tuple(
                replace(one, picture=replace(one.picture, crop=crops.get(place, "")))
                for place, one in enumerate(kept.pictures)
            )
            taken = self._transfers.take_in(replace(kept, pictures=pictures), self._clock.now())
            unused.pop_all()
            for place in crops.keys() - {*taken.crops}:  # somebody else has brought it a moment ago
                media.delete(crops[place])
        # also of who is known already: a process may have died before it
        return _arrival(kept, taken, self._limit.enforce(taken.person_id) if taken.outcome in _HERE else 0)

    def _met(self, kept: KeptPerson) -> tuple[KeptPerson | None, TakenIn]:
        """Somebody with the consent that counts here, and what taking them in comes to; none where they stay out."""
        now = self._clock.now()
        foreseen = self._transfers.foresee(kept, now)
        if self._accepts_declared:
            return kept, foreseen
        # what was taken back stays on record, whoever had declared it: it takes back what was given before it, too
        counting = tuple(one for one in kept.consents if not one.is_declared or one.withdrawn_at is not None)
        told = replace(kept, consents=counting)
        without = self._transfers.foresee(told, now)
        is_out = without.outcome == "new" and foreseen.is_identifiable and not without.is_identifiable
        return None if is_out else told, without


def _declared(kept: KeptPerson) -> Arrival:
    return Arrival("declared", "", kept.person.name, kept.person.name, kept.person.uid)


def _arrival(kept: KeptPerson, taken: TakenIn, set_aside: int) -> Arrival:
    counts = (len(taken.pictures), taken.templates, set_aside, taken.left)
    return Arrival(taken.outcome, taken.person_id, taken.name, kept.person.name, kept.person.uid, *counts)
