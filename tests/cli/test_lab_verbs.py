"""What else the lab does with a recipe and a run, from the command line: searching, int8, speeds."""

import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="making networks needs torch, which is not installed")

from tests.lab.test_train import recipe_for  # noqa: E402
from tests.support.lab import drawn, drawn_folder, sketched  # noqa: E402

from mien.domain.emotions import EMOTION_LABELS  # noqa: E402
from mien.inference.file_metadata import read_metadata  # noqa: E402
from mien.inference.measuring import quantising  # noqa: E402
from mien.lab import compare  # noqa: E402
from mien.lab.datasets.manifest import write_manifest  # noqa: E402
from mien.lab.export import INT8, QUANTIZED  # noqa: E402
from mien.lab.recipe import write_recipe  # noqa: E402
from mien.vision.recognition.quality_head import read_head  # noqa: E402

__all__ = ["sketched"]
pytestmark = pytest.mark.usefixtures("sketched")
QUICK = {"training.epochs": 2, "training.batch": 16}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a dataset of drawn faces, enough to measure on, and a recipe."""
    return _with_recipe(tmp_path_factory.mktemp("verbs"), 720)


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with few of them."""
    return _with_recipe(tmp_path_factory.mktemp("few"), 96)


def _with_recipe(folder: Path, n: int) -> Path:
    write_recipe(recipe_for(drawn_folder(folder / "drawn", n), **QUICK), folder / "recipe.toml")
    return folder


def test_a_recipe_is_searched_and_what_is_best_can_be_trained(mien, few: Path, tmp_path: Path) -> None:
    pytest.importorskip("optuna", reason="searching needs optuna, which is not installed")
    search = "--trials", "1", "--epochs", "1", "--search", "network.dropout", "--set", "seed=9"
    searched = mien("lab", "tune", few / "recipe.toml", "--out", tmp_path / "study", *search)
    assert searched.code == 0, searched.err
    assert (
        searched.out.startswith("1 trials, 1 finished, 0 given up\nthe best: score ")
        and "network.dropout 0" in searched.out
    )
    again = mien("lab", "tune", few / "recipe.toml", "--out", tmp_path / "study", *search, "--json")
    assert again.code == 0 and json.loads(again.out)["trials"] == 2, "the study goes on"
    best = tmp_path / "study" / "best.toml"
    trained = mien("lab", "train", best, "--out", tmp_path / "run", "--set", "training.epochs=1", "--json")
    assert trained.code == 0, trained.err
    assert json.loads(trained.out)["seed"] == 9
    other = mien("lab", "tune", few / "recipe.toml", "--out", tmp_path / "study", "--search", "network.kind")
    assert other.code == 2 and "network.kind cannot be searched" in other.err and other.err.count("\n") == 1


