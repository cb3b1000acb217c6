"""Looking at the gallery: contact sheets, the self-test, proposals to clean up, and the quality of its pictures."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mien.cli.options import Chosen, model_options
from mien.cli.people.planned import DryRunOption
from mien.cli.terminal import (
    ConfigOption,
    Invocation,
    JsonOption,
    fetch_models,
    invocation,
    print_json,
    print_table,
    print_text,
    working,
)
from mien.domain.errors import GalleryError

if TYPE_CHECKING:
    from mien.gallery.curation.outliers import Doubt
    from mien.gallery.rescoring import Rescored, Survey
    from mien.gallery.selftest.testing import SelfTest, Share
    from mien.settings import Settings
    from mien.wiring import Stores


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    app.command("sheet")(sheet)
    app.command("selftest")(selftest)
    app.command("cleanup")(cleanup)
    app.command("rescore")(rescore)


def sheet(
    context: typer.Context,
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Where the pages go, outside the home.")],
    name: Annotated[
        str, typer.Argument(metavar="NAME", show_default=False, help="Only this one: a name or an id.")
    ] = "",
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
    from mien.store.home import Home

    settings, at = invocation(context).settings(), SystemClock().now()
    Home(settings.home).check_outside(out)
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
        written = write_sheet(out, map(album.person, people), at, prints=png)
        stores.outputs.note("contact_sheet", out, at)
    if json:
        print_json({"folder": str(out), "people": len(people), "files": [str(path) for path in written]})
    else:
        print_text(f"{written[0]}: {len(people)} {'person' if len(people) == 1 else 'people'}")


def selftest(
    context: typer.Context,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FOLDER", show_default=False, help="Write a page too, outside the home."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Put the gallery to the test: who is taken for whom, and which pictures are bad; with pictures in a page.

    Every picture is looked for among all others. Strangers are those whom the home has met, and drawn ones.

    Example: `mien people selftest --out selftest/`
    """
    from mien import wiring
    from mien.domain.clock import SystemClock
    from mien.results.album.selftest import figures, write_selftest
    from mien.store.home import Home

    settings, at = invocation(context).settings(), SystemClock().now()
    if out is not None:
        Home(settings.home).check_outside(out)
    with ExitStack() as stack:
        stores = wiring.build_stores(settings, stack)
        tests = wiring.run_selftests(settings, stores, at)
        names = {person.person_id: person.name for person in stores.people.people() if person.name}
        page = None
        if out is not None:
            page, _ = write_selftest(out, tests, names, wiring.build_faces(stores), at)
            stores.outputs.note("report", out, at)
    if json:
        print_json({"folder": str(out) if out else None, **figures(tests, names, at)})
        return
    for test in tests:
        print_text(_told(test))
    print_text(str(page) if page else "mien people selftest --out FOLDER shows the pictures")


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


@model_options("detector", "recognizer", "quality")
def rescore(
    context: typer.Context,
    below: Annotated[
        float | None,
        typer.Option(
            "--below", metavar="Q", min=0, max=1, show_default=False, help="Which are poor; as enrolment asks."
        ),
    ] = None,
    set_aside: Annotated[
        bool, typer.Option("--set-aside", metavar="", help="Keep what is poor, and look at it no more.")
    ] = False,
    worst: Annotated[int, typer.Option("--worst", metavar="N", min=0, help="List so many pictures.")] = 10,
    dry_run: DryRunOption = False,
    *,
    chosen: Chosen,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Judge every kept picture anew, tell how good they are, and set aside the poor ones if you say so.

    The judge is the recogniser, or the network that --quality names. It may be interrupted, and goes on where it was;
    pictures that this judge has seen are passed over. A picture of which no crop is kept stays as it was judged. Of
    everybody the best picture stays; `mien people undo` takes back what was set aside.

    Example: `mien people rescore --below 0.6 --set-aside --dry-run`
    """
    from mien import wiring
    from mien.domain.clock import SystemClock

    call = invocation(context)
    settings = call.settings(config, chosen)
    least = settings.enrolment.min_quality if below is None else below
    with ExitStack() as stack:
        stores = wiring.build_stores(settings, stack)
        survey = _surveyed(call, settings, stores, is_kept=not dry_run)
        poor, change = survey.below(least), None
        if set_aside and poor and not dry_run:
            curator = wiring.build_curator(settings, stores, SystemClock())
            change = curator.carry_out(curator.set_aside([one.picture.picture_id for one in poor])).change_id
        names = {person.person_id: person.name for person in stores.people.people() if person.name}
    if json:
        told = {"change": change, "is_dry_run": dry_run, "below": least}
        print_json({**told, **_survey_fields(survey, poor, worst)})
        return
    _tell_survey(survey, worst, names)
    told_poor = f"{len(poor)} {'picture' if len(poor) == 1 else 'pictures'} below {least:.2f}"
    hint = "; --set-aside sets them aside" if poor else ""
    print_text(f"set aside: {told_poor} (mien people undo takes it back)" if change else f"{told_poor}{hint}")


def _surveyed(call: Invocation, settings: "Settings", stores: "Stores", *, is_kept: bool) -> "Survey":
    """Judge the kept pictures of a home as the settings say."""
    from mien import wiring
    from mien.domain.clock import SystemClock

    fetch_models(call, settings, ("detection", "recognition", "quality"))
    shelf = wiring.build_shelf(settings)
    work = wiring.build_rescoring(wiring.following_gallery(settings, stores, shelf), stores, shelf, SystemClock())
    with working(call, "pictures") as advance:
        return work.run(advance, is_kept=is_kept)


def _survey_fields(survey: "Survey", poor: "Sequence[Rescored]", worst: int) -> dict[str, Any]:
    listed = [
        {
            "picture_id": one.picture.picture_id,
            "person_id": one.picture.person_id,
            "quality": one.picture.quality,
            "before": one.before,
        }
        for one in survey.looked_at()[:worst]
    ]
    counts = {"scored": survey.scored, "done_before": survey.done, "without_crop": survey.without_crop}
    return {
        "judge": survey.judge,
        **counts,
        "tenths": survey.tenths(),
        "poor": [one.picture.picture_id for one in poor],
        "worst": listed,
    }


def _tell_survey(survey: "Survey", worst: int, names: dict[str, str]) -> None:
    left = f"{survey.done} were before, {survey.without_crop} have no crop"
    print_text(f"{survey.judge}: {survey.scored} pictures judged, {left}")
    rows = [(f"{at / 10:.1f} to {at / 10 + 0.1:.1f}", str(count)) for at, count in enumerate(survey.tenths())]
    print_table("", ("quality", "pictures."), rows)
    if listed := survey.looked_at()[:worst]:
        print_table("the worst", ("picture.", "kept for", "quality.", "before."), (
            (str(one.picture.picture_id), names.get(one.picture.person_id, one.picture.person_id),
             f"{one.picture.quality:.2f}", f"{one.before:.2f}")
            for one in listed
        ))  # fmt: skip
