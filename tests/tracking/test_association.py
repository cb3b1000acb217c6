"""Assignment: the best pairs overall, and none below the gate."""

import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mien.domain.geometry import iou
from mien.tracking.association import associate, buffered_iou, solver

solver()  # is loaded once: no example has the time for it
affinities = st.tuples(st.integers(0, 4), st.integers(0, 4)).flatmap(
    lambda shape: arrays(np.float32, shape, elements=st.floats(0, 1, width=32))
)


@given(affinity=affinities, least=st.floats(0.05, 0.9))
def test_pairs_are_the_best_of_all_assignments(affinity: np.ndarray, least: float) -> None:
    rows, columns = associate(affinity, least)
    assert len(set(rows)) == len(rows)
    assert len(set(columns)) == len(columns)
    assert (affinity[rows, columns] >= least).all()
    gated = np.where(affinity >= least, affinity, 0).astype(np.float64)
    if gated.shape[0] > gated.shape[1]:
        gated = gated.T
    choices = itertools.permutations(range(gated.shape[1]), gated.shape[0])
    best = max((sum(gated[row, column] for row, column in enumerate(choice)) for choice in choices), default=0)
    np.testing.assert_allclose(affinity[rows, columns].sum(), best, rtol=1e-5, atol=1e-6)


def test_a_pair_below_the_gate_does_not_displace_a_good_one() -> None:
    affinity = np.array([[0.5, 0.19], [0.19, 0.0]], np.float32)
    rows, columns = associate(affinity, 0.2)
    assert (rows.tolist(), columns.tolist()) == ([0], [0])


def test_grown_boxes_overlap_where_boxes_do_not() -> None:
    first = np.array([[0, 0, 20, 20]], np.float32)
    second = np.array([[25, 0, 45, 20], [200, 0, 220, 20]], np.float32)
    assert iou(first, second).tolist() == [[0, 0]]
    grown = buffered_iou(first, second, 0.5)
    assert grown[0, 0] > 0.2
    assert grown[0, 1] == 0


def test_not_growing_is_plain_overlap() -> None:
    boxes = np.array([[0, 0, 20, 20], [10, 5, 30, 40]], np.float32)
    np.testing.assert_array_equal(buffered_iou(boxes, boxes, 0), iou(boxes, boxes))
