"""`mien lbph` at cameras and in videos: acquire, train and predict, and what is left where a camera goes away."""

import io
import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from rich.console import Console
from tests.support.command import as_before, run_here
from tests.support.encoding import encode, read_pictures, write_video
from tests.support.footage import man, write_stranger
from tests.support.rtsp import RtspServer

from mien.cli.lbph import telling
from mien.cli.people.enrolment import advising
from mien.inference.weights import WeightStore

MAN, WOMAN = "Zoë, the driver", "Eileen Collins"


@pytest.fixture(scope="module")
def clips(weights: WeightStore, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two people, the first part of the footage of each and what comes later."""
    folder = tmp_path_factory.mktemp("clips")
    driver = man(weights)
    write_video(folder / "man-first.mp4", driver[:60])
    write_video(folder / "man-later.mp4", driver[70:])
    woman = list(read_pictures(write_stranger(folder / "woman.mp4", weights, seconds=7.0), 84))
    write_video(folder / "woman-first.mp4", woman[:42], fps=12)
    write_video(folder / "woman-later.mp4", woman[42:], fps=12)
    return folder


@pytest.fixture(scope="module")
def trained(clips: Path) -> Path:
    """The folder of a model of the two, and beside it one of her alone."""
    with as_before():
        for name, clip in ((MAN, "man-first.mp4"), (WOMAN, "woman-first.mp4")):
            assert run_here("lbph", "acquire", name, clips / clip, "--out", clips / "faces") == 0
        assert run_here("lbph", "train", clips / "faces", "--out", clips / "model") == 0
        shutil.copytree(clips / "faces" / WOMAN, clips / "hers" / WOMAN)
        assert run_here("lbph", "train", clips / "hers", "--out", clips / "alone") == 0
    return clips / "model"


def tracks(ended) -> list[tuple[str, str]]:
    return [(one["identity"], one["name"]) for one in json.loads(ended.out)["tracks"]]


def is_one_line(ended) -> bool:
    return ended.out == "" and ended.err.startswith("mien: ") and ended.err.count("\n") == 1


def test_people_are_named_in_other_footage_and_a_third_is_nobody(mien, clips: Path, trained: Path) -> None:
    ended = mien("lbph", "predict", trained, clips / "man-later.mp4", "--json")
    told = json.loads(ended.out)
    assert ended.code == 0 and ended.err == "" and (told["source"], told["error"]) == (str(clips / "man-later.mp4"), "")
    assert tracks(ended) == [("known", MAN)]
    (track,) = told["tracks"]
    assert track["distance"] < track["threshold"] and track["frames"] > track["looks"] >= 5
    assert tracks(mien("lbph", "predict", trained, clips / "woman-later.mp4", "--json")) == [("known", WOMAN)]
    ended = mien("lbph", "predict", clips / "alone", clips / "man-later.mp4", "--json")
    assert tracks(ended) == [("unknown", "")]


def test_changes_are_told_as_they_come_and_summed_up(mien, clips: Path, trained: Path) -> None:
    ended = mien("lbph", "predict", trained, clips / "man-later.mp4")
    lines = ended.out.splitlines()
    assert ended.code == 0 and "face 1: undecided" in lines[0] and f"face 1: {MAN} (distance" in lines[1]
    assert lines[2].split()[:2] == ["face", "who"] and "nobody from a distance of" in lines[-1]
    briefly = mien("lbph", "predict", trained, clips / "man-later.mp4", "--seconds", "0.5", "--json")
    assert tracks(briefly) == [("undecided", "")] and json.loads(briefly.out)["seconds"] <= 0.6


def test_a_line_is_drawn_anew_on_a_terminal(mien, clips: Path, trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.StringIO()
    monkeypatch.setattr(telling, "stdout_console", lambda: Console(file=screen, force_terminal=True, width=100))
    assert mien("lbph", "predict", trained, clips / "man-later.mp4", "--seconds", "1.5").code == 0
    drawn = screen.getvalue()
    assert drawn.count("\x1b[2K") > 20 and drawn.count("face 1: ") == 2 and f"s  {MAN} (distance" in drawn


def test_a_folder_tells_of_everything_in_it(mien, clips: Path, trained: Path, portrait: Path, tmp_path: Path) -> None:
    shutil.copy(portrait, tmp_path / "a.png")
    (tmp_path / "b.jpg").write_text("no picture")
    write_video(tmp_path / "c.mp4", [np.full((144, 176, 3), 90, np.uint8)] * 12)
    ended = mien("lbph", "predict", trained, tmp_path, "--json")
    a, b, c = json.loads(ended.out)["sources"]
    assert ended.code == 1 and ended.err.count("\n") == 1 and "b.jpg cannot be read as a picture" in ended.err
    assert [one["name"] for one in a["faces"]] == [WOMAN] and "b.jpg" in b["error"]
    assert (c["tracks"], c["error"]) == ([], "")
    ended = mien("lbph", "predict", trained, tmp_path)
    assert f"{tmp_path / 'c.mp4'}: no face was found" in ended.out


def test_a_camera_that_goes_away_leaves_what_was_seen(mien, carphone: Path, trained: Path, tmp_path: Path) -> None:
    video = encode(read_pictures(carphone, 100), (352, 288), 25)
    with RtspServer({"door": video}) as server, pytest.MonkeyPatch.context() as patch:
        url, faces = server.url("door"), tmp_path / "faces"
        seen = mien("lbph", "predict", trained, url, "--seconds", "2.5", "--json")
        assert seen.code == 0 and tracks(seen)[0] == ("known", MAN)

        def die(news: advising.News, advice) -> None:
            if advice.taken:
                server.kill()

        patch.setattr(advising.News, "tell", die)
        ended = mien("lbph", "acquire", "Ann", url, "--out", faces, "--json")
        assert ended.code == 1 and len(json.loads(ended.out)["faces"]) == len(list((faces / "Ann").iterdir())) == 1
        assert "0/10  look straight into the camera" in ended.err
        assert ended.err.count("mien: 1 of 10 faces: ") == 1 and url in ended.err.splitlines()[-1]
        gone = mien("lbph", "predict", trained, url)
        assert gone.code == 1 and is_one_line(gone) and url in gone.err


def interrupted(at: str, *verb: str | Path) -> tuple[int, str, str]:
    """What a process said on both streams, and its exit code, that got Ctrl-C once a line of either held some words."""
    command = [sys.executable, "-m", "mien", *map(str, verb)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stderr is not None
    told, said = (process.stderr, "") if verb[1] == "acquire" else (process.stdout, "")
    try:
        while at not in said:
            line = told.readline()
            assert line, "it ended by itself"
            said += line
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    finally:
        process.kill()
    return process.returncode, said + out if told is process.stdout else out, err


def test_ctrl_c_keeps_what_was_cut_and_sums_up_what_was_seen(carphone: Path, trained: Path, tmp_path: Path) -> None:
    video = encode(read_pictures(carphone, 50), (352, 288), 25)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with RtspServer({"door": video}) as server:
            url, faces = server.url("door"), tmp_path / "faces"
            code, out, err = interrupted("1/10", "lbph", "acquire", "Ann", url, "--out", faces)
            assert code == 130 and out == "" and "Traceback" not in err
            assert f"interrupted; kept so far: 1 face in {faces / 'Ann'}" in err
            assert [path.name for path in (faces / "Ann").iterdir()] == ["001.png"]
            code, out, err = interrupted(f"face 1: {MAN}", "lbph", "predict", trained, url)
            assert code == 0 and err == "" and out.splitlines()[-1].startswith("nobody from a distance of ")
    finally:
        signal.signal(signal.SIGINT, before)


def test_fewer_faces_than_asked_for_fail_and_stay(mien, clips: Path, tmp_path: Path) -> None:
    ended = mien("lbph", "acquire", MAN, clips / "man-first.mp4", "--out", tmp_path / "faces", "--snapshots", "20")
    folder = tmp_path / "faces" / MAN
    kept = len(list(folder.iterdir()))
    assert ended.code == 1 and 3 <= kept < 20 and ended.out == f"{folder}: {kept} of 20 faces\n"
    assert f"mien: {kept} of 20 faces: {clips / 'man-first.mp4'} has ended" in ended.err
    mixed = tmp_path / "mixed"
    mixed.mkdir()
    shutil.copy(clips / "man-first.mp4", mixed / "a.mp4")
    (mixed / "b.png").write_text("no picture")
    ended = mien("-q", "lbph", "acquire", "Ben", mixed, "--out", tmp_path / "faces")
    assert ended.code == 1 and ended.err.count("\n") == 1 and "b.png cannot be read as a picture" in ended.err
    ended = mien(
        "-q", *("lbph", "acquire", "Ann", clips / "man-first.mp4", "--out", tmp_path / "faces", "--timeout", "1")
    )
    assert ended.code == 0 and len(list((tmp_path / "faces" / "Ann").iterdir())) == 3


def test_faces_of_somebody_else_are_not_mixed_in(mien, clips: Path, tmp_path: Path) -> None:
    faces = tmp_path / "faces"
    hers = ("lbph", "acquire", "Ann", clips / "woman-first.mp4", "--out", faces)
    assert mien(*hers).code == 0
    there = sorted((faces / "Ann").iterdir())
    his = ("lbph", "acquire", "Ann", clips / "man-first.mp4", "--out", faces)
    ended = mien("-q", *his)
    assert ended.code == 1 and is_one_line(ended) and "look like somebody else's" in ended.err
    assert "--same-person" in ended.err and sorted((faces / "Ann").iterdir()) == there
    assert " of 10" not in mien(*his).err, "what is not kept is not counted"
    more = mien("lbph", "acquire", "Ann", clips / "woman-later.mp4", "--out", faces)
    assert more.code == 0 and "new ones are added" in more.err
    kept = len(list((faces / "Ann").iterdir())) - len(there)
    assert [line for line in more.err.splitlines() if " of 10" in line][-1] == f"{kept} of 10"
    assert len(list((faces / "Ann").iterdir())) > len(there)
    assert mien(*his, "--same-person").code == 0


def test_a_place_that_cannot_be_written_loses_nothing(mien, clips: Path, trained: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("kept")
    hers = clips / "faces" / WOMAN
    before = {path: path.read_bytes() for path in hers.iterdir()}
    for out, words in (
        (tmp_path / "file", "is no folder"),
        (tmp_path / "slip" / "faces", "could not be made"),
        (hers, "--out names the one above it"),
    ):
        ended = mien("-q", "lbph", "acquire", MAN, clips / "man-first.mp4", "--out", out)
        assert ended.code in (1, 2) and is_one_line(ended) and words in ended.err
    ended = mien("lbph", "train", clips / "faces", "--out", hers)
    assert ended.code == 2 and is_one_line(ended) and "name another one for the model" in ended.err
    assert {path: path.read_bytes() for path in hers.iterdir()} == before
    assert (tmp_path / "file").read_text() == "kept" and not (tmp_path / "slip").exists()


def test_bad_sources_and_models_are_one_clear_line(mien, clips: Path, trained: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no picture")
    (tmp_path / "empty").mkdir()
    for model, source, words in (
        (trained, "99", "there is no webcam 99"),
        (trained, tmp_path / "notes.txt", "notes.txt"),
        (trained, tmp_path / "empty", "holds no picture and no video"),
        (tmp_path / "empty", clips / "man-later.mp4", "holds no LBPH model"),
    ):
        ended = mien("lbph", "predict", model, source)
        assert ended.code == 1 and is_one_line(ended) and words in ended.err
    ended = mien("lbph", "acquire", "Ann", "99", "--out", tmp_path / "faces")
    assert ended.code == 1 and is_one_line(ended) and "there is no webcam 99" in ended.err
    assert not (tmp_path / "faces").exists()


def test_two_actors_are_known_later_in_their_clips_and_a_third_is_nobody(mien, shared: Path, tmp_path: Path) -> None:
    """In footage that had no part in choosing when a face is nobody's."""
    for number in (3, 6, 9):
        film = cv2.VideoCapture(str(shared / "data" / "videos" / f"acted-d{number}.mp4"))
        frames = [film.read()[1] for _ in range(300)]
        write_video(tmp_path / f"{number}-later.mp4", frames[250:290], fps=30)
        if number != 9:
            first = write_video(tmp_path / f"{number}-first.mp4", frames[:120], fps=30)
            assert mien("lbph", "acquire", str(number), first, "--out", tmp_path / "faces").code == 0
    assert mien("lbph", "train", tmp_path / "faces", "--out", tmp_path / "model").code == 0
    told = [
        tracks(mien("lbph", "predict", tmp_path / "model", tmp_path / f"{n}-later.mp4", "--json")) for n in (3, 6, 9)
    ]
    assert told == [[("known", "3")], [("known", "6")], [("unknown", "")]]
