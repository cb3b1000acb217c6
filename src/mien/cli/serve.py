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

_HERE = ("127.0.0.1", "localhost", "::1")


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
    config: ConfigOption = None,
) -> None:
    """Open the web app, and watch the cameras in the settings.

    Prints the address to open in a browser, and where there is no account yet the token that makes the first one.
    Ctrl-C ends it.

    Examples: `mien serve`, `mien serve --host 0.0.0.0 --port 8443`
    """
    call = invocation(context)
    settings = call.settings(config)
    given = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    settings = settings.model_copy(update={"service": replace(settings.service, **given)})  # type: ignore[arg-type]
    _serve(call, settings)


def _serve(call: Invocation, settings: "Settings") -> None:
    from mien.service.frame import server
    from mien.wiring.assembly import assemble
    from mien.wiring.rights import build_lapsing, build_upkeep
    from mien.wiring.serving.serving import build_service

    clock, terms = SystemClock(), settings.service
    server.check_tls(terms)
    with ExitStack() as stack:
        opened = stack.enter_context(server.listening(terms))
        stop = stack.enter_context(until_interrupted())
        fetch_models(call, settings)
        limit_opencv()
        assembly = assemble(settings, stack, clock)
        settings, stores = assembly.settings, assembly.stores
        service = build_service(settings, stores, assembly.tasks, clock)
        stack.enter_context(build_upkeep(settings, stores, clock))
        stack.enter_context(build_lapsing(settings, stores, clock))
        address = server.address(terms, opened)
        if terms.host not in _HERE and not terms.tls_certificate:
            call.notice("without tls everybody in the network can read along, and other browsers lend no camera")
        print_text(f"mien is at {address}, until Ctrl-C")
        if service.setup_token:
            print_text(f"nobody has an account yet: make the first one there, with the token {service.setup_token}")
        if not server.serve(service.app, terms, opened, stop.is_set):
            raise typer.Exit(1)  # why it did not begin was logged
