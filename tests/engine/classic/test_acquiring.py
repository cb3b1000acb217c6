"""Cutting faces at a source: when it is looked at, what is told, and when it is over."""

from collections.abc import Iterator

import pytest
from tests.support.faces import MODEL
from tests.support.scripted import KnowingDetector, KnownPixels, ScriptedAssessor, at, scene

from mien.domain.errors import SourceUnreadable
from mien.domain.frame import Frame, Pixels
from mien.engine.classic.acquiring import Acquisition
from mien.engine.guiding import Eyes
from mien.gallery.enrolment.guidance import Guidance, GuidanceSettings
from mien.gallery.enrolment.sight import Sight
from mien.gallery.lbph.model import LBPH_CROP
from mien.gallery.matching.thresholds import EnrolmentSettings
from mien.vision.recognition.lbph import LbphRecogniser

SIZE = (320, 180)
ONE = scene(SIZE, (30, 50))


def closed(path: object) -> Pixels:
    raise SourceUnreadable(f"{path} is not looked at here")


@pytest.fixture
def assessor() -> ScriptedAssessor:
    return ScriptedAssessor()


@pytest.fixture
def eyes(assessor: ScriptedAssessor) -> Eyes:
    settings = EnrolmentSettings(min_quality=0.5, min_norm=0.0)
    return Eyes(Sight(closed, KnowingDetector(), assessor, LbphRecogniser(LBPH_CROP, MODEL), settings))


def wanting(eyes: Eyes, snapshots: int = 10, timeout_s: float = 90.0) -> Acquisition:
    settings = GuidanceSettings(float("inf"), -1.0, snapshots=snapshots, timeout_s=timeout_s)
    return Acquisition(eyes, Guidance(settings, has_turns=False))


def frames(*scenes: KnownPixels, fps: float = 25.0) -> Iterator[Frame]:
    return (at(pixels, index, fps) for index, pixels in enumerate(scenes))


def test_a_video_is_looked_at_twice_a_second_while_the_face_is_good(eyes: Eyes) -> None:
    taken = [face for _, face in wanting(eyes).follow(frames(*[ONE] * 60), is_still=False)]
    assert len(taken) == 5  # at 0.0, 0.52, 1.04, 1.56 and 2.08 s
    assert all(face is not None and face.shape == (112, 112) for face in taken)


def test_after_a_bad_look_the_next_one_comes_soon_and_what_to_do_is_told(
    eyes: Eyes, assessor: ScriptedAssessor
) -> None:
    assessor.score, assessor.reason = 0.2, "blurred"
    acquisition = wanting(eyes)
    looks = acquisition.follow(frames(*[ONE] * 60), is_still=False)
    told = [next(looks)[0] for _ in range(4)]
    assessor.score = 0.9
    assert [(one.reason, one.remedy) for one in told] == [("the face is blurred", "hold still")] * 4
    assert told[-1].time_s < 0.5 and next(looks)[1] is not None
    assert acquisition.guidance.refused == {"the face is blurred": 4}


def test_nobody_and_several_people_are_passed_over(eyes: Eyes) -> None:
    shown = frames(scene(SIZE), scene(SIZE, (30, 50), (200, 60)), ONE)
    told = [(one.reason, face is None) for one, face in wanting(eyes).follow(shown, is_still=True)]
    assert told == [("no face was found", True), ("several faces are in front of the camera", True), ("", False)]


def test_pictures_are_all_looked_at_until_there_are_enough(eyes: Eyes) -> None:
    assert len(list(wanting(eyes).follow(frames(*[ONE] * 7), is_still=True))) == 7
    assert len(list(wanting(eyes, snapshots=3).follow(frames(*[ONE] * 7), is_still=True))) == 3


def test_it_is_over_when_the_time_is_up(eyes: Eyes) -> None:
    acquisition = wanting(eyes, timeout_s=1.0)
    *_, (last, _) = acquisition.follow(frames(*[ONE] * 60), is_still=False)
    assert last.time_s == pytest.approx(1.04) and last.done == 3 and acquisition.guidance.is_over
