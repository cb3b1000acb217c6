"""The verbs of `mien lbph`."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli.lbph.cutting import Wanted, acquire_faces
from mien.cli.lbph.outside import note, settings_outside
from mien.cli.options import Chosen, model_options
from mien.cli.terminal import (
    ConfigOption,
    DownloadBar,
    Invocation,
    JsonOption,
    invocation,
    limit_opencv,
    print_json,
    print_table,
    print_text,
)
from mien.domain.errors import GalleryError
from mien.domain.people.sittings import SITTING_S, SNAPSHOTS

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mien.gallery.enrolment.sight import Sight
    from mien.gallery.lbph.model import LbphModel
    from mien.gallery.lbph.rejection import Rejection
    from mien.inference.installed import ModelShelf
    from mien.settings import Settings

app = typer.Typer(
    no_args_is_help=True,
    help="The classic recogniser (local binary patterns, OpenCV): cut out faces, train, recognise. It needs no neural "
    "network and is far less certain than `mien people` and `mien identify`. What it trains is a file of its own, with "
    "its own distances and threshold; `--recognizer lbph` is another thing, which needs no training and looks among "
    "the people of the home. Names and faces are written in plain, outside the home.",
)


@app.command()
@model_options("detector")
def acquire(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Whose face it is; the folder's name.")],
    source: Annotated[
        str, typer.Argument(metavar="SOURCE", help="A camera's number or address, a video, a picture or a folder.")
    ],
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="DIR", help="The folder of everybody's faces, outside the home.")
    ],
    snapshots: Annotated[
        int | None, typer.Option(metavar="N", min=1, show_default=str(SNAPSHOTS), help="How many faces to cut out.")
    ] = None,
    timeout: Annotated[
        float | None,
        typer.Option(
            metavar="S",
            min=1,
            show_default=f"{SITTING_S:g} at a camera",
            help="End after so many seconds of the source.",
        ),
    ] = None,
    same_person: Annotated[
        bool,
        typer.Option("--same-person", help="Add to the faces of that name, however little the new ones are like them."),
    ] = False,
    *,
    chosen: Chosen,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Cut out a person's face to train on, half a second apart, into DIR/NAME.

    Before a camera the person is told what to do next and what is wrong; Ctrl-C and a camera that breaks off leave
    what was cut. Faces that are too small, blurred, dark or turned away are passed over, and so are pictures of several
    people. The exit code is 1 where a camera gave fewer than wanted, or another source fewer than --snapshots says.
    The pictures and the name of their folder are not encrypted, and forgetting somebody does not reach them.

    Example: `mien lbph acquire "Ada Lovelace" 0 --out faces --snapshots 20`
    """
    from mien.engine.classic.snapshots import folder_name

    call = invocation(context)
    settings = settings_outside(call, config, chosen, out)
    wanted = Wanted(folder_name(name), out, snapshots, timeout, same_person)
    acquire_faces(call, settings, wanted, source, json=json)


@app.command()
@model_options("detector")
def train(
    context: typer.Context,
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="A folder with one folder of faces or pictures for each person.")
    ],
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="MODEL", help="The folder of the model, outside the home.")
    ],
    *,
    chosen: Chosen,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Train on folders of faces, and say from which distance on a face is nobody's.

    Faces that `mien lbph acquire` cut out are taken as they are; of other pictures the largest good face is. The model
    holds the names, and what is measured of the faces, in plain; forgetting somebody does not reach it.

    Example: `mien lbph train faces --out model`
    """
    from mien.engine.classic.snapshots import check_free, cut_folder
    from mien.gallery.lbph.model import LbphModel

    call = invocation(context)
    settings = settings_outside(call, config, chosen, out)
    check_free(out)
    faces: dict[str, list[NDArray[np.uint8]]] = {}
    for name, picture, snapshot in cut_folder(folder, _sight(settings, _shelf(call, settings))):
        if snapshot.face is None:
            call.notice(f"{picture}: {snapshot.reason}")
        else:
            faces.setdefault(name, []).append(snapshot.face)
    if not faces:
        raise GalleryError(f"{folder} holds no face to train on")
    model = LbphModel.train(faces)
    note(settings, "recogniser", out)
    files = [str(path) for path in model.save(out)]
    counts, measured = {name: len(faces[name]) for name in model.names}, model.rejection
    _warn(call, model)
    if json:
        print_json({"people": counts, **asdict(measured), "alike": list(model.alike), "files": files})
        return
    print_table("", ("who", "faces."), ((name, str(count)) for name, count in counts.items()))
    print_text(f"nobody from a distance of {measured.threshold:.1f} on (by {measured.method}){_shares(measured)}")
    print_text(", ".join(files))


@app.command()
@model_options("detector")
def predict(
    context: typer.Context,
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="The folder of a trained model.")],
    source: Annotated[
        str, typer.Argument(metavar="SOURCE", help="A picture, a video, a folder, or a camera's number or address.")
    ],
    seconds: Annotated[
        float, typer.Option(metavar="S", min=0, help="End after so many seconds of the source; 0: when it ends.")
    ] = 0.0,
    *,
    chosen: Chosen,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Say whose faces are on a picture or in view of a camera, or that they are nobody's.

    In videos and before cameras each face is followed, and called *undecided* until five good views of it are seen.
    What it is called changes when most of the latest views say so, and is told as it changes. Ctrl-C ends it.

    Examples: `mien lbph predict model party.jpg`, `mien lbph predict model 0 --seconds 60`
    """
    from mien.cli.lbph.telling import Teller, tell_sources
    from mien.gallery.lbph.model import LbphModel

    call = invocation(context)
    settings = call.settings(config, chosen)
    trained = LbphModel.load(model)
    shelf = _shelf(call, settings)
    tell_sources(call, Teller(settings, shelf, _sight(settings, shelf), trained, seconds, json), source)


def _warn(call: Invocation, model: "LbphModel") -> None:
    """Name the two people who are most alike, where some are more alike than strangers."""
    if model.alike:
        one, other = model.alike
        call.notice(
            f"careful: {one} and {other} are the most alike here. Where they are one person, put all faces into one of "
            "the two folders and train again; where not, add faces of each in other light"
        )


def _sight(settings: "Settings", shelf: "ModelShelf") -> "Sight":
    from mien.wiring.people import build_classic_sight

    limit_opencv()
    return build_classic_sight(settings, shelf)


def _shelf(call: Invocation, settings: "Settings") -> "ModelShelf":
    from mien.wiring.models import build_shelf

    return build_shelf(settings, DownloadBar(call))


def _shares(measured: "Rejection") -> str:
    """What the threshold makes of the training faces, as far as they are enough to tell."""
    shares = (
        (measured.false_rejects, "would be refused"),
        (measured.false_accepts, "would pass for somebody else's"),
    )
    told = ", ".join(f"{share:.0%} of the training faces {what}" for share, what in shares if share is not None)
    return told and f": {told}"
