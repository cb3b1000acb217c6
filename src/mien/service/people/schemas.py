"""What is sent and answered about people, their pictures and what is done to them."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from mien.domain.people.consent import Scope
from mien.domain.people.people import PersonKind, PictureState, Standing
from mien.gallery.enrolment.enroller import Outcome
from mien.gallery.roster import Unseen

PersonId = Annotated[str, StringConstraints(pattern=r"^(person|unknown)-[0-9]{4,12}$")]
PictureId = Annotated[int, Field(ge=1, lt=1 << 53)]
PictureIds = Annotated[list[PictureId], Field(min_length=1, max_length=1000)]
PersonIds = Annotated[list[PersonId], Field(min_length=1, max_length=200)]
SeenPeople = Annotated[
    dict[PersonId, Annotated[str, StringConstraints(max_length=100)]],
    Field(
        default={},
        max_length=400,
        description="The ETags, by id, of people as they were looked at: 412 where somebody changed one of them since.",
    ),
]
GivenName = Annotated[str, Field(min_length=1, max_length=1000)]


class Asked(BaseModel):
    """What is sent: what nobody asked for is refused."""

    model_config = ConfigDict(extra="forbid")


class AskedOfSeen(Asked):
    """What is sent about people who were looked at, and may be bound to what was ``seen`` of them."""

    seen: SeenPeople


class ConsentAsked(Asked):
    """What somebody consents to, by which text, what proves it, and until when.

    Without ``evidence`` nobody gave it: whoever is logged in declares it, and answers for it.
    """

    scopes: list[Scope] = Field(min_length=1, max_length=3)
    version: str = Field("", max_length=100)
    evidence: str = Field("", max_length=500)
    expires_at: AwareDatetime | None = None


class PersonCard(BaseModel):
    """Somebody in a list. ``pictures`` are those that are looked at, ``stored`` those of which there is a picture to
    see, ``best_picture`` the best of these. Of who is not recognised, ``why_not`` says why, where they should be.
    ``etag`` is the person's, as `If-Match` and ``seen`` take it."""

    person_id: str
    name: str
    kind: PersonKind
    standing: Standing
    merged_into: str
    pictures: int
    templates: int
    stored: int
    best_picture: int | None
    is_recognised: bool
    why_not: Unseen | None
    created_at: datetime
    etag: str


class PersonPage(PersonCard):
    """Somebody, with what they consent to and how often they were seen."""

    consents: list[Scope]
    visits: int
    first_seen_at: datetime | None
    last_seen_at: datetime | None


class PictureCard(BaseModel):
    """A picture: how good it is, whether it is looked at, where it is from, and whether there is one to see.

    Of what ``is_vouched`` somebody said that it shows the person: it is not doubted.
    """

    picture_id: int
    person_id: str
    state: PictureState
    state_at: datetime | None
    quality: float
    origin: str
    is_stored: bool
    is_vouched: bool
    created_at: datetime


class SightingCard(BaseModel):
    """A visit: who was in view of which camera, from when to when."""

    sighting_id: int
    camera: str
    track_id: int
    identity: str
    similarity: float
    began_at: datetime
    ended_at: datetime


class Group(BaseModel):
    """Pictures that show one face, and how similar it is to that of the largest group; none of its own."""

    picture_ids: list[int]
    similarity: float | None


class Groups(BaseModel):
    """The pictures of somebody by the face they show, the largest group first."""

    groups: list[Group]


class Done(BaseModel):
    """What was done to people, or would be (``is_dry_run``), in words, what speaks against it, and to whom.

    ``change_id`` takes it back where it was done.
    """

    change_id: int | None
    kind: str
    summary: str
    warnings: list[str]
    people: list[str]
    is_dry_run: bool


class Undone(Done):
    """What was taken back, or would be, and what becomes of whom, a line each."""

    taken_back: list[str]


class ChangeCard(BaseModel):
    """Something that was done: what, in words, to whom, by name, and whether nobody asked for it."""

    change_id: int
    kind: str
    what: str
    who: str
    people: list[str]
    at: datetime
    is_automatic: bool
    undone_at: datetime | None


class PersonChange(Asked):
    """Another name, or another standing: one of them."""

    name: GivenName | None = None
    standing: Literal["active", "hidden", "ignored"] | None = None


class PicturesPut(AskedOfSeen):
    """Pictures that get another state; of a person, where one is told."""

    picture_ids: PictureIds
    state: PictureState
    person_id: PersonId | None = None


class PicturesKept(AskedOfSeen):
    """Pictures that show their person, as somebody says; a person's, where one is told."""

    picture_ids: PictureIds
    person_id: PersonId | None = None


class PicturesMoved(AskedOfSeen):
    """Pictures that get another owner; of a person, where one is told."""

    picture_ids: PictureIds
    to: PersonId
    person_id: PersonId | None = None


class Merge(AskedOfSeen):
    """Others who are the same person as the first."""

    into: PersonId
    others: PersonIds


class Split(Asked):
    """Pictures that show somebody else: of a name and with consent, or a stranger."""

    picture_ids: PictureIds
    name: GivenName | None = None
    consent: ConsentAsked | None = None


class Undo(Asked):
    """Which change is taken back; the newest that somebody made, where none is told."""

    change_id: PictureId | None = None


class PictureOutcome(BaseModel):
    """What became of a picture that was sent: *skipped* is enrolled already; the reason, or a remark."""

    picture: str
    outcome: Outcome
    reason: str


class Enrolled(BaseModel):
    """Whose pictures were taken in, whether the person is new, and what became of each.

    ``is_declared`` where consent that is put on record with it rests on the word of whoever is logged in; ``etag`` is
    the person's as they are then, as `If-Match` and ``seen`` take it.
    """

    person_id: str | None
    etag: str | None
    is_new: bool
    is_dry_run: bool
    is_declared: bool
    accepted: int
    skipped: int
    refused: int
    pictures: list[PictureOutcome]
