import logging
import random
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.support.recorded_depth import BEGAN_S, write_recording
from tests.support.scenes import number_of, numbered

from mien.domain.clock import Clock
from mien.domain.errors import SourceNotFound, SourceUnreadable
from mien.sources.depth.lists import MAX_APART_S, Listed, matched
from mien.sources.opening import (
    check_watchable,
    expand,
    has_inner_folders,
    open_live,
    open_picture,
    open_source,
    source_name,
)
from mien.sources.source import SourceSettings

COUNT, SIZE = 12, (64, 48)


def depth_of(number: int, size: tuple[int, int] = SIZE) -> np.ndarray:
    """Depth that says which picture it belongs to."""
    return np.full(size[::-1], 1000 + number, np.uint16)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Twelve numbered pictures, 30 a second, each with its depth 8 ms later."""
    shots = ((picture, depth_of(number)) for number, picture in enumerate(numbered(COUNT, SIZE)))
    return write_recording(tmp_path / "desk", shots)


@pytest.fixture
def opened(folder: Path, settings: SourceSettings, clock: Clock) -> Callable[[], list]:
    """Opens the folder and reads it to its end."""
    return lambda: list(open_source(str(folder), settings, clock).frames())


def lines_of(folder: Path, name: str) -> list[str]:
    return [line for line in (folder / name).read_text().splitlines() if not line.startswith("#")]


def rewrite(folder: Path, name: str, change: Callable[[list[str]], list[str]]) -> None:
    (folder / name).write_text("\n".join(change(lines_of(folder, name))) + "\n")


def test_a_recording_is_read_whole(folder: Path, settings: SourceSettings, clock: Clock) -> None:
    source = open_source(str(folder), SourceSettings(mirrored=True), clock)  # only a camera is mirrored
    assert (source.name, source.is_live, source.is_still) == (str(folder), False, False)
    assert source.frame_count == COUNT and source.frame_rate == pytest.approx(30, abs=0.01)
    frames = list(source.frames())
    assert [number_of(frame.pixels.bgr()) for frame in frames] == [frame.index for frame in frames] == [*range(COUNT)]
    assert [frame.time_s for frame in frames] == pytest.approx([number / 30 for number in range(COUNT)], abs=1e-5)
    for frame in frames:
        assert frame.depth_mm is not None and not frame.depth_mm.flags.writeable
        assert np.array_equal(frame.depth_mm, depth_of(frame.index))
    assert source.without_depth == 0
    source.close()


def test_metres_are_5000_units_each(folder: Path, opened: Callable[[], list]) -> None:
    raw = np.array([[0, 1, 4, 5, 5000, 65535]] * 48, np.uint16).repeat(11, axis=1)[:, :64]
    first = lines_of(folder, "depth.txt")[0].split()[1]
    cv2.imwrite(str(folder / first), raw)
    depth = opened()[0].depth_mm
    assert sorted(set(depth.ravel())) == [0, 1, 1000, 13107]
    assert depth[0, 0] == 0 and depth[0, 60] == 13107


def test_it_stays_one_source(folder: Path) -> None:
    assert expand(str(folder)) == (str(folder),) and source_name(str(folder)) == str(folder)
    assert not has_inner_folders(str(folder))
    check_watchable(str(folder))
    (folder / "extra.png").write_bytes(b"")
    assert expand(str(folder)) == (str(folder),)
    (folder / "depth.txt").unlink()  # a folder of files like any other
    assert expand(str(folder)) == (str(folder / "extra.png"),)


def test_a_recording_is_no_picture(folder: Path, settings: SourceSettings, clock: Clock) -> None:
    with pytest.raises(SourceUnreadable, match="is a folder, and a single picture or video was expected"):
        open_picture(str(folder), settings, clock)


@pytest.mark.parametrize("prefix", ["", "file://"])
def test_watched_it_plays_over_and_over(prefix: str, folder: Path, settings: SourceSettings, clock: Clock) -> None:
    for name in ("rgb.txt", "depth.txt"):
        rewrite(folder, name, lambda lines: lines[:3])
    source = open_live(f"{prefix}{folder}", settings, clock)
    assert source.is_live
    depths = []
    for frame in source.frames():
        depths.append(int(frame.depth_mm[0, 0]))
        if len(depths) == 7:
            source.close()
    assert depths == [1000, 1001, 1002, 1000, 1001, 1002, 1000]


def test_what_is_out_of_step_has_no_depth(
    tmp_path: Path, settings: SourceSettings, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    shots = ((picture, depth_of(number)) for number, picture in enumerate(numbered(COUNT, SIZE)))
    folder = write_recording(tmp_path, shots, frame_rate=10)

    def late(lines: list[str]) -> list[str]:
        for number in (5, 6):
            at_s, name = lines[number].split()
            lines[number] = f"{float(at_s) + 0.02:.6f} {name}"
        return lines

    rewrite(folder, "depth.txt", late)
    source = open_source(str(folder), settings, clock)
    assert [frame.index for frame in source.frames() if frame.depth_mm is None] == [5, 6]
    assert source.without_depth == 2 and not caplog.records


def test_hardly_any_depth_is_told_once(
    folder: Path, settings: SourceSettings, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    rewrite(folder, "depth.txt", lambda lines: [lines[0], lines[-1]])
    source = open_source(str(folder), settings, clock)
    frames = list(source.frames())
    assert source.without_depth == 10 and len(frames) == COUNT
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert record.getMessage() == (
        f"{folder}: only 2 of 12 pictures (17%) have depth: the others have none taken at the same moment"
    )
    caplog.clear()
    replayed = open_live(str(folder), settings, clock)
    for frame in replayed.frames():
        if frame.index == 2 * COUNT + 1:
            replayed.close()
    assert len(caplog.records) == 1  # not in each round


def test_clocks_that_have_nothing_to_do_with_each_other(folder: Path, opened: Callable[[], list]) -> None:
    rewrite(folder, "depth.txt", lambda lines: [f"{at}.5 {line.split()[1]}" for at, line in enumerate(lines)])
    told = (
        f"its pictures are of {BEGAN_S:.2f} to {BEGAN_S + 11 / 30:.2f} s and its depth of 0.50 to 11.50 s: "
        "both have to be timed by the same clock"
    )
    with pytest.raises(SourceUnreadable) as raised:
        opened()
    assert str(raised.value) == f"{folder}: {told}"


def test_depth_files_that_are_missing(folder: Path, settings: SourceSettings, clock: Clock) -> None:
    for line in lines_of(folder, "depth.txt")[2:4]:
        (folder / line.split()[1]).unlink()
    source = open_source(str(folder), settings, clock)
    assert [frame.index for frame in source.frames() if frame.depth_mm is None] == [2, 3]
    assert source.without_depth == 2


def test_a_picture_that_is_missing(folder: Path, opened: Callable[[], list]) -> None:
    name = lines_of(folder, "rgb.txt")[4].split()[1]
    (folder / name).unlink()
    with pytest.raises(SourceNotFound, match=f"{folder}/{name} does not exist"):
        opened()


@pytest.mark.parametrize(
    ("image", "told"),
    [
        (np.zeros((48, 64), np.uint8), "expected to be a grey picture of 16 bits, and is of the kind L$"),
        (np.zeros((48, 64, 3), np.uint8), "expected to be a grey picture of 16 bits, and is of the kind RGB$"),
        (np.zeros((48, 64, 3), np.uint16), "expected to be a grey picture of 16 bits, and is of the kind RGB$"),
        (np.zeros((48, 48), np.uint16), "depth of 48×48 px is not registered to a picture of 64×48 px: both have to"),
        (None, "cannot be read as a picture: it is of no known kind"),
    ],
)
def test_depth_that_is_none(image: np.ndarray | None, told: str, folder: Path, opened: Callable[[], list]) -> None:
    path = folder / lines_of(folder, "depth.txt")[0].split()[1]
    path.write_bytes(b"text") if image is None else cv2.imwrite(str(path), image)
    with pytest.raises(SourceUnreadable, match=told):
        opened()


@pytest.mark.parametrize("size", [(32, 24), (128, 96), (43, 32)])
def test_depth_of_another_size_and_the_same_shape(size: tuple[int, int], folder: Path, opened: Callable) -> None:
    for number, line in enumerate(lines_of(folder, "depth.txt")):
        cv2.imwrite(str(folder / line.split()[1]), depth_of(number, size) * 5)
    assert {frame.depth_mm.shape for frame in opened()} == {size[::-1]}


@pytest.mark.parametrize("kind", ["rgb", "depth"])
def test_pictures_that_are_too_large(kind: str, folder: Path, clock: Clock) -> None:
    name = lines_of(folder, f"{kind}.txt")[0].split()[1]
    channels = (3,) if kind == "rgb" else ()
    cv2.imwrite(str(folder / name), np.zeros((1000, 1500, *channels), np.uint8 if channels else np.uint16))
    with pytest.raises(SourceUnreadable, match=f"{name} is too large: 1500×1000 px are 2 megapixels, at most 1 are"):
        list(open_source(str(folder), SourceSettings(max_megapixels=1), clock).frames())


@pytest.mark.parametrize("name", ["rgb.txt", "depth.txt"])
@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("1305031102.2", "expected a time in seconds and the name of a file, not '1305031102.2'"),
        ("noon rgb/x.png", "expected a time in seconds and the name of a file, not 'noon rgb/x.png'"),
        ("nan rgb/x.png", "expected a time in seconds and the name of a file, not 'nan rgb/x.png'"),
        ("1.0 ../x.png", "'../x.png' lies outside of the recording's folder"),
        ("1.0 rgb/../../x.png", "lies outside of the recording's folder"),
        ("1.0 /etc/x.png", "'/etc/x.png' lies outside of the recording's folder"),
        ("1.0 ..\\x.png", "lies outside of the recording's folder"),
        ("1.0 C:\\x.png", "lies outside of the recording's folder"),
    ],
)
def test_lines_that_are_none(name: str, line: str, told: str, folder: Path, opened: Callable[[], list]) -> None:
    lines = (folder / name).read_text().splitlines()
    (folder / name).write_text("\n".join([*lines[:5], line, *lines[5:]]))
    with pytest.raises(SourceUnreadable) as raised:
        opened()
    assert str(raised.value).startswith(f"{folder}/{name}, line 6: ") and told in str(raised.value)


@pytest.mark.parametrize("name", ["rgb.txt", "depth.txt"])
@pytest.mark.parametrize(("content", "told"), [(b"# none\n\n", "lists no file"), (b"\xff\xfe\x00", "it is no text")])
def test_lists_of_nothing(name: str, content: bytes, told: str, folder: Path, opened: Callable[[], list]) -> None:
    (folder / name).write_bytes(content)
    with pytest.raises(SourceUnreadable, match=f"{folder}/{name} .*{told}"):
        opened()


def test_lists_in_any_order_and_hand(folder: Path, opened: Callable[[], list]) -> None:
    expected = [int(frame.depth_mm[0, 0]) for frame in opened()]
    for name, between in (("rgb.txt", "\t"), ("depth.txt", ", ")):
        lines = [line.replace(" ", between) for line in lines_of(folder, name)]
        random.Random(3).shuffle(lines)
        (folder / name).write_text("\ufeff# shuffled\r\n\r\n" + "\r\n".join(lines), encoding="utf-8")
    frames = opened()
    assert [number_of(frame.pixels.bgr()) for frame in frames] == [*range(COUNT)]
    assert [int(frame.depth_mm[0, 0]) for frame in frames] == expected


def associated(pictures: tuple[Listed, ...], depths: tuple[Listed, ...]) -> dict[Listed, Listed]:
    """As the benchmark's associate.py pairs them: all pairs, the closest first, each taken once."""
    pairs = sorted(
        (abs(picture.time_s - depth.time_s), picture, depth)
        for picture in pictures
        for depth in depths
        if abs(picture.time_s - depth.time_s) < MAX_APART_S
    )
    found: dict[Listed, Listed] = {}
    for _, picture, depth in pairs:
        if picture not in found and depth not in found.values():
            found[picture] = depth
    return found


@pytest.mark.parametrize("seed", range(20))
def test_pairs_are_those_of_the_benchmark(seed: int) -> None:
    drawn = random.Random(seed)
    span_s = drawn.choice((0.1, 1.0, 4.0))
    pictures, depths = (
        tuple(sorted(Listed(drawn.uniform(0, span_s), f"{kind}{at}") for at in range(drawn.randint(1, 60))))
        for kind in ("picture", "depth")
    )
    expected = associated(pictures, depths)
    assert matched(pictures, depths) == tuple(expected.get(picture) for picture in pictures)


def test_many_of_one_moment_are_paired_quickly() -> None:
    pictures, depths = (tuple(Listed(1.0, f"{kind}{at:05}") for at in range(20_000)) for kind in "pd")
    found = matched(pictures, depths)
    assert len(set(found)) == 20_000 and None not in found
