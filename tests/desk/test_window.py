"""The real window on a screen without a monitor: its keys pressed, and what is seen looked at."""

import json
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from tests.support import footage
from tests.support.command import Mien
from tests.support.displays import SIZE, Screen, Window
from tests.support.recorded_depth import write_recording
from tests.support.rendered import Puppet
from tests.support.webcams import Webcam

from mien.domain.errors import ModelUnavailable
from mien.inference.installed import InstalledModel
from mien.inference.weights import WeightStore
from mien.settings import Settings
from mien.wiring.stores import build_stores

Picture = NDArray[np.uint8]
NEEDED = ("yunet", "mobilefacenet", "fer8-mobilefacenet", "face-mesh")
STRANGER, KNOWN, AMBER = (240, 72, 72), (46, 204, 113), (245, 176, 50)  # of boxes; amber of keys in the list too
BAR, AXIS = (62, 68, 78), (84, 92, 104)  # the empty part of bars; lines of the square of valence and arousal
FORM = (217, 217, 217)
SPLIT_S = 0.4
CUT_PX = 60


@dataclass(frozen=True)
class Shown:
    """A window of mien and the process behind it."""

    window: Window
    webcam: Webcam
    process: "subprocess.Popen[str]"
    mien: Mien
    folder: Path

    @property
    def screen(self) -> Screen:
        return self.window.screen

    def pixels(self, colour: tuple[int, int, int]) -> int:
        """How many there are of a colour at the moment."""
        return count(self.screen.look(), colour)

    def until(self, is_seen: Callable[[Picture], bool], what: str) -> Picture:
        assert self.process.poll() is None, self.ended()
        return self.screen.until(is_seen, what)

    def screenshots(self) -> list[Path]:
        """In the order in which they were taken."""
        return sorted((self.folder / "shots").glob("*.png"), key=lambda path: path.stat().st_mtime_ns)

    def saved(self) -> int:
        """How many screenshots are there, whole."""
        return sum(path.read_bytes().endswith(b"IEND\xaeB`\x82") for path in self.screenshots())

    def wait(self, is_so: Callable[[], bool], what: str) -> None:
        end_s = time.monotonic() + 60
        while not is_so():
            assert self.process.poll() is None, self.ended()
            assert time.monotonic() < end_s, f"there is not {what}"
            time.sleep(0.1)

    def ended(self) -> tuple[int, str, str]:
        """The exit code, and what was said on stdout and stderr."""
        out, _ = self.process.communicate(timeout=60)
        return self.process.returncode, out, (self.folder / "err.txt").read_text()


def count(picture: Picture, colour: tuple[int, int, int]) -> int:
    return int((picture == np.array(colour, np.uint8)).all(axis=2).sum())


def visible(picture: Picture, colour: tuple[int, int, int]) -> float:
    """How much there is to be seen of the one face with a box of a colour: what is smaller than an eye.

    Nothing can be said, and infinity is, where there is no such box.
    """
    y, x = np.nonzero((np.abs(picture.astype(int) - colour) < 40).all(axis=2))
    if len(x) < 50:
        return float("inf")
    left, top, right, bottom = int(x.min()), int(y.min()), int(x.max()), int(y.max())
    dx, dy = (right - left) // 4, (bottom - top) // 4
    grey = cv2.cvtColor(picture[top + dy : bottom - dy, left + dx : right - dx], cv2.COLOR_RGB2GRAY)
    return float(cv2.absdiff(grey, cv2.GaussianBlur(grey, (0, 0), (right - left) / 16)).mean())


@pytest.fixture(scope="module")
def man(weights: WeightStore, take: Callable[[str], InstalledModel]) -> list[Picture]:
    """A man in a car, who talks, turns his head to either side, and raises his chin."""
    for name in NEEDED:
        take(name)
    try:
        frames = footage.man(weights)
    except ModelUnavailable as error:
        pytest.skip(str(error))
    return [
        *frames[:40],
        *(one for pose in poses(footage.puppet(frames[0], take)) for one in [pose] * 15),
        *frames[40:80],
    ]


