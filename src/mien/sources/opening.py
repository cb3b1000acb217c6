"""From what a person typed to a source: one table of kinds, and folders and patterns spelt out."""

import re
import stat
from collections.abc import Callable
from glob import glob, has_magic
from pathlib import Path
from urllib.parse import unquote, urlsplit

from mien.domain.clock import Clock
from mien.domain.errors import SourceNotFound, SourceUnreadable, UsageError
from mien.sources.depth.devices import check_device, device_name, is_claimed, open_device
from mien.sources.depth.recording import is_recording, open_recording
from mien.sources.images import Picture, check_file, is_picture
from mien.sources.reconnect import LiveCamera
from mien.sources.sampling import Sampler
from mien.sources.source import Source, SourceSettings
from mien.sources.synthetic import Replay
from mien.sources.video import open_stream, open_video_file
from mien.sources.webcam import open_webcam
from mien.telemetry.logs import address_without_secrets
from mien.telemetry.text import writable

PICTURE_SUFFIXES = frozenset(
    (".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".webp", ".bmp", ".tif", ".tiff", ".avif", ".ppm", ".pgm")
)
VIDEO_SUFFIXES = frozenset(
    (
        *(".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".ts", ".mts", ".m2ts", ".mpg", ".mpeg", ".flv", ".wmv"),
        *(".3gp", ".ogv", ".gif", ".mjpeg", ".mjpg", ".h264", ".264", ".h265", ".265", ".y4m"),
    )
)
STREAM_SCHEMES = frozenset(("rtsp", "rtsps", "rtmp", "rtmps", "http", "https", "srt", "udp", "rtp"))
_WEBCAM = re.compile(r"(?:webcam:)?(\d{1,3})")
_ADDRESS = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]+)://.")  # two letters at least: C:/ is a drive

Opener = Callable[[str, SourceSettings, Clock], Source]


def expand(typed: str) -> tuple[str, ...]:
    """Spell out what was typed: a folder becomes its own pictures and videos in order of their names, a pattern
    (``*``, ``**``, ``?``, ``[…]``) those that match, and everything else stays as it is, as does a folder that is one
    recording with depth.

    Files are taken by the endings of their names; hidden ones and folders inside a folder are left out. Raises
    SourceNotFound where nothing is found, SourceUnreadable for a folder that may not be read.
    """
    if _ADDRESS.match(typed) or _WEBCAM.fullmatch(typed) or is_recording(typed):
        return (typed,)
    found = _mode(typed)
    if found is not None and stat.S_ISDIR(found):
        members = tuple(str(Path(typed) / path.name) for path in _listed(typed) if _is_medium(path))
        if not members:
            within = "; folders inside it are not looked into" if has_inner_folders(typed) else ""
            raise SourceNotFound(f"the folder {typed} holds no picture and no video{within}")
        return members
    if found is None and has_magic(typed):
        paths = sorted(glob(typed, recursive=True))  # noqa: PTH207  Path.glob takes no absolute pattern
        members = tuple(path for path in paths if _is_medium(Path(path)))
        if not members:
            raise SourceNotFound(f"no picture and no video matches {typed}")
        return members
    return (typed,)


def source_name(spec: str) -> str:
    """What a source is called in readings and messages: as it was typed, an address without its secrets.

    U+FFFD stands for what cannot be written.
    """
    number = _WEBCAM.fullmatch(spec)
    if number and _mode(spec) is None:
        return f"webcam:{int(number[1])}"
    if _is_depth_camera(spec):
        return writable(device_name(spec))
    return writable(address_without_secrets(spec) if _is_address(spec) else spec)


def open_source(spec: str, settings: SourceSettings, clock: Clock) -> Source:
    """Open one picture, video, stream, webcam (``0`` or ``webcam:0``), camera that measures depth (``kinect:0``,
    ``realsense:0`` or by its serial number, ``oak:0``; a file of that name comes first), or recording with depth (a
    folder in TUM layout).

    Raises SourceNotFound, SourceUnreadable or SourceUnreachable with one sentence, and UsageError for an address of a
    kind that no camera speaks. A picture is decoded only when its frame is asked for.
    """
    for claims, opener in _KINDS:
        if claims(spec):
            return opener(spec, settings, clock)
    return open_video_file(spec, clock)


def is_mirrored(spec: str, settings: SourceSettings) -> bool:
    """Whether the picture of a source is flipped left to right."""
    return settings.mirrored and is_before_somebody(spec)


def is_before_somebody(spec: str) -> bool:
    """Whether a source is a camera at this machine, in which people expect to see themselves as in a mirror."""
    return _is_webcam(spec) or _is_depth_camera(spec)


def open_picture(spec: str, settings: SourceSettings, clock: Clock) -> Source:
    """Open what must be one picture file; raises UsageError for a video (a GIF is one) and for whatever is live.

    Raises SourceNotFound and SourceUnreadable too.
    """
    path = _path_of(spec) if _is_file_address(spec) else spec
    if _is_webcam(path) or _is_depth_camera(path) or _is_address(path):
        raise _no_picture(spec, "a camera or an address")
    if not _is_picture(path) and Path(path).suffix.lower() in VIDEO_SUFFIXES:
        raise _no_picture(spec, "a video")
    return _open_picture(path, settings, clock)


