"""What reaches a network: the channels and values its card asks for."""

import numpy as np
import pytest

from mien.domain.faces import CropSpec, FaceCrops
from mien.vision.network_input import NetworkInput

SPEC = CropSpec(2, ((0.0, 0.0),) * 5, "bgr")
BLUE = FaceCrops(np.full((1, 2, 2, 3), (200, 100, 50), np.uint8), SPEC)


@pytest.mark.parametrize(("channels", "expected"), [("bgr", [200, 100, 50]), ("rgb", [50, 100, 200])])
def test_channels_come_in_the_order_of_the_card(channels: str, expected: list[int]) -> None:
    planes = NetworkInput(SPEC, channels).planes(BLUE)
    assert planes.shape == (1, 3, 2, 2) and planes.dtype == np.float32 and planes.flags.c_contiguous
    assert planes[0, :, 1, 1].tolist() == expected


def test_values_are_normalised() -> None:
    planes = NetworkInput(SPEC, "bgr", 127.5, 1 / 128).planes(BLUE)
    np.testing.assert_allclose(planes[0, :, 0, 0], [(200 - 127.5) / 128, (100 - 127.5) / 128, (50 - 127.5) / 128])


def test_crops_of_another_kind_are_refused() -> None:
    with pytest.raises(ValueError, match="expected crops of"):
        NetworkInput(CropSpec(4, SPEC.template, "bgr"), "bgr").planes(BLUE)
