"""Judging the gallery: the self-test, proposals to clean up, and the quality of its pictures."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mien.cli.home import end_without, lost_fields, opened_home
from mien.cli.options import Chosen, model_options
from mien.cli.people.exchanging import OverwriteOption
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
from mien.domain.clock import SystemClock
from mien.domain.errors import UsageError
from mien.telemetry.text import counted

if TYPE_CHECKING:
    from mien.gallery.curation.outliers import Doubt
    from mien.gallery.rescoring import Rescored, Survey
    from mien.settings import Settings
    from mien.wiring.stores import Stores


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    app.command("selftest")(selftest)
    app.command("cleanup")(cleanup)
    app.command("rescore")(rescore)


def selftest(
    context: typer.Context,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FOLDER", show_default=False, help="Write a page too, outside the home."),
    ] = None,
    overwrite: OverwriteOption = False,
    json: JsonOption = False,
) -> None:
    """Put the gallery to the test: who is taken for whom, and which pictures are bad; with pictures in a page.

    Every picture is looked for among all others. Strangers are those whom the home has met, and drawn ones. With
    `privacy.blur_strangers` the page does not show them. A page that is there is not touched without --overwrite.

    Example: `mien people selftest --out selftest/`
    """
    from mien.gallery.selftest.telling import judged
    from mien.results.album.selftest import figures, in_the_way, write_selftest
    from mien.store.home import Home
    from mien.store.outputs import noted
    from mien.wiring.curation import build_faces, run_selftests

    call, clock = invocation(context), SystemClock()
    at = clock.now()
    settings = call.settings()
    if out is not None:
        Home(settings.home).check_outside(out)
        if not overwrite and (there := in_the_way(out)):
            raise UsageError(f"{there} is there already: --overwrite replaces it, another --out keeps it")
    with opened_home(call, settings) as stores:
        tests = run_selftests(settings, stores, at)
        names = {person.person_id: person.name for person in stores.people.people() if person.name}
        page, faces = None, build_faces(settings, stores)
        if out is not None:
            with noted(stores.outputs, "report", clock, out):
                page, _ = write_selftest(out, tests, names, faces, at)
    if json:
        lost = lost_fields(faces.lost)
        print_json({"folder": str(out) if out else None, **figures(tests, names, at), "lost": lost})
    else:
        for test in tests:
            print_text("\n".join(judged(test, names, at)))
        print_text(str(page) if page else "mien people selftest --out FOLDER shows the pictures")
    end_without(call, faces.lost)


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

    Nobody is ever emptied: where all pictures of a person are doubtful, look at `mien people sheet NAME`. What is
    younger than five minutes is left alone, for somebody is perhaps still at work on it; `--min-age 0` looks at all.
    `mien people keep` says of a picture that it is right; `mien people undo` takes a clean-up back.
    """
    from mien.gallery.names import named
    from mien.gallery.selftest.telling import left_alone
    from mien.wiring.curation import proposed_cleanup
    from mien.wiring.people import build_curator

    call, clock = invocation(context), SystemClock()
    settings, at = call.settings(), clock.now()
    with opened_home(call, settings) as stores:
        proposed = proposed_cleanup(settings, stores, at, min_age)
        change = None
        if yes and not dry_run and proposed.doubts:
            curator = build_curator(settings, stores, clock)
            plan = curator.remove_pictures([one.picture_id for one in proposed.doubts])
            change = curator.carry_out(replace(plan, kind="gallery.cleaned"))
        names = {person.person_id: person.name for person in stores.people.people() if person.name}
    young = proposed.left_alone
    if json:
        done = {"change": change.change_id if change else None, "is_dry_run": change is None}
        left = {"left_alone": young.count, "left_alone_until": young.until(at).isoformat() if young.count else None}
        rows = [_fields(one) for one in proposed.doubts]
        print_json({**done, "pictures": rows, "emptied": list(proposed.emptied), **left})
        return
    for person_id in proposed.emptied:
        sheet = f"mien people sheet {person_id} --out FOLDER"
        call.notice(f"{named(person_id, names)}: all pictures are doubtful, none is proposed: {sheet}")
    _show(proposed.doubts, names, is_done=change is not None, is_tried=yes and dry_run)
    if young.count:
        print_text(f"{left_alone(young, at)}; --min-age 0 looks at them all the same")


def _show(doubts: "tuple[Doubt, ...]", names: dict[str, str], *, is_done: bool, is_tried: bool) -> None:
    if not doubts:
        print_text("no picture is doubtful")
        return
    columns = ("picture.", "kept for", "reason", "own.", "nearest else", "similarity.")
    print_table("", columns, (_cells(one, names) for one in doubts))
    if is_done:
        print_text(f"in the recycle bin: {counted(len(doubts), 'picture')} (mien people undo takes it back)")
    else:
        tried = "dry run, nothing was changed: " if is_tried else ""
        print_text(f"{tried}mien people cleanup --yes puts them into the recycle bin")


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
    from mien.wiring.people import build_curator

    call = invocation(context)
    settings = call.settings(config, chosen)
    least = settings.enrolment.min_quality if below is None else below
    with opened_home(call, settings) as stores:
        survey = _surveyed(call, settings, stores, is_kept=not dry_run)
        poor, change = survey.below(least), None
        if set_aside and poor and not dry_run:
            curator = build_curator(settings, stores, SystemClock())
            change = curator.carry_out(curator.set_aside([one.picture.picture_id for one in poor])).change_id
        names = {person.person_id: person.name for person in stores.people.people() if person.name}
    if json:
        told = {"change": change, "is_dry_run": dry_run, "below": least}
        print_json({**told, **_survey_fields(survey, poor, worst)})
    else:
        _tell_survey(survey, worst, names)
        told_poor = f"{counted(len(poor), 'picture')} below {least:.2f}"
        hint = "; --set-aside sets them aside" if poor else ""
        print_text(f"set aside: {told_poor} (mien people undo takes it back)" if change else f"{told_poor}{hint}")
    end_without(call, survey.lost)


def _surveyed(call: Invocation, settings: "Settings", stores: "Stores", *, is_kept: bool) -> "Survey":
    """Judge the kept pictures of a home as the settings say."""
    from mien.wiring.curation import build_rescoring
    from mien.wiring.models import build_shelf
    from mien.wiring.people import following_gallery

    fetch_models(call, settings, ("detection", "recognition", "quality"))
    shelf = build_shelf(settings)
    work = build_rescoring(following_gallery(settings, stores, shelf), stores, shelf, SystemClock())
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
        "lost": lost_fields(survey.lost),
    }


def _tell_survey(survey: "Survey", worst: int, names: dict[str, str]) -> None:
    without = counted(survey.without_crop, "has no crop", "have no crop")
    left = f"{counted(survey.done, 'was before', 'were before')}, {without}"
    print_text(f"{survey.judge}: {counted(survey.scored, 'picture')} judged, {left}")
    rows = [(f"{at / 10:.1f} to {at / 10 + 0.1:.1f}", str(count)) for at, count in enumerate(survey.tenths())]
    print_table("", ("quality", "pictures."), rows)
    if listed := survey.looked_at()[:worst]:
        print_table("the worst", ("picture.", "kept for", "quality.", "before."), (
            (str(one.picture.picture_id), names.get(one.picture.person_id, one.picture.person_id),
             f"{one.picture.quality:.2f}", f"{one.before:.2f}")
            for one in listed
        ))  # fmt: skip
