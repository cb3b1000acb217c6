"""By which models and thresholds people are known: telling, embedding anew, and calibrating."""

from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from mien.cli.home import end_without, lost_fields, opened_home
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
from mien.domain.clock import SystemClock
from mien.domain.errors import UsageError
from mien.telemetry.text import counted

if TYPE_CHECKING:
    from mien.domain.faces import EmbeddingModel
    from mien.gallery.matching.calibration import Calibration
    from mien.gallery.matching.kept_calibration import Origin
    from mien.gallery.matching.thresholds import MatchingSettings
    from mien.gallery.reembedding import Comparison, Pending, Reembedding
    from mien.gallery.roster import Roster


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    app.command("models")(models)
    app.command("reembed")(reembed)
    app.command("calibrate")(calibrate)


def models(context: typer.Context, json: JsonOption = False) -> None:
    """List of which models there are templates, how many people are known by each, and which is in use.

    In use is what the settings name; `mien people reembed` makes templates of another one.
    """
    from mien.wiring.curation import is_asked_for, model_in_use

    call = invocation(context)
    settings = call.settings()
    with opened_home(call, settings) as stores:
        holdings = stores.people.holdings()
        used = [held.model for held in holdings if is_asked_for(held.model, settings)]
        in_use = model_in_use(settings, stores) if used and any(held.enrolled for held in holdings) else None
        measured = {held.model: stores.calibrations.of(held.model) is not None for held in holdings}
    if json:
        rows = [
            {
                "model": str(held.model),
                "is_in_use": held.model == in_use,
                "is_calibrated": measured[held.model],
                "people": held.enrolled,
                "strangers": held.strangers,
                "templates": held.templates,
            }
            for held in holdings
        ]
        print_json({"recognizer": settings.recognition.model, "models": rows})
        return
    if holdings:
        columns = ("model", "people.", "strangers.", "templates.", "calibrated", "in use")
        print_table("", columns, (
            (str(held.model), str(held.enrolled), str(held.strangers), str(held.templates),
             "yes" if measured[held.model] else "", "yes" if held.model == in_use else "")
            for held in holdings
        ))  # fmt: skip
    if not in_use:
        print_text(f"nobody is known by {settings.recognition.model}, which the settings name")


