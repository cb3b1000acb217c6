"""Datasets: bringing them into one manifest, and looking at what they hold."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from mien.cli.lab.telling import going_on, tell
from mien.cli.options import DetectorOption
from mien.cli.terminal import ConfigOption, Invocation, JsonOption, fetch_models, invocation, limit_opencv

if TYPE_CHECKING:
    from mien.lab.datasets.faces import FaceFinder
    from mien.settings import Settings


def import_dataset(
    context: typer.Context,
    dataset: Annotated[Path, typer.Argument(metavar="DATASET", help="A folder, .csv, .parquet or RAF-DB's .txt.")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the manifest is written.")],
    images: Annotated[
        Path | None,
        typer.Option("--images", metavar="DIR", help="Where the pictures of a list lie.", show_default=False),
    ] = None,
    labels: Annotated[
        Literal["majority", "fer2013"],
        typer.Option(help="Of a FER+ parquet: the votes of the annotators, or FER-2013's own label."),
    ] = "majority",
    classes: Annotated[
        str,
        typer.Option(
            metavar="5|5-tired|6|7|8|own|FILE", help="Which labels; a TOML file maps words to labels of your own."
        ),
    ] = "auto",
    split: Annotated[
        str,
        typer.Option(
            metavar="A/B/C", help="Shares to train, choose and judge; without, the dataset's own, or 70/15/15."
        ),
    ] = "",
    licence: Annotated[str, typer.Option(metavar="TEXT", help="Under which terms the pictures are used.")] = "",
    seed: Annotated[int, typer.Option(min=0, help="Of the split.")] = 7,
    detector: DetectorOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Turn a dataset into one manifest: labels, faces, copies and splits of every picture.

    FER-2013 (csv or folders), FER+ (csv or parquet), AffectNet (the folder of its original csv files, one of them, or
    labels.csv), RAF-DB's list, a csv of image_path,emotion,valence,arousal, whose numbers are AffectNet's (0 neutral,
    1 happiness, 2 sadness, 3 surprise, 4 fear, 5 disgust, 6 anger, 7 contempt), and folders named after labels are
    read. 5-tired is neutral, happiness, sadness, anger, tired. Pictures that cannot be used are left out and counted.

    Example: `mien lab import ferplus.parquet --out data/ferplus`
    """
    from mien.lab.importing import ImportRecipe, run

    call = invocation(context)
    finder = _face_finder(call, call.settings(config, {"detector": detector} if detector else {}))
    recipe = ImportRecipe(dataset, out, images, labels, classes, split, licence, seed)
    with going_on(call) as progress:
        found = run(recipe, finder, progress)
    kinds = next(iter(found.metrics["labels"].values()))
    tell(call, found, [f"{', '.join(_parts(found.metrics))}; labels {', '.join(kinds)}"], json=json)


def _parts(told: Mapping[str, Any]) -> Iterator[str]:
    """How many pictures each part has, and what becomes of those on whose label annotators do not agree."""
    for name, count in told["pictures"].items():
        unagreed = told["without_agreed_label"][name]
        use = "learnt by their votes" if name == "train" else "they judge nothing"
        yield f"{name} {count:,}" + (f" ({unagreed:,} without an agreed label: {use})" if unagreed else "")


def _face_finder(call: Invocation, settings: "Settings") -> "FaceFinder":
    from mien.wiring.models import build_shelf
    from mien.wiring.tuning.training import build_face_finder

    fetch_models(call, settings, ("detection",))
    limit_opencv()
    return build_face_finder(settings, build_shelf(settings))


def explore_dataset(
    context: typer.Context,
    dataset: Annotated[Path, typer.Argument(metavar="DATASET", help="The folder of a manifest (`mien lab import`).")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the page is written.")] = Path("explored"),
    emotion: Annotated[
        str,
        typer.Option(metavar="NAME", help="What points at suspicious labels; none: nothing does.", show_default=False),
    ] = "",
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Look at a dataset: balance, samples, sizes, copies, disagreement, suspicious labels, as one HTML page.

    Example: `mien lab explore data/ferplus --out explored`
    """
    from mien.lab.explore import Critic, ExploreRecipe, run
    from mien.wiring.models import build_shelf

    call = invocation(context)
    critic = None
    if emotion != "none":
        settings = call.settings(config, {"emotion": emotion} if emotion else {})
        fetch_models(call, settings, ("emotion",))
        shelf = build_shelf(settings)
        critic = Critic.of(shelf.take(settings.emotion.model, settings.emotion.precision))
    with going_on(call) as progress:
        found = run(ExploreRecipe(dataset, out), critic, progress)
    told = found.metrics
    lines = [
        f"{told['pictures']:,} pictures, {told['copies']:,} of them repeat another "
        f"({told['copies_across_parts']:,} across parts{_left_out(told['copies_left_out'])}), "
        f"{_suspicious(told)}",
        f"page: {out / 'report.html'}",
    ]
    tell(call, found, lines, json=json)


def _suspicious(told: Mapping[str, Any]) -> str:
    if told["suspicious_labels"] is None:
        return "suspicious labels not looked for"
    known = f"{told['compared_labels']:,} that {told['critic']['name']} knows"
    return f"{told['suspicious_labels']:,} suspicious labels of {known}"


def _left_out(count: int | None) -> str:
    return f"; the import left out {count:,} more" if count else ""
