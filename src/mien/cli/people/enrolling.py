"""Taking people in, from pictures and from a camera."""

from collections import Counter
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli.home import opened_home
from mien.cli.options import Chosen, model_options
from mien.cli.people.exchanging import PassphraseOption, import_file
from mien.cli.people.guiding import (
    SNAPSHOTS,
    TIMEOUT_S,
    Asked,
    CameraOption,
    SnapshotsOption,
    TimeoutOption,
    enrol_from_camera,
)
from mien.cli.people.planned import DryRunOption
from mien.cli.people.recalling import ClusterOption, TrackOption, enrol_from_history
from mien.cli.people.terms import (
    ConsentOption,
    EvidenceOption,
    ExpiresOption,
    OverruleOption,
    VersionOption,
    terms,
)
from mien.cli.terminal import (
    ConfigOption,
    Invocation,
    JsonOption,
    fetch_models,
    invocation,
    print_json,
    print_text,
    working,
)
from mien.domain.errors import GalleryError, UsageError
from mien.telemetry.text import counted

if TYPE_CHECKING:
    from mien.gallery.enrolment.admission import Terms
    from mien.gallery.enrolment.enroller import Enroller, Enrolment
    from mien.settings import Settings

_ALIKE = 3  # pictures of one remark that are told one by one


def register(app: typer.Typer) -> None:
    """Add the verbs."""
    app.command("import")(import_people)
    app.command("enrol")(enrol_person)


@model_options("detector", "recognizer", "quality")
def import_people(
    context: typer.Context,
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="FOLDER|FILE",
            help="A folder with one folder of pictures for each person, named so; or what `mien people export` wrote.",
        ),
    ],
    consent: ConsentOption = "",
    evidence: EvidenceOption = "",
    text: VersionOption = "",
    expires: ExpiresOption = "",
    overrule: OverruleOption = False,
    passphrase_file: PassphraseOption = None,
    dry_run: DryRunOption = False,
    *,
    chosen: Chosen,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Enrol everybody in a folder of folders, or take in who is in an archive or a table of embeddings.

    The folder looks like photos/Ada Lovelace/1.jpg, photos/Alan Turing/1.jpg, and so on.

    Whoever is in an archive comes whole, with the consent on record there, or not at all; of somebody who is here
    already, what is new. A name that somebody else has here gets a number. Whoever was forgotten here is left out, and
    in workplace and education whoever's consent an operator only declared. Embeddings (.npz, .csv) come on the terms
    that the options tell.

    Pictures that are enrolled already are passed over. A picture that is refused is told with the reason; the exit
    code is 1 where somebody could not be enrolled at all.

    Example: `mien people import photos/`

    With --dry-run every picture is looked at and nothing is kept; those of different people in the folder are then not
    compared with each other.

    Example: `mien people import gallery.mien --dry-run`
    """
    call = invocation(context)
    settings = call.settings(config, chosen)
    given = (consent, evidence, text, expires)
    if not folder.is_dir() and (folder.is_file() or folder.suffix in (".mien", ".npz", ".csv")):
        import_file(call, settings, folder, given, (passphrase_file, dry_run, json))
        return
    if passphrase_file:
        raise UsageError("--passphrase-file is for archives that mien people export wrote")
    told = terms(call, settings, given, is_overruled=overrule)
    enrolments = _enrolled(call, settings, told, lambda enroller: enroller.import_folder(folder), dry_run=dry_run)
    _report(enrolments, dry_run=dry_run, json=json)
    got_in = {one.name for one in enrolments if one.outcome != "refused"}
    if not got_in - {""}:
        raise GalleryError(
            f"nobody was enrolled: expected one folder of pictures for each person in {folder}; mien people enrol NAME "
            "takes single pictures"
        )
    if any(one.name and one.name not in got_in for one in enrolments):
        raise typer.Exit(1)


@model_options("detector", "recognizer", "quality")
def enrol_person(
    context: typer.Context,
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="The person's name; more pictures may be added to it later.")
    ],
    images: Annotated[
        list[Path] | None, typer.Argument(metavar="IMAGE", help="Pictures of the person.", show_default=False)
    ] = None,
    camera: CameraOption = "",
    snapshots: SnapshotsOption = None,
    timeout: TimeoutOption = None,
    track: TrackOption = "",
    cluster: ClusterOption = "",
    consent: ConsentOption = "",
    evidence: EvidenceOption = "",
    text: VersionOption = "",
    expires: ExpiresOption = "",
    overrule: OverruleOption = False,
    dry_run: DryRunOption = False,
    *,
    chosen: Chosen,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Enrol one person from pictures, from a camera, or from what cameras have seen.

    The exit code is 1 where a picture is refused; the others are kept.

    At a camera you are asked for one pose after the other: look straight, a little left, right, up, then freely. A
    snapshot is taken when the pose fits and the picture is good. All are kept in the end, none after Ctrl-C; the exit
    code is 1 where there were fewer than you asked for.

    Example: `mien people enrol "Ada Lovelace" ada-1.jpg ada-2.jpg`

    Example: `mien people enrol "Ada Lovelace" --camera 0`

    Example: `mien people enrol "Ada Lovelace" --cluster unknown-0007`
    """
    _check((images, camera, track, cluster), (snapshots, timeout), dry_run=dry_run)
    call = invocation(context)
    settings = call.settings(config, chosen)
    given = (consent, evidence, text, expires)
    told = partial(terms, call, settings, given, is_overruled=overrule)
    if track or cluster:
        enrol_from_history(call, settings, (name, track, cluster), told(), dry_run=dry_run, json=json)
        return
    if camera:
        enrol_from_camera(call, settings, Asked(name, camera, snapshots or SNAPSHOTS, timeout or TIMEOUT_S), told, json)
        return
    enrolments = _enrolled(call, settings, told(), lambda enroller: enroller.enrol(name, images or ()), dry_run=dry_run)
    _report(enrolments, dry_run=dry_run, json=json)
    if any(one.outcome == "refused" for one in enrolments):
        raise typer.Exit(1)


