"""A home keeps the precision in which its people are known."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from tests.support.faces import kept

from mien.domain.faces import EmbeddingModel
from mien.inference.catalog import Catalog
from mien.inference.home_models import HomeModels
from mien.inference.installed import ModelShelf
from mien.inference.session import ChosenPrecision, Precision, Session
from mien.inference.weights import WeightStore
from mien.settings.models import RecognitionSettings
from mien.settings.tree import Settings
from mien.wiring.people import following_gallery
from mien.wiring.stores import Stores, build_stores

NOON = datetime(2024, 5, 1, 12, 0, tzinfo=UTC)
EVERYTHING: tuple[Precision, ...] = ("f32", "bf16", "int8")


@dataclass(frozen=True)
class NoRuntime:
    """Knows what it could compute in, and loads nothing."""

    precisions: tuple[Precision, ...] = EVERYTHING
    name: str = "none"

    def load(self, path: Path, input_shape: tuple[int, ...] | None = None, precision: Precision = "f32") -> Session:
        raise AssertionError("no model is to be loaded")


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[Stores]:
    with ExitStack() as stack:
        yield build_stores(Settings(home=tmp_path / "home"), stack)


@pytest.fixture
def enrol(stores: Stores) -> Callable[..., None]:
    def enrol(name: str, precision: str, network: str = "mobilefacenet", detector: str = "yunet") -> None:
        model = EmbeddingModel(network, "arcface-112", detector, precision)
        picture = kept(np.ones(4, np.float32) / 2, model)
        if name:
            stores.people.add_person(name, [picture], NOON)
        else:
            stores.people.add_stranger([picture], NOON)

    return enrol


@pytest.fixture
def decide(stores: Stores, catalog: Catalog, tmp_path: Path) -> Callable[..., str]:
    """The precision that a recogniser whose card prefers bf16 runs in."""

    def decide(
        recognition: ChosenPrecision = "auto",
        whole: ChosenPrecision = "auto",
        precisions: tuple[Precision, ...] = EVERYTHING,
    ) -> str:
        card = replace(catalog.card("mobilefacenet"), precision="bf16")
        others = tuple(one for one in catalog.models if one.name != card.name)
        shelf = ModelShelf(
            Catalog((card, *others), catalog.families),
            WeightStore(tmp_path / "cache"),
            HomeModels(tmp_path / "home"),
            NoRuntime(precisions),
            precision=whole,
        )
        settings = Settings(home=tmp_path / "home", recognition=RecognitionSettings(precision=recognition))
        chosen = following_gallery(settings, stores, shelf).recognition
        return shelf.precision_of(card, chosen.precision)

    return decide


def test_a_new_home_takes_what_is_best_here(decide) -> None:
    assert decide() == "bf16"
    assert decide(precisions=("f32", "int8")) == "f32"


def test_people_who_were_enrolled_in_f32_stay_known(decide, enrol) -> None:
    enrol("Ann", "f32")

    assert decide() == "f32"


def test_most_of_the_enrolled_people_decide_then_the_strangers_then_what_is_best(decide, enrol) -> None:
    enrol("Ann", "f32")
    enrol("Bob", "bf16")
    assert decide() == "bf16"
    enrol("", "f32")
    assert decide() == "f32"
    enrol("Cy", "bf16")
    enrol("", "f32")
    assert decide() == "bf16"


def test_strangers_alone_stay_known(decide, enrol) -> None:
    enrol("", "f32")

    assert decide() == "f32"


def test_templates_of_another_network_or_detector_say_nothing(decide, enrol) -> None:
    enrol("Ann", "f32", network="edgeface-xs")
    enrol("Bob", "f32", detector="scrfd-2.5g")

    assert decide() == "bf16"


def test_what_is_not_to_be_had_here_is_not_chosen(decide, enrol) -> None:
    enrol("Ann", "int8")
    assert decide() == "bf16", "there are no int8 files"
    enrol("Bob", "bf16")
    assert decide(precisions=("f32", "int8")) == "f32"


def test_what_the_settings_say_goes_before(decide, enrol) -> None:
    enrol("Ann", "f32")

    assert decide(recognition="bf16") == "bf16"
    assert decide(whole="bf16") == "bf16"
