"""What all commands share of the terminal: results go to stdout, notices, progress and failures to stderr."""

import json
import signal
import sys
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mien.telemetry.logs import Redactor, address_secrets

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

    from mien.settings import CameraSettings, Settings

JsonOption = Annotated[
    bool, typer.Option("--json", metavar="", help="Print one JSON object on stdout, and nothing else there.")
]
ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="Settings, instead of mien.yaml in the home.", show_default=False),
]
INTERRUPTED = 130
"""The exit code after Ctrl-C."""
UNSURE = "unsure"
"""What people read in place of an expression that was measured and is not likely enough to be said."""
_SAME_HAND_S = 2.0
_LONGEST_LINE = 1000  # an error of a library may quote the file it could not read
_GAP = 2  # between two columns of a table
_UNBOUND_COLUMNS = 400  # a pipe has no width: rows stay whole for grep and awk


@dataclass(slots=True)
class Invocation:
    """One call of mien: what its global options say, and the monotonic moment at which it began."""

    config: Path | None = None
    is_quiet: bool = False
    is_debug: bool = False
    redactor: Redactor = field(default_factory=Redactor)
    started_s: float = field(default_factory=time.monotonic)

    def settings(
        self, config: Path | None = None, chosen: Mapping[str, str] | None = None, *, checks_models: bool = True
    ) -> "Settings":
        """The settings in force; ``config`` of a command goes before the global one, ``chosen`` models before both.

        Without ``checks_models`` they may name models that nobody knows.
        """
        from mien.settings import load_settings

        settings = load_settings(config or self.config, self.redactor, chosen or {}, checks_models=checks_models)
        self.keep_secret(camera.source for camera in settings.cameras.values())
        return settings

    def keep_secret(self, typed: Iterable[str]) -> None:
        """Whatever of these texts is a password in an address is said nowhere from now on."""
        self.redactor.register(secret for text in typed for secret in address_secrets(text))

    def notice(self, text: str) -> None:
        """Say something that is no result, unless the user wants quiet."""
        if not self.is_quiet:
            self._tell(text)

    def failure(self, text: str) -> None:
        """Say what went wrong, each line of the text under the program's name."""
        for line in text.splitlines() or [""]:
            self._tell(f"mien: {line if len(line) <= _LONGEST_LINE else line[:_LONGEST_LINE] + '…'}")

    def _tell(self, text: str) -> None:
        sys.stderr.write(f"{printable(self.redactor.redact(text))}\n")
        sys.stderr.flush()


def invocation(context: typer.Context) -> Invocation:
    """The call that a command belongs to."""
    found = context.find_object(Invocation)
    assert found is not None, "the application is always called with an Invocation"
    return found


def printable(text: str) -> str:
    """A text without control characters: a file name may hold an escape sequence that repaints the terminal."""
    return "".join(
        character if character.isprintable() or character == "\n" else "\N{REPLACEMENT CHARACTER}" for character in text
    )


def print_json(value: Mapping[str, Any]) -> None:
    """One JSON object on stdout; a number that is not finite becomes null."""
    sys.stdout.write(json.dumps(_finite(value), ensure_ascii=False, indent=2) + "\n")
    sys.stdout.flush()  # here, so that a closed pipe is noticed where it can be handled


def print_text(text: str) -> None:
    """Plain text on stdout."""
    sys.stdout.write(printable(text) + "\n")
    sys.stdout.flush()


def print_table(
    title: str, columns: Iterable[str], rows: Iterable[Iterable[str]], expendable: Iterable[str] = ()
) -> None:
    """A table on stdout; columns whose name ends in a full stop are numbers and stand to the right.

    Lines are broken between words. Where not even those fit side by side, ``expendable`` columns are left out, in that
    order, which is said below.
    """
    from rich import box
    from rich.table import Table
    from rich.text import Text

    console = stdout_console()
    names, cells = list(columns), [[printable(cell) for cell in row] for row in rows]
    kept = {name: (name.rstrip("."), *(row[place] for row in cells)) for place, name in enumerate(names)}
    left_out: list[str] = []
    for name in expendable:
        if sum(map(_longest_word, kept.values())) <= _room(console, kept):
            break
        left_out.append(kept.pop(name)[0])
    caption = f"too narrow for: {', '.join(left_out)}" if left_out else None
    table = Table(title=title or None, title_justify="left", caption=caption, caption_justify="left")
    table.box, table.show_edge, table.pad_edge, table.padding = box.SIMPLE_HEAD, False, False, (0, 1, 0, 0)
    for (name, texts), width in zip(kept.items(), _widths(kept.values(), _room(console, kept)), strict=True):
        table.add_column(texts[0], justify="right" if name.endswith(".") else "left", overflow="fold", width=width)
    for row in zip(*(texts[1:] for texts in kept.values()), strict=True):
        table.add_row(*map(Text, row))
    console.print(table)
    console.file.flush()


