"""The web service over one home: who gets in, all areas, and what runs beside them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from mien import __version__
from mien.domain.clock import Clock
from mien.privacy.audit.trail import AuditTrail
from mien.service.access.entrance import Entrance, StoredCredentials
from mien.service.accounts import routes as accounts
from mien.service.accounts.accounts import AccountKeeping
from mien.service.app import Application, Lifespan, create_app, nothing_beside
from mien.service.area import Area
from mien.service.frame.pages import add_pages, built_pages
from mien.service.health import routes as health
from mien.service.people import routes as people
from mien.service.privacy import routes as privacy
from mien.service.review import routes as review
from mien.service.sessions import routes as sessions
from mien.settings.tree import Settings
from mien.wiring.models import build_shelf
from mien.wiring.people import following_gallery
from mien.wiring.serving.analyze import build_analyze
from mien.wiring.serving.faces import FaceOptions, build_faces
from mien.wiring.serving.history import build_exports, build_timelines
from mien.wiring.serving.imports import build_imports
from mien.wiring.serving.live import Live
from mien.wiring.serving.people import build_people_desk
from mien.wiring.serving.privacy import build_privacy_desk
from mien.wiring.serving.review import build_review_desk
from mien.wiring.serving.settings import Beginning, build_settings
from mien.wiring.serving.system import build_models, build_system
from mien.wiring.stores import Stores, build_audit


@dataclass(frozen=True, slots=True)
class Door:
    """By what areas are put together: settings, stores and models of the home, who is let in, and who hears of it.

    ``beginning`` is where the settings are from.
    """

    settings: Settings
    stores: Stores
    live: Live
    clock: Clock
    trail: AuditTrail
    entrance: Entrance
    beginning: Beginning


@dataclass(frozen=True, slots=True)
class Service:
    """The application, and what the terminal shows: the token that makes the first admin, or empty."""

    app: Application
    setup_token: str


def build_service(
    settings: Settings,
    stores: Stores,
    live: Live,
    clock: Clock,
    beginning: Beginning | None = None,
    lifespan: Lifespan = nothing_beside,
) -> Service:
    """The whole service beside a live engine, which may be on its way yet; raises StoreError, ModelError."""
    beginning, trail = beginning or Beginning(), build_audit(stores, clock)
    lasts = timedelta(hours=settings.service.session_hours)
    entrance = Entrance(stores.accounts, trail, clock, beginning.setup_token, lasts)
    door = Door(settings, stores, live, clock, trail, entrance, beginning)
    credentials = StoredCredentials(stores.accounts, clock)
    is_awaited = health.build(__version__, lambda: live.waits_for)
    routers = (is_awaited, *_areas(door), *live.routers(credentials))
    app = create_app(routers, credentials, __version__, settings=settings.service, lifespan=lifespan)
    if (pages := built_pages()) is not None:
        add_pages(app, pages)
    return Service(app, beginning.setup_token if entrance.needs_setup else "")


def _areas(door: Door) -> Sequence[Area]:
    """Every area, each built by what is beside this module, or here where it takes one line."""
    stores, clock, models = door.stores, door.clock, door.live.models
    settings = following_gallery(door.settings, stores, build_shelf(door.settings))
    desk = build_people_desk(settings, stores, lambda: models.get().tasks, clock)
    keeping = AccountKeeping(stores.accounts, door.entrance, door.trail, clock)
    return (
        sessions.build(door.entrance),
        accounts.build(keeping),
        people.build(desk),
        review.build(build_review_desk(settings, stores, clock)),
        privacy.build(build_privacy_desk(settings, stores, clock, door.live.forget_people)),
        build_timelines(settings, stores, clock),
        build_exports(settings, stores, clock),
        build_models(settings, door.trail),
        build_system(settings, door.live, clock),
        build_faces(stores, door.live.models.get, door.entrance, clock, FaceOptions.of(settings.service)),
        build_analyze(models.get, clock),
        build_imports(desk, stores, clock, door.beginning.imports),
        build_settings(door.settings, door.live, door.trail, door.beginning),
    )
