import numpy as np
import pytest

from mien.gallery.thresholds import MatchingSettings


def test_a_larger_gallery_asks_for_more_and_a_poor_face_for_less():
    settings = MatchingSettings()

    assert settings.known_above(0, is_poor=False) == settings.known_above(1, is_poor=False) == 0.28
    assert settings.known_above(100, is_poor=False) == pytest.approx(0.28 + 2 * 0.07)
    assert settings.known_above(100, is_poor=True) == pytest.approx(0.28 + 2 * 0.07 - 0.05)
    assert settings.stranger_above(10) == pytest.approx(0.32 + 0.07)


def test_impostors_of_lfw_stay_below_the_threshold_and_the_same_person_above(lfw_faces):
    """Chosen on other people: the settings were set on one half of LFW's people, this is the other half."""
    vectors, names = lfw_faces
    similarity = vectors @ vectors.T
    same = names[:, None] == names[None, :]
    pairs = np.triu(np.ones_like(same), 1)
    above = similarity >= MatchingSettings().known_above(1, is_poor=False)

    assert above[pairs & ~same].mean() < 2e-3
    assert above[pairs & same].mean() > 0.9
