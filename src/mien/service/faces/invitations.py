"""Invitations to sign up: for one name and some days, told by a seal, so that none has to be kept.

An invitation is used up by the account that comes of it, for a name is taken once.
"""

import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from mien.domain.clock import Clock
from mien.gallery.names import tidy_name


@dataclass(frozen=True, slots=True)
class Invitations:
    """Makes and knows invitations by a key of the home."""

    key: bytes
    clock: Clock

    def invite(self, name: str, days: int) -> tuple[str, datetime]:
        """An invitation of a name, and until when it holds; raises GalleryError for what is no name."""
        until = int((self.clock.now() + timedelta(days=days)).timestamp())
        return f"{until}.{self._seal(name, until)}", datetime.fromtimestamp(until, UTC)

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
