"""What the person before a camera is told while their face is taken, in one line or in lines."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from mien.cli.terminal import Invocation, printable, stderr_console

if TYPE_CHECKING:
    from mien.gallery.enrolment.guidance import Advice, Guidance

_READ_S = 1.0  # lines that follow each other faster cannot be read


@contextmanager
def shown(call: Invocation, guidance: "Guidance") -> "Iterator[Callable[[Advice], None]]":
    """Show advice on stderr: in one line that is drawn anew on a terminal, elsewhere in lines, where it is news."""
    console = stderr_console()
    wanted = guidance.settings.snapshots
    if call.is_quiet:
        yield lambda _advice: None
    elif console.is_terminal:
        from rich.live import Live
        from rich.text import Text

        def drawn(advice: "Advice") -> Text:
            return Text(printable(_line(advice, wanted)), no_wrap=True, overflow="ellipsis")

        with Live(drawn(guidance.opening), console=console, transient=True, auto_refresh=False) as live:
            yield lambda advice: live.update(drawn(advice), refresh=True)
    else:
        call.notice(_line(guidance.opening, wanted))
        yield News(call, wanted).tell


def _line(advice: "Advice", wanted: int) -> str:
    """All of an advice: how many snapshots there are, what to do, how good the look was, and why it gave none."""
    quality = f"quality {advice.quality:.2f}" if advice.quality else ""
    objection = ": ".join(filter(None, (advice.reason, advice.remedy)))
    return "  ".join(filter(None, (f"{advice.done}/{wanted}", advice.instruction, quality, objection)))


class News:
    """Tells each snapshot, and of other looks what is new, seldom enough to be read."""

    def __init__(self, call: Invocation, wanted: int) -> None:
        self._call = call
        self._wanted = wanted
        self._told = ("", "", "")
        self._told_s = float("-inf")

    def tell(self, advice: "Advice") -> None:
        news = (advice.instruction, advice.reason, advice.remedy)
        is_seldom = advice.time_s - self._told_s >= _READ_S
        if advice.taken or (news != self._told and is_seldom):
            self._told, self._told_s = news, advice.time_s
            self._call.notice(_line(advice, self._wanted))
