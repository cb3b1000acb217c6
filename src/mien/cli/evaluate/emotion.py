"""`mien evaluate emotion`: are expressions read right?"""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from mien.cli.evaluate.material import fetched_shelf
from mien.cli.evaluate.telling import print_confusion, print_figures
from mien.cli.options import Chosen, model_options
from mien.cli.terminal import ConfigOption, JsonOption, invocation, print_json, working
from mien.domain.errors import SourceNotFound

if TYPE_CHECKING:
    from mien.evaluation.expressions import LabelledPictures
    from mien.settings import Settings


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
    from mien.wiring.models import build_detector

    call = invocation(context)
    settings = call.settings(config, chosen)
    pictures = _labelled(settings, dataset, labels)
    shelf = fetched_shelf(call, settings, "detection", "emotion")
    classifier = load_classifier(shelf.take(settings.emotion.model, settings.emotion.precision))
    reader = ExpressionReader(build_detector(settings.detection, shelf), classifier)
    with working(call, "pictures") as advance:
        found = evaluate_emotion(pictures, reader, classes, advance)
    if json:
        print_json(asdict(found))
    else:
        print_figures(
            {key: value for key, value in asdict(found).items() if key not in ("labels", "confusion", "per_class")}
        )
        print_confusion(found.labels, found.confusion)


def _labelled(settings: "Settings", dataset: Path, labels: Literal["majority", "fer2013"]) -> "LabelledPictures":
    from mien.evaluation.expressions import read_folders, read_parquet
    from mien.wiring.people import picture_opener

    if not dataset.exists():
        raise SourceNotFound(f"{dataset} does not exist")
    return read_folders(dataset, picture_opener(settings)) if dataset.is_dir() else read_parquet(dataset, labels)
