"""What is asked and answered about timelines."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

from mien.domain.people.timelines import Span

Who = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class Asked(BaseModel):
    """Of whom, by names or ids, in which steps, from when until when; days are those of UTC."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    person: Annotated[list[Who], Field(min_length=1, max_length=50)]
    span: Span = "day"
    begin: Annotated[AwareDatetime | None, Field(alias="from")] = None
    end: Annotated[AwareDatetime | None, Field(alias="to")] = None


class Shown(BaseModel):
    """Which expressions somebody appeared to show, as means over looks.

    ``probabilities`` sum to 1; ``shares`` of looks in which an expression was said sum to 1 with ``unsure``. Valence
    and arousal are in [-1, 1], or null where too few looks have them.
    """

    probabilities: dict[str, float]
    shares: dict[str, float]
    unsure: float
    valence: float | None
    arousal: float | None


class Stretch(BaseModel):
    """A stretch of time: how often so many people were looked at; without a distribution evidence is insufficient."""

    looks: int
    people: int
    is_sufficient: bool
    distribution: Shown | None


class Point(Stretch):
    """One step of a timeline, by its begin."""

    at: datetime


class Line(BaseModel):
    """All of the time as one, and the steps of it in which anybody was looked at."""

    whole: Stretch
    points: list[Point]


class PersonLine(Line):
    """How it went with one person, or why there is nothing."""

    person_id: str
    name: str
    why_not: str


class Apart(BaseModel):
    """By how much the second person exceeds the first; ``distance`` in [0, 1] is total variation."""

    probabilities: dict[str, float]
    unsure: float
    valence: float | None
    arousal: float | None
    distance: float


class ApartAt(Apart):
    """The same of one step."""

    at: datetime


class Compared(BaseModel):
    """How two people compare, as a whole unless evidence is insufficient, and where there is enough of both."""

    whole: Apart | None
    points: list[ApartAt]


class TimelinesTold(BaseModel):
    """The timelines of people, of several as a group in which everybody weighs the same, and how two compare.

    With fewer than ``least_looks`` looks evidence is insufficient. ``why_not`` says why nothing may be told of anybody,
    ``coarser`` why the steps are longer than those that were asked for.
    """

    span: Literal["minute", "hour", "day"]
    begin: Annotated[datetime, Field(alias="from")]
    end: Annotated[datetime, Field(alias="to")]
    least_looks: int
    why_not: str
    coarser: str
    people: list[PersonLine]
    group: Line | None
    comparison: Compared | None
