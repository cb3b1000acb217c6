"""Routes of logging in and out, and of the first admin."""

from http import HTTPStatus
from typing import Annotated

from fastapi import Depends, Request, Response

from mien.domain.accounts import Session
from mien.service.access.entrance import Entrance, LoginRefused, Opened, TooManyFailures
from mien.service.access.gate import COOKIE, Caller, address_of, caller, session_token
from mien.service.area import Area, area
from mien.service.problems import problem, too_many
from mien.service.sessions.schemas import FirstAdmin, LoggedIn, LogIn, Setup


def build(entrance: Entrance) -> Area:
    """The routes over an entrance."""
    router = area("sessions")

    @router.get("/setup")
    def setup_needed() -> Setup:
        return Setup(needed=entrance.needs_setup)

    @router.post("/setup", status_code=HTTPStatus.CREATED, response_model=LoggedIn)
    def set_up(asked: FirstAdmin, request: Request, response: Response) -> LoggedIn | Response:
        try:
            opened = entrance.set_up(asked.token, asked.name, asked.password)
        except LoginRefused as error:
            return problem(HTTPStatus.FORBIDDEN, str(error))
        return let_in(opened, request, response)

    @router.get("/session")
    def who_am_i(who: Annotated[Caller, Depends(caller)]) -> LoggedIn:
        return _told(who.session) if who.session else _of_key(who)

    @router.post("/session", response_model=LoggedIn)
    def log_in(asked: LogIn, request: Request, response: Response) -> LoggedIn | Response:
        try:
            opened = entrance.log_in(asked.name, asked.password, address_of(request))
        except TooManyFailures as error:
            return too_many(str(error), error.wait.total_seconds())
        except LoginRefused as error:
            return problem(HTTPStatus.UNAUTHORIZED, str(error))
        return let_in(opened, request, response)

    @router.delete("/session", status_code=HTTPStatus.NO_CONTENT)
    def log_out(request: Request, response: Response) -> None:
        entrance.log_out(session_token(request.headers))
        response.delete_cookie(COOKIE, path="/")

    return router


def let_in(opened: Opened, request: Request, response: Response) -> LoggedIn:
    """Give a browser the cookie of its session."""
    response.set_cookie(
        COOKIE,
        opened.token,
        max_age=round((opened.session.expires_at - opened.session.created_at).total_seconds()),
        path="/",
        secure=request.url.scheme == "https",
        httponly=True,
        samesite="strict",
    )
    return _told(opened.session)


def _told(session: Session) -> LoggedIn:
    account = session.account
    return LoggedIn(
        account_id=account.account_id,
        name=account.name,
        role=account.role,
        person_id=account.person_id,
        csrf_token=session.csrf_token,
        expires_at=session.expires_at,
    )


def _of_key(who: Caller) -> LoggedIn:
    one = who.account
    return LoggedIn(
        account_id=one.account_id,
        name=one.name,
        role=one.role,
        person_id=one.person_id,
        csrf_token="",
        expires_at=who.key.expires_at if who.key else None,
    )
