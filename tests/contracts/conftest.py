"""Every implementation of the stores, under the name of what it stands on, and every model by its own."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from tests.support.family_models import FAMILY_MODELS
from tests.support.installed import Take

from mien.domain.faces import Detections, EmbeddingModel
from mien.inference.catalog import Catalog
from mien.inference.installed import InstalledModel
from mien.inference.weights import WeightStore
from mien.settings import Settings
from mien.sources.images import read_picture
from mien.sources.pixels import ArrayPixels
from mien.store.people import NewPicture, NewTemplate
from mien.store.sql.database import Database
from mien.vision.detection.detector import DetectionSettings
from mien.vision.importing import Wanted
from mien.vision.loading import load_detector
from mien.wiring.importing import import_model
from mien.wiring.models import build_shelf

NOON = datetime(2024, 5, 1, 12, 0, tzinfo=UTC)
MODEL = EmbeddingModel("network", "alignment", "detector")


@pytest.fixture(params=["sqlite"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    with Database.open_file(tmp_path / "mien.sqlite3") as opened:
        yield opened


@pytest.fixture
def picture() -> Callable[..., NewPicture]:
    """Makes pictures with one template, the unit vector along one axis."""

    def make(axis: int = 0, digest: str = "", model: EmbeddingModel = MODEL, crop: str = "") -> NewPicture:
        vector = np.zeros(8, np.float32)
        vector[axis] = 1
        return NewPicture((NewTemplate(vector, model),), 0.75, f"picture {axis}", digest, crop)

    return make


@pytest.fixture
def noon() -> datetime:
    return NOON


@pytest.fixture
def model() -> EmbeddingModel:
    return MODEL


@pytest.fixture(scope="session")
def models_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home into which models of seeded weights are imported."""
    return tmp_path_factory.mktemp("families") / "home"


@pytest.fixture(scope="session")
def any_model(take: Take, models_home: Path) -> Take:
    """Takes a model by name, in f32: one that ships from the shelf, one of seeded weights after it was imported."""

    @cache
    def brought(name: str) -> InstalledModel:
        model = FAMILY_MODELS[name]
        path = models_home.with_name(name) / model.file
        path.parent.mkdir()
        model.write(path)
        settings = Settings(home=models_home, accepted_models=(name,))
        import_model(settings, Wanted(model.family, (path,), name))
        imported = build_shelf(settings).take(name, "f32")
        return replace(imported, card=replace(imported.card, score_curve=model.score_curve))

    return lambda name: brought(name) if name in FAMILY_MODELS else take(name)


@pytest.fixture(scope="session")
def portrait(catalog: Catalog, weights: WeightStore) -> ArrayPixels:
    """One face, looking at the camera, 512×512 px."""
    return ArrayPixels(read_picture(str(weights.path(catalog.card("astronaut"))), 100))


@pytest.fixture(scope="session")
def face(take: Take, portrait: ArrayPixels) -> Detections:
    """The face of the portrait, as the default detector sees it."""
    found = load_detector(take("yunet"), DetectionSettings()).detect(portrait)
    return found.select([0])
