"""`mien people enrol --camera`: what the person and the operator are told, and what is left when it goes wrong."""

import io
import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console
from tests.support.encoding import encode, read_pictures, write_video
from tests.support.rtsp import RtspServer

from mien.cli.people.enrolment import advising
from mien.gallery.enrolment.guidance import Advice


@pytest.fixture
def man(carphone: Path, tmp_path: Path) -> Path:
    """Two seconds of the man in the car."""
    return write_video(tmp_path / "man.mp4", read_pictures(carphone, 50))


def kept(mien, name: str) -> list[str]:
    """The origins of somebody's pictures."""
    return [one["origin"] for one in json.loads(mien("people", "show", name, "--json").out)["kept"]]


def is_empty(mien, home: Path) -> bool:
    return json.loads(mien("people", "list", "--json").out)["people"] == [] and not list(home.rglob("*.face"))


def test_snapshots_are_taken_and_told(mien, man: Path) -> None:
    ended = mien("people", "enrol", " Zoë ", "--camera", man, "--snapshots", "1", "--json")
    told = json.loads(ended.out)
    assert ended.code == 0
    assert told == {"name": "Zoë", "person_id": "person-0001", "accepted": 1, "refused": {}, "poses": ["straight"]}
    assert kept(mien, "Zoë") == [f"camera {man}"]
    first, last, declared = ended.err.splitlines()[-3:]
    assert declared.startswith("consent to identify, expression and keep is recorded as declared by you")
    assert first == "0/1  look straight into the camera" and last.startswith("1/1  thank you  quality 0.")


def test_a_camera_that_ends_early_leaves_what_it_gave(mien, man: Path) -> None:
    ended = mien("people", "enrol", "Zoë", "--camera", man)
    assert ended.code == 1 and ended.out == "Zoë: 1 of 10 snapshots (straight)\n"
    assert f"mien: 1 of 10 snapshots: {man} has ended" in ended.err
    assert "1/10  turn your head a little to your left" in ended.err and "further to your left" in ended.err
    assert len(kept(mien, "Zoë")) == 1


def test_a_camera_that_dies_leaves_what_it_gave_and_says_why(mien, carphone: Path) -> None:
    video = encode(read_pictures(carphone, 50), (352, 288), 25)
    with RtspServer({"door": video}) as server:
        url = server.url("door")

        def die(console: advising.News, advice: Advice) -> None:
            if advice.taken:
                server.kill()

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(advising.News, "tell", die)
            ended = mien("people", "enrol", "Zoë", "--camera", url, "--json")
    assert ended.code == 1 and json.loads(ended.out)["accepted"] == 1
    assert "mien: 1 of 10 snapshots: " in ended.err and url in ended.err and ended.err.count("mien: ") == 1


def test_time_is_limited(mien, carphone: Path, tmp_path: Path) -> None:
    long = write_video(tmp_path / "long.mp4", read_pictures(carphone, 110))
    ended = mien("-q", "people", "enrol", "Zoë", "--camera", long, "--timeout", "1.5")
    assert ended.code == 1 and ended.err == "mien: 1 of 10 snapshots: the time is up\n"


def test_nobody_in_view_enrols_nobody(mien, home: Path, tmp_path: Path) -> None:
    empty = write_video(tmp_path / "empty.mp4", [np.full((144, 176, 3), 90, np.uint8)] * 25)
    ended = mien("people", "enrol", "Ann", "--camera", empty, "--json")
    assert ended.code == 1 and json.loads(ended.out) == {
        "name": "Ann",
        "person_id": "",
        "accepted": 0,
        "refused": {"no face was found": 9},
        "poses": [],
    }
    assert ended.err.splitlines()[-1] == f"mien: none of 10 snapshots: {empty} has ended (no face was found)"
    assert is_empty(mien, home)


def test_the_line_is_drawn_anew_on_a_terminal(mien, man: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.StringIO()
    monkeypatch.setattr(advising, "stderr_console", lambda: Console(file=screen, force_terminal=True, width=60))
    ended = mien("people", "enrol", "Zoë", "--camera", man, "--snapshots", "2")
    assert ended.code == 1 and "look straight" not in ended.err
    drawn = screen.getvalue()
    assert "0/2  look straight into the camera" in drawn and "…" in drawn  # cut, never in two lines
    assert drawn.count("\x1b[2K") > 5 and drawn.count("\n") == 1


def test_slips_are_one_clear_line(mien, home: Path, portrait: Path, man: Path, tmp_path: Path) -> None:
    for arguments, words in (
        ((), "name pictures, or one of --camera, --track and --cluster\n"),
        ((portrait, "--camera", man), "name pictures, or one of --camera, --track and --cluster\n"),
        ((portrait, "--snapshots", "3"), "--snapshots and --timeout go with --camera\n"),
        (("--camera", portrait), f"{portrait} is a picture: enrol it without --camera\n"),
    ):
        ended = mien("people", "enrol", "Ann", *arguments)
        assert (ended.code, ended.out, ended.err) == (2, "", f"mien: {words}")
    for camera, words in (("99", "there is no webcam 99"), (tmp_path / "gone.mp4", "does not exist")):
        ended = mien("people", "enrol", "Ann", "--camera", camera)
        assert ended.code == 1 and ended.out == "" and words in ended.err and ended.err.count("\n") == 1
    ended = mien("people", "enrol", "Ann", "--camera", man, "--consent", "keep")
    assert ended.code == 1 and "there is no consent of 'Ann' to be identified" in ended.err
    assert is_empty(mien, home)


def test_ctrl_c_keeps_nothing(mien, home: Path, carphone: Path) -> None:
    video = encode(read_pictures(carphone, 50), (352, 288), 25)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with RtspServer({"door": video}) as server:
            command = [sys.executable, "-m", "mien", "people", "enrol", "Ann", "--camera", server.url("door")]
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            assert process.stderr is not None
            while "1/10" not in (line := process.stderr.readline()):
                assert line, "it ended by itself"
            began_s = time.monotonic()
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=30)
    finally:
        signal.signal(signal.SIGINT, before)
        process.kill()
    assert process.returncode == 130 and out == "" and "nothing was kept" in err and "Traceback" not in err
    assert time.monotonic() - began_s < 5 and is_empty(mien, home)
