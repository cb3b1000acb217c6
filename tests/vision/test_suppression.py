"""One detection per face, and a place that several cells agree on."""

import numpy as np

from mien.domain.faces import Detections
from mien.domain.geometry import iou
from mien.vision.detection.suppression import suppress, vote


def faces(boxes: list[tuple[float, ...]], scores: list[float], x: list[float]) -> Detections:
    landmarks = np.stack([np.full((5, 2), value, np.float32) for value in x])
    return Detections(np.array(boxes, np.float32), np.array(scores, np.float32), landmarks)


TWO_FACES = faces(
    [(0, 0, 100, 100), (5, 5, 105, 105), (300, 0, 400, 100), (40, 0, 140, 100)],
    [0.8, 0.9, 0.7, 0.6],
    [10.0, 20.0, 50.0, 90.0],
)


def test_the_best_of_each_group_stays_best_first() -> None:
    kept = suppress(TWO_FACES)
    assert kept.scores.tolist() == [np.float32(0.9), np.float32(0.7)]


def test_suppression_is_greedy_on_random_boxes() -> None:
    generator = np.random.default_rng(0)
    corner = generator.uniform(0, 200, (300, 2))
    boxes = np.hstack([corner, corner + generator.uniform(10, 80, (300, 2))]).astype(np.float32)
    candidates = Detections(boxes, generator.uniform(size=300).astype(np.float32), np.zeros((300, 5, 2), np.float32))
    kept = suppress(candidates, 0.4)
    overlap = iou(kept.boxes, kept.boxes) - np.eye(len(kept))
    assert overlap.max() <= 0.4
    assert (np.diff(kept.scores) <= 0).all()
    # whatever went overlaps something better that stayed
    for row in np.flatnonzero(~np.isin(candidates.scores, kept.scores)):
        better = kept.scores > candidates.scores[row]
        assert iou(candidates.boxes[[row]], kept.boxes)[0][better].max() > 0.4


def test_boxes_and_landmarks_are_the_mean_of_the_candidates_on_the_face() -> None:
    kept = vote(suppress(TWO_FACES), TWO_FACES)
    expected = (0.81 * 20 + 0.64 * 10) / (0.81 + 0.64)  # the one at 90 overlaps too little to have a say
    np.testing.assert_allclose(kept.landmarks[0], expected, rtol=1e-5)
    shift = 0.81 * 5 / (0.81 + 0.64)
    np.testing.assert_allclose(kept.boxes[0], np.array((0, 0, 100, 100)) + shift, rtol=1e-5)
    np.testing.assert_allclose(kept.landmarks[1], 50)
    np.testing.assert_allclose(kept.boxes[1], TWO_FACES.boxes[2])
    assert kept.scores.tolist() == suppress(TWO_FACES).scores.tolist()


def test_nothing_stays_nothing() -> None:
    empty = Detections.empty()
    assert len(vote(suppress(empty), empty)) == 0
