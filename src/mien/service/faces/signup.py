"""Signing up before a camera: consent, a challenge, guided snapshots, and an account that opens by this face."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from mien.domain.accounts import Account, acting
from mien.domain.clock import Clock
from mien.domain.errors import AccountError, EnrolmentRefused, GalleryError, MienError, UsageError
from mien.domain.people.consent import ConsentText, NewConsent, Scope
from mien.engine.guiding import GuidedEnrolment
from mien.gallery.challenge.challenge import Progress
from mien.gallery.enrolment.admission import Terms
from mien.gallery.enrolment.guidance import Advice
from mien.gallery.names import name_to_enrol
from mien.service.access.entrance import Entrance
from mien.service.access.passwords import hash_of
from mien.service.access.tickets import Tickets
from mien.service.faces.invitations import Invitations
from mien.service.faces.login import Challenging, Claim, Eyesight, nobody_at
from mien.service.faces.schemas import FaceResult
from mien.service.faces.snapping import TOO_FEW, Snapping, Studio
from mien.service.settings import SignUpMode
from mien.store.accounts import AccountStore
from mien.store.people import PeopleStore

LEAST_SNAPSHOTS = 5
EVIDENCE = "signed up in the web app"

REFUSED = "you cannot be signed up like this: choose another name, or ask an admin"
"""What is said alike where a name is taken, where somebody of that name or with that face is in the gallery."""


_log = logging.getLogger(__name__)


class SignUpRefused(AccountError):
    """Somebody may not sign up."""


@dataclass(frozen=True, slots=True)
class Applicant:
    """Who wants to sign up: a tidy name, the hash of a password, the uses they agree to.

    ``invitation`` is the one that signing up uses, or empty where none is asked for.
    """

    name: str
    password_hash: str
    scopes: frozenset[Scope]
    invitation: str = ""


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
        used = invitation if self.mode == "invitation" else ""
        return self.begun.give(Applicant(tidy, hash_of(password), scopes, used))

    def sitting(self, ticket: str, address: str) -> "SigningUp | None":
        """Who sits before the camera with a ticket; none where it does not hold. Raises TooManyFailures, ModelError."""
        self.entrance.check_wait(nobody_at(address), address, "signup")
        applicant = self.begun.take(ticket)
        return SigningUp(self, applicant, address, self.eyesight.challenge()) if applicant else None


@dataclass(slots=True)
class SigningUp:
    """One person signing up; not for several threads at once."""

    signups: SignUps
    applicant: Applicant
    address: str
    challenging: Challenging
    _snapping: Snapping | None = None
    _is_barred: bool = False

    @property
    def is_over(self) -> bool:
        """Whether there is nothing more to see."""
        challenge = self.challenging.challenge
        has_failed = challenge.is_over and not challenge.has_passed
        return has_failed or self._is_barred or (self._snapping is not None and self._snapping.is_over)

    @property
    def is_asking(self) -> bool:
        """Whether something was asked for, for which there is more time."""
        return self.challenging.challenge.is_asking

    def see(self, jpeg: bytes) -> Progress | Advice:
        """Judge a frame; raises SourceUnreadable, ModelError."""
        if not self.challenging.challenge.is_over:
            return self._challenged(jpeg)
        assert self._snapping, "it is there once the challenge was passed"
        return self._snapping.see(jpeg)

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
        terms = Terms(consent, is_given=True, for_newcomers=True, presence="challenged")
        self._snapping = self.signups.studio.begin(self.applicant.name, terms)
        self._snapping.keep_to(self.challenging.challenge.evidence)

    def end(self) -> FaceResult:
        """Take the person in, and say so, or why not."""
        try:
            return FaceResult(passed=True, ticket=self.conclude())
        except SignUpRefused as error:
            return FaceResult(passed=False, detail=str(error))

    def fail(self, reason: str) -> FaceResult:
        """Say why it failed."""
        self.give_up()
        return FaceResult(passed=False, detail=reason)

    def conclude(self) -> str:
        """Take the person in, make the account, and give a ticket for it; raises SignUpRefused with nothing kept."""
        try:
            account = self._taken_in()
        except (AccountError, GalleryError) as error:
            self.give_up()
            raise error if isinstance(error, SignUpRefused) else SignUpRefused(REFUSED) from error
        return self.signups.tickets.give(Claim(account.account_id, account.person_id, "signup", self.address))

    def leave(self) -> None:
        """Whoever leaves now has failed, or has but come and gone: either is told to the audit log."""
        if self.challenging.is_given_up:
            self.give_up()
        elif not self.is_over:
            self.signups.entrance.unjudged.note("signup", "left")

    def give_up(self) -> None:
        """Count a failure, and tell the audit log of it."""
        self.signups.entrance.note_failure(nobody_at(self.address), self.address, "signup")

    def _taken_in(self) -> Account:
        snapping, signups, applicant = self._snapping, self.signups, self.applicant
        if snapping is None or self._is_taken():
            raise SignUpRefused(REFUSED)
        if snapping.taken < LEAST_SNAPSHOTS:
            raise SignUpRefused(TOO_FEW)
        account = signups.accounts.add(applicant.name, "viewer", signups.clock.now(), applicant.password_hash)
        try:
            with acting(f"account:{account.account_id}"):
                return self._take_in(account, snapping.guided)
        except BaseException:
            signups.accounts.remove(account.account_id)
            raise

    def _take_in(self, account: Account, guided: GuidedEnrolment) -> Account:
        """Keep the snapshots of somebody who was not there before, whose account it then is; or nothing of them."""
        person_id = guided.keep("sign-up").person_id
        if not person_id:
            raise EnrolmentRefused("no snapshot was taken in")
        try:
            tied = self.signups.accounts.change(account.account_id, person_id=person_id, allows_face=True)
            if self.applicant.invitation:
                self.signups.invitations.use(self.applicant.invitation)
            return tied
        except BaseException:
            self._let_go(person_id)
            raise

    def _let_go(self, person_id: str) -> None:
        try:
            self.signups.forget(person_id)
        except MienError:
            _log.exception("a sign-up failed, and %s, who was taken in for it, could not be forgotten", person_id)
