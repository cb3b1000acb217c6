"""What comes after training: judging, honesty, exports, int8, speed, and what is wrong with a dataset."""

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="making networks needs torch, which is not installed")

from tests.lab.test_train import recipe_for  # noqa: E402
from tests.support.lab import drawn, drawn_folder, drawn_lot  # noqa: E402

from mien.domain.errors import ModelMismatch, SourceNotFound, SourceUnreadable, UsageError  # noqa: E402
from mien.inference.file_metadata import read_metadata, stated_card  # noqa: E402
from mien.lab import calibrate, compare, evaluate, explore, export, quantize, train, tune  # noqa: E402
from mien.lab.datasets.manifest import write_manifest  # noqa: E402
from mien.lab.learning.judging import Answered  # noqa: E402
from mien.lab.learning.loop import Training  # noqa: E402
from mien.lab.learning.trained import open_run  # noqa: E402
from mien.lab.recipe import Recipe  # noqa: E402
from mien.lab.result import Result  # noqa: E402


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a dataset of drawn faces and a run that learnt it."""
    folder = tmp_path_factory.mktemp("verbs")
    drawn_folder(folder / "drawn", 720)
    train.run(recipe_for(folder / "drawn", **{"training.epochs": 2, "training.batch": 16}), folder / "run")
    return folder


def test_judging_tells_classes_groups_and_draws(rendered: None, folder: Path, tmp_path: Path) -> None:
    steps: list[tuple[str, int, int]] = []
    recipe = evaluate.EvaluateRecipe(folder / "run", split="test", out=tmp_path / "judged")
    found = evaluate.run(recipe, lambda *told: steps.append(told))
    assert ("given faces", 120, 120) in steps and ("aligned faces", 120, 120) in steps
    told = json.loads((tmp_path / "judged" / "metrics.json").read_text())["aligned"]
    assert told["accuracy"] == found.metrics["aligned"]["accuracy"] > 0.9
    assert set(told["groups"]) == {"these", "those"} and told["groups"]["these"]["count"] == 60
    low, high = told["groups"]["these"]["interval"]
    assert (
        low <= told["groups"]["these"]["accuracy"] <= high and sum(map(sum, told["confusion"])) == told["count"] == 120
    )
    for one in told["per_class"]:
        assert one["recall_interval"][0] <= one["recall"] <= one["recall_interval"][1]
    figures = [*(tmp_path / "judged" / "figures").iterdir()]
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in figures)
    assert {path.stem for path in figures} >= {
        "confusion-given",
        "reliability-aligned",
        "recall-given",
        "groups-aligned",
    }


def test_a_group_is_compared_with_the_others_and_that_has_an_interval() -> None:
    lot = drawn_lot(60)
    answered = Answered(np.tile([2.0, 1.0], (60, 1)), None)  # always the first label: right for these alone
    found = evaluate.groups_of(answered, lot)
    assert found["these"].gap == 1 and found["those"].gap == -1
    low, high = found["those"].gap_interval or (0, 0)
    assert -1 <= low < high < -0.7
    unknown = replace(lot, group=np.where(lot.group == "those", "", lot.group))
    assert list(evaluate.groups_of(answered, unknown)) == ["these"], "nobody knows of the others what group they are"
    assert evaluate.groups_of(answered, unknown)["these"].gap is None


def test_a_dataset_of_other_labels_or_without_pictures_is_refused(folder: Path, tmp_path: Path) -> None:
    manifest = drawn(12, ("neutral", "tired"))
    write_manifest(manifest, tmp_path)
    with pytest.raises(UsageError, match="has the labels neutral, tired, the network neutral, happiness"):
        evaluate.run(evaluate.EvaluateRecipe(folder / "run", tmp_path))
    write_manifest(drawn(48).part("train"), tmp_path)
    with pytest.raises(UsageError, match="no labelled picture in its part test; parts to judge by with --split: none"):
        evaluate.run(evaluate.EvaluateRecipe(folder / "run", tmp_path))
    with pytest.raises(SourceNotFound, match="mien lab train"):
        evaluate.run(evaluate.EvaluateRecipe(tmp_path))


def test_the_temperature_makes_an_overconfident_answer_honest() -> None:
    generator = np.random.default_rng(0)
    labels = generator.integers(0, 3, 4000)
    honest = generator.normal(size=(4000, 3))
    honest[np.arange(4000), labels] += 1.0
    found = calibrate.calibrated(honest * 4, labels, 0.2)
    assert 3 < found.temperature <= 5
    assert found.error <= 0.2 and 0.1 < found.answered < 0.9 and 0 < found.abstention < 1
    strict = calibrate.calibrated(honest * 4, labels, 0.05)
    assert strict.abstention > found.abstention and strict.answered < found.answered
    assert calibrate.calibrated(honest * 4, labels, 0.99).abstention == 0


def test_calibration_is_kept_with_the_run_and_served(folder: Path) -> None:
    found = calibrate.run(calibrate.CalibrateRecipe(folder / "run", error=0.02)).metrics
    assert found["pictures"] == 120 and set(found["ece"]) == {"given", "aligned"}
    low, high = found["error_interval"]
    assert low <= found["calibration"]["error"] < high, "of 120 pictures nobody knows it better"
    trained = open_run(folder / "run")
    lot = evaluate.lots_of(drawn(720).part("val"), trained)["aligned"]
    alone = calibrate.calibrated(evaluate.answer_as_served(trained, lot, "aligned").logits, lot.label, 0.02)
    assert found["calibration"]["temperature"] == alone.temperature, "faces cut as serving cuts them decide"
    assert open_run(folder / "run").calibration.temperature != 1
    flattered, honest = (evaluate.run(evaluate.EvaluateRecipe(folder / "run", split=one)) for one in ("val", "test"))
    assert any("found on these very pictures" in one for one in flattered.notices)
    assert not any("found on these very pictures" in one for one in honest.notices)
    with pytest.raises(UsageError, match="not calibrated on what it was trained on"):
        calibrate.run(calibrate.CalibrateRecipe(folder / "run", split="train"))
    with pytest.raises(UsageError, match="between 0 and 1"):
        calibrate.run(calibrate.CalibrateRecipe(folder / "run", error=1.0))


def test_a_temperature_at_the_limit_of_its_range_is_told(moved: Path, folder: Path, tmp_path: Path) -> None:
    trained, weights = open_run(moved), torch.load(moved / "weights.pt")
    lot = evaluate.lots_of(drawn(720).part("val"), trained)["aligned"]
    gap = np.ptp(evaluate.answer_as_served(trained, lot, "aligned").logits, axis=1).mean()

    def calibrated(gap_wanted: float, dataset: Path) -> Result:
        """Calibrates the network as if its answers lay so far apart."""
        scaled = {name: weights[name] * gap_wanted / gap for name in weights if name.startswith("emotion_classifier.")}
        torch.save({**weights, **scaled}, moved / "weights.pt")
        return calibrate.run(calibrate.CalibrateRecipe(moved, dataset))

    found = calibrated(0.01, folder / "drawn")
    assert json.loads((moved / "calibration.json").read_text())["is_temperature_at_limit"] is True
    assert any("the temperature ends at 0.2, a limit of what is looked at (0.2 to 5)" in one for one in found.notices)
    manifest = drawn(720)
    spoilt = np.where(np.arange(720) % 10 < 2, 1 - manifest.label, manifest.label)
    write_manifest(replace(manifest, label=spoilt), tmp_path / "spoilt")
    found = calibrated(2.0, tmp_path / "spoilt")
    assert found.metrics["is_temperature_at_limit"] is False
    assert not any("the temperature ends at" in one for one in found.notices)


def test_a_threshold_that_silences_is_told_by_calibration_and_export(moved: Path, folder: Path, tmp_path: Path) -> None:
    manifest, trained = drawn(720), open_run(moved)
    chooses = np.flatnonzero(manifest.split == "val")
    lot = evaluate.lots_of(manifest.part("val"), trained)["aligned"]
    logits = evaluate.answer_as_served(trained, lot, "aligned").logits
    spoilt = manifest.label.copy()
    spoilt[chooses] = 1 - logits.argmax(axis=1)
    surest = np.argsort(-np.ptp(logits, axis=1))[:5]
    spoilt[chooses[surest]] = logits[surest].argmax(axis=1)  # of all others the network is wrong
    write_manifest(replace(manifest, label=spoilt), tmp_path / "spoilt")
    found = calibrate.run(calibrate.CalibrateRecipe(moved, tmp_path / "spoilt", error=0.3))
    told = found.metrics["calibration"]
    answers = round(told["answered"] * 120)
    assert 5 <= answers <= 7 and told["abstention"] > 0.5
    few = f"the threshold of {told['abstention']:.2f} rests on {answers} of 120 pictures"
    assert any(one.startswith(few) for one in found.notices)
    silent = f"served, it would say nothing of {100 * (1 - told['answered']):.1f} % of such pictures"
    assert any(one.startswith(silent) for one in found.notices)
    exported = export.run(export.ExportRecipe(moved, folder / "drawn", formats=("weights",)))
    says = f"served, it says no expression below a confidence of {told['abstention']:.2f}: it answers "
    assert f"{says}{100 * told['answered']:.1f} % of the pictures by which that was found" in exported.notices
    found = calibrate.run(calibrate.CalibrateRecipe(moved, tmp_path / "spoilt", error=0.99))
    assert found.metrics["calibration"]["abstention"] == 0 and "rests on" not in str(found.notices)
    exported = export.run(export.ExportRecipe(moved, folder / "drawn", formats=("weights",)))
    assert "says no expression" not in str(exported.notices)


def test_a_run_that_is_not_finished_is_told_with_the_way_to_go_on(tmp_path: Path) -> None:
    def kill(what: str, done: int, _total: int) -> None:
        if what == "steps" and done == 6:  # in the middle of the second epoch
            raise KeyboardInterrupt

    recipe, run = recipe_for(drawn_folder(tmp_path / "drawn")), tmp_path / "run"
    with pytest.raises(KeyboardInterrupt):
        train.run(recipe, run, progress=kill)
    told = f"{run} holds a run that is not finished: mien lab train RECIPE --out {run} --resume goes on with it"
    with pytest.raises(SourceNotFound, match=re.escape(told)):
        evaluate.run(evaluate.EvaluateRecipe(run))
    with pytest.raises(SourceNotFound, match=re.escape(told)):
        export.run(export.ExportRecipe(run))
    train.run(recipe, run, is_resumed=True)
    assert open_run(run).labels == ("neutral", "happiness")


def test_the_licence_of_the_data_reaches_the_card(moved: Path, folder: Path) -> None:
    recipe = export.ExportRecipe(moved, folder / "drawn", formats=("weights",))
    with pytest.raises(SourceNotFound, match="mien lab import"):
        export.run(replace(recipe, dataset=None))
    assert "recogniser" not in str(export.run(recipe).notices)
    card = json.loads((moved / "export" / "card.json").read_text())
    assert card["licence_weights"] == "of whoever trained it; trained on: none" and "drawn faces" in card["data"]
    kept = (moved / "recipe.toml").read_text()
    (moved / "recipe.toml").write_text(kept.replace('start = "scratch"', 'start = "recogniser"'))
    assert "started from the recogniser mobilefacenet" in str(export.run(recipe).notices), "where none is named"
    (moved / "recipe.toml").write_text(kept)
    about = json.loads((moved / "about.json").read_text())
    del about["licence"]  # as runs of before had it
    (moved / "about.json").write_text(json.dumps(about))
    assert open_run(moved).facts.licence == ""
    export.run(recipe)
    assert json.loads((moved / "export" / "card.json").read_text())["licence_weights"] == "of whoever trained it"


@pytest.fixture
def moved(folder: Path, tmp_path: Path) -> Path:
    """The run, as if its dataset lay elsewhere by now."""
    run = shutil.copytree(folder / "run", tmp_path / "moved")
    recipe = (run / "recipe.toml").read_text()
    (run / "recipe.toml").write_text(recipe.replace(str(folder / "drawn"), str(tmp_path / "nowhere")))
    return run


def test_exports_of_a_run_whose_dataset_was_moved(moved: Path, folder: Path) -> None:
    data = folder / "drawn"
    with pytest.raises(SourceNotFound, match="mien lab export"):
        quantize.run(quantize.QuantizeRecipe(moved, data))
    with pytest.raises(SourceNotFound, match="mien lab export"):
        compare.run(compare.CompareRecipe(moved, data))
    recipe = export.ExportRecipe(moved, data, formats=("onnx", "torchscript", "weights"), licence="mine")
    exported = export.run(recipe)
    assert set(exported.metrics["files"]) == {"onnx", "torchscript", "weights"}
    onnx = moved / "export" / "model.onnx"
    card = stated_card(onnx)
    assert str(folder).encode() not in onnx.read_bytes(), "a file that is given away tells nothing of this machine"
    assert card["licence_weights"] == "mine" and card["measured"][0]["name"] == "accuracy"
    assert card["measured"][0]["on"].endswith("cut as serving cuts them"), "which is what lists of models show"
    assert json.loads(read_metadata(onnx)["labels"]) == ["neutral", "happiness"]
    assert str(folder) not in str(read_metadata(onnx)["mien.card"])
    calibration = moved / "calibration.json"
    calibrate.run(calibrate.CalibrateRecipe(moved, data, split="test"))
    told = json.loads(calibration.read_text())
    told["calibration"]["temperature"] = 1.5
    calibration.write_text(json.dumps(told))
    with pytest.raises(SourceNotFound, match="older than the run's training or calibration"):
        quantize.run(quantize.QuantizeRecipe(moved, data, split="test"))
    export.run(recipe)
    write_manifest(replace(drawn(720), split=np.roll(drawn(720).split, 240)), moved / "anew")
    with pytest.raises(UsageError, match="has learnt from 120 of the 120 pictures of the part test"):
        quantize.run(quantize.QuantizeRecipe(moved, moved / "anew", split="test"))


def test_only_what_was_exported_of_the_run_as_it_is_now_is_used(moved: Path, folder: Path) -> None:
    recipe = export.ExportRecipe(moved, folder / "drawn", formats=("torchscript",))
    export.run(recipe)
    exported = moved / "export"
    with pytest.raises(UsageError, match="holds what mien lab export made, which would be lost"):
        evaluate.run(evaluate.EvaluateRecipe(moved, folder / "drawn", out=exported))
    export.run(replace(recipe, formats=("weights",)))
    assert set(export.exports_of(open_run(moved))) == {"torchscript", "weights"}, "made of the same weights"
    (exported / "weights.pt").unlink()
    assert set(export.exports_of(open_run(moved))) == {"torchscript"}
    (exported / "model.torchscript").write_bytes(b"another")
    with pytest.raises(SourceNotFound, match=r"model\.torchscript is not the file that was exported"):
        compare.run(compare.CompareRecipe(moved, folder / "drawn"))
    weights = torch.load(moved / "weights.pt")
    torch.save(
        {name: value + 1 if value.is_floating_point() else value for name, value in weights.items()},
        moved / "weights.pt",
    )
    with pytest.raises(SourceNotFound, match="older than the run's training or calibration"):
        compare.run(compare.CompareRecipe(moved, folder / "drawn"))
    for name in (export.INT8, export.QUANTIZED):
        (exported / name).write_bytes(b"of an earlier export")
    export.run(replace(recipe, formats=("weights",)))
    assert {path.name for path in exported.iterdir()} == {"card.json", "metrics.json", "weights.pt"}
    with pytest.raises(UsageError, match="is the folder of a run"):
        export.run(replace(recipe, out=moved))


def test_what_is_wrong_with_a_dataset_is_shown(tmp_path: Path) -> None:
    manifest = drawn(48)
    manifest.copies[47], manifest.copies[1] = manifest.copies[0], manifest.copies[2]
    manifest.votes[5] = (0.5, 0.5)
    write_manifest(replace(manifest, split=manifest.split), tmp_path / "set")
    found = explore.run(explore.ExploreRecipe(tmp_path / "set", tmp_path / "page"))
    assert found.metrics["copies"] == 2 and found.metrics["copies_across_parts"] == 1
    assert found.metrics["copies_with_different_labels"] == 4
    assert found.metrics["disagreement"]["pictures"] == 1 and found.metrics["disagreement"]["unanimous"] == 0
    page = (tmp_path / "page" / "report.html").read_text()
    assert "Copies in more than one part: 1" in page and "data:image/jpeg;base64," in page
    assert "http://" not in page and "https://" not in page and "<script" not in page


def test_a_search_finds_goes_on_and_keeps_to_its_study(folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("optuna", reason="searching needs optuna, which is not installed")
    recipe = recipe_for(folder / "drawn", **{"training.batch": 64})
    tuning = tune.TuneRecipe(
        tmp_path / "study", trials=2, epochs=1, space=("optimiser.learning_rate", "network.dropout")
    )
    steps: list[tuple[str, int, int]] = []
    first = tune.run(recipe, tuning)
    assert first.metrics["trials"] == 2 and 1e-4 <= first.metrics["best"]["optimiser.learning_rate"] <= 1e-2
    second = tune.run(recipe, replace(tuning, trials=3), progress=lambda *told: steps.append(told))
    assert [one for one in steps if one[0] == "trials"] == [("trials", done, 3) for done in range(4)]
    rates = [one["optimiser.learning_rate"] for one in second.metrics["all"]]
    assert len(set(rates)) == 5, "what goes on draws other values than it began with"
    assert second.metrics["trials"] == 5 and (tmp_path / "study" / "figures" / "history.png").exists()
    assert "learning_rate = " in (tmp_path / "study" / "best.toml").read_text()
    with pytest.raises(UsageError, match="of another recipe or dataset"):
        tune.run(recipe_for(folder / "drawn", seed=9), tuning)
    with pytest.raises(UsageError, match=r"have 1 epochs at most: go on with as many \(--epochs\)"):
        tune.run(recipe, replace(tuning, epochs=2))
    with pytest.raises(UsageError, match=r"network\.kernel_px would be searched without effect"):
        tune.run(recipe, replace(tuning, space=("network.dropout", "network.kernel_px")))
    with pytest.raises(UsageError, match="is the folder of a run"):
        tune.run(recipe, replace(tuning, out=folder / "run"))
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / tune.STUDY).write_bytes(b"no database" * 1000)
    with pytest.raises(SourceUnreadable, match=r"study\.sqlite3 is no study, or it is damaged"):
        tune.run(recipe, replace(tuning, out=tmp_path / "damaged"))
    with pytest.raises(UsageError, match=r"network\.kind cannot be searched"):
        tune.run(recipe, replace(tuning, space=("network.kind",)))


def test_a_search_starts_and_learns_as_training_does(folder: Path, tmp_path: Path) -> None:
    pytest.importorskip("optuna", reason="searching needs optuna, which is not installed")
    tuning = tune.TuneRecipe(tmp_path / "study", trials=1, epochs=1, space=("network.dropout",))
    start = {"network.start": "weights", "network.weights": str(folder / "run" / "weights.pt")}
    slow = {"training.batch": 64, "optimiser.learning_rate": 1e-9}
    found = tune.run(recipe_for(folder / "drawn", **start, **slow), tuning)
    assert found.metrics["best"]["score"] > 0.9, "it starts from a network that knows the faces already"
    with pytest.raises(ModelMismatch, match="another network than SmallCnn"):
        tune.run(recipe_for(folder / "drawn", **start, **{"network.kind": "small-cnn", "network.widths": []}), tuning)
    taught = {"distillation.teachers": [str(folder / "run")]}
    recipe, steps = recipe_for(folder / "drawn", **taught), []
    train.targets_of(recipe, train.gather(recipe), lambda *told: steps.append(told))
    assert ("run: given faces", 480, 480) in steps and ("run: aligned faces", 480, 480) in steps
    write_manifest(drawn(48, ("neutral", "tired")), tmp_path / "other")
    with pytest.raises(UsageError, match=r"the teacher .* knows the labels neutral, happiness"):
        tune.run(recipe_for(tmp_path / "other", **taught), tuning)


def test_what_a_search_tries_reaches_the_network(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("optuna", reason="searching needs optuna, which is not installed")
    seen: list[Recipe] = []

    def watched(recipe: Recipe, *others: object) -> Training:
        seen.append(recipe)
        return train.build_training(recipe, *others)  # type: ignore[arg-type]

    monkeypatch.setattr(tune, "build_training", watched)
    tuning = tune.TuneRecipe(tmp_path / "study", trials=1, epochs=1, space=("network.dropout", "training.batch"))
    found = tune.run(recipe_for(folder / "drawn", **{"network.dropout": 0.55}), tuning)
    best = found.metrics["best"]
    assert (seen[-1].network.dropout, seen[-1].training.batch) == (best["network.dropout"], best["training.batch"])
    assert seen[-1].network.side_px == 48 and seen[-1].training.epochs == 1


def test_unreadable_pictures_end_in_one_clear_error(tmp_path: Path) -> None:
    wide = np.linspace(0, 65535, 48 * 48).reshape(48, 48).astype(np.uint16)
    manifest = drawn(12)
    pictures = (cv2.imencode(".png", wide)[1].tobytes(), b"nothing", *manifest.pictures[2:])
    write_manifest(replace(manifest, pictures=pictures), tmp_path)
    with pytest.raises(Exception, match="cannot be read as a picture"):
        train.run(recipe_for(tmp_path), tmp_path / "run")


def test_labels_that_no_picture_has_are_told_by_whatever_judges(moved: Path, folder: Path, tmp_path: Path) -> None:
    whole = drawn(720)
    write_manifest(whole.select((whole.split == "train") | (whole.label == 0)), tmp_path / "lacking")
    recipe = evaluate.EvaluateRecipe(moved, tmp_path / "lacking", split="test", out=tmp_path / "judged")
    judged = evaluate.run(recipe)
    assert "no picture of happiness in test: means are of the others" in judged.notices
    told = json.loads((tmp_path / "judged" / "metrics.json").read_text())
    assert told["given"]["classes_without_pictures"] == told["aligned"]["classes_without_pictures"] == ["happiness"]
    recipe = evaluate.EvaluateRecipe(moved, folder / "drawn", split="test", out=tmp_path / "whole")
    found = evaluate.run(recipe)
    assert found.metrics["aligned"]["classes_without_pictures"] == () and not found.notices
    learnt = train.run(recipe_for(tmp_path / "lacking", **{"training.epochs": 1}), tmp_path / "run")
    calibrated = calibrate.run(calibrate.CalibrateRecipe(moved, tmp_path / "lacking"))
    exported = export.run(export.ExportRecipe(moved, tmp_path / "lacking", formats=("weights",)))
    for one in (learnt, calibrated, exported):
        assert "no picture of happiness in val: means are of the others" in one.notices
