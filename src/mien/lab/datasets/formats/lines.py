"""Lines of the text files that describe datasets: all of them UTF-8, or one clear error with its line."""

from collections.abc import Iterator
from pathlib import Path

from mien.domain.errors import SourceNotFound, SourceUnreadable


def read_lines(path: Path) -> Iterator[str]:
    """Every line as it is written, its end included, without a byte order mark.

    Raises SourceNotFound, and SourceUnreadable for what cannot be read or is no UTF-8.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig", errors="surrogateescape") as file:
            for number, line in enumerate(file, start=1):
                if not _is_text(line):
                    raise SourceUnreadable(f"{path.name}, line {number}: expected text in UTF-8, got other bytes")
                yield line
    except FileNotFoundError:
        raise SourceNotFound(f"{path} does not exist") from None
    except OSError as error:
        raise SourceUnreadable(f"{path} cannot be read: {error.strerror or error}") from error


def _is_text(line: str) -> bool:
    """Whether all bytes of a line were UTF-8; the others were decoded to lone surrogates, which are no text."""
    try:
        line.encode()
    except UnicodeEncodeError:
        return False
    return True
