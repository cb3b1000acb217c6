"""Comparing, identifying and evaluating on a handful of pictures."""

import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.support.command import Within
from tests.support.encoding import read_pictures

FACE = (180, 71, 265, 176)  # of the portrait, in px


@pytest.fixture(scope="module")
def album(tmp_path_factory: pytest.TempPathFactory, portrait: Path, carphone: Path) -> Path:
    """Two pictures each of two people, in the layout of LFW."""
    folder = tmp_path_factory.mktemp("album")
    picture = cv2.imread(str(portrait))
    assert picture is not None
    man = list(read_pictures(carphone, 60))
    pictures = {"Eileen": (picture, picture[:, ::-1]), "Man": (man[0], man[50])}
    for name, both in pictures.items():
        (folder / name).mkdir()
        for number, one in enumerate(both, start=1):
            assert cv2.imwrite(str(folder / name / f"{name}_{number:04d}.jpg"), one)
    return folder


def test_verification(within: Within, album: Path, tmp_path: Path) -> None:
    pairs = tmp_path / "pairs.txt"
    pairs.write_text("2\nEileen\t1\t2\nMan\t1\t2\nEileen\t1\tMan\t1\nEileen\t2\tMan\t2\n")
    ended = within("evaluate", "verification", "--images", album, "--pairs", pairs, "--json")
    found = ended.json
    assert (ended.code, ended.err) == (0, "")
    assert {"accuracy", "std", "threshold", "tar_at_far_0.01", "tar_at_far_0.001", "pairs", "skipped"} <= found.keys()
    assert (found["accuracy"], found["tar_at_far_0.01"], found["pairs"], found["skipped"]) == (1, 1, 4, 0)
    assert 0 < found["threshold"] < 0.9


@pytest.mark.parametrize("degrade", [pytest.param((), marks=pytest.mark.exhaustive), ("--degrade", "1")])
def test_quality(within: Within, album: Path, tmp_path: Path, degrade: tuple[str, ...]) -> None:
    pairs = tmp_path / "pairs.txt"
    pairs.write_text("2\nEileen\t1\t2\nMan\t1\t2\nEileen\t1\tMan\t1\nEileen\t2\tMan\t2\n")
    ended = within("evaluate", "quality", "--images", album, "--pairs", pairs, *degrade, "--json")
    found = ended.json
    assert ended.code == 0 and list(found) == ["fmr", "methods"] and found["fmr"] == 0.001
    always = {"built-in", "sharpness", "detection-score", "embedding-norm", "qualityface"}
    assert always <= set(found["methods"]) <= always | {"lightqnet"}  # which no registry serves
    for curve in found["methods"].values():
        assert set(curve) == {"fnmr", "area"} and {"0.0", "0.1", "0.2"} <= set(curve["fnmr"])
        assert 0 <= curve["area"] <= 1 and all(0 <= rate <= 1 for rate in curve["fnmr"].values())
    if not degrade:
        assert found["methods"]["built-in"]["fnmr"]["0.0"] == 0


def test_detection(within: Within, album: Path, tmp_path: Path) -> None:
    truth = tmp_path / "truth.json"
    missed = {"file": "Man/Man_0001.jpg", "boxes": [[0, 0, 40, 40]]}
    truth.write_text(json.dumps({"images": [{"file": "Eileen/Eileen_0001.jpg", "boxes": [FACE]}, missed]}))
    ended = within("evaluate", "detection", "--images", album, "--truth", truth, "--json")
    found = ended.json
    assert (ended.code, ended.err) == (0, "")
    assert {"recall_16px_at_p90", "recall_16px", "precision_16px", "recall_all", "ap"} <= found.keys()
    assert found["recall_16px"] == 0.5 and found["precision_16px"] == pytest.approx(0.5)


def test_emotion(within: Within, album: Path, tmp_path: Path) -> None:
    folder = tmp_path / "expressions"
    for name in ("happy", "surprised"):
        (folder / name).mkdir(parents=True)
        shutil.copy(album / "Eileen" / "Eileen_0001.jpg", folder / name / "a.jpg")
    ended = within("evaluate", "emotion", "--dataset", folder, "--classes", "7", "--json")
    found = ended.json
    assert (ended.code, ended.err) == (0, "")
    assert set(found) >= {"accuracy", "macro_recall", "ece", "labels", "confusion", "count"}
    assert found["count"] == 2 and len(found["labels"]) == 7 and "contempt" not in found["labels"]
    assert np.array(found["confusion"]).shape == (7, 7) and np.sum(found["confusion"]) == 2
    assert found["accuracy"] in (0, 0.5)  # one picture cannot be both


def test_what_cannot_be_measured_is_one_line(within: Within, album: Path, tmp_path: Path) -> None:
    pairs = tmp_path / "pairs.txt"
    pairs.write_text("1\nEileen\t1\t9\nEileen\t1\tMan\t1\n")
    ended = within("evaluate", "verification", "--images", album, "--pairs", pairs, "--json")
    assert ended.code == 1 and ended.out == ""
    assert len(ended.lines) == 1 and "Eileen_0009.jpg" in ended.err
