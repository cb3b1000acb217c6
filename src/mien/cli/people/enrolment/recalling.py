"""Enrolling somebody from what cameras have seen: a visit, or all that is kept of a stranger."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from mien.cli.home import opened_home
from mien.cli.terminal import Invocation, fetch_models, print_json, print_text
from mien.domain.clock import SystemClock
from mien.telemetry.text import counted

if TYPE_CHECKING:
    from mien.gallery.enrolment.admission import Terms
    from mien.gallery.enrolment.recall import Recollection
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
    call: Invocation, settings: "Settings", asked: tuple[str, str, str], told: "Terms", *, dry_run: bool, json: bool
) -> None:
    """Enrol under a name from a track or else a stranger, or say what that would do; exits with 1 without a good view.

    These three are ``asked``.
    """
    from mien.wiring.models import build_shelf
    from mien.wiring.people import build_recall, following_gallery

    name, track, stranger = asked
    with opened_home(call, settings) as stores:
        fetch_models(call, settings, ("detection", "recognition", "quality"))
        shelf = build_shelf(settings)
        settings = following_gallery(settings, stores, shelf)
        recall = build_recall(settings, stores, shelf, SystemClock())
        enrol = recall.enrol_visit if track else recall.enrol_stranger
        done = enrol(name, track or stranger, told, is_rehearsal=dry_run)
    for view in done.views:
        if view.reason:
            call.notice(f"{view.origin}: {view.outcome}: {view.reason}")
    for warning in done.warnings:
        call.notice(f"careful: {warning}")
    if json:
        print_json(_fields(done, is_dry_run=dry_run))
    else:
        counts = f"{counted(done.accepted, 'view')} accepted, {len(done.views) - done.accepted} refused"
        undo = " (mien people undo takes it back)" if done.can_be_undone and not dry_run else ""
        what = done.deed.told(is_done=not dry_run)
        print_text(f"{'would' if dry_run else 'done:'} {what}: {counts}{undo}")
    if not done.accepted:
        raise typer.Exit(1)


def _fields(done: "Recollection", *, is_dry_run: bool) -> dict[str, Any]:
    return {
        "is_dry_run": is_dry_run,
        "name": done.name,
        "person_id": done.person_id,
        "is_new": done.is_new,
        "summary": done.deed.told(is_done=not is_dry_run),
        "accepted": done.accepted,
        "refused": len(done.views) - done.accepted,
        "views": [{"origin": view.origin, "outcome": view.outcome, "reason": view.reason} for view in done.views],
        "warnings": list(done.warnings),
    }
