"""`mien privacy consent`: what people agreed to, given and taken back."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mien.cli.home import opened_home
from mien.cli.people.forgetting import PersonArgument
from mien.cli.people.listing import UNRECOGNISED
from mien.cli.people.planned import DryRunOption, YesOption, agree
from mien.cli.people.terms import EvidenceOption, ExpiresOption, VersionOption, told_consent
from mien.cli.terminal import Invocation, JsonOption, invocation, print_json, print_table, print_text
from mien.domain.clock import SystemClock
from mien.telemetry.text import counted, counted_with_visits

if TYPE_CHECKING:
    from mien.domain.people.consent import Consent
    from mien.domain.people.people import Person
    from mien.gallery.roster import Unseen
    from mien.privacy.consent import ConsentRegister, Remaining
    from mien.store.consents import LetGo

app = typer.Typer(no_args_is_help=True, help="What people agreed to: see it, record it, and take it back.")
UsesArgument = Annotated[str, typer.Argument(metavar="USES", help="Of identify,expression,keep.")]


@contextmanager
def _register(call: Invocation) -> "Iterator[tuple[ConsentRegister, Callable[[], dict[str, Unseen]]]]":
    """The register, and what tells which people are not recognised."""
    from mien.wiring.curation import unrecognised as find_unrecognised
    from mien.wiring.rights import build_consents

    settings = call.settings(checks_models=False)
    with opened_home(call, settings) as stores:
        yield build_consents(stores, SystemClock()), lambda: find_unrecognised(settings, stores)


@app.command("show")
def show_consent(context: typer.Context, person: PersonArgument, json: JsonOption = False) -> None:
    """Print everything that is on record of a person's consent, the oldest first."""
    from mien.gallery.names import called

    with _register(invocation(context)) as (register, _):
        who, record = register.on_record(person)
    now = SystemClock().now()
    if json:
        valid = sorted({one.scope for one in record if one.is_valid(now)})
        print_json({**_who(who), "valid": valid, "record": [_fields(one) for one in record]})
    elif record:
        columns = ("use", "text", "given", "until", "withdrawn", "evidence")
        print_table("", columns, (_cells(one) for one in record))
    else:
        print_text(f"{called(who)} consented to nothing")


