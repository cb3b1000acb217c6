"""Video through PyAV: files, and live streams over RTSP, HTTP and the like."""

from collections.abc import Iterator
from concurrent.futures import Future, wait
from errno import ECONNRESET, EIO
from math import inf
from pathlib import Path
from threading import Thread

import av
from av.codec.context import ThreadType
from av.container import InputContainer
from av.error import EOFError as EndOfFile
from av.error import (
    ExitError,
    FFmpegError,
    HTTPForbiddenError,
    HTTPUnauthorizedError,
    InvalidDataError,
    ProtocolNotFoundError,
)
from av.packet import Packet
from av.video.stream import VideoStream

from mien.domain.clock import Clock
from mien.domain.errors import SourceError, SourceStalled, SourceUnreachable, SourceUnreadable
from mien.domain.frame import Frame
from mien.sources.closing import Closing
from mien.sources.pixels import VideoPixels
from mien.sources.source import SourceSettings
from mien.telemetry.text import writable

# A camera may state a length (one that plays its recording in a loop), and is live nevertheless.
_LIVE_SCHEMES = frozenset(("rtsp", "rtsps", "rtp", "srt", "udp", "rtmp", "rtmps"))
_BACK_S = 0.1  # stamps that fall back further begin anew: recordings were joined, or a camera set its clock


def open_video_file(path: str, clock: Clock) -> "VideoSource":
    """A video file, read whole; raises SourceUnreadable where it is none."""
    try:
        # "file:" keeps a name such as "a:b.mp4" from being taken for an address
        container = av.open(f"file:{path}", metadata_errors="replace")
    except (FFmpegError, ValueError) as error:
        reason = "it is empty" if Path(path).stat().st_size == 0 else _explain(error)
        raise SourceUnreadable(f"{path} cannot be read as a video: {reason}") from None
    return VideoSource(container, writable(path), clock)


def open_stream(url: str, name: str, settings: SourceSettings, clock: Clock) -> "VideoSource":
    """A stream by its address; ``name`` is the address without its password and all that errors say.

    Raises SourceUnreachable where the server does not answer, does not know the stream or rejects the password, and
    where no picture came within ``settings.open_timeout_s``.
    """
    options = {"fpsprobesize": "0"}  # measuring the rate, which cameras state, would delay the opening by a second
    scheme = url.partition(":")[0].lower()
    if scheme in ("rtsp", "rtsps"):
        options["rtsp_transport"] = settings.transport
    try:
        container = _open_in_time(url, options, settings, clock)
    except (HTTPUnauthorizedError, HTTPForbiddenError):
        reason = "the server refused the user name or password"
    except (FFmpegError, ValueError) as error:  # its own text holds the address with the password
        reason = _why_not_opened(error, scheme)
    except TimeoutError:
        reason = f"no picture came within {settings.open_timeout_s:g} s"
    else:
        # What has a length is a file that happens to lie on a server.
        is_live = scheme in _LIVE_SCHEMES or container.duration is None
        return VideoSource(container, name, clock, timeouts=settings, is_live=is_live)
    raise SourceUnreachable(f"{name} cannot be opened: {reason}")


def _open_in_time(url: str, options: dict[str, str], settings: SourceSettings, clock: Clock) -> InputContainer:
    """Open a stream, or raise TimeoutError after ``open_timeout_s``.

    FFmpeg grants that time to connecting and once more to finding the pictures, and cannot be stopped between: it has a
    thread of its own, which gives back what comes too late.
    """
    opening: Future[InputContainer] = Future()
    timeouts = (settings.open_timeout_s, settings.stall_timeout_s)

    def work() -> None:
        try:
            opening.set_result(av.open(url, options=options, timeout=timeouts, metadata_errors="replace"))
        except Exception as error:
            opening.set_exception(error)

    deadline_s = clock.monotonic_s() + settings.open_timeout_s
    Thread(target=work, name="opening", daemon=True).start()
    wait([opening], settings.open_timeout_s)
    # What is stopped at its deadline shows as one of several errors, or as none.
    if not opening.done() or clock.monotonic_s() >= deadline_s:
        opening.add_done_callback(_close_opened)
        raise TimeoutError
    return opening.result()


def _close_opened(opening: "Future[InputContainer]") -> None:
    if opening.exception() is None:
        opening.result().close()


