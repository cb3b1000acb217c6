"""`mien privacy consent`: what people agreed to, given and taken back."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mien.cli.home import opened_home
from mien.cli.people.forgetting import PersonArgument
from mien.cli.people.listing import UNRECOGNISED
from mien.cli.people.planned import DryRunOption, YesOption, agree
from mien.cli.people.terms import EvidenceOption, ExpiresOption, VersionOption, expiry
from mien.cli.terminal import Invocation, JsonOption, invocation, print_json, print_table, print_text
from mien.telemetry.text import counted

if TYPE_CHECKING:
    from mien.domain.people.consent import Consent
    from mien.privacy.consent import ConsentRegister
    from mien.store.consents import LetGo

app = typer.Typer(no_args_is_help=True, help="What people agreed to: see it, record it, and take it back.")
UsesArgument = Annotated[str, typer.Argument(metavar="USES", help="Of identify,expression,keep.")]


@contextmanager
def _register(call: Invocation) -> "Iterator[tuple[ConsentRegister, Callable[[], frozenset[str]]]]":
    """The register, and what tells which people are not recognised."""
    from mien import wiring
    from mien.domain.clock import SystemClock

    settings = call.settings(checks_models=False)
    with opened_home(call, settings) as stores:
        yield wiring.build_consents(stores, SystemClock()), lambda: wiring.unrecognised(settings, stores)


@app.command("show")
def show_consent(context: typer.Context, person: PersonArgument, json: JsonOption = False) -> None:
    """Print everything that is on record of a person's consent, the oldest first."""
    from mien.domain.clock import SystemClock

    with _register(invocation(context)) as (register, _):
        who, record = register.on_record(person)
    now = SystemClock().now()
    if json:
        valid = sorted({one.scope for one in record if one.is_valid(now)})
        print_json({"person_id": who.person_id, "valid": valid, "record": [_fields(one) for one in record]})
    elif record:
        columns = ("use", "text", "given", "until", "withdrawn", "evidence")
        print_table("", columns, (_cells(one) for one in record))
    else:
        print_text(f"{who.person_id} consented to nothing")


@app.command("give")
def give_consent(
    context: typer.Context,
    person: PersonArgument,
    uses: UsesArgument,
    evidence: EvidenceOption = "",
    text: VersionOption = "",
    expires: ExpiresOption = "",
    json: JsonOption = False,
) -> None:
    """Put on record that a person consents to some uses.

    Example: `mien privacy consent give "Ada Lovelace" identify,keep --text 2 --evidence "form 17"`
    """
    from mien.domain.clock import SystemClock
    from mien.domain.people.consent import DECLARED, NewConsent
    from mien.privacy.consent import scopes_of

    consent = NewConsent(scopes_of(uses), text or DECLARED, evidence, expiry(expires))
    with _register(invocation(context)) as (register, unrecognised):
        who = register.give(person, consent, SystemClock())
        is_recognised = who.person_id not in unrecognised()
    scopes = sorted(consent.scopes)
    if json:
        print_json({"person_id": who.person_id, "given": scopes, "is_recognised": is_recognised})
    else:
        print_text(f"{who.person_id} consents to {', '.join(scopes)} from now on")
        if "identify" in scopes and not is_recognised:
            print_text(f"{who.person_id}: {UNRECOGNISED}")


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
    expression what readings say of expressions. None of it comes back with new consent.

    Example: `mien privacy consent withdraw "Ada Lovelace" expression`
    """
    from mien.domain.clock import SystemClock
    from mien.privacy.consent import scopes_of

    scopes = scopes_of(uses)
    with _register(invocation(context)) as (register, _):
        gone = register.at_stake(person, scopes)
        if not dry_run:
            if not yes:
                agree(f"take back consent of {gone.person_id} to {', '.join(sorted(scopes))}; {_gone(gone)} go")
            gone = register.withdraw(person, scopes, SystemClock())
    if json:
        counts = {"templates": gone.templates, "pictures": len(gone.crops), "readings": gone.readings}
        print_json({"person_id": gone.person_id, "withdrawn": sorted(scopes), **counts, "is_dry_run": dry_run})
    else:
        told = "would be" if dry_run else "is"
        print_text(f"consent of {gone.person_id} to {', '.join(sorted(scopes))} {told} withdrawn; gone: {_gone(gone)}")


def _gone(gone: "LetGo") -> str:
    templates, pictures = counted(gone.templates, "template"), counted(len(gone.crops), "stored picture")
    return f"{templates}, {pictures}, expressions of {counted(gone.readings, 'reading')}"


def _fields(consent: "Consent") -> dict[str, Any]:
    return {
        "scope": consent.scope,
        "version": consent.version,
        "evidence": consent.evidence,
        "given_at": consent.given_at.isoformat(),
        "expires_at": consent.expires_at.isoformat() if consent.expires_at else None,
        "withdrawn_at": consent.withdrawn_at.isoformat() if consent.withdrawn_at else None,
    }


def _cells(consent: "Consent") -> tuple[str, ...]:
    moments = (consent.given_at, consent.expires_at, consent.withdrawn_at)
    days = (f"{one.astimezone():%Y-%m-%d}" if one else "" for one in moments)
    return (consent.scope, consent.version, *days, consent.evidence)
