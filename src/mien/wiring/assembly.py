"""Everything that analysing needs, and the engines that do it."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Protocol
from uuid import uuid4

from mien.domain.clock import Clock
from mien.domain.events import Event
from mien.engine.batch import BatchTools
from mien.engine.live import LiveEngine, WatchedCamera
from mien.engine.sinks import HistorySink, ReadingSink
from mien.engine.watching import Outages
from mien.events.recorder import Recorder
from mien.events.rules import OutageRules, Rules, SightingRules, SpoofRules
from mien.events.shifts import ShiftRules
from mien.gallery.gallery import Gallery
from mien.inference.fetching import FetchProgress
from mien.pipeline.camera import CameraPipeline
from mien.pipeline.following import confirmed_within
from mien.pipeline.masking import masked
from mien.pipeline.tasks import Tasks
from mien.privacy.purpose import Purpose
from mien.results.drawing.depth_view import DepthView
from mien.results.summary import ModelUsed
from mien.results.writer import ResultSettings
from mien.settings.tree import CameraSettings, Settings
from mien.settings.tree import camera_settings as camera_settings
from mien.sources.opening import open_live, open_source
from mien.sources.reconnect import LiveCamera
from mien.sources.sampling import Sampler
from mien.sources.source import Source
from mien.telemetry.process import usable_cpus
from mien.wiring.models import build_shelf, models_used
from mien.wiring.people import following_gallery
from mien.wiring.pipelines import PipelineBuilder
from mien.wiring.privacy import answer_for_purpose
from mien.wiring.stores import Stores, build_stores


@dataclass(frozen=True, slots=True)
class Assembly:
    """Everything that analysing needs, over one home."""

    settings: Settings
    tasks: Tasks
    stores: Stores
    gallery: Gallery
    pipelines: PipelineBuilder
    models: tuple[ModelUsed, ...]


def assemble(settings: Settings, stack: ExitStack, clock: Clock) -> Assembly:
    """Open the home and load the models, which are fetched where they are not here; raises StoreError, ModelError.

    What the deployment is for is answered for: see `answer_for_purpose`.
    """
    return assemble_over(build_stores(settings, stack), settings, clock)


def assemble_over(stores: Stores, settings: Settings, clock: Clock, progress: FetchProgress | None = None) -> Assembly:
    """The same over a home that is open already; ``progress`` hears how models come."""
    answer_for_purpose(settings, clock, stores)
    shelf = build_shelf(settings, progress)
    settings = following_gallery(settings, stores, shelf)
    pipelines = PipelineBuilder(settings, stores, shelf, clock)
    return Assembly(settings, pipelines.tasks, stores, pipelines.gallery, pipelines, models_used(settings, shelf))


def build_batch_tools(assembly: Assembly, clock: Clock) -> BatchTools:
    """What analyses whole sources."""
    settings = assembly.settings
    assembly.pipelines.prepare(camera_settings(settings, ""))

    def build_pipeline(source: Source) -> CameraPipeline:
        return assembly.pipelines.build(source.name, camera_settings(settings, source.name), source.is_still)

    return BatchTools(
        build_pipeline,
        assembly.models,
        assembly.pipelines.timings,
        lambda spec: open_whole(spec, settings, clock),
        confirmed_within(settings.cadence.detect_every),
        clock,
        Purpose.of(settings.privacy).why_not,
    )


def result_settings(
    settings: Settings,
    video: bool = False,
    json_lines: bool = False,
    *,
    warns_of_several: bool = False,
    depth_view: bool = False,
) -> ResultSettings:
    """What an analysis writes, and whom its pictures show by the settings; a view of the depth needs a video."""
    view = DepthView(settings.depth.near_m, settings.depth.far_m) if depth_view else None
    unseen_frames = settings.cadence.detect_every * settings.tracking.min_hits
    blurs = settings.privacy.blur_strangers
    return ResultSettings(video or depth_view, json_lines, blurs, unseen_frames, warns_of_several, view)


USUAL_PX = ((1920, 1080),)
"""Pictures of 16:9 have one canvas, whatever their size from 480 px on."""


class OpenCamera(Protocol):
    """Makes the camera of a name, not started yet."""

    def __call__(self, name: str, own: CameraSettings, clock: Clock) -> LiveCamera:
        """Opens nothing, so that it never fails."""
        ...


def open_camera(name: str, own: CameraSettings, clock: Clock) -> LiveCamera:
    """The camera that settings describe."""
    return LiveCamera(
        name,
        lambda: masked(open_live(own.source, own.capture, clock), own.depth),
        own.capture,
        clock,
        Sampler(own.every, own.fps),
    )


def open_whole(spec: str, settings: Settings, clock: Clock) -> Source:
    """A source that is read whole, without its background where that is masked; raises as `open_source` does."""
    return open_as_camera(camera_settings(settings, spec), clock)


def open_as_camera(own: CameraSettings, clock: Clock) -> Source:
    """The same by settings of its own."""
    return masked(open_source(own.source, own.capture, clock), own.depth)


@dataclass(frozen=True, slots=True)
class Audience:
    """Who else is told of what an engine sees: of each camera's readings, and of events once they are recorded.

    Also how cameras are opened, where that is not as settings say.
    """

    sinks: Callable[[str, CameraSettings], tuple[ReadingSink, ...]] = lambda _name, _own: ()
    on_recorded: Callable[[Sequence[Event]], None] = lambda _: None
    open_camera: OpenCamera = open_camera
    sizes_px: tuple[tuple[int, int], ...] = USUAL_PX
    """Of pictures (width, height) that no camera's first has to wait for."""


