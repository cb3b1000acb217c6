"""`mien evaluate clustering`: are the faces of strangers sorted by person?"""

from dataclasses import asdict

import typer

from mien.cli.evaluate.material import ImagesOption, fetched_shelf
from mien.cli.evaluate.telling import print_figures
from mien.cli.options import Chosen, model_options
from mien.cli.terminal import ConfigOption, JsonOption, invocation, print_json, working


@model_options(idle=("emotion", "quality", "liveness", "pose"))
def clustering(
    context: typer.Context,
    images: ImagesOption,
    *,
    chosen: Chosen,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Measure whether faces of strangers are sorted by person, on a folder of folders of people.

    The faces arrive one by one in a random order, always the same one. Precision and recall are of pairs: of those put
    together, and of those that belong together. A face of which it is doubtful whether it is a stranger who was met
    before is decided when all have come. Pictures without a good face are left out and counted.

    Example: `mien evaluate clustering --images lfw/`
    """
    from mien.evaluation.clustering import evaluate_clustering
    from mien.evaluation.faces import FaceReader
    from mien.vision.loading import load_recogniser
    from mien.wiring.models import build_detector
    from mien.wiring.people import picture_opener

    call = invocation(context)
    settings = call.settings(config, chosen)
    shelf, recognition = fetched_shelf(call, settings, "detection", "recognition"), settings.recognition
    detector = build_detector(settings.detection, shelf)
    recogniser = load_recogniser(shelf.take(recognition.model, recognition.precision), detector.model)
    reader = FaceReader(picture_opener(settings), detector, recogniser)
    with working(call, "pictures") as advance:
        found = evaluate_clustering(images, reader, settings.matching, advance)
    if json:
        print_json(asdict(found))
    else:
        print_figures(asdict(found))
