import numpy as np
import pytest
from tests.support.faces import axis, quality, seen

from mien.gallery.matching.thresholds import MatchingSettings


def test_a_larger_gallery_asks_for_more_and_a_poor_face_for_less():
    settings = MatchingSettings(known_similarity=0.3, per_tenfold=0.1, poor_relief=0.05)

    assert settings.known_above(0) == settings.known_above(1) == 0.3
    assert settings.known_above(100) == pytest.approx(0.5)
    assert settings.known_above(100, quality=0.0) == pytest.approx(0.45)
    assert settings.known_above(100, quality=0.8) == pytest.approx(0.49)


def test_a_view_is_good_where_both_picture_and_embedding_are():
    settings = MatchingSettings(min_quality=0.5, min_norm=6.0)

    assert settings.is_good(seen(axis(0), axis(1), norm=6.0), quality(0.5, 0.4)).tolist() == [True, False]
    assert settings.is_good(seen(axis(0), axis(1), norm=5.9), quality(0.5, 0.9)).tolist() == [False, False]
    assert not np.any(settings.is_good(seen(), quality()))
