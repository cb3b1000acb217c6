"""`mien privacy export`: everything that is kept of a person, to be handed to them."""

from pathlib import Path
from typing import Annotated

import typer

from mien.cli.home import opened_home
from mien.cli.people.forgetting import PersonArgument
from mien.cli.terminal import JsonOption, invocation, print_json, print_text


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("export")(export)


def export(
    context: typer.Context,
    person: PersonArgument,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="The file, outside the home.")],
    json: JsonOption = False,
) -> None:
    """Write everything that is kept of a person into a zip file: tables as CSV and JSON, pictures as PNG.

    It holds nothing of anybody else. The file is not encrypted, and only you may read it.

    Example: `mien privacy export "Ada Lovelace" --out ada.zip`
    """
    from mien import wiring
    from mien.domain.clock import SystemClock

    call = invocation(context)
    settings = call.settings(checks_models=False)
    with opened_home(call, settings) as stores:
        exported = wiring.build_personal_export(stores, SystemClock()).write(person, out)
    if json:
        print_json({"person_id": exported.person_id, "path": str(exported.path), **exported.counts})
    else:
        counts = ", ".join(f"{count} {kind}" for kind, count in exported.counts.items())
        print_text(f"{exported.path}: {counts}")
