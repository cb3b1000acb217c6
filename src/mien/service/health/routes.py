"""Routes that say whether the service is there: for whoever starts it, and for what watches over it."""

from collections.abc import Callable
from http import HTTPStatus

from fastapi import Response
from pydantic import BaseModel

from mien.service.area import Area, area


class Healthy(BaseModel):
    """The process answers."""

    is_alive: bool = True


class Ready(BaseModel):
    """Whether models are loaded and cameras are watched; ``waits_for`` what is not there yet."""

    is_ready: bool
    waits_for: str = ""


class Version(BaseModel):
    """Which mien this is."""

    version: str


def build(version: str, waits_for: Callable[[], str]) -> Area:
    """The routes; ``waits_for`` says what is not ready, or nothing."""
    router = area("health")

    @router.get("/health")
    def health() -> Healthy:
        return Healthy()

    @router.get("/ready", responses={HTTPStatus.SERVICE_UNAVAILABLE: {"model": Ready, "description": "Not yet"}})
    def ready(response: Response) -> Ready:
        missing = waits_for()
        if missing:
            response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
        return Ready(is_ready=not missing, waits_for=missing)

    @router.get("/version")
    def which() -> Version:
        return Version(version=version)

    return router
