"""`mien privacy export`: everything that is kept of a person, to be handed to them."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli.home import end_without, lost_fields, opened_home
from mien.cli.terminal import JsonOption, invocation, print_json, print_text
from mien.domain.clock import SystemClock
from mien.telemetry.text import counted

if TYPE_CHECKING:
    from mien.privacy.bearers import Namesake


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("export")(export)


def export(
    context: typer.Context,
    person: Annotated[str, typer.Argument(metavar="PERSON", help="A name, or an id such as unknown-0007.")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FILE", help="The file, outside the home.")],
    overwrite: Annotated[
        bool, typer.Option("--overwrite", metavar="", help="Put it in place of a file that is there.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Write everything that is kept of one person into a zip file: tables as CSV and JSON, pictures as PNG.

    A name means whoever bears it in the gallery, else the one who was thrown away; others of the name are told, and an
    id takes any of them. The file holds nothing of anybody else. It is not encrypted, and only you may read it.

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
        others = [one.person.person_id for one in exported.namesakes]
        told = {"person_id": exported.person.person_id, "path": str(exported.path), **exported.counts}
        lost = {"lost": lost_fields(exported.lost), "lost_of_visits": exported.lost_views}
        print_json({**told, "namesakes": others, **lost})
    else:
        counts = ", ".join(f"{count} {kind}" for kind, count in exported.counts.items())
        print_text(f"{exported.path}: what is kept of {called(exported.person)}: {counts}")
        for one in exported.namesakes:
            print_text(f"not in it: {_told(one)}")
    if exported.lost_views:
        call.failure(f"not in it: {counted(exported.lost_views, 'picture')} of visits, missing or damaged")
    end_without(call, exported.lost)
    if exported.lost_views:
        raise typer.Exit(1)


def _told(one: "Namesake") -> str:
    """Who may be meant as well, and how to get what is kept of them."""
    from mien.gallery.names import called

    why = f"for {one.merged}, which was merged into them, bore the name" if one.merged else "who bears the name too"
    where = " in the recycle bin" if one.person.standing == "binned" else ""
    person_id = one.person.person_id
    return f"{called(one.person)}{where}, {why}; mien privacy export {person_id} takes what is kept of them"
