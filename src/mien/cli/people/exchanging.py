"""People leaving a home and coming into another: archives, and tables of embeddings."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer

from mien.cli.home import end_without, lost_fields, opened_home
from mien.cli.people.planned import DryRunOption
from mien.cli.people.terms import terms
from mien.cli.terminal import Invocation, JsonOption, invocation, print_json, print_table, print_text
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
_TOLD_APART = 10  # people who have pictures that came for somebody else
_IDS = 3
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
        print_json({"file": str(told.path), **counts, **written, "lost": lost_fields(told.lost)})
    else:
        people, pictures = counted(told.people, "person", "people"), counted(told.pictures, "picture")
        would = "would write " if dry_run else ""
        print_text(f"{would}{told.path}: {people}, {pictures}, {counted(told.templates, 'template')}")
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
    _report(call, arrivals, is_dry=is_dry, json=json)


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


def _report(call: Invocation, arrivals: "list[Arrival]", *, is_dry: bool, json: bool) -> None:
    for one in arrivals:
        if one.outcome == "new" and one.name != one.wanted:
            call.notice(f"{one.wanted!r} is somebody else here: taken in as {one.name!r} (mien people merge joins two)")
        if one.outcome == "declared":
            call.failure(f"{one.wanted!r} {_TOLD[one.outcome]}")
    counts = {outcome: sum(one.outcome == outcome for one in arrivals) for outcome in _TOLD}
    added = {key: sum(getattr(one, key) for one in arrivals) for key in ("pictures", "templates", "set_aside")}
    added["left"] = sum(left.pictures for one in arrivals for left in one.left)
    added["consented"] = sum(one.consented for one in arrivals)
    if json:
        print_json({"is_dry_run": is_dry, **counts, **added, "people": [_fields(one) for one in arrivals]})
    else:
        if is_dry:
            rows = ((one.name or "–", one.person_id, _TOLD[one.outcome], str(one.pictures)) for one in arrivals)
            print_table("", ("name", "id", "what", "pictures."), rows)
        words = {"set_aside": "set aside", "left": "left where they are", "consented": "with consent put on record"}
        told = ", ".join(f"{count} {words.get(key, key)}" for key, count in {**counts, **added}.items() if count)
        print_text(f"{'would be: ' if is_dry else ''}{told or 'nobody is in it'}")
        for line in (*_told_left(arrivals), *_told_ids(arrivals, is_dry=is_dry)):
            print_text(line)
    if counts["declared"]:
        raise typer.Exit(1)


def _told_left(arrivals: "list[Arrival]") -> Iterator[str]:
    """Whose the pictures are that stay where they are, a line each."""
    lines = [
        f"left with {_who(left.name, left.person_id)}: {counted(left.pictures, 'picture')} that came for "
        f"{_who(one.wanted, one.person_id)}"
        for one in arrivals
        for left in one.left
    ]
    yield from lines[:_TOLD_APART]
    if len(lines) > _TOLD_APART:
        yield f"and so on, {len(lines) - _TOLD_APART} times more (--json tells each)"


def _told_ids(arrivals: "list[Arrival]", *, is_dry: bool) -> Iterator[str]:
    """What becomes of the ids that those who are new had elsewhere."""
    new = [one.person_id for one in arrivals if one.outcome == "new"]
    if new and is_dry:
        yield "whoever is new gets an id of this home, and keeps the uid by which another import knows them again"
    elif new:
        more = f" and {len(new) - _IDS} more" if len(new) > _IDS else ""
        yield f"new ids of this home: {', '.join(new[:_IDS])}{more}; the uids by which an import knows them again stay"


def _who(name: str, person_id: str) -> str:
    """A name with the id beside it, or what there is of both."""
    return " ".join(filter(None, (repr(name) if name else "", f"({person_id})" if name and person_id else person_id)))


def _fields(one: "Arrival") -> dict[str, Any]:
    return {
        "outcome": one.outcome,
        "reason": _TOLD[one.outcome],
        "person_id": one.person_id,
        "uid": one.uid,
        "name": one.name,
        "wanted": one.wanted,
        "pictures": one.pictures,
        "templates": one.templates,
        "set_aside": one.set_aside,
        "consented": one.consented,
        "left": [{"person_id": left.person_id, "name": left.name, "pictures": left.pictures} for left in one.left],
    }
