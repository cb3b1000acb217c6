"""People leaving a home and coming into another: archives, and tables of embeddings."""

import os
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer

from mien.cli.home import opened_home
from mien.cli.people.terms import terms
from mien.cli.terminal import Invocation, JsonOption, invocation, print_json, print_table, print_text
from mien.domain.errors import GalleryError, UsageError
from mien.telemetry.text import counted

if TYPE_CHECKING:
    from mien.domain.people.people import Person
    from mien.gallery.enrolment.admission import Terms
    from mien.gallery.exchange.arrivals import Arrival, Arriving, Reception
    from mien.gallery.exchange.writing import Exported
    from mien.settings import Settings
    from mien.wiring import Stores

_VARIABLE = "MIEN_PASSPHRASE"
_TABLES = (".npz", ".csv")
_TOLD = {
    "new": "taken in",
    "known": "known already",
    "forgotten": "was forgotten here, and stays so",
    "away": "is in the recycle bin here, or has faded",
    "declared": "stays out: only an operator declared consent, which does not do for this purpose",
}

PassphraseOption = Annotated[
    Path | None,
    typer.Option(
        "--passphrase-file",
        metavar="FILE",
        show_default=False,
        help="The archive is sealed with what its first line says; MIEN_PASSPHRASE does as well.",
    ),
]


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    app.command("export")(export_people)


def passphrase(file: Path | None) -> str:
    """The passphrase that was told, or an empty text; raises UsageError."""
    told = os.environ.get(_VARIABLE, "")
    if file is None:
        return told
    try:
        first = file.read_text(encoding="utf-8").splitlines()[:1]
    except OSError as error:
        raise UsageError(f"--passphrase-file: {file} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(f"--passphrase-file: {file} is no text in UTF-8") from error
    if not first or not first[0]:
        raise UsageError(f"--passphrase-file: the first line of {file} is empty")
    return first[0]


def export_people(
    context: typer.Context,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", show_default=False, help="The archive; else in exports/ of the home."),
    ] = None,
    people: Annotated[
        list[str] | None,
        typer.Option("--people", metavar="NAME", help="Only this one: a name or an id; may be repeated."),
    ] = None,
    npz: Annotated[
        Path | None, typer.Option("--npz", metavar="FILE", show_default=False, help="Only embeddings, for numpy.")
    ] = None,
    csv: Annotated[
        Path | None, typer.Option("--csv", metavar="FILE", show_default=False, help="Only embeddings, as a table.")
    ] = None,
    passphrase_file: PassphraseOption = None,
    json: JsonOption = False,
) -> None:
    """Write everybody who is enrolled, with pictures, templates and consent, into one archive; or their embeddings.

    `mien people import` takes any of these in. An archive without a passphrase shows the faces to whoever has it: it
    goes outside the home alone.

    Example: `mien people export --out gallery.mien --passphrase-file secret.txt`
    """
    from mien import wiring
    from mien.domain.clock import SystemClock

    if sum(one is not None for one in (out, npz, csv)) > 1:
        raise UsageError("--out, --npz and --csv exclude each other")
    call = invocation(context)
    settings, clock = call.settings(), SystemClock()
    with opened_home(call, settings) as stores:
        chosen = _chosen(stores, people or ())
        exporter = wiring.build_exporter(stores, clock)
        if table := npz or csv:
            model = wiring.model_in_use(settings, stores)
            told = exporter.write_table(table, chosen, model, is_csv=npz is None)
            call.notice("whoever has these numbers can recognise the faces: they are biometric data, not encrypted")
        else:
            secret = passphrase(passphrase_file)
            told = exporter.write_archive(out, chosen, secret)
            if not secret:
                call.notice("the archive is not encrypted: whoever has it sees the faces; --passphrase-file seals it")
    _tell(told, json=json)


def _tell(told: "Exported", *, json: bool) -> None:
    if json:
        counts = {"people": told.people, "pictures": told.pictures, "templates": told.templates}
        print_json({"file": str(told.path), **counts, "sha256": told.digest, "is_encrypted": told.is_encrypted})
    else:
        people, pictures = counted(told.people, "person", "people"), counted(told.pictures, "picture")
        print_text(f"{told.path}: {people}, {pictures}, {counted(told.templates, 'template')}")


