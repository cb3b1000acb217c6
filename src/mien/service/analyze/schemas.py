"""What is sent and answered about pictures that somebody asks about."""

from fastapi import UploadFile
from pydantic import BaseModel, ConfigDict, Field

from mien.domain.readings import FaceReading
from mien.service.uploads import MOST_PICTURES


class PicturesAsked(BaseModel):
    """Pictures, each a file of the form."""

    model_config = ConfigDict(extra="forbid")

    pictures: list[UploadFile] = Field(min_length=1, max_length=MOST_PICTURES)


class AnalyzedPicture(BaseModel):
    """The faces of one picture, which is so many px wide and high once it is upright; or why there is nothing of it."""

    name: str
    width: int
    height: int
    faces: list[FaceReading]
    problem: str


class Analyzed(BaseModel):
    """What was read of each picture, in the order in which they were sent."""

    items: list[AnalyzedPicture]
