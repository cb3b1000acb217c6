"""Every implementation of the stores, under the name of what it stands on."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from mien.domain.faces import EmbeddingModel
from mien.store.people import NewTemplate
from mien.store.sql.database import Database

NOON = datetime(2024, 5, 1, 12, 0, tzinfo=UTC)
MODEL = EmbeddingModel("network", "alignment", "detector")


@pytest.fixture(params=["sqlite"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    with Database.open_file(tmp_path / "mien.sqlite3") as opened:
        yield opened


@pytest.fixture
def template() -> Callable[..., NewTemplate]:
    """Makes templates of the unit vector along one axis."""

    def make(axis: int = 0, digest: str = "", model: EmbeddingModel = MODEL, crop: str = "") -> NewTemplate:
        vector = np.zeros(8, np.float32)
        vector[axis] = 1
        return NewTemplate(vector, model, 0.75, f"picture {axis}", digest, crop)

    return make


@pytest.fixture
def noon() -> datetime:
    return NOON


@pytest.fixture
def model() -> EmbeddingModel:
    return MODEL
