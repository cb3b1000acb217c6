"""Signing up before a camera: consent, a challenge, guided snapshots, and an account that opens by this face."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from mien.domain.accounts import Account, acting
from mien.domain.clock import Clock
from mien.domain.errors import AccountError, EnrolmentRefused, GalleryError, MienError, UsageError
from mien.domain.people.consent import NewConsent, Scope
from mien.engine.challenging import opened
from mien.engine.guiding import Eyes, GuidedEnrolment, Sitting
from mien.gallery.challenge.challenge import SAME, Progress
from mien.gallery.enrolment.admission import Terms
from mien.gallery.enrolment.guidance import Advice, Look
from mien.gallery.names import name_to_enrol
from mien.service.access.entrance import Entrance
from mien.service.access.passwords import hash_of
from mien.service.access.tickets import Tickets
from mien.service.faces.invitations import Invitations
from mien.service.faces.login import Challenging, Claim, Eyesight, nobody_at
from mien.service.settings import SignUpMode
from mien.store.accounts import AccountStore
from mien.store.people import PeopleStore

SNAPSHOTS, LEAST_SNAPSHOTS = 10, 5
SITTING_S = 90.0
EVIDENCE = "signed up in the web app"

REFUSED = "you cannot be signed up like this: choose another name, or ask an admin"
"""What is said alike where a name is taken, where somebody of that name or with that face is in the gallery."""


_log = logging.getLogger(__name__)


class SignUpRefused(AccountError):
    """Somebody may not sign up."""


@dataclass(frozen=True, slots=True)
class ConsentText:
    """What people are asked to agree to: it goes on record with their consent, and so does its version."""

    version: str
    text: str


@dataclass(frozen=True, slots=True)
class Applicant:
    """Who wants to sign up: a tidy name, the hash of a password, the uses they agree to."""

    name: str
    password_hash: str
    scopes: frozenset[Scope]


@dataclass(frozen=True, slots=True)
class Studio:
    """What takes snapshots: the models, and what enrols somebody of a sitting with them; raises ModelError."""

    eyes: Callable[[], Eyes]
    guided: Callable[[Sitting], GuidedEnrolment]


@dataclass(frozen=True, slots=True)
class SignUps:
    """Signs people up, where that is allowed.

    ``forget`` lets go of somebody who was taken in a moment ago, by their id; raises MienError.
    """

    mode: SignUpMode
    entrance: Entrance
    consent: ConsentText
    invitations: Invitations
    eyesight: Eyesight
    studio: Studio
    accounts: AccountStore
    people: PeopleStore
    begun: Tickets[Applicant]
    tickets: Tickets[Claim]
    clock: Clock
    forget: Callable[[str], object]

    def begin(self, name: str, password: str, scopes: frozenset[Scope], version: str, invitation: str) -> str:
        """A ticket for the camera; raises SignUpRefused, UsageError, GalleryError for what is no name.

        Whether a name is taken is said at the end, in the same words as whatever else is in the way.
        """
        if self.mode == "off":
            raise SignUpRefused("nobody signs up here: an admin makes accounts")
        tidy = name_to_enrol(name)
        if self.mode == "invitation" and not self.invitations.is_valid(invitation, tidy):
            raise SignUpRefused("this is no invitation for that name, or it does not hold any more")
        if version != self.consent.version:
            raise UsageError("the text has changed meanwhile: read it again")
        if "identify" not in scopes:
            raise UsageError("whoever signs up by their face agrees at least to be identified by it")
        return self.begun.give(Applicant(tidy, hash_of(password), scopes))

    def sitting(self, ticket: str, address: str) -> "SigningUp | None":
        """Who sits before the camera with a ticket; none where it does not hold. Raises TooManyFailures, ModelError."""
        self.entrance.check_wait(nobody_at(address), address)
        applicant = self.begun.take(ticket)
        return SigningUp(self, applicant, address, self.eyesight.challenge()) if applicant else None


@dataclass(slots=True)
class SigningUp:
    """One person signing up; not for several threads at once."""

    signups: SignUps
    applicant: Applicant
    address: str
    challenging: Challenging
    _guided: GuidedEnrolment | None = None
    _eyes: Eyes | None = None
    _is_barred: bool = False

    @property
    def is_over(self) -> bool:
        """Whether there is nothing more to see."""
        challenge = self.challenging.challenge
        has_failed = challenge.is_over and not challenge.has_passed
        return has_failed or self._is_barred or (self._guided is not None and self._guided.guidance.is_over)

    def see(self, jpeg: bytes) -> Progress | Advice:
        """Judge a frame; raises SourceUnreadable, ModelError."""
        if not self.challenging.challenge.is_over:
            return self._challenged(jpeg)
        assert self._guided and self._eyes, "both are there once the challenge was passed"
        now_s = self.signups.clock.monotonic_s()
        look = self._eyes.look_at(opened(jpeg), now_s)
        before = self.challenging.challenge.evidence.vector
        is_other = look.portrait is not None and float(look.portrait.vector @ before) < SAME
        return self._guided.see(Look(now_s, reason="somebody else is in view") if is_other else look)

    def _challenged(self, jpeg: bytes) -> Progress:
        progress = self.challenging.see(jpeg)
        if progress.phase == "passed":
            self._is_barred = not self._may_be_new()
            if not self._is_barred:
                self._sit_down()
        return progress

    def _may_be_new(self) -> bool:
        """Whether it is a live face that nobody in the gallery has, under a name that nobody has."""
        keeper, evidence = self.signups.eyesight.doorkeeper(), self.challenging.challenge.evidence
        return keeper.is_live(evidence) and not keeper.resembles(evidence) and not self._is_taken()

    def _is_taken(self) -> bool:
        name = self.applicant.name
        return self.signups.accounts.named(name) is not None or self.signups.people.named(name) is not None

    def _sit_down(self) -> None:
        agreed = self.signups.consent
        consent = NewConsent(self.applicant.scopes, agreed.version, EVIDENCE, text=agreed.text)
        sitting = Sitting(self.applicant.name, Terms(consent, is_given=True, for_newcomers=True), SNAPSHOTS, SITTING_S)
        self._eyes = self.signups.studio.eyes()
        self._guided = self.signups.studio.guided(sitting)

    def conclude(self) -> str:
        """Take the person in, make the account, and give a ticket for it; raises SignUpRefused with nothing kept."""
        try:
            account = self._taken_in()
        except (AccountError, GalleryError) as error:
            self.give_up()
            raise error if isinstance(error, SignUpRefused) else SignUpRefused(REFUSED) from error
        self.signups.entrance.clear_failures(nobody_at(self.address), self.address)
        return self.signups.tickets.give((account.account_id, "signup"))

    def give_up(self) -> None:
        """Count a failure, and tell the audit log of it."""
        self.signups.entrance.note_failure(nobody_at(self.address), self.address, "signup")

    def _taken_in(self) -> Account:
        guided, signups, applicant = self._guided, self.signups, self.applicant
        if guided is None or self._is_taken():
            raise SignUpRefused(REFUSED)
        if len(guided.guidance.portraits) < LEAST_SNAPSHOTS:
            raise SignUpRefused("too few good snapshots were taken: try again, in good light")
        account = signups.accounts.add(applicant.name, "viewer", signups.clock.now(), applicant.password_hash)
        try:
            with acting(f"account:{account.account_id}"):
                self._take_in(account, guided)
        except BaseException:
            signups.accounts.remove(account.account_id)
            raise
        return account

    def _take_in(self, account: Account, guided: GuidedEnrolment) -> None:
        """Keep the snapshots of somebody who was not there before, whose account it then is; or nothing of them."""
        person_id = guided.keep("sign-up").person_id
        if not person_id:
            raise EnrolmentRefused("no snapshot was taken in")
        try:
            self.signups.accounts.change(account.account_id, person_id=person_id, allows_face=True)
        except BaseException:
            self._let_go(person_id)
            raise

    def _let_go(self, person_id: str) -> None:
        try:
            self.signups.forget(person_id)
        except MienError:
            _log.exception("a sign-up failed, and %s, who was taken in for it, could not be forgotten", person_id)
