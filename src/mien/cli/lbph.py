"""`mien lbph`: the classic recogniser, from cutting out faces to saying whose a face is."""

from collections import Counter
from contextlib import ExitStack, closing
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

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
from mien.domain.clock import SystemClock
from mien.domain.errors import GalleryError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import numpy as np
    from numpy.typing import NDArray

    from mien.engine.snapshots import Snapshot
    from mien.gallery.enrolment.sight import Sight
    from mien.settings import Settings
    from mien.store.outputs import OutputKind

app = typer.Typer(
    no_args_is_help=True,
    help="The classic recogniser (local binary patterns, OpenCV): cut out faces, train, recognise. It needs no network "
    "and is far less certain than `mien people` and `mien identify`. What it trains is a file of its own, with its own "
    "distances and threshold; `--recognizer lbph` is another thing, which needs no training and looks among the people "
    "of the home. Names and faces are written in plain, outside the home.",
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
    snapshots: Annotated[int, typer.Option(metavar="N", min=1, help="How many faces to cut out.")] = 10,
    *,
    chosen: Chosen,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Cut out a person's face to train on, half a second apart, into DIR/NAME.

    Faces that are too small, blurred, dark or turned away are passed over, and so are pictures of several people. The
    pictures and the name of their folder are not encrypted, and forgetting somebody does not reach them.

    Example: `mien lbph acquire "Ada Lovelace" 0 --out faces --snapshots 20`
    """
    from mien.engine.snapshots import save_face

    call = invocation(context)
    settings, tidied = _settings(call, config, chosen, out), _folder_name(name)
    folder = out / tidied
    written: list[Path] = []
    refused: Counter[str] = Counter()
    for snapshot in _looks(settings, _sight(settings, DownloadBar(call)), source):
        if snapshot.face is None:
            refused[snapshot.reason] += 1
            continue
        if not written:
            _note(settings, "faces", out)
        written.append(save_face(out, tidied, snapshot.face))
        call.notice(f"{len(written)} of {snapshots}")
        if len(written) == snapshots:
            break
    if not written:
        why = refused.most_common(1)[0][0] if refused else "it holds no picture"
        raise GalleryError(f"{source} shows no face that could be trained on: {why}")
    if json:
        print_json({"name": name, "folder": str(folder), "faces": [str(path) for path in written], "refused": refused})
    else:
        print_text(f"{folder}: {len(written)} of {snapshots} faces")


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
    """Train on folders of faces, and measure on them from which distance on a face is nobody's.

    Faces that `mien lbph acquire` cut out are taken as they are; of other pictures the largest good face is. The model
    holds the names, and what is measured of the faces, in plain; forgetting somebody does not reach it.

    Example: `mien lbph train faces --out model`
    """
    from mien.engine.snapshots import cut_folder
    from mien.gallery.lbph import LbphModel

    call = invocation(context)
    settings = _settings(call, config, chosen, out)
    faces: dict[str, list[NDArray[np.uint8]]] = {}
    for name, picture, snapshot in cut_folder(folder, _sight(settings, DownloadBar(call))):
        if snapshot.face is None:
            call.notice(f"{picture}: {snapshot.reason}")
        else:
            faces.setdefault(name, []).append(snapshot.face)
    if not faces:
        raise GalleryError(f"{folder} holds no face to train on")
    model = LbphModel.train(faces)
    _note(settings, "recogniser", out)
    files = [str(path) for path in model.save(out)]
    counts, measured = {name: len(faces[name]) for name in model.names}, model.rejection
    if json:
        print_json({"people": counts, **asdict(measured), "files": files})
        return
    print_table("", ("who", "faces."), ((name, str(count)) for name, count in counts.items()))
    print_text(
        f"nobody from a distance of {measured.threshold:.1f} on ({measured.method}): of the training faces "
        f"{_share(measured.false_rejects)} refused, of strangers {_share(measured.false_accepts)} accepted"
    )
    print_text(", ".join(files))


@app.command()
@model_options("detector")
def predict(
    context: typer.Context,
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="The folder of a trained model.")],
    picture: Annotated[Path, typer.Argument(metavar="PICTURE", help="A picture.")],
    *,
    chosen: Chosen,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Say whose faces are on a picture, or that they are nobody's.

    Example: `mien lbph predict model party.jpg`
    """
    from mien.gallery.lbph import LbphModel

    call = invocation(context)
    settings = call.settings(config, chosen)
    trained = LbphModel.load(model)
    sight = _sight(settings, DownloadBar(call))
    faces, answers = trained.look(sight.open_picture(picture), sight.detector)
    threshold = trained.rejection.threshold
    rows = [
        {
            "box": box.tolist(),
            "score": float(score),
            "identity": "known" if answer.name else "unknown",
            "name": answer.name,
            "distance": answer.distance,
            "threshold": threshold,
        }
        for box, score, answer in zip(faces.boxes, faces.scores, answers, strict=True)
    ]
    if json:
        print_json({"faces": rows})
    elif rows:
        cells = (
            (answer.name or "unknown", f"{answer.distance:.1f}", " ".join(f"{side:.0f}" for side in box))
            for answer, box in zip(answers, faces.boxes, strict=True)
        )
        print_table("", ("who", "distance.", "box"), cells)
        print_text(f"nobody from a distance of {threshold:.1f} on")
    else:
        print_text("no face was found")


def _settings(call: Invocation, config: Path | None, chosen: "Mapping[str, str]", out: Path) -> "Settings":
    """The settings in force; raises UsageError where ``out`` lies in the home, for all that is written is in plain."""
    from mien.store.home import Home

    settings = call.settings(config, chosen)
    Home(settings.home).check_outside(out)
    return settings


def _sight(settings: "Settings", progress: DownloadBar) -> "Sight":
    from mien.wiring.models import build_shelf
    from mien.wiring.people import build_classic_sight

    limit_opencv()
    return build_classic_sight(settings, build_shelf(settings, progress))


def _note(settings: "Settings", kind: "OutputKind", out: Path) -> None:
    """See that forgetting tells of what is about to be written; without a home there is nobody to be forgotten."""
    from mien.wiring.stores import build_stores, has_people

    if has_people(settings):
        with ExitStack() as stack:
            build_stores(settings, stack).outputs.note(kind, out, SystemClock().now())


def _looks(settings: "Settings", sight: "Sight", source: str) -> "Iterator[Snapshot]":
    """What a source shows, picture by picture."""
    from mien.engine.snapshots import take_snapshots
    from mien.sources.opening import expand, open_source

    for spec in expand(source):
        with closing(open_source(spec, settings.capture, SystemClock())) as opened:
            yield from take_snapshots(opened.frames(), sight, opened.is_still)


def _folder_name(name: str) -> str:
    """A person's name as that of a folder; raises UsageError where none can be called so."""
    from mien.gallery.names import tidy_name

    tidied = tidy_name(name)
    if "/" in tidied or "\\" in tidied or tidied.startswith("."):
        raise UsageError(f"the name becomes that of a folder: it cannot hold / or \\ or begin with a dot, as {name!r}")
    return tidied


def _share(share: float | None) -> str:
    """A share of training faces, or that they were too few to measure it."""
    return "an unknown share is" if share is None else f"{share:.0%} are"
