"""Routes that say whether the service is there: for whoever starts it, and for what watches over it."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Literal

from fastapi import Response
from pydantic import BaseModel

from mien.service.area import Area, area

Awaited = Literal["", "models", "cameras", "failed", "closed"]
"""What the engine waits for, that it has failed or was ended, or nothing: more is not for everybody."""


class Healthy(BaseModel):
    """The process answers."""

    is_alive: bool = True


class Ready(BaseModel):
    """Whether models are loaded and cameras are watched; ``waits_for`` what is not there yet."""

    is_ready: bool
    waits_for: Awaited = ""


class Version(BaseModel):
    """Which mien this is."""

    version: str


def build(version: str, waits_for: Callable[[], Awaited]) -> Area:
    """The routes; ``waits_for`` says what is not ready, or nothing."""
    router = area("health")  # its routes wait for no thread

    @router.get("/health")
    async def health() -> Healthy:
        return Healthy()

    @router.get("/ready", responses={HTTPStatus.SERVICE_UNAVAILABLE: {"model": Ready, "description": "Not yet"}})
    async def ready(response: Response) -> Ready:
        missing = waits_for()
        if missing:
            response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
        return Ready(is_ready=not missing, waits_for=missing)

    @router.get("/version")
    async def which() -> Version:
        return Version(version=version)

    return router
