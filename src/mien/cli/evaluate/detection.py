"""`mien evaluate detection`: are the faces of a picture found?"""

from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated

import typer

from mien.cli.evaluate.material import ImagesOption, fetched_shelf
from mien.cli.evaluate.telling import print_figures
from mien.cli.options import Chosen, model_options
from mien.cli.terminal import ConfigOption, JsonOption, invocation, print_json, working


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
    from mien.evaluation.detection import FLOOR_SCORE, evaluate_detection, read_truth
    from mien.wiring.models import build_detector
    from mien.wiring.people import picture_opener

    call = invocation(context)
    marked = read_truth(truth)
    settings = call.settings(config, chosen)
    # no landmarks are judged: the face mesh need not look at everything that might be a face
    whole = replace(settings.detection, min_score=FLOOR_SCORE, min_face_px=1, landmarks="approximate")
    shelf = fetched_shelf(call, settings.model_copy(update={"detection": whole}), "detection")
    finder = build_detector(whole, shelf)
    with working(call, "pictures") as advance:
        found = evaluate_detection(
            marked, images, picture_opener(settings), finder, settings.detection.min_score, advance
        )
    if json:
        print_json(asdict(found))
    else:
        print_figures(asdict(found))
