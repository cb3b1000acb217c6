"""What an archive of people says: its manifest, and a record of each person. Version 1.

An archive is a zip. ``manifest.json`` lists every other member with its length and SHA-256; ``people/UID.json`` is a
person with consents and pictures, ``pictures/UID/N.png`` the crop of the picture of that number, ``templates/N.npz``
the templates of the N-th model of the manifest: ``uid`` (m,), ``picture`` (m,), ``variant`` (m,), ``vectors`` (m, d).
"""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, AwareDatetime, Field, TypeAdapter, ValidationError, with_config

from mien.domain.faces import EmbeddingModel
from mien.domain.people.consent import Consent, Scope
from mien.domain.people.people import PersonKind, PictureState

FORMAT, VERSION, SUFFIX = "mien gallery", 1, ".mien"
MANIFEST = "manifest.json"
MEMBER = re.compile(r"people/([0-9a-f]{32})\.json|pictures/([0-9a-f]{32})/\d{1,9}\.png|templates/\d{1,4}\.npz")
"""What members are called; no name leads out of the folder it would be unpacked into."""

_FIRST_YEAR, _LAST_YEAR = 1900, 9998  # every moment of these has one in every time zone


def _in_utc(moment: datetime) -> datetime:
    """A moment in UTC; raises ValueError where nobody can have meant it."""
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise ValueError(f"expected a year from {_FIRST_YEAR} to {_LAST_YEAR}")
    return moment.astimezone(UTC)


Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""A moment with its time zone."""

Kept = Literal["active", "hidden", "ignored"]
"""Standings of people who are taken to another home; who is thrown away, merged or faded is not."""


@with_config(extra="forbid")
@dataclass(frozen=True, slots=True)
class Member:
    """A member's length, and its SHA-256 in hexadecimal digits."""

    bytes: int
    sha256: str


@with_config(extra="forbid")
@dataclass(frozen=True, slots=True)
class Manifest:
    """What is in an archive, by whichever version of mien, made when."""

    format: str
    version: int
    mien: str
    created_at: Moment
    models: tuple[EmbeddingModel, ...]
    people: int
    pictures: int
    templates: int
    members: dict[str, Member]


@with_config(extra="forbid")
@dataclass(frozen=True, slots=True)
class PictureRecord:
    """A picture, by its number within the person."""

    number: int
    quality: Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
    origin: str
    digest: str
    has_crop: bool
    created_at: Moment
    state: PictureState
    state_at: Moment | None
    is_vouched: bool = False


@with_config(extra="forbid")
@dataclass(frozen=True, slots=True)
class ConsentRecord:
    """Consent to one use; ``text`` is what was agreed to, where that was kept."""

    scope: Scope
    version: str
    evidence: str
    given_at: Moment
    expires_at: Moment | None
    withdrawn_at: Moment | None
    text: str = ""

    def of(self, person_id: str) -> Consent:
        """The consent of a person."""
        moments = (self.given_at, self.expires_at, self.withdrawn_at)
        return Consent(person_id, self.scope, self.version, self.evidence, *moments, self.text)


@with_config(extra="forbid")
@dataclass(frozen=True, slots=True)
class PersonRecord:
    """A person, with everything but crops and templates."""

    uid: str
    name: str
    kind: PersonKind
    standing: Kept
    created_at: Moment
    consents: tuple[ConsentRecord, ...]
    pictures: tuple[PictureRecord, ...]


T = TypeVar("T")
_manifests, _people = TypeAdapter(Manifest), TypeAdapter(PersonRecord)


def written_manifest(manifest: Manifest) -> bytes:
    """A manifest as JSON."""
    return _manifests.dump_json(manifest, indent=1)


def written_person(person: PersonRecord) -> bytes:
    """A person as JSON."""
    return _people.dump_json(person, indent=1)


def read_manifest(content: bytes) -> Manifest:
    """The manifest of its JSON; raises ValueError, in words for a person, where it is none that this version knows."""
    try:
        told = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ValueError("its manifest is damaged") from error
    if not isinstance(told, dict) or told.get("format") != FORMAT or not isinstance(told.get("version"), int):
        raise ValueError("it is no archive of people")
    if told["version"] > VERSION:
        raise ValueError(f"a newer mien ({told.get('mien', '?')}) wrote it: update mien")
    return _validated(_manifests, content, "its manifest")


def read_person(content: bytes) -> PersonRecord:
    """The person of a JSON; raises ValueError, in words for a person."""
    return _validated(_people, content, "its record of a person")


def _validated(adapter: TypeAdapter[T], content: bytes, what: str) -> T:
    try:
        return adapter.validate_json(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(step) for step in first["loc"])
        raise ValueError(f"{what} is not as it should be, at {place or 'its beginning'}") from error
