"""`mien privacy export`: everything that is kept of a person, to be handed to them."""

from pathlib import Path
from typing import Annotated

import typer

from mien.cli.home import opened_home
from mien.cli.people.forgetting import PersonArgument
from mien.cli.terminal import JsonOption, invocation, print_json, print_text
from mien.domain.clock import SystemClock


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("export")(export)


def export(
    context: typer.Context,
    person: PersonArgument,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="The file, outside the home.")],
    overwrite: Annotated[
        bool, typer.Option("--overwrite", metavar="", help="Put it in place of a file that is there.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Write everything that is kept of a person into a zip file: tables as CSV and JSON, pictures as PNG.

    A name takes everybody who bears it, in the recycle bin too, each in a folder; an id takes that person alone. The
    file holds nothing of anybody else. It is not encrypted, and only you may read it.

    Example: `mien privacy export "Ada Lovelace" --out ada.zip`
    """
    from mien.gallery.names import called
    from mien.wiring.rights import build_personal_export

    call = invocation(context)
    settings = call.settings(checks_models=False)
    with opened_home(call, settings) as stores:
        exporting = build_personal_export(stores, SystemClock())
        exported = exporting.write(person, out, overwrites=overwrite)
    if json:
        ids = {"person_id": exported.person_id, "person_ids": list(exported.person_ids)}
        others = [one.person.person_id for one in exported.namesakes]
        print_json({**ids, "path": str(exported.path), **exported.counts, "namesakes": others})
        return
    counts = ", ".join(f"{count} {kind}" for kind, count in exported.counts.items())
    several = f" of {', '.join(exported.person_ids)}" if len(exported.person_ids) > 1 else ""
    print_text(f"{exported.path}: {counts}{several}")
    for one in exported.namesakes:
        print_text(f"not in it: {called(one.person)}, who bears the name too, or took in somebody who did")
