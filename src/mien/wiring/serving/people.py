"""What the routes about people need, over the home that is served."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from threading import Lock

from mien.domain.clock import Clock
from mien.domain.people.consent import ConsentText
from mien.gallery.curation.telling import Telling
from mien.gallery.enrolment.admission import Admission, Terms
from mien.gallery.enrolment.enroller import Enroller, Enrolment
from mien.gallery.enrolment.sight import Sight
from mien.gallery.gallery import Gallery
from mien.pipeline.tasks import Tasks
from mien.privacy.purpose import Purpose
from mien.service.people.desk import Consenting, PeopleDesk
from mien.service.people.listing import Listing
from mien.settings.tree import Settings
from mien.sources.images import SentPicture
from mien.wiring.curation import suggested_groups, unrecognised
from mien.wiring.people import build_curator, build_gallery, build_registry, build_roster, picture_opener
from mien.wiring.stores import Stores


class AloneEnrolling:
    """Enrols from pictures by the models that cameras are analysed with: one request at a time is at work."""

    def __init__(self, settings: Settings, stores: Stores, tasks: Callable[[], Tasks], clock: Clock) -> None:
        self._settings = settings
        self._stores = stores
        self._tasks = tasks
        self._clock = clock
        self._lock = Lock()

    def begin(self, terms: Terms, *, is_rehearsal: bool) -> "_TakingIn":
        with self._lock:
            registry = build_registry(self._stores, self._clock)
            admission = Admission(self._gallery, registry, self._settings.enrolment, self._clock)
            return _TakingIn(Enroller(admission, self._sight, terms, is_rehearsal=is_rehearsal), self._lock)

    def enrol(self, name: str, pictures: Sequence[SentPicture], terms: Terms, *, is_rehearsal: bool) -> list[Enrolment]:
        return self.begin(terms, is_rehearsal=is_rehearsal).enrol(name, pictures)

    @cached_property
    def _sight(self) -> Sight:
        tasks, opener = self._tasks(), picture_opener(self._settings)
        return Sight(opener, tasks.detector, tasks.assessor, tasks.recogniser, self._settings.enrolment)

    @cached_property
    def _gallery(self) -> Gallery:
        """Kept from one request to the next: of the home only what changed since is read."""
        return build_gallery(self._settings, self._stores, self._tasks().recogniser.model, self._clock)


@dataclass(frozen=True, slots=True)
class _TakingIn:
    """One request's enroller, at work while no other is."""

    enroller: Enroller
    lock: Lock

    def enrol(self, name: str, pictures: Sequence[SentPicture]) -> list[Enrolment]:
        with self.lock:
            return list(self.enroller.enrol(name, pictures))


def build_consenting(settings: Settings, clock: Clock) -> Consenting:
    """What reads consent by the purpose, and knows the text that is agreed to."""
    return Consenting(Purpose.of(settings.privacy), clock, ConsentText.of(settings.service.consent_text))


def build_people_desk(settings: Settings, stores: Stores, tasks: Callable[[], Tasks], clock: Clock) -> PeopleDesk:
    """It; ``settings`` are those that decide the home's precision, ``tasks`` their models, which may come later."""
    roster = build_roster(stores)
    return PeopleDesk(
        stores.people,
        roster,
        stores.sightings,
        stores.consents,
        stores.media,
        Listing(stores.people, roster, lambda: unrecognised(settings, stores)),
        build_curator(settings, stores, clock),
        Telling(stores.people, stores.consents, clock),
        lambda who: suggested_groups(settings, stores, who),
        AloneEnrolling(settings, stores, tasks, clock),
        build_consenting(settings, clock),
        clock,
    )
