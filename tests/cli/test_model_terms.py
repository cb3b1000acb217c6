"""Terms of use from the command line: told where a model comes in, stated where they are other ones, and enforced."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.reference import resemotenet, small_cnn
from tests.support.checkpoints import seeded_tensors, state_dict, write_zip
from tests.support.keras_files import write_keras_2

from mien.inference.catalog import Catalog
from mien.inference.installed import InstalledModel


@pytest.fixture
def keras(tmp_path: Path) -> Path:
    return write_keras_2(tmp_path / "seven.h5", small_cnn.keras_layers(small_cnn.seeded(classes=7)))


def test_an_import_tells_whose_terms_apply(mien, keras: Path, tmp_path: Path) -> None:
    content = {"model_state_dict": state_dict(seeded_tensors(resemotenet.shapes(width=4)))}
    told = mien("models", "import", "resemotenet", write_zip(tmp_path / "affectnet.pth", content)).out
    assert "those of its published files" in told and "MIT (repository)" in told
    assert "AffectNet and RAF-DB are given for non-commercial research only" in told
    told = mien("models", "import", "small-cnn", keras).out
    assert "research-only; licence of its weights: unknown; mien does not know the terms of its author" in told
    assert "of its author" in mien("models", "show", "seven").out


def test_stated_terms_are_kept_told_and_enforced(mien, keras: Path, portrait: Path) -> None:
    terms = ("--use", "research-only", "--licence", "CC  BY-NC 4.0\n")
    told = mien("models", "import", "small-cnn", keras, "--name", "mine", *terms).out
    assert "terms of use (those you state): research-only; licence of its weights: CC BY-NC 4.0" in told
    assert "mien models accept mine" in told
    shown = mien("models", "show", "mine").out
    assert "CC BY-NC 4.0" in shown and "research-only; not accepted; as whoever imported it states" in shown
    assert "mien does not know" not in shown
    refused = mien("identify", portrait, "--emotion", "mine")
    assert refused.code == 1 and "mine is for research only (licence of its weights: CC BY-NC 4.0)" in refused.err
    assert mien("models", "accept", "mine").code == 0
    assert mien("identify", portrait, "--emotion", "mine").code == 0
    assert "research-only; accepted on 20" in mien("models", "show", "mine").out
    wrong = mien("models", "import", "small-cnn", keras, "--name", "other", "--use", "commercial")
    assert wrong.code == 2 and "research-only" in wrong.err


def test_the_terms_of_what_is_named_are_told(mien, catalog: Catalog, take: Callable[[str], InstalledModel]) -> None:
    take("yolov5n-face")
    ended = mien("models", "pull", "yolov5n-face", "yunet", "--json")
    assert ended.code == 0 and [one["name"] for one in json.loads(ended.out)["models"]] == ["yolov5n-face", "yunet"]
    (line,) = ended.err.splitlines()
    licence = catalog.card("yolov5n-face").licence_weights
    assert line.startswith(f"yolov5n-face: copyleft; licence of its weights: {licence}")
    assert line.endswith("mien models accept yolov5n-face lets it run")


def test_all_leaves_out_what_is_not_accepted(mien, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr("mien.inference.weights.WeightStore.paths", lambda _, card: (asked.append(card.name), ())[1])
    settings = tmp_path / "mine.yaml"
    settings.write_text("accepted_models: [scrfd-2.5g]\n")
    ended = mien("--config", settings, "models", "pull", "--all", "--json")
    assert ended.code == 0 and "mien models accept NAME" in ended.err
    left_out = json.loads(ended.out)["left_out"]
    assert "scrfd-0.5g" in left_out and "yolov5n-face" in left_out and "scrfd-2.5g" not in left_out
    assert "scrfd-2.5g" in asked and "yunet" in asked and not set(left_out) & set(asked)
    assert set(left_out) <= set(ended.err.removesuffix("\n").partition("): ")[2].split(", "))
