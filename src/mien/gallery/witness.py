"""Who hears of everything that is done to people: the protocol that the audit log fulfils."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from types import MappingProxyType
from typing import Protocol

from mien.store.journal import Fact, Heard

NOTHING: Mapping[str, Fact] = MappingProxyType({})


class Witness(Protocol):
    """Notes what is done to people, by their ids. Safe for several threads and processes."""

    def hear(
        self, action: str, people: tuple[str, ...] = (), facts: Mapping[str, Fact] = NOTHING, actor: str = ""
    ) -> Heard | None:
        """Hear of what an outbox hands over, and of who did it where that is somebody else.

        Raises StoreError where that cannot be.
        """
        ...

    def append(self, action: str, people: tuple[str, ...] = (), facts: Mapping[str, Fact] = NOTHING) -> Heard | None:
        """Note an action that is in no outbox; raises StoreError where that cannot be."""
        ...

    def telling(
        self, action: str, people: tuple[str, ...] = (), facts: Mapping[str, Fact] = NOTHING
    ) -> AbstractContextManager[None]:
        """Do something outside the database within this, such as moving a file to its place: it is noted whatever dies.

        Where it raises OSError it was not done, and nothing is noted. Raises StoreError where nothing can be noted.
        """
        ...
