import os
import socket
import traceback
from pathlib import Path
from threading import Thread

import cv2
import pytest
from tests.support.rtsp import RtspServer
from tests.support.scenes import smooth_colours

from mien.domain.clock import Clock
from mien.domain.errors import SourceNotFound, SourceUnreachable, SourceUnreadable, UsageError
from mien.sources.images import Picture
from mien.sources.opening import (
    expand,
    is_mirrored,
    live_camera,
    names_file,
    open_live,
    open_picture,
    open_source,
    source_name,
)
from mien.sources.source import SourceSettings
from mien.sources.synthetic import Replay
from mien.sources.video import VideoSource


@pytest.fixture
def folder(tmp_path: Path, clip: Path) -> Path:
    for name in ("b.jpg", "a.PNG", ".hidden.jpg", "deeper/c.jpg"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(cv2.imencode(".png" if name.endswith("PNG") else ".jpg", smooth_colours(32, 24))[1].tobytes())
    (tmp_path / "c.mp4").write_bytes(clip.read_bytes())
    (tmp_path / "notes.txt").write_text("none")
    return tmp_path


def test_a_folder_is_its_pictures_and_videos(folder: Path) -> None:
    assert expand(str(folder)) == tuple(str(folder / name) for name in ("a.PNG", "b.jpg", "c.mp4"))


def test_patterns(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    assert expand("*.jpg") == ("b.jpg",)
    assert expand("*") == ("a.PNG", "b.jpg", "c.mp4")
    assert expand(str(folder / "**" / "*.jpg")) == (str(folder / "b.jpg"), str(folder / "deeper" / "c.jpg"))
    (folder / "odd[1].jpg").write_bytes(b"")
    assert expand("odd[1].jpg") == ("odd[1].jpg",)
    with pytest.raises(SourceNotFound, match=r"no picture and no video matches \*\.tif"):
        expand("*.tif")


def test_everything_else_stays_as_typed(tmp_path: Path) -> None:
    for typed in ("rtsp://host/*", "0", "webcam:1", "absent.jpg", "x" * 300, "a\0b"):
        assert expand(typed) == (typed,)
    with pytest.raises(SourceNotFound, match="holds no picture and no video"):
        expand(str(tmp_path))


def test_a_folder_that_may_not_be_read(
    folder: Path, settings: SourceSettings, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    with monkeypatch.context() as locked:
        locked.setattr(Path, "is_file", refuse)  # a folder that may be listed, and not entered
        assert expand(str(folder)) == tuple(str(folder / name) for name in ("a.PNG", "b.jpg", "c.mp4"))
    monkeypatch.setattr(Path, "iterdir", refuse)
    for look in (expand, lambda spec: open_source(spec, settings, clock)):
        with pytest.raises(SourceUnreadable, match=f"the folder {folder} cannot be read: permission denied"):
            look(str(folder))


def test_one_picture_and_nothing_else(folder: Path, settings: SourceSettings, clock: Clock) -> None:
    assert isinstance(open_picture(str(folder / "a.PNG"), settings, clock), Picture)
    assert isinstance(open_picture(f"file://{folder}/b.jpg", settings, clock), Picture)
    (folder / "d.gif").write_bytes(b"GIF89a")
    for spec, kind in {
        str(folder / "c.mp4"): "a video",
        str(folder / "d.gif"): "a video",
        f"file://{folder}/c.mp4": "a video",
        "rtsp://me:hunter2@host/x": "a camera or an address",
        "0": "a camera or an address",
    }.items():
        with pytest.raises(UsageError, match=f"is {kind}, and a single picture was expected; `mien analyze`") as raised:
            open_picture(spec, settings, clock)
        assert "hunter2" not in str(raised.value)
    with pytest.raises(SourceNotFound, match="is no address of a file"):
        open_picture("file://[x/y.jpg", settings, clock)


def test_kinds(folder: Path, settings: SourceSettings, clock: Clock) -> None:
    assert isinstance(open_source(str(folder / "a.PNG"), settings, clock), Picture)
    assert isinstance(open_source(str(folder / "c.mp4"), settings, clock), VideoSource)
    assert isinstance(open_source(f"file://{folder}/c.mp4", settings, clock), VideoSource)
    bare = (folder / "b.jpg").rename(folder / "photo")
    assert isinstance(open_source(str(bare), settings, clock), Picture)
    bare = (folder / "c.mp4").rename(folder / "film")
    assert isinstance(open_source(str(bare), settings, clock), VideoSource)


def test_a_file_whose_name_is_a_number(
    folder: Path, settings: SourceSettings, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    (folder / "b.jpg").rename("7")
    assert isinstance(open_source("7", settings, clock), Picture)
    assert source_name("7") == "7"
    assert source_name("8") == "webcam:8" == source_name("webcam:8")


@pytest.mark.parametrize("spec", ["absent.mp4", "no/such/../folder/x.jpg", "😀.png", "a\0b.jpg", "x/😀/../y.mp4"])
def test_files_that_are_not_there(spec: str, settings: SourceSettings, clock: Clock) -> None:
    with pytest.raises(SourceNotFound, match="does not exist"):
        open_source(spec, settings, clock)


def test_names_that_are_too_long(settings: SourceSettings, clock: Clock) -> None:
    with pytest.raises(SourceNotFound, match="cannot be found: File name too long"):
        open_source("x" * 300 + ".jpg", settings, clock)


def test_what_is_no_file(tmp_path: Path, settings: SourceSettings, clock: Clock) -> None:
    with pytest.raises(SourceNotFound, match="holds no picture and no video"):
        open_source(str(tmp_path), settings, clock)
    (tmp_path / "a.jpg").write_text("text")
    with pytest.raises(SourceUnreadable, match="is a folder"):
        open_source(str(tmp_path), settings, clock)
    os.mkfifo(tmp_path / "pipe.mp4")
    with pytest.raises(SourceUnreadable, match="neither a file nor a folder"):
        open_source(str(tmp_path / "pipe.mp4"), settings, clock)
    (tmp_path / "wrong.jpg").write_text("text")
    with pytest.raises(SourceUnreadable, match="of no known kind"):
        list(open_source(str(tmp_path / "wrong.jpg"), settings, clock).frames())
    (tmp_path / "notes").write_text("text")
    with pytest.raises(SourceUnreadable, match="cannot be read as a video"):
        open_source(str(tmp_path / "notes"), settings, clock)


def test_addresses_of_unknown_kinds(settings: SourceSettings, clock: Clock) -> None:
    with pytest.raises(UsageError, match=r"gopher://\*\*\*@host/x is an address of an unknown kind") as raised:
        open_source("gopher://me:hunter2@host/x", settings, clock)
    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize(
    ("spec", "is_file"),
    [
        *((one, False) for one in ("0", "webcam:1", "rtsp://10.0.0.2/live", "HTTPS://host/a.mp4", "gopher://host/x")),
        *(
            (one, True)
            for one in ("/etc/passwd", "a.mp4", "file:///a.mp4", "FILE://host/a", "C:/a.mp4", " rtsp://host/x")
        ),
    ],
)
def test_what_is_a_file_of_this_machine(spec: str, is_file: bool, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert names_file(spec) is is_file


@pytest.mark.parametrize("scheme", ["rtsp", "http"])
def test_who_hangs_up_or_is_not_there_is_no_broken_video(scheme: str, settings: SourceSettings, clock: Clock) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def hang_up() -> None:
            listening.accept()[0].close()

        Thread(target=hang_up, daemon=True).start()
        port = listening.getsockname()[1]
        for host in (f"127.0.0.1:{port}", "no.such.host.invalid"):
            with pytest.raises(SourceUnreachable, match="nothing there answers as a camera would"):
                open_source(f"{scheme}://{host}/x", settings, clock)


def test_passwords_are_never_named(server: RtspServer, settings: SourceSettings, clock: Clock) -> None:
    login = ("me", "hunter2")
    source = open_source(server.url("door", login), settings, clock)
    assert "hunter2" not in source.name and "door" in source.name
    assert next(iter(source.frames())).camera == source.name
    source.close()
    server.kill()
    with pytest.raises(SourceUnreachable, match="connection refused") as raised:
        open_source(server.url("door", login), settings, clock)
    assert "hunter2" not in "".join(traceback.format_exception(raised.value))


@pytest.mark.parametrize("password", ["pa ss", "p'w\"x", "<p>", "a/b"])
def test_whatever_stands_in_a_password(password: str, settings: SourceSettings, clock: Clock) -> None:
    assert source_name(f"rtsp://me:{password}@host/x") == "rtsp://***@host/x"
    with pytest.raises(UsageError, match=r"gopher://\*\*\*@host/x") as raised:
        open_source(f"gopher://me:{password}@host/x", settings, clock)
    with pytest.raises(SourceUnreachable) as refused:
        open_source(f"rtsp://me:{password}@127.0.0.1:9/x", settings, clock)
    with pytest.raises(SourceUnreachable) as in_path:
        open_source(f"rtsp://127.0.0.1:9/user=me_password={password}_channel=1", settings, clock)
    for error in (raised, refused, in_path):
        assert password not in str(error.value) and "***" in str(error.value)


def test_watching_a_file_plays_it(folder: Path, settings: SourceSettings, clock: Clock) -> None:
    source = open_live(str(folder / "c.mp4"), settings, clock)
    assert isinstance(source, Replay) and source.is_live
    source.close()
    with pytest.raises(UsageError, match="nothing to watch"):
        open_live(str(folder / "b.jpg"), settings, clock)


def test_a_camera_is_not_opened_before_it_starts(settings: SourceSettings, clock: Clock) -> None:
    camera = live_camera("door", "rtsp://127.0.0.1:1/none", settings, clock)
    assert camera.statistics().state == "connecting"
    camera.close()


def test_only_a_webcam_is_mirrored(clip: Path) -> None:
    mirrored = SourceSettings(mirrored=True)
    assert [is_mirrored(spec, mirrored) for spec in ("0", "webcam:1", str(clip), "rtsp://a/b")] == [
        True,
        True,
        False,
        False,
    ]
    assert not is_mirrored("0", SourceSettings())
