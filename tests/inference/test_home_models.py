"""A home keeps imported models and answers whole, whoever else writes in it, and forgets both together."""

import json
import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from hashlib import sha256
from pathlib import Path

import pytest
from tests.support.faces import HandClock

from mien.domain.errors import ModelError, ModelNotAccepted
from mien.inference.catalog import Catalog, inherited, load_catalog
from mien.inference.home_models import HomeModels, check_accepted, is_accepted, write_whole
from mien.inference.model_card import ModelCard, WeightFile
from mien.inference.weights import WeightStore


def imported(name: str = "mine", content: bytes = b"weights", family: str = "arcface") -> ModelCard:
    file = WeightFile(f"{name}@0.onnx", len(content), sha256(content).hexdigest())
    return inherited(family, {"name": name, "description": "a test's own", "files": (file,), "is_imported": True})


def keep(home: Path, card: ModelCard, content: bytes = b"weights") -> None:
    origin = home.parent / "converted.onnx"
    origin.write_bytes(content)
    HomeModels(home).add(card, {card.files[0].file: origin}, "{}")


def names_in(home: Path) -> set[str]:
    return {path.name for path in (home / "models").iterdir()} - {".lock"}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def test_what_is_kept_is_in_the_catalogue_and_can_be_fetched(home: Path) -> None:
    card = imported()
    keep(home, card)
    assert names_in(home) == {"mine@0.onnx", "mine.reference.json", "mine.card.json"}
    assert load_catalog(home=home).card("mine") == card
    assert WeightStore(home / "cache", home=home).path(card).read_bytes() == b"weights"


def test_a_name_is_taken_once(home: Path) -> None:
    keep(home, imported())
    with pytest.raises(ModelError, match="there is a model called mine already"):
        keep(home, imported(content=b"others!"), b"others!")
    assert (home / "models" / "mine@0.onnx").read_bytes() == b"weights"


def test_another_file_under_the_same_name_is_another_network() -> None:
    first, second = imported(), imported(content=b"others")
    assert first.name == second.name and first.network != second.network
    assert first.network.startswith("mine@") and replace(first, is_imported=False).network == "mine"


def test_a_model_and_its_answer_go_together(home: Path) -> None:
    models = HomeModels(home)
    for name in ("mine", "mine-too"):
        keep(home, imported(name))
        models.accept(imported(name))
    models.remove("mine")
    assert set(models.accepted()) == {"mine-too"}
    assert names_in(home) == {
        "mine-too@0.onnx",
        "mine-too.reference.json",
        "mine-too.card.json",
        "accepted.json",
    }
    models.remove("mine-too")
    assert names_in(home) == set()
    for name in ("mine", "yunet", "../models/mine", "*", ""):
        with pytest.raises(ModelError, match="was not imported"):
            models.remove(name)


@pytest.mark.parametrize("text", ['{"name": "mine", ', "[]", '{"name": "other", "family": "arcface"}', "{}", "7"])
def test_a_damaged_card_hides_one_model_and_can_be_removed(
    home: Path, text: str, catalog: Catalog, caplog: pytest.LogCaptureFixture
) -> None:
    keep(home, imported("sound"))
    keep(home, imported())
    (home / "models" / "mine.card.json").write_text(text)
    with caplog.at_level(logging.WARNING):
        found = {card.name for card in load_catalog(home=home).models}
    assert found - {card.name for card in catalog.models} == {"sound"}
    assert "mien models remove mine" in caplog.text
    HomeModels(home).remove("mine")
    assert names_in(home) == {"sound@0.onnx", "sound.reference.json", "sound.card.json"}


def test_shipped_models_win(home: Path, catalog: Catalog, caplog: pytest.LogCaptureFixture) -> None:
    keep(home, imported("yunet"))
    thief = replace(imported(), files=(replace(imported().files[0], file="yunet_n_dynamic.onnx"),))
    keep(home, thief)
    assert load_catalog(home=home).models == catalog.models
    assert caplog.text.count("is left out") == 2


def test_restricted_models_wait_for_an_answer_to_their_terms(home: Path) -> None:
    clock = HandClock()
    card, models = imported(), HomeModels(home, clock)
    with pytest.raises(ModelNotAccepted, match="mine is for research only"):
        check_accepted(card, models)
    models.accept(card)
    clock.passed_s = 1e6
    models.accept(card)
    answer = models.accepted()["mine"]
    assert (answer.at, answer.digest, answer.given_by) == ("2024-05-01T00:00:00+00:00", card.digest, "command")
    check_accepted(card, models)
    for other in (replace(card, licence_weights="other terms"), imported(content=b"another file")):
        assert not is_accepted(other, models.accepted())
        with pytest.raises(ModelNotAccepted, match="terms or file changed since 2024-05-01"):
            check_accepted(other, models)


