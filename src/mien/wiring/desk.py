"""What works behind the window: the engine over its one camera, and what its keys ask for."""

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from threading import Event

from mien.desk.backstage import Stage
from mien.desk.feed import Feed
from mien.domain.clock import Clock
from mien.domain.errors import PersonUnknown
from mien.engine.watching import watch
from mien.privacy.purpose import Purpose
from mien.settings.tree import CameraSettings, Settings
from mien.sources.reconnect import LiveCamera
from mien.wiring.assembly import Assembly, Audience, assemble, build_live_engine
from mien.wiring.enrolment.desk import build_desk_enrolments
from mien.wiring.rights import build_lapsing, build_upkeep


def work_behind_window(
    settings: Settings,
    own: CameraSettings,
    camera: LiveCamera,
    feed: Feed,
    clock: Clock,
) -> Callable[[Event, Callable[[Stage], None]], None]:
    """What analyses a camera whose frames a window shows, and which is started already, as `mien watch` does.

    Readings and events go to the home's database. What is returned raises StoreError, ModelError.
    """

    def work(stop: Event, set_up: Callable[[Stage], None]) -> None:
        with ExitStack() as stack:
            if stop.is_set():  # before there is a home
                return
            assembly = assemble(settings, stack, clock)
            if stop.is_set():
                return
            stack.enter_context(build_upkeep(settings, assembly.stores, clock))
            stack.enter_context(build_lapsing(settings, assembly.stores, clock))
            audience = Audience(lambda _name, _own: (feed,), open_camera=lambda _name, _own, _clock: camera)
            engine, outages = build_live_engine(assembly, {camera.name: own}, stack, clock, audience)
            if stop.is_set():
                return
            set_up(_stage(assembly, own, clock))
            watch(engine, outages, clock, stop, lambda *_: None)

    return work


def _stage(assembly: Assembly, own: CameraSettings, clock: Clock) -> Stage:
    settings, stores = assembly.settings, assembly.stores

    def note(path: Path) -> None:
        stores.outputs.note("screenshot", path.absolute(), clock.now())

    def who(person_id: str) -> tuple[str, str]:
        try:
            present = stores.people.selves(person_id)[0]
        except PersonUnknown:  # forgotten meanwhile
            return person_id, ""
        person = stores.people.person(present)
        return present, person.name if person else ""

    enrolments = build_desk_enrolments(assembly, own, clock)
    refused = "" if assembly.tasks.classifier else Purpose.of(settings.privacy).why_not
    return Stage(who, refused, note, enrolments.form, enrolments)
