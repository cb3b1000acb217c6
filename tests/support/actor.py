"""Somebody before a browser's camera who does what the page says at the moment.

Turns, the nod, the smile and the poses are drawn: one real frame of the footage, warped over the mesh of its own face.
Calm looks, the blink and some of the last views are frames as they were filmed.
"""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from tests.support.rendered import Puppet

from mien.gallery.challenge.moves import INSTRUCTIONS

Picture = NDArray[np.uint8]
_SCRIPT = Path(__file__).with_name("actor.js")
_SIDES = ((26, -15), (-26, -15), (26, 12), (-26, 12), (12, -22), (-12, -22), (0, -24), (16, 20))
_BLINK = (40, 42, 42, 44)  # of the footage: he shuts his eyes at 42
_MOVE_MS, _VIEW_MS, _CALM_MS = 240, 350, 120


@dataclass
class Acting:
    """Pictures by number, and by the words of the page which of them are shown, how long each, and what comes after."""

    pictures: list[bytes] = field(default_factory=list, repr=False)
    acts: dict[str, dict[str, object]] = field(default_factory=dict, repr=False)

    def act(self, words: str, pictures: Sequence[Picture], every_ms: int, *, again: bool) -> None:
        """Show these where a page says this: in the end the last one stays, or all of them come ``again``."""
        first = len(self.pictures)
        self.pictures += map(jpeg, pictures)
        shows = list(range(first, len(self.pictures)))
        self.acts[words] = {"shows": shows, "everyMs": every_ms, "again": again}

    def script(self) -> str:
        """What a page runs before all else, so that this is its camera."""
        told = {"pictures": [base64.b64encode(one).decode() for one in self.pictures], "acts": self.acts}
        return f"({_SCRIPT.read_text(encoding='utf-8')})({json.dumps(told)})"


def act_as(footage: Sequence[Picture], puppet: Puppet) -> Acting:
    """The man of the footage, whose ``puppet`` is one frame of it: calm, unless a move or a view is asked for."""
    acting = Acting()
    acting.act("", [*footage[:5], *footage[3:0:-1]], _CALM_MS, again=True)
    for words, sign in ((INSTRUCTIONS["left"], 1), (INSTRUCTIONS["right"], -1)):
        acting.act(words, [puppet.posed(yaw=sign * yaw) for yaw in (8, 16, 23, 26)], _MOVE_MS, again=False)
    nod = [puppet.posed(pitch=-pitch) for pitch in (0, 8, 22)]
    acting.act(INSTRUCTIONS["nod"], [nod[place] for place in (0, 1, 1, 2, 2, 1, 0)], _MOVE_MS, again=True)
    acting.act(INSTRUCTIONS["smile"], [puppet.posed(smile=share) for share in (0.3, 0.7, 1)], _MOVE_MS, again=False)
    acting.act(INSTRUCTIONS["blink"], [footage[place] for place in _BLINK], _MOVE_MS, again=True)
    acting.act("turn your head a little to your left", [puppet.posed(yaw=yaw) for yaw in (10, 22)], 200, again=False)
    acting.act("turn your head a little to your right", [puppet.posed(yaw=-yaw) for yaw in (10, 22)], 200, again=False)
    acting.act("raise your chin a little", [puppet.posed(pitch=pitch) for pitch in (14, 28)], 200, again=False)
    views = [*(puppet.posed(*side) for side in _SIDES), *footage[5::9]]
    acting.act("move your head a little, any way you like", views, _VIEW_MS, again=True)
    return acting


def jpeg(picture: Picture) -> bytes:
    return cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes()


def write_film(path: Path, pictures: Sequence[Picture]) -> Path:
    """A film for a webcam of Chromium's: JPEGs of one size, one after the other."""
    fresh = path.with_suffix(".new")
    fresh.write_bytes(b"".join(map(jpeg, pictures)))
    return fresh.replace(path)
