"""What the routes about strangers need of the rest."""

from collections.abc import Callable
from dataclasses import dataclass

from mien.gallery.curation.curator import Curator
from mien.gallery.strangers.review import Place, WaitingPage
from mien.service.people.desk import Consenting
from mien.store.people import PeopleStore


@dataclass(frozen=True, slots=True)
class ReviewDesk:
    """``waiting`` tells so many of who waits, behind a place, with those who are ignored where that is asked for.

    It is safe for several threads.

    ``named_from`` is the similarity from which a clear face gets a name, ``one_from`` that from which strangers are
    one.
    """

    waiting: Callable[[int, Place | None, bool], WaitingPage]
    named_from: Callable[[], float | None]
    one_from: float
    people: PeopleStore
    curator: Curator
    consenting: Consenting
