"""What was made to be handed over and still lies in the home: archives, exports of single people, folders of pages."""

import shutil
from pathlib import Path

from mien.domain.errors import StoreError


def exports_in(folder: Path) -> list[Path]:
    """The files and folders that lie there, each of them one export."""
    return sorted(folder.iterdir()) if folder.is_dir() else []


def remove_export(path: Path) -> None:
    """Remove a file, or a folder with all that is in it; raises StoreError where it cannot be."""
    try:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(f"{path} cannot be removed: {error.strerror}") from error
