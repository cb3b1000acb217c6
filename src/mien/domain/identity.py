"""The answer to "who is it": a person, a stranger, or not enough to tell. Never none, never the nearest name."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Match:
    """A person of the gallery.

    ``similarity`` is the cosine to the mean of the person's templates, ``margin`` its lead over the second person (the
    full similarity where there is no second).
    """

    person_id: str
    similarity: float
    margin: float


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody who is enrolled: a stranger, with the best similarity that was seen.

    ``person_id`` is the stranger's own stable id (``unknown-0007``), or empty where none is assigned: a single
    picture is compared but does not found a stranger.
    """

    similarity: float
    person_id: str = ""
    margin: float = 0.0


@dataclass(frozen=True, slots=True)
class Undecided:
    """Not enough evidence yet, with the reason in a few words (``"too few views"``, ``"too small"``, ...)."""

    reason: str
    similarity: float = 0.0
    margin: float = 0.0


Identity = Match | Unknown | Undecided
