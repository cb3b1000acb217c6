"""The engine of the web service, which starts beside it, and what its areas of cameras and events ask."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from threading import Event as Flag

from mien.domain.clock import Clock
from mien.domain.errors import MienError, ModelUnavailable
from mien.domain.events import CameraState, CameraStatus, Event, person_in
from mien.domain.frame import Frame
from mien.domain.readings import FrameReading
from mien.engine.serving.hub import Hub
from mien.engine.serving.news import EngineState, NamedEvent, NamedStatus, Phase
from mien.engine.serving.passing import PassingCamera
from mien.engine.serving.previews import Previews, PreviewSettings
from mien.engine.serving.running import Running
from mien.engine.sinks import ReadingSink
from mien.engine.watching import watch
from mien.events.recorder import Recorder
from mien.service.access.gate import Credentials
from mien.service.area import Area
from mien.service.cameras.routes import build as camera_routes
from mien.service.events.routes import EventBook
from mien.service.events.routes import build as event_routes
from mien.service.health.routes import Awaited
from mien.service.live.routes import LiveTools
from mien.service.live.routes import build as live_routes
from mien.settings.tree import CameraSettings, Settings
from mien.store.people import PeopleStore
from mien.telemetry.process import usable_cpus
from mien.wiring.assembly import (
    USUAL_PX,
    Assembly,
    Audience,
    assemble_over,
    build_history,
    build_live_engine,
    camera_settings,
)
from mien.wiring.rights import build_lapsing, build_upkeep
from mien.wiring.sources import OpenCamera, open_camera
from mien.wiring.stores import Stores

_BROWSER_PX = (640, 480)


@dataclass(frozen=True, slots=True)
class Watched:
    """What the service watches: cameras by name, how they are opened, what is done before, and of which sizes they are.

    What is done before may be done twice.
    """

    cameras: Mapping[str, CameraSettings]
    open_camera: OpenCamera = open_camera
    prepare: Callable[[Assembly], None] = lambda _: None
    sizes_px: tuple[tuple[int, int], ...] = USUAL_PX


@dataclass(slots=True)
class Models:
    """Everything that analysing needs, once it is there."""

    assembly: Assembly | None = None
    reason: str = "models are being loaded"

    def get(self) -> Assembly:
        """Raises ModelUnavailable as long as it is not there."""
        if self.assembly is None:
            raise ModelUnavailable(f"this has to wait: {self.reason}")
        return self.assembly


@dataclass(frozen=True, slots=True)
class Live:
    """The engine of the service: what it tells, where it is, and the models behind it, for whoever else needs them."""

    hub: Hub
    previews: Previews
    running: Running
    models: Models
    stores: Stores
    clock: Clock
    on_recorded: Callable[[Sequence[Event]], None] = field(repr=False)

    @property
    def waits_for(self) -> Awaited:
        """What it waits for before cameras are watched, in a word; why that is stands in its state."""
        phase = self.running.state.phase
        if phase == "preparing":
            return "cameras" if self.models.assembly else "models"
        return "" if phase == "running" else phase

    def forget_people(self, person_ids: Collection[str]) -> None:
        """Have cameras heed at once that people were forgotten, those of them who were; raises StoreError."""
        for gallery in self.models.assembly.pipelines.galleries if self.models.assembly else ():
            gallery.refresh()
        self.hub.forget_people([one for one in person_ids if self.stores.people.person(one) is None])

    def routers(self, credentials: Credentials) -> tuple[Area, ...]:
        """The areas of cameras, of live sockets and of events."""
        people = self.stores.people
        book = EventBook(self.stores.events, lambda events: named(people, events), people.selves)
        tools = LiveTools(self.hub, self.previews, Browsers(self), credentials, usable_cpus())
        return camera_routes(self.hub, self.previews), live_routes(tools), event_routes(book)


def prepare_live(settings: Settings, stores: Stores, clock: Clock, watched: Watched) -> Live:
    """The engine of the service, not started yet."""
    hub, models = Hub(), Models()
    previews = Previews(hub.tell_preview, clock, PreviewSettings(most_per_s=settings.service.previews_per_s))
    room = _EngineRoom(settings, stores, clock, watched, hub, previews, models)
    hub.tell_statuses([NamedStatus(CameraStatus(name, _state(own))) for name, own in watched.cameras.items()], 0.0)
    return Live(hub, previews, Running(room.work, room.told), models, stores, clock, room.recorded)


def start_live(live: Live, settings: Settings, stack: ExitStack) -> None:
    """Start it in a thread of its own, which ends with the stack.

    What has been kept long enough goes meanwhile, whether or not there are models.
    """
    stack.enter_context(build_upkeep(settings, live.stores, live.clock))
    stack.enter_context(build_lapsing(settings, live.stores, live.clock))
    stack.enter_context(live.previews)
    stack.enter_context(live.running)


def build_live(settings: Settings, stores: Stores, stack: ExitStack, clock: Clock, watched: Watched) -> Live:
    """The engine of the service, which starts at once."""
    live = prepare_live(settings, stores, clock, watched)
    start_live(live, settings, stack)
    return live


def _state(own: CameraSettings) -> CameraState:
    return "connecting" if own.enabled else "disabled"


def named(people: PeopleStore, events: Sequence[Event]) -> list[NamedEvent]:
    """Events with the names of whom they are about; those about somebody who was forgotten are left out."""
    told = []
    for event in events:
        person_id = person_in(event)
        person = people.person(person_id) if person_id else None
        if person is not None and person.standing == "merged":
            person = people.person(people.selves(person_id)[0])
        if person or not person_id:
            told.append(NamedEvent(event, person.name if person else ""))
    return told


@dataclass(frozen=True, slots=True)
class _Told:
    """One camera's readings on their way to those who look on."""

    hub: Hub

    def add(self, frame: Frame, reading: FrameReading) -> None:  # noqa: ARG002  readings hold no picture
        self.hub.tell_reading(reading)


