"""The classic recogniser: it knows whom it was trained on, says nobody to others, and its files are what they claim."""

import hashlib
import json
import os
import stat
from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.support.scripted import KnowingDetector, scene

from mien.domain.errors import GalleryError, ModelCorrupt, ResultError
from mien.gallery.lbph.model import LbphModel, are_alike
from mien.gallery.lbph.rejection import measured, stranger_distance


def face(person: int, view: int, strength: float = 14.0) -> np.ndarray:
    """A picture (112, 112) with a texture of its own for each person, and noise and light that differ by view."""
    coarse = np.random.default_rng(person).integers(0, 256, (14, 14), np.uint8)
    own = cv2.resize(coarse, (112, 112), interpolation=cv2.INTER_CUBIC).astype(np.float32)
    chance = np.random.default_rng([person, view])
    shade = np.linspace(1, chance.uniform(0.6, 1.0), 112)[None]
    return np.clip(own * shade + chance.normal(0, strength, own.shape), 0, 255).astype(np.uint8)


def views(*people: int, count: int = 4, strength: float = 14.0) -> dict[str, list[np.ndarray]]:
    return {f"person {person}": [face(person, view, strength) for view in range(count)] for person in people}


@pytest.fixture(scope="module")
def model() -> LbphModel:
    return LbphModel.train(views(1, 2, 3))


def test_people_are_known_in_other_views_and_strangers_are_nobody(model: LbphModel) -> None:
    for person in (1, 2, 3):
        assert {model.predict(face(person, view)).name for view in range(10, 15)} == {f"person {person}"}
    assert {model.predict(face(stranger, 0)).name for stranger in range(50, 70)} == {""}


def test_strangers_say_where_nobody_begins_and_not_how_alike_the_faces_of_one_minute_are(model: LbphModel) -> None:
    rejection = model.rejection
    assert (rejection.method, rejection.threshold) == ("strangers", stranger_distance(12))
    assert (rejection.false_rejects, rejection.false_accepts, rejection.faces) == (0, 0, 12)
    alone = LbphModel.train(views(1, count=40, strength=2.0)).rejection
    assert (alone.method, alone.threshold, alone.false_accepts) == ("strangers", stranger_distance(40), None)
    assert LbphModel.train(views(1, 2, count=1)).rejection.false_rejects is None


def test_the_more_faces_there_are_the_nearer_strangers_come_by_chance() -> None:
    assert stranger_distance(1) > stranger_distance(10) > stranger_distance(100) > 100


def test_where_people_look_alike_to_the_camera_few_others_are_accepted() -> None:
    own, others = np.linspace(10, 60, 101), np.linspace(40, 90, 101)
    rejection = measured(own, others, 101)
    assert rejection.method == "others" and rejection.false_accepts is not None
    assert rejection.false_accepts <= 0.05 and rejection.threshold == pytest.approx(42.5)
    assert rejection.false_rejects == pytest.approx(0.35, abs=0.02)


def test_one_person_under_two_names_is_named_among_others() -> None:
    known = views(1, 2, 3, count=6)
    twice = {**known, "again 2": [face(2, view) for view in range(20, 24)]}
    assert LbphModel.train(twice).alike == ("again 2", "person 2")
    assert LbphModel.train(known).alike == ()


def test_faces_of_somebody_else_are_told_from_more_of_the_same_person() -> None:
    there = [face(1, view) for view in range(6)]
    assert are_alike(there, [face(50, 0), face(1, 9)])
    assert not are_alike(there, [face(stranger, 0) for stranger in range(50, 60)])


@pytest.mark.parametrize("faces", [{}, {"Ann": []}, {"Ann": [face(1, 0)], "Bob": []}])
def test_too_few_faces_are_refused(faces: dict) -> None:
    with pytest.raises(GalleryError, match="at least two faces"):
        LbphModel.train(faces)


