"""Two pictures compared: which faces, and what may be said of them."""

import numpy as np
import pytest
from tests.support.faces import MODEL, axis, like

from mien.domain.faces import Embeddings, Quality, Recognition
from mien.gallery.deciding.pair import FacesSeen, likest
from mien.gallery.matching.thresholds import MatchingSettings

SETTINGS = MatchingSettings(per_tenfold=0.1, min_quality=0.5, min_norm=5.0)
GOOD, POOR = (0.9, 8.0, ""), (0.15, 8.0, "blurred")


def seen(*faces: tuple[np.ndarray, tuple[float, float, str]]) -> FacesSeen:
    vectors = np.stack([vector for vector, _ in faces])
    scores, norms, reasons = zip(*(told for _, told in faces), strict=True)
    recognition = Recognition(Embeddings(vectors, MODEL), np.array(norms, np.float32))
    return FacesSeen(recognition, Quality(np.array(scores, np.float32), reasons))


def test_of_all_good_faces_the_two_that_resemble_most_are_compared() -> None:
    one = seen((axis(0), GOOD))
    several = seen((axis(1), GOOD), (axis(0), POOR), (like(axis(0), 0.8), GOOD), (axis(0), (0.9, 1.0, "")))

    pair = likest(one, several, 0.3, SETTINGS)

    assert (pair.places, pair.verdict, pair.limits) == ((0, 2), "same", ("", ""))
    assert pair.similarity == pytest.approx(0.8, abs=1e-3)
    assert likest(several, one, 0.3, SETTINGS).places == (2, 0)


def test_of_the_best_of_several_pairs_more_is_asked() -> None:
    one, ten = seen((axis(0), GOOD)), seen(*[(like(axis(0), 0.35), GOOD)] + [(axis(n), GOOD) for n in range(1, 10)])
    assert likest(one, seen((like(axis(0), 0.35), GOOD)), 0.3, SETTINGS).verdict == "same"

    pair = likest(one, ten, 0.3, SETTINGS)

    assert pair.threshold == pytest.approx(0.4) and pair.verdict == "different"


def test_where_no_face_is_good_the_best_that_is_one_is_compared() -> None:
    one = seen((axis(0), GOOD))
    poor = seen((axis(1), (0.05, 8.0, "too small")), (axis(2), POOR), (axis(0), (0.4, 1.0, "dark")))

    pair = likest(one, poor, 0.3, SETTINGS)

    assert (pair.places, pair.verdict, pair.limits) == ((0, 1), "undecided", ("", "blurred"))


@pytest.mark.parametrize(
    ("told", "similarity", "verdict", "limit"),
    [
        (GOOD, 0.9, "same", ""),
        (GOOD, 0.1, "different", ""),
        (POOR, 0.9, "same", ""),
        (POOR, 0.1, "undecided", "blurred"),
        ((0.9, 1.0, ""), 0.9, "undecided", "unclear"),
        ((0.9, 1.0, ""), 0.1, "undecided", "unclear"),
    ],
)
def test_what_is_too_poor_is_not_taken_for_somebody_else(told, similarity, verdict, limit) -> None:
    pair = likest(seen((axis(0), GOOD)), seen((like(axis(0), similarity), told)), 0.3, SETTINGS)
    assert (pair.verdict, pair.limits) == (verdict, ("", limit))
