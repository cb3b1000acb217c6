"""The catalogue is whole, finds its cards and refuses what it does not understand."""

import re
import tomllib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import mien.inference.catalog
from mien.domain.errors import ModelError, ModelUnknown
from mien.domain.landmarks import ARCFACE_112
from mien.inference.catalog import Catalog, inherited, load_catalog
from mien.inference.model_card import CropLayout, WheelSource

SHIPPED = Path(mien.inference.catalog.__file__).with_name("catalog.toml")


def changed(tmp_path: Path, old: str, new: str) -> Path:
    text = SHIPPED.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "catalog.toml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


def test_every_card_says_what_it_is(catalog: Catalog) -> None:
    for card in catalog.cards():
        assert card.description
        assert card.licence_weights
        assert card.allowed_use
        if card.files and card.task != "demo" and card.family != "haar":  # a cascade cuts its own windows
            assert card.input is not None


def test_use_follows_the_licence_of_the_weights(catalog: Catalog) -> None:
    for one in (*catalog.families.values(), *catalog.cards()):
        if one.task == "demo":
            continue
        is_limited = re.search("non-commercial|unknown|NC", one.licence_weights)
        is_copyleft = "GPL" in one.licence_weights
        expected = "research-only" if is_limited else "copyleft" if is_copyleft else "any"
        assert one.allowed_use == expected, f"{one.name}: {one.licence_weights}"


def test_every_recogniser_that_ships_has_thresholds_of_its_own(catalog: Catalog) -> None:
    for card in catalog.cards("recognition"):
        assert "same_person" in card.thresholds, card.name


def test_what_is_not_known_of_an_author_is_no_word_on_what_mien_trained(catalog: Catalog) -> None:
    for family in ("multitask", "small-cnn", "resemotenet", "facenet", "sface"):
        assert catalog.family(family).use_note
    own = catalog.card("fer8-mobilefacenet").use_note
    assert "MS-Celeb-1M" in own and "FER-2013" in own and own != catalog.family("lab").use_note


def test_the_defaults_come_from_pinned_wheels(catalog: Catalog) -> None:
    for name in ("yunet", "mobilefacenet", "carphone", "astronaut"):
        assert any(isinstance(source, WheelSource) for source in catalog.card(name).files[0].sources), name


def test_the_catalogue_names_no_package_registry() -> None:
    assert not re.search("py" + "pi|python" + "hosted", SHIPPED.read_text(encoding="utf-8"))


def test_cards_are_found_by_task(catalog: Catalog) -> None:
    assert [card.name for card in catalog.cards("liveness")] == ["minifasnet"]
    assert len(catalog.cards()) == len(tomllib.loads(SHIPPED.read_text(encoding="utf-8"))["models"])


def test_an_unknown_name_is_answered_with_near_ones(catalog: Catalog) -> None:
    with pytest.raises(ModelUnknown, match=r"'mobilfacenet'; did you mean mobilefacenet"):
        catalog.card("mobilfacenet")
    with pytest.raises(ModelUnknown, match="yunet, yunet-n"):
        catalog.card("")


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('family = "yunet"', 'family = "yunet"\ncolour = "red"', "colour"),
        ('channels = "bgr"', 'channels = "bgr"\nsize = 3', "size"),
        ('kind = "mirror", path', 'kind = "mirror", port = 1, path', "port"),
        ('kind = "mirror"', 'kind = "ftp"', "ftp"),
        ('sha256 = "8f', 'sha256 = "xx', "sha256"),
        ('family = "yunet"', 'family = "yunet"\ntask = "sorcery"', "task"),
        ('family = "yunet"\n', "", "family"),
        ('file = "astronaut.png"', 'file = "../astronaut.png"', "file"),
        ('file = "astronaut.png"', 'file = "carphone_pristine.mp4"', "the file 'carphone_pristine.mp4' twice"),
        ('name = "carphone"', 'name = "yunet"', "the name 'yunet' twice"),
        ("[[models]]", "[[models", "no catalogue"),
    ],
)
def test_what_is_not_understood_is_an_error(tmp_path: Path, old: str, new: str, reason: str) -> None:
    with pytest.raises(ModelError, match=reason) as caught:
        load_catalog(changed(tmp_path, old, new))
    assert "\n" not in str(caught.value)


def test_a_missing_catalogue_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"none\.toml is no catalogue"):
        load_catalog(tmp_path / "none.toml")


def test_cards_are_values(catalog: Catalog) -> None:
    card = catalog.card("yunet")
    assert replace(card) == card


def test_a_template_that_is_named_has_the_size_of_the_crop(catalog: Catalog) -> None:
    for name, size in (("mobilefacenet", 112), ("lightqnet", 96), ("qualityface", 128)):
        layout = catalog.card(name).input
        assert layout and isinstance(layout.crop, CropLayout) and layout.crop.size == size
        np.testing.assert_allclose(layout.crop.template, np.array(ARCFACE_112) * size / 112)
    for wrong in ("arcfase", [[1, 2]]):
        crop = {"alignment": "mine-56", "size": 56, "template": wrong}
        with pytest.raises(ModelError, match="crop"):
            inherited(
                "arcface",
                {"name": "mine", "description": "", "input": {"shape": (3, 56, 56), "channels": "bgr", "crop": crop}},
            )
