"""What is proposed to be put away: doubtful pictures, as long as somebody is left, and poor ones, but for the best."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from mien.domain.people.people import Picture
from mien.gallery.curation.outliers import Doubt, LeftAlone


@dataclass(frozen=True, slots=True)
class Cleanup:
    """Pictures that are proposed, and the people who would be left with none, of whom none is.

    Pictures that are ``left_alone`` are too young to be proposed.
    """

    doubts: tuple[Doubt, ...]
    emptied: tuple[str, ...]
    left_alone: LeftAlone


def proposed(doubts: Iterable[Doubt], person_ids: Iterable[str], left_alone: LeftAlone) -> Cleanup:
    """The doubts that may be acted on; ``person_ids`` are whose each picture is, of all that are looked at."""
    listed, held = tuple(doubts), Counter(person_ids)
    doubted = Counter(one.person_id for one in listed)
    emptied = {person_id for person_id, count in doubted.items() if count >= held[person_id]}
    return Cleanup(tuple(one for one in listed if one.person_id not in emptied), tuple(sorted(emptied)), left_alone)


def poor_pictures(pictures: Iterable[Picture], quality: float) -> tuple[Picture, ...]:
    """Those of some pictures, of whomever, that are worse than a quality in [0, 1], the worst first.

    Of everybody the best one stays, however bad it is.
    """
    worst_first = sorted(pictures, key=lambda one: (one.quality, one.picture_id))
    best = {one.person_id: one.picture_id for one in worst_first}
    return tuple(one for one in worst_first if one.quality < quality and best[one.person_id] != one.picture_id)
