"""What was made to be handed over and still lies in the home: archives, exports of single people, folders of pages."""

import shutil
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from mien.domain.errors import StoreError


def exports_in(folder: Path) -> list[Path]:
    """The files and folders that lie there, each of them one export."""
    with suppress(FileNotFoundError, NotADirectoryError):
        return sorted(folder.iterdir())
    return []


def is_older(path: Path, limit: datetime) -> bool:
    """Whether an export is older than a moment; one that is gone by now is not."""
    with suppress(FileNotFoundError):
        return path.lstat().st_mtime < limit.timestamp()  # of a link its own age: where it leads may be nowhere
    return False


def remove_export(path: Path) -> None:
    """Remove a file, or a folder with all that is in it, unless it is gone; raises StoreError where it cannot be."""
    try:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    except FileNotFoundError:
        pass  # somebody else was faster
    except OSError as error:
        raise StoreError(f"{path} cannot be removed: {error.strerror}") from error
