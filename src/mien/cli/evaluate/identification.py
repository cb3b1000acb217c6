"""`mien evaluate identification`: are people named rightly, and strangers not at all?"""

from typing import Annotated

import typer

from mien.cli.evaluate.material import ImagesOption, fetched_shelf
from mien.cli.evaluate.telling import print_figures
from mien.cli.options import Chosen, model_options
from mien.cli.terminal import ConfigOption, JsonOption, invocation, print_json, working


@model_options(idle=("emotion", "liveness", "pose"))
def identification(
    context: typer.Context,
    images: ImagesOption,
    enrol: Annotated[int, typer.Option("--enrol", min=1, help="Pictures by which each person is enrolled.")] = 3,
    *,
    chosen: Chosen,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Measure whether enrolled people are named and strangers are not, on folders of pictures, a person each.

    People with more pictures than --enrol are enrolled with so many and looked for by up to 10 others, people with one
    picture are strangers. The first rate is that of right names where one stranger in a hundred is given one; "as_set"
    are the rates at the thresholds of the settings. Pictures without a face count as not named.

    Example: `mien evaluate identification --images lfw/ --enrol 3`
    """
    from mien.evaluation.identification import evaluate_identification
    from mien.wiring.people import build_sight

    call = invocation(context)
    settings = call.settings(config, chosen)
    shelf = fetched_shelf(call, settings, "detection", "recognition", "quality")
    sight = build_sight(settings, shelf)
    with working(call, "pictures") as advance:
        found = evaluate_identification(images, sight, settings.matching, enrol, advance)
    if json:
        print_json(found.as_json())
    else:
        print_figures(found.as_json())
