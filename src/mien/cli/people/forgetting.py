"""`mien privacy forget`: everything about a person goes, and the files of the home are searched for what is left."""

import json as json_format
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mien.cli.home import opened_home
from mien.cli.people.planned import DryRunOption, YesOption, agree
from mien.cli.terminal import JsonOption, invocation, print_json, print_text
from mien.domain.errors import UsageError
from mien.telemetry.text import counted

if TYPE_CHECKING:
    from mien.privacy.forgetting import Forgot, Leaving

PersonArgument = Annotated[str, typer.Argument(metavar="PERSON", help="A name, or an id such as unknown-0007.")]


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

    Then the raw bytes of every file of the home are searched for the name, the ids and the templates. What is found is
    told with its place, and the exit code is 1; forgetting again goes on from there. It cannot be undone. What lies
    outside the home is told, and stays.

    Example: `mien privacy forget "Ada Lovelace" --receipt receipt.json`
    """
    from mien import wiring
    from mien.domain.clock import SystemClock

    call = invocation(context)
    settings = call.settings(checks_models=False)
    _check_place(receipt)
    with opened_home(call, settings) as stores:
        forgetting = wiring.build_forgetting(stores, SystemClock())
        leaving = forgetting.plan(person)
        if not dry_run and not yes:
            agree(f"forget {_told(leaving)} for good")
        done = None if dry_run else forgetting.forget(person)
    if done is not None and receipt is not None:
        receipt.write_text(json_format.dumps(done.receipt.fields(), indent=2) + "\n", encoding="utf-8")
    if json:
        print_json(_fields(leaving, done, dry_run))
    else:
        _print(leaving, done)


def _check_place(receipt: Path | None) -> None:
    """Raise UsageError where a receipt cannot be written, before anything is gone."""
    if receipt is not None and receipt.exists():
        raise UsageError(f"--receipt: {receipt} is there already")
    if receipt is not None and not receipt.absolute().parent.is_dir():
        raise UsageError(f"--receipt: there is no folder {receipt.parent}")


def _told(leaving: "Leaving") -> str:
    counts = ", ".join(counted(count, kind.removesuffix("s")) for kind, count in leaving.counts.items() if count)
    others = f" (also {', '.join(leaving.person_ids[1:])})" if leaving.person_ids[1:] else ""
    return f"{leaving.person_id}{others} with {counts or 'nothing but the id'}"


def _fields(leaving: "Leaving", done: "Forgot | None", is_dry_run: bool) -> dict[str, Any]:
    outputs = [{"kind": one.kind, "path": str(one.path), "at": one.at.isoformat()} for one in leaving.outputs]
    ids = {"person_id": leaving.person_id, "person_ids": list(leaving.person_ids), "is_dry_run": is_dry_run}
    told = {**ids, **leaving.counts, "outside": outputs}
    return {**told, "receipt": done.receipt.fields() if done else None}


def _print(leaving: "Leaving", done: "Forgot | None") -> None:
    if done is None:
        print_text(f"would forget {_told(leaving)}")
    else:
        receipt = done.receipt
        print_text(f"forgotten: {_told(leaving)}")
        print_text(
            f"verified: no trace in {receipt.files} files ({receipt.size / 1e6:.1f} MB); "
            f"the audit log has the ids {receipt.on_record} times and no name"
        )
    for output in leaving.outputs:
        print_text(f"not covered: {output.path} ({output.kind} of {output.at.astimezone():%Y-%m-%d})")
    for other in done.receipt.not_covered if done else ():
        print_text(f"not covered: {other}")