def _check(sources: tuple[object, ...], of_camera: tuple[object, ...], *, dry_run: bool) -> None:
    """Raise UsageError unless one of pictures, a camera, a track and a stranger is named, with what fits it."""
    _, camera, *_ = sources
    if sum(map(bool, sources)) != 1:
        raise UsageError("name pictures, or one of --camera, --track and --cluster")
    if dry_run and camera:
        raise UsageError("--dry-run does not go with --camera: until the end nothing is kept, and Ctrl-C ends it")
    if not camera and any(one is not None for one in of_camera):
        raise UsageError("--snapshots and --timeout go with --camera")


def _enrolled(
    call: Invocation,
    settings: "Settings",
    told: "Terms",
    work: "Callable[[Enroller], Iterable[Enrolment]]",
    *,
    dry_run: bool,
) -> "list[Enrolment]":
    """Do the work of an enroller, telling each refused picture as it comes."""
    from mien import wiring
    from mien.domain.clock import SystemClock

    with opened_home(call, settings, is_made=not dry_run) as stores:
        fetch_models(call, settings)
        shelf = wiring.build_shelf(settings)
        settings = wiring.following_gallery(settings, stores, shelf)
        tasks = wiring.build_tasks(settings, shelf)
        enroller = wiring.build_enroller(settings, stores, tasks, told, SystemClock(), is_rehearsal=dry_run)
        enrolments, remarks = [], _Remarks(call)
        with working(call, "pictures") as advance:
            for one in work(enroller):
                enrolments.append(one)
                remarks.tell(one)
                advance(len(enrolments), 0)
    remarks.tell_rest()
    return enrolments


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


def _report(enrolments: "list[Enrolment]", *, dry_run: bool, json: bool) -> None:
    outcomes = Counter(one.outcome for one in enrolments)
    counts = {outcome: outcomes[outcome] for outcome in ("accepted", "skipped", "refused")}
    if json:
        pictures = [
            {"picture": str(one.picture), "name": one.name, "outcome": one.outcome, "reason": one.reason}
            for one in enrolments
        ]
        print_json({"is_dry_run": dry_run, **counts, "pictures": pictures})
    else:
        people = len({one.name for one in enrolments if one.name and one.outcome != "refused"})
        told = ", ".join(f"{count} {outcome}" for outcome, count in counts.items())
        would = "dry run, nothing was kept: " if dry_run else ""
        print_text(f"{would}{counted(people, 'person', 'people')}, {counted(len(enrolments), 'picture')}: {told}")
