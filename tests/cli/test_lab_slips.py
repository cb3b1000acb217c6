"""Slips on the command line of the lab are told at once, in one line, before anything is made."""

from importlib.util import find_spec
from pathlib import Path

import pytest

from mien.cli.lab import telling


def without(*missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As if packages were not installed."""
    monkeypatch.setattr(telling, "find_spec", lambda name: None if name in missing else find_spec(name))


@pytest.mark.parametrize(
    ("arguments", "missing"),
    [
        (("train", "recipe.toml", "--out", "run"), ("tensorboard",)),
        (("tune", "recipe.toml", "--out", "study"), ("torch", "optuna")),
        (("export", "run", "--format", "h5"), ("keras",)),
        (("export", "run"), ("keras", "onnxscript")),
        (("evaluate", "run"), ("torch",)),
    ],
)
def test_what_is_not_installed_is_told_with_the_way_to_get_it(
    mien, arguments: tuple[str, ...], missing: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    without(*missing, monkeypatch=monkeypatch)
    ended = mien("lab", *arguments)
    assert ended.code == 2 and ended.err.count("\n") == 1
    assert " and ".join(missing) in ended.err and "pip install 'mien[lab]'" in ended.err


@pytest.mark.parametrize(
    ("name", "told"), [("yunet", "there is a model called yunet already"), ("Mein Netz", "is no name for a model")]
)
def test_a_name_that_cannot_be_is_told_before_anything_is_exported(mien, name: str, told: str, tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="making networks needs torch, which is not installed")
    ended = mien("lab", "export", tmp_path / "nowhere", "--name", name)
    assert ended.code != 0 and told in ended.err and not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize(
    ("recipe", "told"),
    [
        ('detector = "scrfd-2.5g"', "mien models accept scrfd-2.5g accepts them"),
        ('recogniser = "mine"', "the model mine lacks its file mine-0.onnx"),
    ],
)
def test_models_to_learn_from_are_those_of_the_home_and_under_its_terms(
    mien, imported, home: Path, recipe: str, told: str, tmp_path: Path
) -> None:
    pytest.importorskip("torch", reason="making networks needs torch, which is not installed")
    imported(home, "mobilefacenet", "mine")
    (tmp_path / "lfw" / "Ann").mkdir(parents=True)
    (tmp_path / "lfw" / "Ann" / "1.jpg").touch()
    (tmp_path / "recipe.toml").write_text(recipe)
    command = "lab", "train-quality", tmp_path / "recipe.toml", "--images", tmp_path / "lfw", "--out", tmp_path / "out"
    ended = mien(*command)
    assert ended.code == 1 and told in ended.err and ended.err.count("\n") == 1
    other = mien(*command, "--config", tmp_path / "nowhere.yaml")
    assert other.code == 2 and "nowhere.yaml" in other.err and not (tmp_path / "out").exists()


def test_a_dataset_that_is_not_there_leaves_no_classifier(mien, take, tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="making networks needs torch, which is not installed")
    take("face-mesh")
    (tmp_path / "recipe.toml").touch()
    command = "lab", "train-mesh", tmp_path / "recipe.toml", "--dataset", tmp_path / "faces", "--out", tmp_path / "out"
    ended = mien(*command)
    assert (
        ended.code == 1 and "import the dataset first, with mien lab import" in ended.err and ended.err.count("\n") == 1
    )
    assert not (tmp_path / "out").exists()
