"""What the window is made of, without a screen: keys, pictures, notices, screenshots, who was seen."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from time import monotonic

import numpy as np
import pytest
from tests.support import install_debian
from tests.support.command import Within
from tests.support.face_readings import ANN

from mien.cli.watch.window import Plan
from mien.desk.backstage import Backstage, Stage
from mien.desk.display import check_display
from mien.desk.drawing.layout import Layout
from mien.desk.drawing.notices import Announcer, Notices, _Line
from mien.desk.drawing.painting import Look, Painter, fitted
from mien.desk.feed import Feed, Seen
from mien.desk.keys import COMMANDS, KEYS, command_of, hints, is_for_others
from mien.desk.screenshots import Note, Screenshots
from mien.desk.tally import Tally
from mien.domain.clock import SystemClock
from mien.domain.errors import DisplayMissing, MienError, ResultError, StoreError
from mien.domain.frame import Frame
from mien.domain.identity import Match, Undecided, Unknown
from mien.domain.readings import FaceReading, FrameReading, Refused, TrackEnd
from mien.settings import Settings
from mien.settings.tree import camera_settings
from mien.sources.opening import live_camera
from mien.sources.pixels import ArrayPixels
from mien.wiring.desk import work_behind_window

STRANGER = replace(ANN, track_id=4, identity="unknown", person_id="unknown-0007", person_name="", box=(40, 20, 80, 70))
UNDECIDED = replace(STRANGER, track_id=5, identity="undecided", person_id="", box=(100, 20, 140, 70))
AT = datetime(2026, 7, 14, 15, 30, 12, tzinfo=UTC)


def frame(index: int = 0, depth_mm: np.ndarray | None = None) -> Frame:
    """Noise of 160×120 px."""
    picture = np.random.default_rng(index).integers(0, 255, (120, 160, 3), np.uint8)
    return Frame("door", index, index / 25, index / 25, ArrayPixels(picture), depth_mm)


def reading(*faces: FaceReading, index: int = 0, ended: tuple[TrackEnd, ...] = ()) -> FrameReading:
    return FrameReading("door", index, index / 25, 160, 120, 0.01, faces, ended)


def test_every_command_has_a_key_and_capitals_are_as_good() -> None:
    assert {command for command, _ in KEYS.values()} == set(COMMANDS)
    assert [command_of(*key) for key in (("q", "q"), ("Q", "Q"), ("?", "question"), ("\x1b", "Escape"))] == [
        *("quit", "quit", "help", "back")
    ]
    assert command_of("", "Shift_L") is None and command_of("x", "x") is None


def test_the_key_of_depth_is_hinted_at_only_where_there_is_depth() -> None:
    assert "d depth" in hints(has_depth=True) and "depth" not in hints(has_depth=False)
    assert "   ? all keys" in hints(has_depth=True)


def test_pictures_keep_their_shape() -> None:
    assert fitted((640, 480), (1280, 720)) == (960, 720)
    assert fitted((640, 480), (320, 720)) == (320, 240)
    assert fitted((4000, 10), (100, 100)) == (100, 1)


def test_nobody_has_looked_yet_so_all_of_it_is_blurred() -> None:
    painter, seen = Painter((0.3, 4.0)), Seen(frame())
    plain, hidden = (painter.paint(seen, Look(hides_strangers=hides), (640, 480), 0.0) for hides in (False, True))
    assert plain.shape == hidden.shape == (480, 640, 3)
    assert np.abs(np.diff(plain.astype(int), axis=1)).mean() > 20 * np.abs(np.diff(hidden.astype(int), axis=1)).mean()


def test_depth_lies_beside_the_picture_where_there_is_any() -> None:
    painter = Painter((0.3, 4.0))
    look = Look(has_depth=True)
    alone = painter.paint(Seen(frame(), reading()), look, (640, 480), 0.0)
    measured = Seen(frame(1, np.full((120, 160), 1000, np.uint16)), reading(index=1))
    beside = painter.paint(measured, look, (640, 480), 0.0)
    assert alone.shape == (480, 640, 3) and beside.shape == (240, 640, 3)
    most_often = [np.unique(half.reshape(-1, 3), axis=0, return_counts=True)[1].max() for half in np.hsplit(beside, 2)]
    assert most_often[1] > 0.8 * 240 * 320 > 10 * most_often[0]  # all of it is at one distance


def test_a_mirror_flips_what_is_shown_and_where_it_lies() -> None:
    depth_mm = np.repeat(np.where(np.arange(160) < 80, 500, 3500).astype(np.uint16)[None], 120, axis=0)
    straight, mirror = Painter((0.3, 4.0)), Painter((0.3, 4.0), is_mirrored=True)
    for look in (Look(), Look(hides_strangers=True), Look(has_depth=True)):
        bare = Seen(frame(0, depth_mm))
        plain, flipped = (one.paint(bare, look, (640, 480), 0.0) for one in (straight, mirror))
        middle = plain.shape[1] // 2 if look.has_depth else plain.shape[1]
        assert np.array_equal(flipped[:, :middle], plain[:, :middle][:, ::-1])
    near, far = plain[30, 340], plain[30, 600]
    assert (near != far).any() and (flipped[30, 600] == near).all() and (flipped[30, 340] == far).all()
    seen = Seen(frame(), reading(replace(STRANGER, box=(10, 20, 50, 70))), ((10.0, 20.0, 50.0, 70.0),))
    hidden = mirror.paint(seen, Look(hides_strangers=True), (160, 120), 0.0)
    steps = np.abs(np.diff(hidden[30:60].astype(int), axis=1)).mean(axis=(0, 2))
    assert steps[118:142].mean() < 0.3 * steps[20:42].mean()
    assert mirror.layout.faces == ((110.0, 20.0, 150.0, 70.0),)
    far = replace(reading(), refused=(Refused(2, (10.0, 20.0, 50.0, 70.0)),))
    black = replace(frame(), pixels=ArrayPixels(np.zeros((120, 160, 3), np.uint8)))
    drawn = mirror.paint(Seen(black, far), Look(is_past=True), (640, 480), 0.0)  # nothing else is drawn in it
    y, x = np.nonzero(drawn.any(axis=2))
    assert np.abs(np.subtract((x.min(), y.min(), x.max(), y.max()), (440, 80, 600, 280))).max() < 4


@pytest.mark.parametrize(
    ("source", "is_flipped_already", "wants_mirror", "is_flipped"),
    [
        ("0", False, True, True),
        ("0", True, True, False),
        ("0", False, False, False),
        ("0", True, False, True),
        ("kinect:0", False, True, True),
        ("film.mp4", True, True, False),
        ("rtsp://door/live", False, True, False),
    ],
)
def test_only_who_looks_into_a_camera_here_sees_a_mirror(
    source: str, is_flipped_already: bool, wants_mirror: bool, is_flipped: bool
) -> None:
    settings = Settings()
    own = camera_settings(settings, source)
    own = replace(own, capture=replace(own.capture, mirrored=is_flipped_already))
    plan = Plan(settings, "door", own, Path(), False, False, False, is_mirrored=wants_mirror)
    assert plan.is_flipped == is_flipped


def test_strangers_are_hidden_from_before_they_were_found() -> None:
    feed = Feed(reach=2)
    feed.arrive(frame())
    assert feed.newest(hides_strangers=True).reading is None
    for index, faces in enumerate([(), (ANN,), (ANN, STRANGER, UNDECIDED), (ANN, STRANGER)]):
        feed.add(frame(index), reading(*faces, index=index))
        hidden = feed.newest(hides_strangers=True)
        if index < 2:
            assert hidden.reading is None  # nobody knows yet who may be in it
    assert (hidden.frame.index, feed.newest().frame.index) == (1, 3)
    assert sorted(hidden.hidden) == [(30.0, 7.5, 90.0, 82.5), (90.0, 7.5, 150.0, 82.5)]  # with a margin, for they move
    assert feed.newest().reading.faces == (ANN, STRANGER)
    feed.arrive(frame(9))
    assert feed.newest().frame.index == 3  # what was read is shown, not what came since


def test_enrolment_is_offered_every_analysed_frame() -> None:
    feed, offered = Feed(reach=2), []
    feed.offer = offered.append
    feed.add(shown := frame(), reading(ANN))
    assert offered == [shown]


@pytest.mark.parametrize(
    "notices",
    [
        Notices("starting…"),
        Notices(message="saved " + "a/very/long/path/" * 20, is_past=True, notice="the camera is gone"),
        Notices(instruction="turn your head a little to your left", objection="too dark: more light", progress=(3, 10)),
        Notices(keys=tuple((key, words) for key, (_, words) in KEYS.items())),
    ],
    ids=["starting", "gone", "enrolling", "keys"],
)
@pytest.mark.parametrize("size", [(640, 480), (90, 60), (1, 1)], ids=str)
def test_notices_are_written_into_any_picture(notices: Notices, size: tuple[int, int]) -> None:
    picture = np.full((size[1], size[0], 3), 90, np.uint8)
    told = Announcer().announce(picture, notices)
    assert told.shape == picture.shape and (picture == 90).all()
    assert (told != 90).any()
    if size == (640, 480):
        brightest = told.max() if not notices.is_past else told[200:300].max()
        assert brightest > 180  # there are letters on the plates


SAID = "expressions are not read: research does not allow what is not written down: privacy.research names who answers"


def inked(told: np.ndarray) -> np.ndarray:
    """Where there is something written on a picture that is all of one grey: rows, columns."""
    return np.argwhere((told != 90).any(axis=2))


def test_a_long_message_has_two_lines_and_lies_beside_the_plane() -> None:
    picture, plane = np.full((480, 640, 3), 90, np.uint8), (480.0, 330.0, 630.0, 470.0)
    short, long = (Announcer().announce(picture, Notices(message=text)) for text in ("saved", SAID))
    heights = [np.ptp(inked(told)[:, 0]) for told in (short, long)]
    assert heights[1] > 1.2 * heights[0]
    assert inked(long)[:, 1].max() > plane[0]
    beside = Announcer().announce(picture, Notices(message=SAID), Layout(edges=(plane,)))
    assert inked(beside)[:, 1].max() <= plane[0]
    for size_px, width, count in ((15, 2000, 1), (15, 480, 2), (9, 200, 3)):
        lines = Announcer()._wrapped(_Line(SAID, size_px), width)
        assert len(lines) == count and " ".join(line.text for line in lines) == SAID


def test_an_instruction_stands_where_the_face_leaves_more_room() -> None:
    picture, announcer = np.full((480, 640, 3), 90, np.uint8), Announcer()
    told = Notices(instruction="look straight", objection="too dark: more light", progress=(3, 10))

    def rows(face: tuple[float, float, float, float]) -> tuple[int, int]:
        where = inked(announcer.announce(picture, told, Layout((face,))))[:, 0]
        return int(where.min()), int(where.max())

    top, bottom = rows((150, 20, 500, 330))
    assert top >= 330 and bottom < 480
    top, bottom = rows((150, 130, 500, 470))
    assert bottom <= 130 and top < 20
    assert rows((150, 65, 500, 420))[1] < 240  # no flicker where there is about as much room
    announcer.announce(picture, told, Layout(((150.0, 20.0, 500.0, 330.0),)))
    assert rows((150, 65, 500, 420))[0] > 240


def test_alt_is_another_bit_on_windows() -> None:
    states = (0, 0x1, 0x4, 0x8, 0x20000)
    assert [is_for_others(state, "linux") for state in states] == [False, False, True, True, False]
    assert [is_for_others(state, "win32") for state in states] == [False, False, True, False, True]


def note_into(noted: list[Path]) -> Note:
    return noted.append


def test_what_failed_at_the_end_is_told_when_it_is_closed(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    shots = Screenshots(tmp_path / "file", note_into([]))
    shots.take(np.full((4, 6, 3), 7, np.uint8), AT)
    (told,) = shots.close()
    assert isinstance(told, ResultError)


def saved(folder: Path, note: Note, times: int = 1) -> list[Path | MienError | None]:
    shots = Screenshots(folder, note)
    for _ in range(times):
        shots.take(np.full((4, 6, 3), 7, np.uint8), AT)
    end_s = monotonic() + 20
    told: list[Path | MienError | None] = []
    while len(told) < times and monotonic() < end_s:
        if (news := shots.news()) is not None:
            told.append(news)
    assert not shots.close()
    return [*told, shots.news()]


def test_screenshots_are_noted_and_never_written_over(tmp_path: Path) -> None:
    noted: list[Path] = []
    first, second, nothing = saved(tmp_path / "new" / "shots", note_into(noted), times=2)
    assert [first.name, second.name] == ["mien-2026-07-14-153012.png", "mien-2026-07-14-153012-2.png"]
    assert noted == [first, second] and nothing is None
    assert first.read_bytes() == second.read_bytes() != b""


def test_a_screenshot_that_cannot_be_noted_is_none(tmp_path: Path) -> None:
    def refuse(_path: Path) -> None:
        raise StoreError("the database is locked")

    told, _ = saved(tmp_path, refuse)
    assert isinstance(told, StoreError) and not [*tmp_path.iterdir()]


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    noted: list[Path] = []
    told, _ = saved(tmp_path / "file" / "shots", note_into(noted))
    assert isinstance(told, ResultError) and "a part of the path is a file" in str(told) and not noted


def test_who_was_seen_is_counted_once() -> None:
    tally = Tally()
    tally.add(reading(ANN, STRANGER, UNDECIDED))
    ignored = replace(ANN, track_id=6, person_id="person-0009", person_name="Di", is_ignored=True)
    tally.add(reading(replace(ANN, track_id=8), replace(STRANGER, track_id=9), ignored))
    ended = (
        TrackEnd(3, Match("person-0001", 0.6, 0.3), "Ann"),
        TrackEnd(4, Unknown(0.1, "unknown-0007"), ""),
        TrackEnd(5, Undecided("too small"), ""),
        TrackEnd(9, Match("person-0002", 0.6, 0.3), "Bo"),  # who turned out to be somebody
    )
    tally.add(reading(ended=ended))
    assert (*tally.count(), tally.analysed) == (("Ann", "Bo"), 1, 3)


def test_a_stranger_who_was_enrolled_meanwhile_is_one_no_more() -> None:
    tally = Tally()
    tally.add(reading(STRANGER))
    tally.add(reading(replace(STRANGER, identity="known", person_id="person-0003", person_name="Cy")))
    assert tally.count() == (("Cy",), 0)


def test_a_stranger_who_was_out_of_view_and_then_enrolled_is_one_no_more() -> None:
    tally = Tally()
    tally.add(reading(STRANGER, replace(STRANGER, track_id=6, person_id="")))
    tally.add(reading(ended=(TrackEnd(4, Unknown(0.1, "unknown-0007"), ""),)))
    tally.add(reading(replace(STRANGER, track_id=5, identity="known", person_id="person-0003", person_name="Cy")))
    became = {"unknown-0007": ("person-0003", "Cy"), "person-0003": ("person-0003", "Cy")}
    assert tally.count() == (("Cy",), 2)
    assert tally.count(became.__getitem__) == (("Cy",), 1)  # who has no id is one still


def test_what_breaks_backstage_is_raised_and_nothing_is_noted(tmp_path: Path) -> None:
    def work(_stop: Event, _set_up: Callable[[Stage], None]) -> None:
        raise StoreError("the disk is full")

    backstage = Backstage(work)
    backstage.start()
    with pytest.raises(ResultError, match="could not be noted"):
        backstage.note(tmp_path / "one.png")
    with pytest.raises(StoreError, match="the disk is full"):
        backstage.close()


def test_backstage_says_so_where_its_end_takes_a_while() -> None:
    waited, said = Event(), []

    def work(_stop: Event, _set_up: Callable[[Stage], None]) -> None:
        waited.wait()

    def say() -> None:
        said.append("finishing")
        waited.set()

    backstage = Backstage(work)
    backstage.start()
    backstage.close(say)
    quick = Backstage(lambda stop, _: (stop.wait(), None)[1])
    quick.start()
    quick.close(say)
    assert said == ["finishing"]


def test_a_window_that_is_over_already_makes_no_home(tmp_path: Path) -> None:
    settings, stop = Settings(home=tmp_path / "home"), Event()
    own = camera_settings(settings, "0")
    camera = live_camera("0", "0", own.capture, SystemClock())
    stop.set()
    work_behind_window(settings, own, camera, Feed(1), SystemClock())(stop, lambda _: pytest.fail("it was set up"))
    assert not settings.home.exists()


@pytest.mark.parametrize("helps", [True, False])
def test_debian_s_tkinter_is_looked_for_after_it_is_installed(
    helps: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    commands: list[list[str]] = []

    def run(command: list[str], **_: object) -> "subprocess.CompletedProcess[str]":
        commands.append(command)
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(install_debian, "find_spec", lambda _: (helps and len(commands) == 2) or None)
    assert install_debian.main("display") == (0 if helps else 1)
    out, err = capsys.readouterr()
    assert "python3-tk" in commands[1]
    assert (out, err == "") == (("python3-tk installed\n", True) if helps else ("", False))
    assert helps or ("sees nothing" in err and "tests of the window skip" in err)


def test_a_screen_is_asked_for_on_linux_alone() -> None:
    with pytest.raises(DisplayMissing, match="mien watch"):
        check_display({"DISPLAY": ""}, "linux")
    for environment, platform in (({"DISPLAY": ":0"}, "linux"), ({"WAYLAND_DISPLAY": "w"}, "linux"), ({}, "darwin")):
        check_display(environment, platform)


def test_slips_are_told_in_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mien = Within(tmp_path / "home")
    twice = mien("window", "0", "--camera", "1", DISPLAY=":0")
    assert (twice.code, twice.lines) == (2, ["mien: name one camera: either 0 or --camera 1"])
    monkeypatch.setitem(sys.modules, "tkinter", None)
    without = mien("window", DISPLAY=":0")
    assert without.code == 1 and len(without.lines) == 1 and "install python3-tk" in without.err


def test_a_screen_that_is_not_there_is_told_in_a_line(tmp_path: Path) -> None:
    pytest.importorskip("tkinter", reason="this Python has no tkinter")
    ended = Within(tmp_path / "home")("window", DISPLAY=":7654")
    assert ended.code == 1 and len(ended.lines) == 1
    assert ended.err.startswith("mien: no window can be opened on this screen (") and "`mien watch`" in ended.err
