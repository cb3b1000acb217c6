"""`mien serve`: the web app, until Ctrl-C, which begins anew with other settings when somebody there asks for it."""

from collections.abc import Callable, Collection
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from socket import socket
from threading import Event
from typing import TYPE_CHECKING, Annotated, Self

import typer

from mien.cli.terminal import (
    ConfigOption,
    Invocation,
    fetch_models,
    invocation,
    limit_opencv,
    print_text,
    until_interrupted,
)
from mien.domain.clock import SystemClock
from mien.domain.errors import MienError, StoreBusy

if TYPE_CHECKING:
    from mien.service.settings import ServiceSettings
    from mien.settings import CameraSettings, Settings
    from mien.wiring.serving.settings import Beginning
    from mien.wiring.stores import Keys

AGAIN_S, _MOST_TRIES = 10.0, 6
"""Between two tries to begin anew while another process is at work in the database, and how many there are."""


def serve(
    context: typer.Context,
    host: Annotated[
        str | None,
        typer.Option(metavar="HOST", show_default=False, help="Where to listen; 0.0.0.0: for the whole network."),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(metavar="PORT", min=0, max=65535, show_default=False, help="At which port; 0: any that is free."),
    ] = None,
    demo: Annotated[
        bool, typer.Option("--demo", metavar="", help="Show two cameras of free footage, in a home that is gone after.")
    ] = False,
    config: ConfigOption = None,
) -> None:
    """Open the web app, and watch the cameras in the settings.

    Prints the address to open in a browser, and where there is no account yet the token that makes the first one.
    Ctrl-C ends it.

    Examples: `mien serve`, `mien serve --demo`, `mien serve --host 0.0.0.0 --port 8443`
    """
    call = invocation(context)
    settings = call.settings(config)
    given = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    settings = settings.model_copy(update={"service": replace(settings.service, **given)})  # type: ignore[arg-type]
    with ExitStack() as stack:
        _Service.open(call, settings, config or call.config, stack, is_demo=demo).serve(settings, [*given])


