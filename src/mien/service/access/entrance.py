"""Coming in: the first admin, logging in and out, and waiting longer after each failure."""

import secrets
from dataclasses import dataclass
from datetime import timedelta

from mien.domain.accounts import Account, ApiKey, Session, acting
from mien.domain.clock import Clock
from mien.domain.errors import AccountError, GalleryError, UsageError
from mien.gallery.names import tidy_name
from mien.privacy.audit.trail import AuditTrail
from mien.service.access.gate import digest_of
from mien.service.access.passwords import hash_of, is_right
from mien.service.access.unjudged import How, Unjudged
from mien.store.accounts import AccountStore

SESSION = timedelta(hours=12)
_FREE_FAILURES = 4
_FIRST_WAIT, _LONGEST_WAIT = timedelta(seconds=2), timedelta(minutes=15)


class LoginRefused(AccountError):
    """Somebody may not come in; it is not said whether there is such an account."""


class TooManyFailures(AccountError):
    """Too many failures in a row: ``wait`` is how long nothing is looked at."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__(f"too many failures: try again in {max(1, round(wait.total_seconds()))} s")
        self.wait = wait


@dataclass(frozen=True, slots=True)
class Opened:
    """A browser that has just logged in: its session, and the token that is its cookie."""

    session: Session
    token: str


class Entrance:
    """Lets people in by name and password, and the first one by the token that the terminal shows."""

    def __init__(
        self, accounts: AccountStore, trail: AuditTrail, clock: Clock, setup_token: str, lasts: timedelta = SESSION
    ) -> None:
        """``lasts`` is how long somebody is logged in."""
        self._accounts = accounts
        self._trail = trail
        self._clock = clock
        self._setup_token = setup_token
        self._lasts = lasts
        self.unjudged = Unjudged(trail, clock)

    @property
    def needs_setup(self) -> bool:
        """Whether there is no admin yet who may come in, or none any more."""
        return not self._accounts.has_admin()

    def set_up(self, token: str, name: str, password: str) -> Opened:
        """Make the first admin and log in; raises LoginRefused, AccountError where there is one already, UsageError."""
        if not secrets.compare_digest(token.strip().encode(), self._setup_token.encode()):
            raise LoginRefused("this is not the token that the terminal shows")
        account = self._accounts.add_first(account_name(name), self._clock.now(), hash_of(password))
        return self.open(account, "setup")

    def log_in(self, name: str, password: str, address: str) -> Opened:
        """Raises LoginRefused where name and password are not right, TooManyFailures."""
        return self.open(self.prove(name, password, address), "password")

    def prove(self, name: str, password: str, address: str) -> Account:
        """Whose name and password these are; raises as `log_in` does."""
        self.check_wait(name, address, "password")
        found = self._accounts.named(_tidy(name))
        is_known = is_right(password, found[1] if found else "")
        if not (found and is_known and found[0].is_enabled):
            self.note_failure(name, address, "password")
            raise LoginRefused("name or password is not right")
        self.clear_failures(name, address)
        return found[0]

    def log_out(self, token: str) -> None:
        """End the session of a cookie."""
        self._accounts.end_session(digest_of(token))

    def open(self, account: Account, how: str) -> Opened:
        """A new session for somebody who was let in."""
        token, now = secrets.token_urlsafe(32), self._clock.now()
        session = self._accounts.begin_session(
            account.account_id, digest_of(token), secrets.token_urlsafe(24), now, now + self._lasts
        )
        with acting(f"account:{account.account_id}"):
            self._trail.append("account.entered", (), {"account": account.account_id, "how": how})
        return Opened(session, token)

    def check_wait(self, name: str, address: str, how: How) -> None:
        """Raise TooManyFailures as long as nobody of that name, or from that address, is looked at."""
        for one in _counted(name, address):
            count, last = self._accounts.failures(one, self._clock.now())
            if count > _FREE_FAILURES and last is not None:
                wait = min(_FIRST_WAIT * 2 ** min(count - _FREE_FAILURES - 1, 16), _LONGEST_WAIT)
                if (left := last + wait - self._clock.now()) > timedelta(0):
                    self.unjudged.note(how, "waiting")
                    raise TooManyFailures(left)

    def note_failure(self, name: str, address: str, how: How) -> None:
        """Count a failure, and tell the audit log of it, without a name."""
        counts = [self._accounts.note_failure(one, self._clock.now()) for one in _counted(name, address)]
        with acting("system"):
            self._trail.append("account.refused", (), {"how": how, "failures": max(counts)})

    def note_passed(self, account: Account, how: str) -> None:
        """Tell the audit log that somebody may open a session, whether they ever do."""
        with acting("system"):
            self._trail.append("account.passed", (), {"account": account.account_id, "how": how})

    def clear_failures(self, name: str, address: str) -> None:
        """Somebody got in: begin to count anew."""
        for one in _counted(name, address):
            self._accounts.clear_failures(one)

    def forgive(self, name: str) -> None:
        """Let whoever bears a name try again at once, from where nobody else failed."""
        self._accounts.clear_failures(_of_name(name))


def account_name(name: str) -> str:
    """The name of an account as it may be kept; raises UsageError."""
    try:
        return tidy_name(name)
    except GalleryError as error:
        raise UsageError("the name of an account has 1 to 100 characters that can be seen") from error


def _tidy(name: str) -> str:
    """A name as it is looked for, whatever was typed."""
    try:
        return tidy_name(name)
    except GalleryError:
        return ""


def _counted(name: str, address: str) -> tuple[str, ...]:
    """What failures are counted under: no name is an address."""
    return _of_name(name), f"address {address}"


def _of_name(name: str) -> str:
    return f"name {_tidy(name)}"


class StoredCredentials:
    """Whose cookies and keys are, as of now."""

    def __init__(self, accounts: AccountStore, clock: Clock) -> None:
        self._accounts = accounts
        self._clock = clock

    def of_session(self, digest: str) -> Session | None:
        return self._accounts.session(digest, self._clock.now())

    def of_key(self, digest: str) -> tuple[ApiKey, Account] | None:
        return self._accounts.key(digest, self._clock.now())
