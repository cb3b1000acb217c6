"""Training: a network by a recipe, and the search for a better recipe."""

import json as jsons
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mien.cli.lab.telling import going_on, judged, need_torch, tell
from mien.cli.terminal import ConfigOption, DownloadBar, Invocation, JsonOption, invocation
from mien.domain.errors import UsageError

if TYPE_CHECKING:
    from mien.lab.recipe import Recipe

RecipeArgument = Annotated[Path, typer.Argument(metavar="RECIPE.toml", help="What is to be trained, and how.")]
DatasetOption = Annotated[
    Path | None,
    typer.Option("--dataset", metavar="DIR", help="The manifest, where it is not the recipe's.", show_default=False),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Another value, such as training.epochs=5.", show_default=False),
]


def train_network(
    context: typer.Context,
    recipe: RecipeArgument,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="The folder of the run.")],
    dataset: DatasetOption = None,
    resume: Annotated[bool, typer.Option("--resume", metavar="", help="Go on with a run that was stopped.")] = False,
    threads: Annotated[int, typer.Option(min=0, help="CPUs to use; 0: all.")] = 0,
    changes: SetOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Train a network by a recipe; the folder holds weights, recipe, metrics, curves and the dataset's fingerprint.

    A run that is stopped goes on with `--resume` from its last whole epoch. TensorBoard reads the folder.

    Example: `mien lab train recipe.toml --dataset data/ferplus --out runs/first`
    """
    need_torch("tensorboard")
    from mien.lab import train
    from mien.lab.learning.loop import use_threads
    from mien.lab.learning.trained import CHECKPOINT
    from mien.lab.result import ABOUT

    call = invocation(context)
    wanted = _recipe(recipe, dataset, changes)
    recogniser = _recogniser(call, wanted, config)
    use_threads(threads)
    if resume and not any((out / name).exists() for name in (CHECKPOINT, ABOUT)):
        call.notice(f"{out} holds no run to go on with: a new one begins")
    with going_on(call) as show:

        def progress(what: str, done: int, total: int) -> None:
            show(what, done, total)
            if what == "epochs":
                call.notice(_last_epoch(out / train.EPOCHS, total))

        try:
            found = train.run(wanted, out, recogniser, resume, progress)
        except KeyboardInterrupt:
            if (out / CHECKPOINT).exists():
                call.notice(f"{out} goes on with --resume, from its last whole epoch")
            raise
    told = found.metrics
    lines = [f"best of {told['epochs']} epochs: {told['best_epoch']}, {told['minutes']:g} minutes"]
    tell(call, found, lines + [judged(cut, one) for cut, one in told["val"].items()], json=json)


def train_quality_head(
    context: typer.Context,
    recipe: RecipeArgument,
    images: Annotated[Path, typer.Option("--images", metavar="DIR", help="Pictures, in a folder for each person.")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="The folder of the heads.")],
    people: Annotated[
        Path | None,
        typer.Option(
            "--people", metavar="FILE", help="Whose pictures are taken: a list as LFW has it.", show_default=False
        ),
    ] = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Train the head by which a recogniser judges how good a picture is, from pictures of people who have several.

    Whoever is to be measured by it must not be among them: name the others with `--people`. Pictures show one face in
    the middle, two fifths as wide as they are; those that cannot be read are left out and counted.

    Example: `mien lab train-quality recipes/quality-mobilefacenet.toml --images lfw --people peopleDevTrain.txt
    --out quality`
    """
    need_torch()
    from mien.lab.quality import train
    from mien.lab.quality.material import Pictures, read_people
    from mien.lab.recipe import read_table
    from mien.wiring.models import build_shelf
    from mien.wiring.tuning.training import build_embedder

    call = invocation(context)
    wanted = read_table(recipe, train.HeadRecipe)
    pictures = Pictures.of(images, read_people(people) if people else None)
    settings = call.settings(config)
    shelf = build_shelf(settings, DownloadBar(call))
    embedder = build_embedder(settings, shelf, wanted.detector, wanted.recogniser)
    with going_on(call) as progress:
        found = train.run(wanted, pictures, embedder, out, progress)
    told = found.metrics
    line = f"{told['lessons']:,} pictures of {told['people']:,} people; of people it had not seen a head foretells "
    line += f"what a picture keeps with a correlation of {told['correlation_with_shares']:.2f}"
    tell(call, found, [line], json=json)