def build_live_engine(
    assembly: Assembly,
    cameras: Mapping[str, CameraSettings],
    stack: ExitStack,
    clock: Clock,
    audience: Audience = Audience(),
) -> tuple[LiveEngine, Outages]:
    """An engine over the cameras that are enabled, whose readings and events go to the home's database.

    Also what tells of cameras that are lost and come back.
    """
    stores = assembly.stores
    recorder = stack.enter_context(Recorder(stores.events, stores.readings, audience.on_recorded))
    enabled = {name: own for name, own in cameras.items() if own.enabled}
    for own in enabled.values():
        for width, height in audience.sizes_px:
            assembly.pipelines.prepare(own, width, height)
    watched = [
        WatchedCamera(
            audience.open_camera(name, own, clock),
            assembly.pipelines.build_live(name, own, stack),
            (build_history(assembly, recorder, name, own, clock), *audience.sinks(name, own)),
        )
        for name, own in enabled.items()
    ]
    outages = Outages({name: OutageRules(name, new_event_id) for name in enabled}, recorder, clock)
    return LiveEngine(watched, workers=usable_cpus()), outages


def build_history(assembly: Assembly, recorder: Recorder, name: str, own: CameraSettings, clock: Clock) -> HistorySink:
    """One camera's way to the home's database."""
    return HistorySink(
        recorder,
        assembly.stores.readings.start_run(name, clock.now()),
        build_rules(assembly.settings, assembly.pipelines.models(own.detection)[1].is_ignored),
        Sampler(fps=assembly.settings.events.readings_per_s),
        clock,
    )


def build_rules(settings: Settings, is_ignored: Callable[[str], bool] = lambda _: False) -> tuple[Rules, ...]:
    """What says which of one camera's readings are worth telling.

    Of spoofs only where somebody judges liveness, of expressions only where the purpose allows them.
    """
    rules: list[Rules] = [SightingRules(settings.events, new_event_id, is_ignored)]
    if settings.liveness.model:
        rules.append(SpoofRules(settings.events, new_event_id))
    if Purpose.of(settings.privacy).allows_expressions:
        rules.append(ShiftRules(settings.events, new_event_id, is_ignored))
    return tuple(rules)


def new_event_id() -> str:
    """An id that no event ever had."""
    return uuid4().hex
