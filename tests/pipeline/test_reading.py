from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from tests.support.faces import HandClock
from tests.support.scripted import (
    GreyRecogniser,
    KnowingDetector,
    KnownPixels,
    ScriptedAssessor,
    ScriptedClassifier,
    at,
    flat,
    grey_person,
    scene,
)

from mien.domain.circumplex import expected_position
from mien.domain.emotions import EMOTION_LABELS, EmotionScores
from mien.domain.faces import Detections, FaceCrops, HeadPose, Liveness, Recognition, TrackedFaces
from mien.domain.frame import Pixels
from mien.domain.identity import Undecided
from mien.domain.readings import FrameReading
from mien.gallery.deciding.consensus import TrackIdentities
from mien.gallery.gallery import Gallery
from mien.gallery.strangers.visit_book import VisitBook
from mien.pipeline.cadence import FaceCadence
from mien.pipeline.camera import CameraPipeline, StillFollowing
from mien.pipeline.finding import FaceFinder
from mien.pipeline.following import Followed
from mien.pipeline.intervals import CadenceSettings
from mien.pipeline.permissions import NOBODY_ASKED, ExpressionPermission, is_withheld
from mien.pipeline.reading import FrameReader
from mien.pipeline.tasks import Tasks
from mien.pipeline.timings import StageTimings
from mien.store.journal import PersonStanding
from mien.store.sql.database import Database
from mien.store.sql.people.journal import SqlJournal
from mien.tracking.smoothing import SmoothingSettings

SIZE = (640, 180)
CADENCE = CadenceSettings(
    expression_interval_s=0.3, identity_interval_s=0.19, identity_looks=100, settled_interval_s=2.0, faces_per_frame=4
)


class ScriptedJudge:
    """Judges every face by one score and one reason after the other."""

    def __init__(self, *script: tuple[float, str]) -> None:
        self._script = list(script)

    def judge(self, pixels: Pixels, detections: Detections) -> Liveness:
        score, reason = self._script.pop(0)
        return Liveness(np.full(len(detections), score, np.float32), (reason,) * len(detections))


class BoxPose:
    """Takes the corner of a box for its yaw and pitch."""

    def estimate(self, pixels: Pixels, detections: Detections) -> HeadPose:
        corners = detections.boxes[:, :2]
        return HeadPose(np.concatenate([corners, np.full((len(corners), 1), -1, np.float32)], axis=1))


class FeelingClassifier(ScriptedClassifier):
    """A network with a head for valence and arousal, which overshoots."""

    def classify(self, crops: FaceCrops) -> EmotionScores:
        scores = super().classify(crops)
        return EmotionScores(scores.probabilities, scores.labels, np.full((len(crops), 2), [-0.25, 1.5], np.float32))


class SmirkClassifier(ScriptedClassifier):
    labels = ("smirk", "happiness")


@dataclass
class Reader:
    """A FrameReader over models that answer what a test foresees."""

    gallery: Gallery
    visits: VisitBook
    clock: HandClock
    recogniser: GreyRecogniser = field(default_factory=GreyRecogniser)
    classifier: ScriptedClassifier | None = field(default_factory=ScriptedClassifier)
    assessor: ScriptedAssessor = field(default_factory=ScriptedAssessor)
    timings: StageTimings = field(default_factory=StageTimings)
    liveness: ScriptedJudge | None = None
    pose: BoxPose | None = None
    permission: ExpressionPermission = NOBODY_ASKED
    smoothing: SmoothingSettings = field(default_factory=lambda: SmoothingSettings(10, 0.6, 3))

    def __post_init__(self) -> None:
        models = (self.recogniser, self.classifier, self.assessor, self.liveness, self.pose)
        unread = () if self.classifier else ("neutral", "happiness")
        self.tasks = Tasks(KnowingDetector(), *models, permission=self.permission, unread=unread)
        self.reader = FrameReader(
            self.tasks,
            TrackIdentities(self.gallery, self.visits, "door"),
            FaceCadence(CADENCE),
            self.smoothing,
            self.timings,
            self.clock,
        )

    def read(
        self, pixels: KnownPixels, index: int, is_detected: bool = True, ended: tuple[int, ...] = ()
    ) -> FrameReading:
        """The reading of a frame; its faces are tracks 1, 2, …"""
        faces = TrackedFaces(pixels.faces, np.arange(len(pixels.faces), dtype=np.int64) + 1)
        detected = np.full(len(faces), is_detected, np.bool_)
        return self.reader.read(Followed(at(pixels, index), faces, detected, ended))


