"""Models in int8, from the command line, on pictures of expressions that nobody has to fetch."""

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from mien.evaluation import speed
from mien.inference.catalog import Catalog
from mien.inference.measuring import precisions, quantising
from mien.inference.measuring.quantising import Quantised, quantise
from mien.inference.onnx_runtime import OnnxRuntime
from mien.inference.weights import WeightStore

MODEL = "fer8-mobilefacenet"
TRIED = 1
"""Picture each layer is tried on: its own tests say how well that is done."""


@pytest.fixture(scope="module")
def quantised() -> Callable[..., Quantised]:
    """Brings a file into int8, and again by the same number of pictures for nothing: these are always the same."""
    made: dict[tuple[str, int], tuple[Quantised, bytes]] = {}

    def quantised(source: Path, target: Path, pictures: Sequence[Any], progress: Any) -> Quantised:
        if (source.name, len(pictures)) not in made:
            found = quantise(source, target, pictures, progress)
            made[source.name, len(pictures)] = found, target.read_bytes()
        found, content = made[source.name, len(pictures)]
        target.write_bytes(content)
        return found

    return quantised


@pytest.fixture
def cache(
    tmp_path: Path,
    weights: WeightStore,
    catalog: Catalog,
    quantised: Callable[..., Quantised],
    monkeypatch: pytest.MonkeyPatch,
) -> Path:
    """A cache of its own, which knows no int8 yet."""
    folder = tmp_path / "cache"
    (folder / "models").mkdir(parents=True)
    shutil.copy(weights.path(catalog.card("yunet")), folder / "models")
    monkeypatch.setenv("MIEN_CACHE", str(folder))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.delenv("MIEN_MODELS_MIRROR", raising=False)
    monkeypatch.setattr(speed, "_SECONDS", 0.01)  # how fast it is here is not what is tested
    monkeypatch.setattr(quantising, "MOST_TRIED", TRIED)
    monkeypatch.setattr("mien.wiring.tuning.quantising.quantise", quantised)
    return folder


@pytest.fixture(scope="session")
def dataset(weights: WeightStore, catalog: Catalog, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """48×48 px of blurred noise, in folders named after what the network is certain to see in it."""
    card = catalog.card(MODEL)
    session = OnnxRuntime().load(weights.path(card))
    drawn = np.random.default_rng(3)
    folder = tmp_path_factory.mktemp("expressions")
    found = 0
    for number in range(4000):
        noise = cv2.GaussianBlur(drawn.normal(0, 1, (48, 48)).astype(np.float32), (0, 0), 3)
        picture = np.clip(128 + 60 * noise / noise.std(), 0, 255).astype(np.uint8)
        (shares,) = session.run(picture[None, None].astype(np.float32)).values()
        if shares.max() > 0.65:
            named = folder / card.labels[int(shares.argmax())]
            named.mkdir(exist_ok=True)
            assert cv2.imwrite(str(named / f"{number:04}.png"), picture)
            found += 1
        if found == 120:
            return folder
    raise AssertionError(f"the network is certain of {found} pictures only, expected 120")


def files(cache: Path) -> list[str]:
    """What there is of the model in the cache, and whatever was left behind."""
    return sorted(path.name for path in (cache / "models").iterdir() if not path.name.startswith("face_"))


def parsed(text: str) -> Any:
    return json.loads(text)


def test_a_model_that_stays_right_is_kept_in_int8_and_runs(mien, cache: Path, dataset: Path) -> None:
    ended = mien("models", "quantize", MODEL, "--dataset", dataset, "--json")

    told = parsed(ended.out)
    assert ended.code == 0 and told["is_kept"]
    assert told["accuracy"]["f32"] == 1.0 and told["accuracy"]["int8"] >= 0.998 and told["loss"] <= 0.002
    assert told["layers"] + len(told["left_in_f32"]) == 50 and told["layers"] > 20
    assert {(one["runtime"], one["precision"]) for one in told["speeds"]} >= {
        ("openvino", "f32"),
        ("openvino", "int8"),
        ("onnxruntime", "f32"),
        ("onnxruntime", "int8"),
    }
    kept = files(cache)
    assert [Path(name).suffix for name in kept] == [".json", ".onnx"] and all("int8" in name for name in kept)
    shown = parsed(mien("models", "show", MODEL, "--json").out)["precisions"]
    assert shown["accuracy"] == told["accuracy"]
    assert "in int8" in mien("models", "show", MODEL).out

    (settings := cache / "int8.yaml").write_text("emotion: {precision: int8}\n")
    measured = mien("evaluate", "emotion", "--dataset", dataset, "--config", settings, "--json")
    assert measured.code == 0 and parsed(measured.out)["accuracy"] >= 0.95


def test_a_model_that_loses_too_much_is_refused_with_the_numbers(
    mien, cache: Path, dataset: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(precisions, "MOST_LOSS", -1.0)  # nothing can be better than right

    ended = mien("models", "quantize", MODEL, "--dataset", dataset)

    assert ended.code == 1
    assert "int8" in ended.out and "1.0000" in ended.out and "not kept in int8" in ended.out
    assert files(cache) == []
    (settings := cache / "int8.yaml").write_text("emotion: {precision: int8}\n")
    refused = mien("evaluate", "emotion", "--dataset", dataset, "--config", settings)
    assert refused.code == 1 and "was not quantised on this machine" in refused.err


@pytest.mark.parametrize(
    ("model", "options", "told"),
    [
        (MODEL, [], "is measured on --dataset"),
        ("mobilefacenet", ["--images", "."], "is measured on --images and --pairs"),
        ("yunet", ["--dataset", "."], "is measured on --images and --truth"),
        ("minifasnet", ["--dataset", "."], "there is a measure only for recognition, detection, emotion"),
        ("measured", ["--dataset", "."], "has no network"),
        ("absent", [], "no model is called"),
    ],
)
def test_material_of_another_kind_is_one_line(mien, cache: Path, model: str, options: list[str], told: str) -> None:
    ended = mien("models", "quantize", model, *options)

    assert ended.code in (1, 2) and told in ended.err and ended.err.count("\n") == 1
    assert files(cache) == []


@pytest.mark.parametrize(
    ("count", "told"),
    [(7, "at least 8 labelled items"), (16, "expected 100 labelled items or more to measure on"), (16, "14 pictures")],
)
def test_too_few_pictures_are_one_line(mien, cache: Path, dataset: Path, tmp_path: Path, count: int, told: str) -> None:
    few = tmp_path / "few" / "happiness"
    few.mkdir(parents=True)
    for picture in sorted(dataset.glob("*/*.png"))[:count]:
        shutil.copy(picture, few)

    ended = mien("models", "quantize", MODEL, "--dataset", few.parent)

    assert ended.code == 2 and told in ended.err and ended.err.count("\n") == 1
    assert files(cache) == []