def train_mesh_classifier(
    context: typer.Context,
    recipe: RecipeArgument,
    dataset: Annotated[Path, typer.Option("--dataset", metavar="DIR", help="The folder of a manifest.")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="The folder of the classifier.")],
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Train the classifier that reads expressions off the shape of a face alone, as `fer8-mesh` does.

    Example: `mien lab train-mesh recipes/fer8-mesh.toml --dataset data/ferplus --out mesh`
    """
    need_torch()
    from mien.lab.recipe import read_table
    from mien.lab.shapes import train
    from mien.wiring.models import build_shelf
    from mien.wiring.tuning.training import build_mesh_network

    call = invocation(context)
    wanted = read_table(recipe, train.ShapeRecipe)
    network = build_mesh_network(build_shelf(call.settings(config), DownloadBar(call)))
    with going_on(call) as progress:
        found = train.run(wanted, dataset, network, out, progress)
    tell(call, found, [judged(cut, one) for cut, one in found.metrics["val"].items()], json=json)


def tune_recipe(
    context: typer.Context,
    recipe: RecipeArgument,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="The folder of the study.")],
    dataset: DatasetOption = None,
    trials: Annotated[int, typer.Option(min=1, help="So many more trainings.")] = 20,
    epochs: Annotated[int, typer.Option(min=1, help="Of each at most.")] = 5,
    space: Annotated[
        list[str] | None,
        typer.Option(
            "--search", metavar="KEY", help="What is searched, where it is not everything.", show_default=False
        ),
    ] = None,
    threads: Annotated[int, typer.Option(min=0, help="CPUs to use; 0: all.")] = 0,
    changes: SetOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Search for better values of a recipe; a study that is there goes on, and the best recipe is written as best.toml.

    Example: `mien lab tune recipe.toml --dataset data/ferplus --out tuned --trials 30`
    """
    need_torch("optuna")
    from mien.lab import tune
    from mien.lab.learning.loop import use_threads

    call = invocation(context)
    wanted = _recipe(recipe, dataset, changes)
    recogniser = _recogniser(call, wanted, config)
    use_threads(threads)
    with going_on(call) as progress:
        found = tune.run(wanted, tune.TuneRecipe(out, trials, epochs, tuple(space or ())), recogniser, progress)
    told = found.metrics
    best = ", ".join(f"{key} {value:.4g}" for key, value in told["best"].items() if isinstance(value, float | int))
    lines = [
        f"{told['trials']} trials, {told['finished']} finished, {told['pruned']} given up",
        f"the best: {best}; the score is {told['score_is']}",
    ]
    tell(call, found, lines, json=json)


def _recogniser(call: Invocation, recipe: "Recipe", config: Path | None) -> Path | None:
    """The file of the recogniser that a recipe starts from, fetched where it is not here, or none."""
    from mien.lab.networks.building import recogniser_of
    from mien.wiring.tuning.training import recogniser_to_start_from

    name = recogniser_of(recipe.network)
    return recogniser_to_start_from(call.settings(config), name) if name else None


def _recipe(path: Path, dataset: Path | None, changes: list[str] | None) -> "Recipe":
    from mien.lab.recipe import changed, read_recipe, with_whole_paths

    values: dict[str, Any] = {}
    for change in changes or ():
        key, equals, value = change.partition("=")
        if not equals:
            raise UsageError(f"expected KEY=VALUE, got {change!r}")
        values[key.strip()] = _value(value.strip())
    here = with_whole_paths(changed(read_recipe(path), values), Path.cwd())  # what is typed is meant from here
    return changed(here, {"dataset": str(dataset.resolve())}) if dataset else here


def _value(text: str) -> Any:
    """A number, a truth or a list as JSON has it; else the text itself."""
    try:
        return jsons.loads(text)
    except ValueError:
        return text


def _last_epoch(log: Path, total: int) -> str:
    line = jsons.loads(log.read_text(encoding="utf-8").splitlines()[-1])
    found = "; ".join(f"{cut} {100 * one['accuracy']:.1f} %" for cut, one in line["val"].items())
    return f"epoch {line['epoch']} of {total}: loss {line['loss']:.3f}, accuracy {found}, {line['seconds']:.0f} s"