@pytest.fixture
def reader(gallery: Gallery, visits: VisitBook, clock: HandClock) -> Reader:
    return Reader(gallery, visits, clock)


def test_a_reading_says_where_and_when(reader: Reader, clock: HandClock) -> None:
    clock.passed_s = 7.25
    pixels = flat(SIZE, [100])
    faces = TrackedFaces(pixels.faces, np.array([4], np.int64))
    frame = at(pixels, 50, captured_s=7.0)
    reading = reader.reader.read(Followed(frame, faces, np.array([False]), ()))
    assert (reading.camera, reading.index, reading.time_s) == ("door", 50, 2.0)
    assert (reading.width, reading.height, reading.latency_s) == (640, 180, 0.25)
    (face,) = reading.faces
    assert face.track_id == 4 and face.box == (20, 20, 80, 80) and face.detection_score == pytest.approx(0.9)
    assert face.detection_source == "carried" and len(face.landmarks) == 5
    assert face.landmarks[2] == pytest.approx((50, 53))


def test_answers_are_measured_when_due_and_carried_between(reader: Reader) -> None:
    pixels = flat(SIZE, [100])
    seen = [reader.read(pixels, index).faces[0] for index in range(16)]
    assert [face.emotion_source == "measured" for face in seen] == [index in (0, 8) for index in range(16)]
    assert [face.identity_source == "measured" for face in seen] == [index in (0, 5, 10, 15) for index in range(16)]
    assert reader.classifier.count == 2 and reader.recogniser.count == 4
    assert {face.probabilities for face in seen} == {seen[0].probabilities}
    assert {face.emotion for face in seen} == {"happiness"}


def test_the_whole_distribution_is_kept(reader: Reader) -> None:
    (face,) = reader.read(flat(SIZE, [100]), 0).faces
    assert face.emotion_labels == EMOTION_LABELS and sum(face.probabilities) == pytest.approx(1)
    assert face.probabilities[EMOTION_LABELS.index("happiness")] == pytest.approx(0.65)
    assert (face.emotion, face.confidence) == ("happiness", pytest.approx(0.65))


def test_insufficient_evidence_is_no_expression(gallery: Gallery, visits: VisitBook, clock: HandClock) -> None:
    script = ("anger", "neutral", "anger", "anger", "fear", "fear", "fear", "fear")
    reader = Reader(gallery, visits, clock, classifier=ScriptedClassifier(*script))
    faces = [reader.read(flat(SIZE, [100]), 10 * number).faces[0] for number in range(8)]
    assert [face.emotion for face in faces] == list(script)
    # three readings at least, and six of ten votes for one label
    assert [face.emotion_smoothed for face in faces] == ["", "", "anger", "anger", "anger", "", "", ""]


def test_a_face_that_is_read_too_unsurely_has_no_expression(
    gallery: Gallery, visits: VisitBook, clock: HandClock
) -> None:
    reader = Reader(gallery, visits, clock, smoothing=SmoothingSettings(10, 0.6, 3, min_confidence=0.7))
    (face,) = reader.read(flat(SIZE, [100]), 0).faces
    assert (face.emotion, face.confidence) == ("", pytest.approx(0.65))
    assert sum(face.probabilities) == pytest.approx(1) and face.valence_arousal_source == "derived"
    sure = Reader(gallery, visits, clock, smoothing=SmoothingSettings(10, 0.6, 3, min_confidence=0.6))
    assert sure.read(flat(SIZE, [100]), 0).faces[0].emotion == "happiness"


def test_an_enrolled_person_is_named(reader: Reader, enrol: Callable[[str, int], str]) -> None:
    ada = enrol("Ada", grey_person(100))
    faces = [reader.read(flat(SIZE, [100]), 5 * number).faces[0] for number in range(3)]
    assert (faces[-1].identity, faces[-1].person_id, faces[-1].person_name) == ("known", ada, "Ada")
    assert faces[-1].similarity == pytest.approx(1) and faces[-1].margin == pytest.approx(1)


