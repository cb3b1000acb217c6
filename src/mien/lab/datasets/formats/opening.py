"""Which layout a dataset has: by its path and what lies there."""

from pathlib import Path

from mien.domain.errors import SourceNotFound, SourceUnreadable, UsageError
from mien.lab.datasets.formats.ferplus import FerPlusParquet, Labels
from mien.lab.datasets.formats.folders import LabelFolders
from mien.lab.datasets.formats.rafdb import RafDbList
from mien.lab.datasets.formats.sample import Format
from mien.lab.datasets.formats.tables import affectnet_folder, table_format


def open_format(path: Path, images: Path | None = None, labels: Labels = "majority") -> Format:
    """The layout of a dataset: a folder of folders, or what describes pictures in ``images`` or beside it.

    ``labels`` chooses between the two label sets of a FER+ parquet. Raises SourceNotFound, SourceUnreadable for a
    layout that is not known, UsageError where ``images`` is no folder, or ``labels`` is not for this dataset.
    """
    if not path.exists():
        raise SourceNotFound(f"{path} does not exist")
    if images is not None and not images.is_dir():
        raise UsageError(f"{images} is no folder of pictures")
    if path.suffix.lower() == ".parquet":
        return FerPlusParquet(path, labels)
    if labels != "majority":
        raise UsageError(f"{path} is no FER+ parquet: it has one set of labels only")
    if path.is_dir():
        return affectnet_folder(path, images) or LabelFolders(path)
    if path.suffix.lower() == ".csv":
        return table_format(path, images)
    if path.suffix.lower() == ".txt":
        return RafDbList(path, images)
    raise SourceUnreadable(
        f"{path} is of no known layout: expected a folder of folders, .csv, .parquet or RAF-DB's .txt"
    )
