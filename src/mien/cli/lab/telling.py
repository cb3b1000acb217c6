"""What the verbs of the lab share of the terminal: how work goes on, and what came of it."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mien.cli.terminal import Invocation, print_json, print_text, stderr_console
from mien.domain.errors import UsageError

if TYPE_CHECKING:
    from mien.lab.result import Result

RunArgument = Annotated[Path, typer.Argument(metavar="RUN", help="The folder of a run of `mien lab train`.")]
DatasetOption = Annotated[
    Path | None,
    typer.Option("--dataset", metavar="DIR", help="A manifest, where it is not the run's own.", show_default=False),
]
Progress = Callable[[str, int, int], None]


def need_torch(*others: str) -> None:
    """Raise UsageError where torch, or another package that a verb needs, is not installed: before anything is done."""
    if missing := [name for name in ("torch", *others) if find_spec(name) is None]:
        raise UsageError(f"this needs {' and '.join(missing)}, not installed here: pip install 'mien[lab]'")


@contextmanager
def going_on(call: Invocation) -> Iterator[Progress]:
    """Show on stderr how each kind of work goes on, with the time that is left; one bar for each."""
    if call.is_quiet or not sys.stderr.isatty():
        yield lambda _what, _done, _total: None
        return
    from rich import progress

    columns = (progress.TextColumn("{task.description}"), progress.BarColumn(), progress.MofNCompleteColumn())
    with progress.Progress(
        *columns, progress.TimeRemainingColumn(compact=True), console=stderr_console(), transient=True
    ) as bars:
        tasks: dict[str, progress.TaskID] = {}

        def show(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=None)
            bars.update(tasks[what], completed=done, total=total or None)

        yield show


def tell(call: Invocation, result: "Result", lines: list[str], *, json: bool) -> None:
    """Print what came of a verb, and say what somebody should know of it."""
    from mien.lab.result import plain

    for notice in result.notices:
        call.notice(notice)
    if json:
        print_json({"folder": str(result.folder), **plain(result.metrics)})
        return
    print_text("\n".join([*lines, f"in {result.folder}"]))


def percent(share: float | None) -> str:
    """A share as percent, with one decimal."""
    return "–" if share is None else f"{100 * share:.1f} %"


def interval(bounds: tuple[float, float] | None) -> str:
    """The bounds of a share as percent."""
    return "–" if bounds is None else " to ".join(map(percent, bounds))


def judged(cut: str, found: dict[str, Any]) -> str:
    """One line of how good a network is on faces that are looked at in a way."""
    chance = f"always saying {found['commonest']}: {percent(found['commonest_share'])}"
    told = f"{cut}: accuracy {percent(found['accuracy'])} ({interval(found['accuracy_interval'])}; {chance}), "
    told += f"macro recall {percent(found['macro_recall'])}, "
    told += f"macro F1 {percent(found['macro_f1'])}, ECE {percent(found['ece'])}, {found['count']:,} pictures"
    if levels := found.get("levels"):
        told += f"; CCC valence {levels['valence']['ccc']:.2f}, arousal {levels['arousal']['ccc']:.2f}"
    return told
