"""On which terms people are taken in, as options tell them."""

from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli.terminal import Invocation
from mien.domain.errors import UsageError
from mien.domain.people.consent import SCOPES, ConsentText

if TYPE_CHECKING:
    from mien.domain.people.consent import NewConsent, Scope
    from mien.gallery.enrolment.admission import Terms
    from mien.settings import Settings

ConsentOption = Annotated[
    str | None,
    typer.Option(
        "--consent",
        metavar="USES",
        show_default=False,
        help="What they consented to, of identify,expression,keep; with --evidence. Else you declare it: all of them.",
    ),
]
EvidenceOption = Annotated[
    str, typer.Option("--evidence", metavar="TEXT", show_default=False, help="What proves the consent: form 17.")
]
VersionOption = Annotated[
    str, typer.Option("--text", metavar="VERSION", show_default=False, help="Which text they consented to.")
]
ExpiresOption = Annotated[
    str | None, typer.Option("--expires", metavar="DATE", show_default=False, help="Until when: 2027-06-30.")
]
OverruleOption = Annotated[
    bool,
    typer.Option(
        "--overrule",
        metavar="",
        help="Take in faces that look like somebody else, unlike the person, or like a picture that is there.",
    ),
]


def expiry(date: str | None) -> datetime | None:
    """The end of a day, or none where none is told; raises UsageError."""
    if date is None:
        return None
    try:
        day = datetime.strptime(date, "%Y-%m-%d").astimezone()
    except ValueError as error:
        raise UsageError(f"--expires: expected a date such as 2027-06-30, got {date!r}") from error
    moment = day.replace(hour=23, minute=59, second=59).astimezone(UTC)
    if moment <= datetime.now(UTC):
        raise UsageError(f"--expires: {date} is over")
    return moment


def told_consent(
    settings: "Settings", scopes: "frozenset[Scope]", version: str, evidence: str, expires: str | None
) -> "NewConsent":
    """Consent as it goes on record by the settings of a home, with the day on which it ends; raises UsageError."""
    from mien.privacy.consent import consent_told
    from mien.privacy.purpose import Purpose

    own = ConsentText.of(settings.service.consent_text)
    return consent_told(Purpose.of(settings.privacy), own, scopes, version, evidence, expiry(expires))


def terms(
    call: Invocation, settings: "Settings", told: tuple[str | None, str, str, str | None], *, is_overruled: bool = False
) -> "Terms":
    """The terms of what was ``told``: uses, evidence, version and expiry; raises UsageError.

    Where uses are not told, or nothing proves them, the operator answers for them, which is said once when something is
    put on record so. An empty text tells of no use: a script that left out what somebody agreed to shall not have them
    agree to everything.
    """
    from mien.gallery.enrolment.admission import Terms
    from mien.privacy.consent import declaration, scopes_of
    from mien.privacy.purpose import Purpose

    uses, evidence, version, expires = told
    if uses is not None:
        consent = told_consent(settings, scopes_of(uses), version, evidence, expires)
    elif evidence or version or expires is not None:
        raise UsageError("--evidence, --text and --expires tell of consent: say which with --consent")
    else:
        consent = declaration(Purpose.of(settings.privacy))

    @cache
    def declared() -> None:
        *first, last = (one for one in SCOPES if one in consent.scopes)
        agreed = f"{', '.join(first)} and {last}" if first else last
        remedy = "--consent tells otherwise" if uses is None else "--evidence tells what proves it"
        call.notice(f"consent to {agreed} is recorded as declared by you; {remedy}")

    return Terms(consent, is_given=not consent.is_declared, is_overruled=is_overruled, declared=declared)
