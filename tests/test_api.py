from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest

import mien
from mien.domain.emotions import EMOTION_LABELS
from mien.domain.errors import SourceNotFound, SourceUnreadable, UsageError
from mien.domain.faces import CropSpec
from mien.domain.landmarks import ARCFACE_112
from mien.inference.catalog import Catalog
from mien.inference.weights import WeightStore
from mien.results.columns import readings_schema
from mien.settings import Settings, load_settings
from mien.sources.pixels import ArrayPixels
from mien.vision.alignment import align


@pytest.fixture(scope="module")
def astronaut(weights: WeightStore, catalog: Catalog) -> Path:
    return weights.path(catalog.card("astronaut"))


@pytest.fixture(scope="module")
def carphone(weights: WeightStore, catalog: Catalog) -> Path:
    return weights.path(catalog.card("carphone"))


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A home of its own."""
    monkeypatch.setenv("MIEN_HOME", str(tmp_path / "home"))
    return load_settings()


@pytest.fixture(scope="module")
def analyzer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[mien.Analyzer]:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("MIEN_HOME", str(tmp_path_factory.mktemp("home")))
        with mien.Analyzer() as opened:
            yield opened


def test_what_is_offered_is_there() -> None:
    assert all(hasattr(mien, name) for name in mien.__all__)
    with pytest.raises(AttributeError, match="no attribute 'analyse'"):
        _ = mien.analyse  # type: ignore[attr-defined]


def test_one_call_reads_a_picture(astronaut: Path, settings: Settings) -> None:
    faces = mien.analyze(astronaut, settings)
    assert isinstance(faces, tuple) and len(faces) == 1 and isinstance(faces[0], mien.FaceReading)
    (face,) = faces
    x1, y1, x2, y2 = face.box
    assert 150 < x1 < 200 and 60 < y1 < 110 and 240 < x2 < 300 and 170 < y2 < 230
    assert face.detection_score > 0.8 and face.detection_source == "measured"
    left_eye, right_eye, nose, *_ = face.landmarks
    assert x1 < left_eye[0] < nose[0] < right_eye[0] < x2 and left_eye[1] < nose[1]
    assert face.emotion in EMOTION_LABELS and face.emotion_labels == EMOTION_LABELS
    assert sum(face.probabilities) == pytest.approx(1, abs=1e-4) and face.confidence == max(face.probabilities)
    assert face.emotion_smoothed == "" and 0.5 < face.quality <= 1
    assert (face.identity, face.person_id) == ("unknown", "")
    assert (face.identity_source, face.emotion_source) == ("measured", "measured")


def test_a_path_and_its_pixels_are_read_alike(analyzer: mien.Analyzer, astronaut: Path) -> None:
    picture = cv2.imread(str(astronaut))
    assert picture is not None
    from_path, from_text, from_array = (
        analyzer.picture(given) for given in (astronaut, str(astronaut), np.asarray(picture, np.uint8))
    )
    assert from_path == from_text
    assert len(from_array) == 1 and from_array[0].box == pytest.approx(from_path[0].box, abs=0.1)
    assert from_array[0].probabilities == pytest.approx(from_path[0].probabilities, abs=1e-3)
    (grey,) = analyzer.picture(np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8))
    assert grey.box == pytest.approx(from_path[0].box, abs=8)


def test_a_picture_leaves_no_trace_and_knows_who_was_met_in_a_video(carphone: Path, settings: Settings) -> None:
    video = cv2.VideoCapture(str(carphone))
    picture = np.asarray(video.read()[1], np.uint8)
    video.release()
    with mien.Analyzer(settings) as analyzer:
        for _ in range(2):
            (face,) = analyzer.picture(picture)
            assert (face.identity, face.person_id) == ("unknown", "") and face.box[2] < 176
        *_, last = analyzer.video(carphone)
        (face,) = analyzer.picture(picture)
        assert face.person_id == last.faces[0].person_id == "unknown-0001"
    assert len(list((settings.home / "media").rglob("*.png"))) <= 3  # views of one man


def test_of_a_crowd_every_face_is_read(analyzer: mien.Analyzer, astronaut: Path) -> None:
    picture = cv2.imread(str(astronaut))
    assert picture is not None
    faces = analyzer.picture(np.tile(cv2.resize(picture[30:230, 120:320], (160, 160)), (3, 4, 1)))
    assert len(faces) == 12
    assert all(len(face.probabilities) == 8 and face.emotion for face in faces)
    assert {(face.identity_source, face.emotion_source) for face in faces} == {("measured", "measured")}


def test_a_picture_without_a_face_is_an_empty_answer(analyzer: mien.Analyzer) -> None:
    for size in ((240, 320, 3), (1, 1, 3), (2, 400)):
        assert analyzer.picture(np.full(size, 90, np.uint8)) == ()


def test_what_is_no_single_picture_is_refused(analyzer: mien.Analyzer, carphone: Path) -> None:
    for given in (carphone, str(carphone), "rtsp://me:hunter2@127.0.0.1:9/x", "0"):
        with pytest.raises(UsageError, match=r"`mien analyze` and Analyzer\.video read videos") as raised:
            analyzer.picture(given)
        assert "hunter2" not in str(raised.value)


def test_the_threads_of_opencv_are_the_callers_own(settings: Settings) -> None:
    before = cv2.getNumThreads()
    try:
        cv2.setNumThreads(2)
        mien.Analyzer(settings).close()
        assert cv2.getNumThreads() == 2
    finally:
        cv2.setNumThreads(before)


def test_what_cannot_be_read_is_an_error_of_mien(analyzer: mien.Analyzer, tmp_path: Path) -> None:
    (tmp_path / "text.jpg").write_text("no picture")
    with pytest.raises(SourceNotFound, match=r"absent\.jpg does not exist"):
        analyzer.picture(tmp_path / "absent.jpg")
    with pytest.raises(SourceUnreadable, match=r"text\.jpg"):
        analyzer.picture(tmp_path / "text.jpg")
    with pytest.raises(mien.MienError):
        next(analyzer.video(tmp_path / "absent.mp4"))
    with pytest.raises(ValueError, match="expected a picture"):
        analyzer.picture(np.zeros((4, 4, 7), np.uint8))


def test_a_video_is_one_track_and_one_stranger_who_stays_the_same_after_a_restart(
    carphone: Path, settings: Settings
) -> None:
    ids = []
    for _ in range(2):
        with mien.Analyzer(settings) as analyzer:
            readings = list(analyzer.video(carphone))
        assert len(readings) == 120 and all(isinstance(reading, mien.FrameReading) for reading in readings)
        assert [reading.index for reading in readings] == list(range(120))
        assert {(reading.width, reading.height, reading.camera) for reading in readings} == {(176, 144, str(carphone))}
        assert all(len(reading.faces) == 1 for reading in readings)
        faces = [reading.faces[0] for reading in readings]
        assert {face.track_id for face in faces} == {1}
        decided = [face.person_id for face in faces if face.identity != "undecided"]
        assert len(decided) > 90 and len(set(decided)) == 1 and faces[-1].identity == "unknown"
        assert all(len(face.probabilities) == 8 and face.emotion in EMOTION_LABELS for face in faces)
        assert any(face.emotion_smoothed for face in faces[60:])
        measured = sum(face.detection_source == "measured" for face in faces)
        assert 20 <= measured <= 60  # the rest is followed
        ids.append(decided[0])
    assert ids == ["unknown-0001", "unknown-0001"]


def test_a_video_may_be_thinned_out_and_left_early(analyzer: mien.Analyzer, carphone: Path) -> None:
    assert [reading.index for reading in analyzer.video(carphone, every_n=40)] == [0, 40, 80]
    assert 18 <= len(list(analyzer.video(str(carphone), fps=5))) <= 22
    readings = analyzer.video(carphone)
    assert next(readings).index == 0
    readings.close()  # type: ignore[attr-defined]


def test_what_opencv_could_not_read_and_grey_pictures_in_one_array_are_told_by_their_name(
    analyzer: mien.Analyzer, tmp_path: Path
) -> None:
    unread = cv2.imread(str(tmp_path / "none.png"))
    for ask in (
        lambda: analyzer.picture(unread),  # type: ignore[arg-type]
        lambda: list(analyzer.crops([unread])),  # type: ignore[list-item]
        lambda: list(analyzer.crops(unread)),  # type: ignore[arg-type]
        lambda: analyzer.enrol("Ada", [unread], consent="identify"),  # type: ignore[list-item]
    ):
        with pytest.raises(ValueError, match=r"expected a picture, got None, which is what cv2\.imread gives"):
            ask()
    with pytest.raises(ValueError, match="as a path or an array, got int"):
        analyzer.picture(3)  # type: ignore[arg-type]
    grey = np.full((5, 96, 80), 90, np.uint8)
    with pytest.raises(ValueError, match=r"got shape \(5, 96, 80\): give several grey ones as a list"):
        list(analyzer.crops(grey))
    assert len(list(analyzer.crops(list(grey)))) == 5


def test_settings_are_heeded(astronaut: Path, settings: Settings) -> None:
    picky = settings.model_copy(update={"detection": replace(settings.detection, min_face_px=400)})
    assert mien.analyze(astronaut, picky) == ()


def cut_out(picture: np.ndarray, face: mien.FaceReading, margin: float = 0.2) -> np.ndarray:
    x1, y1, x2, y2 = face.box
    dx, dy = (x2 - x1) * margin, (y2 - y1) * margin
    left, top = max(round(x1 - dx), 0), max(round(y1 - dy), 0)
    return np.ascontiguousarray(picture[top : round(y2 + dy), left : round(x2 + dx)])


def test_whoever_is_enrolled_is_known_at_once_and_read_as_they_agreed(
    astronaut: Path, carphone: Path, settings: Settings
) -> None:
    picture = np.asarray(cv2.imread(str(astronaut)), np.uint8)
    mirrored = np.ascontiguousarray(picture[:, ::-1])
    empty = np.full((200, 200, 3), 90, np.uint8)
    with mien.Analyzer(settings) as analyzer:
        (before,) = analyzer.picture(mirrored)
        assert before.identity == "unknown" and before.emotion
        taken, refused = analyzer.enrol("Ada", [picture, empty], consent="identify")
        assert isinstance(taken, mien.Enrolment) and (taken.name, taken.outcome, taken.is_new) == (
            "Ada",
            "accepted",
            True,
        )
        assert (refused.outcome, refused.reason) == ("refused", "no face was found")
        (face,) = analyzer.picture(mirrored)
        assert (face.identity, face.person_name) == ("known", "Ada")
        assert face.emotion == "" and face.probabilities == (), "expressions were not agreed to"
        (embedded,) = analyzer.crops(cut_out(mirrored, face))
        assert embedded.face.person_name == "Ada" and embedded.face.probabilities == ()
        (again,) = analyzer.enrol("Ada", astronaut, consent=("identify", "expression"), evidence="form 17")
        assert again.outcome == "refused", again.reason
        unasked = list(analyzer.video(carphone, every_n=10))[-1].faces[0]
        assert unasked.identity == "unknown" and unasked.person_name == ""
    with mien.Analyzer(home=settings.home) as analyzer:
        assert analyzer.picture(mirrored)[0].person_name == "Ada"


def test_nobody_is_enrolled_without_a_word_about_consent(
    analyzer: mien.Analyzer, astronaut: Path, settings: Settings
) -> None:
    with pytest.raises(TypeError, match="consent"):
        analyzer.enrol("Ada", [astronaut])  # type: ignore[call-arg]
    for consent in ("", "everything", ()):
        with pytest.raises(UsageError, match="expected uses that were consented to, of identify, expression, keep"):
            analyzer.enrol("Ada", [astronaut], consent=consent)
    over = datetime(2020, 1, 1, tzinfo=UTC)
    for expires_at in (over, datetime(2999, 1, 1)):  # noqa: DTZ001  one without a time zone
        with pytest.raises(UsageError, match="a moment to come, with a time zone"):
            analyzer.enrol("Ada", [astronaut], consent="identify", expires_at=expires_at)
    with pytest.raises(UsageError, match="expected pictures of Ada, got none"):
        analyzer.enrol("Ada", [], consent="identify")
    with pytest.raises(mien.MienError, match="name"):
        analyzer.enrol(" ", [astronaut], consent="identify")
    with pytest.raises(ValueError, match="expected a picture"):
        analyzer.enrol("Ada", np.zeros((4, 4, 7), np.uint8), consent="identify")
    school = settings.model_copy(update={"privacy": replace(settings.privacy, purpose="education")})
    with mien.Analyzer(school) as strict:
        with pytest.raises(UsageError, match="nobody is taken in on an operator's word"):
            strict.enrol("Ada", [astronaut], consent="identify")
        (taken,) = strict.enrol("Ada", [astronaut], consent="identify", evidence="form 17")
        assert taken.outcome == "accepted"


def test_crops_are_read_as_the_faces_they_were_cut_from(
    analyzer: mien.Analyzer, astronaut: Path, carphone: Path
) -> None:
    woman = np.asarray(cv2.imread(str(astronaut)), np.uint8)
    video = cv2.VideoCapture(str(carphone))
    frames = [np.asarray(video.read()[1], np.uint8) for _ in range(40)]
    video.release()
    (whole,) = analyzer.embed(woman)
    assert isinstance(whole, mien.EmbeddedFace) and whole.face == replace(analyzer.picture(woman)[0], track_id=1)
    crops = [cut_out(woman, whole.face, 0.4)]
    crops += [cut_out(one, analyzer.picture(one)[0], 0.4) for one in (frames[0], frames[-1])]
    read = list(analyzer.crops(crops))
    assert [one.is_found for one in read] == [True] * 3
    assert read[0].face.emotion == whole.face.emotion == "happiness"
    assert read[0].face.probabilities == pytest.approx(whole.face.probabilities, abs=0.05)
    assert {one.embedding_model for one in read} == {whole.embedding_model}
    assert all(np.linalg.norm(one.embedding) == pytest.approx(1, abs=1e-4) for one in read)
    her, him, later = (one.embedding for one in read)
    assert her @ whole.embedding > 0.9 and him @ later > 0.35 > 0.2 > max(her @ him, her @ later)
    stack = np.stack([cv2.resize(crop, (96, 96)) for crop in crops]).astype(np.uint8)
    assert [one.face.emotion for one in analyzer.crops(stack)] == [one.face.emotion for one in read]
    nothing = np.full((96, 96, 3), 90, np.uint8)
    assert analyzer.embed(nothing) == () and list(analyzer.crops([])) == []
    (blank,) = analyzer.crops(nothing)
    assert not blank.is_found and blank.face.box == (0, 0, 96, 96) and len(blank.embedding) == len(her)


def test_a_crop_that_is_too_tight_for_the_detector_is_taken_for_aligned(
    analyzer: mien.Analyzer, astronaut: Path
) -> None:
    picture = np.asarray(cv2.imread(str(astronaut)), np.uint8)
    (whole,) = analyzer.embed(picture)
    landmarks = np.array([whole.face.landmarks], np.float32)
    aligned = align(ArrayPixels(picture), landmarks, CropSpec(112, ARCFACE_112, "bgr")).images[0]
    blind = replace(analyzer.settings.detection, min_face_px=10_000)
    with mien.Analyzer(analyzer.settings.model_copy(update={"detection": blind})) as unseeing:
        (taken,) = unseeing.crops([aligned])
        (doubled,) = unseeing.crops([np.asarray(cv2.resize(aligned, (224, 224)), np.uint8)])
        (tiny,) = unseeing.crops([np.full((1, 1, 3), 90, np.uint8)])
    assert not taken.is_found and taken.embedding @ whole.embedding > 0.9 and doubled.embedding @ whole.embedding > 0.9
    assert taken.face.emotion == whole.face.emotion and not tiny.is_found


def test_two_pictures_are_compared(analyzer: mien.Analyzer, astronaut: Path, carphone: Path, tmp_path: Path) -> None:
    picture = np.asarray(cv2.imread(str(astronaut)), np.uint8)
    video = cv2.VideoCapture(str(carphone))
    man = np.asarray(video.read()[1], np.uint8)
    video.release()
    same = analyzer.compare(astronaut, picture[:, ::-1])
    assert isinstance(same, mien.Comparison) and same.verdict == "same" and same.is_same
    assert same.similarity > same.threshold and same.limits == ("", "")
    assert same.boxes[0] == pytest.approx(analyzer.picture(astronaut)[0].box)
    other = analyzer.compare(picture, man)
    assert other.verdict == "different" and not other.is_same and other.similarity < other.threshold
    with pytest.raises(SourceUnreadable, match="array: no face was found"):
        analyzer.compare(astronaut, np.full((240, 320, 3), 90, np.uint8))


def test_readings_become_a_table(analyzer: mien.Analyzer, carphone: Path, astronaut: Path) -> None:
    readings = list(analyzer.video(carphone, every_n=20))
    table = mien.table(readings)
    assert table.schema == readings_schema(EMOTION_LABELS) and table.num_rows == 6
    rows = table.to_pylist()
    assert [row["frame"] for row in rows] == [0, 20, 40, 60, 80, 100] and {row["source"] for row in rows} == {
        str(carphone)
    }
    (face,) = readings[2].faces
    assert rows[2]["person_id"] == face.person_id and rows[2]["x1"] == pytest.approx(face.box[0])
    assert [rows[2][f"{label}_prob"] for label in EMOTION_LABELS] == pytest.approx(face.probabilities)
    unread = replace(face, probabilities=(), emotion="", confidence=0.0, valence_arousal_source="")
    (row,) = mien.table([replace(readings[2], faces=(unread,))]).to_pylist()
    assert row["neutral_prob"] is None and row["confidence"] is None and row["valence"] is None
    assert mien.table([]).num_rows == mien.table([replace(readings[0], faces=())]).num_rows == 0
    many = [replace(readings[0], index=number) for number in range(5000)]
    assert mien.table(many)["frame"].to_pylist() == list(range(5000))
    other = replace(face, emotion_labels=("calm", "angry"), probabilities=(0.5, 0.5))
    with pytest.raises(ValueError, match=r"labelled .*neutral.*, got \('calm', 'angry'\)"):
        mien.table([readings[0], replace(readings[0], faces=(other,))])


def test_a_video_under_way_ends_when_the_analyzer_is_closed(
    settings: Settings, carphone: Path, astronaut: Path
) -> None:
    analyzer = mien.Analyzer(settings)
    readings, crops = analyzer.video(carphone), analyzer.crops([astronaut, astronaut])
    assert next(readings).index == 0 and next(crops).is_found
    analyzer.close()
    for under_way in (readings, crops, analyzer.video("absent.mp4")):
        with pytest.raises(UsageError, match="this Analyzer is closed"):
            next(under_way)
    assert list(readings) == []


def test_closing_twice_is_no_error_and_nothing_is_done_afterwards(settings: Settings, astronaut: Path) -> None:
    analyzer = mien.Analyzer(settings)
    analyzer.close()
    analyzer.close()
    for ask in (
        lambda: analyzer.picture(astronaut),
        lambda: next(analyzer.video(astronaut)),
        lambda: list(analyzer.crops([astronaut])),
        lambda: analyzer.compare(astronaut, astronaut),
        lambda: analyzer.enrol("Ada", astronaut, consent="identify"),
    ):
        with pytest.raises(UsageError, match="this Analyzer is closed"):
            ask()
