"""What is sent and answered about consent, forgetting, exports, purges and the audit log."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from mien.domain.people.consent import Scope
from mien.domain.people.people import PersonKind, Standing
from mien.gallery.roster import Unseen
from mien.privacy.purpose import Basis, PurposeName
from mien.service.people.schemas import Asked, PersonId


class PurposeTold(BaseModel):
    """What the deployment is for, on which basis more is done than that allows, and what follows.

    ``why_not`` says why expressions are not read, where they are not; ``purposes`` are all there are, with meanings.
    """

    purpose: PurposeName
    meaning: str
    basis: Basis
    reference: str
    expressions: bool
    why_not: str
    blur_strangers: bool
    purposes: dict[str, str]


class RetentionTold(BaseModel):
    """After how many hours (``_h``) or days a purge removes what is kept, by kind."""

    kept: dict[str, float]


class ConsentCard(BaseModel):
    """Something that is on record of somebody's consent; ``is_valid`` where it holds now.

    ``text`` is what they agreed to, empty where mien does not know that by more than its version.
    """

    scope: Scope
    version: str
    text: str
    evidence: str
    given_at: datetime
    expires_at: datetime | None
    withdrawn_at: datetime | None
    is_valid: bool
    is_declared: bool


class Consents(BaseModel):
    """What somebody consents to now, and all that is on record of it, the oldest first."""

    person_id: str
    kind: PersonKind
    valid: list[Scope]
    record: list[ConsentCard]


class ConsentGiven(BaseModel):
    """What is put on record, or would be, and what was consented to before; ``why_not`` somebody is still not known."""

    person_id: str
    given: list[Scope]
    before: list[Scope]
    why_not: Unseen | None
    is_dry_run: bool


class Gone(BaseModel):
    """What goes with consent for good: templates, stored pictures, expressions of readings, and events of these that
    shifted; so many of them of visits."""

    templates: int
    pictures: int
    readings: int
    visit_templates: int
    visit_pictures: int
    shifts: int


class Stays(Gone):
    """What stays: what is still consented to and what rests on that; entries of pictures stay whether stored or not."""

    scopes: list[Scope]
    entries: int


class ConsentWithdrawn(BaseModel):
    """What was taken back, or would be, what goes with it at once, what stays, and what speaks against it."""

    person_id: str
    withdrawn: list[Scope]
    gone: Gone
    stays: Stays
    warnings: list[str]
    is_dry_run: bool


class ForgetAsked(Asked):
    """The ids that somebody has seen and agreed to: all of ``person_ids`` of the dry run."""

    agreed: list[PersonId] = Field(min_length=1, max_length=1000)


class LeavingRecord(BaseModel):
    """A record that goes, under which ids, where it stands, and how much there is of it by kind."""

    person_id: str
    person_ids: list[str]
    standing: str
    counts: dict[str, int]


class NamesakeTold(BaseModel):
    """Somebody who bears the name as well and stays, or took in ``merged``, who bore it."""

    person_id: str
    standing: Standing
    merged: str


class OutputTold(BaseModel):
    """A file or folder outside the home that is still there and stays."""

    kind: str
    path: str
    at: datetime
    is_blotted: bool


class Searched(BaseModel):
    """How much was searched afterwards, and found to hold nothing."""

    files: int
    bytes: int
    opened: int
    traces: int
    ids_in_the_audit_log: int


class AuditEntryNamed(BaseModel):
    """The entry of the audit log that tells of something."""

    number: int
    digest: str


class ReceiptTold(BaseModel):
    """What forgetting came to, without a name or an id, and what it does not cover."""

    at: datetime
    removed: dict[str, int]
    verified: Searched
    not_covered: list[str]
    written_outside: dict[str, int]
    audit: AuditEntryNamed


class ForgetTold(BaseModel):
    """Who goes, or went, with what, and what stays; the receipt where it was done.

    ``person_ids`` are to be agreed to. ``archives`` go with everybody in them. ``of_namesakes`` is in which files the
    name is left as others bear it, and how often.
    """

    person_id: str
    person_ids: list[str]
    summary: str
    warnings: list[str]
    counts: dict[str, int]
    records: list[LeavingRecord]
    namesakes: list[NamesakeTold]
    archives: list[str]
    outside: list[OutputTold]
    of_namesakes: dict[str, int]
    receipt: ReceiptTold | None
    is_dry_run: bool


class ExportTold(BaseModel):
    """What would be in a file for somebody: rows by kind, who bears the name too and is not in it, and what is lost."""

    person_id: str
    counts: dict[str, int]
    namesakes: list[NamesakeTold]
    lost: list[int]
    lost_of_visits: int


class Purged(BaseModel):
    """What a purge removed, or would remove, by kind; how much is due after it (none where all went well).

    ``unfinished`` is why somebody who was to be forgotten before could not be forgotten now either.
    """

    counts: dict[str, int]
    left: int
    unfinished: str
    is_dry_run: bool


class AuditEntry(BaseModel):
    """Something that was done about people, who are named by their ids.

    ``actor`` is such as ``account:3``, and ``actor_name`` what that account is called now, if there is one.
    """

    number: int
    at: datetime
    action: str
    people: list[str]
    facts: dict[str, Any]
    actor: str
    actor_name: str
    hash: str


class AuditVerdict(BaseModel):
    """Whether the log is what was written; else the line at which it is broken, and how."""

    is_whole: bool
    entries: int
    torn: int
    line: int
    reason: str
