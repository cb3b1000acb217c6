"""What is told of settings, and sent to change them."""

from typing import Annotated, Any, Self

from pydantic import BaseModel, Field, StringConstraints

from mien.service.configuration.desk import Applies, Setting, Settled
from mien.telemetry.wording import spoken

_Key = Annotated[str, StringConstraints(min_length=1, max_length=300)]
_Text = Annotated[str, StringConstraints(max_length=20_000)]
SettingValue = bool | int | float | _Text | list[_Text] | None
"""A value as it is written; none stands for the default, and takes a whole camera away."""

SettingChanges = Annotated[
    dict[_Key, SettingValue],
    Field(
        max_length=500,
        examples=[
            {"detection.min_score": 0.7, "cameras.door.source": "rtsp://192.168.1.20/live", "cameras.yard": None}
        ],
    ),
]


class SettingTold(BaseModel):
    """One setting: ``value`` is what it says now, ``in_force`` what the service goes by, both without secrets.

    ``place`` are the keys that lead to it, ``key`` is the same in one word, in which quotes hold a name with a dot.
    ``source`` says where the value is from: a variable of the environment, the file with the line, an option of the
    command, "model" with its name, "calibration", or "default". ``fixed`` says why it cannot be changed from here, or
    is empty. It takes effect when the service begins anew (``applies``), or only when mien is started anew.
    """

    key: str
    place: list[str]
    value: Any
    in_force: Any
    default: Any
    source: str
    fixed: str
    applies: Applies
    is_pending: bool
    description: str

    @classmethod
    def of(cls, one: Setting) -> Self:
        return cls(
            key=one.key,
            place=list(one.place),
            value=one.value,
            in_force=one.in_force,
            default=one.default,
            source=one.source,
            fixed=one.fixed,
            applies=one.applies,
            is_pending=one.is_pending,
            description=one.description,
        )


class SettingFault(BaseModel):
    """What is wrong with a setting; ``where`` is its key, or empty."""

    where: str
    what: str


class SettingsTold(BaseModel):
    """All settings. Where there are ``problems`` with the file, the values are those in force.

    ``refused`` says why the last restart did not take new settings; ``begun`` counts restarts.
    """

    items: list[SettingTold]
    file: str
    begun: int
    problems: list[SettingFault]
    refused: str

    @classmethod
    def of(cls, told: Settled) -> Self:
        return cls(
            items=[SettingTold.of(one) for one in told.items],
            file=told.file,
            begun=told.begun,
            problems=[SettingFault(where=where, what=spoken(what)) for where, what in told.problems],
            refused=spoken(told.refused),
        )


class Restarting(BaseModel):
    """The service begins anew: it has when ``begun`` of the settings is another number than this one."""

    begun: int
