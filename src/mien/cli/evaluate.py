"""`mien evaluate`: the models measured on labelled pictures of one's own."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from mien.cli.options import Chosen, model_options
from mien.cli.terminal import (
    ConfigOption,
    DownloadBar,
    Invocation,
    JsonOption,
    fetch_models,
    invocation,
    limit_opencv,
    print_json,
    print_table,
    print_text,
    working,
)
from mien.domain.errors import ModelError, SourceNotFound

if TYPE_CHECKING:
    from mien.evaluation.discarding.comparison import Comparison
    from mien.evaluation.expressions import LabelledPictures
    from mien.inference.installed import ModelShelf
    from mien.settings import Settings
    from mien.vision.quality.network_assessor import QualityNetwork

app = typer.Typer(no_args_is_help=True, help="Measure the models on labelled pictures.")

ImagesOption = Annotated[Path, typer.Option("--images", metavar="DIR", help="The folder of pictures.")]


@app.command("verification")
@model_options(idle=("emotion", "quality", "liveness", "pose"))
def verification(
    context: typer.Context,
    images: ImagesOption,
    pairs: Annotated[Path, typer.Option("--pairs", metavar="FILE", help="A list of pairs as LFW has it.")],
    *,
    chosen: Chosen,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Measure whether two pictures are told to be of one person, on pairs in the format of LFW.

    One list (View 1) is judged at its best threshold, ten folds (View 2) each at the best of the other nine. A picture
    without a face counts as an error.

    Example: `mien evaluate verification --images lfw/ --pairs pairsDevTrain.txt`
    """
    from mien.evaluation.faces import FaceReader
    from mien.evaluation.verification import evaluate_verification, read_pairs
    from mien.vision.loading import load_recogniser
    from mien.wiring import build_detector, picture_opener

    call = invocation(context)
    listed = read_pairs(pairs)
    settings = call.settings(config, chosen)
    shelf, recognition = _shelf(call, settings, "detection", "recognition"), settings.recognition
    detector = build_detector(settings.detection, shelf)
    recogniser = load_recogniser(shelf.take(recognition.model, recognition.precision), detector.model)
    reader = FaceReader(picture_opener(settings), detector, recogniser)
    with working(call, "pictures") as advance:
        found = evaluate_verification(listed, images, reader, advance)
    if json:
        print_json(found.as_json())
    else:
        _print(found.as_json())


