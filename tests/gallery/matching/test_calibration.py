"""Thresholds of a gallery measured on drawn strangers, and its pictures looked for among each other."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from tests.support.faces import axis, like

from mien.domain.errors import GalleryError
from mien.domain.faces import EmbeddingModel
from mien.gallery.matching.background import Background
from mien.gallery.matching.calibration import calibrate, identified_by_others, share_interval
from mien.gallery.matching.leaving_out import Templates
from mien.gallery.matching.thresholds import MatchingSettings

MODEL = EmbeddingModel("mobilefacenet", "arcface-112", "yunet", "bf16")
NOW = datetime(2024, 5, 1, tzinfo=UTC)
SETTINGS = MatchingSettings(known_similarity=0.4, per_tenfold=0.0, poor_relief=0.1)


def templates(*rows: tuple[int, int, np.ndarray], quality: float = 1.0) -> Templates:
    """Plain templates by owner, picture and vector."""
    owners, pictures, vectors = zip(*rows, strict=True) if rows else ((), (), ())
    return Templates(
        MODEL,
        np.stack(vectors) if rows else np.zeros((0, 64), np.float32),
        np.full(len(rows), quality**2, np.float32),
        np.array(owners, np.int32),
        np.array(pictures, np.int64),
        np.ones(len(rows), np.bool_),
    )


@pytest.fixture(scope="module")
def background() -> Background:
    return Background.of_model(MODEL)


def gallery(background: Background, people: int) -> Templates:
    """People who are drawn themselves, with a picture each."""
    return templates(*((at, at, vector) for at, vector in enumerate(background.draw(people, seed=7))))


def test_the_threshold_names_as_many_strangers_as_it_says_and_rises_with_the_gallery(background: Background) -> None:
    small, large = (calibrate(gallery(background, people), background, SETTINGS, NOW) for people in (10, 200))

    assert 0.2 < small.known < large.known < 0.5
    assert (small.people, large.people, small.templates, small.at) == (10, 200, 10, NOW)
    others = background.resemblances(gallery(background, 200).means(), 20_000, seed=1)
    assert (others > large.known).mean() == pytest.approx(large.false_match_rate, abs=0.0007)
    assert (others > large.known - large.doubt).mean() == pytest.approx(5 * large.false_match_rate, abs=0.0015)
    lenient = calibrate(gallery(background, 200), background, SETTINGS, NOW, rate=0.01)
    assert lenient.known < large.known and lenient.false_match_rate == 0.01
    assert large.resolution[0] < 0.001 < large.resolution[1] < 0.005


def test_settings_that_follow_ask_for_the_threshold_and_for_more_as_the_gallery_grows(background: Background) -> None:
    found = calibrate(gallery(background, 20), background, MatchingSettings(), NOW)
    settings = found.settings(MatchingSettings())

    assert settings.known_above(20) == pytest.approx(found.known) and settings.doubt == found.doubt
    assert settings.known_above(200) == pytest.approx(found.known + MatchingSettings().per_tenfold)


def test_nobody_is_no_gallery(background: Background) -> None:
    with pytest.raises(GalleryError, match="nobody is enrolled"):
        calibrate(templates(), background, SETTINGS, NOW)


def test_pictures_are_named_by_the_others_of_the_same_person() -> None:
    ann = [(0, at, like(axis(0), 0.8, number=40 + at)) for at in range(3)]
    bob = [(1, 10, axis(1)), (1, 11, axis(2))]  # two that do not resemble each other
    cid = [(2, 20, axis(3))]

    assert identified_by_others(templates(*ann, *bob, *cid), SETTINGS) == (3 / 5, 5)
    assert identified_by_others(templates(*cid), SETTINGS) == (0.0, 0)
    strict = replace(SETTINGS, known_similarity=0.75)
    assert identified_by_others(templates(*ann), strict) == (0.0, 3)
    assert identified_by_others(templates(*ann, quality=0.3), strict) == (1.0, 3)  # less is asked of poor pictures


def test_a_picture_is_not_named_by_its_own_distant_template() -> None:
    rows = templates((0, 1, axis(0)), (0, 1, like(axis(0), 0.9)), (0, 2, axis(5)), (0, 2, like(axis(5), 0.9)))
    distant = replace(rows, is_plain=np.array([True, False, True, False]))

    assert identified_by_others(distant, SETTINGS) == (0.0, 2)


def test_somebody_elses_face_under_a_name_is_not_named() -> None:
    ann = [(0, at, like(axis(0), 0.9, number=40 + at)) for at in range(3)]
    bob = [(1, 10 + at, like(axis(1), 0.9, number=50 + at)) for at in range(2)]

    assert identified_by_others(templates(*ann, *bob, (1, 20, axis(0))), SETTINGS) == (5 / 6, 6)


def test_the_interval_of_a_share_is_exact() -> None:
    assert share_interval(0.0, 100) == (0.0, pytest.approx(0.0362, abs=1e-4))
    assert share_interval(0.01, 1_000) == (pytest.approx(0.0048, abs=1e-4), pytest.approx(0.0183, abs=1e-4))
    assert share_interval(1.0, 100)[1] == 1.0
