import json
import os
import shutil
import socket
import sqlite3
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

import cv2
import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image
from tests.support.command import Ended, Mien, Within
from tests.support.encoding import encode, read_pictures, write_video
from tests.support.rtsp import RtspServer
from tests.support.scenes import numbered

PASSWORD = "hunter2-very-secret"
LOADED_AT_ONCE = {"MIEN_RUNTIME__RUNTIME": "onnxruntime"}
"""OpenVINO compiles a network for longer than all that goes wrong takes."""
FACE = (180, 71, 265, 176)  # of the portrait, in px
FOX = "🦊 'quoted', with = and \"marks\".png"


@dataclass(frozen=True)
class Analysed:
    """One analysis of everything that can be wrong with inputs, and of odd ones that must work."""

    ended: Ended
    out: Path
    home: Path
    seconds: float

    def rows(self, name: str) -> list[dict[str, Any]]:
        table = pq.read_table(self.out / "readings.parquet").to_pylist()
        return [row for row in table if Path(row["source"]).name == name]

    def outcome(self, name: str) -> dict[str, Any]:
        summary = json.loads((self.out / "summary.json").read_text(encoding="utf-8"))
        (found,) = (one for one in summary["sources"] if one["source"].rsplit("/", 1)[-1] == name)
        return found


