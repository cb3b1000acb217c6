import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from tests.support.encoding import EncodedVideo, write_video
from tests.support.scenes import number_of, numbered, smooth_colours

from mien.domain.clock import Clock
from mien.domain.errors import SourceError, SourceStalled, SourceUnreachable, SourceUnreadable
from mien.domain.frame import Frame
from mien.inference.catalog import Catalog
from mien.inference.weights import WeightStore
from mien.sources.source import SourceSettings
from mien.sources.video import VideoSource, open_stream, open_video_file


def until_it_breaks(source: VideoSource) -> tuple[list[Frame], SourceError | None]:
    frames = []
    try:
        for frame in source.frames():
            frames.append(frame)
    except SourceError as error:
        return frames, error
    return frames, None


def numbers(frames: list[Frame]) -> list[int]:
    return [number_of(frame.pixels.bgr()) for frame in frames]


def test_a_file_is_read_whole_and_in_order(clip: Path, clock: Clock) -> None:
    source = open_video_file(str(clip), clock)
    assert (source.name, source.is_live, source.is_still) == (str(clip), False, False)
    assert (source.frame_rate, source.frame_count) == (25, 120)
    frames = list(source.frames())
    assert numbers(frames) == list(range(120))
    assert [frame.index for frame in frames] == list(range(120))
    assert [frame.time_s for frame in frames] == pytest.approx([number / 25 for number in range(120)])
    assert all(frame.camera == str(clip) for frame in frames)
    assert [frame.captured_s for frame in frames] == sorted(frame.captured_s for frame in frames)


def test_the_demo_clip_keeps_all_its_frames(catalog: Catalog, weights: WeightStore, clock: Clock) -> None:
    frames = list(open_video_file(str(weights.path(catalog.card("carphone"))), clock).frames())
    assert len(frames) == 120
    assert frames[-1].time_s == pytest.approx(119 * 1001 / 30000, abs=1e-3)
    assert (frames[0].pixels.width, frames[0].pixels.height) == (176, 144)


@pytest.mark.parametrize("suffix", [".mkv", ".ts", ".mov", ".avi"])
def test_other_containers(tmp_path: Path, clock: Clock, suffix: str) -> None:
    path = write_video(tmp_path / f"clip{suffix}", numbered(30))
    assert numbers(list(open_video_file(str(path), clock).frames())) == list(range(30))


