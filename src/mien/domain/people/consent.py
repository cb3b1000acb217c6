"""What a person agreed to: for which use, by which text, since when and until when."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol, get_args

Scope = Literal["identify", "expression", "keep"]
"""*identify*: to be recognised by templates of one's face; *expression*: that one's apparent expression is read and
kept; *keep*: that pictures of one's face are kept."""

SCOPES: tuple[Scope, ...] = get_args(Scope)


DECLARED = "operator"
"""The version of the text where there is none."""

DECLARATION = "declared by the operator"
"""What is noted as proof where nobody gave consent in so many words, and an operator answers for it."""

REFUSED = "nothing was given"
"""What is noted as proof where somebody says no to what is not consented to, be it never or not any more."""

SIGN_UP_TEXT = """\
Your face is used to let you in here, and to know you where this system's cameras see you. For that, numbers that \
describe your face (templates) are made from some pictures of it and kept on this system, encrypted, and nowhere else. \
If you agree to it as well, the pictures themselves are kept, so that templates can be made anew; and the expression \
that your face appears to show is read and kept over time. You need not agree to these two. You may take consent back \
whenever you like, and have everything that is kept of you deleted: ask whoever runs this system."""
"""What is agreed to by whoever signs up, where nobody put it in other words."""


@dataclass(frozen=True, slots=True)
class Consent:
    """Consent of a person to one use, as it is on record; ``text`` is what was agreed to, where that was kept."""

    person_id: str
    scope: Scope
    version: str
    evidence: str
    given_at: datetime
    expires_at: datetime | None = None
    withdrawn_at: datetime | None = None
    text: str = ""

    def is_valid(self, at: datetime) -> bool:
        """Whether it holds at a moment."""
        return self.withdrawn_at is None and (self.expires_at is None or at < self.expires_at)

    @property
    def is_declared(self) -> bool:
        """Whether nothing stands behind it but the declaration of an operator."""
        return (self.version, self.evidence) == (DECLARED, DECLARATION)


@dataclass(frozen=True, slots=True)
class NewConsent:
    """Consent that is being given: the uses, the version of the text that was agreed to, and what proves it.

    The ``text`` itself is kept where it is known here.
    """

    scopes: frozenset[Scope]
    version: str
    evidence: str
    expires_at: datetime | None = None
    text: str = ""

    def records(self, person_id: str, at: datetime) -> list[Consent]:
        """What is on record of a person who gives it at a moment."""
        of = (self.version, self.evidence, at, self.expires_at)
        return [Consent(person_id, scope, *of, text=self.text) for scope in sorted(self.scopes)]


class Record(Protocol):
    """What of a record of consent, whichever way it is kept, decides about its use."""

    @property
    def scope(self) -> Scope: ...

    @property
    def given_at(self) -> datetime: ...

    @property
    def expires_at(self) -> datetime | None: ...

    @property
    def withdrawn_at(self) -> datetime | None: ...


def scopes_at(records: Iterable[Record], at: datetime) -> frozenset[Scope]:
    """What the records of one person come to at a moment: of each use the last word counts, under whichever id.

    Consent that ends some day is the last word on the consent of before that had no end.
    """
    records, given = list(records), dict[Scope, Record]()
    for one in records:
        if one.scope not in given or one.given_at >= given[one.scope].given_at:
            given[one.scope] = one
    withdrawn = _taken_back(records)
    return frozenset(
        scope
        for scope, last in given.items()
        if last.withdrawn_at is None
        and (last.expires_at is None or at < last.expires_at)
        and not (scope in withdrawn and withdrawn[scope] > last.given_at)
    )


def refused_at(records: Iterable[Record], at: datetime) -> frozenset[Scope]:
    """What one person, by the records, was asked about and does not consent to at a moment, or not any more."""
    records = list(records)
    return frozenset(one.scope for one in records) - scopes_at(records, at)


def taken_back_since(here: Iterable[Record], there: Iterable[Record], at: datetime) -> dict[Scope, datetime]:
    """What one person took back or refused elsewhere, with the moment, as a later word than what is on record here.

    Only that: consent that was given there gives none here. What is not consented to here already is not told again.
    """
    here, there = list(here), list(there)
    given = {scope: max(one.given_at for one in here if one.scope == scope) for scope in {one.scope for one in here}}
    known = _taken_back(here)
    open_scopes = {*SCOPES} - refused_at(here, at) - scopes_at(there, at)
    return {
        scope: moment
        for scope, moment in _taken_back(there).items()
        if scope in open_scopes
        and moment >= given.get(scope, moment)
        and not (scope in known and known[scope] >= moment)
    }


def put_down_at(records: Iterable[Record], at: datetime) -> datetime:
    """The moment under which one person's next word goes on record: not before any that is there already.

    Where the clock was set back, what is said now would otherwise count for less than what was said before.
    """
    moments = (moment for one in records for moment in (one.given_at, _taken_back_at(one)) if moment is not None)
    return max((at, *moments))


def _taken_back(records: Iterable[Record]) -> dict[Scope, datetime]:
    """When somebody last took back or refused consent, to each use of which they ever did."""
    found: dict[Scope, datetime] = {}
    for one in records:
        if (moment := _taken_back_at(one)) is not None:
            found[one.scope] = max(moment, found.get(one.scope, moment))
    return found


def _taken_back_at(record: Record) -> datetime | None:
    """When somebody took consent back; where it only ran out nobody did, and that takes back nothing else."""
    return record.withdrawn_at if record.withdrawn_at != record.expires_at else None


def allowed_at(records: Iterable[Record], at: datetime, *, is_stranger: bool) -> frozenset[Scope]:
    """What the records of one person allow at a moment: what they consent to.

    A stranger is asked about nothing, and may still say no: of what nothing is on record all is allowed.
    """
    records = list(records)
    unasked = {*SCOPES} - {one.scope for one in records} if is_stranger else set[Scope]()
    return scopes_at(records, at) | unasked