def _room(console: "Console", columns: Collection[object]) -> int:
    """How many characters the columns of a table share, beside the gaps between them."""
    return console.width - _GAP * (len(columns) - 1)


def _longest_word(texts: Iterable[str]) -> int:
    from rich.cells import cell_len

    return max((cell_len(word) for text in texts for word in text.split()), default=1)


def _widths(columns: Collection[Iterable[str]], room: int) -> list[int]:
    """As wide as its longest line each, or less of the widest: down to the longest word, and further where need be."""
    from rich.cells import cell_len

    widths = [max((cell_len(line) for text in texts for line in text.splitlines()), default=1) for texts in columns]
    for least in ([_longest_word(texts) for texts in columns], [1] * len(widths)):
        while sum(widths) > room and (wide := [place for place, width in enumerate(widths) if width > least[place]]):
            widths[max(wide, key=widths.__getitem__)] -= 1
    return widths


def stdout_console() -> "Console":
    """A console for results."""
    from rich.console import Console

    return Console(highlight=False, width=None if sys.stdout.isatty() else _UNBOUND_COLUMNS)


def stderr_console() -> "Console":
    """A console for progress and live views."""
    from rich.console import Console

    return Console(stderr=True, highlight=False)


@contextmanager
def working(call: Invocation, what: str) -> Iterator[Callable[[int, int], None]]:
    """Show on stderr how some work goes on: call what is yielded with how much is done, and how much there is or 0."""
    if call.is_quiet or not sys.stderr.isatty():
        yield lambda _done, _total: None
        return
    from rich import progress

    columns = (progress.BarColumn(), progress.MofNCompleteColumn(), progress.TextColumn("{task.description}"))
    with progress.Progress(
        *columns, progress.TimeRemainingColumn(compact=True), console=stderr_console(), transient=True
    ) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total or None)


@contextmanager
def until_interrupted() -> Iterator[Event]:
    """An event that the first Ctrl-C or SIGTERM sets; a later one ends the program as ever.

    What comes within two seconds is of the same hand, and not heeded, after the block neither: it would tear what is
    being closed at whatever place it has come to.
    """
    stop = Event()
    heard_s: list[float] = []

    def interrupt(number: int, frame: FrameType | None) -> None:
        stop.set()
        heard_s.append(time.monotonic())
        if heard_s[-1] - heard_s[0] > _SAME_HAND_S:
            restore()
            if callable(usual := before[signal.Signals(number)]):
                usual(number, frame)

    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    for number in before:
        signal.signal(number, interrupt)
    try:
        yield stop
    finally:
        if not heard_s:
            restore()


def limit_opencv() -> None:
    """Give OpenCV one thread: stages and workers fill the CPUs; a pool under each of them would only be in the way."""
    import cv2

    cv2.setNumThreads(1)


def fetch_models(
    call: Invocation,
    settings: "Settings",
    tasks: Collection[str] = (),
    cameras: "Iterable[CameraSettings]" = (),
) -> None:
    """See that the models in use may be used and are on this machine, showing how they come; raises ModelError.

    They are those of all tasks that the settings let run, or of some that are named, and the detectors of ``cameras``.
    """
    from mien.wiring.models import build_shelf, take_models

    take_models(settings, build_shelf(settings, DownloadBar(call)), tasks or None, cameras)


class DownloadBar:
    """Draws how a model is fetched: a bar on a terminal, one line elsewhere, nothing where the user wants quiet.

    It is what `mien.inference.fetching` calls a FetchProgress.
    """

    def __init__(self, call: Invocation) -> None:
        self._call = call
        self._bar: Progress | None = None
        self._task: TaskID | None = None

    def started(self, what: str, total_bytes: int | None) -> None:
        if self._call.is_quiet or not sys.stderr.isatty():
            size = f" ({total_bytes / 1e6:.1f} MB)" if total_bytes else ""
            self._call.notice(f"fetching {what}{size}")
            return
        from rich import progress

        self._bar = progress.Progress(
            progress.TextColumn("fetching {task.description}"),
            progress.BarColumn(),
            progress.DownloadColumn(),
            progress.TransferSpeedColumn(),
            console=stderr_console(),
            transient=True,
        )
        self._task = self._bar.add_task(what, total=total_bytes)
        self._bar.start()

    def advanced(self, done_bytes: int) -> None:
        if self._bar is not None and self._task is not None:
            self._bar.update(self._task, completed=done_bytes)

    def finished(self) -> None:
        if self._bar is not None:
            self._bar.stop()
        self._bar = self._task = None


def _finite(value: Any) -> Any:
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return None  # JSON has no word for it
    if isinstance(value, Mapping):
        return {str(key): _finite(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(one) for one in value]
    return value