def poses(puppet: Puppet) -> Iterator[Picture]:
    for yaw, pitch in ((-22, 0), (22, 0), (0, 28), (26, -15), (-26, 12), (12, -22), (-12, -22), (16, 20)):
        yield puppet.posed(yaw=yaw, pitch=pitch)


@contextmanager
def opened(monitor: Screen, folder: Path, pictures: Sequence[Picture], *arguments: str) -> Iterator[Shown]:
    """A window over a webcam, whose screenshots go to a folder; it ends with the block at the latest."""
    webcam, mien = Webcam(folder).play(pictures), Mien(folder / "home")
    command = mien.command("window", "--json", *arguments)
    environment = {**mien.environment(), **webcam.environment(), "DISPLAY": monitor.name}
    with (folder / "err.txt").open("w") as errors:
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=errors, text=True)
    with process:
        try:
            yield Shown(monitor.window(lambda: process.poll() is None), webcam, process, mien, folder)
        finally:
            process.kill()


@pytest.fixture(scope="module")
def shown(monitor: Screen, man: list[Picture], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    """The window that most tests here look at, one after the other: the man is in view, and nobody knows him."""
    folder = tmp_path_factory.mktemp("window")
    with opened(monitor, folder, man, "--screenshots", str(folder / "shots")) as window:
        yield window


def test_keys_switch_what_is_drawn(shown: Shown) -> None:
    shown.until(lambda seen: count(seen, STRANGER) > 100 and count(seen, BAR) > 200, "a face with bars")
    shown.window.press("p")
    shown.until(lambda seen: count(seen, BAR) == 0 and count(seen, STRANGER) > 100, "a face without bars")
    assert shown.pixels(AXIS) == 0
    shown.window.press("V")
    shown.until(lambda seen: count(seen, AXIS) > 150, "the square of valence and arousal")
    shown.window.press("v", "P")
    shown.until(lambda seen: count(seen, AXIS) == 0 and count(seen, BAR) > 200, "bars without the square")
    shown.window.press("question")
    shown.until(lambda seen: count(seen, AMBER) > 100, "the list of keys")
    shown.window.press("Escape")
    shown.until(lambda seen: count(seen, AMBER) == 0, "no list of keys")


def test_the_webcam_is_a_mirror(shown: Shown, man: list[Picture]) -> None:
    seen = shown.screen.look()
    width, height = shown.window.size()
    window = cv2.cvtColor(cv2.resize(seen[:height, :width], (man[0].shape[1], man[0].shape[0])), cv2.COLOR_RGB2BGR)

    as_filmed, mirrored = (
        min(float(cv2.absdiff(window, np.ascontiguousarray(one[:, ::step])).mean()) for one in man) for step in (1, -1)
    )
    assert mirrored < 0.6 * as_filmed


def test_strangers_are_blurred_also_in_screenshots(shown: Shown) -> None:
    seen = shown.until(lambda seen: count(seen, STRANGER) > 100, "a stranger")
    sharp = visible(seen, STRANGER)
    shown.window.press("s")
    shown.wait(lambda: shown.saved() == 1, "a screenshot")
    shown.screen.do("key", "--delay", "0", "b", "s")  # faster than a picture is drawn
    shown.until(lambda seen: visible(seen, STRANGER) < sharp / 3, "a blurred face")
    shown.wait(lambda: shown.saved() == 2, "another screenshot")
    first, second = (cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB) for path in shown.screenshots())
    width, height = shown.window.size()
    assert first.shape == second.shape and (first.shape[1] == width or first.shape[0] == height)
    assert count(first, BAR) > 200  # it is what is seen, with what is read of it
    assert visible(first, STRANGER) > 3 * visible(second, STRANGER)
    with ExitStack() as stack:
        told = build_stores(Settings(home=shown.mien.home), stack).outputs.still_there()
    assert {(one.kind, one.path) for one in told} == {("screenshot", path) for path in shown.screenshots()}
    shown.window.press("b")
    shown.until(lambda seen: sharp / 2 < visible(seen, STRANGER) < 2 * sharp, "a face again")