def test_a_stranger_is_undecided_at_first_and_then_keeps_one_id(reader: Reader) -> None:
    faces = [reader.read(flat(SIZE, [100]), 5 * number).faces[0] for number in range(4)]
    assert (faces[0].identity, faces[0].person_id) == ("undecided", "")
    assert {(face.identity, face.person_id, face.person_name) for face in faces[1:]} == {
        ("unknown", "unknown-0001", "")
    }


def test_of_whom_nobody_wants_to_hear_is_read_so(reader: Reader, database: Database, clock: HandClock) -> None:
    assert not any(reader.read(flat(SIZE, [100]), 5 * number).faces[0].is_ignored for number in range(3))
    ignored = PersonStanding("unknown-0001", "ignored")
    SqlJournal(database).apply("person.ignored", [ignored], clock.now(), ["unknown-0001"])
    clock.passed_s += 1
    (face,) = reader.read(flat(SIZE, [100]), 15).faces
    assert (face.person_id, face.is_ignored) == ("unknown-0001", True)


def test_two_people_in_view_are_two(reader: Reader, enrol: Callable[[str, int], str]) -> None:
    enrol("Ada", grey_person(100))
    for number in range(3):
        reading = reader.read(flat(SIZE, [100, 200]), 5 * number)
    assert [face.person_name or face.person_id for face in reading.faces] == ["Ada", "unknown-0001"]


def test_a_poor_view_is_not_embedded(gallery: Gallery, visits: VisitBook, clock: HandClock) -> None:
    reader = Reader(gallery, visits, clock, assessor=ScriptedAssessor(0.1, "blurred"))
    for number in range(3):
        (face,) = reader.read(flat(SIZE, [100]), 10 * number).faces
    assert reader.recogniser.count == 0 and reader.classifier.count == 2
    assert (face.identity, face.person_id, face.identity_source) == ("undecided", "", "carried")
    assert (face.quality, face.quality_reason) == (pytest.approx(0.1), "blurred")


def test_quality_is_judged_where_the_detector_looked(reader: Reader) -> None:
    reader.read(flat(SIZE, [100]), 0)
    reader.assessor.score = 0.4
    carried = reader.read(flat(SIZE, [100]), 1, is_detected=False)
    assert carried.faces[0].quality == pytest.approx(0.9) and reader.assessor.count == 1
    looked = reader.read(flat(SIZE, [100]), 2)
    assert looked.faces[0].quality == pytest.approx(0.4) and reader.assessor.count == 2


def test_a_track_that_is_carried_from_its_first_frame_is_judged_too(reader: Reader) -> None:
    (face,) = reader.read(flat(SIZE, [100]), 0, is_detected=False).faces
    assert face.quality == pytest.approx(0.9) and face.emotion == "happiness"


def test_who_waits_for_its_turn_has_no_expression_yet(reader: Reader) -> None:
    greys = [40, 80, 120, 160, 200]
    first = reader.read(flat(SIZE, greys), 0).faces
    waiting = first[4]
    assert [face.emotion_source for face in first] == ["measured"] * 4 + ["carried"]
    assert (waiting.emotion, waiting.confidence, waiting.probabilities) == ("", 0.0, ())
    assert waiting.emotion_smoothed == "" and waiting.identity == "undecided"
    second = reader.read(flat(SIZE, greys), 1).faces
    assert second[4].emotion == "happiness" and second[4].emotion_source == "measured"


def test_an_ended_track_is_forgotten(reader: Reader) -> None:
    for number in range(4):
        before = reader.read(flat(SIZE, [100]), 10 * number).faces[0]
    assert before.emotion_smoothed == "happiness" and before.identity == "unknown"
    after = reader.read(flat(SIZE, [200]), 31, ended=(1,)).faces[0]
    assert (after.emotion_smoothed, after.identity) == ("", "undecided")
    assert (after.emotion_source, after.identity_source) == ("measured", "measured")


