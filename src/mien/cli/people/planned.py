"""A change to people at the terminal: shown, agreed to, and made."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli.home import opened_home
from mien.cli.terminal import Invocation, print_json, print_text
from mien.domain.clock import SystemClock
from mien.domain.errors import UsageError

if TYPE_CHECKING:
    from mien.gallery.curation.curator import Curator
    from mien.gallery.curation.plan import Plan
    from mien.gallery.curation.telling import Telling

_LONGEST = 18  # digits of a number that a database takes


def number(of: str, told_by: str) -> Callable[[str], int]:
    """Reads a number from 1 on; raises UsageError, which names what it is of and what tells which there are."""

    def read(text: str) -> int:
        if not (text.isascii() and text.isdecimal() and len(text) <= _LONGEST and int(text)):
            raise UsageError(f"{of}: expected a number as {told_by} tells it, got {text!r}")
        return int(text)

    return read


NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="A name, or an id such as unknown-0007.")]
PicturesArgument = Annotated[
    list[int],
    typer.Argument(
        metavar="PICTURE",
        help="Numbers of pictures, as mien people show tells them.",
        parser=number("PICTURE", "mien people show NAME"),
    ),
]
DryRunOption = Annotated[bool, typer.Option("--dry-run", metavar="", help="Say what would be done, and do nothing.")]
YesOption = Annotated[
    bool, typer.Option("--yes", "-y", metavar="", help="Do not ask; a call without a terminal never asks.")
]


@contextmanager
def ordering(call: Invocation) -> "Iterator[tuple[Curator, Telling]]":
    """What puts the people of the home in order, and what tells of that."""
    from mien.gallery.curation.telling import Telling
    from mien.wiring.people import build_curator

    settings = call.settings()
    with opened_home(call, settings) as stores:
        clock = SystemClock()
        yield build_curator(settings, stores, clock), Telling(stores.people, stores.consents, clock)


def carry_out(
    call: Invocation, planned: "Callable[[Curator], Plan]", *, dry_run: bool, yes: bool = True, json: bool = False
) -> None:
    """Make a plan and carry it out, unless it is only to be shown, or whoever is at the terminal says no."""
    with ordering(call) as (curator, _):
        plan = planned(curator)
        for warning in plan.warnings:
            call.notice(f"careful: {warning}")
        if not dry_run and not yes:
            agree(plan.deed.told(is_done=False))
        change = None if dry_run else curator.carry_out(plan)
    told = plan.deed.told(is_done=not dry_run)
    if json:
        done = {"change": change.change_id if change else None, "is_dry_run": dry_run, "summary": told}
        people = change.people if change else plan.people
        print_json({**done, "people": list(people), "warnings": list(plan.warned(is_done=not dry_run))})
    elif change is None:
        print_text(f"would {told}")
    else:
        print_text(f"done: {told} (mien people undo takes it back)")


def agree(what: str) -> None:
    """Ask whoever is at the terminal; where there is none, nobody is asked."""
    if sys.stdin.isatty() and sys.stderr.isatty():
        try:
            is_agreed = typer.confirm(f"{what[0].upper()}{what[1:]}?", err=True)
        except typer.Abort as error:
            if isinstance(error.__context__, KeyboardInterrupt):  # else there is no answer to come
                raise KeyboardInterrupt from error
            raise
        if not is_agreed:
            raise typer.Abort
