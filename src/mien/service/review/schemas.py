"""What is sent and answered about strangers who wait, and pictures that are doubtful."""

from datetime import datetime

from pydantic import BaseModel, Field

from mien.domain.people.people import Standing
from mien.gallery.curation.outliers import Reason
from mien.service.paging import Page
from mien.service.people.schemas import AskedOfSeen, ConsentAsked, GivenName, PersonIds, PictureCard


class Somebody(BaseModel):
    """A person, or a stranger, who has no name; ``etag`` is as ``seen`` takes it."""

    person_id: str
    name: str
    best_picture: int | None
    etag: str


class Resembled(Somebody):
    """Whom a stranger or a picture resembles."""

    similarity: float


class Stranger(BaseModel):
    """A stranger who waits: the pictures that can be seen, the best first, and how many; how often seen, and when.

    ``people`` and ``strangers`` are whom they resemble most, ``apart`` is who they are known not to be.
    """

    person_id: str
    standing: Standing
    pictures: list[int]
    stored: int
    best_picture: int | None
    best_quality: float | None
    templates: int
    visits: int
    first_seen_at: datetime
    last_seen_at: datetime
    people: list[Resembled]
    strangers: list[Resembled]
    apart: list[str]
    etag: str


class ReviewPage(Page[Stranger]):
    """Strangers, those seen most often first. ``total`` wait altogether.

    A clear face gets a name from ``named_from`` on, where anybody has one; two strangers are one from ``one_from`` on.
    """

    total: int
    named_from: float | None
    one_from: float


class DoubtfulPicture(PictureCard):
    """A picture that probably shows somebody else than its person, or is too poor, and why.

    ``similarity`` is that to the other pictures of the person; ``resembles`` is whom it looks like more, if anybody.
    """

    owner: Somebody
    reason: Reason
    similarity: float | None
    resembles: Resembled | None


class DoubtfulPage(Page[DoubtfulPicture]):
    """Doubtful pictures, those furthest from their person first, poor ones last. There are ``total`` altogether.

    Of ``emptied`` all pictures are doubtful, and none of them is among these; ``left_alone`` are too young to be. What
    resembles somebody shows them, most likely, from ``one_from`` on.
    """

    total: int
    one_from: float
    emptied: list[Somebody]
    left_alone: int


class Strangers(AskedOfSeen):
    """Strangers of whom something is decided."""

    strangers: PersonIds


class Assignment(Strangers):
    """Who the strangers are: a person, or all one stranger."""

    to: str = Field(pattern=r"^(person|unknown)-[0-9]{4,12}$")


class Naming(Strangers):
    """What the person is called whom the strangers are, and what they consent to.

    Without ``consent`` whoever is logged in answers for it.
    """

    name: GivenName
    consent: ConsentAsked | None = None
