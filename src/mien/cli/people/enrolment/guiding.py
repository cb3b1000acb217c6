"""Enrolling at a camera: what the person before it is told, and what came of it."""

from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli.people.enrolment.advising import shown
from mien.cli.terminal import (
    Invocation,
    fetch_models,
    limit_opencv,
    print_json,
    print_text,
    until_interrupted,
)
from mien.domain.clock import SystemClock
from mien.domain.errors import SourceError, UsageError
from mien.domain.people.sittings import SITTING_S, SNAPSHOTS
from mien.telemetry.text import counted

if TYPE_CHECKING:
    from mien.domain.people.people import Person
    from mien.engine.guiding import GuidedEnrolment, Kept
    from mien.gallery.enrolment.admission import Terms
    from mien.settings import Settings
    from mien.sources.source import Source

CameraOption = Annotated[
    str,
    typer.Option(
        "--camera",
        metavar="CAMERA",
        show_default=False,
        help="Enrol before a camera, in place of pictures: its number, address or name in the settings, or a video.",
    ),
]
SnapshotsOption = Annotated[
    int | None,
    typer.Option("--snapshots", metavar="N", min=1, show_default=str(SNAPSHOTS), help="How many to take at a camera."),
]
TimeoutOption = Annotated[
    float | None,
    typer.Option(
        "--timeout", metavar="S", min=1, show_default=f"{SITTING_S:g}", help="End after so many seconds of the camera."
    ),
]
WatchOption = Annotated[
    bool, typer.Option("--watch", metavar="", help="Watch the camera afterwards, live in the terminal, until Ctrl-C.")
]
_MODELS = ("detection", "recognition", "quality", "pose")


@dataclass(frozen=True, slots=True)
class Asked:
    """Who is to be enrolled at which camera, by how many snapshots within which time; without a name that is asked."""

    name: str
    camera: str
    snapshots: int
    timeout_s: float

    @property
    def plan(self) -> str:
        """What is done with whoever sits down."""
        return (
            f"{counted(self.snapshots, 'snapshot')} of your face will be taken at camera {self.camera}, within "
            f"{self.timeout_s:g} s: look straight, then a little left, right and up, then as you like; nothing is kept "
            "before the last one, and Ctrl-C ends it"
        )


def enrol_from_camera(
    call: Invocation, settings: "Settings", asked: Asked, tell_terms: "Callable[[], Terms]", json: bool
) -> int:
    """Guide somebody through snapshots and report on them; how many were kept."""
    from mien.engine.guiding import Sitting
    from mien.gallery.names import name_to_enrol
    from mien.settings.tree import camera_settings
    from mien.wiring.models import build_shelf
    from mien.wiring.people import build_admission, build_eyes, build_guided_enrolment, following_gallery
    from mien.wiring.sources import open_as_camera
    from mien.wiring.stores import build_empty_stores, build_stores, has_people

    name, clock = name_to_enrol(asked.name), SystemClock()
    fetch_models(call, settings, _MODELS)
    limit_opencv()
    with ExitStack() as stack:
        is_there = has_people(settings)
        stores = build_stores(settings, stack) if is_there else build_empty_stores(stack)
        shelf = build_shelf(settings)
        settings = following_gallery(settings, stores, shelf)
        own = settings.cameras.get(asked.camera) or camera_settings(settings, asked.camera)
        eyes = build_eyes(settings, shelf, own)
        source = stack.enter_context(closing(open_as_camera(own, clock)))
        if source.is_still:
            raise UsageError(f"{source.name} is a picture: enrol it without --camera")
        sitting = Sitting(name, tell_terms(), asked.snapshots, asked.timeout_s)
        guided = build_guided_enrolment(settings, stores, sitting, eyes, clock)
        _tell_whom(call, stores.people.named(name))
        ended = _watched(call, guided, source)
        if guided.guidance.portraits and not is_there:  # a home is made for what is to be kept in it
            stores = build_stores(settings, stack)
            guided.admit_by(build_admission(settings, stores, eyes.sight.recogniser.model, clock))
        with until_interrupted():  # what is begun now is done
            kept = guided.keep(f"camera {source.name.removeprefix('webcam:')}")
        person = stores.people.named(name)
        if json:
            _print_object(guided, kept, person.person_id if person else "")
        elif kept.poses:
            print_text(f"{name}: {len(kept.poses)} of {asked.snapshots} snapshots ({', '.join(kept.poses)})")
        _tell_rest(call, asked, guided, kept, ended)
    return len(kept.poses)


def _tell_whom(call: Invocation, person: "Person | None") -> None:
    """Say before anybody is looked at that snapshots are added to somebody's: it may be another one of that name."""
    from mien.gallery.names import called

    if person is not None:
        call.notice(f"{called(person)} is enrolled already: snapshots are added to theirs")


def _watched(call: Invocation, guided: "GuidedEnrolment", source: "Source") -> str:
    """Guide whoever is before a camera; why it came to its end."""
    try:
        with shown(call, guided.guidance) as show:
            for advice in guided.follow(source.frames()):
                show(advice)
    except SourceError as error:
        return str(error)
    except KeyboardInterrupt:
        call.notice("nothing was kept")
        raise
    if len(guided.guidance.portraits) == guided.guidance.settings.snapshots:
        return "others were not taken in"
    return "the time is up" if guided.guidance.is_over else f"{source.name} has ended"


def _print_object(guided: "GuidedEnrolment", kept: "Kept", person_id: str) -> None:
    refused = dict((guided.guidance.refused + Counter(kept.refused)).most_common())
    told = {"name": guided.name, "person_id": person_id, "accepted": len(kept.poses)}
    print_json({**told, "refused": refused, "poses": list(kept.poses)})


def _tell_rest(call: Invocation, asked: Asked, guided: "GuidedEnrolment", kept: "Kept", ended: str) -> None:
    """Say what was remarkable, who is known now, and why there are fewer snapshots than were asked for."""
    for remark in kept.remarks:
        call.notice(remark)
    count, refused = len(kept.poses), guided.guidance.refused + Counter(kept.refused)
    if count:
        call.notice(f"mien knows {guided.name!r} ({kept.person_id}) now")
    if count < asked.snapshots:
        mostly = f" ({refused.most_common(1)[0][0]})" if refused else ""
        call.failure(f"{count or 'none'} of {asked.snapshots} snapshots: {ended}{mostly}")
