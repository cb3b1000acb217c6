"""The live view in the terminal: a line for each camera, and below a row for each face in view."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from textwrap import wrap
from types import TracebackType
from typing import Self

from rich import box
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from mien.cli.terminal import printable
from mien.domain.events import CameraState, CameraStatus
from mien.domain.readings import FaceReading, FrameReading

_REFRESH_HZ = 5.0
_STATES: Mapping[CameraState, tuple[str, str]] = {
    "connecting": ("◌", "yellow"),
    "online": ("●", "green"),
    "stalled": ("◍", "yellow"),
    "offline": ("○", "red"),
    "disabled": ("–", "dim"),
}
_BAR_CELLS = 6
_EIGHTHS = " ▏▎▍▌▋▊▉█"
_WIDE_COLUMNS = 110  # from here on there is room for similarity and detection score
_FEWEST_ROWS = 3
_REASON_LINES = 3
_GOOD_QUALITY, _POOR_QUALITY = 0.6, 0.35


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the view shows: every camera, the latest reading of each, how far the run has come, and what is read.

    ``reasons`` say which cameras are not online and why; ``withholds`` whether somebody said no to expressions.
    """

    cameras: Sequence[CameraStatus] = ()
    readings: Mapping[str, FrameReading] | None = None
    elapsed_s: float = 0.0
    ends_after_s: float = 0.0
    has_expressions: bool = True
    withholds: Callable[[FaceReading], bool] = lambda _: False
    reasons: Sequence[str] = ()


class LiveView:
    """Redraws itself a few times a second while it is entered; on anything but a terminal it only draws the end."""

    def __init__(
        self,
        console: Console,
        ends_after_s: float = 0.0,
        has_expressions: bool = True,
        withholds: Callable[[FaceReading], bool] = lambda _: False,
    ) -> None:
        self._console = console
        self._snapshot = Snapshot(ends_after_s=ends_after_s, has_expressions=has_expressions, withholds=withholds)
        self._live = Live(console=console, get_renderable=self._render, refresh_per_second=_REFRESH_HZ)

    def show(
        self,
        cameras: Sequence[CameraStatus],
        readings: Mapping[str, FrameReading],
        elapsed_s: float = 0.0,
        reasons: Sequence[str] = (),
    ) -> None:
        """Show this from the next redraw on; cheap, and safe from any thread."""
        told = replace(self._snapshot, cameras=tuple(cameras), readings=dict(readings), reasons=tuple(reasons))
        self._snapshot = replace(told, elapsed_s=elapsed_s)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._live.stop()
        if not self._console.is_terminal:
            self._console.line()  # the last picture is then the only one, and its last line is left open

    def _render(self) -> RenderableType:
        return picture(self._snapshot, self._console.width, self._console.height)


def picture(snapshot: Snapshot, width: int, height: int) -> RenderableType:
    """The whole view for a terminal of so many columns and rows."""
    room = height - len(snapshot.cameras) - 7  # title, gap, heads, rule, "+n more", one to spare
    reasons = _reasons(snapshot.reasons, width, max(room - _FEWEST_ROWS, 1))
    faces = _faces(snapshot, max(room - len(reasons), _FEWEST_ROWS), is_wide=width >= _WIDE_COLUMNS)
    return Group(_title(snapshot), _cameras(snapshot.cameras, width), *reasons, Text(), faces)


def _title(snapshot: Snapshot) -> Text:
    of = f" of {snapshot.ends_after_s:.0f}" if snapshot.ends_after_s else ""
    return Text.assemble(("mien", "bold"), (f"  {snapshot.elapsed_s:.0f}{of} s   Ctrl-C ends", "dim"), no_wrap=True)


def _cameras(cameras: Sequence[CameraStatus], width: int) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(no_wrap=True)
    for cells in (8, 9, 14, 12, 8):
        table.add_column(no_wrap=True, min_width=cells)
    for camera in cameras:
        sign, style = _STATES[camera.state]
        is_running = camera.state in ("online", "stalled")
        table.add_row(
            Text(f"{sign} {_tail(camera.name, width - 64)}", style),
            Text(camera.state, style),
            f"{camera.decoded_fps:5.1f} fps" if is_running else "",
            f"{camera.analysed_fps:5.1f} analysed" if is_running else "",
            Text(f"{camera.dropped} dropped", "dim") if is_running else "",
            Text(f"{camera.reconnects}× back", "yellow") if camera.reconnects else "",
        )
    return table


def _reasons(reasons: Sequence[str], width: int, most: int) -> list[Text]:
    """Why cameras are not online, in lines of the terminal, of which there are no more than ``most``."""
    wrapped = (wrap(printable(reason), width, max_lines=_REASON_LINES, placeholder=" …") for reason in reasons)
    lines = [line for lines in wrapped for line in lines]
    return [Text(line, "red", no_wrap=True, overflow="ellipsis") for line in lines[:most]]