def import_file(
    call: Invocation,
    settings: "Settings",
    path: Path,
    given: tuple[str, str, str, str],
    options: tuple[Path | None, bool, bool],
) -> None:
    """Take in whoever is in a file that `mien people export` wrote.

    ``given`` are the terms for tables as they are told; ``options`` the passphrase's file, whether it is a dry run, and
    whether JSON is wanted. Raises UsageError where some of it does not go with the file.
    """
    from mien import wiring
    from mien.domain.clock import SystemClock
    from mien.gallery.exchange.files import digest_of
    from mien.gallery.exchange.reading import opened_archive

    passphrase_file, is_dry, json = options
    clock = SystemClock()
    with ExitStack() as stack:
        stores = stack.enter_context(opened_home(call, settings, is_made=not is_dry))
        reception = wiring.build_reception(settings, stores, clock)
        told: Terms | None = None
        if path.suffix.lower() not in _TABLES:
            if any(given):
                raise UsageError("an archive brings the consent that is on record: --consent and its like do not go")
            arriving: list[Arriving] = [*stack.enter_context(opened_archive(path, passphrase(passphrase_file)))]
        else:
            if passphrase_file:
                raise UsageError("--passphrase-file is for archives")
            table = wiring.read_embeddings(path, stores)
            told = terms(call, settings, given)
            arriving = [*table.arriving(told.consent, clock.now())]
            for line in wiring.foreign_model(settings, stores, table.model):
                call.notice(line)
        arrivals = _arrived(reception, arriving, "" if is_dry else digest_of(path), is_dry=is_dry)
        if told is not None and not is_dry and not told.is_given:
            told.declared()
    _report(call, arrivals, is_dry=is_dry, json=json)


def _chosen(stores: "Stores", names: "list[str] | tuple[str, ...]") -> "list[Person]":
    """Everybody who is enrolled, or who is named; raises GalleryError where that is nobody."""
    from mien import wiring
    from mien.gallery.exchange.records import Kept

    if names:
        roster = wiring.build_roster(stores)
        return list({person.person_id: person for person in map(roster.find, names)}.values())
    everybody = stores.people.people(everybody=True)
    if enrolled := [one for one in everybody if one.kind == "enrolled" and one.standing in get_args(Kept)]:
        return enrolled
    raise GalleryError("nobody is enrolled: there is nothing to export")


def _arrived(reception: "Reception", arriving: "list[Arriving]", digest: str, *, is_dry: bool) -> "list[Arrival]":
    return [*reception.foresee(arriving)] if is_dry else [*reception.receive(arriving, digest)]


def _report(call: Invocation, arrivals: "list[Arrival]", *, is_dry: bool, json: bool) -> None:
    for one in arrivals:
        if one.outcome == "new" and one.name != one.wanted:
            call.notice(f"{one.wanted!r} is somebody else here: taken in as {one.name!r} (mien people merge joins two)")
        if one.outcome == "declared":
            call.failure(f"{one.wanted!r} {_TOLD[one.outcome]}")
    counts = {outcome: sum(one.outcome == outcome for one in arrivals) for outcome in _TOLD}
    added = {key: sum(getattr(one, key) for one in arrivals) for key in ("pictures", "templates", "set_aside")}
    if json:
        print_json({"is_dry_run": is_dry, **counts, **added, "people": [_fields(one) for one in arrivals]})
    else:
        if is_dry:
            rows = ((one.name or "–", one.person_id, _TOLD[one.outcome], str(one.pictures)) for one in arrivals)
            print_table("", ("name", "id", "what", "pictures."), rows)
        told = ", ".join(f"{count} {word.replace('_', ' ')}" for word, count in {**counts, **added}.items() if count)
        print_text(f"{'would be: ' if is_dry else ''}{told or 'nobody is in it'}")
    if counts["declared"]:
        raise typer.Exit(1)


def _fields(one: "Arrival") -> dict[str, Any]:
    return {
        "outcome": one.outcome,
        "reason": _TOLD[one.outcome],
        "person_id": one.person_id,
        "name": one.name,
        "wanted": one.wanted,
        "pictures": one.pictures,
        "templates": one.templates,
        "set_aside": one.set_aside,
    }
