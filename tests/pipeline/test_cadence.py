from collections.abc import Sequence

import numpy as np
import pytest

from mien.gallery.matching.thresholds import MatchingSettings
from mien.pipeline.cadence import FaceCadence
from mien.pipeline.intervals import CadenceSettings

SETTINGS = CadenceSettings(
    expression_interval_s=0.3,
    identity_interval_s=0.2,
    identity_looks=2,
    settled_interval_s=2.0,
    better_view=0.2,
    min_quality=0.3,
    faces_per_frame=3,
)


def test_one_of_the_first_looks_may_be_in_vain() -> None:
    assert CadenceSettings().identity_looks > MatchingSettings().votes


class Looking:
    """Asks one cadence, and answers with the tracks that are due."""

    def __init__(self, settings: CadenceSettings = SETTINGS) -> None:
        self.cadence = FaceCadence(settings)

    def __call__(
        self, time_s: float, tracks: Sequence[int] = (1,), quality: float = 0.8, is_settled: bool = False
    ) -> tuple[list[int], list[int]]:
        ids = np.array(tracks, np.int64)
        due = self.cadence.select(
            time_s, ids, np.full(len(ids), quality, np.float32), np.full(len(ids), is_settled, np.bool_)
        )
        assert due.recognise.shape == due.classify.shape == ids.shape
        return ids[due.recognise].tolist(), ids[due.classify].tolist()


def looks(look: Looking, until_s: float, step_s: float = 0.1, **known: object) -> tuple[list[float], list[float]]:
    """The moments at which track 1 was embedded and at which its expression was read."""
    recognised, classified = [], []
    for step in range(round(until_s / step_s) + 1):
        time_s = round(step * step_s, 6)
        recognise, classify = look(time_s + 1e-9 * step, **known)  # type: ignore[arg-type]
        recognised += [time_s] * len(recognise)
        classified += [time_s] * len(classify)
    return recognised, classified


def test_a_new_face_is_looked_at_at_once_and_again_at_its_intervals() -> None:
    look = Looking()
    assert look(0.0) == ([1], [1])
    assert look(0.1) == ([], [])
    assert look(0.25) == ([1], [])
    assert look(0.31) == ([], [1])


def test_the_looks_for_identity_thin_out_and_those_for_expression_do_not() -> None:
    recognised, classified = looks(Looking(), until_s=8.0)
    gaps = np.diff(recognised)
    # two looks each at 0.2, 0.4, 0.8 and 1.6 s, then no rarer than the settled interval
    assert gaps == pytest.approx([0.2, 0.4, 0.4, 0.8, 0.8, 1.6, 1.6, 2.0], abs=1e-6)
    assert np.diff(classified) == pytest.approx(0.3, abs=1e-6)


def test_a_settled_face_is_rarely_embedded_from_the_start() -> None:
    recognised, _ = looks(Looking(), until_s=4.5, is_settled=True)
    assert recognised == [0.0, 2.0, 4.0]


def test_a_clearly_better_view_does_not_wait() -> None:
    look = Looking()
    assert look(0.0, quality=0.4)[0] == [1]
    assert look(0.04, quality=0.55)[0] == []
    assert look(0.08, quality=0.65)[0] == [1]
    assert look(0.12, quality=0.8)[0] == []  # better than the best before by less than asked for
    assert look(0.16, quality=0.9, is_settled=True)[0] == [1]


def test_poor_views_are_not_embedded_and_their_expression_is_read_half_as_often() -> None:
    look = Looking()
    assert look(0.0, quality=0.2) == ([], [1])
    assert look(0.4, quality=0.2) == ([], [])
    assert look(0.61, quality=0.2) == ([], [1])
    assert look(0.65, quality=0.5)[0] == [1]


def test_of_too_many_faces_those_that_wait_longest_come_first() -> None:
    look = Looking()
    assert look(0.0, (1, 2, 3, 4, 5)) == ([1, 2, 3], [1, 2, 3])
    assert look(0.04, (1, 2, 3, 4, 5)) == ([4, 5], [4, 5])
    # all five are due again; 1, 2 and 3 have waited longer
    assert look(1.0, (5, 4, 3, 2, 1)) == ([3, 2, 1], [3, 2, 1])
    assert look(1.04, (5, 4, 3, 2, 1)) == ([5, 4], [5, 4])


def test_every_face_of_a_crowd_gets_its_turn() -> None:
    look, crowd = Looking(), tuple(range(1, 13))
    seen = [track for frame in range(4) for track in look(frame * 0.04, crowd)[0]]
    assert sorted(seen) == list(crowd)


def test_a_face_that_is_forgotten_is_new_again() -> None:
    look = Looking()
    assert look(0.0) == ([1], [1])
    look.cadence.forget(1)
    look.cadence.forget(7)  # never seen: nothing to forget
    assert look(0.04) == ([1], [1])


def test_without_faces_nothing_is_due() -> None:
    assert Looking()(0.0, ()) == ([], [])
