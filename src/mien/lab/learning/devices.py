"""What networks are trained on: a GPU where torch has one, else the CPU."""

import torch


def fastest_device() -> torch.device:
    """A GPU where torch has one, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def has_bfloat16(device: torch.device) -> bool:
    """Whether numbers of 16 bits save time there: a GPU that only imitates them takes longer."""
    return device.type == "cpu" or torch.cuda.is_bf16_supported(including_emulation=False)