@dataclass(slots=True)
class _Service:
    """What stays while a service begins anew: where it listens, the home of a demo, keys that are in memory alone."""

    call: Invocation
    opened: socket
    stop: Event
    path: Path | None
    demo_home: Path | None
    keys: "Keys"
    again: Event = field(default_factory=Event)
    address: str = ""
    has_begun: bool = False

    @classmethod
    def open(
        cls, call: Invocation, settings: "Settings", path: Path | None, stack: ExitStack, *, is_demo: bool
    ) -> Self:
        """Take the port, before anything is loaded or made."""
        from mien.demo import demo_home
        from mien.service.frame import server
        from mien.settings.loading import FILE_NAME, settings_path
        from mien.wiring.stores import Keys

        server.check_tls(settings.service)
        opened = stack.enter_context(server.listening(settings.service))
        stop = stack.enter_context(until_interrupted())
        limit_opencv()
        home = demo_home(settings_path(path), stack) if is_demo else None
        return cls(call, opened, stop, home / FILE_NAME if home else path, home, Keys())

    def serve(self, settings: "Settings", options: Collection[str]) -> None:
        """Serve until it is over, as often as somebody has it begin anew.

        New settings that it cannot begin with are told of, and it goes on with those before.
        """
        from mien.demo import SETTLED
        from mien.wiring.serving.settings import Beginning

        settled: dict[tuple[str, ...], str] = {("service", name): f"--{name}" for name in options}
        if self.demo_home is not None:
            settled.update(SETTLED)
        beginning = Beginning(self.path, settled, self.call.redactor, again=self.again.set)
        before: Settings | None = None
        while True:
            self.again.clear()
            self.has_begun = False
            try:
                self._serve_patiently(settings, beginning)
            except Exception as error:  # whatever it is, those who are not at the machine could not put it right
                if before is None or self.has_begun or self.stop.is_set():
                    raise
                settings, before = before, None
                beginning = replace(beginning, refused=self._refused(error))
                continue
            if self.stop.is_set() or not self.again.is_set():
                return
            before, beginning = settings, replace(beginning, begun=beginning.begun + 1, refused="")
            try:
                settings = self._settings(settings.service)
            except MienError as error:
                beginning = replace(beginning, refused=self._refused(error))

    def _serve_patiently(self, settings: "Settings", beginning: "Beginning") -> None:
        """Serve; where somebody in the web app has it begin anew, a database that is in use is waited for."""
        for left in reversed(range(_MOST_TRIES if beginning.begun else 1)):
            try:
                return self._serve_once(settings, beginning)
            except StoreBusy as error:
                if self.has_begun or not left:
                    raise
                self.call.notice(f"{error}; it is tried again in {AGAIN_S:g} s")
                if self.stop.wait(AGAIN_S):
                    return None
        return None

    def _settings(self, terms: "ServiceSettings") -> "Settings":
        """The settings as they are now; where it listens stays."""
        read = self.call.settings(self.path)
        return read.model_copy(update={"service": replace(read.service, host=terms.host, port=terms.port)})

    def _refused(self, error: Exception) -> str:
        told = self.call.redactor.redact(str(error) if isinstance(error, MienError) else type(error).__name__)
        self.call.failure(f"the new settings cannot be begun with, those before stay in force: {told}")
        return told

    def _serve_once(self, settings: "Settings", beginning: "Beginning") -> None:
        from mien.demo import serve_demo
        from mien.service.frame import server
        from mien.service.frame.finishing import changes_of
        from mien.wiring.serving.live import Watched, prepare_live, start_live
        from mien.wiring.serving.serving import build_service
        from mien.wiring.stores import build_stores

        clock, terms, watched = SystemClock(), settings.service, Watched(dict(settings.cameras))
        server.check_tls(terms)
        with ExitStack() as stack:
            if self.demo_home is not None:
                settings, watched = serve_demo(settings, self.demo_home)
            enabled = [camera for camera in watched.cameras.values() if camera.enabled]
            self._see_to_models(settings, enabled, is_first=not beginning.begun)
            stores = build_stores(settings, stack, keys=self.keys)
            live = prepare_live(settings, stores, clock, watched)
            service = build_service(settings, stores, live, clock, beginning)
            start_live(live, settings, stack)
            self._tell(terms, service.setup_token)
            taken = stack.enter_context(self.opened.dup())  # the server closes what it is given
            changes = changes_of(service.app)
            is_over = partial(self._is_over, lambda: changes.may_end(clock.monotonic_s(), self.call.notice))
            if not server.serve(service.app, terms, taken, is_over):
                raise MienError("the web app could not begin: the log says why")

    def _see_to_models(self, settings: "Settings", cameras: "Collection[CameraSettings]", *, is_first: bool) -> None:
        """Raise ModelError where a model may not run.

        At the terminal they are fetched as well; later the engine does so, while those who look on are answered.
        """
        from mien.wiring.models import build_shelf, check_models

        if is_first:
            fetch_models(self.call, settings, cameras=cameras)
        else:
            check_models(settings, build_shelf(settings), cameras)

    def _is_over(self, may_end: Callable[[], bool]) -> bool:
        """Asked once it answers, and time and again from then on."""
        self.has_begun = True
        return (self.stop.is_set() or self.again.is_set()) and may_end()

    def _tell(self, terms: "ServiceSettings", setup_token: str) -> None:
        from mien.service.frame import server

        address = server.address(terms, self.opened)
        if address != self.address:
            self.address = address
            if risk := server.exposed(terms):
                self.call.notice(risk)
            print_text(f"mien is at {address}, until Ctrl-C")
        if setup_token:
            print_text(f"nobody has an account yet: make the first one there, with the token {setup_token}")
