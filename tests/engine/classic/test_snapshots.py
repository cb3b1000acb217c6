import stat
from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.support.faces import MODEL
from tests.support.scripted import KnowingDetector, KnownPixels, ScriptedAssessor, scene

from mien.domain.errors import GalleryError, ResultError, SourceUnreadable, UsageError
from mien.domain.frame import Pixels
from mien.engine.classic.snapshots import cut_folder, faces_there, folder_name, save_face
from mien.gallery.enrolment.sight import Sight
from mien.gallery.lbph.model import LBPH_CROP
from mien.gallery.matching.thresholds import EnrolmentSettings
from mien.sources.pixels import ArrayPixels
from mien.vision.recognition.lbph import LbphRecogniser

SIZE = (320, 180)


def open_picture(path: Path) -> Pixels:
    image = cv2.imread(str(path))
    if image is None:
        raise SourceUnreadable(f"{path.name} is no picture")
    faces = scene(SIZE, (30, 50)).faces if image.shape[:2] == (180, 320) else scene(SIZE).faces
    return KnownPixels(np.asarray(image, np.uint8), faces)


@pytest.fixture
def sight() -> Sight:
    settings = EnrolmentSettings(min_quality=0.5, min_norm=0.0)
    return Sight(open_picture, KnowingDetector(), ScriptedAssessor(), LbphRecogniser(LBPH_CROP, MODEL), settings)


def test_saved_faces_are_numbered_on_and_come_back_as_they_are(sight: Sight, tmp_path: Path) -> None:
    face = np.random.default_rng(0).integers(0, 256, (112, 112), np.uint8)
    faces = tmp_path / "faces"
    paths = [save_face(faces, "Ann", face) for _ in range(2)]
    paths[0].unlink()
    assert [path.name for path in (*paths, save_face(faces, "Ann", face))] == ["001.png", "002.png", "003.png"]
    ((name, path, snapshot), _) = list(cut_folder(faces, sight))
    assert (name, path) == ("Ann", paths[1]) and np.array_equal(snapshot.face, face)
    modes = {one.name: stat.S_IMODE(one.stat().st_mode) for one in (faces, *faces.rglob("*"))}
    assert modes == {"faces": 0o700, "Ann": 0o700, "002.png": 0o600, "003.png": 0o600}


def test_a_slip_in_the_path_makes_no_folders(tmp_path: Path) -> None:
    with pytest.raises(ResultError, match="faces could not be made"):
        save_face(tmp_path / "slip" / "faces", "Ann", np.zeros((112, 112), np.uint8))
    assert list(tmp_path.iterdir()) == []


def test_of_other_pictures_the_face_is_cut_and_what_shows_none_is_told(sight: Sight, tmp_path: Path) -> None:
    for name in ("Ann", "Bob", ".hidden"):
        (tmp_path / name).mkdir()
    cv2.imwrite(str(tmp_path / "Ann" / "whole.png"), scene(SIZE, (30, 50)).bgr())
    cv2.imwrite(str(tmp_path / "Ann" / "nobody.png"), np.zeros((60, 60, 3), np.uint8))
    (tmp_path / "Bob" / "notes.txt").write_text("no picture")
    (tmp_path / "beside.txt").write_text("passed over")
    cut = [
        (name, path.name, snapshot.face is not None, snapshot.reason)
        for name, path, snapshot in cut_folder(tmp_path, sight)
    ]
    assert cut == [
        ("Ann", "nobody.png", False, "no face was found"),
        ("Ann", "whole.png", True, ""),
        ("Bob", "notes.txt", False, "notes.txt is no picture"),
    ]


def test_a_folder_without_folders_is_refused(sight: Sight, tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "face.png"), np.zeros((112, 112), np.uint8))
    for folder in (tmp_path, tmp_path / "absent"):
        with pytest.raises(GalleryError, match="one with pictures for each person"):
            list(cut_folder(folder, sight))


def test_a_cut_face_in_colour_is_taken_as_grey(sight: Sight, tmp_path: Path) -> None:
    (tmp_path / "Ann").mkdir()
    cv2.imwrite(str(tmp_path / "Ann" / "colour.png"), np.full((112, 112, 3), (10, 200, 30), np.uint8))
    ((_, _, snapshot),) = cut_folder(tmp_path, sight)
    assert snapshot.face is not None and np.array_equal(
        snapshot.face, ArrayPixels(np.full((112, 112, 3), (10, 200, 30), np.uint8)).luma(112, 112)
    )


def test_a_name_that_no_folder_can_have_is_refused() -> None:
    assert folder_name("  Zoë  Smith ") == "Zoë Smith"
    for name in ("../elsewhere", "a\\b", ".hidden", ".."):
        with pytest.raises(UsageError, match="cannot hold / or"):
            folder_name(name)
    with pytest.raises(UsageError, match="too long for one"):
        folder_name("é" * 150)


def test_faces_that_are_there_are_found_and_no_other_pictures(tmp_path: Path) -> None:
    out, face = tmp_path / "faces", np.random.default_rng(0).integers(0, 256, (112, 112), np.uint8)
    assert faces_there(out, "Ann") == []
    save_face(out, "Ann", face)
    cv2.imwrite(str(out / "Ann" / "whole.png"), np.zeros((60, 60, 3), np.uint8))
    (there,) = faces_there(out, "Ann")
    assert np.array_equal(there, face) and faces_there(out, "Bob") == []


def test_a_place_that_is_no_folder_of_people_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for out, name in ((tmp_path / "file", "Ann"), (tmp_path, "file")):
        with pytest.raises(ResultError, match="file is there already, and is no folder"):
            faces_there(out, name)
    save_face(tmp_path, "Ann", np.zeros((112, 112), np.uint8))
    with pytest.raises(UsageError, match="--out names the one above it"):
        faces_there(tmp_path / "Ann", "Bob")
