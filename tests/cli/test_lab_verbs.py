"""What else the lab does with a recipe and a run, from the command line: searching, int8, speeds."""

import json
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="making networks needs torch, which is not installed")

from tests.lab.test_train import recipe_for  # noqa: E402
from tests.support.lab import drawn_folder  # noqa: E402

from mien.lab.export import INT8  # noqa: E402
from mien.lab.recipe import write_recipe  # noqa: E402

QUICK = {"training.epochs": 2, "training.batch": 16}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a dataset of drawn faces and a recipe."""
    folder = tmp_path_factory.mktemp("verbs")
    write_recipe(recipe_for(drawn_folder(folder / "drawn", 720), **QUICK), folder / "recipe.toml")
    return folder


def test_a_recipe_is_searched_and_what_is_best_can_be_trained(mien, folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("optuna", reason="searching needs optuna, which is not installed")
    search = "--trials", "1", "--epochs", "1", "--search", "network.dropout", "--set", "seed=9"
    searched = mien("lab", "tune", folder / "recipe.toml", "--out", tmp_path / "study", *search)
    assert searched.code == 0, searched.err
    assert searched.out.startswith("1 trials, 0 given up; the best: score ") and "network.dropout 0" in searched.out
    again = mien("lab", "tune", folder / "recipe.toml", "--out", tmp_path / "study", *search, "--json")
    assert again.code == 0 and json.loads(again.out)["trials"] == 2, "the study goes on"
    best = tmp_path / "study" / "best.toml"
    trained = mien("lab", "train", best, "--out", tmp_path / "run", "--set", "training.epochs=1", "--json")
    assert trained.code == 0, trained.err
    assert json.loads(trained.out)["seed"] == 9
    other = mien("lab", "tune", folder / "recipe.toml", "--out", tmp_path / "study", "--search", "network.kind")
    assert other.code == 2 and "network.kind cannot be searched" in other.err and other.err.count("\n") == 1


def test_an_exported_run_is_quantised_and_timed(mien, folder: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    trained = mien("lab", "train", folder / "recipe.toml", "--out", run)
    assert trained.code == 0, trained.err
    early = mien("lab", "quantize", run)
    assert early.code == 1 and "make it with mien lab export" in early.err
    exported = mien("lab", "export", run, "--format", "onnx")
    assert exported.code == 0, exported.err
    quantised = mien("lab", "quantize", run, "--split", "test")
    is_kept = (run / "export" / INT8).exists()
    assert quantised.code == (0 if is_kept else 1), quantised.err
    assert "f32: accuracy " in quantised.out and "int8: accuracy " in quantised.out and "120 pictures" in quantised.out
    compared = mien("lab", "compare", run)
    assert compared.code == 0, compared.err
    assert "one thread of " in compared.out and "openvino f32" in compared.out and "onnxruntime f32" in compared.out
