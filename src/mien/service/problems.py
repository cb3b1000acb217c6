"""Failures as RFC 9457 problems: what of the error tree becomes which status, in words fit for a person."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException
from starlette.types import Scope, Send

from mien.domain.errors import (
    AccountError,
    AccountUnknown,
    BeingForgotten,
    EnrolmentRefused,
    GalleryError,
    MienError,
    ModelError,
    ModelUnknown,
    PeopleChanged,
    PersonUnknown,
    ResultError,
    SettingsError,
    SettingsFixed,
    SourceError,
    StoreBusy,
    StoreError,
    UsageError,
)
from mien.privacy.forgetting.traces import TracesLeft
from mien.telemetry.wording import spoken

MEDIA_TYPE = "application/problem+json"
_STATUS: tuple[tuple[type[MienError], HTTPStatus], ...] = (
    (PersonUnknown, HTTPStatus.NOT_FOUND),
    (ModelUnknown, HTTPStatus.NOT_FOUND),
    (PeopleChanged, HTTPStatus.CONFLICT),
    (EnrolmentRefused, HTTPStatus.UNPROCESSABLE_ENTITY),
    (AccountUnknown, HTTPStatus.NOT_FOUND),
    (AccountError, HTTPStatus.CONFLICT),
    (GalleryError, HTTPStatus.CONFLICT),
    (SettingsFixed, HTTPStatus.CONFLICT),
    (UsageError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (SourceError, HTTPStatus.UNPROCESSABLE_ENTITY),
    (StoreBusy, HTTPStatus.SERVICE_UNAVAILABLE),
    (BeingForgotten, HTTPStatus.CONFLICT),
    (TracesLeft, HTTPStatus.CONFLICT),
    (ModelError, HTTPStatus.SERVICE_UNAVAILABLE),
    (StoreError, HTTPStatus.INTERNAL_SERVER_ERROR),
    (ResultError, HTTPStatus.INSUFFICIENT_STORAGE),
)
"""The first that fits."""


class Problem(BaseModel):
    """What went wrong (RFC 9457): ``title`` is that of the status, ``detail`` says it in words where there is more.

    Some have members of their own: ``faults`` are the places at which a request is not of the shape that is asked for.
    """

    model_config = ConfigDict(extra="allow")

    type: str
    title: str
    status: int
    detail: str = ""


def _described(words: str) -> dict[str, Any]:
    return {"description": words, "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}


PROBLEMS: Mapping[int | str, dict[str, Any]] = {
    "4XX": _described("The request cannot be answered: the problem says why."),
    503: _described("This has to wait, for models that are being loaded or for what else is at work: try again."),
}
"""What every route may be answered instead of what it is for, as it is described."""


def problem(status: int, detail: str = "", **more: Any) -> JSONResponse:
    """A problem as a response; ``more`` are members of its own."""
    return JSONResponse(_members(status, detail, more), status, media_type=MEDIA_TYPE)


def too_many(detail: str, wait_s: float) -> JSONResponse:
    """The problem that somebody is to wait for so long."""
    answer = problem(HTTPStatus.TOO_MANY_REQUESTS, detail)
    answer.headers["retry-after"] = str(max(1, round(wait_s)))
    return answer


async def send_problem(
    scope: Scope, send: Send, status: int, detail: str, headers: Mapping[str, str] | None = None
) -> None:
    """Answer a request with a problem, or refuse a socket with it before it is opened."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 4000 + status, "reason": detail[:120]})
        return
    body = json.dumps(_members(status, detail, {})).encode()
    told = {"content-type": MEDIA_TYPE, "content-length": str(len(body)), **(headers or {})}
    raw = [(name.encode(), value.encode()) for name, value in told.items()]
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body})


def status_of(error: MienError) -> HTTPStatus:
    """The status that tells of an error."""
    return next((status for kind, status in _STATUS if isinstance(error, kind)), HTTPStatus.INTERNAL_SERVER_ERROR)


def tell_problems(app: FastAPI) -> None:
    """Have an application answer whatever goes wrong with a problem."""
    app.add_exception_handler(MienError, _of_mien)
    app.add_exception_handler(RequestValidationError, _of_request)
    app.add_exception_handler(HTTPException, _of_http)
    app.add_exception_handler(Exception, _of_defect)


async def _of_mien(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, MienError)
    known = error.faults if isinstance(error, SettingsError) else ()
    faults = [{"where": where, "what": spoken(what)} for where, what in known]
    return problem(status_of(error), spoken(str(error)), **({"faults": faults} if faults else {}))


async def _of_request(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    faults = [
        {"where": ".".join(str(part) for part in fault["loc"]), "what": str(fault["msg"])} for fault in error.errors()
    ]
    return problem(HTTPStatus.UNPROCESSABLE_ENTITY, "the request is not of the shape that is asked for", faults=faults)


async def _of_http(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    answer = problem(error.status_code, error.detail)
    answer.headers.update(error.headers or {})
    return answer


async def _of_defect(_: Request, __: Exception) -> JSONResponse:
    """What went wrong is logged by whoever serves, and told to nobody else."""
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "this should not have happened: the log of the server shows where")


def _members(status: int, detail: str, more: Mapping[str, Any]) -> dict[str, Any]:
    phrase = HTTPStatus(status).phrase
    said = detail if detail and detail != phrase else ""
    return {"type": "about:blank", "title": phrase, "status": int(status), **({"detail": said} if said else {}), **more}
