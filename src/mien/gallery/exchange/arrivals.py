"""Taking in people who come from elsewhere: whole or not at all, each of them, and nobody twice."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mien.domain.clock import Clock
from mien.gallery.witness import Witness
from mien.store.journal import Fact
from mien.store.media import MediaStore
from mien.store.moving.transfer import KeptPerson, Outcome, TakenIn, TransferStore


@dataclass(frozen=True, slots=True)
class Arriving:
    """Somebody on the way in; ``crop`` opens the picture (h, w, 3) BGR of a place in the person's pictures, or none."""

    kept: KeptPerson
    crop: Callable[[int], NDArray[np.uint8] | None]


@dataclass(frozen=True, slots=True)
class Arrival:
    """What became of somebody: under which id (empty in a dry run of somebody new), and which name.

    ``wanted`` is the name they came with. ``pictures`` and ``templates`` are what was new here.
    """

    outcome: Outcome
    person_id: str
    name: str
    wanted: str
    pictures: int
    templates: int


class Reception:
    """Takes in whoever arrives. Safe for several threads and processes."""

    def __init__(self, transfers: TransferStore, media: MediaStore, witness: Witness, clock: Clock) -> None:
        self._transfers = transfers
        self._media = media
        self._witness = witness
        self._clock = clock

    def foresee(self, arriving: Iterable[Arriving]) -> tuple[Arrival, ...]:
        """What `receive` would do; two new people of one name are told as if each were the only one."""
        now = self._clock.now()
        return tuple(_arrival(one.kept, self._transfers.foresee(one.kept, now)) for one in arriving)

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
            changed = [one for one in come if one.outcome == "new" or one.pictures or one.templates]
            if changed:
                facts: dict[str, Fact] = {
                    "people": sum(one.outcome == "new" for one in changed),
                    "pictures": sum(one.pictures for one in changed),
                    "templates": sum(one.templates for one in changed),
                }
                told: dict[str, Fact] = {**facts, "digest": digest} if digest else facts
                self._witness.append("gallery.imported", tuple(one.person_id for one in changed), told)

    def _receive(self, arriving: Arriving) -> Arrival:
        kept, now = arriving.kept, self._clock.now()
        with ExitStack() as unused:
            crops = {}
            for place in self._transfers.foresee(kept, now).crops:
                image = arriving.crop(place)
                if image is not None:
                    crops[place] = self._media.save(image)
                    unused.callback(self._media.delete, crops[place])
            pictures = tuple(
                replace(one, picture=replace(one.picture, crop=crops.get(place, "")))
                for place, one in enumerate(kept.pictures)
            )
            taken = self._transfers.take_in(replace(kept, pictures=pictures), now)
            unused.pop_all()
            for place in crops.keys() - {*taken.crops}:  # somebody else has brought it a moment ago
                self._media.delete(crops[place])
        return _arrival(kept, taken)


def _arrival(kept: KeptPerson, taken: TakenIn) -> Arrival:
    return Arrival(taken.outcome, taken.person_id, taken.name, kept.person.name, len(taken.pictures), taken.templates)
