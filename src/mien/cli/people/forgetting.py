"""`mien privacy forget`: everything about a person goes, and the files of the home are searched for what is left."""

import json as json_format
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mien.cli.home import opened_home
from mien.cli.people.planned import DryRunOption, YesOption, agree
from mien.cli.terminal import JsonOption, invocation, print_json, print_text
from mien.domain.clock import SystemClock
from mien.domain.errors import StoreError, UsageError
from mien.telemetry.text import counted

if TYPE_CHECKING:
    from mien.privacy.forgetting.leaving import Forgot, Leaving, Receipt
    from mien.store.home import Home
    from mien.store.outputs import Output

PersonArgument = Annotated[
    str, typer.Argument(metavar="PERSON", help="A name, for all who bear it, or an id such as unknown-0007.")
]
_FEW = 5
_BLOTTED = ", a place whose name is blotted out, for somebody who was forgotten is named in it"
_SEVERAL = {"analysis": "analyses", "contact_sheet": "contact sheets"}


def register(app: typer.Typer) -> None:
    """Add the verb."""
    app.command("forget")(forget)


def forget(
    context: typer.Context,
    person: PersonArgument,
    receipt: Annotated[
        Path | None,
        typer.Option("--receipt", metavar="FILE", show_default=False, help="Where a receipt goes, without any name."),
    ] = None,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    json: JsonOption = False,
) -> None:
    """Forget a person for good: pictures, templates, readings, sightings, events, consent, journal and exports.

    A name takes everybody who bears it, in the recycle bin too; an id takes that person alone. Then the raw bytes of
    every file of the home are searched for the name, the ids and the templates. What is found is told with its place,
    and the exit code is 1; forgetting again goes on from there. It cannot be undone. All archives in the home go too.
    What lies outside the home is told, and stays.

    Example: `mien privacy forget "Ada Lovelace" --receipt receipt.json`
    """
    from mien.store.home import Home
    from mien.wiring.rights import build_forgetting

    call = invocation(context)
    settings = call.settings(checks_models=False)
    _check_place(receipt, Home(settings.home))
    with opened_home(call, settings) as stores:
        forgetting = build_forgetting(stores, SystemClock())
        leaving = forgetting.plan(person)
        for warning in _warnings(leaving) if not dry_run else ():
            call.notice(f"careful: {warning}")
        if not dry_run and not yes:
            _agree(leaving)
        done = None if dry_run else forgetting.forget(person, leaving.person_ids)
    if done is not None:
        leaving = done.leaving
    if json:
        print_json(_fields(leaving, done, dry_run))
    else:
        print_text("\n".join(_lines(leaving, done)))
    if done is not None and receipt is not None:
        _write(receipt, done.receipt)


def _check_place(receipt: Path | None, home: "Home") -> None:
    """Raise UsageError where a receipt cannot be written or would lie in the home, before anything is gone."""
    if receipt is None:
        return
    if home.holds(receipt):
        raise UsageError(f"--receipt: {receipt} lies in the home, which is searched: choose a place outside of it")
    if not receipt.absolute().parent.is_dir():
        raise UsageError(f"--receipt: there is no folder {receipt.parent}")
    try:
        receipt.open("x").close()
        receipt.unlink()
    except FileExistsError as error:
        raise UsageError(f"--receipt: {receipt} is there already") from error
    except OSError as error:
        raise UsageError(f"--receipt: {receipt} cannot be written: {error.strerror}") from error


def _write(receipt: Path, told: "Receipt") -> None:
    """Write it where nothing is; raises StoreError."""
    try:
        with receipt.open("x", encoding="utf-8") as file:
            file.write(json_format.dumps(told.fields(), indent=2) + "\n")
    except OSError as error:
        number, _ = told.entry
        raise StoreError(
            f"the receipt {receipt} cannot be written: {error.strerror}; all is forgotten, entry {number} of the audit "
            "log tells of it"
        ) from error