def write_bad(folder: Path, carphone: Path) -> list[Path]:
    """Files that cannot be read to their end."""
    whole = write_video(folder / "whole.mp4", read_pictures(carphone, 90))
    faststart = write_video(folder / "fast.mp4", read_pictures(carphone, 90), options={"movflags": "faststart"})
    (folder / "no-index.mp4").write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    (folder / "cut.mp4").write_bytes(faststart.read_bytes()[: faststart.stat().st_size // 2])
    whole.unlink()
    faststart.unlink()
    (folder / "empty.jpg").write_bytes(b"")
    (folder / "empty.mp4").write_bytes(b"")
    (folder / "text.jpg").write_text("this is no picture\n" * 50)
    Image.new("1", (20_000, 20_000)).save(folder / "huge.png")
    half = folder / "half.jpg"
    Image.effect_noise((800, 600), 80).save(half)
    half.write_bytes(half.read_bytes()[: half.stat().st_size // 2])
    (folder / "nothing").mkdir()
    names = ("no-index.mp4", "cut.mp4", "empty.jpg", "empty.mp4", "text.jpg", "huge.png", "half.jpg", "nothing")
    absent = folder / os.fsdecode(b"absent\xff\nno.jpg")
    return [folder / "absent.mp4", absent, *(folder / name for name in names)]


def write_odd(folder: Path, portrait: Path, carphone: Path) -> list[Path]:
    """Files that are unusual and must work."""
    picture = Image.open(portrait).convert("RGB")
    Image.new("RGB", (1, 1), "grey").save(folder / "tiny.png")
    picture.convert("CMYK").save(folder / "cmyk.jpg", quality=95)
    bgr = cv2.imread(str(portrait))
    assert bgr is not None
    deep = cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY).astype(np.uint16) * 257
    assert cv2.imwrite(str(folder / "deep.png"), deep)
    blank = Image.new("RGB", picture.size, "grey")
    shifted = picture.transform(picture.size, Image.Transform.AFFINE, (1, 0, 3, 0, 1, 0))
    picture.save(folder / "moving.gif", save_all=True, append_images=[shifted, blank], duration=100, loop=0)
    picture.save(folder / "moving.webp", save_all=True, append_images=[blank], duration=100)
    picture.save(folder / "moving.png", save_all=True, append_images=[blank], duration=100)
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise by a quarter
    picture.rotate(90, expand=True).save(folder / "turned.jpg", exif=exif, quality=95)
    shutil.copy(portrait, folder / FOX)
    small = [cv2.resize(bgr, (256, 256)), cv2.resize(bgr, (512, 512))]
    parts = [write_video(folder / f"part-{side}.ts", [small[side]] * 15) for side in (0, 1)]
    (folder / "resized.ts").write_bytes(b"".join(part.read_bytes() for part in parts))
    for part in parts:
        part.unlink()
    no_text = folder / os.fsdecode(b"no \xff text\n.png")
    shutil.copy(portrait, no_text)
    names = ("tiny.png", "cmyk.jpg", "deep.png", "moving.gif", "moving.webp", "moving.png", "turned.jpg", FOX)
    return [*(folder / name for name in names), folder / "resized.ts", no_text]


@pytest.fixture(scope="module")
def locked() -> Iterator[RtspServer]:
    """A camera that asks for a password."""
    with RtspServer({"live": encode(numbered(10), (320, 180), 10)}, login=("viewer", "right")) as server:
        yield server


@pytest.fixture(scope="module")
def analysed(tmp_path_factory: pytest.TempPathFactory, portrait: Path, carphone: Path, locked: RtspServer) -> Analysed:
    folder, out, home = (tmp_path_factory.mktemp(name) for name in ("inputs", "out", "home"))
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    addresses = [
        f"rtsp://viewer:{PASSWORD}@127.0.0.1:{port}/refused",
        locked.url("live", ("viewer", PASSWORD)),
        f"gopher://viewer:{PASSWORD}@127.0.0.1/odd",
    ]
    bad, odd = write_bad(folder, carphone), write_odd(folder, portrait, carphone)
    began_s = monotonic()
    ended = Mien(home)("-q", "analyze", *bad, *addresses, *odd, "--out", out, "--json", "--video")
    return Analysed(ended, out, home, monotonic() - began_s)


BAD = {
    "absent.mp4": "does not exist",
    "absent\ufffd\ufffdno.jpg": "does not exist",
    "no-index.mp4": "cannot be read as a video",
    "cut.mp4": "breaks off before its end",
    "empty.jpg": "it is empty",
    "empty.mp4": "it is empty",
    "text.jpg": "of no known kind",
    "huge.png": "is too large",
    "half.jpg": "it is cut short",
    "nothing": "holds no picture and no video",
    "refused": "cannot be opened",
    "live": "refused the user name or password",
    "odd": "unknown kind",
}


def test_every_bad_input_is_one_clear_line(analysed: Analysed) -> None:
    assert analysed.ended.code == 1
    assert len(analysed.ended.lines) == len(BAD), analysed.ended.err
    for (name, words), line in zip(BAD.items(), analysed.ended.lines, strict=True):
        assert line.startswith("mien: ") and name in line and words in line, (name, line)
    assert analysed.ended.json["failures"] == [line.removeprefix("mien: ") for line in analysed.ended.lines]


def test_nothing_is_waited_for_long(analysed: Analysed) -> None:
    assert analysed.seconds < 60  # an address that is refused is given up at once


def test_a_password_stands_nowhere(analysed: Analysed) -> None:
    assert PASSWORD not in analysed.ended.out + analysed.ended.err
    for folder in (analysed.out, analysed.home):
        for path in folder.rglob("*"):
            assert not path.is_file() or PASSWORD.encode() not in path.read_bytes(), path


def test_nothing_half_written_stays(analysed: Analysed) -> None:
    assert {str(path) for path in analysed.out.rglob("*")} == set(analysed.ended.json["files"])
    assert not [path for path in analysed.home.rglob("*") if path.suffix in (".partial", ".part", ".tmp")]


@pytest.mark.parametrize("name", ["cmyk.jpg", "deep.png", "moving.webp", "moving.png", "turned.jpg", FOX])
def test_an_odd_picture_shows_its_face(analysed: Analysed, name: str) -> None:
    assert analysed.outcome(name)["status"] == "ok"
    (row,) = analysed.rows(name)
    x1, y1, x2, y2 = (row[side] for side in ("x1", "y1", "x2", "y2"))
    assert (x1, y1, x2, y2) == pytest.approx(FACE, abs=15)
    assert row["detection_score"] > 0.7 and row["identity"] == "unknown"


def test_one_face_is_one_stranger_in_every_picture(analysed: Analysed) -> None:
    names = ("cmyk.jpg", "deep.png", "moving.webp", "moving.png", "turned.jpg", FOX)
    assert len({row["person_id"] for name in names for row in analysed.rows(name)}) == 1


def test_a_file_name_that_is_no_text_is_told_as_far_as_it_is(analysed: Analysed) -> None:
    (row,) = analysed.rows("no \ufffd text\ufffd.png")
    assert row["identity"] == "unknown" and row["source"] in (analysed.out / "readings.csv").read_text()


def test_a_picture_of_one_pixel_has_no_face(analysed: Analysed) -> None:
    outcome = analysed.outcome("tiny.png")
    assert (outcome["status"], outcome["frames_analysed"], outcome["readings"]) == ("ok", 1, 0)


def test_an_animated_gif_is_a_video(analysed: Analysed) -> None:
    outcome = analysed.outcome("moving.gif")
    assert outcome["status"] == "ok" and outcome["frames_decoded"] == 3
    assert {0, 1} <= {row["frame"] for row in analysed.rows("moving.gif")}


def test_a_video_whose_size_changes_is_read_to_its_end(analysed: Analysed) -> None:
    outcome = analysed.outcome("resized.ts")
    assert (outcome["status"], outcome["frames_decoded"], outcome["frames_analysed"]) == ("ok", 30, 30)
    rows = analysed.rows("resized.ts")
    assert [row["frame"] for row in rows] == list(range(30))
    for row in rows:
        scale = 0.5 if row["frame"] < 15 else 1.0
        box = [row[side] for side in ("x1", "y1", "x2", "y2")]
        # within a seventh of the face: frames, sizes and arithmetic differ
        assert box == pytest.approx([scale * side for side in FACE], abs=15)
    assert {row["person_id"] for row in rows} == {row["person_id"] for row in analysed.rows("cmyk.jpg")}
    assert [row["time_s"] for row in rows] == pytest.approx([number / 25 for number in range(30)], abs=0.01)


def test_what_was_read_of_a_video_that_is_cut_short_stands(analysed: Analysed) -> None:
    outcome = analysed.outcome("cut.mp4")
    assert outcome["status"] == "failed" and 10 < outcome["frames_analysed"] < 90
    assert [row["frame"] for row in analysed.rows("cut.mp4")] == list(range(outcome["frames_analysed"]))


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 1 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.geteuid() != 0:
        pytest.skip("needs root to mount a disk of 1 MB")
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    mounted = subprocess.run(command, capture_output=True, check=False, text=True)
    if mounted.returncode:
        pytest.skip(f"cannot mount a disk of 1 MB here: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(disk: Path, but: int) -> None:
    """Leave only so many bytes free."""
    free = os.statvfs(disk)
    (disk / "filler").write_bytes(b"\0" * max(0, free.f_bavail * free.f_bsize - but))


def test_a_full_disk_under_the_results(within: Within, disk: Path, carphone: Path) -> None:
    fill(disk, but=64 * 1024)
    ended = within("-q", "analyze", carphone, "--out", disk / "out", "--video", "--fps", "10", **LOADED_AT_ONCE)
    assert ended.code == 1 and ended.out == "", ended.out
    assert len(ended.lines) == 1 and "the disk is full" in ended.err and str(disk / "out") in ended.err
    assert not (disk / "out").exists()


def test_a_full_disk_under_the_home(within: Within, disk: Path, portrait: Path) -> None:
    fill(disk, but=16 * 1024)
    ended = within("people", "enrol", "Ada", portrait, MIEN_HOME=disk / "home", **LOADED_AT_ONCE)
    assert ended.code == 1 and len(ended.lines) == 1, ended.err
    assert str(disk / "home") in ended.err and "disk" in ended.err


def test_a_disk_that_fills_up_while_a_stranger_is_kept(
    within: Within, disk: Path, portrait: Path, tmp_path: Path
) -> None:
    home = disk / "home"
    assert within("people", "list", MIEN_HOME=home).code == 0
    fill(disk, but=0)
    ended = within("-q", "analyze", portrait, "--out", tmp_path / "out", MIEN_HOME=home, **LOADED_AT_ONCE)
    assert ended.code == 1 and len(ended.lines) == 1 and str(home) in ended.err, ended.err
    assert "disk" in ended.err or "No space" in ended.err
    assert not [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    (disk / "filler").unlink()
    assert within("people", "list", "--json", MIEN_HOME=home).json == {"people": []}
    assert not list(home.rglob("*.partial"))


@pytest.fixture
def own_cache(tmp_path: Path, models: tuple[Path, ...]) -> Path:
    """A copy of the model files that the pipeline uses, in a cache of its own."""
    folder = tmp_path / "cache" / "models"
    folder.mkdir(parents=True)
    for model in models:
        for path in model.parent.glob(f"{model.name}*"):  # and the note that it was verified
            shutil.copy2(path, folder / path.name)
    return folder


OFFLINE = {"PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull}


def test_a_corrupt_model_is_one_line_and_an_intact_one_needs_no_network(
    within: Within, own_cache: Path, portrait: Path, tmp_path: Path
) -> None:
    offline = {**OFFLINE, "MIEN_CACHE": own_cache.parent, "MIEN_MODELS_MIRROR": ""}
    assert within("identify", portrait, "--json", **offline).json["faces"]
    model = own_cache / "face_detection_yunet_2023mar.onnx"
    content = bytearray(model.read_bytes())
    content[len(content) // 2] ^= 0xFF
    model.write_bytes(content)
    ended = within("-q", "analyze", portrait, "--out", tmp_path / "out", **offline)
    assert ended.code == 1 and ended.out == ""
    assert len(ended.lines) == 1 and "is damaged" in ended.err and model.name in ended.err, ended.err
    assert not [path for path in (tmp_path / "out").rglob("*") if path.is_file()]


def test_a_database_of_a_newer_version_is_left_alone(within: Within, portrait: Path, tmp_path: Path) -> None:
    assert within("-q", "analyze", portrait, "--out", tmp_path / "first", **LOADED_AT_ONCE).code == 0
    database = within.home / "mien.sqlite3"
    with sqlite3.connect(database) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999_from_the_future'")
    connection.close()
    before = database.read_bytes()
    for arguments in (("people", "list"), ("-q", "analyze", portrait, "--out", tmp_path / "out")):
        ended = within(*arguments)
        assert ended.code == 1 and ended.out == ""
        assert len(ended.lines) == 1 and "newer version of mien" in ended.err, ended.err
    assert database.read_bytes() == before
    assert not [path for path in (tmp_path / "out").rglob("*") if path.is_file()]


def test_a_database_that_is_none(within: Within, portrait: Path) -> None:
    within.home.mkdir()
    (within.home / "mien.sqlite3").write_bytes(b"something else" * 100)
    ended = within("people", "list")
    assert ended.code == 1 and len(ended.lines) == 1 and "not a database" in ended.err


def test_a_name_is_a_name_and_never_a_path(within: Within, portrait: Path, tmp_path: Path) -> None:
    name = "../../etc/🦊 / \\x00 'Ada'"
    assert within("-q", "people", "enrol", name, portrait, **LOADED_AT_ONCE).code == 0
    (person,) = within("people", "list", "--json").json["people"]
    assert person["name"] == name
    assert {path.name for path in tmp_path.iterdir()} == {"home"}
    too_long = within("people", "enrol", "n" * 300, portrait, **LOADED_AT_ONCE)
    assert too_long.code == 1 and len(too_long.lines) == 1 and "200 characters" in too_long.err
    assert within("people", "forget", name, "--json").json["templates"] == person["templates"]