def test_a_gif_is_a_video(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "clip.gif"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("gif", rate=10)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "rgb8"
        for number, picture in enumerate(numbered(12)):
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24").reformat(format="rgb8")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    frames = list(open_video_file(str(path), clock).frames())
    assert numbers(frames) == list(range(12))
    assert frames[-1].time_s == pytest.approx(1.1)


@pytest.mark.parametrize(("degrees", "turned"), [(90, 1), (180, 2), (-90, 3), (45, 0), (70, 1)])
def test_a_telephone_held_sideways(tmp_path: Path, clock: Clock, degrees: int, turned: int) -> None:
    image = smooth_colours(128, 96)
    path = write_video(tmp_path / "phone.mp4", [image] * 3, rotation=degrees)
    for frame in open_video_file(str(path), clock).frames():
        expected = np.rot90(image, turned)
        assert (frame.pixels.height, frame.pixels.width) == expected.shape[:2]
        assert np.abs(frame.pixels.bgr().astype(int) - expected).mean() < 4


def test_the_size_may_change_midway(tmp_path: Path, clock: Clock) -> None:
    parts = [write_video(tmp_path / f"{size[0]}.h264", numbered(10, size)) for size in ((320, 180), (160, 120))]
    path = tmp_path / "both.h264"
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    frames = list(open_video_file(str(path), clock).frames())
    sizes = [(frame.pixels.width, frame.pixels.height) for frame in frames]
    assert sizes == [(320, 180)] * 10 + [(160, 120)] * 10
    assert numbers(frames) == [*range(10), *range(10)]
    assert [frame.pixels.luma(64, 36).shape for frame in frames] == [(36, 64)] * 20
    times = [frame.time_s for frame in frames]
    assert times == sorted(times)


def test_a_file_cut_short_gives_what_it_holds_and_then_says_so(tmp_path: Path, clip: Path, clock: Clock) -> None:
    content = clip.read_bytes()
    path = tmp_path / "cut.mp4"
    path.write_bytes(content[: len(content) * 6 // 10])
    frames, error = until_it_breaks(open_video_file(str(path), clock))
    assert len(frames) > 40
    assert numbers(frames) == list(range(len(frames)))
    assert isinstance(error, SourceUnreadable)
    assert str(error) == f"{path} breaks off before its end: the file is incomplete"


def test_a_damaged_file_is_read_to_its_end(tmp_path: Path, clip: Path, clock: Clock) -> None:
    content = bytearray(clip.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 40] = bytes(40)
    path = tmp_path / "damaged.mp4"
    path.write_bytes(content)
    frames, error = until_it_breaks(open_video_file(str(path), clock))
    assert 100 < len(frames) <= 120
    assert number_of(frames[-1].pixels.bgr()) == 119
    assert error is None or "damaged" in str(error)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it is empty"),
        (b"not a video at all\n" * 20, "it holds no video that can be decoded"),
        (b"\x00" * 5000, "it holds no video that can be decoded"),
    ],
)
def test_files_that_are_no_video(tmp_path: Path, clock: Clock, content: bytes, reason: str) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(content)
    with pytest.raises(SourceUnreadable) as raised:
        open_video_file(str(path), clock)
    assert str(raised.value) == f"{path} cannot be read as a video: {reason}"


def test_a_file_without_its_index(tmp_path: Path, clock: Clock) -> None:
    whole = write_video(tmp_path / "whole.mp4", numbered(30)).read_bytes()  # the index is at the end
    path = tmp_path / "cut.mp4"
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(SourceUnreadable, match="it holds no video that can be decoded"):
        open_video_file(str(path), clock)


def test_a_video_without_pictures(tmp_path: Path, clip: Path, clock: Clock) -> None:
    path = tmp_path / "empty.mp4"
    with av.open(str(clip)) as source, av.open(str(path), "w") as target:
        target.add_stream_from_template(source.streams.video[0])
        target.start_encoding()
    with pytest.raises(SourceUnreadable):
        list(open_video_file(str(path), clock).frames())


def test_sound_alone_is_no_video(tmp_path: Path, clock: Clock) -> None:
    path = tmp_path / "sound.wav"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000, layout="mono")
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 8000), np.int16), layout="mono")
        silence.sample_rate = 8000
        container.mux(stream.encode(silence))
    with pytest.raises(SourceUnreadable, match="holds no video"):
        open_video_file(str(path), clock)


def test_a_video_of_an_unknown_codec(tmp_path: Path, clip: Path, clock: Clock) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(clip.read_bytes().replace(b"avc1", b"zzz1"))
    with pytest.raises(SourceUnreadable, match="holds no video that can be decoded"):
        open_video_file(str(path), clock)


