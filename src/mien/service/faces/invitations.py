"""Invitations to sign up: for one name and some days, told by a seal, so that none has to be kept before it is used.

An invitation holds once, whatever becomes of the account: of what was used a digest is kept as long as it would hold.
"""

import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from mien.domain.clock import Clock
from mien.gallery.names import tidy_name
from mien.service.access.gate import digest_of
from mien.store.accounts import AccountStore


@dataclass(frozen=True, slots=True)
class Invitations:
    """Makes and knows invitations by a key of the home."""

    key: bytes
    clock: Clock
    accounts: AccountStore

    def until(self, days: int) -> datetime:
        """When one that is made now ends to hold."""
        return (self.clock.now() + timedelta(days=days)).replace(microsecond=0)

    def invite(self, name: str, until: datetime) -> str:
        """An invitation of a name that holds until then; raises GalleryError for what is no name."""
        told = int(until.timestamp())
        return f"{told}.{self._seal(name, told)}"

    def is_valid(self, invitation: str, name: str) -> bool:
        """Whether it is one of that name, holds still and was not used; raises GalleryError for what is no name."""
        told, _, seal = invitation.partition(".")
        if not (told.isascii() and told.isdigit() and len(told) <= 12):
            return False
        is_sealed = hmac.compare_digest(self._seal(name, int(told)).encode(), seal.encode())
        is_due = self.clock.now().timestamp() <= int(told)
        return is_sealed and is_due and not self.accounts.is_used(digest_of(seal))

    def use(self, invitation: str) -> None:
        """Somebody signed up with one that is valid; raises AccountError where somebody did meanwhile."""
        told, _, seal = invitation.partition(".")
        self.accounts.use_invitation(digest_of(seal), self.clock.now(), datetime.fromtimestamp(int(told), UTC))

    def _seal(self, name: str, until: int) -> str:
        text = f"invitation {until} {tidy_name(name).casefold()}"
        return hmac.new(self.key, text.encode(), sha256).hexdigest()