def _warnings(leaving: "Leaving") -> "Iterator[str]":
    """What goes that nobody may think of, and who stays."""
    from mien.privacy.forgetting.telling import archives, stays

    yield from archives(leaving)
    for one in leaving.namesakes:
        yield f"{stays(one)}; mien privacy forget {one.person.person_id} takes them"


def _agree(leaving: "Leaving") -> None:
    archives = f", and delete {counted(len(leaving.exports), 'archive')}," if leaving.exports else ""
    from mien.privacy.forgetting.telling import told

    agree(f"forget {'; '.join(map(told, leaving.records))}{archives} for good")


def _fields(leaving: "Leaving", done: "Forgot | None", is_dry_run: bool) -> dict[str, Any]:
    outputs = [
        {"kind": one.kind, "path": str(one.path), "at": one.at.isoformat(), "is_blotted": one.is_blotted}
        for one in leaving.outputs
    ]
    ids = {"person_id": leaving.person_id, "person_ids": list(leaving.person_ids), "is_dry_run": is_dry_run}
    records = [
        {"person_id": one.person_id, "person_ids": list(one.person_ids), "standing": one.standing, **one.counts}
        for one in leaving.records
    ]
    namesakes = [
        {"person_id": one.person.person_id, "standing": one.person.standing, "merged": one.merged}
        for one in leaving.namesakes
    ]
    told = {**ids, **leaving.counts, "records": records, "namesakes": namesakes, "outside": outputs}
    found = [{"file": one.file, "count": one.count} for one in done.of_namesakes] if done else []
    archives = [str(path) for path in leaving.exports]
    return {**told, "archives": archives, "of_namesakes": found, "receipt": done.receipt.fields() if done else None}


def _lines(leaving: "Leaving", done: "Forgot | None") -> "Iterator[str]":
    from mien.privacy.forgetting.telling import told

    records, verb = [*map(told, leaving.records)], "would forget" if done is None else "forgotten:"
    if len(records) > 1:
        yield f"{verb} {len(records)} records of that name"
        yield from (f"  {one}" for one in records)
    else:
        yield f"{verb} {records[0]}"
    if done is None:
        yield from (f"careful: {warning}" for warning in _warnings(leaving))
    if done is not None:
        receipt, trace = done.receipt, "trace but the name, which others bear too," if done.is_name_borne else "trace"
        yield (
            f"verified: no {trace} in {receipt.files} files ({receipt.size / 1e6:.1f} MB); "
            f"the audit log has the ids {receipt.on_record} times and no name"
        )
        for one in done.of_namesakes:
            yield f"the name, as others bear it, is left in {one.file}, {one.count}×"
    yield from (f"not covered: {one}" for one in _outside(leaving.outputs))
    yield from (f"not covered: {one}" for one in (done.receipt.not_covered if done else ()))


def _outside(outputs: "Sequence[Output]") -> "Iterator[str]":
    """What lies outside the home: each by itself where these are few, else by folder and kind."""

    def place(one: "Output") -> tuple[str, str, bool]:
        return str(one.path.parent), one.kind, one.is_blotted

    if len(outputs) <= _FEW:
        yield from map(_alone, outputs)
        return
    for (folder, kind, is_blotted), grouped in groupby(sorted(outputs, key=place), key=place):
        found = list(grouped)
        if len(found) == 1:
            yield _alone(found[0])
        else:
            first, last = min(one.at for one in found), max(one.at for one in found)
            days = dict.fromkeys(f"{one.astimezone():%Y-%m-%d}" for one in (first, last))
            many = counted(len(found), kind, _SEVERAL.get(kind, ""))
            yield f"{many} in {folder}{_BLOTTED * is_blotted} ({' to '.join(days)}; --json tells each)"


def _alone(one: "Output") -> str:
    return f"{one.path}{_BLOTTED * one.is_blotted} ({one.kind} of {one.at.astimezone():%Y-%m-%d})"
