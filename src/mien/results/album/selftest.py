"""The report of a self-test: a page with pictures, and the same as JSON."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from mien.gallery.selftest.testing import FEW, SelfTest
from mien.results.album.page import private_folder, write_page
from mien.results.atomic import pending_text

PAGE, FIGURES = "selftest.html", "selftest.json"
_MOST = 60  # lines of each table; all of it is in the JSON


class Faces(Protocol):
    """Pictures for a page, as URIs; empty where there is none."""

    def person(self, person_id: str) -> str:
        """The best of a person."""
        ...

    def picture(self, picture_id: int) -> str:
        """One picture."""
        ...


def figures(tests: Sequence[SelfTest], names: Mapping[str, str], at: datetime) -> dict[str, Any]:
    """Self-tests as values for JSON; ``names`` of people by id."""
    return {"at": at.isoformat(), "models": [_figures(test, at) for test in tests], "names": dict(names)}


def in_the_way(folder: Path) -> Path | None:
    """The first file of a folder in whose place a self-test would put one of its own, or none."""
    return next(filter(Path.exists, (folder / PAGE, folder / FIGURES)), None)


def write_selftest(
    folder: Path, tests: Sequence[SelfTest], names: Mapping[str, str], faces: Faces, at: datetime
) -> tuple[Path, Path]:
    """Write ``selftest.html`` and ``selftest.json``; raises ResultError."""
    private_folder(folder)

    def name(person_id: str) -> str:
        return names.get(person_id) or person_id

    write_page(folder / PAGE, "selftest.html.j2", tests=tests, names=name, faces=faces, at=at, most=_MOST, few=FEW)
    with pending_text(folder / FIGURES, json.dumps(figures(tests, names, at), ensure_ascii=False, indent=2) + "\n"):
        pass
    return folder / PAGE, folder / FIGURES


def _figures(test: SelfTest, at: datetime) -> dict[str, Any]:
    young = test.left_alone
    return {
        **asdict(test),
        "model": str(test.model),
        "highest_stranger": test.highest_stranger,
        "sparse": [{"person_id": person_id, "pictures": count} for person_id, count in test.sparse],
        "left_alone": young.count,
        "left_alone_until": young.until(at).isoformat() if young.count else None,
    }
