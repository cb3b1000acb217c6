"""What each setting and each section is for, in the words of the example file, which nobody else repeats."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from mien.settings.yaml_file import Place, read_yaml

EXAMPLE = Path(__file__).with_name("mien.example.yaml")
"""Every setting with its default; what stands behind a key says what it is for."""

_BEHIND = re.compile(r"(?<=\s)# (?P<words>.*)$")
_CONTINUED = re.compile(r"\s+# (?P<words>.*)$")
_LEFT_OUT = re.compile(r"# (?P<key>[a-z_]+):\s+\S+\s+# (?P<words>.*)$")
"""A setting whose default is another one on each machine."""


def described(place: Place) -> str:
    """What a setting is for, or a section; empty where nothing is said. Cameras of all names are alike."""
    found = _written()
    if place[:1] != ("cameras",) or len(place) < 3:
        return found.get(place[:1] if place[:1] == ("cameras",) else place, "")
    return found.get(("cameras", "*", *place[2:])) or found.get(place[2:], "")


@cache
def _written() -> Mapping[Place, str]:
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    found: dict[Place, str] = {}
    found |= {(left_out["key"],): left_out["words"] for line in lines if (left_out := _LEFT_OUT.match(line))}
    for place, number in read_yaml(EXAMPLE, {}).lines.items():
        if place and (words := _words(lines, number)):
            found[(place[0], "*", *place[2:]) if place[0] == "cameras" and len(place) > 1 else place] = words
    return found


def _words(lines: list[str], number: int) -> str:
    """What stands behind the key in a line, which counts from 1, and below it in the same column."""
    begun = _BEHIND.search(lines[number - 1])
    if begun is None:
        return ""
    words = [begun["words"]]
    for line in lines[number:]:
        continued = _CONTINUED.match(line)
        if continued is None or continued.start("words") != begun.start("words"):
            break
        words.append(continued["words"])
    return " ".join(words)
