"""Whether a dataset holds crops or photographs is what nearly all of its pictures say."""

import numpy as np
import pytest

from mien.lab.datasets.looking import Looked, ready_made_px


@pytest.mark.parametrize(
    ("sizes", "side"),
    [
        ({(48, 48): 19, (96, 96): 1}, 48),
        ({(48, 48): 18, (96, 96): 2}, 0),
        ({(48, 48): 10, (40, 40): 10}, 0),
        ({(48, 40): 20}, 0),
        ({(64, 64): 20}, 64),
        ({(65, 65): 20}, 0),
        ({}, 0),
    ],
)
def test_crops_are_of_nearly_one_size(sizes: dict[tuple[int, int], int], side: int) -> None:
    thumbnail = np.zeros((48, 48), np.uint8)
    looked = [Looked(b"", size, True, thumbnail, None) for size, count in sizes.items() for _ in range(count)]
    assert ready_made_px(looked) == side