def test_what_a_track_was_in_the_end_is_told_once(reader: Reader, enrol: Callable[[str, int], str]) -> None:
    ada = enrol("Ada", grey_person(100))
    told = [reader.read(flat(SIZE, [100, 200]), 5 * number).ended for number in range(3)]
    assert told == [()] * 3
    (ended,) = reader.read(scene(SIZE), 20, ended=(1,)).ended
    assert (ended.track_id, ended.identity.person_id, ended.person_name) == (1, ada, "Ada")
    assert reader.read(scene(SIZE), 21).ended == ()
    (left,) = reader.reader.finish()
    assert (left.track_id, left.identity.person_id, left.person_name) == (2, "unknown-0001", "")
    assert reader.reader.finish() == ()


def test_valence_and_arousal_are_derived_where_the_network_has_no_head_for_them(reader: Reader) -> None:
    (face,) = reader.read(flat(SIZE, [100]), 0).faces
    expected = expected_position(np.array([face.probabilities], np.float32), EMOTION_LABELS)[0]
    assert (face.valence, face.arousal) == pytest.approx(tuple(expected), abs=1e-6)
    assert face.valence_arousal_source == "derived" and face.quadrant == "excited"
    (between,) = reader.read(flat(SIZE, [100]), 1).faces
    assert between.valence == face.valence and between.valence_arousal_source == "derived"


def test_valence_and_arousal_of_a_network_that_has_a_head_are_measured(
    gallery: Gallery, visits: VisitBook, clock: HandClock
) -> None:
    (face,) = Reader(gallery, visits, clock, classifier=FeelingClassifier()).read(flat(SIZE, [100]), 0).faces
    assert (face.valence, face.arousal, face.valence_arousal_source) == (-0.25, 1.0, "measured")
    assert face.quadrant == "distressed"


def test_where_nobody_reads_expressions_everything_else_is_read(
    gallery: Gallery, visits: VisitBook, clock: HandClock
) -> None:
    reader = Reader(gallery, visits, clock, classifier=None, liveness=ScriptedJudge((0.9, "")), pose=BoxPose())
    (face,) = reader.read(flat(SIZE, [100]), 0).faces
    assert (face.emotion, face.probabilities, face.emotion_smoothed, face.confidence) == ("", (), "", 0.0)
    assert (face.emotion_source, face.valence_arousal_source) == ("carried", "")
    assert face.emotion_labels == ("neutral", "happiness") and not face.is_unsure
    assert face.identity_source == "measured" and face.quality > 0 and face.liveness and face.pose
    assert "expression" not in reader.timings.per_frame_ms(1)


def test_labels_that_lie_nowhere_have_no_valence(gallery: Gallery, visits: VisitBook, clock: HandClock) -> None:
    (face,) = Reader(gallery, visits, clock, classifier=SmirkClassifier()).read(flat(SIZE, [100]), 0).faces
    assert face.emotion == "happiness"
    assert (face.valence, face.arousal, face.valence_arousal_source, face.quadrant) == (0, 0, "", "")


def test_liveness_and_pose_are_read_whenever_a_face_is_looked_at_closely(
    gallery: Gallery, visits: VisitBook, clock: HandClock
) -> None:
    judge = ScriptedJudge((0.4, "too small"), (0.875, ""), (0.1, "cut off"), (0.25, ""))
    reader = Reader(gallery, visits, clock, liveness=judge, pose=BoxPose())
    seen = [reader.read(flat(SIZE, [100]), index).faces[0] for index in range(16)]
    looks = [face for face in seen if face.identity_source == "measured"]
    assert [(face.liveness, face.liveness_score, face.liveness_reason) for face in looks] == [
        ("spoof", pytest.approx(0.4), "too small"),
        ("live", 0.875, ""),
        ("live", 0.875, ""),  # of a face that is cut off nobody can tell
        ("spoof", 0.25, ""),
    ]
    assert seen[1].liveness_score == seen[0].liveness_score
    assert all(face.pose == (20, 20, -1) for face in seen)
    assert {"liveness", "pose"} <= set(reader.timings.per_frame_ms(1))


