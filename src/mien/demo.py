"""The demo: two cameras made of free footage, one enrolled person and one stranger, and everything mien writes."""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event
from types import MappingProxyType

from mien.domain.clock import Clock, SystemClock
from mien.domain.errors import GalleryError
from mien.engine.batch import Spent, summarise
from mien.engine.live import LiveEngine, WatchedCamera
from mien.engine.sinks import ResultSink
from mien.engine.watching import OnTick, watch
from mien.gallery.enrolment.admission import Terms
from mien.inference.catalog import load_catalog
from mien.inference.fetching import FetchProgress
from mien.privacy.consent import declaration
from mien.privacy.purpose import Purpose
from mien.results.writer import ResultWriter
from mien.settings import CameraSettings, Settings, load_settings
from mien.settings.loading import FILE_NAME
from mien.sources.images import read_picture
from mien.sources.opening import live_camera
from mien.sources.reconnect import LiveCamera
from mien.sources.source import SourceSettings
from mien.sources.synthetic import MovingView
from mien.store.home import put_whole
from mien.store.vault.keys import EncryptionSettings
from mien.wiring.assembly import Assembly, assemble, build_batch_tools, camera_settings, result_settings
from mien.wiring.models import build_weights
from mien.wiring.people import build_enroller
from mien.wiring.serving.live import Watched

VIDEO, PORTRAIT = "carphone", "astronaut"
PERSON = "Eileen Collins"
_VIDEO_PX = (176, 144)
_VIEW_PX = (480, 480)
_NARROWEST = 0.8  # of the picture: the face stays in view most of the time
_WORKERS = 2


@dataclass(frozen=True, slots=True)
class DemoMedia:
    """The files of the demo: a video with a man talking in a car, and a portrait of an astronaut."""

    video: Path
    portrait: Path


def as_demo(settings: Settings) -> Settings:
    """The settings for the demo's own footage, whatever the deployment is for."""
    return settings.model_copy(update={"privacy": replace(settings.privacy, purpose="demo")})


def fetch_media(settings: Settings, progress: FetchProgress | None = None) -> DemoMedia:
    """The demo's footage, fetched at first use; raises ModelUnavailable."""
    weights, catalog = build_weights(settings, progress), load_catalog()
    return DemoMedia(weights.path(catalog.card(VIDEO)), weights.path(catalog.card(PORTRAIT)))


def samples() -> DemoMedia:
    """A video and a portrait to try things with, fetched at first use; raises ModelUnavailable."""
    return fetch_media(load_settings())


def run_demo(
    settings: Settings, media: DemoMedia, out: Path, stop: Event, on_tick: OnTick, clock: Clock
) -> tuple[Path, ...]:
    """Watch both cameras until ``stop`` is set and write the results to a folder; returns the files.

    People and history live in a home of their own that is gone afterwards. Raises MienError.
    """
    with ExitStack() as stack:
        home = Path(stack.enter_context(TemporaryDirectory(prefix="mien-demo-", ignore_cleanup_errors=True)))
        started_s = clock.monotonic_s()
        own = {"home": home, "encryption": EncryptionSettings("memory")}
        assembly = assemble(settings.model_copy(update=own), stack, clock)
        _enrol(assembly, media.portrait, clock)
        writer = stack.enter_context(
            ResultWriter(out, assembly.tasks.labels, 2, clock, result_settings(settings, video=True))
        )
        cameras = [_camera(name, settings.capture, media, clock) for name in (VIDEO, PORTRAIT)]
        sinks = {camera.name: ResultSink(writer, camera.name, camera.frame_rate) for camera in cameras}
        pipelines = {
            camera.name: assembly.pipelines.build(camera.name, camera_settings(settings, camera.name), is_still=False)
            for camera in cameras
        }
        for width, height in (_VIDEO_PX, _VIEW_PX):
            assembly.pipelines.prepare(camera_settings(settings, ""), width, height)
        engine = LiveEngine(
            [WatchedCamera(camera, pipelines[camera.name], (sinks[camera.name],)) for camera in cameras], _WORKERS
        )
        opened_s = clock.monotonic_s()
        watched = watch(engine, None, clock, stop, on_tick)
        for name, captured in engine.statistics().items():
            sinks[name].finish(pipelines[name].finish(), captured.decoded)
        spent = Spent(
            frames_decoded=sum(captured.decoded for captured in engine.statistics().values()),
            frames_analysed=engine.analysed,
            wall_s=watched.wall_s,
            startup_s=opened_s - started_s,
            cpu_s=watched.cpu_s,
        )
        return writer.close(summarise(build_batch_tools(assembly, clock), spent))


SETTLED: Mapping[tuple[str, ...], str] = MappingProxyType(
    dict.fromkeys((("home",), ("encryption",), ("privacy", "purpose"), ("service", "sign_up"), ("cameras",)), "--demo")
)
"""What a service of the demo has of its own, whatever the settings say."""


def demo_home(settings_file: Path, stack: ExitStack) -> Path:
    """A home that is gone with the stack, with a copy of a settings file, or an empty one: its own stays as it is."""
    home = Path(stack.enter_context(TemporaryDirectory(prefix="mien-demo-", ignore_cleanup_errors=True)))
    put_whole(home / FILE_NAME, settings_file.read_bytes() if settings_file.is_file() else b"")
    return home


def serve_demo(settings: Settings, home: Path) -> tuple[Settings, Watched]:
    """What a service of the demo works by in its home, see `demo_home`, and what it watches.

    Everybody may sign up. The footage is fetched at first use, beside the models.
    """
    own = {
        "home": home,
        "encryption": EncryptionSettings("memory"),
        "service": replace(settings.service, sign_up="open"),
    }
    demo = as_demo(settings).model_copy(update=own)

    def prepare(assembly: Assembly) -> None:
        media = fetch_media(demo)
        if assembly.stores.people.named(PERSON) is None:
            _enrol(assembly, media.portrait, SystemClock())

    def open_camera(name: str, own: CameraSettings, clock: Clock) -> LiveCamera:
        return _camera(name, own.capture, fetch_media(demo), clock)

    cameras = {name: camera_settings(demo, name) for name in (VIDEO, PORTRAIT)}
    demo = demo.model_copy(update={"cameras": cameras})
    return demo, Watched(cameras, open_camera, prepare, (_VIDEO_PX, _VIEW_PX))


def _camera(name: str, settings: SourceSettings, media: DemoMedia, clock: Clock) -> LiveCamera:
    if name == VIDEO:
        return live_camera(VIDEO, str(media.video), settings, clock)
    picture = read_picture(str(media.portrait), settings.max_megapixels)
    return LiveCamera(
        PORTRAIT,
        lambda: MovingView(PORTRAIT, picture, clock, size=_VIEW_PX, narrowest=_NARROWEST),
        settings,
        clock,
    )


def _enrol(assembly: Assembly, portrait: Path, clock: Clock) -> None:
    terms = Terms(declaration(Purpose()))
    for enrolment in build_enroller(assembly.settings, assembly.stores, assembly.tasks, terms, clock).enrol(
        PERSON, [portrait]
    ):
        if enrolment.outcome == "refused":
            raise GalleryError(f"the demo's portrait could not be enrolled: {enrolment.reason}")
