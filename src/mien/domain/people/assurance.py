"""What stands behind pictures that are taken in, for the audit log."""

from dataclasses import dataclass
from typing import Literal

Presence = Literal["", "challenged", "vouched"]
"""By what somebody sat before a camera themselves: they passed a challenge, or whoever enrolled them vouches for it;
empty where there was no camera, or nothing was asked."""


@dataclass(frozen=True, slots=True)
class Assurance:
    """What stands behind pictures that are taken in: whether checks of them were overruled, and who was present."""

    is_overruled: bool = False
    presence: Presence = ""

    @property
    def facts(self) -> dict[str, bool | str]:
        """What the audit log is told of it."""
        told: dict[str, bool | str] = {"is_overruled": self.is_overruled}
        return told | {"presence": self.presence} if self.presence else told


NOTHING_ASSURED = Assurance()