def test_an_answer_of_the_settings_is_recorded_and_holds_while_they_give_it(
    home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    clock = HandClock()
    card, models = imported(), HomeModels(home, clock)
    check_accepted(card, models, ("mine",))
    first = models.accepted()["mine"]
    assert asdict(first) == {
        "at": "2024-05-01T00:00:00+00:00",
        "allowed_use": "research-only",
        "licence_weights": "non-commercial research",
        "digest": card.digest,
        "given_by": "settings",
    }
    clock.passed_s = 1e6
    check_accepted(card, models, ("mine",))
    assert models.accepted()["mine"] == first and not caplog.text
    with pytest.raises(ModelNotAccepted):
        check_accepted(card, models)
    models.accept(card)
    check_accepted(card, models)
    check_accepted(card, models, ("mine",))
    assert models.accepted()["mine"].given_by == "command"


def test_changes_behind_an_answer_of_the_settings_are_told_once(home: Path, caplog: pytest.LogCaptureFixture) -> None:
    models = HomeModels(home, HandClock())
    check_accepted(imported(), models, ("mine",))
    for changed in (replace(imported(), licence_weights="other terms"), imported(content=b"another file")):
        caplog.clear()
        for _ in range(2):
            check_accepted(changed, models, ("mine",))
        (record,) = caplog.records
        assert "the terms of mine or its file changed since they were accepted on 2024-05-01" in record.message
        assert models.accepted()["mine"].covers(changed)


def test_a_home_that_cannot_be_written_is_no_reason_not_to_run(home: Path, caplog: pytest.LogCaptureFixture) -> None:
    card = imported("unwritten")
    check_accepted(card, HomeModels(home, HandClock()), ("unwritten",))
    (home / "models" / ".lock").unlink()
    (home / "models" / ".lock").mkdir()  # as good as read-only, also for root
    for _ in range(2):
        check_accepted(replace(card, licence_weights="other terms"), HomeModels(home), ("unwritten",))
    assert [record.levelname for record in caplog.records].count("WARNING") == 1, "once, though nothing is recorded"
    (home / "models" / "accepted.json").write_text("{")
    check_accepted(card, HomeModels(home), ("unwritten",))


def test_a_card_is_kept_anew_only_where_the_model_is_still_that_one(home: Path) -> None:
    keep(home, imported())
    measured = replace(imported(), thresholds={"same_person": 0.3})
    HomeModels(home).update(measured)
    assert load_catalog(home=home).card("mine").thresholds == {"same_person": 0.3}
    with pytest.raises(ModelError, match="removed or imported anew"):
        HomeModels(home).update(imported(content=b"another file"))
    HomeModels(home).remove("mine")
    with pytest.raises(ModelError, match="removed or imported anew"):
        HomeModels(home).update(measured)


def test_answers_given_at_once_are_all_kept(home: Path) -> None:
    names = [f"model-{number}" for number in range(24)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: HomeModels(home).accept(imported(name)), names))
    assert set(HomeModels(home).accepted()) == set(names)


def test_what_was_left_half_written_is_cleared_away(home: Path) -> None:
    keep(home, imported())
    left = home / "models" / ".write-0123"
    left.write_bytes(b"half")
    HomeModels(home).accept(imported())
    assert not left.exists()


def test_a_file_is_whole_or_not_there(tmp_path: Path) -> None:
    def fails(path: Path) -> None:
        path.write_text("half")
        raise OSError(28, "No space left on device")

    with pytest.raises(ModelError, match=r"kept\.json could not be written: No space left"):
        write_whole(tmp_path / "kept.json", fails)
    assert list(tmp_path.iterdir()) == []


def test_a_home_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file")
    with pytest.raises(ModelError, match="could not be written"):
        HomeModels(tmp_path / "home").accept(imported())


def test_a_record_that_cannot_be_read_is_told(home: Path) -> None:
    (home / "models").mkdir(parents=True)
    for text in ("{", "[]", json.dumps({"mine": {"at": 1}})):
        (home / "models" / "accepted.json").write_text(text)
        with pytest.raises(ModelError, match="no record of accepted models"):
            HomeModels(home).accepted()
