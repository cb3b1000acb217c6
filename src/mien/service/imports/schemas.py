"""What is sent and answered about folders of people that are taken in."""

from typing import Literal

from fastapi import UploadFile
from pydantic import BaseModel, ConfigDict, Field

from mien.service.people.schemas import Asked, ConsentAsked
from mien.service.uploads import MOST_PICTURES

JobState = Literal["waiting", "running", "done", "failed", "cancelled"]


class ImportAsked(Asked):
    """How many pictures there are, and on which terms people are taken in.

    Without its evidence whoever is logged in answers for it that everybody in the folder consents, without consent to
    everything; ``overrule`` takes in what looks like somebody else.
    """

    total: int = Field(ge=1, lt=1 << 53)
    consent: ConsentAsked | None = None
    overrule: bool = False


class PartSent(BaseModel):
    """Some of the pictures, each a file that is called by the person and the rest of its path, `Ada Lovelace/1.jpg`."""

    model_config = ConfigDict(extra="forbid")

    pictures: list[UploadFile] = Field(min_length=1, max_length=MOST_PICTURES)


class ToldPicture(BaseModel):
    """A picture of which there is something to say."""

    name: str
    reason: str


class ImportJob(BaseModel):
    """How far a folder is: it is *waiting* for pictures, *running*, or over.

    Of ``total`` pictures ``received`` came and ``done`` were looked at: so many ``pictures`` were taken in, ``skipped``
    are enrolled already, and ``refused_count`` refused; the first hundred of these are told with their reasons, and the
    first hundred that were taken in with something to remark. ``people`` have a picture that is enrolled now, and
    ``new_people`` were not here before. ``is_declared`` where consent rests on the word of whoever began it.
    ``notice`` is what they should know in the end, ``problem`` why it failed.
    """

    import_id: str
    state: JobState
    done: int
    total: int
    received: int
    people: int
    new_people: int
    pictures: int
    skipped: int
    refused: list[ToldPicture]
    refused_count: int
    remarks: list[ToldPicture]
    is_dry_run: bool
    is_declared: bool
    notice: str
    problem: str
