"""A recipe is read as it was written, and every fault in one is named."""

from pathlib import Path

import pytest

from mien.domain.errors import SourceNotFound, UsageError
from mien.lab.recipe import Recipe, changed, read_recipe, write_recipe

COMMITTED = sorted((Path(__file__).parents[2] / "recipes").glob("fer*.toml"))


def test_it_comes_back_as_it_was_written(tmp_path: Path) -> None:
    recipe = changed(Recipe(), {"network.widths": [8, 16], "loss.beta": 0.5, "training.is_compiled": True})
    write_recipe(recipe, tmp_path / "recipe.toml")
    assert read_recipe(tmp_path / "recipe.toml") == recipe


def test_paths_are_those_beside_the_recipe(tmp_path: Path) -> None:
    path = tmp_path / "recipe.toml"
    path.write_text('dataset = "faces"\n[network]\nstart = "weights"\nweights = "a.pth"\n')
    recipe = read_recipe(path)
    assert recipe.dataset == str(tmp_path / "faces") and recipe.network.weights == str(tmp_path / "a.pth")


def test_every_fault_is_named(tmp_path: Path) -> None:
    path = tmp_path / "recipe.toml"
    path.write_text("epoch = 3\n[training]\nepochs = 0\n[network]\nkind = 'vgg'\n[optimiser]\nrate = 'fast'\n")
    with pytest.raises(UsageError) as told:
        read_recipe(path)
    for fault in ("epoch: a recipe has no such key", "training.epochs", "network.kind", "got 'vgg'", "optimiser.rate"):
        assert fault in str(told.value)
    assert "\n" not in str(told.value)
    path.write_text("[training\n")
    with pytest.raises(UsageError, match="cannot be read as TOML"):
        read_recipe(path)
    with pytest.raises(SourceNotFound):
        read_recipe(tmp_path / "nothing.toml")
    with pytest.raises(UsageError, match=r"a recipe has no training\.epoch$"):
        changed(Recipe(), {"training.epoch": 3})


@pytest.mark.parametrize("path", COMMITTED, ids=lambda path: path.stem)
def test_every_recipe_that_mien_ships_can_be_read(path: Path) -> None:
    assert read_recipe(path).training.epochs > 0
