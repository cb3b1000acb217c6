"""A recipe is read as it was written, and every fault in one is named."""

import tomllib
from pathlib import Path

import pytest

from mien import inference
from mien.domain.emotions import EMOTION_LABELS
from mien.domain.errors import SourceNotFound, UsageError
from mien.inference.file_metadata import read_metadata
from mien.lab.datasets.manifest import Facts
from mien.lab.recipe import Recipe, changed, checked_recipe, read_recipe, without_folders, write_recipe

RECIPES = Path(__file__).parents[2] / "recipes"
OF_OTHER_VERBS = ("fer8-mesh", "quality-mobilefacenet")
COMMITTED = sorted(path for path in RECIPES.glob("*.toml") if path.stem not in OF_OTHER_VERBS)


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
    path.write_text("epoch = 3\n[training]\nepochs = 0\n[network]\nkind = 'vgg'\n[optimiser]\nlearning_rate = 'fast'\n")
    with pytest.raises(UsageError) as told:
        read_recipe(path)
    for fault in (
        "epoch: a recipe has no such key",
        "training.epochs",
        "network.kind",
        "got 'vgg'",
        "optimiser.learning_rate",
    ):
        assert fault in str(told.value)
    assert "\n" not in str(told.value)
    path.write_text("[training\n")
    with pytest.raises(UsageError, match="cannot be read as TOML"):
        read_recipe(path)
    with pytest.raises(SourceNotFound):
        read_recipe(tmp_path / "nothing.toml")


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("training.epoch", "training.epochs"),
        ("epochs", "training.epochs"),
        ("trainig.epochs", "training.epochs"),
        ("schedule.patence", "schedule.patience"),
        ("loss.kind", "network.kind or optimiser.kind or schedule.kind"),
    ],
)
def test_a_misspelt_key_is_told_with_what_may_be_meant(name: str, meant: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=rf"a recipe has no {name}, did you mean {meant}\?$"):
        changed(Recipe(), {name: 3})
    table, _, key = name.rpartition(".")
    (tmp_path / "recipe.toml").write_text((f"[{table}]\n" if table else "") + f"{key} = 3\n")
    known = "training" if table == "trainig" else meant
    with pytest.raises(UsageError, match=rf"a recipe has no such key, did you mean {known}\?$"):
        read_recipe(tmp_path / "recipe.toml")


def test_a_key_like_no_other_is_told() -> None:
    with pytest.raises(UsageError, match=r"a recipe has no training\.xyzzy$"):
        changed(Recipe(), {"training.xyzzy": 3})


@pytest.mark.parametrize("path", COMMITTED, ids=lambda path: path.stem)
def test_every_recipe_that_mien_ships_can_be_read(path: Path) -> None:
    assert read_recipe(path).training.epochs > 0


def test_the_recipe_of_the_model_that_ships_is_the_one_that_it_tells() -> None:
    pytest.importorskip("torch", reason="making networks needs torch, which is not installed")
    from mien.lab.networks.building import settled

    read = read_recipe(RECIPES / "fer8-mobilefacenet.toml")
    network = settled(read.network, Facts(EMOTION_LABELS, "FER+", ready_made_px=48, is_grey=True))
    made_of = without_folders(read.model_copy(update={"dataset": "ferplus", "network": network}))
    said = read_metadata(Path(inference.__file__).parent / "bundled" / "fer8_mobilefacenet.onnx")["recipe"]
    assert Recipe.model_validate_json(said) == made_of


def test_others_see_no_folders_of_this_machine() -> None:
    changes = {
        "dataset": "/home/ann/faces",
        "network.start": "weights",
        "network.weights": "/home/ann/runs/first/weights.pt",
        "distillation.teachers": ["/home/ann/runs/first", "/home/ann/runs/second"],
    }
    told = without_folders(changed(Recipe(), changes))
    assert (told.dataset, told.network.weights) == ("faces", "first/weights.pt")
    assert told.distillation.teachers == ("first", "second")
    told = without_folders(changed(Recipe(), {**changes, "network.weights": "/home/ann/resnet18.pth"}))
    assert told.network.weights == "resnet18.pth"
    assert without_folders(Recipe()) == Recipe()


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"network.start": "weights"}, 'network: start is "weights", and no file is named'),
        ({"network.weights": "a.pt"}, 'network: weights is given, and start is "scratch"'),
        ({"network.kind": "resnet18", "network.widths": [8]}, "network: resnet18 has the widths that it was published"),
        ({"network.kernel_px": 5}, "network: residual has the kernels that it was published with"),
        ({"training.patience": 3, "training.select": "last"}, "training: no epoch is better than the last one"),
        ({"loss.alpha": 0}, r"loss\.alpha: input should be greater than 0, got 0"),
        ({"loss.beta": 0.0}, r"loss\.beta: input should be greater than 0, got 0"),
    ],
)
def test_what_would_have_no_effect_is_told(changes: dict[str, object], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        changed(Recipe(), changes)


def test_the_guide_shows_every_value_as_it_is_without_one() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "how-to" / "lab.md").read_text(encoding="utf-8")
    block = guide.split("```toml\n")[-1].split("```")[0]
    shown = tomllib.loads(block)
    whole = Recipe().model_dump(mode="json")
    assert {(table, key) for table, keys in shown.items() if isinstance(keys, dict) for key in keys} == {
        (table, key) for table, keys in whole.items() if isinstance(keys, dict) for key in keys
    }
    assert checked_recipe(shown, "the guide") == Recipe()
