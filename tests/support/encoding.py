"""H.264 made on the spot: a video encoded once, ready to be sent over RTP or written to a file."""

import base64
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
_START_CODE = b"\x00\x00\x01"
_SPS, _PPS = 7, 8


@dataclass(frozen=True)
class EncodedVideo:
    """A loop of pictures: the NAL units of each, the first of which can be decoded by itself."""

    pictures: tuple[tuple[bytes, ...], ...]
    parameter_sets: tuple[bytes, bytes]
    fps: int

    @property
    def sprop(self) -> str:
        return ",".join(base64.b64encode(one).decode() for one in self.parameter_sets)

    @property
    def profile_level_id(self) -> str:
        return self.parameter_sets[0][1:4].hex()


def encode(pictures: Iterable[Picture], size: tuple[int, int], fps: int, bit_rate: int = 2_000_000) -> EncodedVideo:
    """Encode pictures (h, w, 3) BGR, letterboxed to ``size`` (width, height), with a key picture every second."""
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height = size
    encoder.pix_fmt = "yuv420p"
    encoder.bit_rate = bit_rate
    encoder.framerate, encoder.time_base = Fraction(fps), Fraction(1, fps)
    encoder.gop_size = fps
    encoder.thread_count = 1
    encoder.options = {"preset": "ultrafast", "tune": "zerolatency"}
    packets = []
    for number, picture in enumerate(pictures):
        frame = av.VideoFrame.from_ndarray(letterboxed(picture, size), format="bgr24")
        frame.pts = number
        packets += encoder.encode(frame)
    packets += encoder.encode(None)
    units = [tuple(nal_units(bytes(packet))) for packet in packets]
    first = {unit[0] & 0x1F: unit for unit in units[0]}
    return EncodedVideo(tuple(units), (first[_SPS], first[_PPS]), fps)


def write_video(
    path: Path,
    pictures: Iterable[Picture],
    *,
    fps: int = 25,
    pixel_format: str = "yuv420p",
    rotation: float = 0.0,
    options: dict[str, str] | None = None,
) -> Path:
    """Write pictures of one size (h, w, 3) BGR as H.264; ``rotation`` goes into the display matrix, in degrees."""
    with av.open(str(path), "w", options=options or {}) as container:
        stream = container.add_stream("libx264", rate=fps)
        stream.pix_fmt = pixel_format
        stream.options = {"preset": "ultrafast", "crf": "18"}
        for number, picture in enumerate(pictures):
            if number == 0:
                stream.height, stream.width = picture.shape[:2]
                if rotation:
                    stream.set_display_rotation(rotation)
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def read_pictures(path: str | Path, most: int) -> Iterator[Picture]:
    """At most so many pictures of a video file, (h, w, 3) BGR."""
    with av.open(str(path)) as container:
        for frame in islice(container.decode(video=0), most):
            yield frame.to_ndarray(format="bgr24")


def letterboxed(picture: Picture, size: tuple[int, int]) -> Picture:
    """The picture as large as it fits into ``size``, in the middle of black."""
    width, height = size
    scale = min(width / picture.shape[1], height / picture.shape[0])
    inner = max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale))
    canvas = np.zeros((height, width, 3), np.uint8)
    left, top = (width - inner[0]) // 2, (height - inner[1]) // 2
    canvas[top : top + inner[1], left : left + inner[0]] = cv2.resize(picture, inner, interpolation=cv2.INTER_AREA)
    return canvas


def nal_units(stream: bytes) -> Iterator[bytes]:
    """The units of an Annex B byte stream (ITU-T H.264, annex B), without their start codes."""
    for part in stream.split(_START_CODE)[1:]:
        unit = part.rstrip(b"\x00")  # the fourth byte of the next start code
        if unit:
            yield unit
