"""`mien review`: the strangers that were met, and what becomes of each."""

from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mien.cli.home import opened_home
from mien.cli.people.planned import DryRunOption, YesOption, carry_out
from mien.cli.people.terms import ConsentOption, EvidenceOption, ExpiresOption, VersionOption, terms
from mien.cli.terminal import JsonOption, invocation, print_json, print_table, print_text
from mien.telemetry.text import decimals_beside

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mien.gallery.strangers.review import Suggestion, Waiting

_NO_TEMPLATES = "no template left"
app = typer.Typer(no_args_is_help=True, help="The strangers that were met: say who they are, or that nobody need know.")

StrangersArgument = Annotated[list[str], typer.Argument(metavar="STRANGER", help="Ids such as unknown-0007.")]


@app.command("list")
def list_strangers(
    context: typer.Context,
    ignored: Annotated[bool, typer.Option("--ignored", metavar="", help="Those who are ignored, too.")] = False,
    json: JsonOption = False,
) -> None:
    """List the strangers who wait for somebody to say who they are, those seen most often first.

    Beside each stands whom of the people and the other strangers they resemble most, with the similarity by which the
    recogniser would name them; nobody whom they were in view together with. `mien people sheet unknown-0007 --out
    FOLDER` shows their pictures.
    """
    from mien.wiring.curation import named_from as find_named_from
    from mien.wiring.people import build_review

    call = invocation(context)
    settings = call.settings()
    with opened_home(call, settings) as stores:
        waiting = build_review(stores).waiting(ignored=ignored)
        threshold = find_named_from(settings, stores)
    if json:
        print_json({"strangers": [_fields(one) for one in waiting]})
    elif waiting:
        _tell(waiting, threshold, settings.matching.stranger_similarity)
    else:
        print_text("nobody waits: strangers are met by mien watch and mien analyze")


def _tell(waiting: "Sequence[Waiting]", named_from: float | None, one_from: float) -> None:
    """Tell who waits, with as many decimals as keep each similarity on its side of the threshold below."""
    nearest = {one.person.person_id: _nearest(one) for one in waiting}
    of_people = [best.similarity for best in nearest.values() if best and best.name]
    of_strangers = [best.similarity for best in nearest.values() if best and not best.name]
    decimals = decimals_beside(one_from, of_strangers)
    if named_from is not None:
        decimals = max(decimals, decimals_beside(named_from, of_people))
    columns = ("id", "pictures.", "visits.", "seen last", "resembles most")
    print_table("", columns, (_cells(one, nearest[one.person.person_id], decimals) for one in waiting))
    if named_from is not None:
        names = f"a clear face gets one from {named_from:.{decimals}f} on"
        print_text(f"resembles: the similarity by which the recogniser gives names; {names}")
    if of_strangers:
        print_text(f"two strangers are made one from {one_from:.{decimals}f} on")
    if any(one.apart for one in waiting):
        print_text("not suggested: who was in view together with the stranger, or parted from them; --json has them")
    if not all(one.templates for one in waiting):
        print_text(
            f"{_NO_TEMPLATES}: the templates went with consent that was taken back, or no picture is looked at; "
            "mien review discard takes whoever cannot be recognised out of this list"
        )


def _nearest(one: "Waiting") -> "Suggestion | None":
    return max((*one.people, *one.strangers), key=lambda other: other.similarity, default=None)


def _fields(one: "Waiting") -> dict[str, Any]:
    return {
        "person_id": one.person.person_id,
        "standing": one.person.standing,
        "pictures": [picture.picture_id for picture in one.pictures],
        "best_quality": one.best.quality if one.best else None,
        "visits": one.visits.count if one.visits else 0,
        "first_seen": _iso(one.visits.first_at if one.visits else one.person.created_at),
        "last_seen": _iso(one.visits.last_at if one.visits else one.person.created_at),
        "people": [asdict(suggestion) for suggestion in one.people],
        "strangers": [asdict(suggestion) for suggestion in one.strangers],
        "apart": list(one.apart),
        "stored": one.stored,
        "templates": one.templates,
    }


def _iso(moment: datetime) -> str:
    return moment.isoformat()


def _cells(one: "Waiting", nearest: "Suggestion | None", decimals: int) -> tuple[str, ...]:
    last = one.visits.last_at if one.visits else one.person.created_at
    count = len(one.pictures)
    if nearest:
        resembles = f"{nearest.name or nearest.person_id} {nearest.similarity:.{decimals}f}"
    else:
        resembles = f"– ({'nobody to compare with' if one.templates else _NO_TEMPLATES})"
    return (
        one.person.person_id,
        str(count) if one.stored == count else f"{count}, {one.stored} stored",
        str(one.visits.count if one.visits else 0),
        f"{last.astimezone():%Y-%m-%d %H:%M}",
        resembles,
    )


@app.command("assign")
def assign(
    context: typer.Context,
    strangers: StrangersArgument,
    to: Annotated[str, typer.Option("--to", metavar="NAME", help="Who they are: a name or an id.")],
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    json: JsonOption = False,
) -> None:
    """Say that strangers are somebody who is known, or all one stranger: their pictures and history are NAME's.

    Example: `mien review assign unknown-0007 unknown-0012 --to "Ada Lovelace"`
    """
    carry_out(invocation(context), lambda curator: curator.merge(to, strangers), dry_run=dry_run, yes=yes, json=json)


@app.command("new")
def new(
    context: typer.Context,
    stranger: Annotated[str, typer.Argument(metavar="STRANGER", help="An id such as unknown-0007.")],
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the person is called.")],
    consent: ConsentOption = None,
    evidence: EvidenceOption = "",
    text: VersionOption = "",
    expires: ExpiresOption = None,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Make a stranger a person with a name, who gets the stranger's pictures and history.

    Example: `mien review new unknown-0007 "Ada Lovelace" --consent identify,keep --evidence "form 17"`
    """
    call = invocation(context)
    told = terms(call, call.settings(), (consent, evidence, text, expires))
    carry_out(call, lambda curator: curator.name([stranger], name, told.consent), dry_run=dry_run, json=json)
    if not (dry_run or told.is_given):
        told.declared()


@app.command("ignore")
def ignore(
    context: typer.Context, strangers: StrangersArgument, dry_run: DryRunOption = False, json: JsonOption = False
) -> None:
    """Hear no more of strangers, now and whenever they come back: no event, no place in this list.

    Their templates stay, for else they would be met as new; `mien people unhide` takes it back.
    """
    carry_out(invocation(context), lambda curator: curator.ignore(strangers), dry_run=dry_run, json=json)


@app.command("discard")
def discard(
    context: typer.Context, strangers: StrangersArgument, dry_run: DryRunOption = False, json: JsonOption = False
) -> None:
    """Put strangers into the recycle bin: if they come back they are met as new."""
    carry_out(invocation(context), lambda curator: curator.discard(strangers), dry_run=dry_run, json=json)
