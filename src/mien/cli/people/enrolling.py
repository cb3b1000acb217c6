"""Taking people in, from pictures and from a camera."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli.options import Chosen, model_options
from mien.cli.people.enrolment.asking import Given, asked_at_terminal
from mien.cli.people.enrolment.guiding import (
    Asked,
    CameraOption,
    SnapshotsOption,
    TimeoutOption,
    WatchOption,
    enrol_from_camera,
)
from mien.cli.people.enrolment.pictures import enrol_files, enrol_folder
from mien.cli.people.enrolment.recalling import ClusterOption, TrackOption, enrol_from_history
from mien.cli.people.exchanging import PassphraseOption, import_file
from mien.cli.people.planned import DryRunOption
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
    invocation,
)
from mien.cli.watch.command import watch_sources
from mien.domain.errors import UsageError
from mien.domain.people.sittings import SITTING_S, SNAPSHOTS

if TYPE_CHECKING:
    from mien.gallery.enrolment.admission import Terms
    from mien.settings import Settings


NameArgument = Annotated[
    str,
    typer.Argument(
        metavar="NAME",
        show_default=False,
        help="The person's name; more pictures may be added to it later. With --camera it may be left out, and is "
        "asked for.",
    ),
]
ImagesArgument = Annotated[
    list[Path] | None, typer.Argument(metavar="IMAGE", help="Pictures of the person.", show_default=False)
]


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
    consent: ConsentOption = None,
    evidence: EvidenceOption = "",
    text: VersionOption = "",
    expires: ExpiresOption = None,
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

    Pictures that are enrolled already are passed over. A picture that is refused is told with the reason, and at the
    end what became of everybody's pictures and who is new; the exit code is 1 where somebody could not be enrolled at
    all. Whoever was forgotten here and is still in the folder comes in as new: remove them from it.

    Example: `mien people import photos/`

    With --dry-run every picture is looked at and nothing is kept; those of different people in the folder are then not
    compared with each other.

    Example: `mien people import gallery.mien --dry-run`
    """
    call = invocation(context)
    settings = call.settings(config, chosen)
    given = (consent, evidence, text, expires)
    if folder.is_file() or (not folder.exists() and folder.suffix in (".mien", ".npz", ".csv")):
        import_file(call, settings, folder, given, (passphrase_file, dry_run, json))
        return
    if passphrase_file:
        raise UsageError("--passphrase-file is for archives that mien people export wrote")
    told = terms(call, settings, given, is_overruled=overrule)
    enrol_folder(call, settings, folder, told, dry_run=dry_run, json=json)


@model_options("detector", "recognizer", "quality")
def enrol_person(
    context: typer.Context,
    name: NameArgument = "",
    images: ImagesArgument = None,
    camera: CameraOption = "",
    snapshots: SnapshotsOption = None,
    timeout: TimeoutOption = None,
    watch: WatchOption = False,
    track: TrackOption = "",
    cluster: ClusterOption = "",
    consent: ConsentOption = None,
    evidence: EvidenceOption = "",
    text: VersionOption = "",
    expires: ExpiresOption = None,
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
    code is 1 where there were fewer than you asked for. Without NAME the terminal asks for it, and for consent. With
    --watch the same camera is watched afterwards, as mien watch does, until Ctrl-C.

    Example: `mien people enrol "Ada Lovelace" ada-1.jpg ada-2.jpg`

    Example: `mien people enrol "Ada Lovelace" --camera 0`

    Example: `mien people enrol --camera 0 --watch`

    Example: `mien people enrol "Ada Lovelace" --cluster unknown-0007`

    With --dry-run every picture, or what is kept of a track or stranger, is looked at and nothing is kept.
    """
    _check((images, camera, track, cluster), (snapshots, timeout, watch or None), dry_run=dry_run)
    _check_told(name or camera, images or (), is_watched=watch, json=json)
    call = invocation(context)
    settings = call.settings(config, chosen)
    given = (consent, evidence, text, expires)
    told = partial(terms, call, settings, is_overruled=overrule)
    if camera:
        asked = Asked(name, camera, snapshots or SNAPSHOTS, timeout or SITTING_S)
        _at_camera(call, settings, asked, (told, given), (watch, json))
        return
    if track or cluster:
        enrol_from_history(call, settings, (name, track, cluster), told(given), dry_run=dry_run, json=json)
        return
    enrol_files(call, settings, (name, images or []), told(given), dry_run=dry_run, json=json)


def _at_camera(
    call: Invocation,
    settings: "Settings",
    asked: Asked,
    consented: "tuple[Callable[[Given], Terms], Given]",
    wished: tuple[bool, bool],
) -> None:
    """Enrol somebody at a camera, who is asked for where there is no name, on terms made of what options tell.

    Afterwards it is watched, or an object tells what came of it, where that is ``wished``.
    """
    (tell_terms, given), (is_watched, json) = consented, wished
    if not asked.name:
        name, given = asked_at_terminal(call, settings, given, asked.plan)
        asked = replace(asked, name=name)
    count = enrol_from_camera(call, settings, asked, partial(tell_terms, given), json)
    if is_watched and count:
        watch_sources(call, settings, [asked.camera])
    if count < asked.snapshots:
        raise typer.Exit(1)


def _check(sources: tuple[object, ...], of_camera: tuple[object, ...], *, dry_run: bool) -> None:
    """Raise UsageError unless one of pictures, a camera, a track and a stranger is named, with what fits it."""
    _, camera, *_ = sources
    if sum(map(bool, sources)) != 1:
        raise UsageError("name pictures, or one of --camera, --track and --cluster")
    if dry_run and camera:
        raise UsageError("--dry-run does not go with --camera: until the end nothing is kept, and Ctrl-C ends it")
    if not camera and any(one is not None for one in of_camera):
        raise UsageError("--snapshots, --timeout and --watch go with --camera")


def _check_told(whom: str, images: Iterable[Path], *, is_watched: bool, json: bool) -> None:
    """Raise UsageError where nobody can know whom to enrol, for a folder, and where stdout is to hold two things."""
    if not whom:
        raise UsageError("say whom to enrol: mien people enrol NAME …")
    if is_watched and json:
        raise UsageError("--json does not go with --watch: mien watch --json tells how a camera fared")
    if folder := next((one for one in images if one.is_dir()), None):
        raise UsageError(f"{folder} is a folder: name its pictures; mien people import takes a folder of folders")
