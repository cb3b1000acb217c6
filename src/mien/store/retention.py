"""What removes records that have been kept long enough: the protocol every such store fulfils."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol, get_args

Kind = Literal[
    "stranger_crops", "stranger_templates", "sightings", "readings", "rollup_minutes", "rollups", "events", "bin"
]
"""*rollups*: expressions added up by hour and day, and *rollup_minutes* by minute; their age counts from the begin of
their span. *bin*: people and pictures in the
recycle bin, and entries of the journal as old."""

Follower = Literal["runs", "cameras"]
"""What has no age of its own and goes with the last of what refers to it."""

KINDS: tuple[Kind, ...] = get_args(Kind)


@dataclass(frozen=True, slots=True)
class Due:
    """How many rows of each kind go, and the names of the pictures that go with them.

    Those of kinds that were asked for are older than they may be; followers are told always.
    """

    counts: Mapping[Kind | Follower, int]
    crops: tuple[str, ...] = ()


class RetentionStore(Protocol):
    """Removes what is older than a moment, by kind. Safe for several threads and processes at once.

    A stranger's age counts from when it was seen last, in the recycle bin too. One whose templates go is *faded*: the
    id stays as long as anything refers to it. Of whom nobody wants to hear (*ignored*) the templates stay, for else
    they would be met again as new. Whoever fades loses the roll-ups too, for nobody can ask for a timeline then. A run
    goes with the last of its readings, where those go at all, and a camera with the last of all that is kept of it.
    Every method raises StoreError where the database cannot be used.
    """

    def due(self, before: Mapping[Kind, datetime]) -> Due:
        """What a purge would remove."""
        ...

    def purge(self, before: Mapping[Kind, datetime]) -> Due:
        """Remove it in one transaction, and say what went; the pictures are the caller's to delete."""
        ...

    def compact(self) -> bool:
        """Leave nothing of what was removed in the file, nor in its log: false where others keep that from being done.

        Raises StoreError where others leave no moment for it.
        """
        ...

    def named_crops(self) -> frozenset[str]:
        """The names of all pictures that any row names: others on the disk are leftovers."""
        ...
