"""TorchScript: a network that runs wherever libtorch does, without Python."""

import warnings
from pathlib import Path

import torch

from mien.lab.exports.proving import Answerer, Floats
from mien.lab.networks.expression import ServedNetwork


def write_torchscript(served: ServedNetwork, shape: tuple[int, int, int], path: Path) -> None:
    """Write the network as it answers a picture (c, s, s); the number of pictures stays open."""
    with warnings.catch_warnings(action="ignore"), torch.inference_mode():
        torch.jit.save(torch.jit.trace(served, torch.zeros(2, *shape), check_trace=False), str(path))


def torchscript_answerer(path: Path) -> Answerer:
    """What answers by a file."""
    with warnings.catch_warnings(action="ignore"):
        network = torch.jit.load(str(path))

    def answer(images: Floats) -> list[Floats]:
        with torch.inference_mode():
            return [output.numpy() for output in network(torch.from_numpy(images))]

    return answer