def test_who_interrupts_a_run_is_told_how_it_goes_on(
    mien, few: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("mien.lab.train._finish", interrupted)
        ended = mien("lab", "train", few / "recipe.toml", "--out", tmp_path / "run")
    assert ended.code == 130 and "goes on with --resume, from its last whole epoch" in ended.err
    resumed = mien("lab", "train", few / "recipe.toml", "--out", tmp_path / "run", "--resume", "--json")
    assert resumed.code == 0 and json.loads(resumed.out)["epochs"] == 2 and "a new one begins" not in resumed.err
    short = "--set", "training.epochs=1", "--resume"
    slipped = mien("lab", "train", few / "recipe.toml", "--out", tmp_path / "rum", *short)
    assert slipped.code == 0 and "rum holds no run to go on with: a new one begins" in slipped.err


def test_an_exported_run_is_quantised_and_timed(
    mien, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quantising, "MOST_TRIED", 2)  # pictures for each layer: its own tests say how well that is done
    monkeypatch.setattr(compare, "_SECONDS", 0.01)  # how fast it is here is not what is tested
    run, moved = tmp_path / "run", ("--dataset", tmp_path / "moved")
    data = shutil.copytree(folder / "drawn", tmp_path / "drawn")
    trained = mien("lab", "train", folder / "recipe.toml", "--dataset", data, "--out", run)
    assert trained.code == 0, trained.err
    data.rename(tmp_path / "moved")
    early = mien("lab", "quantize", run, *moved)
    assert early.code == 1 and "make it with mien lab export" in early.err
    exported = mien("lab", "export", run, *moved, "--format", "onnx", "--format", "torchscript")
    assert exported.code == 0, exported.err
    quantised = mien("lab", "quantize", run, *moved, "--split", "test")
    is_kept = (run / "export" / INT8).exists()
    assert quantised.code == (0 if is_kept else 1), quantised.err
    assert "f32: accuracy " in quantised.out and "int8: accuracy " in quantised.out and "120 pictures" in quantised.out
    sizes = json.loads((run / "export" / QUANTIZED).read_text())["bytes"]
    assert sizes["int8"] < sizes["f32"]
    compared = mien("lab", "compare", run, *moved)
    assert compared.code == 0, compared.err
    speeds = json.loads((run / "export" / "compare.json").read_text())["speeds"]
    assert speeds["torch"]["times"] == 1 and {"torchscript", "onnxruntime f32", "openvino f32"} < set(speeds)
    assert speeds["openvino f32"]["difference"] < 1e-4 and (run / "export" / "compare.png").exists()
    assert "one thread of " in compared.out and "openvino f32" in compared.out and "onnxruntime f32" in compared.out


def test_who_looked_for_suspicious_labels_is_told(mien, tmp_path: Path) -> None:
    faces = drawn_folder(tmp_path / "faces", 12)
    command = "lab", "explore", faces, "--out", tmp_path / "page"
    unseen = mien(*command, "--emotion", "none")
    assert unseen.code == 0 and "suspicious labels not looked for" in unseen.out, unseen.err
    assert json.loads(mien(*command, "--emotion", "none", "--json").out)["suspicious_labels"] is None
    seen = mien(*command, "--emotion", "fer8-mobilefacenet")
    assert seen.code == 0 and "suspicious labels of 12 that fer8-mobilefacenet knows" in seen.out, seen.err
    write_manifest(drawn(12, ("calm", "busy")), faces)
    unknown = mien(*command, "--emotion", "fer8-mobilefacenet")
    assert "suspicious labels not looked for" in unknown.out and "knows none of the labels calm, busy" in unknown.err


def test_a_classifier_of_shapes_is_trained(mien, take, tmp_path: Path) -> None:
    take("face-mesh")
    write_manifest(drawn(48), tmp_path / "faces")
    (tmp_path / "recipe.toml").write_text("[perceptron]\nhidden = 8\nepochs = 2\n")
    command = "lab", "train-mesh", tmp_path / "recipe.toml", "--dataset", tmp_path / "faces", "--out", tmp_path / "out"
    trained = mien(*command, "--json")
    assert trained.code == 0, trained.err
    assert set(json.loads(trained.out)["val"]) == {"given", "aligned"}
    assert json.loads(read_metadata(tmp_path / "out" / "mesh.onnx")["labels"]) == list(EMOTION_LABELS[:2])


def test_a_head_of_quality_is_trained(mien, take, portrait: Path, tmp_path: Path) -> None:
    for name in ("yunet", "mobilefacenet"):
        take(name)
    face = cv2.resize(cv2.imread(str(portrait))[:300, 62:387], (162, 150), interpolation=cv2.INTER_AREA)
    for person in range(26):
        (tmp_path / "people" / str(person)).mkdir(parents=True)
        for picture in range(4):
            tinted = face * np.random.default_rng((person, picture)).uniform(0.7, 1, 3)
            cv2.imwrite(str(tmp_path / "people" / str(person) / f"{picture}.png"), tinted.astype(np.uint8))
    recipe = "variants = 2\nfolds = 2\n\n[perceptron]\nhidden = 8\nepochs = 2\n"
    (tmp_path / "recipe.toml").write_text(recipe)
    command = (
        "lab",
        "train-quality",
        tmp_path / "recipe.toml",
        "--images",
        tmp_path / "people",
        "--out",
        tmp_path / "out",
    )
    trained = mien(*command, "--json")
    assert trained.code == 0, trained.err
    told = json.loads(trained.out)
    assert told["people"] == 26 and told["lessons"] >= 200 and told["unreadable"] == 0
    for name in ("head.npz", "fold-0.npz", "fold-1.npz"):
        assert np.isfinite(read_head(tmp_path / "out" / name).shares).all()
