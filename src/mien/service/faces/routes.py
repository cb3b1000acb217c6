"""Routes and sockets of coming in by one's face, and of signing up."""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from typing import TypeVar

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import FastAPI, Request, Response, WebSocket

from mien.domain.errors import AccountError, GalleryError, MienError, ModelError, UsageError
from mien.domain.people.consent import SCOPES
from mien.domain.people.sittings import SNAPSHOTS
from mien.service.access.attempts import Attempts, TooManyAttempts
from mien.service.access.entrance import LoginRefused
from mien.service.access.gate import address_of, is_own_origin
from mien.service.access.unjudged import How
from mien.service.area import Area, area
from mien.service.faces.enrolling import CameraEnrolling
from mien.service.faces.frames import Frames
from mien.service.faces.login import FaceLogin
from mien.service.faces.schemas import (
    MESSAGES,
    EnrolmentResult,
    Invitation,
    Invite,
    SignUp,
    SignUpBegun,
    SignUpTerms,
    Ticket,
)
from mien.service.faces.signup import SignUpRefused, SignUps
from mien.service.faces.talks import SETTLE_S, LoginTalk, SittingTalk, signing_up
from mien.service.frame.finishing import changes_of
from mien.service.live.sockets import CLOSED_FOR_POLICY, TRY_LATER, Leave, Sockets, closed
from mien.service.problems import problem
from mien.service.repeats import Repeats, Sent, digest_of_asked
from mien.service.sessions.routes import let_in
from mien.service.sessions.schemas import LoggedIn
from mien.telemetry.wording import spoken

FRAMES_PER_S = 15.0
MOST_ENROLLED, MOST_OWN_ENROLLED = 6, 2
"""At once before cameras of browsers, and by one account."""

_NORMAL = 1000
_MOST_BEGIN = 20_000  # characters of what is told of somebody who is enrolled
_log = logging.getLogger(__name__)

_T = TypeVar("_T")
Talk = Callable[[Frames, str], Awaitable[None]]
"""What is said over frames that come from an address."""


@dataclass(frozen=True, slots=True)
class FaceTools:
    """What the area needs.

    ``logins`` and ``sittings`` bound who comes in and who signs up at once, so that neither keeps the other out;
    ``enrolments`` who is enrolled before the cameras of operators.
    ``has_login`` is false where nobody comes in by their face; ``threads`` is how many frames are looked at at once,
    beside whatever else the service does.
    """

    login: FaceLogin
    signups: SignUps
    logins: Attempts
    sittings: Attempts
    enrolling: CameraEnrolling
    enrolments: Sockets
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
    _add_invitations(router, tools.signups)
    _add_enrolling(router, tools)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        try:
            await run_sync(partial(tools.login.entrance.unjudged.tell, is_end=True))
        except MienError as error:
            _log.warning("who knocked and was not judged is not in the audit log: %s", error)

    router.lifespan_context = lifespan
    return router


def _add_login(router: Area, tools: FaceTools) -> None:
    @router.websocket("/session/face")
    async def show_face(socket: WebSocket) -> None:
        def talk(frames: Frames, address: str) -> Awaitable[None]:
            return LoginTalk(tools, frames, tools.login, address).go_on()

        await _serve(socket, tools, "face", talk if tools.has_login else None)

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
            begin = partial(signing_up, signups, address)
            return SittingTalk(tools, frames, begin, changes_of(socket.app)).go_on()

        await _serve(socket, tools, "signup", talk if signups.mode != "off" else None)


def _add_invitations(router: Area, signups: SignUps) -> None:
    repeats = Repeats(signups.clock)

    @router.post("/invitations", status_code=HTTPStatus.CREATED)
    def invite(sent: Sent, asked: Invite) -> Invitation:
        until = repeats.once(
            sent.account_id,
            sent.key,
            digest_of_asked("invite", asked),
            lambda: signups.invitations.until(asked.days),  # by which it is made again: it is remembered nowhere
        )
        return Invitation(invitation=signups.invitations.invite(asked.name, until), expires_at=until)


def _add_enrolling(router: Area, tools: FaceTools) -> None:
    @router.websocket("/people/camera")
    async def enrol(socket: WebSocket) -> None:
        async def talk(_: int) -> None:
            frames = Frames(socket, tools.frames_per_s, SETTLE_S)
            try:
                changes = changes_of(socket.app)
                await SittingTalk(tools, frames, tools.enrolling.begin, changes, _MOST_BEGIN).go_on()
            except MienError as error:
                await frames.say(EnrolmentResult(detail=spoken(str(error)), lacks_model=isinstance(error, ModelError)))
            raise Leave(_NORMAL, "")

        await tools.enrolments.serve(socket, talk)


async def _serve(socket: WebSocket, tools: FaceTools, how: How, talk: Talk | None) -> None:
    """Talk over a socket that anybody may open, from a page of this server, where there is room for one more."""
    if not is_own_origin(socket.headers):
        return await socket.close(4000 + HTTPStatus.FORBIDDEN, "sockets are opened by pages of this server only")
    await socket.accept()
    address = address_of(socket)
    frames = Frames(socket, tools.frames_per_s, SETTLE_S)
    try:
        if talk is None:
            raise Leave(CLOSED_FOR_POLICY, "this is switched off here")
        try:
            with (tools.logins if how == "face" else tools.sittings).one(address):
                await talk(frames, address)
        except TooManyAttempts:
            await tools.in_thread(partial(tools.login.entrance.unjudged.note, how, "full"))
            raise
        await closed(socket, Leave(_NORMAL, ""))
    except Leave as leave:
        await closed(socket, leave)
    except (AccountError, GalleryError, UsageError) as error:  # about what was asked
        await closed(socket, Leave(TRY_LATER, str(error)))
    except MienError as error:  # about this machine, which is not for strangers
        _log.warning("somebody before a camera was sent away: %s", error)
        await closed(socket, Leave(TRY_LATER, "this has to wait, for models or for what else is at work: try again"))
