"""The keys of the window, and what each does in a few words."""

import sys
from typing import Literal, get_args

Command = Literal["quit", "plane", "bars", "screenshot", "fullscreen", "blur", "enrol", "depth", "help", "back"]

COMMANDS: tuple[Command, ...] = get_args(Command)
KEYS: dict[str, tuple[Command, str]] = {
    "q": ("quit", "quit"),
    "v": ("plane", "square of valence and arousal, with its trail"),
    "p": ("bars", "bars of all expressions"),
    "s": ("screenshot", "save what is seen as a picture"),
    "f": ("fullscreen", "the whole screen, or the window again"),
    "b": ("blur", "blur whoever is not known"),
    "e": ("enrol", "enrol the face in front"),
    "d": ("depth", "depth beside the picture"),
    "?": ("help", "this list"),
    "escape": ("back", "close what is open, leave the whole screen"),
}
_HINTS = "q quit   p bars   v valence/arousal   s screenshot   b blur   e enrol   f full screen{depth}   ? all keys"

_CONTROL, _ALT, _ALT_ON_WINDOWS = 0x4, 0x8, 0x20000  # bits of an event's state in the toolkit


def is_for_others(state: int, platform: str = sys.platform) -> bool:
    """Whether a key was pressed with Control or Alt (Command on a Mac), by the state of its event in the toolkit.

    On Windows the bit that is Alt elsewhere says that Num Lock is on.
    """
    return bool(state & (_CONTROL | (_ALT_ON_WINDOWS if platform == "win32" else _ALT)))


def command_of(character: str, symbol: str) -> Command | None:
    """What a key asks for, by the character it types and its name in the toolkit; upper and lower case alike."""
    for typed in (character.lower(), symbol.lower()):
        if typed in KEYS:
            return KEYS[typed][0]
    return "help" if symbol == "question" else None


def hints(*, has_depth: bool) -> str:
    """The keys in a line, that of depth only for a camera that measures it."""
    return _HINTS.format(depth="   d depth" if has_depth else "")


def shown_keys() -> tuple[tuple[str, str], ...]:
    """Every key as it is written on keyboards, with what it does."""
    return tuple((key.capitalize() if len(key) > 1 else key, words) for key, (_, words) in KEYS.items())
