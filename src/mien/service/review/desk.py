"""What the routes about strangers and doubtful pictures need of the rest."""

from collections.abc import Callable
from dataclasses import dataclass

from mien.domain.clock import Clock
from mien.gallery.curation.cleanup import Cleanup
from mien.gallery.curation.curator import Curator
from mien.gallery.strangers.review import Waiting
from mien.service.people.desk import Consenting
from mien.store.people import PeopleStore


@dataclass(frozen=True, slots=True)
class ReviewDesk:
    """``waiting`` tells who waits, those who are ignored too where that is asked for; ``doubtful`` which pictures do.

    Both are safe for several threads.

    ``named_from`` is the similarity from which a clear face gets a name, ``one_from`` that from which strangers are
    one.
    """

    waiting: Callable[[bool], tuple[Waiting, ...]]
    doubtful: Callable[[], Cleanup]
    named_from: Callable[[], float | None]
    one_from: float
    people: PeopleStore
    curator: Curator
    consenting: Consenting
    clock: Clock
