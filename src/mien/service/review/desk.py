"""What the routes about strangers need of the rest."""

from collections.abc import Callable
from dataclasses import dataclass

from mien.gallery.curation.curator import Curator
from mien.gallery.strangers.review import Waiting
from mien.service.people.desk import Consenting
from mien.store.people import PeopleStore


@dataclass(frozen=True, slots=True)
class ReviewDesk:
    """``waiting`` tells who waits, those who are ignored too where that is asked for; safe for several threads.

    ``named_from`` is the similarity from which a clear face gets a name, ``one_from`` that from which strangers are
    one.
    """

    waiting: Callable[[bool], tuple[Waiting, ...]]
    named_from: Callable[[], float | None]
    one_from: float
    people: PeopleStore
    curator: Curator
    consenting: Consenting