@app.command("detection")
@model_options(idle=("recognizer", "emotion", "quality", "liveness", "pose"))
def detection(
    context: typer.Context,
    images: ImagesOption,
    truth: Annotated[
        Path,
        typer.Option("--truth", metavar="FILE", help="JSON with the boxes of each picture."),
    ],
    *,
    chosen: Chosen,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Measure whether faces are found, on pictures with marked boxes.

    The file holds {"images": [{"file": "a.jpg", "boxes": [[x1, y1, x2, y2], …]}, …]}. A face is found where boxes
    overlap by half (IoU 0.5); "16px" leaves out faces whose shorter side is below 16 px.

    Example: `mien evaluate detection --images wider/ --truth truth.json`
    """
    from mien import wiring
    from mien.evaluation.detection import FLOOR_SCORE, evaluate_detection, read_truth

    call = invocation(context)
    marked = read_truth(truth)
    settings = call.settings(config, chosen)
    # no landmarks are judged: the face mesh need not look at everything that might be a face
    whole = replace(settings.detection, min_score=FLOOR_SCORE, min_face_px=1, landmarks="approximate")
    shelf = _shelf(call, settings.model_copy(update={"detection": whole}), "detection")
    finder = wiring.build_detector(whole, shelf)
    with working(call, "pictures") as advance:
        found = evaluate_detection(
            marked, images, wiring.picture_opener(settings), finder, settings.detection.min_score, advance
        )
    if json:
        print_json(asdict(found))
    else:
        _print(asdict(found))


@app.command("emotion")
@model_options(idle=("recognizer", "quality", "liveness", "pose"))
def emotion(
    context: typer.Context,
    dataset: Annotated[
        Path,
        typer.Option("--dataset", metavar="FILE|DIR", help="FER+ as a parquet, or a folder of folders."),
    ],
    labels: Annotated[
        Literal["majority", "fer2013"],
        typer.Option(help="Of FER+: the majority of the ten annotators, or FER-2013's own label."),
    ] = "majority",
    classes: Annotated[int, typer.Option(min=7, max=8, help="7 leaves contempt out and renormalises.")] = 8,
    *,
    chosen: Chosen,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Measure whether expressions are read right, on FER+ or on folders named after the expressions.

    Pictures of at most 64 px a side are ready-made crops and used whole; on larger ones the face is found first.

    Example: `mien evaluate emotion --dataset ferplus.parquet --labels majority`
    """
    from mien.evaluation.emotion import ExpressionReader, evaluate_emotion
    from mien.vision.loading import load_classifier
    from mien.wiring import build_detector

    call = invocation(context)
    settings = call.settings(config, chosen)
    pictures = _labelled(settings, dataset, labels)
    shelf = _shelf(call, settings, "detection", "emotion")
    classifier = load_classifier(shelf.take(settings.emotion.model, settings.emotion.precision))
    reader = ExpressionReader(build_detector(settings.detection, shelf), classifier)
    with working(call, "pictures") as advance:
        found = evaluate_emotion(pictures, reader, classes, advance)
    if json:
        print_json(asdict(found))
    else:
        _print({key: value for key, value in asdict(found).items() if key not in ("labels", "confusion", "per_class")})
        print_confusion(found.labels, found.confusion)


@app.command("quality")
@model_options(idle=("emotion", "quality", "liveness", "pose"))
def quality(
    context: typer.Context,
    images: ImagesOption,
    pairs: Annotated[Path, typer.Option("--pairs", metavar="FILE", help="A list of pairs as LFW has it.")],
    degrade: Annotated[
        int | None,
        typer.Option(
            metavar="SEED", min=0, help="Spoil one picture of each pair; the seed says how.", show_default=False
        ),
    ] = None,
    *,
    chosen: Chosen,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Measure who notices which pictures are poor: errors that are left once the worst of them are discarded.

    Mien's own way of judging (built-in) beside sharpness, detection score, length of the embedding and two networks. An
    error is a pair of one person below the similarity that one in a thousand pairs of two people exceeds; a picture
    without a face is one too. With --degrade one picture of each pair is blurred, made small, compressed, darkened or
    covered.

    Example: `mien evaluate quality --images lfw/ --pairs pairsDevTrain.txt --degrade 1`
    """
    from mien import wiring
    from mien.evaluation.discarding.comparison import ViewReader, check_pairs, compare_judges
    from mien.evaluation.discarding.judges import judges
    from mien.evaluation.verification import read_pairs
    from mien.vision.loading import load_recogniser

    call = invocation(context)
    listed = read_pairs(pairs)
    check_pairs(listed)
    settings = call.settings(config, chosen)
    shelf, recognition = _shelf(call, settings, "detection", "recognition"), settings.recognition
    detector = wiring.build_detector(settings.detection, shelf)
    recogniser = load_recogniser(shelf.take(recognition.model, recognition.precision), detector.model)
    compared = judges(_quality_networks(call, settings))
    reader = ViewReader(wiring.picture_opener(settings), detector, recogniser, compared)
    with working(call, "pictures") as advance:
        found = compare_judges(listed, images, reader, degrade, advance)
    if json:
        print_json(found.as_json())
    else:
        _print_curves(found)


def _shelf(call: Invocation, settings: "Settings", *tasks: str) -> "ModelShelf":
    """Where the models of some tasks are taken from, after they were fetched."""
    from mien import wiring

    fetch_models(call, settings, tasks)
    limit_opencv()
    return wiring.build_shelf(settings)


def _quality_networks(call: Invocation, settings: "Settings") -> "dict[str, QualityNetwork]":
    """The networks that judge pictures; those that are not to be had are left out, which is said."""
    from mien import wiring
    from mien.vision.loading import load_quality_network

    shelf, found = wiring.build_shelf(settings, DownloadBar(call)), {}
    for name in ("qualityface", "lightqnet"):
        try:
            found[name] = load_quality_network(shelf.take(name))
        except ModelError as error:
            call.notice(f"{name} is not compared: {error}")
    return found


def _labelled(settings: "Settings", dataset: Path, labels: Literal["majority", "fer2013"]) -> "LabelledPictures":
    from mien.evaluation.expressions import read_folders, read_parquet
    from mien.wiring import picture_opener

    if not dataset.exists():
        raise SourceNotFound(f"{dataset} does not exist")
    return read_folders(dataset, picture_opener(settings)) if dataset.is_dir() else read_parquet(dataset, labels)


def _print(figures: Mapping[str, Any], of: str = "") -> None:
    for name, value in figures.items():
        key = f"{of} {name}".strip()
        if isinstance(value, Mapping):
            _print(value, key)
            continue
        shown = value if isinstance(value, list | tuple) else (value,)
        told = " – ".join(f"{one:.4f}" if isinstance(one, float) else str(one) for one in shown)
        print_text(f"{key:<28}{told}")


def print_confusion(labels: Sequence[str], confusion: Sequence[Sequence[int]], of: str = "") -> None:
    """The counts (k, k) of truth and answer as a table, which may be of something."""
    rows = ((label, *map(str, counts)) for label, counts in zip(labels, confusion, strict=True))
    print_table(f"{of}truth in rows, answers in columns", ("", *(f"{label}." for label in labels)), rows)


def _print_curves(found: "Comparison") -> None:
    shares = next(iter(found.methods.values())).fnmr
    rows = (
        (name, f"{curve.area:.4f}", *(f"{rate:.4f}" for rate in curve.fnmr.values()))
        for name, curve in found.methods.items()
    )
    title = f"false non-match rate at a false match rate of {found.fmr:g}, by the share of pairs discarded"
    print_table(title, ("judge", "area.", *(f"{float(share):.0%}." for share in shares)), rows)