def test_names_are_no_addresses(tmp_path: Path, clip: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("a:b.mp4", "100%.mp4", "smile 😀 é.mp4"):
        Path(name).write_bytes(clip.read_bytes())
        assert len(list(open_video_file(name, clock).frames())) == 120


def test_closing_from_another_thread_ends_the_reading(clip: Path, clock: Clock) -> None:
    source = open_video_file(str(clip), clock)
    seen = []
    is_reading = threading.Event()

    def read() -> None:
        for frame in source.frames():
            seen.append(frame)
            is_reading.set()
            time.sleep(0.005)

    reader = threading.Thread(target=read)
    reader.start()
    assert is_reading.wait(5)
    source.close()
    source.close()
    reader.join(5)
    assert not reader.is_alive()
    assert 0 < len(seen) < 120
    assert seen[0].pixels.bgr().shape == (180, 320, 3)
    assert list(source.frames()) == []


def test_nothing_is_printed(tmp_path: Path, clip: Path, clock: Clock, capfd: pytest.CaptureFixture[str]) -> None:
    content = bytearray(clip.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 400] = bytes(400)
    path = tmp_path / "damaged.mp4"
    path.write_bytes(content[: len(content) * 9 // 10])
    until_it_breaks(open_video_file(str(path), clock))
    assert capfd.readouterr() == ("", "")


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None: ...


class MotionJpeg(BaseHTTPRequestHandler):
    """A camera's multipart stream of JPEGs, as long as anybody listens."""

    def log_message(self, *_: object) -> None: ...

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        self.end_headers()
        for number, picture in enumerate(numbered(256)):
            _, jpeg = cv2.imencode(".jpg", picture)
            head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
            try:
                self.wfile.write(head.encode() + jpeg.tobytes() + b"\r\n")
            except OSError:
                return
            time.sleep(0.01)
            if number == 200:
                self.server.shutdown()


@pytest.fixture
def web(request: pytest.FixtureRequest) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), request.param) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.parametrize("web", [MotionJpeg], indirect=True)
def test_motion_jpeg_is_live(web: str, settings: SourceSettings, clock: Clock) -> None:
    source = open_stream(f"{web}/video", f"{web}/video", settings, clock)
    assert source.is_live and source.frame_count == 0
    frames: list[NDArray[np.uint8]] = []
    for frame in source.frames():
        frames.append(frame.pixels.bgr())
        if len(frames) == 20:
            source.close()
    assert [number_of(frame) for frame in frames] == list(range(20))


@pytest.mark.parametrize("name", ["clip.mp4", "clip.m3u8"])
def test_a_video_on_a_server_is_a_file(
    tmp_path: Path, clip: Path, settings: SourceSettings, clock: Clock, name: str
) -> None:
    if name.endswith("m3u8"):
        write_video(tmp_path / name, numbered(120), options={"hls_time": "1", "hls_list_size": "0"})
    else:
        (tmp_path / name).write_bytes(clip.read_bytes())
    handler = partial(Quiet, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/{name}"
        source = open_stream(url, url, settings, clock)
        assert not source.is_live
        assert numbers(list(source.frames())) == list(range(120))
        with pytest.raises(SourceUnreachable, match="404"):
            open_stream(url + "x", url + "x", settings, clock)
        server.shutdown()


def test_where_recordings_were_joined_time_goes_on(tmp_path: Path, clock: Clock) -> None:
    parts = [write_video(tmp_path / f"{size}.ts", numbered(20, (size, 180))) for size in (320, 160)]
    joined = tmp_path / "joined.ts"
    joined.write_bytes(b"".join(part.read_bytes() for part in parts))
    frames = list(open_video_file(str(joined), clock).frames())
    assert [frame.pixels.width for frame in frames] == [320] * 20 + [160] * 20
    assert [frame.time_s for frame in frames] == pytest.approx([number / 25 for number in range(40)])


class Ticking:
    """A clock that goes on by so much whenever it is asked."""

    def __init__(self, step_s: float) -> None:
        self._step_s = step_s
        self._time_s = 0.0

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic_s(self) -> float:
        self._time_s += self._step_s
        return self._time_s


def test_the_first_picture_may_take_as_long_as_the_opening(tmp_path: Path, encoded: EncodedVideo) -> None:
    path = tmp_path / "joined-midway.h264"  # 24 pictures that need another, and then the next key picture
    units = [*encoded.parameter_sets, *(unit for picture in encoded.pictures[1:] for unit in picture)]
    path.write_bytes(b"".join(b"\0\0\0\1" + unit for unit in units))
    hasty, patient = (SourceSettings(open_timeout_s=open_s, stall_timeout_s=2) for open_s in (3, 30))
    frames = list(VideoSource(av.open(str(path)), "camera", Ticking(0.05), timeouts=patient, is_live=True).frames())
    assert numbers(frames) == list(range(25, 50))
    assert frames[0].captured_s > hasty.open_timeout_s
    with pytest.raises(SourceStalled, match="camera sent no picture for 3 s"):
        list(VideoSource(av.open(str(path)), "camera", Ticking(0.05), timeouts=hasty, is_live=True).frames())
