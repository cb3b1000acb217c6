import pytest

from mien.engine.serving.pace import Pace


@pytest.mark.parametrize(
    ("frames_per_s", "per_s", "taken"), [(5, 2, 20), (25, 2, 20), (2, 2, 20), (1, 2, 10), (30, 10, 100), (5, 0, 0)]
)
def test_as_many_are_taken_as_are_wanted_however_often_there_is_something(frames_per_s, per_s, taken):
    pace = Pace(per_s)
    count = sum(pace.take(index / frames_per_s) for index in range(10 * frames_per_s))
    assert abs(count - taken) <= 1


def test_after_a_silence_nothing_is_made_up_for():
    pace = Pace(2)
    assert pace.take(0.0)
    assert sum(pace.take(100 + index / 100) for index in range(100)) <= 3
