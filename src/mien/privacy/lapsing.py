"""Letting go of what consent covers no more, be it taken back or expired: rows, pictures, index; all on record."""

from collections.abc import Callable, Collection
from datetime import datetime

from mien.domain.people.consent import Scope
from mien.store.consents import ConsentStore, LetGo
from mien.store.media import MediaStore
from mien.store.vectors.snapshot import Snapshots


class Lapsing:
    """Ends consent and lets go of what rests on it. Safe for several processes at once, and where one dies.

    The snapshot of the index goes first: whoever dies behind that leaves an index to be read anew, and no vector that
    nothing covers. It goes once more in the end, for somebody may have read the templates in between. A stored picture
    that a process died before has no name any more and goes with the next purge.
    """

    def __init__(
        self, consents: ConsentStore, media: MediaStore, snapshots: Snapshots, tell: Callable[[], object]
    ) -> None:
        """``tell`` lets the audit log hear of what was done."""
        self._consents = consents
        self._media = media
        self._snapshots = snapshots
        self._tell = tell

    def lapse(self, at: datetime) -> int:
        """Let go of what rests on consent that has expired; of how many people that was. Raises StoreError."""
        if not self._consents.lapsing(at):
            return 0
        self._snapshots.discard()
        gone = self._consents.lapse(at)
        self._follow(gone, is_indexed=True)
        return len(gone)

    def withdraw(self, person_id: str, scopes: Collection[Scope], at: datetime) -> LetGo:
        """End a person's consent to some uses; raises PersonUnknown, StoreError."""
        is_indexed = "identify" in scopes
        if is_indexed:
            self._snapshots.discard()
        gone = self._consents.withdraw(person_id, scopes, at)
        self._follow((gone,), is_indexed=is_indexed)
        return gone

    def _follow(self, gone: Collection[LetGo], *, is_indexed: bool) -> None:
        """Whatever becomes of the index, the pictures go: nothing covers them, and no row names them any more."""
        try:
            for crop in (crop for one in gone for crop in one.crops):
                self._media.delete(crop)
        finally:
            if is_indexed:
                self._snapshots.discard()
            self._tell()
