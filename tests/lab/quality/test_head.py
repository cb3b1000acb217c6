"""Learning the head from embeddings whose quality is known."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="making networks needs torch, which is not installed")

from mien.domain.errors import SourceNotFound, SourceUnreadable, UsageError
from mien.lab.quality.head import HeadPerceptron, Lessons, learn, lessons, meaning
from mien.lab.quality.material import Material, Pictures, fold_of, read_people
from mien.lab.quality.train import HeadRecipe, write_head
from mien.lab.recipe import read_table
from mien.vision.recognition.quality_head import read_head

PEOPLE, EACH, SIZE = 60, 6, 16


def drawn() -> tuple[Pictures, Material, np.ndarray]:
    """Pictures of people, each as it is and spoilt by a noise that the last number of the embedding betrays."""
    generator = np.random.default_rng(0)
    owners = np.repeat(np.arange(PEOPLE), EACH)
    centres = generator.normal(size=(PEOPLE, SIZE))
    plain = centres[owners] + 0.2 * generator.normal(size=(len(owners), SIZE))
    noise = generator.uniform(0, 3, len(owners))
    worse = plain + noise[:, None] * generator.normal(size=plain.shape)
    vectors = np.concatenate([np.c_[plain, 0 * noise], np.c_[worse, noise]]).astype(np.float32)
    rows = np.tile(np.arange(len(owners)), 2)
    paths = tuple(Path(f"{owner}/{row}.jpg") for row, owner in enumerate(owners))
    pictures = Pictures(paths, owners, tuple(str(person) for person in range(PEOPLE)))
    return pictures, Material(vectors, rows, np.arange(len(rows)) >= len(owners)), np.concatenate([0 * noise, noise])


def test_what_is_to_be_foretold_falls_as_a_picture_is_spoilt() -> None:
    pictures, material, noise = drawn()
    taught = lessons(pictures, material)
    assert len(taught.owners) == len(noise)
    assert np.corrcoef(taught.ratios, noise)[0, 1] < -0.7 and np.corrcoef(taught.shares, noise)[0, 1] < -0.7
    assert taught.shares[noise == 0].min() > 0.99 and 0 <= taught.ratios.min() <= taught.ratios.max() <= 1


def test_a_head_foretells_of_people_it_has_not_seen(tmp_path: Path) -> None:
    pictures, material, noise = drawn()
    taught = lessons(pictures, material)
    is_out = taught.owners < PEOPLE // 3
    head = learn(taught.select(~is_out), HeadPerceptron(hidden=32, epochs=40, batch=64), 0.0)
    numbers = head.foretold(taught.vectors[is_out])
    assert np.corrcoef(numbers, noise[is_out])[0, 1] < -0.6
    points = meaning(numbers, taught.shares[is_out])
    assert all(
        (np.diff(axis) > 0).all() and (axis[0], axis[-1]) == ends
        for axis, ends in zip(points, ((-2, 2), (0, 1)), strict=True)
    )
    write_head(head, tmp_path / "head.npz")
    again = read_head(tmp_path / "head.npz")
    np.testing.assert_array_equal(again.foretold(taught.vectors), head.foretold(taught.vectors))


@pytest.mark.parametrize(("low", "high"), [(0.2, 0.9), (-5, 0.5), (0.5, 3), (20, 40)])
def test_the_better_number_has_the_better_score_however_large_numbers_are(low: float, high: float) -> None:
    shares = np.concatenate([np.zeros(200), np.linspace(0, 1, 200), np.ones(200)]).astype(np.float32)
    numbers, kept = meaning(np.linspace(low, high, 600, dtype=np.float32), shares)
    assert (np.diff(numbers) > 0).all() and (np.diff(kept) > 0).all()
    assert numbers[0] < low and numbers[-1] > high and (kept[0], kept[-1]) == (0, 1)


def test_a_person_with_one_picture_teaches_nothing() -> None:
    pictures, material, _ = drawn()
    alone = Pictures(pictures.paths, np.arange(len(pictures.paths)), tuple(map(str, pictures.paths)))
    assert isinstance(found := lessons(alone, material), Lessons) and not len(found.owners)


def test_people_are_parted_the_same_way_everywhere() -> None:
    assert [fold_of(name, 5) for name in ("Ada", "Bob", "Cyd", "Dan")] == [3, 1, 1, 1]
    assert [fold_of(str(number), 2) for number in range(8)] == [0, 1, 0, 1, 1, 1, 1, 1]


def test_a_folder_without_people_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceNotFound, match="no folders of people"):
        Pictures.of(tmp_path)


def test_the_recipe_of_the_head_that_ships_says_all_of_it(tmp_path: Path) -> None:
    shipped = Path(__file__).parents[3] / "recipes" / "quality-mobilefacenet.toml"
    assert read_table(shipped, HeadRecipe) == HeadRecipe()
    (tmp_path / "wrong.toml").write_text("variants = 0\nfold = 5\n")
    with pytest.raises(UsageError, match=r"variants: .*fold: a recipe has no such key"):
        read_table(tmp_path / "wrong.toml", HeadRecipe)


@pytest.mark.parametrize(
    "fault",
    [
        "length_weight = inf",
        "perceptron.epochs = 0",
        "perceptron.batch = 0",
        "perceptron.hidden = 0",
        "perceptron.dropout = 1.5",
        "perceptron.input_dropout = 1",
        "perceptron.learning_rate = 0",
        "perceptron.weight_decay = -1",
        "perceptron.seed = -1",
    ],
)
def test_what_cannot_be_learnt_by_is_refused(fault: str, tmp_path: Path) -> None:
    (tmp_path / "wrong.toml").write_text(fault)
    with pytest.raises(UsageError, match=f": {fault.split()[0]}: input should be "):
        read_table(tmp_path / "wrong.toml", HeadRecipe)


def test_only_the_people_of_a_list_are_learnt_from(tmp_path: Path) -> None:
    for person in ("Ann_Lee", "Bo_Ek", "Cy_Day"):
        (tmp_path / "lfw" / person).mkdir(parents=True)
        (tmp_path / "lfw" / person / "1.jpg").touch()
    people = tmp_path / "people.txt"
    people.write_text("2\nAnn_Lee\t1\nCy_Day\t3\n")
    assert read_people(people) == {"Ann_Lee", "Cy_Day"}
    assert Pictures.of(tmp_path / "lfw", read_people(people)).people == ("Ann_Lee", "Cy_Day")
    assert len(Pictures.of(tmp_path / "lfw").people) == 3
    with pytest.raises(SourceNotFound, match="no folders of chosen people's pictures"):
        Pictures.of(tmp_path / "lfw", {"Di"})
    people.write_text("12\n")
    with pytest.raises(SourceUnreadable, match="lists nobody"):
        read_people(people)
    with pytest.raises(SourceNotFound):
        read_people(tmp_path / "none.txt")