def open_live(spec: str, settings: SourceSettings, clock: Clock) -> Source:
    """Open something to watch: a video or recording plays over and over in real time. Raises as open_source does."""
    source = open_source(spec, settings, clock)
    if source.is_still:
        raise UsageError(f"{source.name} is a picture: there is nothing to watch")
    if source.is_live:
        return source
    path = _path_of(spec) if _is_file_address(spec) else spec
    if is_recording(path):  # what was said of it in the first round is not said in each
        return Replay(source, lambda: open_recording(path, settings, clock, is_told=False), clock)
    return Replay(source, lambda: open_source(spec, settings, clock), clock)


def check_address(spec: str) -> None:
    """Raise UsageError for an address or a camera that nobody here can open; whatever is none passes."""
    if _is_depth_camera(spec):
        check_device(spec)
    if _is_address(spec) and not _is_file_address(spec) and _scheme_of(spec) not in STREAM_SCHEMES:
        known = ", ".join(sorted(STREAM_SCHEMES))
        raise UsageError(f"{source_name(spec)} is an address of an unknown kind; known are {known} and file")


def names_file(spec: str) -> bool:
    """Whether a source is a file of this machine, or would be: neither a camera nor a stream nor unknown."""
    return _is_file_address(spec) or not (_is_webcam(spec) or _is_depth_camera(spec) or _is_address(spec))


def check_watchable(spec: str) -> None:
    """Raise UsageError for a picture, which there is nothing to watch in, and for an address or a camera that nobody
    here can open; SourceNotFound for no file at all.
    """
    check_address(spec)
    if names_file(spec) and not _is_address(spec) and not is_recording(spec) and _is_picture(spec):
        raise UsageError(f"{spec} is a picture: there is nothing to watch")


def live_camera(
    name: str, spec: str, settings: SourceSettings, clock: Clock, sampler: Sampler | None = None
) -> LiveCamera:
    """A camera that reconnects, not started yet; nothing is opened here, so this never fails."""
    return LiveCamera(name, lambda: open_live(spec, settings, clock), settings, clock, sampler)


def _open_webcam(spec: str, settings: SourceSettings, clock: Clock) -> Source:
    number = _WEBCAM.fullmatch(spec)
    assert number is not None
    return open_webcam(int(number[1]), clock, is_mirrored=settings.mirrored)


def _open_address(spec: str, settings: SourceSettings, clock: Clock) -> Source:
    if _is_file_address(spec):
        return open_source(_path_of(spec), settings, clock)
    check_address(spec)
    return open_stream(spec, source_name(spec), settings, clock)


def _open_picture(spec: str, settings: SourceSettings, clock: Clock) -> Source:
    return Picture(spec, clock, settings.max_megapixels)


def _is_webcam(spec: str) -> bool:
    return _WEBCAM.fullmatch(spec) is not None and _mode(spec) is None


def _is_depth_camera(spec: str) -> bool:
    return is_claimed(spec) and _mode(spec) is None


def _is_address(spec: str) -> bool:
    return _ADDRESS.match(spec) is not None


def _scheme_of(address: str) -> str:
    return address.partition("://")[0].lower()


def _is_file_address(spec: str) -> bool:
    return spec.lower().startswith("file://")


def _path_of(address: str) -> str:
    try:
        return unquote(urlsplit(address).path)
    except ValueError:  # brackets that are no IPv6 address
        raise SourceNotFound(f"{source_name(address)} is no address of a file") from None


def _no_picture(spec: str, kind: str) -> UsageError:
    return UsageError(
        f"{source_name(spec)} is {kind}, and a single picture was expected; "
        "`mien analyze` and Analyzer.video read videos and cameras"
    )


def _is_picture(spec: str) -> bool:
    """By the ending; a file without a known one by its head. Raises where there is no such file."""
    _check_file(spec)
    suffix = Path(spec).suffix.lower()
    return suffix in PICTURE_SUFFIXES or (suffix not in VIDEO_SUFFIXES and is_picture(spec))


_KINDS: tuple[tuple[Callable[[str], bool], Opener], ...] = (
    (_is_webcam, _open_webcam),
    (_is_depth_camera, open_device),
    (_is_address, _open_address),
    (is_recording, open_recording),
    (_is_picture, _open_picture),
)
"""The kinds in the order in which they are asked; what nobody claims is a video file."""


def _check_file(path: str) -> None:
    found = _mode(path)
    if found is not None and stat.S_ISDIR(found):
        expand(path)  # an empty folder is told as such
    check_file(path)


def has_inner_folders(typed: str) -> bool:
    """Whether what was typed is a folder with folders in it, into which ``expand`` does not look."""
    found = _mode(typed)
    is_folder = found is not None and stat.S_ISDIR(found) and not is_recording(typed)
    return is_folder and any(path.is_dir() and not path.name.startswith(".") for path in _listed(typed))


def _mode(path: str) -> int | None:
    try:
        return Path(path).stat().st_mode
    except (OSError, ValueError):  # too long, a zero byte, no permission: not there for our purposes
        return None


def _listed(folder: str) -> list[Path]:
    try:
        return sorted(Path(folder).iterdir())
    except OSError as error:
        reason = "permission denied" if isinstance(error, PermissionError) else error.strerror or type(error).__name__
        raise SourceUnreadable(f"the folder {folder} cannot be read: {reason}") from None


def _is_medium(path: Path) -> bool:
    is_known = path.suffix.lower() in PICTURE_SUFFIXES | VIDEO_SUFFIXES
    return is_known and not path.name.startswith(".") and _may_be_file(path)


def _may_be_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # why it cannot be looked at is told when it is opened
        return True