@app.command("give")
def give_consent(
    context: typer.Context,
    person: PersonArgument,
    uses: UsesArgument,
    evidence: EvidenceOption = "",
    text: VersionOption = "",
    expires: ExpiresOption = None,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Put on record that a person consents to some uses.

    Example: `mien privacy consent give "Ada Lovelace" identify,keep --text 2 --evidence "form 17"`
    """
    from mien.gallery.names import called
    from mien.privacy.consent import scopes_of

    call, clock, scopes = invocation(context), SystemClock(), scopes_of(uses)
    consent = told_consent(call.settings(checks_models=False), scopes, text, evidence, expires)
    with _register(call) as (register, unrecognised):
        who, before = register.foresee(person, clock)
        if not dry_run:
            register.give(person, consent, clock)
        why = unrecognised().get(who.person_id)
    agreed = sorted(scopes)
    if json:
        told = {"given": agreed, "before": sorted(before), "is_recognised": why is None, "is_dry_run": dry_run}
        print_json({**_who(who), **told})
        return
    would, until = "would put on record that " if dry_run else "", f" until {expires}" if expires else ""
    print_text(f"{would}{called(who)} consents to {', '.join(agreed)} from now on{until}")
    print_text(f"consented to before: {', '.join(sorted(before)) or 'nothing'}")
    if consent.is_declared and not dry_run:
        call.notice("that is recorded as declared by you; --evidence tells what proves it")
    if "identify" in scopes and why:
        print_text(f"{called(who)}: {UNRECOGNISED[why]}")


@app.command("withdraw")
def withdraw_consent(
    context: typer.Context,
    person: PersonArgument,
    uses: UsesArgument,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    json: JsonOption = False,
) -> None:
    """Take back consent to some uses, at once, and let go of what rests on it.

    Without identify the person is not looked for and the templates go, without keep the stored pictures, without
    expression what readings say of expressions. None of it comes back with new consent. What stays is told. A stranger,
    who was never asked, may say no to keep and expression, and is heeded for as long as strangers are kept.

    Example: `mien privacy consent withdraw "Ada Lovelace" expression`
    """
    from mien.gallery.names import called
    from mien.privacy.consent import scopes_of

    scopes, clock = scopes_of(uses), SystemClock()
    call = invocation(context)
    with _register(call) as (register, _):
        (who, _), gone = register.on_record(person), register.at_stake(person, scopes)
        if "identify" in scopes and "expression" not in register.remaining(person, scopes, clock).scopes:
            call.notice(f"careful: {called(who)} is a stranger then, and the expressions of strangers are read")
        if not dry_run:
            if not yes:
                agree(f"take back consent of {called(who)} to {', '.join(sorted(scopes))}; {_gone(gone)} go")
            gone = register.withdraw(person, scopes, clock)
        left = register.remaining(person, scopes, clock)
    if json:
        counts = {
            "templates": gone.templates,
            "pictures": len(gone.crops),
            "readings": gone.readings,
            "rollups": gone.rollups,
            "shifts": gone.shifts,
        }
        counts |= {"visit_templates": gone.visit_templates, "visit_pictures": gone.visit_crops}
        stays = {**asdict(left), "scopes": sorted(left.scopes)}
        print_json({**_who(who), "withdrawn": sorted(scopes), **counts, "stays": stays, "is_dry_run": dry_run})
    else:
        told = "would be" if dry_run else "is"
        print_text(f"consent of {called(who)} to {', '.join(sorted(scopes))} {told} withdrawn; gone: {_gone(gone)}")
        print_text(_stays(who, left))
        if who.kind == "stranger":
            print_text(f"{who.person_id} is a stranger: whoever comes back after strangers are let go of is met as new")


def _gone(gone: "LetGo") -> str:
    read = (gone.readings, gone.rollups, gone.shifts)
    return _told((gone.templates, gone.visit_templates), (len(gone.crops), gone.visit_crops), read)


def _stays(who: "Person", left: "Remaining") -> str:
    agreed = f"consent to {', '.join(sorted(left.scopes)) or 'nothing'}, with "
    unasked = "of a stranger, whom nobody asked, " if who.kind == "stranger" and not left.scopes else ""
    read = (left.readings, left.rollups, left.shifts)
    covered = _told((left.templates, left.visit_templates), (left.stored, left.visit_stored), read)
    return (
        f"stays: {unasked or agreed}{covered}; the name, visits and readings, and number, quality and origin of "
        f"{counted(left.pictures, 'picture')}: mien privacy forget removes these"
    )


def _told(templates: tuple[int, int], stored: tuple[int, int], read: tuple[int, int, int]) -> str:
    """How much there is; of templates and pictures also how many are of visits; readings, their roll-ups and shifts."""
    texts = counted_with_visits(*templates, "template"), counted_with_visits(*stored, "stored picture")
    words = zip(read, ("reading", "roll-up", "event"), strict=True)
    readings, *others = (counted(count, word) for count, word in words if count or word == "reading")
    return f"{', '.join(texts)}, expressions of {' and '.join((readings, *others))}"


def _who(person: "Person") -> dict[str, Any]:
    return {"person_id": person.person_id, "name": person.name}


def _fields(consent: "Consent") -> dict[str, Any]:
    return {
        "scope": consent.scope,
        "version": consent.version,
        "text": consent.text,
        "evidence": consent.evidence,
        "given_at": consent.given_at.isoformat(),
        "expires_at": consent.expires_at.isoformat() if consent.expires_at else None,
        "withdrawn_at": consent.withdrawn_at.isoformat() if consent.withdrawn_at else None,
    }


def _cells(consent: "Consent") -> tuple[str, ...]:
    moments = (consent.given_at, consent.expires_at, consent.withdrawn_at)
    days = (f"{one.astimezone():%Y-%m-%d}" if one else "" for one in moments)
    return (consent.scope, consent.version, *days, consent.evidence)
