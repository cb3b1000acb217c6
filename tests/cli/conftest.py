import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from tests.support.command import as_before, run_here

from mien.inference.catalog import Catalog, load_catalog, write_card
from mien.inference.weights import WeightStore


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str


Mien = Callable[..., Ended]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own; of the environment only the cache of models and its mirror stay."""
    for name in [name for name in os.environ if name.upper().startswith("MIEN_")]:
        if name not in ("MIEN_CACHE", "MIEN_MODELS_MIRROR", "MIEN_KEY_FILE"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("MIEN_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def mien(home: Path, capsys: pytest.CaptureFixture[str]) -> Iterator[Mien]:
    """Runs the command line in this process, with a home of its own."""

    def run(*arguments: str | Path) -> Ended:
        capsys.readouterr()
        code = run_here(*arguments)
        return Ended(code, *capsys.readouterr())

    with as_before():
        yield run


@pytest.fixture
def imported() -> Callable[[Path, str, str], None]:
    """Puts the card of a shipped model into a home under another name; its files are nowhere."""

    def put(home: Path, model: str, name: str) -> None:
        card = load_catalog().card(model)
        files = [replace(one, file=f"{name}-{i}.onnx", conversion=None, sources=()) for i, one in enumerate(card.files)]
        (home / "models").mkdir(parents=True)
        text = write_card(replace(card, name=name, files=tuple(files), measured=()))
        (home / "models" / f"{name}.card.json").write_text(text)

    return put


@pytest.fixture(scope="session")
def portrait(weights: WeightStore, catalog: Catalog) -> Path:
    """One face, looking at the camera."""
    return weights.path(catalog.card("astronaut"))


@pytest.fixture(scope="session")
def carphone(weights: WeightStore, catalog: Catalog) -> Path:
    """A video of one man, 120 frames."""
    return weights.path(catalog.card("carphone"))


@pytest.fixture(scope="session")
def slice_of_faces(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures of FER+ on which nearly all annotators say neutral, happiness or surprise, from all parts of the set."""
    import numpy as np
    import pyarrow.parquet as parquet

    table = parquet.read_table(shared / "data" / "ferplus" / "ferplus.parquet")
    counts = np.stack([table[name].to_numpy() for name in ("neutral", "happiness", "surprise")])
    clear = np.flatnonzero(counts.max(axis=0) >= 9)
    path = tmp_path_factory.mktemp("lab") / "slice.parquet"
    parquet.write_table(table.take(clear[np.linspace(0, len(clear) - 1, 900).astype(int)]), path)
    return path
