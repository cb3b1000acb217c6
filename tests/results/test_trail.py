from dataclasses import replace
from time import process_time

import numpy as np
import pytest

from mien.results.drawing.overlay import Overlay
from mien.results.drawing.trail import Trail

FRONT = (200.0, 100.0, 420.0, 380.0)
GREY = np.full((480, 640, 3), 128, np.uint8)


@pytest.fixture
def at(make_face, make_reading):
    """The reading of a moment at which a large face has a place, and others may be in view."""

    def make(time_s: float, valence: float, arousal: float, *others, track_id: int = 1, box=FRONT, **changes):
        place = {"valence": valence, "arousal": arousal}
        face = make_face(track_id, "happiness", box=box, **place, **changes)
        return replace(make_reading(0, face, *others), time_s=time_s, width=640, height=480)

    return make


def drawn(*readings, taken=()) -> np.ndarray:
    trail = Trail()
    for reading in readings:
        trail.add(reading)
    canvas = GREY.copy()
    trail.draw(canvas, taken)
    return canvas


def area(picture: np.ndarray) -> tuple[int, int, int, int]:
    """Where something is drawn: left, top, right, bottom."""
    rows, columns = (np.flatnonzero((picture != 128).any(axis=(2, other))) for other in (1, 0))
    return int(columns[0]), int(rows[0]), int(columns[-1]), int(rows[-1])


def yellowness(picture: np.ndarray) -> np.ndarray:
    """How much of each px is the trail's colour: red less blue."""
    return picture[:, :, 2].astype(int) - picture[:, :, 0]


def way(picture: np.ndarray) -> int:
    """How many px show the trail."""
    return int((yellowness(picture) > 60).sum())


def test_the_square_is_a_quarter_of_the_shorter_side_and_shows_where_the_face_lies_now(at):
    pictures = [drawn(at(0.0, *place)) for place in ((0.9, 0.9), (-0.9, -0.9), (0.9, -0.9))]
    left, top, right, bottom = area(pictures[0])
    assert 120 <= right - left < 160 and 120 <= bottom - top < 180 and (right, bottom) > (620, 460)

    def middle(picture: np.ndarray, other: np.ndarray) -> tuple[float, float]:
        rows, columns = np.nonzero((picture.min(axis=2) > 240) & (other.min(axis=2) <= 240))
        rows, columns = rows[rows > top + 16], columns[rows > top + 16]  # below the word
        return float(columns.mean()), float(rows.mean())

    (high_x, high_y), (low_x, low_y) = middle(*pictures[:2]), middle(pictures[1], pictures[0])
    content_x, content_y = middle(pictures[2], pictures[0])
    assert high_x - low_x == pytest.approx(0.9 * 116, abs=4) and low_y - high_y == pytest.approx(0.9 * 116, abs=4)
    assert content_x == pytest.approx(high_x, abs=2) and content_y == pytest.approx(low_y, abs=2)


def test_the_trail_fades_with_age_and_ends_after_five_seconds(at):
    readings = [at(n / 10, -0.9 + n / 50, 0.6) for n in range(91)]  # nine seconds from left to right
    picture = yellowness(drawn(*readings))
    columns = np.flatnonzero((picture > 20).any(axis=0))
    fresh, old = picture[:, columns[-12]].max(), picture[:, columns[3]].max()
    assert fresh > 180 > 90 > old > 20
    assert columns[-1] - columns[0] == pytest.approx(1.0 * 58, abs=8)  # of five seconds: half of the square


def test_a_gap_breaks_the_trail(at, make_reading):
    whole = [at(n / 10, -0.8 + n / 12, 0.5) for n in range(20)]
    away = [replace(make_reading(0), time_s=n / 10) for n in range(5, 15)]
    unsure = [at(n / 10, -0.8 + n / 12, 0.5, emotion="", emotion_smoothed="") for n in range(5, 15)]
    nowhere = [at(n / 10, 0.0, 0.0, valence_arousal_source="") for n in range(5, 15)]
    full = way(drawn(*whole))
    broken = [way(drawn(*whole[:5], *gap, *whole[15:])) for gap in (away, unsure, nowhere)]
    assert max(broken) < full * 0.6 and len(set(broken)) == 1 and broken[0] > 10


