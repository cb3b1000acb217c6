"""What every test may ask for: the material beside the checkout, where there is any."""

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest
from tests.support.compiled import keep_compiled
from tests.support.here import import_apart, import_here
from tests.support.quick import keep_commands, keep_statements, make_homes_at_once, read_at_once

from mien.domain.errors import ModelUnavailable
from mien.inference.catalog import Catalog, load_catalog
from mien.inference.home_models import HomeModels
from mien.inference.installed import InstalledModel, ModelShelf
from mien.inference.opening import open_runtime
from mien.inference.session import Runtime, RuntimeSettings
from mien.inference.weights import WeightStore
from mien.store.vault.keys import KeyFile
from mien.store.vault.vault import new_key

_CARDS = load_catalog().cards()
SIBLINGS = frozenset(
    card.name
    for place, card in enumerate(_CARDS)
    if (card.task, card.family) in {(b.task, b.family) for b in _CARDS[:place]}
)
"""Models that differ from another one of their family, which the catalogue lists before, in size alone."""

_BEFORE_BROWSERS = "engine"
SHARED = Path(__file__).resolve().parents[2] / "shared"


def _with_mirror(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment with the models beside the checkout as the mirror, where it names none itself."""
    beside = {"MIEN_MODELS_MIRROR": str(SHARED / "models")} if (SHARED / "models").is_dir() else {}
    return {**beside, **environment}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is said of every model is said of one of a family at first.

    People before a browser's camera act in real time: that waits until types are not checked beside it any more.
    """
    items.sort(key=lambda item: _room(item) > _BEFORE_BROWSERS if _room(item) != "browser" else 0.5)
    for item in items:
        told = item.callspec.params.values() if isinstance(item, pytest.Function) and hasattr(item, "callspec") else ()
        if SIBLINGS.intersection(one for one in told if isinstance(one, str)):
            item.add_marker(pytest.mark.exhaustive)


def _room(item: pytest.Item) -> str:
    return item.path.relative_to(Path(__file__).parent).parts[0]


@pytest.fixture(scope="session", autouse=True)
def quick() -> Iterator[None]:
    """What no test but those of it looks at is made once, and in this process."""
    with pytest.MonkeyPatch.context() as patch:
        for make in (make_homes_at_once, keep_statements, read_at_once, keep_commands, keep_compiled, import_here):
            make(patch)
        yield


@pytest.fixture
def apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Models are brought in by a process of their own, as outside of tests."""
    import_apart(monkeypatch)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of faces, videos and upstream weights beside the checkout; tests that need it skip without it."""
    if not SHARED.is_dir():
        pytest.skip(f"needs the material of {SHARED.name}/ beside the checkout, which is not there")
    return SHARED


@pytest.fixture(scope="session", autouse=True)
def key_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The key of every home that a test makes: no key is put where this user keeps theirs."""
    path = tmp_path_factory.mktemp("key") / "mien.key"
    KeyFile(path).write(new_key())
    os.environ.pop("MIEN_KEY", None)
    os.environ["MIEN_KEY_FILE"] = str(path)
    return path


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    """The models that mien ships."""
    return load_catalog()


@pytest.fixture(scope="session")
def weights() -> WeightStore:
    """Model files and demo media in the default cache, fetched at most once per machine."""
    return WeightStore.from_environment(_with_mirror(os.environ))


@pytest.fixture(scope="session")
def runtime() -> Runtime:
    """What runs the networks by default."""
    return open_runtime(RuntimeSettings())


@pytest.fixture(scope="session")
def shelf(
    catalog: Catalog, weights: WeightStore, runtime: Runtime, tmp_path_factory: pytest.TempPathFactory
) -> ModelShelf:
    """Every model that mien ships, in f32, the terms of all of them accepted."""
    home = HomeModels(tmp_path_factory.mktemp("home"))
    return ModelShelf(catalog, weights, home, runtime, tuple(card.name for card in catalog.cards()), "f32")


@pytest.fixture(scope="session")
def take(shelf: ModelShelf) -> Callable[[str], InstalledModel]:
    """Takes a model from the shelf by name; a test of one that cannot be had here skips, with what was tried."""

    def take(name: str) -> InstalledModel:
        try:
            return shelf.take(name)
        except ModelUnavailable as error:
            pytest.skip(str(error))

    return take
