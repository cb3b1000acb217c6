"""Coming in by one's face: a challenge that is passed live, by somebody whom the gallery knows for sure."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from mien.domain.accounts import Account
from mien.domain.clock import Clock
from mien.engine.challenging import Watcher, opened
from mien.gallery.challenge.challenge import Challenge, Failure, Progress, moves_by_chance
from mien.gallery.challenge.doorkeeper import Doorkeeper
from mien.service.access.entrance import Entrance, LoginRefused, Opened
from mien.service.access.tickets import Tickets
from mien.store.accounts import AccountStore

REFUSED = "you were not let in: try again, or log in by your password"
"""What is said to a stranger, a spoof, and to somebody who may not come in by their face alike."""

REASONS: dict[Failure, str] = {
    "too slow": "the time is up: try again",
    "several faces": "somebody else is before the camera: try again alone",
    "nobody": "nobody was in view: stay before the camera",
    "somebody else": "your face was not seen well: try again",
    "jumped": "the picture jumped: keep camera and head in place",
    "another move": "that was another move than the one that was asked for: try again",
    "stopped": "the camera stopped: try again",
}

LINGERS_S = 10.0
"""From which on somebody who was not asked for any move yet keeps others from the camera."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What a ticket is for: who may come in, as whom their face was known, how, and from which address."""

    account_id: int
    person_id: str
    how: str
    address: str

    def opens(self, account: Account) -> bool:
        """Whether the account opens still by that face: an admin may have decided otherwise since."""
        return account.is_enabled and account.allows_face and account.person_id == self.person_id


@dataclass(frozen=True, slots=True)
class Eyesight:
    """What judges faces: models and gallery as they are now; raises ModelError while they are not there."""

    watcher: Callable[[], Watcher]
    doorkeeper: Callable[[], Doorkeeper]
    clock: Clock
    chance: Random

    def challenge(self) -> "Challenging":
        """A new challenge."""
        watcher = self.watcher()
        challenge = Challenge(moves_by_chance(self.chance, watcher.moves))
        return Challenging(watcher, challenge, self.clock, self.clock.monotonic_s())


@dataclass(frozen=True, slots=True)
class Challenging:
    """One challenge and the models that look; not for several threads at once."""

    watcher: Watcher
    challenge: Challenge
    clock: Clock
    began_s: float

    @property
    def is_given_up(self) -> bool:
        """Whether whoever leaves now has failed: moves were asked for, or the place was kept from others for long."""
        is_long = self.clock.monotonic_s() - self.began_s >= LINGERS_S
        return self.challenge.is_asking or (is_long and not self.challenge.is_over)

    def see(self, jpeg: bytes) -> Progress:
        """Judge a frame by the moment at which it is taken up, whatever it says itself; raises SourceUnreadable."""
        now_s = self.clock.monotonic_s()
        return self.challenge.consider(self.watcher.look(opened(jpeg), now_s))


@dataclass(frozen=True, slots=True)
class FaceLogin:
    """Lets people in by their face."""

    eyesight: Eyesight
    entrance: Entrance
    accounts: AccountStore
    tickets: Tickets[Claim]

    def begin(self, address: str) -> Challenging:
        """A challenge for whoever is at an address; raises TooManyFailures, ModelError."""
        self.entrance.check_wait(nobody_at(address), address, "face")
        return self.eyesight.challenge()

    def conclude(self, one: Challenging, address: str) -> str:
        """A ticket for whoever passed it, or empty; the audit log is told of either, and a failure is counted."""
        account = self._account(one)
        if account is None:
            self.entrance.note_failure(nobody_at(address), address, "face")
            return ""
        self.entrance.note_passed(account, "face")
        return self.tickets.give(Claim(account.account_id, account.person_id, "face", address))

    def leave(self, one: Challenging, address: str) -> None:
        """Whoever leaves now has failed, or has but come and gone: either is told to the audit log."""
        if one.is_given_up:
            self.conclude(one, address)
        elif not one.challenge.is_over:
            self.entrance.unjudged.note("face", "left")

    def claim(self, ticket: str) -> Opened:
        """A session for a ticket, and former failures are forgiven; raises LoginRefused."""
        claim = self.tickets.take(ticket)
        account = self.accounts.account(claim.account_id) if claim else None
        if claim is None or account is None or not claim.opens(account):
            raise LoginRefused("this ticket does not hold (any more)")
        self.entrance.clear_failures(nobody_at(claim.address), claim.address)
        return self.entrance.open(account, claim.how)

    def _account(self, one: Challenging) -> Account | None:
        """Whose account opens; of several that are the same person none does."""
        if not one.challenge.has_passed:
            return None
        person_id = self.eyesight.doorkeeper().known(one.challenge.evidence)
        if not person_id:
            return None
        own = [account for account in self.accounts.accounts() if account.person_id == person_id]
        may_come = [account for account in own if account.is_enabled and account.allows_face]
        return may_come[0] if len(may_come) == 1 else None


def nobody_at(address: str) -> str:
    """Under what failures of faces are counted: whose they are is not known."""
    return f"a face at {address}"