class VideoSource:
    """One opened video. A file that breaks off raises SourceUnreadable behind the frames that could be read.

    The end of a live stream ends ``frames`` without an error: it is the caller who knows whether to open it again. With
    ``timeouts``, the first picture may take as long as the opening: where nothing is sent for the stall timeout, or a
    later picture takes longer than that, it raises SourceStalled. The pictures are upright (display matrix applied) and
    keep their own size where that changes midway.
    """

    is_still = False

    def __init__(
        self,
        container: InputContainer,
        name: str,
        clock: Clock,
        *,
        timeouts: SourceSettings | None = None,
        is_live: bool = False,
    ) -> None:
        self.name = name
        self.is_live = is_live
        self._container = container
        self._clock = clock
        self._first_timeout_s, self._stall_timeout_s = inf, inf
        if timeouts is not None:  # key pictures may be far apart, and the first one is waited for
            self._first_timeout_s, self._stall_timeout_s = timeouts.open_timeout_s, timeouts.stall_timeout_s
        self._closing = Closing(container.close)
        # A stream of an unknown codec has no context.
        streams = [stream for stream in container.streams.video if stream.codec_context is not None]
        if not streams:
            reason = "no video that can be decoded" if container.streams.video else "no video"
            container.close()
            raise SourceUnreadable(f"{name} holds {reason}")
        self._stream = streams[0]
        # One thread a stream costs the least CPU, and a live picture is not held back by frames in flight.
        self._stream.codec_context.thread_count = 1
        self._stream.codec_context.thread_type = ThreadType.SLICE
        self.frame_rate = float(self._stream.average_rate or self._stream.guessed_rate or 0)
        self.frame_count = 0 if is_live else _count(self._stream, container, self.frame_rate)

    def frames(self) -> Iterator[Frame]:
        with self._closing.reading():
            started_s: float | None = None
            time_s = 0.0
            for index, picture in enumerate(self._pictures()):
                counted_s = index / (self.frame_rate or 25.0)  # for pictures without a stamp
                if picture.pts is not None and picture.time_base:
                    stamp_s = float(picture.pts * picture.time_base)
                    if started_s is None:
                        started_s = stamp_s - counted_s
                    elif stamp_s - started_s < time_s - _BACK_S:
                        started_s = stamp_s - time_s - 1 / (self.frame_rate or 25.0)
                    time_s = max(time_s, stamp_s - started_s)
                else:
                    time_s = max(time_s, counted_s)
                pixels = VideoPixels(picture, picture.rotation, self.name)
                yield Frame(self.name, index, time_s, self._clock.monotonic_s(), pixels)

    def close(self) -> None:
        self._closing.request()

    def _pictures(self) -> Iterator[av.VideoFrame]:
        """Decoded pictures; a damaged packet costs what it holds and is told at the end of a file."""
        damaged = delivered = 0
        delivered_s, patience_s = self._clock.monotonic_s(), self._first_timeout_s
        for packet in self._packets():
            pictures: list[av.VideoFrame] = []
            try:
                pictures = packet.decode()
            except (FFmpegError, ValueError):
                damaged += 1
            for picture in pictures:
                if self._closing.is_requested:
                    return
                yield picture
                delivered += 1
                delivered_s, patience_s = self._clock.monotonic_s(), self._stall_timeout_s
            if self._clock.monotonic_s() - delivered_s >= patience_s:
                raise SourceStalled(f"{self.name} sent no picture for {patience_s:g} s")
        if self._closing.is_requested or self.is_live:
            return
        if self._is_cut_short():
            raise SourceUnreadable(f"{self.name} breaks off before its end: the file is incomplete")
        if damaged:
            raise SourceUnreadable(f"{self.name} is damaged: {damaged} of its pictures could not be decoded")
        if not delivered:
            raise SourceUnreadable(f"{self.name} holds no picture")

    def _packets(self) -> Iterator["Packet[VideoStream]"]:
        """Packets of the stream and one empty one at the end, which makes the decoder give what it holds back."""
        packets = iter(self._container.demux(self._stream))
        while not self._closing.is_requested:
            asked_s = self._clock.monotonic_s()
            try:
                packet = next(packets, None)
            except ExitError:
                raise self._silent() from None
            except FFmpegError as error:
                raise self._broken_off(error) from None
            # When a read times out, FFmpeg first gives what its parser held back.
            if self._clock.monotonic_s() - asked_s >= self._stall_timeout_s:
                raise self._silent()
            if packet is None:
                return
            yield packet

    def _silent(self) -> SourceStalled:
        return SourceStalled(f"{self.name} sent nothing for {self._stall_timeout_s:g} s")

    def _broken_off(self, error: FFmpegError) -> SourceError:
        if self.is_live:
            return SourceUnreachable(f"{self.name} broke off: {_explain(error)}")
        return SourceUnreadable(f"{self.name} breaks off before its end: {_explain(error)}")

    def _is_cut_short(self) -> bool:
        """The index in the file's head (MP4, MOV, AVI) points behind the file's end."""
        entries = self._stream.index_entries
        size = self._container.size
        if len(entries) == 0 or size <= 0:
            return False
        last = entries[len(entries) - 1]
        return last.pos + last.size > size


def _count(stream: VideoStream, container: InputContainer, frame_rate: float) -> int:
    if stream.frames:
        return stream.frames
    return round((container.duration or 0) / av.time_base * frame_rate)


def _why_not_opened(error: FFmpegError | ValueError, scheme: str) -> str:
    """Why an address could not be opened.

    FFmpeg takes whoever hangs up for damaged data or a file's end, and a host that nobody knows for a bad disk.
    """
    if isinstance(error, ProtocolNotFoundError):
        return f"FFmpeg, as it is installed here, does not speak {scheme}"
    hung_up = isinstance(error, EndOfFile) or (isinstance(error, InvalidDataError) and scheme in ("rtsp", "rtsps"))
    if hung_up or getattr(error, "errno", None) in (EIO, ECONNRESET):
        return "nothing there answers as a camera would: look whether host, port and path are right"
    return _explain(error)


def _explain(error: FFmpegError | ValueError) -> str:
    """FFmpeg's own words without the address, in small letters to follow a colon."""
    if isinstance(error, InvalidDataError):
        return "it holds no video that can be decoded"
    text = getattr(error, "strerror", None) or type(error).__name__
    return text[:1].lower() + text[1:]
