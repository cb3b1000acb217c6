from dataclasses import replace

import numpy as np
import pytest
from tests.support.face_readings import ANN
from tests.support.scripted import at

from mien.domain.frame import Frame
from mien.domain.readings import FaceReading, FrameReading, Refused
from mien.engine.shots import TrackPortraits
from mien.sources.pixels import ArrayPixels

Box = tuple[float, float, float, float]
FACE = replace(
    ANN,
    track_id=1,
    box=(40, 40, 60, 60),
    landmarks=((0.0, 0.0),) * 5,
    identity="undecided",
    person_id="",
    person_name="",
    similarity=0.0,
    margin=0.0,
    identity_source="carried",
    emotion_source="carried",
)


def shown(grey: int, index: int, *faces: FaceReading) -> tuple[Frame, FrameReading]:
    frame = at(ArrayPixels(np.full((100, 120, 3), grey, np.uint8)), index)
    return frame, FrameReading("door", index, frame.time_s, 120, 100, 0.0, faces)


def test_the_best_view_of_each_track_is_kept() -> None:
    portraits = TrackPortraits()
    for index, (grey, quality) in enumerate([(10, 0.5), (20, 0.9), (30, 0.7), (40, 0.91)]):
        portraits.add(*shown(grey, index, replace(FACE, quality=quality), replace(FACE, track_id=2, quality=0.3)))
    kept = {track: int(picture.mean()) for track, picture in portraits.portraits()}
    assert kept == {1: 20, 2: 10}  # 0.91 is hardly better than 0.9, and not worth the cut


@pytest.mark.parametrize(
    ("box", "shape"),
    [
        ((40, 40, 60, 60), (30, 30, 3)),  # a quarter of its size on every side
        ((-10, -10, 10, 10), (15, 15, 3)),
        ((100, 80, 140, 120), (30, 30, 3)),
        ((0, 0, 400, 300), (100, 120, 3)),
    ],
)
def test_a_portrait_has_a_margin_and_stays_inside_the_picture(box: Box, shape: tuple[int, ...]) -> None:
    portraits = TrackPortraits()
    portraits.add(*shown(10, 0, replace(FACE, box=box)))
    ((_, picture),) = portraits.portraits()
    assert picture.shape == shape


@pytest.mark.parametrize("box", [(200, 200, 220, 220), (-90, -90, -60, -60), (50, 50, 50, 50)])
def test_a_face_outside_the_picture_has_no_portrait(box: Box) -> None:
    portraits = TrackPortraits()
    portraits.add(*shown(10, 0, replace(FACE, box=box)))
    assert list(portraits.portraits()) == []


def test_whoever_stands_beside_a_face_is_blurred_unless_known() -> None:
    noise = ArrayPixels(np.random.default_rng(1).integers(0, 255, (100, 120, 3), np.uint8))
    beside = replace(FACE, track_id=2, box=(62, 40, 82, 60))

    def right_edge(identity: str) -> np.ndarray:
        portraits = TrackPortraits(blurs_strangers=True)
        others = () if identity == "refused" else (replace(beside, identity=identity),)
        refused = (Refused(1, beside.box),) if identity == "refused" else ()
        frame = at(noise, 0)
        faces = (replace(FACE, quality=0.9), *others)
        portraits.add(frame, FrameReading("door", 0, frame.time_s, 120, 100, 0.0, faces, refused=refused))
        return dict(portraits.portraits())[1][:, -3:]

    whole = noise.region(35, 35, 65, 65)[:, -3:]
    assert (right_edge("known") == whole).all()
    for stranger in ("unknown", "refused"):
        assert (right_edge(stranger) != whole).any(axis=2).mean() > 0.7
