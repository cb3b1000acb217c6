"""Enrolling from picture files: what is said of each, and what became of whose pictures."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from mien.cli.terminal import Invocation, fetch_models, print_json, print_table, print_text, working
from mien.domain.clock import SystemClock
from mien.domain.errors import GalleryError, SourceNotFound
from mien.telemetry.text import counted

if TYPE_CHECKING:
    from mien.gallery.enrolment.admission import Terms
    from mien.gallery.enrolment.enroller import Enroller, Enrolment, Intake
    from mien.settings import Settings
    from mien.wiring.stores import Stores

_ALIKE = 3  # pictures of one remark that are told one by one
_NEW = 50  # new people that are named below the table


def enrol_files(
    call: Invocation,
    settings: "Settings",
    asked: "tuple[str, Sequence[Path]]",
    told: "Terms",
    *,
    dry_run: bool,
    json: bool,
) -> None:
    """Enrol somebody of a name from pictures; fails where one is refused."""
    from mien.gallery.names import name_to_enrol

    name, pictures = name_to_enrol(asked[0]), asked[1]
    enrolled = _enrolled(call, settings, told, lambda enroller: enroller.enrol(name, pictures), dry_run=dry_run)
    _report(enrolled, dry_run=dry_run, json=json)
    if any(one.outcome == "refused" for one in enrolled.pictures):
        raise typer.Exit(1)


def enrol_folder(
    call: Invocation, settings: "Settings", folder: Path, told: "Terms", *, dry_run: bool, json: bool
) -> None:
    """Enrol everybody in a folder of folders; fails where nobody, or not everybody, got in."""
    if not folder.is_dir():
        raise SourceNotFound(f"{folder} is not a folder of people")
    enrolled = _enrolled(call, settings, told, lambda enroller: enroller.import_folder(folder), dry_run=dry_run)
    _report(enrolled, dry_run=dry_run, json=json)
    if enrolled.new and enrolled.has_forgotten:
        call.notice(
            "nothing is kept of who was forgotten here, so mien cannot tell whether they are among the new people: "
            f"remove from {folder} whoever asked to be forgotten"
        )
    if not any(one.is_any_in for one in enrolled.people):
        raise GalleryError(f"nobody was enrolled: {_hint(enrolled, folder)}")
    if not all(one.is_any_in for one in enrolled.people):
        raise typer.Exit(1)


def _hint(enrolled: "_Enrolled", folder: Path) -> str:
    if any(one.name and not one.picture.is_dir() for one in enrolled.pictures):
        return f"no picture in {folder} was good enough"
    return f"expected one folder of pictures for each person in {folder}; mien people enrol NAME takes single pictures"


@dataclass(frozen=True, slots=True)
class _Enrolled:
    """What became of pictures, summed up by whose they are, and whether anybody was ever forgotten in the home."""

    pictures: "list[Enrolment]"
    people: "tuple[Intake, ...]"
    has_forgotten: bool

    @property
    def new(self) -> "list[Intake]":
        """Who was not here before."""
        return [one for one in self.people if one.standing == "new"]


def _enrolled(
    call: Invocation,
    settings: "Settings",
    told: "Terms",
    work: "Callable[[Enroller], Iterable[Enrolment]]",
    *,
    dry_run: bool,
) -> _Enrolled:
    """Do the work of an enroller, telling each refused picture as it comes.

    Where there is no home yet it is rehearsed first, until somebody gets in: only then a home is made.
    """
    from mien.gallery.enrolment.enroller import by_person
    from mien.wiring.models import build_shelf, build_tasks
    from mien.wiring.people import build_enroller, following_gallery
    from mien.wiring.stores import build_empty_stores, build_stores, has_people

    fetch_models(call, settings)
    shelf, remarks = build_shelf(settings), _Remarks(call)
    pictures: list[Enrolment] = []
    with _ending_told(call, pictures, not dry_run), ExitStack() as stack, working(call, "pictures") as advance:
        is_there = has_people(settings)
        stores = build_stores(settings, stack) if is_there else build_empty_stores(stack)
        settings = following_gallery(settings, stores, shelf)
        tasks = build_tasks(settings, shelf)

        def judged(stores: "Stores", *, is_rehearsal: bool) -> "Iterator[Enrolment]":
            enroller = build_enroller(settings, stores, tasks, told, SystemClock(), is_rehearsal=is_rehearsal)
            yield from work(enroller)

        outcomes: Iterable[Enrolment]
        if is_there or dry_run:
            outcomes = judged(stores, is_rehearsal=dry_run)
        else:
            outcomes = _up_to_accepted(judged(stores, is_rehearsal=True))
            if outcomes and outcomes[-1].outcome == "accepted":
                outcomes = judged(build_stores(settings, stack), is_rehearsal=False)
        for one in outcomes:
            pictures.append(one)
            remarks.tell(one)
            advance(len(pictures), 0)
        has_forgotten = stores.people.has_forgotten()
    remarks.tell_rest()
    return _Enrolled(pictures, by_person(pictures), has_forgotten)


@contextmanager
def _ending_told(call: Invocation, pictures: "Sequence[Enrolment]", is_kept: bool) -> Iterator[None]:
    """Say what is kept of what was looked at so far where somebody ends it."""
    try:
        yield
    except KeyboardInterrupt:
        kept = [one for one in pictures if one.outcome == "accepted" and is_kept]
        people = counted(len({one.name for one in kept}), "person", "people")
        told = f"kept so far: {counted(len(kept), 'picture')} of {people}; the same call goes on from there"
        call.notice(f"interrupted; {told if kept else 'nothing was kept'}")
        raise


def _up_to_accepted(outcomes: "Iterable[Enrolment]") -> "list[Enrolment]":
    """Outcomes as far as the first picture that is accepted, or all of them."""
    looked_at = []
    for one in outcomes:
        looked_at.append(one)
        if one.outcome == "accepted":
            break
    return looked_at


class _Remarks:
    """What is remarkable of pictures: told as they come, and of what is the same of many how many more there were."""

    def __init__(self, call: Invocation) -> None:
        self._ways = {True: call.failure, False: call.notice}
        self._counts: Counter[tuple[bool, str]] = Counter()

    def tell(self, one: "Enrolment") -> None:
        """Say why a picture is refused or passed over, or what is remarkable of one that is taken in."""
        is_refused = one.outcome == "refused"
        remark = f"refused: {one.reason}" if is_refused else one.reason
        self._counts[is_refused, remark] += 1
        if remark and self._counts[is_refused, remark] <= _ALIKE:
            self._ways[is_refused](f"{one.picture}: {remark}")

    def tell_rest(self) -> None:
        """Sum up what was not told one by one."""
        for (is_refused, remark), count in self._counts.items():
            if remark and count > _ALIKE:
                self._ways[is_refused](f"and {count - _ALIKE} more: {remark} (--json tells each)")


def _report(enrolled: _Enrolled, *, dry_run: bool, json: bool) -> None:
    """Say what became of the pictures of each person, and who is new."""
    from mien.gallery.enrolment.enroller import counts_of

    counts, people = counts_of(enrolled.pictures), enrolled.people
    if json:
        fields = ("picture", "name", "outcome", "reason")
        pictures = [{field: str(getattr(one, field)) for field in fields} for one in enrolled.pictures]
        named = [{"name": one.name, "standing": one.standing, **one.counts} for one in people]
        print_json({"is_dry_run": dry_run, **counts, "people": named, "pictures": pictures})
        return
    if len(people) == 1:
        who = f"{people[0].name!r} ({people[0].standing})"
    else:
        rows = [(one.name, one.standing, *map(str, one.counts.values())) for one in people]
        if rows:
            print_table("", ("name", "here", *(f"{outcome}." for outcome in counts)), rows)
        who = counted(sum(one.is_any_in for one in people), "person", "people")
    told = ", ".join(f"{count} {outcome}" for outcome, count in counts.items())
    would = "dry run, nothing was kept: " if dry_run else ""
    print_text(f"{would}{who}, {counted(len(enrolled.pictures), 'picture')}: {told}")
    if len(people) > 1 and enrolled.new:
        names = [f"{one.name!r} ({counted(one.counts['accepted'], 'picture')})" for one in enrolled.new]
        more = f" and {len(names) - _NEW} more" if len(names) > _NEW else ""
        print_text(f"new here: {', '.join(names[:_NEW])}{more}")
