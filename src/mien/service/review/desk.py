"""What the routes about strangers and doubtful pictures need of the rest."""

from collections.abc import Callable
from dataclasses import dataclass

from mien.domain.clock import Clock
from mien.gallery.curation.cleanup import Cleanup
from mien.gallery.curation.curator import Curator
from mien.gallery.strangers.review import Place, WaitingPage
from mien.service.people.desk import Consenting
from mien.store.people import PeopleStore


@dataclass(frozen=True, slots=True)
class ReviewDesk:
    """``waiting`` tells so many of who waits, behind a place, with those who are ignored where that is asked for.

    ``doubtful`` tells which pictures are. Both are safe for several threads.

    ``named_from`` is the similarity from which a clear face gets a name, ``one_from`` that from which strangers are
    one.
    """

    waiting: Callable[[int, Place | None, bool], WaitingPage]
    doubtful: Callable[[], Cleanup]
    named_from: Callable[[], float | None]
    one_from: float
    people: PeopleStore
    curator: Curator
    consenting: Consenting
    clock: Clock
