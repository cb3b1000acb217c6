"""No run is judged by pictures it has learnt from, nor by those of the runs whose knowledge it took over."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="making networks needs torch, which is not installed")

from tests.lab.test_train import recipe_for  # noqa: E402
from tests.support.lab import drawn, drawn_folder  # noqa: E402

from mien.domain.errors import SourceUnreadable, UsageError  # noqa: E402
from mien.lab import calibrate, evaluate, export, train  # noqa: E402
from mien.lab.datasets.manifest import write_manifest  # noqa: E402
from mien.lab.learning.learnt import LEARNT, read_learnt, run_of  # noqa: E402
from mien.lab.recipe import Recipe  # noqa: E402

SHORT = {"training.epochs": 1, "training.batch": 32}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run, its dataset, and the same pictures split anew: 40 of the 80 that choose and judge there were learnt."""
    folder = tmp_path_factory.mktemp("learnt")
    drawn_folder(folder / "drawn", 240)
    train.run(recipe_for(folder / "drawn", **SHORT), folder / "run")
    anew = drawn(240)
    write_manifest(replace(anew, split=np.roll(anew.split, 40)), folder / "anew")
    return folder


def test_a_dataset_that_was_split_anew_does_not_judge(folder: Path) -> None:
    run, anew = folder / "run", folder / "anew"
    assert (run / LEARNT).stat().st_size < 160 * 8 + 600
    before = (run / "metrics.json").read_text()
    for judged in (
        lambda: evaluate.run(evaluate.EvaluateRecipe(run, anew)),
        lambda: calibrate.run(calibrate.CalibrateRecipe(run, anew)),
        lambda: export.run(export.ExportRecipe(run, anew, formats=("weights",))),
    ):
        with pytest.raises(UsageError, match="has learnt from 20 of the 40 pictures of the part"):
            judged()
    assert (run / "metrics.json").read_text() == before
    assert not (run / "calibration.json").exists() and not (run / "export").exists()
    assert not any("learnt from" in one for one in evaluate.run(evaluate.EvaluateRecipe(run)).notices)
    with pytest.raises(UsageError, match="has learnt from the part train of this dataset, which does not judge it"):
        evaluate.run(evaluate.EvaluateRecipe(run, split="train"))


def test_a_run_that_does_not_tell_is_judged_with_a_notice(folder: Path, tmp_path: Path) -> None:
    old = shutil.copytree(folder / "run", tmp_path / "old")
    (old / LEARNT).unlink()
    found = evaluate.run(evaluate.EvaluateRecipe(old))
    assert not any("learnt from" in one for one in found.notices), "training has looked at its own dataset"
    found = evaluate.run(evaluate.EvaluateRecipe(old, folder / "anew"))
    assert "does not tell which pictures it has learnt from" in found.notices[0]
    taught = train.run(
        recipe_for(folder / "anew", **SHORT, **{"distillation.teachers": [str(old)]}), tmp_path / "pupil"
    )
    assert "does not tell" in taught.notices[0]
    found = evaluate.run(evaluate.EvaluateRecipe(tmp_path / "pupil", others_of(tmp_path / "others")))
    assert "pupil took over knowledge of unknown pictures" in found.notices[0]
    found = evaluate.run(evaluate.EvaluateRecipe(tmp_path / "pupil"))
    assert "pupil took over knowledge of unknown pictures" in found.notices[0], "its own dataset may be among them"
    (old / LEARNT).write_bytes(b"half")
    with pytest.raises(SourceUnreadable, match=r"learnt\.npz is not what mien lab train writes"):
        evaluate.run(evaluate.EvaluateRecipe(old, folder / "anew"))


def others_of(folder: Path) -> Path:
    """Pictures that no run here has learnt from, of whose training, choosing and judging they are."""
    write_manifest(replace(drawn(264).select(np.arange(240, 264)), split=drawn(24).split), folder)
    return folder


def from_weights(dataset: Path, weights: Path) -> Recipe:
    return recipe_for(dataset, **SHORT, **{"network.start": "weights", "network.weights": str(weights)})


def test_knowledge_of_pictures_that_choose_or_judge_is_not_taken_over(folder: Path, tmp_path: Path) -> None:
    taught = recipe_for(folder / "anew", **SHORT, **{"distillation.teachers": [str(folder / "run")]})
    for recipe in (taught, from_weights(folder / "anew", folder / "run" / "weights.pt")):
        with pytest.raises(UsageError, match="20 of the 40 pictures of the part val, which judge neither it nor what"):
            train.run(recipe, tmp_path / "pupil")
    assert not (tmp_path / "pupil").exists()
    train.run(from_weights(others_of(tmp_path / "others"), folder / "run" / "weights.pt"), tmp_path / "pupil")
    learnt = read_learnt(tmp_path / "pupil")
    assert learnt is not None and len(learnt.digests) == 160 + 16 and learnt.is_complete
    with pytest.raises(UsageError, match="has learnt from 20 of the 40 pictures"):
        evaluate.run(evaluate.EvaluateRecipe(tmp_path / "pupil", folder / "anew"))


