"""`mien evaluate quality`: who notices which pictures are poor?"""

from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli.evaluate.material import ImagesOption, PairsOption, fetched_shelf
from mien.cli.options import Chosen, model_options
from mien.cli.terminal import (
    ConfigOption,
    DownloadBar,
    Invocation,
    JsonOption,
    invocation,
    print_json,
    print_table,
    working,
)
from mien.domain.errors import ModelError

if TYPE_CHECKING:
    from mien.evaluation.discarding.comparison import Comparison
    from mien.settings import Settings
    from mien.vision.quality.network_assessor import QualityNetwork


@model_options(idle=("emotion", "quality", "liveness", "pose"))
def quality(
    context: typer.Context,
    images: ImagesOption,
    pairs: PairsOption,
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
    from mien.evaluation.discarding.comparison import ViewReader, check_pairs, compare_judges
    from mien.evaluation.discarding.judges import judges
    from mien.evaluation.verification import read_pairs
    from mien.vision.loading import load_recogniser
    from mien.wiring.models import build_detector
    from mien.wiring.people import picture_opener

    call = invocation(context)
    listed = read_pairs(pairs)
    check_pairs(listed)
    settings = call.settings(config, chosen)
    shelf, recognition = fetched_shelf(call, settings, "detection", "recognition"), settings.recognition
    detector = build_detector(settings.detection, shelf)
    recogniser = load_recogniser(shelf.take(recognition.model, recognition.precision), detector.model)
    compared = judges(_quality_networks(call, settings))
    reader = ViewReader(picture_opener(settings), detector, recogniser, compared)
    with working(call, "pictures") as advance:
        found = compare_judges(listed, images, reader, degrade, advance)
    if json:
        print_json(found.as_json())
    else:
        _print_curves(found)


def _quality_networks(call: Invocation, settings: "Settings") -> "dict[str, QualityNetwork]":
    """The networks that judge pictures; those that are not to be had are left out, which is said."""
    from mien.vision.loading import load_quality_network
    from mien.wiring.models import build_shelf

    shelf, found = build_shelf(settings, DownloadBar(call)), {}
    for name in ("qualityface", "lightqnet"):
        try:
            found[name] = load_quality_network(shelf.take(name))
        except ModelError as error:
            call.notice(f"{name} is not compared: {error}")
    return found


def _print_curves(found: "Comparison") -> None:
    shares = next(iter(found.methods.values())).fnmr
    rows = (
        (name, f"{curve.area:.4f}", *(f"{rate:.4f}" for rate in curve.fnmr.values()))
        for name, curve in found.methods.items()
    )
    title = f"false non-match rate at a false match rate of {found.fmr:g}, by the share of pairs discarded"
    print_table(title, ("judge", "area.", *(f"{float(share):.0%}." for share in shares)), rows)
