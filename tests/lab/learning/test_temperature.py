"""A temperature is the likeliest of a range, and one at its limit is known as such."""

import numpy as np
import pytest

from mien.lab.learning.temperature import HIGHEST, LOWEST, fit_temperature, is_at_limit


def test_the_likeliest_temperature_is_found_and_its_limits_are_told() -> None:
    generator = np.random.default_rng(0)
    labels = generator.integers(0, 3, 4000)
    honest = 2 * np.eye(3)[labels]
    wrong = generator.random(4000) < 1 - np.exp(2) / (np.exp(2) + 2)  # as often as logits of 2, 0 and 0 say
    honest[wrong] = np.roll(honest[wrong], 1, axis=1)
    found = fit_temperature(2 * honest, labels)
    assert found == pytest.approx(2, rel=0.1) and not is_at_limit(found)
    always_right, never_right = 3 * np.eye(3)[labels], 3 * np.eye(3)[(labels + 1) % 3]
    assert fit_temperature(always_right, labels) == LOWEST and is_at_limit(LOWEST)
    assert fit_temperature(never_right, labels) == HIGHEST and is_at_limit(HIGHEST)
