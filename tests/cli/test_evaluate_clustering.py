"""`mien evaluate clustering` on real faces: a portrait and a man who talks in a car."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest


@pytest.fixture
def people(tmp_path: Path, portrait: Path, carphone: Path) -> Path:
    """Two people, three pictures each, one of them without a face, and a file that is no picture."""
    whole = cv2.imread(str(portrait))
    assert whole is not None
    pictures = {"Eileen Collins": [whole, whole[:, ::-1], cv2.convertScaleAbs(whole, alpha=0.7)], "The caller": []}
    video = cv2.VideoCapture(str(carphone))
    for frame in range(90):
        taken, image = video.read()
        assert taken
        if frame % 40 == 0:
            pictures["The caller"].append(image)
    pictures["The caller"].append(np.full((240, 320, 3), 90, np.uint8))
    for name, images in pictures.items():
        (tmp_path / "people" / name).mkdir(parents=True)
        for number, image in enumerate(images):
            assert cv2.imwrite(str(tmp_path / "people" / name / f"{number}.png"), image)
    (tmp_path / "people" / "notes.txt").write_text("no picture")
    return tmp_path / "people"


def test_faces_are_sorted_by_person_and_pictures_without_one_left_out(mien, people: Path) -> None:
    ended = mien("evaluate", "clustering", "--images", people, "--json")
    told = json.loads(ended.out)
    assert ended.code == 0 and list(told)[:4] == ["precision", "recall", "clusters", "faces"]
    assert told == {
        "precision": 1.0,
        "recall": 1.0,
        "clusters": 2,
        "faces": 6,
        "people": 2,
        "doubtful": 0,
        "left_out": 1,
        "ids_changed": 0,
    }
    assert "clusters                    2" in mien("evaluate", "clustering", "--images", people).out


def test_a_folder_without_people_is_one_line(mien, tmp_path: Path, portrait: Path) -> None:
    for wrong in (tmp_path, tmp_path / "absent", portrait):
        ended = mien("evaluate", "clustering", "--images", wrong, "--json")
        assert ended.code == 1 and ended.out == ""
        (told,) = [line for line in ended.err.splitlines() if not line.startswith("fetching ")]
        assert told.startswith("mien: ") and str(wrong) in told
