"""Copies of one photograph are found whatever their light and shift, and nothing else is taken for one."""

import numpy as np
from tests.support.lab import grain

from mien.lab.datasets.copies import near_duplicate_groups


def test_copies_share_a_group_whatever_their_light_and_shift() -> None:
    images = grain(12)
    darker = (images[0] * 0.6).astype(np.uint8)
    moved = np.roll(images[1], (2, -1), axis=(0, 1))
    groups = near_duplicate_groups(np.concatenate([images, darker[None], moved[None]]))
    assert groups[12] == groups[0]
    assert groups[13] == groups[1]
    assert len(np.unique(groups)) == 12
