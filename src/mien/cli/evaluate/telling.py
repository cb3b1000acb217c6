"""How what was measured is told: figures by name, and tables of counts."""

from collections.abc import Mapping, Sequence
from typing import Any

from mien.cli.terminal import print_table, print_text


def print_figures(figures: Mapping[str, Any], of: str = "") -> None:
    """Figures by name, a line each; those within figures under the name of both."""
    for name, value in figures.items():
        key = f"{of} {name}".strip()
        if isinstance(value, Mapping):
            print_figures(value, key)
            continue
        shown = value if isinstance(value, list | tuple) else (value,)
        told = " – ".join(f"{one:.4f}" if isinstance(one, float) else str(one) for one in shown)
        print_text(f"{key:<28}{told}")


def print_confusion(labels: Sequence[str], confusion: Sequence[Sequence[int]], of: str = "") -> None:
    """The counts (k, k) of truth and answer as a table, which may be of something."""
    rows = ((label, *map(str, counts)) for label, counts in zip(labels, confusion, strict=True))
    print_table(f"{of}truth in rows, answers in columns", ("", *(f"{label}." for label in labels)), rows)
