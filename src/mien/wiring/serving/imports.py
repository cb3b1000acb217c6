"""The area of folders that are taken in, put together."""

from collections.abc import MutableMapping

from mien.domain.clock import Clock
from mien.service.area import Area
from mien.service.imports.book import ImportBook
from mien.service.imports.job import Job
from mien.service.imports.routes import ImportDesk, build
from mien.service.people.desk import PeopleDesk
from mien.wiring.stores import Stores


def build_imports(desk: PeopleDesk, stores: Stores, clock: Clock, jobs: MutableMapping[str, Job] | None = None) -> Area:
    """The routes, which enrol by what enrols from pictures of one person: all of them take turns.

    ``jobs`` are imports of before the service began anew, and will be those of now.
    """
    book = ImportBook(clock, stores.people.has_forgotten, jobs)
    return build(ImportDesk(desk.enrolling, desk.consenting, book, clock))
