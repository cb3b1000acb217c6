"""Results of an earlier analysis in the same folder, which must not stand beside newer ones as if they belonged."""

import re
from collections.abc import Collection
from pathlib import Path

from mien.domain.errors import ResultError

_MARK = "summary.json"  # every analysis leaves it: without it nothing here is a result, whatever it is called
_NAME = re.compile(
    r"readings\.(?:csv|parquet|jsonl)|(?:tracks|people|emotion_results)\.csv|report\.html|summary\.json"
    r"|annotated(?:-\d+(?:-[\w-]+)?)?\.(?:mp4|jpg)"
)


def earlier_results(folder: Path) -> tuple[Path, ...]:
    """The files that an analysis has left in a folder: those with names that mien gives, where there is a summary."""
    if not (folder / _MARK).is_file():
        return ()
    return tuple(
        path for path in folder.iterdir() if _NAME.fullmatch(path.name) and path.is_file() and not path.is_symlink()
    )


def remove_leftovers(earlier: Collection[Path], written: Collection[Path], sources: Collection[str]) -> None:
    """Remove earlier results that were not ``written`` anew, except what is itself one of the ``sources``.

    Raises ResultError.
    """
    for path in earlier:
        if path in written or _is_any_of(path, sources):
            continue
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise ResultError(f"{path} is of an earlier analysis and could not be removed: {reason}.") from error


def _is_any_of(path: Path, sources: Collection[str]) -> bool:
    for source in sources:
        try:
            if path.samefile(source):
                return True
        except (OSError, ValueError):  # an address, or gone
            continue
    return False
