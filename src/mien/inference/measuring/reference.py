"""What networks make of one fixed picture: stored once, compared ever after."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mien.domain.errors import ModelCorrupt, ModelError, ModelMismatch
from mien.inference.batches import normalised
from mien.inference.installed import InstalledModel
from mien.inference.session import Floats, Precision, Session

Numbers = NDArray[np.float64]

SHIPPED = Path(__file__).with_name("references.json")
_NUMBERS = 48
_SMALL = 0.01
"""Outputs below this share of a model's largest number are noise: scores of a detector that sees no face."""

_TOLERANCE: Mapping[Precision, float] = {"f32": 1e-3, "bf16": 0.02, "int8": 0.05}
"""How far numbers may be from the stored ones: in f32 as a share of them, elsewhere as what their cosine lacks of 1."""


@dataclass(frozen=True, slots=True)
class Trace:
    """One output of one file: its shape, its largest absolute number, and some of its numbers, evenly spread."""

    output: str
    shape: tuple[int, ...]
    largest: float
    numbers: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a model gives its stored output.

    ``difference`` is that of its worst output: in f32 as a share of the stored numbers, elsewhere 1 - their cosine.
    """

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
        session, picture = tried_on(model, file)
        found += [_trace(f"{file}.{name}", values) for name, values in session.run(picture).items()]
    return tuple(found)


def tried_on(model: InstalledModel, file: int) -> tuple[Session, Floats]:
    """One network of a model, and the reference picture as it takes it; raises ModelError.

    The picture has the size of the card or, of several files, of the file. A few files take the channels last.
    """
    session = model.load(file=file)
    layout, sizes = model.layout, session.input_shape[1:]
    if len(sizes) != len(layout.shape):
        raise ModelMismatch(f"the network takes an input of {len(sizes) + 1} dimensions, expected are pictures")
    is_channels_last = sizes[-1] == layout.shape[0] and sizes[0] != layout.shape[0]
    wanted = (*layout.shape[1:], layout.shape[0]) if is_channels_last else layout.shape
    is_alone = len(model.paths) == 1
    shape = tuple(known if is_alone else size or known for size, known in zip(sizes, wanted, strict=True))
    channels, height, width = (shape[2], *shape[:2]) if is_channels_last else shape
    picture = normalised(reference_picture(channels, height, width), layout.mean, layout.scale)
    if is_channels_last:
        picture = np.ascontiguousarray(picture.transpose(0, 2, 3, 1))
    return (session if sizes == picture.shape[1:] else model.load(picture.shape, file)), picture


def verify(model: InstalledModel, stored: tuple[Trace, ...]) -> Verdict:
    """Compare what a model gives now, in its precision, with what is stored of it in f32."""
    try:
        found = {trace.output: trace for trace in traces(model)}
    except ModelError as error:
        return Verdict(model.card.name, False, float("inf"), str(error))
    differences, floor = [0.0], _SMALL * max((trace.largest for trace in stored), default=0)
    for trace in stored:
        same = found.get(trace.output)
        if same is None or same.shape != trace.shape:
            shape = "is missing" if same is None else f"has the shape {same.shape}"
            reason = f"its output {trace.output} {shape}, not {trace.shape}"
            return Verdict(model.card.name, False, float("inf"), reason)
        compare = _share if model.precision == "f32" else _turned
        with np.errstate(all="ignore"):  # stored numbers that are none differ from everything
            differences.append(compare(np.array(same.numbers), np.array(trace.numbers), floor))
    worst = float(np.max(differences))  # unlike max(), it lets what is no number through
    if not worst <= _TOLERANCE[model.precision]:
        by = f"by {worst:.1%}" if model.precision == "f32" else f"in {model.precision}: their cosine is {1 - worst:.3f}"
        return Verdict(model.card.name, False, worst, f"its output differs from the stored one {by}")
    return Verdict(model.card.name, True, worst)


def _share(found: Numbers, stored: Numbers, floor: float) -> float:
    """The root mean square of the differences, as a share of that of the stored numbers, or of the floor."""
    if not len(stored):
        return 0.0
    typical = max(float(np.sqrt(np.mean(stored**2))), floor, 1e-9)
    return float(np.sqrt(np.mean((found - stored) ** 2)) / typical)


def _turned(found: Numbers, stored: Numbers, floor: float) -> float:
    """What the cosine of the numbers lacks of 1; nothing of numbers that are below the floor."""
    lengths = float(np.linalg.norm(found)), float(np.linalg.norm(stored))
    if not len(stored) or lengths[1] / np.sqrt(len(stored)) <= floor:
        return 0.0
    return float(np.maximum(0.0, 1 - float(found @ stored) / max(lengths[0] * lengths[1], 1e-12)))


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
    if not np.isfinite(flat).all():
        raise ModelCorrupt(f"its output {output} holds what is no number")
    chosen = flat[np.linspace(0, len(flat) - 1, min(len(flat), _NUMBERS)).astype(np.intp)] if len(flat) else flat
    largest = float(np.abs(flat).max(initial=0))
    return Trace(output, tuple(values.shape), float(f"{largest:.6g}"), tuple(float(f"{one:.6g}") for one in chosen))


def _read(row: Mapping[str, Any]) -> Trace:
    return Trace(str(row["output"]), tuple(row["shape"]), float(row["largest"]), tuple(map(float, row["numbers"])))
