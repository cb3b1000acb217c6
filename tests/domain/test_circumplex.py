from math import cos, radians, sin

import numpy as np
import pytest

from mien.domain.circumplex import NEUTRAL_RADIUS, POSITIONS, expected_position, is_placed, quadrant
from mien.domain.emotions import EMOTION_LABELS


def test_a_sure_expression_lies_where_its_word_does() -> None:
    sure = np.eye(len(EMOTION_LABELS), dtype=np.float32)
    positions = dict(zip(EMOTION_LABELS, expected_position(sure, EMOTION_LABELS).tolist(), strict=True))
    assert positions["neutral"] == [0, 0]
    assert positions["happiness"] == pytest.approx([0.81, 0.51])
    assert positions["sadness"] == pytest.approx([-0.63, -0.27])
    assert positions["surprise"][1] == max(arousal for _, arousal in positions.values())
    assert positions["happiness"][0] == max(valence for valence, _ in positions.values())


def test_a_mixed_expression_lies_between_and_inside_the_circle() -> None:
    labels = ("neutral", "happy", "sad")
    mixed = np.array([[0.5, 0.5, 0.0], [0.2, 0.4, 0.4]], np.float32)
    np.testing.assert_allclose(expected_position(mixed, labels), [[0.405, 0.255], [0.4 * 0.18, 0.4 * 0.24]], rtol=1e-5)
    chances = np.random.default_rng(0).dirichlet(np.full(len(EMOTION_LABELS), 0.3), 500).astype(np.float32)
    assert (np.linalg.norm(expected_position(chances, EMOTION_LABELS), axis=1) <= 1).all()


def test_other_spellings_and_label_sets_have_positions_too() -> None:
    for labels in (("Angry", "Disgust", "Fear", "Happy", "Sad", "Surprise", "Neutral"), ("tired", "calm", "confused")):
        assert is_placed(labels)
    assert is_placed(("Joy", "happy", "happiness"))
    assert POSITIONS["tired"][1] < 0 and POSITIONS["calm"][1] < 0 < POSITIONS["calm"][0]


def test_a_label_without_a_position_is_named() -> None:
    assert not is_placed(("neutral", "smirking"))
    assert not is_placed(())
    with pytest.raises(ValueError, match="smirking"):
        expected_position(np.full((1, 2), 0.5, np.float32), ("neutral", "smirking"))


def test_no_faces_have_no_positions() -> None:
    assert expected_position(np.zeros((0, 8), np.float32), EMOTION_LABELS).shape == (0, 2)


@pytest.mark.parametrize(
    ("degrees", "name"), [(45, "excited"), (91, "distressed"), (179, "distressed"), (225, "gloomy"), (315, "content")]
)
def test_quadrants_have_names_outside_the_neutral_zone(degrees: float, name: str) -> None:
    x, y = cos(radians(degrees)), sin(radians(degrees))
    assert quadrant(0.7 * x, 0.7 * y) == name
    assert quadrant(x * (NEUTRAL_RADIUS + 0.01), y * (NEUTRAL_RADIUS + 0.01)) == name
    assert quadrant(x * (NEUTRAL_RADIUS - 0.01), y * (NEUTRAL_RADIUS - 0.01)) == "neutral"
    assert quadrant(0, 0) == "neutral"
