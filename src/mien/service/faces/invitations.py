"""Invitations to sign up: for one name and some days, told by a seal, so that none has to be kept.

An invitation is used up by the account that comes of it, for a name is taken once.
"""

import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from mien.domain.clock import Clock
from mien.gallery.names import tidy_name


@dataclass(frozen=True, slots=True)
class Invitations:
    """Makes and knows invitations by a key of the home."""

    key: bytes
    clock: Clock

    def until(self, days: int) -> datetime:
        """When one that is made now ends to hold."""
        return (self.clock.now() + timedelta(days=days)).replace(microsecond=0)

    def invite(self, name: str, until: datetime) -> str:
        """An invitation of a name that holds until then; raises GalleryError for what is no name."""
        told = int(until.timestamp())
        return f"{told}.{self._seal(name, told)}"

    def is_valid(self, invitation: str, name: str) -> bool:
        """Whether it is one of that name, and holds still; raises GalleryError for what is no name."""
        told, _, seal = invitation.partition(".")
        if not (told.isascii() and told.isdigit() and len(told) <= 12):
            return False
        is_sealed = hmac.compare_digest(self._seal(name, int(told)).encode(), seal.encode())
        return is_sealed and self.clock.now().timestamp() <= int(told)

    def _seal(self, name: str, until: int) -> str:
        text = f"invitation {until} {tidy_name(name).casefold()}"
        return hmac.new(self.key, text.encode(), sha256).hexdigest()
