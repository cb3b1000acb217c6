"""What the window is made of, without a screen: keys, pictures, notices, screenshots, who was seen."""

import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Event

import numpy as np
import pytest
from tests.support.command import Within
from tests.support.face_readings import ANN

from mien.desk.backstage import Backstage, Stage
from mien.desk.display import check_display
from mien.desk.drawing.notices import Announcer, Notices
from mien.desk.drawing.painting import Look, Painter, fitted
from mien.desk.feed import Feed, Seen
from mien.desk.keys import COMMANDS, KEYS, command_of
from mien.desk.screenshots import Note, Screenshots
from mien.desk.tally import Tally
from mien.domain.errors import DisplayMissing, MienError, ResultError, StoreError
from mien.domain.frame import Frame
from mien.domain.identity import Match, Undecided, Unknown
from mien.domain.readings import FaceReading, FrameReading, TrackEnd
from mien.sources.pixels import ArrayPixels

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


def note_into(noted: list[Path]) -> Note:
    return noted.append


def saved(folder: Path, note: Note, times: int = 1) -> list[Path | MienError | None]:
    shots = Screenshots(folder, note)
    for _ in range(times):
        shots.take(np.full((4, 6, 3), 7, np.uint8), AT)
    shots.close()
    return [shots.news() for _ in range(times + 1)]


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
    assert (tally.people(), tally.strangers(), tally.analysed) == (("Ann", "Bo"), 1, 3)


def test_a_stranger_who_was_enrolled_meanwhile_is_one_no_more() -> None:
    tally = Tally()
    tally.add(reading(STRANGER))
    tally.add(reading(replace(STRANGER, identity="known", person_id="person-0003", person_name="Cy")))
    assert (tally.people(), tally.strangers()) == (("Cy",), 0)


def test_what_breaks_backstage_is_raised_and_nothing_is_noted(tmp_path: Path) -> None:
    def work(_stop: Event, _set_up: Callable[[Stage], None]) -> None:
        raise StoreError("the disk is full")

    backstage = Backstage(work)
    backstage.start()
    with pytest.raises(ResultError, match="could not be noted"):
        backstage.note(tmp_path / "one.png")
    with pytest.raises(StoreError, match="the disk is full"):
        backstage.close()


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
