from dataclasses import replace
from itertools import combinations
from time import process_time

import numpy as np
import pytest

from mien.domain.readings import Refused
from mien.results.drawing.labels import DIM, labels_of
from mien.results.drawing.lettering import Lettering, Shade, printable, tint
from mien.results.drawing.overlay import Overlay, Parts, drawing_scale
from mien.results.drawing.placement import Placement, shared_area
from mien.results.palette import bgr, identity_colour

GREY = np.full((480, 640, 3), 128, np.uint8)


def has_colour(picture: np.ndarray, colour: tuple[int, int, int]) -> bool:
    return bool((np.abs(picture.astype(int) - colour).max(axis=2) < 3).any())


@pytest.mark.parametrize("identity", ["known", "unknown", "undecided"])
def test_a_box_has_the_colour_of_its_identity_and_only_that(make_face, make_reading, identity):
    face = make_face(1, "", identity=identity, person_name="Ada", box=(200.0, 200.0, 280.0, 300.0))
    drawn = Overlay().draw(GREY, make_reading(0, face))
    others = {"known", "unknown", "undecided"} - {identity}
    assert has_colour(drawn, bgr(identity_colour(identity)))
    assert not any(has_colour(drawn, bgr(identity_colour(other))) for other in others)
    assert (GREY == 128).all()  # the picture itself is left alone


def test_a_face_that_was_only_followed_has_corners_but_no_sides(make_face, make_reading):
    def middle_of_left_side(origin: str) -> np.ndarray:
        face = make_face(1, "", detection_source=origin, box=(200.0, 200.0, 300.0, 320.0))
        return Overlay().draw(GREY, make_reading(0, face))[260, 200]

    assert not (middle_of_left_side("measured") == 128).all()
    assert (middle_of_left_side("carried") == 128).all()


@pytest.mark.parametrize(
    ("shape", "scale"), [((144, 176), 3), ((1, 1), 4), ((270, 480), 2), ((1080, 1920), 1), ((5000, 4000), 0.768)]
)
def test_small_pictures_are_enlarged_and_huge_ones_reduced(make_face, make_reading, shape, scale):
    assert drawing_scale(shape[1], shape[0]) == pytest.approx(scale)
    face = make_face(1, box=(-5.0, -5.0, shape[1] + 5.0, shape[0] + 5.0))  # reaches over every edge
    drawn = Overlay().draw(np.zeros((*shape, 3), np.uint8), make_reading(0, face))
    assert drawn.shape == (round(shape[0] * scale), round(shape[1] * scale), 3)


def test_any_name_can_be_drawn(make_face, make_reading):
    overlay = Overlay()
    for name in ("Zoë Müller 😀", "李小龍", "محمد", "a\nb\x00\u202e", "x" * 300, "👩‍👩‍👧", " ", "<b>&"):
        face = make_face(1, identity="known", person_name=name, box=(200.0, 200.0, 320.0, 360.0))
        assert overlay.draw(GREY, make_reading(0, face)).shape == GREY.shape


def test_letters_outside_ascii_are_drawn_as_themselves():
    lettering = Lettering()
    strips = [lettering.strip(text, 20, False) for text in ("Zoe", "Zoë", "Иван", "😀", "\U0010ffff")]
    assert all(strip.any() for strip in strips)
    assert all(
        first.shape != second.shape or (first != second).any() for first, second in combinations(strips, 2)
    )  # none of them is the box that stands for a missing letter
    assert len({strip.shape[0] for strip in strips}) == 1


def test_names_are_cut_to_a_line():
    assert printable("Ada\nLovelace\t\x1b[31m", 40) == "AdaLovelace[31m"
    assert printable("x" * 300, 10) == "x" * 9 + "…"


def test_tint_cuts_what_reaches_over_the_edge():
    picture = np.zeros((4, 4, 3), np.uint8)
    tint(picture, np.full((4, 4), 255, np.uint8), 2, -2, (10, 20, 30))
    assert picture[:2, 2:].tolist() == [[[30, 20, 10]] * 2] * 2
    picture[:2, 2:] = 0
    assert not picture.any()
    tint(picture, np.full((4, 4), 255, np.uint8), 9, 9, (10, 20, 30))
    assert not picture.any()