def test_it_fills_the_screen_and_gives_it_back(shown: Shown) -> None:
    before = shown.window.size()
    assert before < SIZE
    shown.window.press("F")
    shown.until(lambda _: shown.window.size() == SIZE, "a window as large as the screen")
    shown.until(lambda seen: seen[:, SIZE[0] // 2].any(axis=1).all(), "a picture as high as the screen")
    shown.window.press("Escape")
    shown.until(lambda _: shown.window.size() == before, "a window of the size before")


def test_a_stranger_who_was_out_of_view_for_a_while_is_there_again(shown: Shown) -> None:
    shown.webcam.unplug()
    shown.until(lambda seen: count(seen, AMBER) > 50, "that the camera is gone")
    shown.webcam.plug_in()
    shown.until(lambda seen: count(seen, AMBER) == 0 and count(seen, STRANGER) > 100, "the stranger")


def test_whoever_is_in_front_is_enrolled_and_known_at_once(shown: Shown) -> None:
    shown.window.press("e")
    shown.until(lambda seen: count(seen, FORM) > 20_000, "the form")
    time.sleep(SPLIT_S)
    shown.window.write("Quentin")  # whose letters are keys of the window
    shown.screen.do("key", "Tab")
    shown.window.write("Fbvs")
    shown.screen.do("key", "Tab", "space", "Return")
    shown.until(lambda seen: count(seen, FORM) < 1000, "no form")
    seen = shown.until(lambda seen: count(seen, KNOWN) > 100 and count(seen, STRANGER) == 0, "somebody known")
    sharp = visible(seen, KNOWN)
    shown.window.press("b")
    time.sleep(2 * SPLIT_S)
    seen = shown.until(lambda seen: count(seen, KNOWN) > 100, "somebody known")
    assert visible(seen, KNOWN) > sharp / 3


def test_it_ends_with_who_was_seen(shown: Shown) -> None:
    shown.window.press("Q")
    code, out, err = shown.ended()
    assert code == 0, err
    told = json.loads(out)
    assert list(told) == [
        *("camera", "frames_shown", "frames_analysed", "mean_fps", "duration_s", "people", "strangers")
    ]
    assert (told["camera"], told["people"], told["strangers"]) == ("webcam:0", ["Quentin Fbvs"], 0)
    assert told["frames_shown"] > 30 and told["frames_analysed"] > 30
    assert 1 < told["mean_fps"] <= 31 and told["mean_fps"] * told["duration_s"] >= told["frames_shown"]
    assert "Traceback" not in err and "Exception" not in err and "Quentin" not in err
    with ExitStack() as stack:
        stores = build_stores(Settings(home=shown.mien.home), stack)
        (run,) = stores.readings.runs()
        assert len([*stores.readings.read(run)]) > 10


def test_a_camera_that_is_taken_away_comes_back(monitor: Screen, man: list[Picture], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    to_the_left = [np.ascontiguousarray(one[:, CUT_PX:]) for one in man[:20]]
    with opened(monitor, tmp_path, to_the_left, "--screenshots", str(tmp_path / "file" / "shots")) as shown:
        bright = shown.until(lambda seen: seen.mean() > 30, "a picture").mean()
        shown.webcam.unplug()
        shown.until(lambda seen: seen.mean() < 0.6 * bright and count(seen, AMBER) > 50, "a dimmed picture")
        shown.webcam.plug_in()
        shown.until(lambda seen: seen.mean() > 0.8 * bright, "a picture again")
        seen = shown.until(lambda seen: count(seen, STRANGER) > 50, "what is read of it")
        assert np.nonzero((seen == np.array(STRANGER)).all(axis=2))[1].max() > 0.6 * shown.window.size()[0]
        shown.window.press("s")
        end_s = time.monotonic() + 20
        while (tmp_path / "err.txt").read_text().count("shots") < 2:
            assert time.monotonic() < end_s and shown.process.poll() is None
            time.sleep(0.1)
        shown.window.close()
        code, out, err = shown.ended()
    assert code == 0 and json.loads(out)["strangers"] == 1
    warned, lost, unwritten = (
        next(line for line in err.splitlines() if told in line)
        for told in ("s will save nothing", "webcam:0 is stalled", f"mien: {tmp_path}")
    )
    assert all(line.endswith("a part of the path is a file, not a folder.") for line in (warned, unwritten))
    assert err.index(warned) < err.index(lost) < err.index(unwritten)
    with ExitStack() as stack:
        stores = build_stores(Settings(home=shown.mien.home), stack)
        (run,) = stores.readings.runs()
        boxes = [face.box for one in stores.readings.read(run) for face in one.faces]
    middle = np.median([(box[0] + box[2]) / 2 for box in boxes])
    assert middle < 0.45 * to_the_left[0].shape[1]  # as the camera sees him, and not as he is shown


def test_depth_lies_beside_the_picture_of_a_recording(monitor: Screen, man: list[Picture], tmp_path: Path) -> None:
    far = np.full(man[0].shape[:2], 12_000, np.uint16)
    recording = write_recording(tmp_path / "recorded", ((one, far) for one in man[:30]), frame_rate=15)
    with opened(monitor, tmp_path, man[:1], str(recording), "--depth") as shown:

        def is_halved(seen: Picture) -> bool:
            """The right half is of one colour, but for what is written on it, and the left one is not."""
            width, height = shown.window.size()
            middle = seen[height // 3 : height * 2 // 3, :width]
            left, right = (
                half.std(axis=(0, 1)).max() for half in (middle[:, : width // 4], middle[:, width * 3 // 4 :])
            )
            return right < 5 < left

        shown.until(is_halved, "depth beside the picture")
        beside = shown.window.size()
        shown.window.press("d")
        shown.until(lambda seen: seen.any() and not is_halved(seen), "the picture alone")
        shown.wait(lambda: shown.window.size()[0] < beside[0], "a window of the shape of the picture")
        alone = shown.window.size()
        assert alone[0] / alone[1] == pytest.approx(man[0].shape[1] / man[0].shape[0], rel=0.02)
        assert beside[0] / beside[1] == pytest.approx(2 * alone[0] / alone[1], rel=0.02)
        shown.process.send_signal(signal.SIGTERM)
        code, out, err = shown.ended()
    assert code == 0 and json.loads(out)["camera"] == str(recording), err


def test_it_ends_while_it_starts(monitor: Screen, man: list[Picture], tmp_path: Path) -> None:
    with opened(monitor, tmp_path, man[:20], "--fullscreen") as shown:
        shown.window.close()
        code, out, err = shown.ended()
    assert (code, json.loads(out)["people"]) == (0, []), err
    assert "Traceback" not in err
    assert not shown.mien.home.exists()  # all was over before it was needed


def test_without_a_camera_it_says_so(monitor: Screen, tmp_path: Path) -> None:
    ended = Mien(tmp_path / "home")("window", "--camera", "77", DISPLAY=monitor.name)
    assert (ended.code, ended.out) == (1, "")
    assert ended.lines[-1] == "mien: there is no webcam 77, or another program is using it"
    assert len(ended.lines) == 1
    assert not monitor.do("search", "--onlyvisible", "--class", "mien")


def test_without_a_screen_no_toolkit_is_imported(tmp_path: Path) -> None:
    script = (
        "import sys\n"
        "from mien.cli.app import main\n"
        "try:\n    main(['window'])\n"
        "except SystemExit as end:\n    print(end.code, 'tkinter' in sys.modules, '_tkinter' in sys.modules)\n"
    )
    mien = Mien(tmp_path / "home")
    environment = {name: value for name, value in mien.environment().items() if "DISPLAY" not in name}
    command = [*mien.command()[:1], "-c", script]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["1", "False", "False"]
    assert done.stderr.count("\n") == 1 and "`mien watch` shows the same in a terminal" in done.stderr
