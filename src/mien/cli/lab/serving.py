"""From a run to a model that mien serves: exports, int8, speed, and the proof that it answers alike."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from mien.cli.lab.telling import DatasetOption, RunArgument, going_on, need_torch, percent, tell
from mien.cli.terminal import UNSURE, ConfigOption, JsonOption, fetch_models, invocation, limit_opencv, print_table

_FORMATS = ("weights", "torchscript", "onnx", "h5", "keras")
_PACKAGES = {"onnx": "onnxscript", "h5": "keras", "keras": "keras"}
"""What writes a format, beside torch."""


def export_run(
    context: typer.Context,
    run: RunArgument,
    dataset: DatasetOption = None,
    name: Annotated[
        str, typer.Option(metavar="NAME", help="Serve it under this name: `mien analyze FILE --emotion NAME`.")
    ] = "",
    formats: Annotated[
        list[str] | None,
        typer.Option("--format", metavar="FORMAT", help=f"Of {', '.join(_FORMATS)}; without, all.", show_default=False),
    ] = None,
    description: Annotated[str, typer.Option(metavar="TEXT", help="What its card says it is.")] = "",
    licence: Annotated[
        str, typer.Option(metavar="TEXT", help="Of its weights; without, yours, with that of the dataset.")
    ] = "",
    use: Annotated[Literal["any", "research-only", "copyleft"], typer.Option(help="What its terms allow.")] = "any",
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Write a run as weights, TorchScript, ONNX and Keras files, each compared with the network on real faces first.

    Example: `mien lab export runs/first --name mine`
    """
    wanted = tuple(formats or _FORMATS)
    _check_formats(wanted, name)
    need_torch(*sorted({_PACKAGES[one] for one in wanted if one in _PACKAGES}))
    from mien.lab import export
    from mien.vision.importing import Wanted
    from mien.wiring.importing import check_model_name, import_model

    call = invocation(context)
    settings = call.settings(config, checks_models=False)
    if name:
        check_model_name(settings, name)
    terms = description, licence, use
    recipe = export.ExportRecipe(run, dataset, None, wanted, *terms)  # type: ignore[arg-type]  # formats are checked
    with going_on(call) as progress:
        found = export.run(recipe, progress)
    files = found.metrics["files"].values()
    lines = [f"{one['file']}: {one['bytes'] / 1e6:.1f} MB, differs by {one['difference']:.1e}" for one in files]
    if name:
        served = import_model(settings, Wanted("lab", (found.folder / export.FILES["onnx"],), name))
        lines.append(f"{name}: served on {' and '.join(served.proven_on)}: mien analyze FILE --emotion {name}")
    tell(call, found, lines, json=json)


def _check_formats(wanted: tuple[str, ...], name: str) -> None:
    from mien.domain.errors import UsageError

    if strange := [one for one in wanted if one not in _FORMATS]:
        raise UsageError(f"there is no format {', '.join(strange)}; there is {', '.join(_FORMATS)}")
    if name and "onnx" not in wanted:
        raise UsageError("a model is served from its ONNX file: add --format onnx")


def quantize_run(
    context: typer.Context,
    run: RunArgument,
    dataset: DatasetOption = None,
    split: Annotated[Literal["val", "test"], typer.Option(help="Which part judges.")] = "val",
    json: JsonOption = False,
) -> None:
    """Bring the exported ONNX file into int8, kept where its accuracy falls by no more than 0.2 points.

    A model that is served already is quantised by `mien models quantize NAME`. The exit code is 1 where it is refused.

    Example: `mien lab quantize runs/first`
    """
    need_torch()
    from mien.lab import quantize

    call = invocation(context)
    with going_on(call) as progress:
        found = quantize.run(quantize.QuantizeRecipe(run, dataset, split), progress)
    told = found.metrics
    accuracy, sizes = told["accuracy"], told["bytes"]
    lines = [
        f"{name}: accuracy {percent(accuracy[name])}, {sizes[name] / 1e6:.1f} MB, {told['pictures']:,} pictures"
        for name in accuracy
    ]
    tell(call, found, lines, json=json)
    if not told["is_kept"]:
        raise typer.Exit(1)


def compare_exports(
    context: typer.Context, run: RunArgument, dataset: DatasetOption = None, json: JsonOption = False
) -> None:
    """Time the framework and every export beside each other, on one thread.

    Example: `mien lab compare runs/first`
    """
    need_torch()
    from mien.lab import compare

    call = invocation(context)
    with going_on(call) as progress:
        found = compare.run(compare.CompareRecipe(run, dataset), progress)
    if not json:
        rows = (
            (name, f"{one['one_ms']:.2f}", f"{one['among_ms']:.2f}", f"{one['times']:.2f}", f"{one['difference']:.1e}")
            for name, one in found.metrics["speeds"].items()
        )
        columns = ("what", "one face, ms.", "one of 16, ms.", "× torch.", "differs by.")
        print_table(f"one thread of {found.metrics['cpu']}", columns, rows)
    tell(call, found, [], json=json)


def check_served(
    context: typer.Context,
    run: RunArgument,
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="Under which it is served.")],
    dataset: DatasetOption = None,
    picture: Annotated[
        Path | None, typer.Option("--picture", metavar="FILE", help="A picture with a face.", show_default=False)
    ] = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """See that a served model answers as the run did, on faces of its dataset and on whole pictures.

    Photographs go through detection and alignment as `mien analyze` does it; ready-made crops are taken whole, as `mien
    evaluate emotion` takes them.

    Example: `mien lab serve-check runs/first --name mine --picture me.jpg`
    """
    need_torch()
    from mien.api import Analyzer
    from mien.domain.errors import UsageError
    from mien.lab import serve_check
    from mien.lab.learning.trained import ABSTENTION
    from mien.privacy.purpose import Purpose
    from mien.vision.loading import load_classifier
    from mien.wiring.models import build_shelf

    call = invocation(context)
    settings = call.settings(config, {"emotion": name})
    if refused := Purpose.of(settings.privacy).why_not:
        raise UsageError(refused)
    fetch_models(call, settings)
    limit_opencv()
    model = build_shelf(settings).take(name, settings.emotion.precision)
    abstention = model.card.settings.get(ABSTENTION, 0.0)
    recipe = serve_check.ServeCheckRecipe(run, name, model.precision, dataset, picture, abstention)
    with Analyzer(settings) as analyzer, going_on(call) as progress:
        found = serve_check.run(recipe, load_classifier(model), analyzer.picture, progress)
    told = found.metrics
    lines = [
        f"{name} in {model.precision}, the same crops: {_compared(told)}",
        f"whole pictures, as {told['pictures']['read_as']} takes them: {_compared(told['pictures'])}",
        *(f"face: {one['emotion'] or UNSURE} ({percent(one['confidence'])})" for one in told["analysed"]),
    ]
    tell(call, found, lines, json=json)


def _compared(told: Mapping[str, Any]) -> str:
    """How far served answers are from those of the run."""
    return (
        f"{told['faces']} faces, answers differ by {told['difference']:.1e} at most, {told['mean_difference']:.1e} on "
        f"average, the same winner for {percent(told['same_winners'])}"
    )