@dataclass(frozen=True, slots=True)
class _Fetching:
    """Says which model is being fetched."""

    tell: Callable[[str], None]

    def started(self, what: str, total_bytes: int | None) -> None:
        size = f" ({total_bytes / 1e6:.1f} MB)" if total_bytes else ""
        self.tell(f"{what}{size} is being fetched")

    def advanced(self, done_bytes: int) -> None:
        pass

    def finished(self) -> None:
        self.tell("models are being loaded")


@dataclass(frozen=True, slots=True)
class _EngineRoom:
    """What prepares the engine and runs it."""

    settings: Settings
    stores: Stores
    clock: Clock
    watched: Watched
    hub: Hub
    previews: Previews
    models: Models

    def work(self, stop: Flag, tell: Callable[[Phase, str], None]) -> None:
        tell("preparing", "models are being loaded")
        with ExitStack() as stack:
            stack.callback(self.hub.tell_gone)
            fetching = _Fetching(lambda what: tell("preparing", what))
            if (assembly := self.models.assembly) is None:  # else those who have its cameras would hold another one
                assembly = assemble_over(self.stores, self.settings, self.clock, fetching)
                self.watched.prepare(assembly)
                self.models.assembly = assembly
            tell("preparing", "cameras are being opened")
            audience = Audience(self._sinks, self.recorded, self.watched.open_camera, self.watched.sizes_px)
            engine, outages = build_live_engine(assembly, self.watched.cameras, stack, self.clock, audience)

            def on_tick(statuses: tuple[CameraStatus, ...], _: Mapping[str, FrameReading], __: float) -> None:
                reasons = {name: one.reason for name, one in engine.statistics().items()}
                self._tell_statuses(statuses, reasons)

            tell("running", "")
            watch(engine, outages, self.clock, stop, on_tick)

    def told(self, state: EngineState) -> None:
        """Where the engine is."""
        self.models.reason = state.detail
        self.hub.tell_engine(state)

    def recorded(self, events: Sequence[Event]) -> None:
        """Events were recorded; where nobody can say how people are called, they are told without names."""
        try:
            told = named(self.stores.people, events)
        except MienError:
            told = [NamedEvent(event) for event in events]
        self.hub.tell_events(told)

    def _sinks(self, name: str, own: CameraSettings) -> tuple[ReadingSink, ...]:
        reach = own.cadence.detect_every * own.tracking.min_hits
        hides = self.settings.privacy.blur_strangers
        return _Told(self.hub), self.previews.sink(name, hides_strangers=hides, reach=reach)

    def _tell_statuses(self, statuses: Sequence[CameraStatus], reasons: Mapping[str, str]) -> None:
        disabled = [CameraStatus(name, "disabled") for name, own in self.watched.cameras.items() if not own.enabled]
        told = [NamedStatus(one, reasons.get(one.name, "")) for one in (*statuses, *disabled)]
        self.hub.tell_statuses(told, self.clock.monotonic_s())


@dataclass(frozen=True, slots=True)
class Browsers:
    """Opens the cameras of browsers, each with a pipeline of its own."""

    live: Live

    @contextmanager
    def open(self, name: str, *, is_kept: bool) -> Iterator[PassingCamera]:
        """Raises ModelUnavailable while models are not there."""
        live, assembly = self.live, self.live.models.get()
        own = camera_settings(assembly.settings, name)
        assembly.pipelines.prepare(own, *_BROWSER_PX)
        with ExitStack() as stack:
            if is_kept:
                recorder = stack.enter_context(Recorder(live.stores.events, live.stores.readings, live.on_recorded))
                pipeline = assembly.pipelines.build_live(name, own, stack)
                sinks: tuple[ReadingSink, ...] = (build_history(assembly, recorder, name, own, live.clock),)
            else:
                pipeline, sinks = assembly.pipelines.build_passing(own), ()
            camera = PassingCamera(name, pipeline, live.clock, sinks)
            stack.callback(camera.close)
            yield camera
