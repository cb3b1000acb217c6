"""Taking people in from pictures."""

from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli.options import Chosen, model_options
from mien.cli.people.terms import (
    ConsentOption,
    EvidenceOption,
    ExpiresOption,
    OverruleOption,
    VersionOption,
    terms,
)
from mien.cli.terminal import (
    ConfigOption,
    Invocation,
    JsonOption,
    fetch_models,
    invocation,
    print_json,
    print_text,
    working,
)
from mien.domain.errors import GalleryError

if TYPE_CHECKING:
    from mien.gallery.enrolment.admission import Terms
    from mien.gallery.enrolment.enroller import Enroller, Enrolment
    from mien.settings import Settings


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    app.command("import")(import_people)
    app.command("enrol")(enrol_person)


@model_options("detector", "recognizer", "quality")
def import_people(
    context: typer.Context,
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="A folder with one folder of pictures for each person, named so.")
    ],
    consent: ConsentOption = "",
    evidence: EvidenceOption = "",
    text: VersionOption = "",
    expires: ExpiresOption = "",
    overrule: OverruleOption = False,
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
    settings = call.settings(config, chosen)
    told = terms(call, settings, (consent, evidence, text, expires), is_overruled=overrule)
    enrolments = _enrolled(call, settings, told, lambda enroller: enroller.import_folder(folder))
    _report(enrolments, json)
    got_in = {one.name for one in enrolments if one.outcome != "refused"}
    if not got_in - {""}:
        raise GalleryError(f"nobody was enrolled: expected one folder of pictures for each person in {folder}")
    if any(one.name and one.name not in got_in for one in enrolments):
        raise typer.Exit(1)


@model_options("detector", "recognizer", "quality")
def enrol_person(
    context: typer.Context,
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="The person's name; more pictures may be added to it later.")
    ],
    images: Annotated[list[Path], typer.Argument(metavar="IMAGE", help="Pictures of the person.")],
    consent: ConsentOption = "",
    evidence: EvidenceOption = "",
    text: VersionOption = "",
    expires: ExpiresOption = "",
    overrule: OverruleOption = False,
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
    settings = call.settings(config, chosen)
    told = terms(call, settings, (consent, evidence, text, expires), is_overruled=overrule)
    enrolments = _enrolled(call, settings, told, lambda enroller: enroller.enrol(name, images))
    _report(enrolments, json)
    if any(one.outcome == "refused" for one in enrolments):
        raise typer.Exit(1)


def _enrolled(
    call: Invocation, settings: "Settings", told: "Terms", work: "Callable[[Enroller], Iterable[Enrolment]]"
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
        enroller = wiring.build_enroller(settings, stores, tasks, told, SystemClock())
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
