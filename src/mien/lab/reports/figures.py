"""Figures of the lab, as PNG files: how a run went, what is mistaken for what, how honest answers are."""

import json
from collections.abc import Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mien.domain.errors import ResultError
from mien.evaluation.judging.classification import BINS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.axes import Axes

_DPI = 110
_BLUE, _ORANGE, _GREY = "#3366aa", "#cc6622", "#999999"
Rows = NDArray[np.floating[Any]]


@contextmanager
def drawn(path: Path, width_in: float = 6.4, height_in: float = 4.8) -> "Iterator[Axes]":
    """Axes to draw on, written to ``path`` at the end; raises ResultError."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # no window system, no global state
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width_in, height_in), layout="constrained")
    FigureCanvasAgg(figure)
    yield figure.add_subplot()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, dpi=_DPI, metadata={"Software": None})
    except OSError as error:
        raise ResultError(f"{path} could not be written: {error.strerror or error}") from error


def draw_history(log: Path, folder: Path) -> None:
    """The loss and the accuracy of every epoch that a log tells of."""
    epochs = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    if not epochs:
        return
    numbers = [epoch["epoch"] for epoch in epochs]
    with drawn(folder / "history.png") as axes:
        axes.plot(numbers, [epoch["loss"] for epoch in epochs], color=_GREY, label="loss of training")
        axes.set(xlabel="epoch", ylabel="loss, nats")
        other = axes.twinx()
        for cut, style in zip(epochs[0]["val"], ("-", "--"), strict=False):
            for name, colour in (("accuracy", _BLUE), ("macro_recall", _ORANGE)):
                values = [epoch["val"][cut][name] for epoch in epochs]
                other.plot(numbers, values, style, color=colour, label=f"{name.replace('_', ' ')}, {cut}")
        other.set(ylabel="of the pictures to choose by", ylim=(0, 1))
        handles = [*axes.get_lines(), *other.get_lines()]
        axes.legend(handles, [str(line.get_label()) for line in handles], loc="lower left", fontsize=8)


def draw_confusion(confusion: Sequence[Sequence[int]], labels: Sequence[str], path: Path) -> None:
    """Which share of each class (rows) got which answer (columns), with the counts written into the cells."""
    counts = np.array(confusion, np.int64)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    with drawn(path, 1.6 + 0.75 * len(labels), 1.2 + 0.65 * len(labels)) as axes:
        axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
        for row, column in np.ndindex(*shares.shape):
            colour = "white" if shares[row, column] > 0.5 else "black"
            text = f"{shares[row, column]:.2f}\n{counts[row, column]}"
            axes.text(column, row, text, ha="center", va="center", fontsize=8, color=colour)
        axes.set_xticks(range(len(labels)), labels, rotation=30, ha="right")
        axes.set_yticks(range(len(labels)), labels)
        axes.set(xlabel="answer", ylabel="label")


def draw_reliability(probabilities: Rows, truth: NDArray[np.int64], path: Path) -> None:
    """How often answers of a confidence are right (Guo et al., ICML 2017), and how many there are of each."""
    confidence = probabilities.max(axis=1)
    is_right = probabilities.argmax(axis=1) == truth
    place = np.minimum((confidence * BINS).astype(np.int64), BINS - 1)
    counts = np.bincount(place, minlength=BINS)
    right = np.bincount(place, weights=is_right, minlength=BINS) / np.maximum(counts, 1)
    middles = (np.arange(BINS) + 0.5) / BINS
    with drawn(path, 5.2) as axes:
        axes.bar(middles, right, 0.9 / BINS, color=_BLUE, label="right")
        axes.plot((0, 1), (0, 1), "--", color=_GREY, label="honest")
        axes.plot(middles, counts / max(counts.sum(), 1), color=_ORANGE, label="share of the answers")
        axes.set(xlabel="confidence", ylabel="share", xlim=(0, 1), ylim=(0, 1))
        axes.legend(loc="upper left", fontsize=8)


def draw_intervals(
    names: Sequence[str], values: Sequence[float], intervals: Sequence[tuple[float, float]], what: str, path: Path
) -> None:
    """A value with its interval for each of several classes or groups."""
    with drawn(path, 6.4, 1.2 + 0.35 * len(names)) as axes:
        for row, (value, (low, high)) in enumerate(zip(values, intervals, strict=True)):
            axes.plot((low, high), (row, row), color=_GREY)
            axes.plot(value, row, "o", color=_BLUE)
        axes.set_yticks(range(len(names)), names)
        axes.invert_yaxis()
        axes.set(xlabel=f"{what}, with its 95 % interval", xlim=(-0.02, 1.02))
        axes.grid(axis="x", alpha=0.3)


def draw_levels(found: Rows, truth: Rows, path: Path) -> None:
    """Valence and arousal as they are told, against what they were labelled."""
    with drawn(path, 5.2) as axes:
        for column, (name, colour) in enumerate((("valence", _BLUE), ("arousal", _ORANGE))):
            axes.plot(truth[:, column], found[:, column], ".", color=colour, alpha=0.4, label=name)
        axes.plot((-1, 1), (-1, 1), "--", color=_GREY)
        axes.set(xlabel="label", ylabel="answer", xlim=(-1.05, 1.05), ylim=(-1.05, 1.05))
        axes.legend(loc="upper left", fontsize=8)


def draw_bars(names: Sequence[str], rows: Sequence[tuple[str, Sequence[float]]], what: str, path: Path) -> None:
    """Grouped bars: for every name a value of each row."""
    places, width = np.arange(len(names)), 0.8 / max(len(rows), 1)
    with drawn(path, 1.6 + 0.8 * len(names), 3.6) as axes:
        for place, (label, values) in enumerate(rows):
            axes.bar(places + (place - (len(rows) - 1) / 2) * width, values, width, label=label)
        axes.set_xticks(places, names, rotation=20, ha="right")
        axes.set(ylabel=what)
        axes.legend(fontsize=8)


def draw_line(xs: Sequence[float], ys: Sequence[float], what: tuple[str, str], path: Path) -> None:
    """One value over another; ``what`` they are, x first."""
    with drawn(path, 5.6, 3.8) as axes:
        axes.plot(xs, ys, color=_BLUE)
        axes.set(xlabel=what[0], ylabel=what[1])
        axes.grid(alpha=0.3)
