"""The page of a dataset: one self-contained HTML file that needs no network."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from mien.domain.errors import ResultError
from mien.domain.frame import Pixels
from mien.lab.datasets.manifest import Facts

_SHOWN_PX = 72


@dataclass(frozen=True, slots=True)
class Balance:
    """How many pictures of each label a part holds, and how many without an agreed one."""

    split: str
    labels: Mapping[str, int]
    unlabelled: int


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of the dataset, small, as an address that holds it; its label, and more about it."""

    source: str
    label: str
    about: str


def embedded(pixels: Pixels) -> str:
    """A picture, small, as an address that holds it."""
    longer = max(pixels.width, pixels.height)
    width, height = (max(1, round(side * _SHOWN_PX / longer)) for side in (pixels.width, pixels.height))
    encoded = cv2.imencode(".jpg", pixels.scaled(width, height))[1].tobytes()
    return f"data:image/jpeg;base64,{base64.b64encode(encoded).decode()}"


@dataclass(frozen=True, slots=True)
class Finding:
    """Pictures that somebody should look at, and why; ``count`` of them there are, some are shown.

    ``count`` is none where nobody has looked for them, and ``why`` says why not.
    """

    title: str
    why: str
    count: int | None
    shown: Sequence[Picture]


def write_page(
    path: Path,
    facts: Facts,
    metrics: Mapping[str, Any],
    balance: Sequence[Balance],
    samples: Mapping[str, Sequence[Picture]],
    findings: Sequence[Finding],
) -> None:
    """Write the page; every word in it is escaped, nothing in it is fetched. Raises ResultError."""
    environment = Environment(
        loader=PackageLoader("mien.lab", "reports"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    most = max((count for one in balance for count in one.labels.values()), default=1) or 1
    page = environment.get_template("explored.html.j2").render(
        facts=facts, metrics=metrics, balance=balance, samples=samples, findings=findings, most=most
    )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise ResultError(f"{path} could not be written: {error.strerror or error}") from error
