"""Enrolling somebody from what cameras have seen: a visit, or all that is kept of a stranger."""

from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli.home import opened_home
from mien.cli.terminal import Invocation, fetch_models, print_json, print_text
from mien.telemetry.text import counted

if TYPE_CHECKING:
    from mien.gallery.enrolment.admission import Terms
    from mien.settings import Settings

TrackOption = Annotated[
    str,
    typer.Option(
        "--track",
        metavar="SIGHTING",
        show_default=False,
        help="Enrol the face of a track that has ended: the number of the sighting, as mien people show tells it, or "
        "camera:track where that is the only one.",
    ),
]
ClusterOption = Annotated[
    str,
    typer.Option(
        "--cluster", metavar="STRANGER", show_default=False, help="Enrol a stranger, such as unknown-0007, whole."
    ),
]


def enrol_from_history(
    call: Invocation, settings: "Settings", name: str, source: tuple[str, str], told: "Terms", json: bool
) -> None:
    """Enrol from a track or else a stranger, and say what became of each view; exits with 1 where none was good."""
    from mien import wiring
    from mien.domain.clock import SystemClock

    track, stranger = source
    with opened_home(call, settings) as stores:
        fetch_models(call, settings, ("detection", "recognition", "quality"))
        shelf = wiring.build_shelf(settings)
        settings = wiring.following_gallery(settings, stores, shelf)
        recall = wiring.build_recall(settings, stores, shelf, SystemClock())
        views = list(recall.enrol_visit(name, track, told) if track else recall.enrol_stranger(name, stranger, told))
    accepted = sum(view.outcome == "accepted" for view in views)
    for view in views:
        if view.reason:
            call.notice(f"{view.origin}: {view.outcome}: {view.reason}")
    if json:
        rows = [{"origin": view.origin, "outcome": view.outcome, "reason": view.reason} for view in views]
        print_json({"name": name, "accepted": accepted, "refused": len(views) - accepted, "views": rows})
    else:
        print_text(f"{counted(accepted, 'view')} accepted, {len(views) - accepted} refused")
    if not accepted:
        raise typer.Exit(1)
