"""`mien evaluate verification`: are two pictures of one person?"""

import typer

from mien.cli.evaluate.material import ImagesOption, PairsOption, fetched_shelf
from mien.cli.evaluate.telling import print_figures
from mien.cli.options import Chosen, model_options
from mien.cli.terminal import ConfigOption, JsonOption, invocation, print_json, working


@model_options(idle=("emotion", "quality", "liveness", "pose"))
def verification(
    context: typer.Context,
    images: ImagesOption,
    pairs: PairsOption,
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
    from mien.wiring.models import build_detector
    from mien.wiring.people import picture_opener

    call = invocation(context)
    listed = read_pairs(pairs)
    settings = call.settings(config, chosen)
    shelf, recognition = fetched_shelf(call, settings, "detection", "recognition"), settings.recognition
    detector = build_detector(settings.detection, shelf)
    recogniser = load_recogniser(shelf.take(recognition.model, recognition.precision), detector.model)
    reader = FaceReader(picture_opener(settings), detector, recogniser)
    with working(call, "pictures") as advance:
        found = evaluate_verification(listed, images, reader, advance)
    if json:
        print_json(found.as_json())
    else:
        print_figures(found.as_json())
