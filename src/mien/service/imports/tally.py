"""What became of the pictures of one import: counts, and the first of those of which there is something to say."""

from dataclasses import dataclass, field

from mien.domain.people.people import folded_name
from mien.gallery.enrolment.enroller import Enrolment
from mien.service.imports.schemas import ToldPicture
from mien.telemetry.wording import spoken

_MOST_TOLD = 100  # of those that are refused, and of those that are taken in with a remark


@dataclass(slots=True)
class Tally:
    """Counts as they grow."""

    done: int = 0
    pictures: int = 0
    skipped: int = 0
    refused_count: int = 0
    people: set[str] = field(default_factory=set)
    new_people: set[str] = field(default_factory=set)
    refused: list[ToldPicture] = field(default_factory=list)
    remarks: list[ToldPicture] = field(default_factory=list)

    def refuse(self, path: str, reason: str) -> None:
        """A picture is refused."""
        self.done += 1
        self.refused_count += 1
        _tell(self.refused, path, reason)

    def note(self, path: str, found: Enrolment) -> None:
        """A picture was looked at."""
        if found.outcome == "refused":
            self.refuse(path, found.reason)
            return
        self.done += 1
        self.people.add(folded_name(found.name))
        if found.outcome == "skipped":
            self.skipped += 1
            return
        self.pictures += 1
        if found.is_new:
            self.new_people.add(folded_name(found.name))
        if found.reason:
            _tell(self.remarks, path, found.reason)


def _tell(told: list[ToldPicture], path: str, reason: str) -> None:
    if len(told) < _MOST_TOLD:
        told.append(ToldPicture(name=path, reason=spoken(reason)))
