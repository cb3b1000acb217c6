"""What is sent and answered where people come in by their face, or sign up."""

from datetime import datetime
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from mien.domain.people.consent import Scope
from mien.gallery.challenge.challenge import Phase, Progress
from mien.gallery.challenge.moves import Move
from mien.gallery.enrolment.guidance import Advice
from mien.service.access.passwords import LONGEST
from mien.service.people.schemas import ConsentAsked, Enrolled, GivenName, PersonId, SeenPeople
from mien.service.settings import SignUpMode


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Ticket(_Asked):
    """What the socket of a face gave, to be shown once within half a minute."""

    ticket: str = Field(min_length=1, max_length=100)


class Begin(_Asked):
    """The first message to ``/signup/camera``, as text: the ticket that ``POST /signup`` gave."""

    type: Literal["begin"]
    ticket: str = Field(min_length=1, max_length=100)


class BeginEnrolment(_Asked):
    """The first message to ``/people/camera``, as text: who is enrolled there, and what they consent to.

    Somebody new has a ``name``, whoever is there already a ``person_id``; nobody is taken in where somebody changed
    them since they were ``seen``. Where no ``challenge`` is asked for,
    whoever is logged in vouches for it that the person themselves sits before the camera, and the audit log says so.
    """

    type: Literal["begin"]
    name: GivenName | None = None
    person_id: PersonId | None = None
    consent: ConsentAsked | None = None
    seen: SeenPeople
    challenge: bool = True

    @model_validator(mode="after")
    def _tells_who(self) -> Self:
        if (self.name is None) == (self.person_id is None):
            raise ValueError("tells a name or a person_id, one of them")
        return self


class CameraReady(BaseModel):
    """The first message of a socket of faces: frames may come as binary JPEG, each after the last was answered."""

    type: Literal["ready"] = "ready"
    most_bytes: int
    most_megapixels: float
    most_frames_per_s: float


class ChallengeProgress(BaseModel):
    """The answer to a frame while moves are asked for: what to do now, and what stands in the way of it.

    ``phase``: *settle* looks straight and still, *rest* does so again, *move* makes the ``move``. ``left_s`` is how
    long there is for it.
    """

    type: Literal["challenge"] = "challenge"
    phase: Phase
    instruction: str
    move: Move | Literal[""]
    done: int
    of: int
    left_s: float
    remedy: str

    @classmethod
    def of_progress(cls, one: Progress) -> Self:
        return cls(
            phase=one.phase,
            instruction=one.instruction,
            move=one.move,
            done=one.done,
            of=one.of,
            left_s=round(one.left_s, 1),
            remedy=one.remedy,
        )


class SnapshotProgress(BaseModel):
    """The answer to a frame while snapshots are taken: what to do next, and what a look was worth."""

    type: Literal["snapshot"] = "snapshot"
    instruction: str
    taken: str
    reason: str
    remedy: str
    quality: float
    done: int
    of: int

    @classmethod
    def of_advice(cls, one: Advice, wanted: int) -> Self:
        return cls(
            instruction=one.instruction,
            taken=one.taken,
            reason=one.reason,
            remedy=one.remedy,
            quality=round(one.quality, 2),
            done=one.done,
            of=wanted,
        )


class FrameRefused(BaseModel):
    """The answer to a frame that cannot be read; the next one may be better."""

    type: Literal["refused"] = "refused"
    detail: str


class FaceResult(BaseModel):
    """The answer to the last frame: a ticket for ``POST /session/face``, or why there is none."""

    type: Literal["result"] = "result"
    passed: bool
    ticket: str = ""
    detail: str = ""


class EnrolmentResult(BaseModel):
    """The answer to the last frame of ``/people/camera``: whose snapshots were taken in, or why none were.

    ``lacks_model``: because a model that this takes cannot be had.
    """

    type: Literal["enrolment"] = "enrolment"
    enrolled: Enrolled | None = None
    detail: str = ""
    lacks_model: bool = False


class SignUpTerms(BaseModel):
    """Who may sign up, and what they are asked to agree to; ``face_login``: whether anybody gets in by their face."""

    mode: SignUpMode
    face_login: bool
    consent_version: str
    consent_text: str
    scopes: list[Scope]
    snapshots: int


class SignUp(_Asked):
    """Who wants to sign up: the uses they agree to by the text of a version, and in the end their face."""

    name: str = Field(min_length=1, max_length=100)
    password: str = Field(max_length=LONGEST)
    agrees_to: list[Scope] = Field(max_length=3)
    consent_version: str = Field(max_length=100)
    invitation: str = Field("", max_length=200)


class SignUpBegun(BaseModel):
    """The ticket with which ``/signup/camera`` begins, within two minutes."""

    ticket: str


class Invite(_Asked):
    """Whom an admin invites to sign up, under the name that they will have, and for how many days."""

    name: str = Field(min_length=1, max_length=100)
    days: int = Field(7, ge=1, le=30)


class Invitation(BaseModel):
    """What the invited person shows when they sign up under that name, once."""

    invitation: str
    expires_at: datetime


MESSAGES: tuple[type[BaseModel], ...] = (
    Begin,
    BeginEnrolment,
    CameraReady,
    ChallengeProgress,
    SnapshotProgress,
    FrameRefused,
    FaceResult,
    EnrolmentResult,
)
