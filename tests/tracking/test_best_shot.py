"""The best views of a track: few, good and apart."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mien.tracking.best_shot import BestShots


def test_the_best_are_kept_in_order_with_what_came_with_them() -> None:
    best: BestShots[str] = BestShots(size=2, spacing_s=0.2)
    for moment, (quality, name) in enumerate([(0.3, "poor"), (0.9, "best"), (0.5, "good"), (0.1, "worst")]):
        best.offer(quality, float(moment), name)
    assert [(shot.payload, shot.time_s) for shot in best.shots] == [("best", 1.0), ("good", 2.0)]


def test_a_neighbour_takes_the_place_only_where_it_is_better() -> None:
    best: BestShots[str] = BestShots(size=3, spacing_s=0.2)
    assert best.offer(0.5, 1.0, "first")
    assert not best.offer(0.4, 1.1, "worse")
    assert best.offer(0.6, 1.1, "better")
    assert [shot.payload for shot in best.shots] == ["better"]


def test_a_view_between_two_must_beat_both() -> None:
    best: BestShots[str] = BestShots(size=3, spacing_s=0.2)
    best.offer(0.5, 1.0, "left")
    best.offer(0.8, 1.3, "right")
    assert not best.offer(0.7, 1.15, "between")
    assert best.offer(0.9, 1.15, "between")
    assert [shot.payload for shot in best.shots] == ["between"]


@given(views=st.lists(st.tuples(st.floats(0, 1), st.floats(0, 5))), size=st.integers(1, 6))
def test_bounded_spread_sorted_and_never_without_the_best(views: list[tuple[float, float]], size: int) -> None:
    best: BestShots[int] = BestShots(size=size, spacing_s=0.2)
    for number, (quality, time_s) in enumerate(views):
        wanted = best.wants(quality, time_s)
        assert best.offer(quality, time_s, number) is wanted
    qualities = [shot.quality for shot in best.shots]
    moments = sorted(shot.time_s for shot in best.shots)
    assert len(qualities) <= size
    assert qualities == sorted(qualities, reverse=True)
    assert all(later - earlier >= 0.2 for earlier, later in pairwise(moments))
    if views:
        assert qualities[0] == max(quality for quality, _ in views)


@pytest.mark.parametrize(("size", "spacing_s"), [(0, 0.2), (3, -1.0)])
def test_settings_that_make_no_sense_are_refused(size: int, spacing_s: float) -> None:
    with pytest.raises(ValueError, match="expected"):
        BestShots(size, spacing_s)
