"""A runtime that remembers what its networks were shown, and a picture whose colours tell one order from another."""

from pathlib import Path

import numpy as np

from mien.inference.batches import Floats
from mien.inference.installed import InstalledModel
from mien.inference.onnx_runtime import OnnxRuntime
from mien.inference.session import Precision, Session
from mien.sources.pixels import ArrayPixels

BLUE, GREEN, RED = 200, 0, 50
GREY = 0.114 * BLUE + 0.587 * GREEN + 0.299 * RED
"""BT.601 luma."""


class Watching:
    """A runtime whose sessions remember the batches they were given."""

    name = "watching"
    precisions: tuple[Precision, ...] = ("f32",)

    def __init__(self) -> None:
        self.seen: list[Floats] = []

    def load(self, path: Path, input_shape: tuple[int, ...] | None = None, precision: Precision = "f32") -> Session:
        session, seen = OnnxRuntime().load(path, input_shape), self.seen

        class Spy:
            input_shape = session.input_shape
            outputs = session.outputs

            def run(self, batch: Floats) -> dict[str, Floats]:
                seen.append(batch)
                return session.run(batch)

        return Spy()


def bluish(size: int = 400) -> ArrayPixels:
    """A picture of one colour, of which the channels differ."""
    return ArrayPixels(np.full((size, size, 3), (BLUE, GREEN, RED), np.uint8))


def assert_channels(model: InstalledModel, batch: Floats) -> None:
    """Of a `bluish` picture the network saw the channels in the order of its card, normalised."""
    layout = model.layout
    planes = batch if batch.shape[1] == layout.shape[0] else batch.transpose(0, 3, 1, 2)
    middle = planes[0, :, planes.shape[2] // 2, planes.shape[3] // 2]
    colours = {"bgr": (BLUE, GREEN, RED), "rgb": (RED, GREEN, BLUE), "grey": (round(GREY),) * layout.shape[0]}
    values = np.array(colours[layout.channels], np.float32)
    np.testing.assert_allclose(middle, (values - np.array(layout.mean)) * np.array(layout.scale), atol=1e-3)
