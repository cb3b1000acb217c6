"""Text as it is written: from outside made fit to be written anywhere, and numbers with what they count."""

import re
from collections.abc import Iterable, Sequence

_FEWEST, _MOST = 3, 6  # decimals
_UNWRITABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def writable(text: str) -> str:
    """A text in which U+FFFD stands for control characters and for bytes that were no UTF-8.

    A file's name may hold any byte: Python keeps those that are no text as lone surrogates, which no file and no
    database takes, and a line feed would make two lines of one.
    """
    return _UNWRITABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def counted(count: int, what: str, several: str = "") -> str:
    """How many there are of what, in words: ``1 picture``, ``0 pictures``; ``several`` where an s is not enough."""
    return f"{count} {what if count == 1 else several or what + 's'}"


def counted_with_visits(count: int, of_visits: int, what: str) -> str:
    """How many there are, those of visits among them told apart: ``4 pictures and 3 of visits``."""
    return f"{counted(count - of_visits, what)}{f' and {of_visits} of visits' if of_visits else ''}"


def numbered(numbers: Iterable[int]) -> str:
    """Whole numbers in ascending order, three and more in a row as a range: ``3, 4, 7 to 9``."""
    runs: list[list[int]] = []
    for number in sorted({*numbers}):
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(f"{run[0]} to {run[-1]}" if len(run) > 2 else ", ".join(map(str, run)) for run in runs)


def decimals_beside(threshold: float, values: Sequence[float]) -> int:
    """With how many decimals, 3 to 6, no value looks to be on the other side of the threshold beside it."""
    for decimals in range(_FEWEST, _MOST):
        beside = round(threshold, decimals)
        if all((round(value, decimals) >= beside) == (value >= threshold) for value in values):
            return decimals
    return _MOST
