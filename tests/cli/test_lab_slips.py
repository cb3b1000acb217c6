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