def test_ready_made_crops_are_known_by_their_pixels_in_whatever_format(folder: Path, tmp_path: Path) -> None:
    anew = drawn(240)
    pictures = [cv2.imencode(".tiff", cv2.imdecode(np.frombuffer(one, np.uint8), 0))[1] for one in anew.pictures]
    assert not {one.tobytes() for one in pictures} & {*anew.pictures}
    encoded = tuple(one.tobytes() for one in pictures)
    write_manifest(replace(anew, split=np.roll(anew.split, 40), pictures=encoded), tmp_path / "tiff")
    with pytest.raises(UsageError, match="has learnt from 20 of the 40 pictures of the part test"):
        evaluate.run(evaluate.EvaluateRecipe(folder / "run", tmp_path / "tiff"))


def test_weights_without_their_run_are_told(folder: Path, tmp_path: Path) -> None:
    lone = shutil.copy(folder / "run" / "weights.pt", tmp_path / "lone.pt")
    found = train.run(from_weights(folder / "drawn", Path(lone)), tmp_path / "pupil")
    assert "lone.pt lies in no run: what it has learnt from is unknown" in found.notices[0]
    learnt = read_learnt(tmp_path / "pupil")
    assert learnt is not None and not learnt.is_complete
    own = train.run(from_weights(folder / "drawn", folder / "run" / "weights.pt"), tmp_path / "own")
    assert own.notices == () and own.metrics["origins"]["weights"] == found.metrics["origins"]["weights"]


def test_weights_are_of_the_run_in_whose_folder_they_lie(folder: Path, tmp_path: Path) -> None:
    assert run_of(folder / "run" / "weights.pt") == run_of(folder / "run" / "export" / "weights.pt") == folder / "run"
    assert run_of(tmp_path / "resnet18.pth") is None


def test_numbers_of_another_dataset_lie_beside_those_of_the_own(folder: Path, tmp_path: Path) -> None:
    run = shutil.copytree(folder / "run", tmp_path / "run")
    own = evaluate.run(evaluate.EvaluateRecipe(run))
    others = drawn(264).select(np.arange(240, 264))
    write_manifest(replace(others, split=np.full(24, "test")), tmp_path / "others")
    other = evaluate.run(evaluate.EvaluateRecipe(run, tmp_path / "others"))
    assert (own.folder.name, other.folder.name) == ("evaluation-test", "evaluation-others-test")
    moved = shutil.copytree(folder / "drawn", tmp_path / "moved")
    assert evaluate.run(evaluate.EvaluateRecipe(run, moved)).folder == own.folder, "wherever it lies, it is the own one"
    with pytest.raises(UsageError, match="is the folder of a run"):
        evaluate.run(evaluate.EvaluateRecipe(run, out=run))
    write_manifest(replace(others, split=np.full(24, "test")).select(np.arange(20)), tmp_path / "away" / "others")
    with pytest.raises(UsageError, match="holds the numbers of another dataset"):
        evaluate.run(evaluate.EvaluateRecipe(run, tmp_path / "away" / "others"))
    assert json.loads((run / "metrics.json").read_text())["verb"] == "train"


def test_faces_without_landmarks_are_not_judged_as_aligned(folder: Path, tmp_path: Path) -> None:
    run = shutil.copytree(folder / "run", tmp_path / "run")
    manifest = drawn(240)
    hidden = np.isin(np.arange(240), np.flatnonzero(manifest.split == "test")[:8])
    manifest.landmarks[hidden] = np.nan
    write_manifest(manifest, tmp_path / "half")
    whole, found = (evaluate.run(evaluate.EvaluateRecipe(run, data)) for data in (None, tmp_path / "half"))
    assert (found.metrics["given"]["count"], found.metrics["aligned"]["count"]) == (40, 32)
    assert found.metrics["given"] == whole.metrics["given"] and found.metrics["without_landmarks"] == 8
    assert "8 of 40 pictures are left out where faces are aligned" in found.notices[0]
    told = calibrate.run(calibrate.CalibrateRecipe(run, tmp_path / "half", split="test"))
    assert (told.metrics["pictures"], told.metrics["without_landmarks"]) == (32, 8) and told.notices
    manifest.landmarks[manifest.split != "train"] = np.nan
    write_manifest(manifest, tmp_path / "none")
    assert "aligned" not in evaluate.run(evaluate.EvaluateRecipe(run, tmp_path / "none")).metrics
    with pytest.raises(UsageError, match="labelled pictures with landmarks in test, found 0"):
        calibrate.run(calibrate.CalibrateRecipe(run, tmp_path / "none", split="test"))
    material = train.gather(recipe_for(tmp_path / "half"))
    assert len(material.training) == 160 and set(material.choosing) == {"given", "aligned"}
    assert set(train.gather(recipe_for(tmp_path / "none")).choosing) == {"given"}
