"""What networks make of one fixed picture: stored once, compared ever after."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mien.domain.errors import ModelError
from mien.inference.batches import normalised
from mien.inference.installed import InstalledModel
from mien.inference.session import Floats, Precision

SHIPPED = Path(__file__).with_name("references.json")
_NUMBERS = 48
_SMALL = 0.01
"""Outputs below this share of a model's largest number are noise: scores of a detector that sees no face."""

_TOLERANCE: Mapping[Precision, float] = {"f32": 1e-3, "bf16": 0.2, "int8": 0.5}
"""How far numbers may be from the stored ones, as a share of them: what the arithmetic explains."""


@dataclass(frozen=True, slots=True)
class Trace:
    """One output of one file: its shape, its largest absolute number, and some of its numbers, evenly spread."""

    output: str
    shape: tuple[int, ...]
    largest: float
    numbers: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a model gives its stored output; ``difference`` is that of its worst output, as a share."""

    name: str
    is_right: bool
    difference: float
    reason: str = ""


def reference_picture(channels: int, height: int, width: int) -> Floats:
    """The picture (1, channels, height, width), in whole numbers 0..255: waves and edges of several sizes."""
    channel, row, column = np.ogrid[0:channels, 0:height, 0:width]
    waves = 60 * np.sin(row / 9 + channel) + 40 * np.cos((row + 2 * column) / 23)
    pattern = 128 + waves + 20 * ((column // 16 + row // 24) % 2) - 6 * channel
    picture: Floats = np.clip(np.round(pattern), 0, 255)[None].astype(np.float32)
    return picture


def reference_scene(width: int = 320, height: int = 256) -> NDArray[np.uint8]:
    """The reference picture (height, width, 3) BGR, to try tasks on."""
    return np.ascontiguousarray(reference_picture(3, height, width)[0].transpose(1, 2, 0).astype(np.uint8))


def traces(model: InstalledModel) -> tuple[Trace, ...]:
    """What the files of a model make of the reference picture, in the order of the files; raises ModelError."""
    found = []
    for file in range(len(model.paths)):
        picture = picture_for(model, file)
        outputs = model.load(picture.shape, file).run(picture)
        found += [_trace(f"{file}.{name}", values) for name, values in outputs.items()]
    return tuple(found)


def picture_for(model: InstalledModel, file: int) -> Floats:
    """The reference picture as one file of a model takes it: at the size of the card, or, of several, of the file.

    A few files take the channels last.
    """
    layout, sizes = model.layout, model.load(file=file).input_shape[1:]
    is_channels_last = sizes[-1] == layout.shape[0] and sizes[0] != layout.shape[0]
    wanted = (*layout.shape[1:], layout.shape[0]) if is_channels_last else layout.shape
    is_alone = len(model.paths) == 1
    shape = tuple(known if is_alone else size or known for size, known in zip(sizes, wanted, strict=True))
    channels, height, width = (shape[2], *shape[:2]) if is_channels_last else shape
    planes = normalised(reference_picture(channels, height, width), layout.mean, layout.scale)
    return np.ascontiguousarray(planes.transpose(0, 2, 3, 1)) if is_channels_last else planes


def verify(model: InstalledModel, stored: tuple[Trace, ...]) -> Verdict:
    """Compare what a model gives now with what is stored."""
    try:
        found = {trace.output: trace for trace in traces(model)}
    except ModelError as error:
        return Verdict(model.name, False, float("inf"), str(error))
    worst, floor = 0.0, _SMALL * max((trace.largest for trace in stored), default=0)
    for trace in stored:
        same = found.get(trace.output)
        if same is None or same.shape != trace.shape:
            shape = "is missing" if same is None else f"has the shape {same.shape}"
            return Verdict(model.name, False, float("inf"), f"its output {trace.output} {shape}, not {trace.shape}")
        worst = max(worst, _difference(same.numbers, trace, floor))
    if not worst <= _TOLERANCE[model.precision]:
        return Verdict(model.name, False, worst, f"its output differs from the stored one by {worst:.1%}")
    return Verdict(model.name, True, worst)


def _difference(found: Sequence[float], stored: Trace, floor: float) -> float:
    """The root mean square of the differences, as a share of that of the stored numbers, or of the floor."""
    if not stored.numbers:
        return 0.0
    expected = np.array(stored.numbers)
    typical = max(float(np.sqrt(np.mean(expected**2))), floor, 1e-9)
    return float(np.sqrt(np.mean((np.array(found) - expected) ** 2)) / typical)


def read_references(path: Path = SHIPPED) -> dict[str, tuple[Trace, ...]]:
    """Stored outputs by the name of the model; raises ModelError where the file is no such thing."""
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        return {name: tuple(_read(row) for row in found) for name, found in rows.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise ModelError(f"{path} holds no stored outputs: {error}") from error


def as_text(references: Mapping[str, tuple[Trace, ...]]) -> str:
    """Stored outputs as the JSON that `read_references` reads, one model a line."""
    rows = (f"  {json.dumps(name)}: {json.dumps([asdict(trace) for trace in references[name]])}" for name in references)
    return "{\n" + ",\n".join(rows) + "\n}\n"


def _trace(output: str, values: Floats) -> Trace:
    flat = values.astype(np.float64).ravel()
    chosen = flat[np.linspace(0, len(flat) - 1, min(len(flat), _NUMBERS)).astype(np.intp)] if len(flat) else flat
    largest = float(np.abs(flat).max(initial=0))
    return Trace(output, tuple(values.shape), float(f"{largest:.6g}"), tuple(float(f"{one:.6g}") for one in chosen))


def _read(row: Mapping[str, Any]) -> Trace:
    return Trace(str(row["output"]), tuple(row["shape"]), float(row["largest"]), tuple(map(float, row["numbers"])))
