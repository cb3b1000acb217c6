"""`mien people`: who is known, enrolling them from pictures, and forgetting them."""

import sys
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli.options import Chosen, model_options
from mien.cli.terminal import (
    ConfigOption,
    Invocation,
    JsonOption,
    fetch_models,
    invocation,
    print_json,
    print_table,
    print_text,
    working,
)
from mien.domain.errors import GalleryError

if TYPE_CHECKING:
    from mien.gallery.enrolment.enroller import Enroller, Enrolment
    from mien.gallery.roster import Roster
    from mien.settings import Settings

app = typer.Typer(no_args_is_help=True, help="The people mien knows: enrol them from pictures, list, forget.")


@app.command("import")
@model_options("detector", "recognizer", "quality")
def import_people(
    context: typer.Context,
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="A folder with one folder of pictures for each person, named so.")
    ],
    *,
    chosen: Chosen,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Enrol everybody in a folder of folders.

    It looks like photos/Ada Lovelace/1.jpg, photos/Alan Turing/1.jpg, and so on.

    Pictures that are enrolled already are passed over. A picture that is refused is told with the reason; the exit
    code is 1 where somebody could not be enrolled at all.

    Example: `mien people import photos/`
    """
    call = invocation(context)
    enrolments = _enrolled(call, call.settings(config, chosen), lambda enroller: enroller.import_folder(folder))
    _report(enrolments, json)
    got_in = {one.name for one in enrolments if one.outcome != "refused"}
    if not got_in - {""}:
        raise GalleryError(f"nobody was enrolled: expected one folder of pictures for each person in {folder}")
    if any(one.name and one.name not in got_in for one in enrolments):
        raise typer.Exit(1)


@app.command("enrol")
@model_options("detector", "recognizer", "quality")
def enrol_person(
    context: typer.Context,
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="The person's name; more pictures may be added to it later.")
    ],
    images: Annotated[list[Path], typer.Argument(metavar="IMAGE", help="Pictures of the person.")],
    *,
    chosen: Chosen,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Enrol one person from pictures.

    The exit code is 1 where a picture is refused; the others are kept.

    Example: `mien people enrol "Ada Lovelace" ada-1.jpg ada-2.jpg`
    """
    call = invocation(context)
    enrolments = _enrolled(call, call.settings(config, chosen), lambda enroller: enroller.enrol(name, images))
    _report(enrolments, json)
    if any(one.outcome == "refused" for one in enrolments):
        raise typer.Exit(1)


@app.command("list")
def list_people(context: typer.Context, json: JsonOption = False) -> None:
    """List everybody: enrolled people by name, then the strangers that were met, by id."""
    with ExitStack() as stack:
        entries = _roster(invocation(context), stack).entries()
    rows = [(one.person, one.templates) for one in entries]
    if json:
        people = [
            {
                "person_id": person.person_id,
                "name": person.name,
                "kind": person.kind,
                "templates": templates,
                "created_at": person.created_at.isoformat(),
            }
            for person, templates in rows
        ]
        print_json({"people": people})
    elif rows:
        print_table(
            "",
            ("name", "id", "kind", "templates.", "since"),
            (
                (
                    one.name or "–",
                    one.person_id,
                    one.kind,
                    str(templates),
                    f"{one.created_at.astimezone():%Y-%m-%d %H:%M}",
                )
                for one, templates in rows
            ),
        )
    else:
        print_text("nobody is enrolled; mien people enrol NAME IMAGE… changes that")


@app.command("forget")
def forget_person(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="A name, or an id such as unknown-0007.")],
    yes: Annotated[
        bool, typer.Option("--yes", "-y", metavar="", help="Do not ask; a call without a terminal never asks.")
    ] = False,
    json: JsonOption = False,
) -> None:
    """Delete everything about a person, for good.

    That is templates, stored pictures, readings and events. The id is not given again."""
    with ExitStack() as stack:
        roster = _roster(invocation(context), stack)
        person = roster.find(name)
        who = person.name or person.person_id
        if sys.stdin.isatty() and sys.stderr.isatty() and not yes:
            typer.confirm(f"Delete everything about {who}?", abort=True, err=True)
        forgotten = roster.forget(person.person_id)
    counts = {
        "templates": forgotten.templates,
        "readings": forgotten.readings,
        "events": forgotten.events,
        "pictures": len(forgotten.crops),
    }
    if json:
        print_json({"person_id": forgotten.person_id, **counts})
    else:
        gone = ", ".join(f"{count} {what}" for what, count in counts.items())
        print_text(f"forgot {who}: {gone}")


def _roster(call: Invocation, stack: ExitStack) -> "Roster":
    from mien import wiring

    return wiring.build_roster(wiring.build_stores(call.settings(), stack))


def _enrolled(
    call: Invocation, settings: "Settings", work: "Callable[[Enroller], Iterable[Enrolment]]"
) -> "list[Enrolment]":
    """Do the work of an enroller, telling each refused picture as it comes."""
    from mien import wiring
    from mien.domain.clock import SystemClock

    with ExitStack() as stack:
        stores = wiring.build_stores(settings, stack)
        fetch_models(call, settings)
        shelf = wiring.build_shelf(settings)
        settings = wiring.following_gallery(settings, stores, shelf)
        tasks = wiring.build_tasks(settings, shelf)
        enroller = wiring.build_enroller(settings, stores, tasks, SystemClock())
        enrolments = []
        with working(call, "pictures") as advance:
            for one in work(enroller):
                enrolments.append(one)
                if one.outcome == "refused":
                    call.failure(f"{one.picture}: refused: {one.reason}")
                elif one.reason:
                    call.notice(f"{one.picture}: {one.reason}")
                advance(len(enrolments), 0)
    return enrolments


def _report(enrolments: "list[Enrolment]", json: bool) -> None:
    outcomes = Counter(one.outcome for one in enrolments)
    counts = {outcome: outcomes[outcome] for outcome in ("accepted", "skipped", "refused")}
    if json:
        pictures = [
            {"picture": str(one.picture), "name": one.name, "outcome": one.outcome, "reason": one.reason}
            for one in enrolments
        ]
        print_json({**counts, "pictures": pictures})
    else:
        people = len({one.name for one in enrolments if one.name and one.outcome != "refused"})
        told = ", ".join(f"{count} {outcome}" for outcome, count in counts.items())
        print_text(f"{people} {'person' if people == 1 else 'people'}, {len(enrolments)} pictures: {told}")
