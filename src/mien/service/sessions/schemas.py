"""What is sent and answered where people log in."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from mien.domain.accounts import Role
from mien.service.access.passwords import LONGEST


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Setup(BaseModel):
    """Whether there is no account yet."""

    needed: bool


class FirstAdmin(_Asked):
    """The first account, and the token that the terminal shows."""

    token: str = Field(max_length=200)
    name: str = Field(min_length=1, max_length=100)
    password: str = Field(max_length=LONGEST)


class LogIn(_Asked):
    """Name and password of an account."""

    name: str = Field(min_length=1, max_length=100)
    password: str = Field(max_length=LONGEST)


class LoggedIn(BaseModel):
    """Who is logged in, and the token that requests which change anything show in ``X-CSRF-Token``."""

    account_id: int
    name: str
    role: Role
    person_id: str
    csrf_token: str
    expires_at: datetime | None