def test_a_model_comes_back_as_it_was_saved(model: LbphModel, tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        files = model.save(tmp_path / "model")
    finally:
        os.umask(before)
    assert [path.name for path in files] == ["model.yml", "model.json"]
    assert sorted(path.name for path in files[0].parent.iterdir()) == ["model.json", "model.yml"]
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (*files, tmp_path / "model")]
    assert modes == [0o600, 0o600, 0o700], "names and histograms of faces are for their owner's eyes"
    loaded = LbphModel.load(tmp_path / "model")
    assert (loaded.names, loaded.rejection) == (model.names, model.rejection)
    assert loaded.predict(face(2, 30)) == model.predict(face(2, 30))
    sheet = json.loads(files[1].read_text())
    assert sheet["names"] == ["person 1", "person 2", "person 3"] and sheet["crop"]["channels"] == "grey"
    assert sheet["version"] == 2 and sheet["rejection"]["threshold"] == model.rejection.threshold


def test_a_slip_in_the_path_makes_no_folders(model: LbphModel, tmp_path: Path) -> None:
    with pytest.raises(ResultError, match="could not be written"):
        model.save(tmp_path / "slip" / "model")
    assert list(tmp_path.iterdir()) == []


def test_every_face_of_a_picture_is_looked_at(model: LbphModel) -> None:
    faces, answers = model.look(scene((320, 180), (30, 50), (200, 60)), KnowingDetector())
    assert len(faces) == len(answers) == 2 and {answer.name for answer in answers} == {""}
    assert model.look(scene((320, 180)), KnowingDetector())[1] == ()


@pytest.fixture
def saved(model: LbphModel, tmp_path: Path) -> Path:
    model.save(tmp_path)
    return tmp_path


def spoilt(folder: Path, **changes: object) -> None:
    sheet = json.loads((folder / "model.json").read_text())
    (folder / "model.json").write_text(json.dumps(sheet | changes))


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "absent"):
        with pytest.raises(ModelCorrupt, match=r"holds no LBPH model: expected model\.yml and model\.json"):
            LbphModel.load(folder)


def test_a_model_of_another_version_or_kind_says_so(saved: Path) -> None:
    spoilt(saved, version=1)
    with pytest.raises(ModelCorrupt, match="'mien-lbph' 1, expected 'mien-lbph' 2"):
        LbphModel.load(saved)
    spoilt(saved, version=2, format="other")
    with pytest.raises(ModelCorrupt, match="'other' 2"):
        LbphModel.load(saved)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"format": "mien-lbph", "version": 2}', "\x00"])
def test_a_sheet_that_is_none_is_refused(saved: Path, text: str) -> None:
    (saved / "model.json").write_text(text)
    with pytest.raises(ModelCorrupt, match="does not describe an LBPH model"):
        LbphModel.load(saved)


def test_a_sheet_with_a_wrong_value_is_refused(saved: Path) -> None:
    spoilt(saved, names="Ann")
    with pytest.raises(ModelCorrupt, match="does not describe an LBPH model: "):
        LbphModel.load(saved)


def test_other_crops_and_damaged_histograms_are_refused(saved: Path) -> None:
    network = (saved / "model.yml").read_bytes()
    (saved / "model.yml").write_bytes(network[: len(network) // 2])
    with pytest.raises(ModelCorrupt, match="is damaged, or not the one"):
        LbphModel.load(saved)
    (saved / "model.yml").write_bytes(network)
    crop = json.loads((saved / "model.json").read_text())["crop"]
    spoilt(saved, crop=crop | {"size": 96})
    with pytest.raises(ModelCorrupt, match="cut otherwise"):
        LbphModel.load(saved)
    spoilt(saved, crop=crop, faces=11)
    with pytest.raises(ModelCorrupt, match="does not hold the 11 faces"):
        LbphModel.load(saved)


def test_a_file_that_opencv_cannot_read_is_one_clear_error(saved: Path) -> None:
    (saved / "model.yml").write_text("%YAML:1.0\n---\nopencv_lbphfaces: { broken")
    spoilt(saved, sha256=hashlib.sha256((saved / "model.yml").read_bytes()).hexdigest())
    with pytest.raises(ModelCorrupt, match=r"model\.yml does not"):
        LbphModel.load(saved)
