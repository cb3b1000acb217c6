"""`mien lbph`, from pictures to names, on the portrait and the video that mien fetches like its weights."""

import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

WOMAN, MAN = "Eileen Collins", "Zoë, the driver"


@pytest.fixture(scope="module")
def pictures(portrait: Path, carphone: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with pictures of two people: the portrait in different light and turns, and frames of the video."""
    folder = tmp_path_factory.mktemp("pictures")
    woman, video = cv2.imread(str(portrait)), cv2.VideoCapture(str(carphone))
    frames = [cv2.resize(video.read()[1], None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC) for _ in range(110)]
    for name, shown in ((WOMAN, None), (MAN, frames)):
        (folder / name).mkdir()
        for number in range(4):
            if shown is not None:
                picture = shown[number * 30]
            else:
                turn = cv2.getRotationMatrix2D((224, 125), 6 * number - 9, 0.8 + 0.08 * number)
                picture = cv2.warpAffine(woman, turn, (512, 512))
                picture = np.clip(picture * (1.2 - 0.1 * number), 0, 255).astype(np.uint8)
            cv2.imwrite(str(folder / name / f"{number}.png"), picture)
    return folder


@pytest.fixture(scope="module")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("trained") / "model"


@pytest.fixture
def trained(mien, pictures: Path, model_folder: Path) -> Path:
    if not model_folder.exists():
        assert mien("lbph", "train", pictures, "--out", model_folder).code == 0
    return model_folder


def test_faces_are_cut_out_of_a_folder_a_video_and_a_picture(
    mien, pictures: Path, portrait: Path, tmp_path: Path
) -> None:
    faces = tmp_path / "faces"
    ended = mien("lbph", "acquire", MAN, pictures / MAN, "--out", faces, "--snapshots", "3", "--json")
    told = json.loads(ended.out)
    assert ended.code == 0 and (told["name"], len(told["faces"])) == (MAN, 3)
    assert cv2.imread(told["faces"][0], cv2.IMREAD_UNCHANGED).shape == (112, 112)
    assert MAN not in ended.err
    ended = mien("lbph", "acquire", WOMAN, portrait, "--out", faces)
    assert ended.code == 0 and ended.out == f"{faces / WOMAN}: 1 of 10 faces\n"
    trained = mien("lbph", "train", faces, "--out", tmp_path / "model", "--json")
    assert json.loads(trained.out)["people"] == {WOMAN: 1, MAN: 3}


def test_training_tells_whom_it_knows_and_how_surely(mien, pictures: Path, tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    shutil.copytree(pictures, folder)
    (folder / MAN / "notes.txt").write_text("no picture")
    ended = mien("lbph", "train", folder, "--out", tmp_path / "model")
    assert ended.code == 0 and WOMAN in ended.out and "nobody from a distance of" in ended.out
    assert "notes.txt" in ended.err
    told = json.loads(mien("lbph", "train", folder, "--out", tmp_path / "model", "--json").out)
    assert told["people"] == {WOMAN: 4, MAN: 4} and told["method"] in ("apart", "strangers")
    assert [Path(path).name for path in told["files"]] == ["model.yml", "model.json"]


def test_a_face_is_recognised_and_another_is_nobodys(mien, trained: Path, pictures: Path, portrait: Path) -> None:
    ended = mien("lbph", "predict", trained, portrait, "--json")
    (face,) = json.loads(ended.out)["faces"]
    assert ended.code == 0 and list(face) == ["box", "score", "identity", "name", "distance", "threshold"]
    assert (face["identity"], face["name"]) == ("known", WOMAN) and face["distance"] < face["threshold"]
    only_her = trained.parent / "only-her"
    alone = trained.parent / "alone"
    shutil.copytree(pictures / WOMAN, only_her / WOMAN, dirs_exist_ok=True)
    assert mien("lbph", "train", only_her, "--out", alone).code == 0
    (man,) = json.loads(mien("lbph", "predict", alone, pictures / MAN / "3.png", "--json").out)["faces"]
    assert (man["identity"], man["name"]) == ("unknown", "") and man["distance"] >= man["threshold"]
    assert "unknown" in mien("lbph", "predict", alone, pictures / MAN / "3.png").out


def test_a_picture_without_a_face_is_no_failure(mien, trained: Path, tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "empty.png"), np.full((240, 320, 3), 90, np.uint8))
    ended = mien("lbph", "predict", trained, tmp_path / "empty.png", "--json")
    assert ended.code == 0 and json.loads(ended.out) == {"faces": []}
    assert mien("lbph", "predict", trained, tmp_path / "empty.png").out == "no face was found\n"


def is_one_line(ended) -> bool:
    return ended.out == "" and ended.err.startswith("mien: ") and ended.err.count("\n") == 1


def test_bad_input_is_one_clear_line(mien, trained: Path, portrait: Path, pictures: Path, tmp_path: Path) -> None:
    ended = mien("lbph", "predict", tmp_path, portrait)
    assert ended.code == 1 and is_one_line(ended) and "holds no LBPH model" in ended.err
    ended = mien("lbph", "predict", trained, tmp_path / "absent.jpg")
    assert ended.code == 1 and is_one_line(ended) and "absent.jpg" in ended.err
    ended = mien("lbph", "train", tmp_path, "--out", tmp_path / "model")
    assert ended.code == 1 and is_one_line(ended) and "holds no folders" in ended.err
    (tmp_path / "pictures" / "Ann").mkdir(parents=True)
    ended = mien("-q", "lbph", "train", tmp_path / "pictures", "--out", tmp_path / "model")
    assert ended.code == 1 and is_one_line(ended) and "holds no face to train on" in ended.err
    shutil.copy(portrait, tmp_path / "pictures" / "Ann")
    ended = mien("-q", "lbph", "train", tmp_path / "pictures", "--out", tmp_path / "model")
    assert ended.code == 1 and is_one_line(ended) and "at least two faces" in ended.err
    assert not (tmp_path / "model").exists()


def test_one_person_under_two_names_is_named(mien, pictures: Path, tmp_path: Path) -> None:
    folder = tmp_path / "pictures"
    shutil.copytree(pictures, folder)
    shutil.copytree(pictures / WOMAN, folder / "Eileen")
    ended = mien("lbph", "train", folder, "--out", tmp_path / "model")
    assert ended.code == 0 and ended.err.startswith(f"careful: Eileen and {WOMAN} are the most alike here.")
    told = mien("lbph", "train", folder, "--out", tmp_path / "model", "--json")
    assert json.loads(told.out)["alike"] == ["Eileen", WOMAN]
    assert "careful" not in mien("lbph", "train", pictures, "--out", tmp_path / "other").err


def test_of_a_source_that_is_not_there_nothing_else_is_said(mien, portrait: Path, tmp_path: Path) -> None:
    faces = tmp_path / "faces"
    assert mien("lbph", "acquire", WOMAN, portrait, "--out", faces).code == 0
    ended = mien("lbph", "acquire", WOMAN, tmp_path / "absent.mp4", "--out", faces)
    assert ended.code == 1 and is_one_line(ended) and "absent.mp4 does not exist" in ended.err


def test_names_that_are_no_folder_are_refused(mien, portrait: Path, tmp_path: Path) -> None:
    for name in ("../elsewhere", "a\\b", ".hidden"):
        ended = mien("lbph", "acquire", name, portrait, "--out", tmp_path / "faces")
        assert ended.code == 2 and is_one_line(ended) and "cannot hold / or" in ended.err
    assert not (tmp_path / "faces").exists()


def test_a_source_that_shows_nobody_leaves_nothing(mien, tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "empty.png"), np.full((240, 320, 3), 90, np.uint8))
    ended = mien("lbph", "acquire", "Ann", tmp_path / "empty.png", "--out", tmp_path / "faces")
    assert ended.code == 1 and is_one_line(ended) and "no face was found" in ended.err
    assert not (tmp_path / "faces").exists()


def test_nothing_is_written_into_the_home(mien, portrait: Path, pictures: Path, home: Path) -> None:
    for command in (("acquire", WOMAN, portrait), ("train", pictures)):
        ended = mien("lbph", *command, "--out", home / "out")
        assert ended.code == 2 and is_one_line(ended) and "lies in the home" in ended.err
    assert not (home / "out").exists()


def test_what_is_written_is_told_when_somebody_is_forgotten(
    mien, portrait: Path, pictures: Path, home: Path, tmp_path: Path
) -> None:
    faces, model = tmp_path / "faces", tmp_path / "model"
    assert mien("lbph", "acquire", WOMAN, portrait, "--out", faces).code == 0
    assert not (home / "mien.sqlite3").exists(), "nobody is in it to be forgotten"
    assert mien("people", "enrol", WOMAN, portrait, "--consent", "identify,keep").code == 0
    assert mien("lbph", "acquire", WOMAN, portrait, "--out", faces).code == 0
    assert mien("lbph", "train", pictures, "--out", model).code == 0
    outside = json.loads(mien("people", "forget", WOMAN, "--dry-run", "--json").out)["outside"]
    assert [(one["kind"], one["path"]) for one in outside] == [("faces", str(faces)), ("recogniser", str(model))]
    told = mien("people", "forget", WOMAN, "--yes").out
    assert f"not covered: {faces} (faces of" in told and f"not covered: {model} (recogniser of" in told
