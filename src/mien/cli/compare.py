"""`mien compare`: whether two pictures show the same person."""

from pathlib import Path
from typing import Annotated

import typer

from mien.cli.options import Chosen, model_options
from mien.cli.terminal import ConfigOption, JsonOption, fetch_models, invocation, print_json, print_text
from mien.domain.errors import SourceUnreadable


@model_options()
def compare(
    context: typer.Context,
    first: Annotated[
        Path, typer.Argument(metavar="A", help="A picture; the face it is about counts: large, near the middle.")
    ],
    second: Annotated[Path, typer.Argument(metavar="B", help="Another picture.")],
    *,
    chosen: Chosen,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Say whether two pictures show the same person.

    From which similarity on they do is measured for each recogniser and part of its card; mien models show tells it.
    The exit code tells whether the comparison was possible, not what came out.

    Example: `mien compare passport.jpg selfie.jpg`
    """
    from mien import wiring
    from mien.evaluation.faces import FaceReader
    from mien.inference.catalog import load_catalog

    call = invocation(context)
    settings = call.settings(config, chosen)
    fetch_models(call, settings)
    tasks = wiring.build_tasks(settings, wiring.build_shelf(settings))
    reader = FaceReader(wiring.picture_opener(settings), tasks.detector, tasks.recogniser)
    left, right = (reader.embed(path) for path in (first, second))
    for path, found in ((first, left), (second, right)):
        if not len(found):
            raise SourceUnreadable(f"{path}: no face was found")
    thresholds = load_catalog(home=settings.home).card(settings.recognition.model).thresholds
    similarity = float(left.similarity(right)[0, 0])
    threshold = thresholds.get("same_person", settings.matching.known_similarity)
    same, model = similarity >= threshold, str(tasks.recogniser.model)
    if json:
        print_json({"similarity": similarity, "same": same, "threshold": threshold, "model": model})
    else:
        verdict = "the same person" if same else "two people"
        print_text(f"{verdict}: similarity {similarity:.3f}, threshold {threshold:.3f} ({model})")
