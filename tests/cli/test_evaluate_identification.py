"""`mien evaluate identification` on real faces: a man in a car is enrolled, and an astronaut is a stranger."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest


@pytest.fixture
def people(tmp_path: Path, portrait: Path, carphone: Path) -> Path:
    """The caller with a picture of no face, two to enrol and a third, the astronaut with one, and a stray file."""
    folder = tmp_path / "people"
    for name in ("The caller", "Eileen Collins"):
        (folder / name).mkdir(parents=True)
    assert cv2.imwrite(str(folder / "The caller" / "0.png"), np.full((240, 320, 3), 90, np.uint8))
    video = cv2.VideoCapture(str(carphone))
    for frame in range(81):
        taken, image = video.read()
        if frame % 40 == 0:
            assert taken and cv2.imwrite(str(folder / "The caller" / f"{frame + 1}.png"), image)
    (folder / "Eileen Collins" / "1.png").write_bytes(portrait.read_bytes())
    (folder / "notes.txt").write_text("no picture")
    return folder


def test_people_are_named_and_strangers_are_not(mien, people: Path) -> None:
    ended = mien("evaluate", "identification", "--images", people, "--enrol", "2", "--json")

    told = json.loads(ended.out)
    assert ended.code == 0
    assert list(told)[:5] == ["tpir_at_fpir_0.01", "rank1", "people", "probes", "strangers"]
    assert told.pop("threshold") < 0.3
    assert told == {
        "tpir_at_fpir_0.01": 0.5,  # the refused picture, which has no face, is a probe that is not named
        "rank1": 0.5,
        "people": 1,
        "probes": 2,
        "strangers": 1,
        "as_set": {"tpir": 0.5, "misnamed": 0.0, "fpir": 0.0},
        "refused": 1,
        "without_face": 1,
    }
    assert (
        "as_set fpir                 0.0000"
        in mien("evaluate", "identification", "--images", people, "--enrol", "2").out
    )


def test_a_folder_without_people_or_with_a_broken_picture_is_one_line(mien, people: Path, tmp_path: Path) -> None:
    (tmp_path / "nobody").mkdir()
    broken = people / "Eileen Collins" / "1.png"
    broken.write_bytes(b"no picture")
    for wrong, code in ((tmp_path / "absent", 1), (tmp_path / "nobody", 2), (people, 1)):
        ended = mien("evaluate", "identification", "--images", wrong, "--enrol", "2", "--json")
        assert ended.code == code and ended.out == ""
        (told,) = [line for line in ended.err.splitlines() if not line.startswith("fetching ")]
        assert told.startswith("mien: ") and str(wrong) in told