def _faces(snapshot: Snapshot, most_rows: int, is_wide: bool) -> RenderableType:
    readings = snapshot.readings or {}
    in_view = [
        (camera, face)
        for camera in snapshot.cameras
        if camera.state == "online" and camera.name in readings
        for face in sorted(readings[camera.name].faces, key=lambda face: face.track_id)
    ]
    if not in_view:
        return Text("nobody in view", "dim")
    is_judged = any(face.liveness or face.liveness_reason for _, face in in_view)
    shown = _Shown(is_wide, is_judged, snapshot.has_expressions, snapshot.withholds)
    table = _face_table(shown)
    for camera, face in in_view[:most_rows]:
        table.add_row(*_face_cells(camera, face, shown))
    hidden = len(in_view) - most_rows
    return Group(table, Text(f"+{hidden} more", "dim")) if hidden > 0 else table


@dataclass(frozen=True, slots=True)
class _Shown:
    """Which columns the table of faces has."""

    is_wide: bool
    is_judged: bool
    has_expressions: bool
    withholds: Callable[[FaceReading], bool]


def _face_table(shown: _Shown) -> Table:
    is_wide = shown.is_wide
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, padding=(0, 1, 0, 0) if is_wide else 0, header_style="dim")
    table.add_column("camera", no_wrap=True)
    table.add_column("track", justify="right", no_wrap=True)
    table.add_column("who", no_wrap=True, overflow="ellipsis", min_width=12, max_width=40 if is_wide else 15)
    if is_wide:
        table.add_column("similarity", justify="right", no_wrap=True)
    if shown.has_expressions:
        table.add_column("expression", no_wrap=True, min_width=10)
        table.add_column("confidence", no_wrap=True, min_width=_BAR_CELLS + 5)
    table.add_column("quality", no_wrap=True, overflow="ellipsis", min_width=4)
    if shown.is_judged:
        table.add_column("liveness" if is_wide else "live", no_wrap=True, min_width=6)
    table.add_column("fps", justify="right", no_wrap=True)
    return table


def _face_cells(camera: CameraStatus, face: FaceReading, shown: _Shown) -> list[RenderableType]:
    is_wide = shown.is_wide
    compared = [f"{face.similarity:.2f}" if face.identity != "undecided" else ""] if is_wide else []
    return [
        _tail(camera.name, 30 if is_wide else 11),
        str(face.track_id),
        _who(face),
        *compared,
        *(_expression(face, shown) if shown.has_expressions else []),
        _quality(face),
        *([_liveness(face, is_wide)] if shown.is_judged else []),
        f"{camera.analysed_fps:.1f}",
    ]


def _expression(face: FaceReading, shown: _Shown) -> list[RenderableType]:
    """The confirmed expression, or why there is none, and its probability as long as that speaks for it."""
    share = face.confirmed_share
    bar = "" if share is None else Text.assemble((_bar(share), "cyan"), f" {share:4.0%}")
    if face.emotion_smoothed:
        return [face.emotion_smoothed, bar]
    if shown.withholds(face):
        return [Text("no consent", "dim"), bar]
    return [Text("not enough yet" if shown.is_wide else "…", "dim"), bar]


def _tail(name: str, cells: int) -> Text:
    """The end of a camera's name, which tells more than the start of its path or address."""
    text = Text(printable(name))
    for start in range(1, len(name)):
        if text.cell_len <= cells:
            break
        text = Text("…" + printable(name)[start + 1 :])
    return text


def _who(face: FaceReading) -> Text:
    if face.identity == "known":
        return Text(printable(face.person_name or face.person_id), "bold green")
    if face.identity == "unknown":
        return Text(printable(face.person_id or "stranger"), "red")
    return Text("looking…", "dim")


def _quality(face: FaceReading) -> Text:
    style = "green" if face.quality >= _GOOD_QUALITY else "yellow" if face.quality >= _POOR_QUALITY else "red"
    return Text.assemble((f"{face.quality:.2f}", style), (f" {face.quality_reason}", "dim"))


def _liveness(face: FaceReading, is_wide: bool) -> Text:
    """What was judged, with a question mark where that was not fair; dots where nobody could judge yet."""
    if not face.liveness:
        return Text(f"… {face.liveness_reason}".rstrip() if is_wide else "…", "dim")
    if face.liveness_reason:
        unfair = f" {face.liveness_score:.2f} {face.liveness_reason}" if is_wide else ""
        return Text(f"{face.liveness}?{unfair}", "dim")
    style = "green" if face.liveness == "live" else "bold red"
    return Text.assemble((face.liveness, style), f" {face.liveness_score:.2f}" if is_wide else "")


def _bar(share: float) -> str:
    """A bar of a share in [0, 1] in eighths of a cell."""
    eighths = round(min(max(share, 0.0), 1.0) * _BAR_CELLS * 8)
    full, rest = divmod(eighths, 8)
    return ("█" * full + (_EIGHTHS[rest] if rest else "")).ljust(_BAR_CELLS)
