"""Judging a run: how good it is, and how honest it can be made."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from mien.cli.evaluate.telling import print_confusion
from mien.cli.lab.telling import DatasetOption, RunArgument, going_on, interval, judged, need_torch, percent, tell
from mien.cli.terminal import JsonOption, invocation, print_table

if TYPE_CHECKING:
    from mien.lab.evaluate import Group


def evaluate_run(
    context: typer.Context,
    run: RunArgument,
    dataset: DatasetOption = None,
    split: Annotated[Literal["train", "val", "test"], typer.Option(help="Which part judges.")] = "test",
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Where figures go.", show_default=False)
    ] = None,
    json: JsonOption = False,
) -> None:
    """Judge a run on a part of its dataset or of another one: numbers by class and group, with figures.

    Example: `mien lab evaluate runs/first --split val`
    """
    need_torch()
    from mien.lab import evaluate

    call = invocation(context)
    with going_on(call) as progress:
        found = evaluate.run(evaluate.EvaluateRecipe(run, dataset, split, out), progress)
    cuts = {cut: found.metrics[cut] for cut in ("given", "aligned") if cut in found.metrics}
    if not json:
        for cut, one in cuts.items():
            _print_classes(cut, one)
    lines = [judged(cut, one) for cut, one in cuts.items()]
    lines += [_abstaining(cut, one["abstention"]) for cut, one in cuts.items() if one["abstention"]["threshold"]]
    for cut, one in cuts.items():
        for name, group in one["groups"].items():
            lines.append(f"{cut}, {name}: accuracy {percent(group.accuracy)}{_gap(group)}, {group.count} pictures")
    tell(call, found, lines, json=json)


def _print_classes(cut: str, found: Mapping[str, Any]) -> None:
    """Which share of the pictures of every label is found, and what is answered in its place."""
    rows = (
        (label, percent(one["recall"] if one["count"] else None), interval(one["recall_interval"]), f"{one['count']:,}")
        for label, one in zip(found["labels"], found["per_class"], strict=True)
    )
    print_table(f"{cut}: recall of every label", ("label", "recall.", "95 % interval.", "pictures."), rows)
    print_confusion(found["labels"], found["confusion"], f"{cut}: ")


def _abstaining(cut: str, told: Mapping[str, Any]) -> str:
    """What the threshold of the run's calibration does on these pictures."""
    wrong = f", wrong {percent(told['error'])} of the time ({interval(told['error_interval'])})"
    answers = f"{cut}: abstaining below {told['threshold']:.2f} answers {percent(told['answered'])}"
    return answers if told["error"] is None else answers + wrong


def _gap(group: "Group") -> str:
    """How far a group is from the others, with the interval of that."""
    if group.gap is None or group.gap_interval is None:
        return ""
    low, high = group.gap_interval
    return f", {100 * group.gap:+.1f} points to the others ({100 * low:+.1f} to {100 * high:+.1f})"


def calibrate_run(
    context: typer.Context,
    run: RunArgument,
    dataset: DatasetOption = None,
    split: Annotated[Literal["val", "test"], typer.Option(help="Which part is calibrated on.")] = "val",
    error: Annotated[float, typer.Option(metavar="SHARE", help="How often answers may be wrong.")] = 0.1,
    json: JsonOption = False,
) -> None:
    """Make a run's confidence honest, and find from which confidence on it was wrong no more often than stated.

    That is so of the pictures by which it was found: the interval says how far chance goes, and `mien lab evaluate
    --split test` what comes of it on others.

    Example: `mien lab calibrate runs/first --error 0.1`
    """
    need_torch()
    from mien.lab import calibrate

    call = invocation(context)
    with going_on(call) as progress:
        found = calibrate.run(calibrate.CalibrateRecipe(run, dataset, split, error), progress)
    told, ece = found.metrics["calibration"], found.metrics["ece"]
    errors = ", ".join(f"{cut} {percent(one['before'])} → {percent(one['after'])}" for cut, one in ece.items())
    lines = [
        f"temperature {told['temperature']:.3f}: ECE {errors}",
        f"abstaining below {told['abstention']:.2f} answers {percent(told['answered'])}, "
        f"wrong {percent(told['error'])} of the time ({interval(found.metrics['error_interval'])})",
    ]
    tell(call, found, lines, json=json)
