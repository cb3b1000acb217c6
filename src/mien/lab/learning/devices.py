"""What networks are trained on, a GPU where torch has one, else the CPU, and what makes them fast there."""

import os
import platform
import shutil
from collections.abc import Callable

import torch
from torch import Tensor

from mien.lab.networks.expression import Answers, ExpressionNetwork


def fastest_device() -> torch.device:
    """A GPU where torch has one, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def has_bfloat16(device: torch.device) -> bool:
    """Whether numbers of 16 bits save time there: where they are only imitated they take longer."""
    if device.type == "cpu":
        if platform.machine().lower() in ("x86_64", "amd64"):  # of these oneDNN imitates them too
            return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())
        return torch.backends.mkldnn.is_available() and bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
    return torch.cuda.is_bf16_supported(including_emulation=False)


def compiled(network: ExpressionNetwork) -> Callable[[Tensor], Answers]:
    """The network as code of its own for each shape of a batch; as it is where there is no C++ compiler.

    It learns a third faster, and answers in less than two thirds of the time.
    """
    has_compiler = any(map(shutil.which, (os.environ.get("CXX", "g++"), "c++", "clang++", "cl")))
    return torch.compile(network, dynamic=False) if has_compiler else network
