"""Routes and sockets of coming in by one's face, and of signing up."""

import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Annotated, TypeVar

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import Depends, Request, Response, WebSocket

from mien.domain.errors import AccountError, GalleryError, MienError, UsageError
from mien.domain.people.consent import SCOPES
from mien.service.access.attempts import Attempts
from mien.service.access.entrance import LoginRefused
from mien.service.access.gate import Caller, caller, is_own_origin
from mien.service.area import Area, area
from mien.service.faces.frames import Frames
from mien.service.faces.login import FaceLogin
from mien.service.faces.schemas import (
    MESSAGES,
    Invitation,
    Invite,
    SignUp,
    SignUpBegun,
    SignUpTerms,
    Ticket,
)
from mien.service.faces.signup import SNAPSHOTS, SignUpRefused, SignUps
from mien.service.faces.talks import SETTLE_S, LoginTalk, SignUpTalk
from mien.service.frame.finishing import changes_of
from mien.service.live.sockets import CLOSED_FOR_POLICY, TRY_LATER, Leave, closed
from mien.service.problems import problem
from mien.service.repeats import RepeatKey, Repeats, digest_of_asked
from mien.service.sessions.routes import let_in
from mien.service.sessions.schemas import LoggedIn

FRAMES_PER_S = 15.0
_NORMAL = 1000
_log = logging.getLogger(__name__)

_T = TypeVar("_T")
Who = Annotated[Caller, Depends(caller)]
Talk = Callable[[Frames, str], Awaitable[None]]
"""What is said over frames that come from an address."""


@dataclass(frozen=True, slots=True)
class FaceTools:
    """What the area needs.

    ``logins`` and ``sittings`` bound who comes in and who signs up at once, so that neither keeps the other out.
    ``has_login`` is false where nobody comes in by their face; ``threads`` is how many frames are looked at at once,
    beside whatever else the service does.
    """

    login: FaceLogin
    signups: SignUps
    logins: Attempts
    sittings: Attempts
    has_login: bool = True
    frames_per_s: float = FRAMES_PER_S
    threads: int = 1
    _limiters: list[CapacityLimiter] = field(default_factory=list)

    async def in_thread(self, work: Callable[[], _T]) -> _T:
        """Do something that takes time beside the loop."""
        if not self._limiters:
            self._limiters.append(CapacityLimiter(self.threads))  # needs the loop that runs
        return await run_sync(work, limiter=self._limiters[0])


def build(tools: FaceTools) -> Area:
    """The routes and sockets."""
    router = area("faces", *MESSAGES)
    _add_login(router, tools)
    _add_signup(router, tools)
    return router


def _add_login(router: Area, tools: FaceTools) -> None:
    @router.websocket("/session/face")
    async def show_face(socket: WebSocket) -> None:
        def talk(frames: Frames, address: str) -> Awaitable[None]:
            return LoginTalk(tools, frames, tools.login, address).go_on()

        await _serve(socket, tools, tools.logins, talk if tools.has_login else None)

    @router.post("/session/face", response_model=LoggedIn)
    def enter(shown: Ticket, request: Request, response: Response) -> LoggedIn | Response:
        try:
            return let_in(tools.login.claim(shown.ticket), request, response)
        except LoginRefused as error:
            return problem(HTTPStatus.UNAUTHORIZED, str(error))


def _add_signup(router: Area, tools: FaceTools) -> None:
    signups = tools.signups

    @router.get("/signup")
    def terms() -> SignUpTerms:
        text = signups.consent
        return SignUpTerms(
            mode=signups.mode,
            face_login=tools.has_login,
            consent_version=text.version,
            consent_text=text.text,
            scopes=list(SCOPES),
            snapshots=SNAPSHOTS,
        )

    @router.post("/signup", status_code=HTTPStatus.ACCEPTED, response_model=SignUpBegun)
    def sign_up(asked: SignUp) -> SignUpBegun | Response:
        scopes = frozenset(asked.agrees_to)
        try:
            ticket = signups.begin(asked.name, asked.password, scopes, asked.consent_version, asked.invitation)
        except SignUpRefused as error:
            return problem(HTTPStatus.FORBIDDEN, str(error))
        return SignUpBegun(ticket=ticket)

    @router.websocket("/signup/camera")
    async def show_oneself(socket: WebSocket) -> None:
        def talk(frames: Frames, address: str) -> Awaitable[None]:
            return SignUpTalk(tools, frames, signups, address, changes_of(socket.app)).go_on()

        await _serve(socket, tools, tools.sittings, talk if signups.mode != "off" else None)

    repeats = Repeats(signups.clock)

    @router.post("/invitations", status_code=HTTPStatus.CREATED)
    def invite(who: Who, asked: Invite, key: RepeatKey = None) -> Invitation:
        def invited() -> Invitation:
            token, until = signups.invitations.invite(asked.name, asked.days)
            return Invitation(invitation=token, expires_at=until)

        return repeats.once(who.account.account_id, key, digest_of_asked("invite", asked), invited)


async def _serve(socket: WebSocket, tools: FaceTools, attempts: Attempts, talk: Talk | None) -> None:
    """Talk over a socket that anybody may open, from a page of this server, where there is room for one more."""
    if not is_own_origin(socket.headers):
        return await socket.close(4000 + HTTPStatus.FORBIDDEN, "sockets are opened by pages of this server only")
    await socket.accept()
    address = socket.client.host if socket.client else ""
    frames = Frames(socket, tools.frames_per_s, SETTLE_S)
    try:
        if talk is None:
            raise Leave(CLOSED_FOR_POLICY, "this is switched off here")
        with attempts.one(address):
            await talk(frames, address)
        await closed(socket, Leave(_NORMAL, ""))
    except Leave as leave:
        await closed(socket, leave)
    except (AccountError, GalleryError, UsageError) as error:  # about what was asked
        await closed(socket, Leave(TRY_LATER, str(error)))
    except MienError as error:  # about this machine, which is not for strangers
        _log.warning("somebody before a camera was sent away: %s", error)
        await closed(socket, Leave(TRY_LATER, "this has to wait, for models or for what else is at work: try again"))
