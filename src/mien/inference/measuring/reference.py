"""What networks make of what they are always given: stored once, compared ever after."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mien.domain.errors import ModelCorrupt, ModelError, ModelMismatch
from mien.inference.batches import Floats, normalised
from mien.inference.installed import InstalledModel
from mien.inference.session import Precision, Session

Numbers = NDArray[np.float64]
Given = Callable[[int, int, int], Floats]
"""What a network of a size is given, (1, channels, height, width), always the same: a picture in 0..255, or features,
which are 1 high."""

SHIPPED = Path(__file__).with_name("references.json")
_NUMBERS = 48
_SMALL = 0.01
"""Outputs below this share of a network's largest number are noise: scores of a detector where there is no face."""

_TOLERANCE: Mapping[Precision, float] = {"f32": 1e-3, "bf16": 0.2, "int8": 0.3}
"""How far numbers may be from the stored ones, which are those of f32, as a share of them."""


@dataclass(frozen=True, slots=True)
class Trace:
    """One output of one file, called ``NUMBER.NAME``: its shape, its largest absolute number, and sums of its numbers.

    An output of up to 48 numbers is its own sums. Of a longer one every number is in one of 48, with a sign that chance
    gave it once and for all: as far as the sums of two outputs are apart, so are the outputs (Charikar, Chen and
    Farach-Colton, "Finding Frequent Items in Data Streams", ICALP 2002).
    """

    output: str
    shape: tuple[int, ...]
    largest: float
    numbers: tuple[float, ...]

    @property
    def file(self) -> str:
        """The number of the file."""
        return self.output.partition(".")[0]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a model gives its stored output; ``difference`` is that of its worst, as a share of the stored one."""

    name: str
    is_right: bool
    difference: float
    reason: str = ""


def traces(model: InstalledModel, given: Given) -> tuple[Trace, ...]:
    """What the files of a model make of what they are given, in the order of the files; raises ModelError."""
    found = []
    for file in range(len(model.paths)):
        session, batch = tried_on(model, file, given)
        found += [_trace(f"{file}.{name}", values) for name, values in session.run(batch).items()]
    return tuple(found)


def tried_on(model: InstalledModel, file: int, given: Given) -> tuple[Session, Floats]:
    """One network of a model, and what it is given as it takes it; raises ModelError.

    The size is that of the card or, of several files, of the file.
    """
    session = model.load(file=file)
    layout, sizes = model.layout, session.input_shape[1:]
    if len(sizes) != len(layout.shape):
        raise ModelMismatch(f"the network takes an input of {len(sizes) + 1} dimensions, expected are pictures")
    wanted = (*layout.shape[1:], layout.shape[0]) if layout.is_channels_last else layout.shape
    is_alone = len(model.paths) == 1
    shape = tuple(known if is_alone else size or known for size, known in zip(sizes, wanted, strict=True))
    channels, height, width = (shape[2], *shape[:2]) if layout.is_channels_last else shape
    batch = given(channels, height, width)
    if height > 1:
        batch = normalised(batch, layout.mean, layout.scale)
    if layout.is_channels_last:
        batch = np.ascontiguousarray(batch.transpose(0, 2, 3, 1))
    return (session if sizes == batch.shape[1:] else model.load(batch.shape, file)), batch


def verify(model: InstalledModel, stored: tuple[Trace, ...], given: Given) -> Verdict:
    """Compare what a model makes of what it is given, in its precision, with what is stored of it in f32."""
    try:
        found = {trace.output: trace for trace in traces(model, given)}
    except ModelError as error:
        return Verdict(model.card.name, False, float("inf"), str(error))
    differences = [0.0]
    for trace in stored:
        same = found.get(trace.output)
        if same is None or same.shape != trace.shape:
            shape = "is missing" if same is None else f"has the shape {same.shape}"
            reason = f"its output {trace.output} {shape}, not {trace.shape}"
            return Verdict(model.card.name, False, float("inf"), reason)
        with np.errstate(all="ignore"):  # stored numbers that are none differ from everything
            floor = _SMALL * max(other.largest for other in stored if other.file == trace.file)
            differences.append(_share(np.array(same.numbers), np.array(trace.numbers), floor))
    worst = float(np.max(differences))  # unlike max(), it lets what is no number through
    if not worst <= _TOLERANCE[model.precision]:
        reason = f"its output in {model.precision} differs from the stored one by {worst:.1%}"
        return Verdict(model.card.name, False, worst, reason)
    return Verdict(model.card.name, True, worst)


def _share(found: Numbers, stored: Numbers, floor: float) -> float:
    """The root mean square of the differences, as a share of that of the stored numbers, or of the floor."""
    if not len(stored):
        return 0.0
    typical = max(float(np.sqrt(np.mean(stored**2))), floor, 1e-9)
    return float(np.sqrt(np.mean((found - stored) ** 2)) / typical)


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
    largest = float(np.abs(flat).max(initial=0))
    sums = tuple(float(f"{one:.6g}") for one in _sums(flat))
    return Trace(output, tuple(values.shape), float(f"{largest:.6g}"), sums)


def _sums(flat: Numbers) -> Numbers:
    """48 sums of numbers, each taken with a sign; of no more than 48 the numbers themselves."""
    if len(flat) <= _NUMBERS:
        return flat
    signed = flat * np.random.RandomState(0).choice((-1.0, 1.0), len(flat))  # numbers that numpy never changes
    padded = np.pad(signed, (0, -len(flat) % _NUMBERS))
    sums: Numbers = padded.reshape(-1, _NUMBERS).sum(axis=0)
    return sums


def _read(row: Mapping[str, Any]) -> Trace:
    return Trace(str(row["output"]), tuple(row["shape"]), float(row["largest"]), tuple(map(float, row["numbers"])))
