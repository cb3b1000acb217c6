"""The area of faces: what judges somebody who comes in by their face or signs up, over the models of the service."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from random import Random, SystemRandom
from threading import Lock
from typing import Self

from mien.domain.clock import Clock
from mien.domain.people.consent import ConsentText
from mien.engine.challenging import Watcher
from mien.engine.guiding import Eyes, GuidedEnrolment, Kept, Sitting
from mien.gallery.challenge.doorkeeper import Doorkeeper
from mien.service.access.attempts import Attempts
from mien.service.access.entrance import Entrance, StoredCredentials
from mien.service.access.tickets import Tickets
from mien.service.area import Area
from mien.service.faces.enrolling import CameraEnrolling
from mien.service.faces.invitations import Invitations
from mien.service.faces.login import Claim, Eyesight, FaceLogin
from mien.service.faces.routes import FRAMES_PER_S, MOST_ENROLLED, MOST_OWN_ENROLLED, FaceTools
from mien.service.faces.routes import build as routes
from mien.service.faces.signup import Applicant, SignUps
from mien.service.faces.snapping import Studio
from mien.service.live.sockets import Sockets
from mien.service.people.desk import Consenting
from mien.service.settings import ServiceSettings, SignUpMode
from mien.settings.behind import EYES, FACE_MESH
from mien.settings.models import DEFAULT_LIVENESS
from mien.vision.loading import load_eye_reader, load_judge, load_mesher
from mien.wiring.assembly import Assembly
from mien.wiring.enrolment.joining import settled
from mien.wiring.models import build_shelf
from mien.wiring.people import build_eyes_by, build_guided_enrolment, build_roster
from mien.wiring.rights import build_forgetting
from mien.wiring.serving.people import build_consenting
from mien.wiring.stores import Stores

INVITATION_KEY = "invitations"
"""The inner key by which invitations of a home are sealed."""

SIGN_UP_S = 120.0  # from what was typed to the first frame


@dataclass(frozen=True, slots=True)
class FaceOptions:
    """Whether people come in by their face, who may sign up, and the text that they agree to (empty: mien's own).

    ``chance`` decides which moves are asked for; it must not be guessed. Of one camera ``frames_per_s`` are looked at.
    """

    has_login: bool = False
    signup: SignUpMode = "off"
    consent_text: str = ""
    chance: Random = field(default_factory=SystemRandom)
    frames_per_s: float = FRAMES_PER_S

    @classmethod
    def of(cls, settings: ServiceSettings) -> Self:
        """As the settings have it."""
        return cls(settings.face_login, settings.sign_up, settings.consent_text)

    @property
    def consent(self) -> ConsentText:
        """The text in a version that changes with it."""
        return ConsentText.of(self.consent_text)


def build_faces(
    stores: Stores, models: Callable[[], Assembly], entrance: Entrance, clock: Clock, options: FaceOptions
) -> Area:
    """The routes and sockets; ``models`` are those of the service, and raise ModelError as long as they are not there.

    What only faces need is loaded when the first one shows theirs.
    """
    tickets: Tickets[Claim] = Tickets(clock)
    looking = _Looking(models)
    eyesight = Eyesight(looking.watcher, lambda: Doorkeeper(models().gallery), clock, options.chance)
    login = FaceLogin(eyesight, entrance, stores.accounts, tickets)
    begun: Tickets[Applicant] = Tickets(clock, SIGN_UP_S)
    forgetting = build_forgetting(stores, clock, is_beside_others=True)
    studio = _studio(looking, stores, clock)
    signups = SignUps(
        options.signup,
        entrance,
        options.consent,
        Invitations(stores.database.inner_key(INVITATION_KEY), clock, stores.accounts),
        eyesight,
        studio,
        stores.accounts,
        stores.people,
        begun,
        tickets,
        clock,
        lambda person_id: forgetting.forget(person_id, (person_id,)),
    )
    consenting = partial(_consenting, models, clock)
    settle = partial(_settled, models, clock)
    enrolling = CameraEnrolling(eyesight, studio, stores.people, build_roster(stores), consenting, settle)
    enrolments = Sockets(StoredCredentials(stores.accounts, clock), MOST_ENROLLED, MOST_OWN_ENROLLED)
    attempts = Attempts(clock), Attempts(clock)
    return routes(FaceTools(login, signups, *attempts, enrolling, enrolments, options.has_login, options.frames_per_s))


def _studio(looking: "_Looking", stores: Stores, clock: Clock) -> Studio:
    def guided(sitting: Sitting) -> GuidedEnrolment:
        return build_guided_enrolment(looking.models().settings, stores, sitting, looking.eyes(), clock)

    return Studio(looking.eyes, guided, clock)


def _consenting(models: Callable[[], Assembly], clock: Clock) -> Consenting:
    return build_consenting(models().settings, clock)


def _settled(models: Callable[[], Assembly], clock: Clock, guided: GuidedEnrolment, kept: Kept) -> tuple[str, ...]:
    assembly = models()
    return settled(assembly, assembly.gallery, clock, guided, kept)


@dataclass(slots=True)
class _Looking:
    """The models of the service, and beside them those that only a challenge needs, once they are asked for."""

    models: Callable[[], Assembly]
    _watcher: Watcher | None = None
    _lock: Lock = field(default_factory=Lock)

    def watcher(self) -> Watcher:
        """Raises ModelError where something of it is not to be had."""
        with self._lock:
            if self._watcher is None:
                self._watcher = build_watcher(self.models())
            return self._watcher

    def eyes(self) -> Eyes:
        """What looks at somebody whose snapshots are taken; raises ModelError."""
        assembly = self.models()
        return build_eyes_by(assembly.settings, assembly.tasks)


def build_watcher(assembly: Assembly) -> Watcher:
    """What looks at somebody who is challenged, and judges liveness even where cameras do not; raises ModelError."""
    settings, tasks = assembly.settings, assembly.tasks
    shelf = build_shelf(settings)
    return Watcher(
        tasks.detector,
        tasks.assessor,
        tasks.recogniser,
        load_mesher(shelf.take(FACE_MESH)),
        load_eye_reader(shelf.take(EYES)),
        tasks.liveness or load_judge(shelf.take(DEFAULT_LIVENESS, settings.liveness.precision)),
        tasks.classifier,
        settings.matching,
    )
