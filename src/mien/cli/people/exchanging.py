"""People leaving a home and coming into another: archives, and tables of embeddings."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, get_args

import typer

from mien.cli.home import end_without, lost_fields, opened_home
from mien.cli.people.arriving import report
from mien.cli.people.planned import DryRunOption
from mien.cli.people.terms import terms
from mien.cli.terminal import Invocation, JsonOption, invocation, print_json, print_text
from mien.domain.clock import SystemClock
from mien.domain.errors import GalleryError, UsageError
from mien.telemetry.text import counted

if TYPE_CHECKING:
    from mien.domain.people.people import Person
    from mien.gallery.exchange.arrivals import Arrival, Arriving
    from mien.gallery.exchange.exporter import Exported
    from mien.settings import Settings
    from mien.wiring.stores import Stores

_VARIABLE = "MIEN_PASSPHRASE"
_TABLES = (".npz", ".csv")

PassphraseOption = Annotated[
    Path | None,
    typer.Option(
        "--passphrase-file",
        metavar="FILE",
        show_default=False,
        help="The archive is sealed with what its first line says; MIEN_PASSPHRASE does as well.",
    ),
]

OverwriteOption = Annotated[
    bool, typer.Option("--overwrite", metavar="", help="Replace what is there; without it nothing that is there goes.")
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
    overwrite: OverwriteOption = False,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Write everybody who is enrolled, with pictures, templates and consent, into one archive; or their embeddings.

    `mien people import` takes any of these in. An archive without a passphrase shows the faces to whoever has it: it
    goes outside the home alone. A file that is there already is not touched without --overwrite.

    Example: `mien people export --out gallery.mien --passphrase-file secret.txt`
    """
    from mien.wiring.curation import build_exporter, model_in_use

    if sum(one is not None for one in (out, npz, csv)) > 1:
        raise UsageError("--out, --npz and --csv exclude each other")
    if (table := npz or csv) and passphrase_file:
        raise UsageError("--passphrase-file is for archives")
    call, secret = invocation(context), passphrase(passphrase_file)
    settings = call.settings()
    with opened_home(call, settings) as stores:
        chosen = _chosen(stores, people or ())
        exporter = build_exporter(stores, SystemClock(), overwrites=overwrite, is_rehearsal=dry_run)
        if table:
            told = exporter.write_table(table, chosen, model_in_use(settings, stores), is_csv=npz is None)
        else:
            told = exporter.write_archive(out, chosen, secret)
    _tell(call, told, is_table=table is not None, dry_run=dry_run, json=json)


def _tell(call: Invocation, told: "Exported", *, is_table: bool, dry_run: bool, json: bool) -> None:
    if is_table:
        call.notice("whoever has these numbers can recognise the faces: they are biometric data, not encrypted")
    elif not told.is_encrypted:
        call.notice("the archive is not encrypted: whoever has it sees the faces; --passphrase-file seals it")
    if json:
        counts = {"people": told.people, "pictures": told.pictures, "templates": told.templates}
        written = {"sha256": told.digest or None, "is_encrypted": told.is_encrypted, "is_dry_run": dry_run}
        counts["left_out"] = told.left_out
        print_json({"file": str(told.path), **counts, **written, "lost": lost_fields(told.lost)})
    else:
        people, pictures = counted(told.people, "person", "people"), counted(told.pictures, "picture")
        would = "would write " if dry_run else ""
        print_text(f"{would}{told.path}: {people}, {pictures}, {counted(told.templates, 'template')}")
        if told.left_out:
            print_text(f"left out: {counted(told.left_out, 'picture')} of which neither a template nor a file is kept")
    end_without(call, told.lost)


def import_file(
    call: Invocation,
    settings: "Settings",
    path: Path,
    given: tuple[str | None, str, str, str | None],
    options: tuple[Path | None, bool, bool],
) -> None:
    """Take in whoever is in a file that `mien people export` wrote.

    ``given`` are the terms for tables as they are told; ``options`` the passphrase's file, whether it is a dry run, and
    whether JSON is wanted. Raises UsageError where some of it does not go with the file. Of a home nothing is made
    before the file was read, and found to be in order.
    """
    from mien.gallery.exchange.reading import opened_archive

    passphrase_file, is_dry, json = options
    if path.suffix.lower() in _TABLES:
        if passphrase_file:
            raise UsageError("--passphrase-file is for archives")
        arrivals = _import_table(call, settings, path, given, is_dry=is_dry)
    else:
        if given != (None, "", "", None):
            raise UsageError("an archive brings the consent that is on record: --consent and its like do not go")
        with (
            opened_archive(path, passphrase(passphrase_file)) as archive,
            opened_home(call, settings, is_made=not is_dry) as stores,
        ):
            arrivals = _arrived(settings, stores, archive, path, is_dry=is_dry)
        if archive.odd_crops:
            left_out = counted(archive.odd_crops, "picture")
            call.notice(f"{left_out} in it came without the crop of the face, which is not cut as kept ones are")
    report(call, arrivals, is_dry=is_dry, json=json)


def _import_table(
    call: Invocation, settings: "Settings", path: Path, given: tuple[str | None, str, str, str | None], *, is_dry: bool
) -> "list[Arrival]":
    from mien.wiring.curation import foreign_model, read_embeddings

    table, told = read_embeddings(path), terms(call, settings, given)
    with opened_home(call, settings, is_made=not is_dry) as stores:
        for line in foreign_model(settings, stores, table.model):
            call.notice(line)
        arriving = table.arriving(stores.people, told, SystemClock().now())
        return _arrived(settings, stores, arriving, path, is_dry=is_dry)


def _chosen(stores: "Stores", names: "list[str] | tuple[str, ...]") -> "list[Person]":
    """Everybody who is enrolled, or who is named; raises GalleryError where that is nobody."""
    from mien.gallery.exchange.records import Kept
    from mien.wiring.people import build_roster

    if names:
        roster = build_roster(stores)
        return list({person.person_id: person for person in map(roster.find, names)}.values())
    everybody = stores.people.people(everybody=True)
    if enrolled := [one for one in everybody if one.kind == "enrolled" and one.standing in get_args(Kept)]:
        return enrolled
    raise GalleryError("nobody is enrolled: there is nothing to export")


def _arrived(
    settings: "Settings", stores: "Stores", arriving: "Iterable[Arriving]", path: Path, *, is_dry: bool
) -> "list[Arrival]":
    from mien.gallery.exchange.files import digest_of
    from mien.wiring.curation import build_reception

    reception, everybody = build_reception(settings, stores, SystemClock()), [*arriving]
    return [*reception.foresee(everybody)] if is_dry else [*reception.receive(everybody, digest_of(path))]
