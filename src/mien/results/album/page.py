"""What the pages with pictures of people share: their look, which needs no network, and pictures that travel inside."""

import base64
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from numpy.typing import NDArray

from mien.results.atomic import pending_text, writing
from mien.store.home import PRIVATE

_JPEG_QUALITY = 88


def private_folder(folder: Path) -> None:
    """Make a folder that is for its owner's eyes, where there is none, in one that is there; raises ResultError."""
    with writing(folder):
        folder.mkdir(PRIVATE, exist_ok=True)


def write_page(path: Path, template: str, **content: Any) -> None:
    """Write a page whole or not at all; every text in it is escaped, nothing in it is fetched. Raises ResultError."""
    with pending_text(path, _environment().get_template(template).render(content)):
        pass


def picture_uri(image: NDArray[np.uint8] | None) -> str:
    """A picture (h, w, 3) BGR as a JPEG that stands in the page itself; empty where there is none."""
    if image is None:
        return ""
    _, encoded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    return "data:image/jpeg;base64," + base64.b64encode(encoded.tobytes()).decode("ascii")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("mien.results.album", "."),
        autoescape=select_autoescape(["j2"], default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["moment"] = _moment
    environment.filters["percent"] = lambda share: f"{share:.1%}".replace("%", " %")
    return environment


def _moment(at: datetime) -> str:
    return f"{at.astimezone():%Y-%m-%d %H:%M}"
