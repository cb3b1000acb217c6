"""`mien serve`: the web app, until Ctrl-C."""

from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

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

if TYPE_CHECKING:
    from mien.settings import Settings


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
    _serve(call, settings, is_demo=demo)


def _serve(call: Invocation, settings: "Settings", *, is_demo: bool) -> None:
    from mien.demo import serve_demo
    from mien.service.frame import server
    from mien.wiring.serving.live import Watched, prepare_live, start_live
    from mien.wiring.serving.serving import build_service
    from mien.wiring.stores import build_stores

    clock, terms = SystemClock(), settings.service
    server.check_tls(terms)
    with ExitStack() as stack:
        opened = stack.enter_context(server.listening(terms))
        stop = stack.enter_context(until_interrupted())
        limit_opencv()
        settings, watched = serve_demo(settings, stack) if is_demo else (settings, Watched(dict(settings.cameras)))
        fetch_models(call, settings, cameras=[camera for camera in watched.cameras.values() if camera.enabled])
        stores = build_stores(settings, stack)
        live = prepare_live(settings, stores, clock, watched)
        service = build_service(settings, stores, live, clock)
        start_live(live, settings, stack)
        if risk := server.exposed(terms):
            call.notice(risk)
        print_text(f"mien is at {server.address(terms, opened)}, until Ctrl-C")
        if service.setup_token:
            print_text(f"nobody has an account yet: make the first one there, with the token {service.setup_token}")
        if not server.serve(service.app, terms, opened, stop.is_set):
            raise typer.Exit(1)  # why it did not begin was logged
