"""`mien people enrol --camera`: what the person and the operator are told, and what is left when it goes wrong."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from rich.console import Console
from tests.support.command import at_a_terminal
from tests.support.encoding import encode, read_pictures, write_video
from tests.support.rtsp import RtspServer

from mien.cli.people.enrolment import advising
from mien.cli.watch.live_view import LiveView
from mien.domain.clock import SystemClock
from mien.domain.people.consent import ConsentText
from mien.gallery.enrolment.guidance import Advice
from mien.sources import opening
from mien.sources.source import Source
from mien.wiring import sources


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
    first, last, declared, known = ended.err.splitlines()[-4:]
    assert known == "mien knows 'Zoë' (person-0001) now"
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


def test_slips_are_one_clear_line(
    mien, home: Path, portrait: Path, man: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "freenect", None)  # not installed
    for arguments, words in (
        ((), "name pictures, or one of --camera, --track and --cluster\n"),
        ((portrait, "--camera", man), "name pictures, or one of --camera, --track and --cluster\n"),
        ((portrait, "--snapshots", "3"), "--snapshots, --timeout and --watch go with --camera\n"),
        ((portrait, "--watch"), "--snapshots, --timeout and --watch go with --camera\n"),
        (
            ("--camera", man, "--watch", "--json"),
            "--json does not go with --watch: mien watch --json tells how a camera fared\n",
        ),
        (("--camera", portrait), f"{portrait} is a picture: enrol it without --camera\n"),
    ):
        ended = mien("people", "enrol", "Ann", *arguments)
        assert (ended.code, ended.out, ended.err) == (2, "", f"mien: {words}")
    for arguments, words in (
        (
            ("--camera", man),
            "nobody can be asked for a name, for this is no terminal: mien people enrol NAME --camera CAMERA",
        ),
        (("--cluster", "unknown-0001"), "say whom to enrol: mien people enrol NAME …"),
    ):
        ended = mien("people", "enrol", *arguments)
        assert (ended.code, ended.out, ended.err) == (2, "", f"mien: {words}\n")
    for camera, words in (
        ("99", "there is no webcam 99"),
        ("kinect:0", "a Kinect cannot be read: its driver freenect is not installed"),
        (tmp_path / "gone.mp4", "does not exist"),
    ):
        ended = mien("people", "enrol", "Ann", "--camera", camera)
        assert ended.code == 1 and ended.out == "" and words in ended.err and ended.err.count("\n") == 1
    ended = mien("people", "enrol", "Ann", "--camera", man, "--consent", "keep")
    assert ended.code == 1 and "there is no consent of 'Ann' to be identified" in ended.err
    assert is_empty(mien, home)


def test_a_terminal_is_asked_who_it_is_and_what_they_agree_to(mien, man: Path) -> None:
    camera = ("--camera", str(man), "--snapshots", "1")
    answers = ("unknown-0007", "", "Zoë", "", "y", "n", "y")
    ended = at_a_terminal("\n".join(answers), "people", "enrol", *camera)
    assert (ended.returncode, ended.stdout) == (0, "Zoë: 1 of 1 snapshots (straight)\n")
    consent = json.loads(mien("privacy", "consent", "show", "Zoë", "--json").out)["record"]
    assert {one["scope"] for one in consent} == {"identify", "keep"}
    assert {one["version"] for one in consent} == {ConsentText.of("").version}


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Has somebody at a terminal type lines, after which there are no more, or hit Ctrl-C."""

    def typed(*lines: str | type[BaseException]) -> None:
        answers = iter(lines)

        def readline() -> str:
            answer = next(answers, "")
            if isinstance(answer, str):
                return answer
            raise answer

        monkeypatch.setattr(sys, "stdin", SimpleNamespace(isatty=lambda: True, readline=readline))
        monkeypatch.setattr(sys.stderr, "isatty", lambda: True)

    return typed


def test_who_is_there_already_is_asked_about_and_added_to(mien, man: Path, typed) -> None:
    camera = ("people", "enrol", "--camera", str(man), "--snapshots", "1")
    agreed = ("--consent", "identify,keep", "--evidence", "form 17")
    typed("Zoë\n", "\n")
    first = mien(*camera, *agreed)
    assert first.code == 0 and "Do you want to be recognised" not in first.err
    typed("zoë\n", "\n", "maybe\n", "n\n", "ZOË\n", "  \n", "y\n")
    again = mien(*camera, "--overrule")
    assert again.code == 0 and again.err.count("'Zoë' (person-0001) is enrolled already. Is it the same person?") == 3
    assert "Do you want to be recognised" not in again.err  # what is on record stands
    assert "'Zoë' (person-0001) is enrolled already: snapshots are added to theirs" in again.err
    assert len(kept(mien, "Zoë")) == 2
    assert len(json.loads(mien("people", "list", "--json").out)["people"]) == 1


def test_whoever_gives_up_or_says_no_is_not_looked_at(mien, home: Path, man: Path, typed, monkeypatch) -> None:
    monkeypatch.setattr(sources, "open_source", lambda *_: pytest.fail("the camera was opened"))
    for lines, code, words in (
        (("Ann\n", "O'Hara\n", "n\n"), 1, "nobody is enrolled who does not want to be recognised"),
        (("Ann\n",), 1, "nothing was kept"),
        (("Ann\n", KeyboardInterrupt), 130, "nothing was kept"),
        (("\n", "\n"), 1, "a first name is needed"),
    ):
        typed(*lines)
        ended = mien("people", "enrol", "--camera", man)
        assert (ended.code, ended.out) == (code, "") and words in ended.err and "Traceback" not in ended.err
    assert not home.exists()


def test_where_people_depend_on_who_asks_something_has_to_prove_it(mien, man: Path, typed, tmp_path: Path) -> None:
    config = tmp_path / "work.yaml"
    config.write_text(f"privacy: {{purpose: workplace}}\ncameras: {{door: {{source: {man}}}}}")
    typed("Zoë\n", "\n", "y\n", "y\n", "\n", "form 17\n")
    ended = mien("people", "enrol", "--camera", "door", "--snapshots", "1", "--config", config)
    assert ended.code == 0 and "expression" not in ended.err.partition("You may take consent back")[2]
    record = json.loads(mien("privacy", "consent", "show", "Zoë", "--json").out)["record"]
    assert {(one["scope"], one["evidence"]) for one in record} == {("identify", "form 17"), ("keep", "form 17")}


def test_whoever_is_enrolled_is_watched_at_once_by_a_camera_that_is_opened_anew(
    mien, man: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, seen = list[str](), list[str]()
    open_file, show = opening.open_video_file, LiveView.show

    def opened(spec: str, clock: SystemClock) -> Source:
        source = open_file(spec, clock)
        close = source.close
        told.append("open")
        monkeypatch.setattr(source, "close", lambda: (told.append("close"), close()), raising=False)
        return source

    def looked(view: LiveView, cameras, readings, elapsed_s: float, *more) -> None:
        show(view, cameras, readings, elapsed_s, *more)
        for reading in readings.values():
            seen.extend(face.person_name for face in reading.faces if face.identity != "undecided")
        if seen or elapsed_s > 20:
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(opening, "open_video_file", opened)
    monkeypatch.setattr(LiveView, "show", looked)
    ended = mien("people", "enrol", "Zoë", "--camera", man, "--snapshots", "1", "--watch")
    assert ended.code == 0 and "Zoë: 1 of 1 snapshots (straight)\n" in ended.out
    assert {*seen} == {"Zoë"} and "watched for" in ended.out
    assert told[:3] == ["open", "close", "open"]


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