def test_whoever_comes_to_the_front_begins_a_trail_anew(at, make_face):
    before = [at(n / 10, -0.8 + n / 12, 0.5) for n in range(20)]
    assert way(drawn(*before)) > 100
    assert way(drawn(*before, at(2.0, -0.8, -0.5, track_id=2))) == 0
    slightly = make_face(2, "happiness", box=(0.0, 0.0, 230.0, 285.0))
    assert way(drawn(*before, at(2.0, 0.8, 0.5, slightly))) > 100, "two of one size do not take turns"
    clearly = make_face(2, "happiness", box=(0.0, 0.0, 300.0, 400.0))
    assert way(drawn(*before, at(2.0, 0.8, 0.5, clearly))) == 0
    assert way(drawn(*before, at(0.0, 0.8, 0.5))) == 0, "the video begins anew"


def test_it_says_where_a_place_is_derived_and_where_there_is_none(at, make_reading):
    trails = [
        drawn(at(0.0, 0.5, 0.5)),
        drawn(at(0.0, 0.5, 0.5, valence_arousal_source="measured")),
        drawn(at(0.0, 0.5, 0.5, emotion="", emotion_smoothed="")),
        drawn(make_reading(0)),
    ]
    assert all((one != other).any() for n, one in enumerate(trails) for other in trails[:n])
    assert (drawn() == 128).all(), "before the first reading there is nothing to draw"


def test_it_goes_where_it_hides_no_face_and_stays_there(at, make_face):
    lower_right = make_face(2, "", box=(480.0, 330.0, 630.0, 470.0))
    lower_left = make_face(3, "", box=(10.0, 330.0, 160.0, 470.0))
    assert area(drawn(at(0.0, 0.5, 0.5)))[2:] > (620, 460)
    left, _, _, bottom = area(drawn(at(0.0, 0.5, 0.5, lower_right)))
    assert left < 20 and bottom > 460
    _, top, right, _ = area(drawn(at(0.0, 0.5, 0.5, lower_right, lower_left)))
    assert top < 20 and right > 620
    assert area(drawn(at(0.0, 0.5, 0.5), taken=[(480.0, 330.0, 640.0, 480.0)]))[0] < 20
    trail, canvases = Trail(), []
    for reading in (at(0.0, 0.5, 0.5, lower_right), at(0.1, 0.5, 0.5)):
        trail.add(reading)
        canvases.append(GREY.copy())
        trail.draw(canvases[-1])
    assert area(canvases[1])[0] < 20, "it does not jump back"


def test_a_trail_and_an_overlay_leave_a_window_its_time(at):
    trail, overlay = Trail(), Overlay()
    picture = np.zeros((720, 1280, 3), np.uint8)
    for n in range(150):
        trail.add(at(n / 30, np.sin(n / 9) * 0.8, np.cos(n / 7) * 0.8))
    canvas = overlay.draw(picture, at(5.0, 0.5, 0.5))
    trail.draw(canvas)
    began = process_time()
    for _ in range(10):
        trail.draw(canvas)
    assert (process_time() - began) / 10 < 0.004  # four times what it takes: the machine may be shared


@pytest.mark.parametrize("shape", [(1, 1), (30, 900), (360, 360), (2160, 3840)])
def test_it_can_be_drawn_onto_pictures_of_any_size(at, shape):
    trail, canvas = Trail(), np.zeros((*shape, 3), np.uint8)
    for n in range(9):
        trail.add(at(n / 10, n / 9, -n / 9))
    trail.draw(canvas)
    assert canvas.any()


def test_whose_expressions_nobody_reads_is_not_waited_for(make_face, make_reading):
    def word(label: str, **changes) -> np.ndarray:
        face = make_face(1, label, box=FRONT, valence_arousal_source="", **changes)
        return drawn(replace(make_reading(0, face), width=640, height=480))

    unread, unsure = word(""), word("happiness", emotion="", emotion_smoothed="")
    assert (unread != unsure).any(), "not read, and no evidence"