@model_options("detector", "recognizer")
def reembed(
    context: typer.Context,
    keep_old: Annotated[
        bool,
        typer.Option("--keep-old", metavar="", help="Keep templates of other models, whatever the self-test says."),
    ] = False,
    drop_old: Annotated[
        bool, typer.Option("--drop-old", metavar="", help="Delete templates of other models, whatever it says.")
    ] = False,
    dry_run: DryRunOption = False,
    *,
    chosen: Chosen,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Make new templates of every kept picture, by the recogniser of the settings or of the options.

    It may be interrupted, and goes on where it was. Templates of other models go once the settings name this one, and
    it names as many pictures rightly at 1 % of false matches; those of pictures that could not be embedded stay. A
    picture of which no crop is kept cannot be embedded: whoever has only such pictures needs new ones.

    Example: `mien people reembed --recognizer edgeface-xs`
    """
    from mien.wiring.curation import build_reembedding, is_asked_for
    from mien.wiring.models import build_shelf
    from mien.wiring.people import build_roster, following_gallery

    if keep_old and drop_old:
        raise UsageError("--keep-old and --drop-old exclude each other")
    call = invocation(context)
    settings = call.settings(config, chosen)
    with opened_home(call, settings) as stores:
        fetch_models(call, settings, ("detection", "recognition"))
        shelf = build_shelf(settings)
        settings = following_gallery(settings, stores, shelf)
        work = build_reembedding(settings, stores, shelf, SystemClock())
        pending = work.pending()
        _tell(call, work, pending, build_roster(stores))
        if dry_run:
            _report(work, pending, (0, 0, None), json=json)
            return
        is_used = is_asked_for(work.model, call.settings(config))
        done = _embedded(call, work, drop_old or (is_used and not keep_old and "better"))
    _report(work, pending, done, json=json)
    if not is_used:
        name = settings.recognition.model
        call.notice(f"people are looked for by it, and old templates go, once the settings name it: recognizer: {name}")
    end_without(call, work.lost)


def _embedded(
    call: Invocation, work: "Reembedding", drops: "bool | Literal['better']"
) -> "tuple[int, int, Comparison | None]":
    """Embed what is left, and drop old templates, or do so where the new ones are better; how many of each."""
    with working(call, "pictures") as advance:
        embedded = work.run(advance)
    comparison = work.compare()
    is_better = comparison is not None and comparison.is_better
    dropped = work.drop_others() if drops is True or (drops == "better" and is_better) else 0
    if embedded or dropped:
        work.note(embedded, dropped)
    return embedded, dropped, comparison


def _tell(call: Invocation, work: "Reembedding", pending: "Pending", roster: "Roster") -> None:
    if pending.without_crop:
        call.notice(
            f"{counted(pending.without_crop, 'picture has', 'pictures have')} no crop and cannot be embedded anew"
        )
    if pending.stuck:
        call.notice(f"these people need new pictures: {', '.join(roster.called(pending.stuck))}")
    if work.covered < 0.99:
        call.notice(f"kept pictures show {work.covered:.0%} of what {work.model.network} looks at: new ones are better")


def _report(work: "Reembedding", pending: "Pending", done: "tuple[int, int, Comparison | None]", *, json: bool) -> None:
    embedded, dropped, comparison = done
    if json:
        compared = None
        if comparison:
            compared = {
                "old_model": str(comparison.old_model),
                "old": comparison.old.share,
                "new": comparison.new.share,
                "pictures": comparison.new.count,
            }
        counts = {"pending": len(pending.pictures), "done_before": pending.done, "without_crop": pending.without_crop}
        outcome = {"embedded": embedded, "dropped": dropped, "comparison": compared}
        lost = lost_fields(work.lost)
        print_json({"model": str(work.model), **counts, "need_pictures": list(pending.stuck), **outcome, "lost": lost})
        return
    told = f"{work.model}: {embedded} of {counted(len(pending.pictures), 'picture')} embedded, {pending.done} before"
    print_text(told)
    if comparison:
        pictures = counted(comparison.new.count, "picture")
        print_text(
            f"named rightly at 1 % of false matches, {pictures}: {comparison.new.share:.1%}, by "
            f"{comparison.old_model} {comparison.old.share:.1%}; {counted(dropped, 'old template')} deleted"
        )


def calibrate(
    context: typer.Context,
    rate: Annotated[
        float | None,
        typer.Option(
            "--false-match-rate",
            metavar="R",
            min=0.0001,
            max=0.1,
            show_default=False,
            help="Of strangers that get a name; 0.001.",
        ),
    ] = None,
    show: Annotated[bool, typer.Option("--show", metavar="", help="Only tell which thresholds hold.")] = False,
    reset: Annotated[bool, typer.Option("--reset", metavar="", help="Let go of what was measured.")] = False,
    dry_run: DryRunOption = False,
    json: JsonOption = False,
) -> None:
    """Measure from which similarity on a face is somebody: on the people of this home, and on drawn strangers.

    No stranger of the home has a part in it. What is measured is kept with the model and holds from the next start on.
    What your settings say of `matching` goes before it; the model's own thresholds hold where nothing was measured.

    Example: `mien people calibrate --false-match-rate 0.001`
    """
    from mien.gallery.matching.calibration import FALSE_MATCH_RATE
    from mien.gallery.matching.kept_calibration import in_force, opened
    from mien.wiring.curation import model_in_use, reset_calibration, run_calibration

    if (show and reset) or (rate is not None and (show or reset)):
        raise UsageError("--false-match-rate, --show and --reset exclude each other")
    call = invocation(context)
    settings = call.settings()
    with opened_home(call, settings) as stores:
        model = model_in_use(settings, stores)
        stored = stores.calibrations.of(model)
        measured = opened(stored) if stored and not reset else None
        if reset and not dry_run:
            reset_calibration(stores, SystemClock(), model)
        elif not show and not reset:
            asked = FALSE_MATCH_RATE if rate is None else rate
            measured = run_calibration(settings, stores, SystemClock(), asked, is_kept=not dry_run)
        held = in_force(settings.matching, settings.written_matching, measured)
        people = next(held.enrolled for held in stores.people.holdings() if held.model == model)
    _tell_thresholds(model, people, held, measured, dry_run=dry_run, json=json)


def _tell_thresholds(
    model: "EmbeddingModel",
    people: int,
    held: "tuple[MatchingSettings, dict[str, Origin]]",
    measured: "Calibration | None",
    *,
    dry_run: bool,
    json: bool,
) -> None:
    """Tell the thresholds that hold, or would."""
    matching, origins = held
    known = matching.known_above(people)
    if json:
        told = {"model": str(model), "people": people, "known": round(known, 4), "doubt": matching.doubt}
        print_json(
            {"is_dry_run": dry_run, **told, "origins": origins, "calibration": _figures(measured) if measured else None}
        )
        return
    print_text(f"{'dry run, nothing was changed: ' if dry_run else ''}{model}, {counted(people, 'person', 'people')}")
    print_text(f"a clear face is somebody from {known:.3f} on (by the {_WORDS[origins['known_similarity']]})")
    print_text(f"the grey zone begins {matching.doubt:.3f} below (by the {_WORDS[origins['doubt']]})")
    if measured:
        low, high = measured.resolution
        print_text(
            f"set {measured.at.astimezone():%Y-%m-%d %H:%M} so that {measured.false_match_rate:.2%} of "
            f"{measured.background:,} drawn strangers are named; so few real ones as the drawing has learnt from could "
            f"not tell that from {low:.2%} or from {high:.2%}. How such thresholds do on real strangers who were held "
            "back is in docs/reference/measurements.md"
        )
        print_text(f"{measured.identified:.1%} of {measured.judged} pictures of people with several are named rightly")


_WORDS = {"settings": "settings", "calibration": "calibration", "model": "model's card, or the default"}


def _figures(measured: "Calibration") -> dict[str, Any]:
    return {
        "known": measured.known,
        "doubt": measured.doubt,
        "false_match_rate": measured.false_match_rate,
        "resolution": list(measured.resolution),
        "people": measured.people,
        "templates": measured.templates,
        "background": measured.background,
        "identified": measured.identified,
        "judged": measured.judged,
        "at": measured.at.isoformat(),
    }
