"""The lists of a recording in TUM layout, ``rgb.txt`` and ``depth.txt``: read, and what belongs together found."""

import re
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from math import isfinite
from pathlib import Path, PurePosixPath, PureWindowsPath

from mien.domain.errors import SourceUnreadable
from mien.telemetry.text import writable

MAX_APART_S = 0.02
_LINE = re.compile(r"([^\s,]+)[\s,]+(\S.*)")


@dataclass(frozen=True, slots=True, order=True)
class Listed:
    """One line: a moment in seconds, of whatever start, and a file by its path."""

    time_s: float
    path: str


def read_list(folder: str, name: str) -> tuple[Listed, ...]:
    """The files that a list names, in order of their times, under ``folder``.

    Each line is a time, blanks (or a comma), and a file's path relative to the folder; lines that begin with # and
    empty ones are left out. Raises SourceUnreadable for a list that cannot be read, names none, or has a line that is
    no such, or names a file outside of the folder.
    """
    path = Path(folder) / name
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise SourceUnreadable(f"{path} is no list of files: it is no text") from None
    except OSError as error:
        reason = "permission denied" if isinstance(error, PermissionError) else error.strerror or type(error).__name__
        raise SourceUnreadable(f"{path} cannot be read: {reason}") from None
    listed = []
    for number, line in enumerate(lines, 1):
        told = line.strip()
        if told and not told.startswith("#"):
            listed.append(_listed(folder, told, f"{path}, line {number}"))
    if not listed:
        raise SourceUnreadable(f"{path} lists no file")
    return tuple(sorted(listed))


def matched(pictures: tuple[Listed, ...], depths: tuple[Listed, ...]) -> tuple[Listed | None, ...]:
    """Of each picture the depth that goes with it, or None; both lists in order of their times.

    As TUM's associate.py does it, the pair that is closest in time of all is taken first, then the closest of what is
    left, and so on, up to pairs ``MAX_APART_S`` apart; no depth is taken twice.
    """
    times = sorted(
        [(one.time_s, 0, at) for at, one in enumerate(pictures)]
        + [(one.time_s, 1, at) for at, one in enumerate(depths)]
    )
    before, after = list(range(-1, len(times) - 1)), list(range(1, len(times) + 1))
    # The closest two of different kinds have nothing between them: whatever lay there were closer to one of them.
    pairs = [(times[at + 1][0] - times[at][0], at, at + 1) for at in range(len(times) - 1)]
    heapify(pairs)
    is_free = [True] * len(times)
    found: list[Listed | None] = [None] * len(pictures)
    while pairs:
        apart_s, left, right = heappop(pairs)
        if apart_s >= MAX_APART_S:
            break
        if not (is_free[left] and is_free[right]) or times[left][1] == times[right][1]:
            continue
        picture, depth = sorted((times[left][1:], times[right][1:]))
        found[picture[1]] = depths[depth[1]]
        is_free[left] = is_free[right] = False
        outer_left, outer_right = before[left], after[right]
        if outer_left >= 0:
            after[outer_left] = outer_right
        if outer_right < len(times):
            before[outer_right] = outer_left
        if outer_left >= 0 and outer_right < len(times):
            heappush(pairs, (times[outer_right][0] - times[outer_left][0], outer_left, outer_right))
    return tuple(found)


def check_overlap(name: str, pictures: tuple[Listed, ...], depths: tuple[Listed, ...]) -> None:
    """Raise SourceUnreadable where one list ends before the other begins: their clocks are not the same."""
    (first_s, last_s), (first_depth_s, last_depth_s) = (
        (listed[0].time_s, listed[-1].time_s) for listed in (pictures, depths)
    )
    if first_depth_s - last_s >= MAX_APART_S or first_s - last_depth_s >= MAX_APART_S:
        raise SourceUnreadable(
            f"{name}: its pictures are of {first_s:.2f} to {last_s:.2f} s and its depth of {first_depth_s:.2f} to "
            f"{last_depth_s:.2f} s: both have to be timed by the same clock"
        )


def _listed(folder: str, told: str, where: str) -> Listed:
    found = _LINE.fullmatch(told)
    try:
        time_s = float(found[1]) if found else float("nan")
    except ValueError:
        time_s = float("nan")
    if found is None or not isfinite(time_s):
        raise SourceUnreadable(f"{where}: expected a time in seconds and the name of a file, not {_shown(told)}")
    if _leaves(found[2]):
        raise SourceUnreadable(f"{where}: {_shown(found[2])} lies outside of the recording's folder")
    return Listed(time_s, str(Path(folder) / found[2]))


def _leaves(name: str) -> bool:
    """Whether a path leads out of the folder that it is relative to, here or on Windows."""
    windows = PureWindowsPath(name)
    return bool(windows.anchor) or PurePosixPath(name).is_absolute() or ".." in windows.parts


def _shown(told: str) -> str:
    return repr(writable(told if len(told) <= 60 else f"{told[:60]}…"))