def test_why_liveness_was_not_judged_is_told(gallery: Gallery, visits: VisitBook, clock: HandClock) -> None:
    reader = Reader(
        gallery, visits, clock, assessor=ScriptedAssessor(0.1, "blurred"), liveness=ScriptedJudge((0.9, ""))
    )
    (face,) = reader.read(flat(SIZE, [100]), 0).faces
    assert (face.liveness, face.liveness_score, face.liveness_reason) == ("", 0, "blurred")
    reader.assessor.score, reader.assessor.reason = 0.9, "turned away"
    (face,) = reader.read(flat(SIZE, [100]), 1).faces
    assert (face.liveness, face.liveness_score, face.liveness_reason) == ("live", pytest.approx(0.9), "")


def test_nobody_judges_liveness_unasked(reader: Reader) -> None:
    (face,) = reader.read(flat(SIZE, [100]), 0).faces
    assert (face.liveness, face.liveness_score, face.liveness_reason, face.pose) == ("", 0, "", ())


def test_a_picture_without_faces_is_an_empty_reading(reader: Reader) -> None:
    assert reader.read(scene(SIZE), 0).faces == ()


def test_only_the_stages_that_ran_are_timed(reader: Reader) -> None:
    reader.read(scene(SIZE), 0)
    assert list(reader.timings.per_frame_ms(1)) == ["join"]
    reader.read(flat(SIZE, [100]), 1)
    assert set(reader.timings.per_frame_ms(1)) == {"join", "quality", "recognition", "identity", "expression"}


def test_a_camera_follows_and_reads(reader: Reader) -> None:
    pipeline = CameraPipeline(StillFollowing(FaceFinder(reader.tasks.detector, None, reader.timings)), reader.reader)
    reading = pipeline.process(at(flat(SIZE, [100, 200]), 0))
    assert [face.track_id for face in reading.faces] == [1, 2]
    assert [face.track_id for face in pipeline.process(at(flat(SIZE, [100]), 1)).faces] == [3]


class TellingRecogniser(GreyRecogniser):
    """Tells one quality of every face, which a test may change."""

    told = 0.6

    def recognise(self, crops: FaceCrops) -> Recognition:
        return replace(super().recognise(crops), quality=np.full(len(crops), self.told, np.float32))


def test_what_the_recogniser_tells_of_quality_stands_until_a_view_gets_worse(
    gallery: Gallery, visits: VisitBook, clock: HandClock
) -> None:
    reader = Reader(gallery, visits, clock, TellingRecogniser(), assessor=ScriptedAssessor(0.8))
    (embedded,) = reader.read(flat(SIZE, [100]), 0).faces
    assert (embedded.quality, embedded.quality_reason) == (pytest.approx(0.6), "uncertain")
    (carried,) = reader.read(flat(SIZE, [100]), 1).faces
    assert carried.identity_source == "carried" and carried.quality == pytest.approx(0.6)
    reader.assessor.score, reader.assessor.reason = 0.4, "blurred"
    (worse,) = reader.read(flat(SIZE, [100]), 2).faces
    assert (worse.quality, worse.quality_reason) == (pytest.approx(0.3), "blurred")
    reader.assessor.score, reader.recogniser.told = 0.98, 0.9  # better than any before: embedded at once
    (better,) = reader.read(flat(SIZE, [100]), 3).faces
    assert better.identity_source == "measured"
    assert (better.quality, better.quality_reason) == (pytest.approx(0.9), "")


def test_a_view_that_is_measured_to_be_poor_is_not_embedded_to_be_judged(
    gallery: Gallery, visits: VisitBook, clock: HandClock
) -> None:
    reader = Reader(gallery, visits, clock, TellingRecogniser(), assessor=ScriptedAssessor(0.1, "blurred"))
    (face,) = reader.read(flat(SIZE, [100]), 0).faces
    assert reader.recogniser.count == 0
    assert (face.quality, face.quality_reason) == (pytest.approx(0.1), "blurred")


class Asked:
    """Whose expressions may be read, as a test says."""

    def __init__(self) -> None:
        self.refusing: set[str] = set()

    def may_read(self, person_id: str) -> bool:
        return person_id not in self.refusing

    def may_read_stranger(self, person_id: str) -> bool:
        return person_id not in self.refusing

    def may_read_undecided(self) -> bool:
        return not self.refusing


