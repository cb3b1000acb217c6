"""Annotated video and pictures: H.264 in MP4 with the timing of the source, and JPEG for stills."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Protocol

import av
import cv2
import numpy as np
from av.codec.codec import UnknownCodecError
from av.container import OutputContainer
from av.video.stream import VideoStream
from numpy.typing import NDArray

from mien.domain.errors import ResultError
from mien.results.atomic import PendingFile, writing

Picture = NDArray[np.uint8]

_TICKS_PER_S = 60_000  # MPEG-4 Part 2 counts to 65,535 at most
_DEFAULT_RATE = 25.0
_JPEG_QUALITY = 90
# Encoders in order of preference with their options; which of them exist depends on how PyAV's FFmpeg was built.
# Without B-frames: with them an MP4 file of a variable frame rate states too short a duration.
_ENCODERS: tuple[tuple[str, dict[str, str], int], ...] = (
    ("libx264", {"preset": "superfast", "crf": "23", "bf": "0"}, 0),
    ("mpeg4", {}, 6),
)
"""Name, options, and bits per pixel and second where the encoder wants a rate (0 where it keeps a quality)."""


@contextmanager
def encoding(path: Path) -> Iterator[None]:
    """Turn what the disk and the encoder refuse inside the block into one ResultError that names the file."""
    try:
        with writing(path):
            yield
    except av.FFmpegError as error:
        raise ResultError(f"{path} could not be written: the encoder refused it ({error.strerror}).") from error


class AnnotatedFrames(Protocol):
    """Takes the annotated pictures of one source."""

    def write(self, picture: Picture, time_s: float) -> None:
        """Append a picture (h, w, 3) BGR shown from ``time_s`` on; raises ResultError."""
        ...

    def close(self) -> None:
        """Complete the files under their temporary names; raises ResultError."""
        ...

    def commit(self) -> tuple[Path, ...]:
        """Move what was completed onto its place and say where; raises ResultError."""
        ...

    def discard(self) -> None:
        """Give up: nothing stays."""
        ...


class AnnotatedVideo:
    """Writes one MP4 file (H.264, yuv420p, index in front) whose frames keep the moments they have in the source.

    The first picture sets the size, made even at its right and lower edge; pictures of another size are scaled to
    fit and centred on black. A source without a picture leaves no file.
    """

    def __init__(self, path: Path, frame_rate: float = 0.0) -> None:
        self._pending = PendingFile(path)
        self._rate = frame_rate if frame_rate > 0 else _DEFAULT_RATE
        self._container: OutputContainer | None = None
        self._stream: VideoStream | None = None
        self._size = (0, 0)
        self._last_pts = -1

    def write(self, picture: Picture, time_s: float) -> None:
        with encoding(self._pending.path):
            stream = self._stream or self._open(picture.shape[1], picture.shape[0])
            frame = av.VideoFrame.from_ndarray(fitted(picture, *self._size), format="bgr24")
            frame.pts = self._last_pts = max(round(time_s * _TICKS_PER_S), self._last_pts + 1)
            frame.time_base = Fraction(1, _TICKS_PER_S)
            self._encode(stream, frame)

    def _open(self, width: int, height: int) -> VideoStream:
        self._size = (width + width % 2, height + height % 2)
        self._container = av.open(str(self._pending.part), "w", format="mp4", options={"movflags": "+faststart"})
        stream = _add_stream(self._container, Fraction(self._rate).limit_denominator(1001), self._size)
        self._stream = stream
        return stream

    def _encode(self, stream: VideoStream, frame: av.VideoFrame | None) -> None:
        assert self._container is not None
        for packet in stream.encode(frame):
            if not packet.duration:
                packet.duration = round(_TICKS_PER_S / self._rate)
            self._container.mux(packet)

    def close(self) -> None:
        container, stream = self._container, self._stream
        if container is None or stream is None:
            return
        with encoding(self._pending.path):
            self._encode(stream, None)
            self._container = self._stream = None
            container.close()

    def commit(self) -> tuple[Path, ...]:
        if self._last_pts < 0:
            return ()
        self._pending.commit()
        return (self._pending.path,)

    def discard(self) -> None:
        container, self._container, self._stream = self._container, None, None
        try:
            if container is not None:
                container.close()
        except OSError:  # a full disk refuses the end of a file that is removed here anyway
            pass
        finally:
            self._pending.discard()


class AnnotatedPictures:
    """Writes one JPEG file per picture; ``name`` gives the path of the n-th."""

    def __init__(self, name: Callable[[int], Path]) -> None:
        self._name = name
        self._pending: list[PendingFile] = []

    def write(self, picture: Picture, time_s: float) -> None:  # noqa: ARG002 - a still has no time
        pending = PendingFile(self._name(len(self._pending)))
        self._pending.append(pending)
        _, encoded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
        with writing(pending.path):
            pending.part.write_bytes(encoded.tobytes())

    def close(self) -> None:
        """Every picture is complete already."""

    def commit(self) -> tuple[Path, ...]:
        for pending in self._pending:
            pending.commit()
        return tuple(pending.path for pending in self._pending)

    def discard(self) -> None:
        for pending in self._pending:
            pending.discard()


def _add_stream(container: OutputContainer, rate: Fraction, size: tuple[int, int]) -> VideoStream:
    for name, options, bits_per_pixel in _ENCODERS:
        try:
            stream = container.add_stream(name, rate=rate, options=options)
        except UnknownCodecError:
            continue
        assert isinstance(stream, VideoStream)
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = Fraction(1, _TICKS_PER_S)
        if bits_per_pixel:
            stream.bit_rate = size[0] * size[1] * bits_per_pixel
        return stream
    raise ResultError(f"no video encoder: expected one of {[name for name, _, _ in _ENCODERS]} in PyAV.")


def fitted(picture: Picture, width: int, height: int) -> Picture:
    """A BGR picture brought to a size: one pixel short is continued, anything else scaled to fit and centred."""
    has, wants = picture.shape[:2], (height, width)
    if has == wants:
        return picture
    if 0 <= wants[0] - has[0] <= 1 and 0 <= wants[1] - has[1] <= 1:
        edged = cv2.copyMakeBorder(picture, 0, wants[0] - has[0], 0, wants[1] - has[1], cv2.BORDER_REPLICATE)
        return np.asarray(edged, dtype=np.uint8)
    scale = min(width / has[1], height / has[0])
    inner_width, inner_height = max(1, round(has[1] * scale)), max(1, round(has[0] * scale))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    canvas = np.zeros((height, width, 3), np.uint8)
    left, top = (width - inner_width) // 2, (height - inner_height) // 2
    inner = canvas[top : top + inner_height, left : left + inner_width]
    inner[:] = cv2.resize(picture, (inner_width, inner_height), interpolation=method)
    return canvas