def test_labels_of_ten_faces_side_by_side_do_not_hide_each_other():
    boxes = [
        (100.0 + 170 * n % 850, 300.0 + 300 * (n // 5), 200.0 + 170 * n % 850, 420.0 + 300 * (n // 5))
        for n in range(10)
    ]
    placement = Placement(1920, 1080, boxes, gap=6)
    rects = []
    for number in range(10):
        place = placement.place(number, (160.0, 50.0), None, is_panel=False)
        rects.append((place.left, place.top, place.left + 160, place.top + 50))
        placement.take(rects[-1])
    assert all(shared_area(first, second) == 0 for first, second in combinations(rects, 2))
    assert all(shared_area(rect, box) == 0 for rect in rects for box in boxes)


def test_a_label_stays_on_its_side_unless_the_other_is_clearly_better():
    def side(before: int | None, top: float) -> int:
        return Placement(640, 480, [(100.0, top, 180.0, top + 100)], 4).place(0, (90.0, 30.0), before, False).side

    assert side(None, 200.0) == 0
    assert side(1, 200.0) == 1
    assert side(0, 5.0) == 1  # no room above any more


def test_drawing_a_face_takes_about_a_millisecond(make_face, make_reading):
    overlay = Overlay()
    picture = np.zeros((1080, 1920, 3), np.uint8)
    faces = [make_face(n, box=(180.0 * n, 400.0, 180.0 * n + 110, 540.0)) for n in range(10)]
    overlay.draw(picture, make_reading(0, *faces))  # fills the cache of letters
    began = process_time()
    for _ in range(5):
        overlay.draw(picture, make_reading(1, *faces))
    assert (process_time() - began) / 50 < 0.003  # three times what it takes: the machine may be shared


def test_a_large_face_shows_its_place_on_the_plane_and_that_it_is_derived(make_face, make_reading):
    def drawn(**changes: object) -> np.ndarray:
        face = make_face(1, "happiness", box=(100.0, 100.0, 240.0, 300.0), **changes)
        return Overlay().draw(GREY, make_reading(0, face))

    derived, measured, nowhere = drawn(), drawn(valence_arousal_source="measured"), drawn(valence_arousal_source="")
    moved = drawn(valence=0.3)
    assert (derived != measured).any(), "the word is missing where the network measured it"
    assert (derived != moved).any(axis=2).sum() < 200, "only the point has moved"
    assert (nowhere != derived).any()


def test_few_expressions_leave_room_for_the_plane(make_face, make_reading):
    labels = ("neutral", "happiness")
    face = make_face(1, "happiness", emotion_labels=labels, box=(100.0, 100.0, 240.0, 300.0))
    beside = Overlay().draw(np.full_like(GREY, 255), make_reading(0, face))[:, 246:]
    is_drawn = (beside != 255).any(axis=2)
    on_plate = np.flatnonzero(is_drawn[:, 10])
    assert 100 < on_plate[-1] < 300 and is_drawn[on_plate[0] : on_plate[-1] + 1, 100].all()
    assert not is_drawn[on_plate[-1] + 1 :].any(), "something hangs out below the plate"


@pytest.mark.parametrize("box", [(100.0, 100.0, 240.0, 300.0), (100.0, 100.0, 160.0, 180.0)], ids=["panel", "label"])
def test_liveness_is_a_line_of_its_own_and_only_where_somebody_asked(make_face, make_reading, box):
    def drawn(**changes: object) -> np.ndarray:
        return Overlay().draw(
            GREY, make_reading(0, make_face(1, "happiness", identity="undecided", box=box, **changes))
        )

    def is_red(picture: np.ndarray) -> bool:
        return has_colour(picture, bgr(identity_colour("unknown")))

    silent = drawn()
    live, spoof = drawn(liveness="live", liveness_score=0.98), drawn(liveness="spoof", liveness_score=0.03)
    unfair = drawn(liveness="spoof", liveness_score=0.03, liveness_reason="too small")
    waiting = drawn(liveness_reason="blurred")
    pictures = (silent, live, spoof, unfair, waiting)
    assert all((first != second).any() for first, second in combinations(pictures, 2))
    assert [is_red(picture) for picture in pictures] == [False, False, True, False, False]
    plates = [int((picture != GREY).any(axis=2).sum()) for picture in (silent, waiting)]
    assert plates[1] > plates[0], "a line more"


def test_a_spoof_is_told_even_where_there_is_room_for_a_name_only(make_face, make_reading):
    def drawn(**changes: object) -> np.ndarray:
        face = make_face(1, "", identity="undecided", person_name="Ada", box=(100.0, 100.0, 120.0, 124.0), **changes)
        return Overlay().draw(GREY, make_reading(0, face))

    assert has_colour(drawn(liveness="spoof", liveness_score=0.03), bgr(identity_colour("unknown")))
    live = drawn(liveness="live", liveness_score=0.98)
    assert (live == drawn()).all()


def test_what_the_depth_refused_has_grey_corners_and_is_counted(make_face, make_reading):
    box = (200.0, 200.0, 300.0, 320.0)
    refused = replace(make_reading(0), refused=(Refused(3, box),))
    drawn, without = (Overlay().draw(GREY, one, 25.0) for one in (refused, make_reading(0)))
    assert has_colour(drawn[190:330, 190:310], bgr(DIM)) and (drawn[260, 200] == 128).all()
    own = (drawn != without).any(axis=2)
    assert own[:40, 60:].any() and not own[40:190].any(), "no more is said of it than above"


def test_how_many_and_how_fast_stand_above_only_where_they_are_wanted(make_face, make_reading):
    faces = [make_face(n, box=(90.0 + 150 * n, 200.0, 150.0 + 150 * n, 280.0)) for n in range(2)]
    for warns in (False, True):
        drawn = Overlay().draw(GREY, make_reading(0, *faces), 25.0, Parts(has_rate=False, warns_of_several=warns))
        assert (drawn[:60, :120] == 128).all()
        assert (drawn[:60] == 128).all() != warns


SEVERAL = (255, 196, 0)  # the yellow of the warning


def test_bars_and_the_square_are_drawn_only_where_they_are_wanted(make_face, make_reading):
    face = make_face(1, "happiness", box=(100.0, 100.0, 240.0, 300.0))

    def drawn(**parts: bool) -> np.ndarray:
        return Overlay().draw(GREY, make_reading(0, face), parts=Parts(**parts))[:, 244:]

    def inked(picture: np.ndarray) -> int:
        return int((picture != 128).any(axis=2).sum())

    everything, no_plane = drawn(), drawn(has_plane=False)
    no_bars, bare = drawn(has_bars=False), drawn(has_bars=False, has_plane=False)
    happy, track = bgr((240, 190, 20)), bgr((62, 68, 78))
    assert [has_colour(one, happy) for one in (everything, no_plane)] == [True, True]
    assert [has_colour(one, track) for one in (everything, no_plane, no_bars, bare)] == [True, True, False, False]
    point = (255, 255, 255)
    no_place = Overlay().draw(GREY, make_reading(0, make_face(1, "", box=face.box)))[:, 244:]
    assert inked(bare) < inked(no_bars) < inked(everything) and inked(no_plane) < inked(everything)
    assert has_colour(no_bars, point) and inked(no_place) < inked(no_plane)


def test_a_label_without_bars_tells_the_quality_in_a_line(make_face, make_reading):
    def drawn(quality: float, parts: Parts) -> np.ndarray:
        face = make_face(1, "happiness", box=(100.0, 100.0, 240.0, 300.0), quality=quality)
        return Overlay().draw(GREY, make_reading(0, face), parts=parts)

    for parts in (Parts(has_bars=False), Parts(has_bars=False, has_plane=False)):
        changed = (drawn(0.11, parts) != drawn(0.88, parts)).any(axis=2)
        assert 0 < changed.sum() < 300 and np.ptp(np.flatnonzero(changed.any(axis=1))) < 12, "more than two digits"


def test_a_warning_stands_at_the_top_as_soon_as_there_are_several_faces_and_only_where_it_is_wanted(
    make_face, make_reading
):
    faces = [make_face(n, box=(90.0 + 150 * n, 200.0, 150.0 + 150 * n, 280.0)) for n in range(3)]

    def is_warned(count: int, warns: bool, shape: tuple[int, int] = (480, 640)) -> bool:
        picture, parts = np.full((*shape, 3), 128, np.uint8), Parts(warns_of_several=warns)
        drawn = Overlay().draw(picture, make_reading(0, *faces[:count]), 25.0, parts)
        yellow = (np.abs(drawn.astype(int) - bgr(SEVERAL)).max(axis=2) < 12).nonzero()
        assert not len(yellow[0]) or yellow[0].max() < 90, "it stands at the top"
        return len(yellow[0]) > 500

    assert [is_warned(count, True) for count in (0, 1, 2, 3)] == [False, False, True, True]
    assert not is_warned(3, False)
    assert is_warned(2, True, (480, 360))  # where it stands below the rate
    overlay = Overlay()
    overlay.draw(GREY, make_reading(0, *faces[:2]), 25.0, Parts(warns_of_several=True))
    assert all(shared_area(one, other) == 0 for one, other in combinations(overlay.taken, 2))
    assert len(overlay.taken) == 4  # the rate, the warning, two labels


def test_what_reaches_over_the_edge_of_a_shade_is_cut_off():
    picture = np.full((4, 4, 3), 100, np.uint8)
    Shade((0, 51, 255), 51).lay(picture, (-3, 2), (5, 9))
    assert picture[2:, :2].tolist() == [[[131, 90, 80]] * 2] * 2
    Shade((0, 0, 0), 255).lay(picture, (5, 0), (3, 3))
    picture[2:, :2] = 100
    assert (picture == 100).all()


def test_a_share_stands_beside_the_word_it_speaks_for_only(make_face):
    def told(**changes):
        face = make_face(1, "surprise", **changes)
        labels = labels_of(face, (300.0, 300.0), 20, has_bars=False, has_plane=False)
        return [text.text for text in labels[0].lines[1]]

    assert told() == ["surprise", "70%", "q 0.50"]
    assert told(emotion_smoothed="neutral") == ["neutral", "q 0.50"]
    assert told(emotion="") == ["surprise", "q 0.50"]
