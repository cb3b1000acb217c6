"""Looking at the gallery: contact sheets, the self-test, and proposals to clean up."""

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mien.cli.people.planned import DryRunOption
from mien.cli.terminal import JsonOption, invocation, print_json, print_table, print_text
from mien.domain.errors import GalleryError

if TYPE_CHECKING:
    from datetime import datetime

    from mien.gallery.curation.outliers import Doubt
    from mien.gallery.selftest.testing import SelfTest, Share
    from mien.settings import Settings
    from mien.store.outputs import OutputKind
    from mien.wiring import Stores


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    app.command("sheet")(sheet)
    app.command("selftest")(selftest)
    app.command("cleanup")(cleanup)


def sheet(
    context: typer.Context,
    name: Annotated[
        str, typer.Argument(metavar="NAME", show_default=False, help="Only this one: a name or an id.")
    ] = "",
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FOLDER", show_default=False, help="In exports/ of the home without."),
    ] = None,
    png: Annotated[bool, typer.Option("--png", metavar="", help="Pictures for printing too, 80 faces each.")] = False,
    json: JsonOption = False,
) -> None:
    """Write a page with everybody's best picture, and a page of each person with all pictures and their numbers.

    The pages need no network. With `privacy.blur_strangers` strangers are not on them.

    Example: `mien people sheet --out sheet/ --png`
    """
    from mien import wiring
    from mien.domain.clock import SystemClock
    from mien.results.album.sheet import write_sheet

    settings, at = invocation(context).settings(), SystemClock().now()
    with ExitStack() as stack:
        stores = wiring.build_stores(settings, stack)
        roster, album = wiring.build_roster(stores), wiring.build_album(stores)
        if name:
            people = [roster.find(name)]
        else:
            is_shown = ("enrolled",) if settings.privacy.blur_strangers else ("enrolled", "stranger")
            people = [entry.person for entry in roster.entries() if entry.person.kind in is_shown]
        if not people:
            raise GalleryError("there is nobody to be shown")
        folder = _folder(settings, out, f"sheet-{at:%Y%m%d-%H%M%S}")
        written = write_sheet(folder, map(album.person, people), at, prints=png)
        _note(settings, stores, "contact_sheet", folder, at)
    if json:
        print_json({"folder": str(folder), "people": len(people), "files": [str(path) for path in written]})
    else:
        print_text(f"{written[0]}: {len(people)} {'person' if len(people) == 1 else 'people'}")


def selftest(
    context: typer.Context,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FOLDER", show_default=False, help="In exports/ of the home without."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Put the gallery to the test, and write a page with pictures: who is taken for whom, and which pictures are bad.

    Every picture is looked for among all others. Strangers are those whom the home has met, and drawn ones.

    Example: `mien people selftest --out selftest/`
    """
    from mien import wiring
    from mien.domain.clock import SystemClock
    from mien.results.album.selftest import figures, write_selftest

    settings, at = invocation(context).settings(), SystemClock().now()
    with ExitStack() as stack:
        stores = wiring.build_stores(settings, stack)
        tests = wiring.run_selftests(settings, stores, at)
        names = {person.person_id: person.name for person in stores.people.people() if person.name}
        folder = _folder(settings, out, f"selftest-{at:%Y%m%d-%H%M%S}")
        page, _ = write_selftest(folder, tests, names, wiring.build_faces(stores), at)
        _note(settings, stores, "report", folder, at)
    if json:
        print_json({"folder": str(folder), **figures(tests, names, at)})
        return
    for test in tests:
        print_text(_told(test))
    print_text(str(page))


def _told(test: "SelfTest") -> str:
    highest = "none" if test.highest_stranger is None else f"{test.highest_stranger:.3f}"
    return (
        f"{test.model}: {test.people} people, {test.pictures} pictures; rank 1 {_percent(test.rank1)}, named rightly "
        f"{_percent(test.identified)}; highest stranger {highest}, threshold {test.threshold:.3f}; {len(test.doubts)} "
        f"doubtful, {len(test.risky)} risky, {len(test.useless)} useless; {len(test.sparse)} with fewer than 3 pictures"
    )


def _percent(share: "Share") -> str:
    return f"{share.share:.1%} ({share.low:.1%} to {share.high:.1%})" if share.count else "–"


def cleanup(
    context: typer.Context,
    dry_run: DryRunOption = False,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", metavar="", help="Put what is proposed into the recycle bin.")
    ] = False,
    min_age: Annotated[
        float | None,
        typer.Option("--min-age", metavar="S", min=0, show_default=False, help="Leave younger pictures alone; 300."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Propose pictures that probably show somebody else, with reasons; nothing is changed without --yes.

    Nobody is ever emptied: where all pictures of a person are doubtful, look at `mien people sheet NAME`.
    `mien people undo` takes a clean-up back.
    """
    from mien import wiring
    from mien.domain.clock import SystemClock

    call, clock = invocation(context), SystemClock()
    settings = call.settings()
    with ExitStack() as stack:
        stores = wiring.build_stores(settings, stack)
        proposed = wiring.proposed_cleanup(settings, stores, clock.now(), min_age)
        change = None
        if yes and not dry_run and proposed.doubts:
            curator = wiring.build_curator(settings, stores, clock)
            plan = curator.remove_pictures([one.picture_id for one in proposed.doubts])
            change = curator.carry_out(replace(plan, kind="gallery.cleaned"))
        names = {person.person_id: person.name for person in stores.people.people() if person.name}
    if json:
        rows = [_fields(one) for one in proposed.doubts]
        done = change.change_id if change else None
        print_json({"change": done, "is_dry_run": change is None, "pictures": rows, "emptied": list(proposed.emptied)})
        return
    for person_id in proposed.emptied:
        call.notice(f"{person_id}: all pictures are doubtful, none is proposed: mien people sheet {person_id}")
    _show(proposed.doubts, names, is_done=change is not None)


def _show(doubts: "tuple[Doubt, ...]", names: dict[str, str], *, is_done: bool) -> None:
    if not doubts:
        print_text("no picture is doubtful")
        return
    columns = ("picture.", "kept for", "reason", "own.", "nearest else", "similarity.")
    print_table("", columns, (_cells(one, names) for one in doubts))
    if is_done:
        print_text(f"{len(doubts)} pictures are in the recycle bin (mien people undo takes it back)")
    else:
        print_text("mien people cleanup --yes puts them into the recycle bin")


def _fields(one: "Doubt") -> dict[str, Any]:
    return {
        "picture_id": one.picture_id,
        "person_id": one.person_id,
        "reason": one.reason,
        "own": one.own,
        "other_id": one.other_id,
        "other": one.other,
    }


def _cells(one: "Doubt", names: dict[str, str]) -> tuple[str, ...]:
    own = "–" if one.own is None else f"{one.own:.2f}"
    other = names.get(one.other_id, one.other_id) or "–"
    name = names.get(one.person_id, one.person_id)
    return (str(one.picture_id), name, one.reason, own, other, f"{one.other:.2f}" if one.other_id else "–")


def _folder(settings: "Settings", out: Path | None, name: str) -> Path:
    """Where something goes that people look at: where they say, or into a folder of the home."""
    from mien.store.home import Home

    return out or Home(settings.home).exports / name


def _note(settings: "Settings", stores: "Stores", kind: "OutputKind", path: Path, at: "datetime") -> None:
    """Remember what lies outside the home, where forgetting does not reach."""
    if not path.resolve().is_relative_to(settings.home.resolve()):
        stores.outputs.note(kind, path, at)