def test_who_refuses_has_no_expression_from_being_recognised_on_and_a_stranger_has(
    gallery: Gallery, visits: VisitBook, clock: HandClock, enrol: Callable[[str, int], str]
) -> None:
    asked = Asked()
    reader = Reader(gallery, visits, clock, permission=asked)
    readings = [reader.read(flat(SIZE, [100, 200]), index) for index in range(10)]
    asked.refusing = {enrol("Ada", grey_person(100))}
    clock.passed_s = 2
    readings += [reader.read(flat(SIZE, [100, 200]), index) for index in range(10, 40)]
    ada, stranger = zip(*(reading.faces for reading in readings), strict=True)
    first = next(index for index, face in enumerate(ada) if face.identity == "known")
    assert first >= 10 and all(face.probabilities for face in ada[:first]), "nobody knew"
    for face in ada[first:]:
        assert (face.emotion, face.confidence, face.probabilities, face.emotion_smoothed) == ("", 0.0, (), "")
        assert (face.valence, face.arousal, face.valence_arousal_source) == (0.0, 0.0, "")
        assert face.emotion_source == "carried" and is_withheld(asked, face)
    assert not any(is_withheld(asked, face) for face in (*ada[:first], *stranger)), "may be anybody's, or is another's"
    assert stranger[-1].identity == "unknown" and stranger[-1].emotion == "happiness"
    assert reader.classifier is not None
    before = reader.classifier.count
    reader.read(flat(SIZE, [100]), 60)
    assert reader.classifier.count == before, "the network does not see the face"
    assert {end.track_id: end.is_unread for end in reader.reader.finish()} == {1: True, 2: False}


def test_a_stranger_who_refuses_has_no_expression_from_then_on(
    gallery: Gallery, visits: VisitBook, clock: HandClock
) -> None:
    asked = Asked()
    reader = Reader(gallery, visits, clock, permission=asked)
    before = [reader.read(flat(SIZE, [100, 200]), index) for index in range(10)][-1].faces
    assert [face.person_id for face in before] == ["unknown-0001", "unknown-0002"]
    assert all(face.probabilities for face in before)
    asked.refusing = {"unknown-0001"}
    after = [reader.read(flat(SIZE, [100, 200]), index) for index in range(10, 20)]
    assert not any(reading.faces[0].probabilities or reading.faces[0].emotion for reading in after)
    assert all(reading.faces[1].probabilities for reading in after)
    assert [is_withheld(asked, one) for one in after[-1].faces] == [True, False]
    assert {end.track_id: end.is_unread for end in reader.reader.finish()} == {1: True, 2: False}


def test_as_long_as_somebody_refuses_a_face_has_no_expression_before_it_is_decided(
    gallery: Gallery, visits: VisitBook, clock: HandClock, enrol: Callable[[str, int], str]
) -> None:
    asked = Asked()
    reader = Reader(gallery, visits, clock, permission=asked)
    asked.refusing = {enrol("Ada", grey_person(100))}
    bob = enrol("Bob", grey_person(30))
    faces = [reader.read(flat(SIZE, [200, 30]), index).faces for index in range(40)]
    assert faces[0][0].identity == "undecided"
    for track, person_id in enumerate(("unknown-0001", bob)):
        first = next(index for index, frame in enumerate(faces) if frame[track].identity != "undecided")
        assert not any(frame[track].probabilities for frame in faces[:first])
        assert (faces[-1][track].person_id, faces[-1][track].emotion) == (person_id, "happiness")
    dark = Reader(gallery, visits, clock, permission=asked, assessor=ScriptedAssessor(0.1))
    assert not [dark.read(flat(SIZE, [200]), index) for index in range(40)][-1].faces[0].probabilities
    (end,) = dark.reader.finish()
    assert isinstance(end.identity, Undecided) and end.is_unread


def test_who_takes_the_refusal_back_is_read_again(
    gallery: Gallery, visits: VisitBook, clock: HandClock, enrol: Callable[[str, int], str]
) -> None:
    asked = Asked()
    reader = Reader(gallery, visits, clock, permission=asked)
    asked.refusing = {enrol("Ada", grey_person(100))}
    assert not [reader.read(flat(SIZE, [100]), index) for index in range(20)][-1].faces[0].emotion
    asked.refusing.clear()
    face = [reader.read(flat(SIZE, [100]), index) for index in range(20, 40)][-1].faces[0]
    assert (face.person_name, face.emotion) == ("Ada", "happiness")
