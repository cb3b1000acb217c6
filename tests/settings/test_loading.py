from pathlib import Path

import pytest

from mien.domain.errors import SettingsError
from mien.settings import Settings, load_settings
from mien.settings.models import EmotionSettings
from mien.telemetry.logs import Redactor
from mien.vision.detection.detector import DetectionSettings


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import os

    for name in [name for name in os.environ if name.upper().startswith("MIEN_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("MIEN_HOME", str(tmp_path / "home"))


@pytest.fixture
def write(tmp_path: Path):
    def write(text: str) -> Path:
        path = tmp_path / "mien.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def problems(path: Path) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load_settings(path)
    return str(caught.value).splitlines()


def test_without_a_file_the_defaults_hold_and_the_home_is_the_environments(tmp_path: Path) -> None:
    settings = load_settings()
    assert settings.home == tmp_path / "home"
    assert settings.cameras == {} and settings.detection.min_face_px == 16


def test_the_file_in_the_home_is_found(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "mien.yaml").write_text("detection: {min_face_px: 33}")
    assert load_settings().detection.min_face_px == 33


def test_environment_goes_before_file(write, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write("detection: {min_face_px: 20, min_score: 0.5, long_side_px: 640}")
    monkeypatch.setenv("MIEN_DETECTION__MIN_FACE_PX", "30")
    monkeypatch.setenv("MIEN_DETECTION__LONG_SIDE_PX", "800")
    detection = load_settings(path).detection
    assert (detection.min_score, detection.long_side_px, detection.min_face_px) == (0.5, 800, 30)


def test_a_camera_inherits_what_it_does_not_say_itself(write) -> None:
    path = write(
        """
        detection: {min_score: 0.7, min_face_px: 20}
        cameras:
          door: {source: "rtsp://cam/1", fps: 5, detection: {min_face_px: 50}}
          yard: {source: 0, enabled: no, capture: {mirrored: yes}}
        """
    )
    cameras = load_settings(path).cameras
    assert (cameras["door"].detection.min_score, cameras["door"].detection.min_face_px) == (0.7, 50)
    assert (cameras["yard"].detection.min_score, cameras["yard"].detection.min_face_px) == (0.7, 20)
    assert cameras["yard"].source == "0" and not cameras["yard"].enabled and cameras["yard"].capture.mirrored
    assert list(cameras) == ["door", "yard"] and cameras["door"].fps == 5


def test_sections_whose_lines_are_commented_out_are_defaults(write) -> None:
    settings = load_settings(write("detection:\n#  min_score: 0.5\ncameras:\n"))
    assert settings.detection.min_score == 0.6 and settings.cameras == {}
    assert load_settings(write("")).cameras == {}


def test_the_settings_are_frozen() -> None:
    settings = load_settings()
    with pytest.raises(ValueError, match="frozen"):
        settings.home = Path("elsewhere")
    with pytest.raises(AttributeError):
        settings.detection.min_score = 0.1


def test_every_problem_of_a_file_is_told_at_once_with_its_line(write) -> None:
    path = write(
        "detektion: {}\n"
        "detection:\n"
        "  min_score: 1.4\n"
        "  min_scor: 3\n"
        "  long_side_px: many\n"
        "tracking:\n"
        "  method: sorted\n"
        "  max_age_s: .nan\n"
        "cameras:\n"
        "  door:\n"
        "    source: 'rtsp://${ABSENT_PASSWORD}@cam'\n"
        "    detection: {min_face_px: 0, foo: 1}\n"
        "  yard:\n"
        "  sea: {source: [5], enabled: perhaps}\n"
    )
    assert problems(path) == [
        "mien.yaml:1: detektion: no such key, did you mean detection?",
        "mien.yaml:3: detection.min_score: 1.4 is out of range, expected 0 to 1",
        "mien.yaml:4: detection.min_scor: no such key, did you mean min_score?",
        "mien.yaml:5: detection.long_side_px: expected a whole number, got 'many'",
        "mien.yaml:7: tracking.method: expected 'bytetrack', 'sort' or 'ocsort', got 'sorted'",
        "mien.yaml:8: tracking.max_age_s: nan is out of range, expected 0 to 3600",
        "mien.yaml:11: cameras.door.source: the environment variable ABSENT_PASSWORD is not set",
        "mien.yaml:12: cameras.door.detection.foo: no such key, there is model, min_score, min_face_px, long_side_px, "
        "landmarks, precision",
        "mien.yaml:12: cameras.door.detection.min_face_px: 0 is out of range, expected 1 to 10000",
        "mien.yaml:13: cameras.yard.source: is missing",
        "mien.yaml:14: cameras.sea.enabled: expected true or false, got 'perhaps'",
        "mien.yaml:14: cameras.sea.source: expected a text, got [5]",
    ]


def test_a_fault_that_cameras_inherit_is_told_once(write) -> None:
    path = write("detection: {min_face_px: many}\ncameras: {a: {source: 0}, b: {source: 1}}\n")
    assert problems(path) == ["mien.yaml:1: detection.min_face_px: expected a whole number, got 'many'"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("detection: [", "mien.yaml:1: is no YAML: "),
        ("a: b: c", "mien.yaml:1: is no YAML: mapping values are not allowed here"),
        ("just words", "mien.yaml:1: expected keys with values"),
        ("- a\n- b", "mien.yaml:1: expected keys with values"),
        ("cache: /x\ncache: /y", "mien.yaml:2: cache: stands here twice, first in line 1"),
        ("cameras: {door: {source: 0, every: 2, fps: 3}}", "mien.yaml:1: cameras.door: every and fps exclude"),
        ("cameras: [door]", "mien.yaml:1: cameras: expected a section with keys, such as {hall: {source: "),
        ("cameras: {hall: a.mp4}", "mien.yaml:1: cameras.hall: expected a section with keys, such as {source: "),
        ("detection: 5", "mien.yaml:1: detection: expected a section with keys"),
        ("cache: !!python/name:os.system x", "mien.yaml:1: cache: "),
        ("cache: \x07", "mien.yaml:1: is no YAML"),
    ],
)
def test_a_file_that_is_wrong_as_a_whole_is_one_clear_line(write, text: str, said: str) -> None:
    (line,) = problems(write(text))
    assert line.startswith(said)


def test_files_that_cannot_be_read_are_one_clear_line(tmp_path: Path) -> None:
    assert problems(tmp_path / "absent.yaml") == [
        f"{tmp_path / 'absent.yaml'}: cannot be read: No such file or directory"
    ]
    (tmp_path / "latin.yaml").write_bytes("cache: /h\xf6me".encode("latin-1"))
    assert problems(tmp_path / "latin.yaml") == ["latin.yaml:1: expected text in UTF-8"]


def test_problems_of_the_environment_name_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIEN_DETECTION__MIN_SCORE", "7")
    monkeypatch.setenv("MIEN_TRACKIN__MIN_HITS", "7")
    with pytest.raises(SettingsError) as caught:
        load_settings()
    assert set(str(caught.value).splitlines()) == {
        "MIEN_DETECTION__MIN_SCORE: 7 is out of range, expected 0 to 1",
        "MIEN_TRACKIN__MIN_HITS: no such key, did you mean tracking?",
    }


def test_secrets_come_from_the_environment_quoted_for_a_url_and_are_registered(
    write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOOR_PASSWORD", "p@ss/w0rd")
    monkeypatch.setenv("DOOR_HOST", "cam.local:8554")
    redactor = Redactor()
    path = write("cameras: {door: {source: 'rtsp://admin:${DOOR_PASSWORD}@${DOOR_HOST}/live'}}")
    settings = load_settings(path, redactor=redactor)
    assert settings.cameras["door"].source == "rtsp://admin:p%40ss%2Fw0rd@cam.local:8554/live"
    assert redactor.redact("p@ss/w0rd p%40ss%2Fw0rd") == "*** ***"


def test_a_problem_does_not_print_the_secret_beside_it(write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOOR_PASSWORD", "hunter2secret")
    (line,) = problems(write("detection: {min_face_px: 'x${DOOR_PASSWORD}'}"))
    assert "hunter2secret" not in line and "***" in line
    (line,) = problems(write("detection: {min_face_px: 'rtsp://me:plainpassword@cam'}"))
    assert "plainpassword" not in line


def test_a_model_is_chosen_in_one_word_in_the_environment_too(write, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write("detection: {model: scrfd-2.5g, min_face_px: 20}\nliveness: minifasnet")
    monkeypatch.setenv("MIEN_DETECTOR", "mtcnn")
    monkeypatch.setenv("MIEN_LIVENESS__PRECISION", "f32")
    settings = load_settings(path)
    assert (settings.detection.model, settings.detection.min_face_px) == ("mtcnn", 20)
    assert (settings.liveness.model, settings.liveness.precision) == ("minifasnet", "f32")
    for word, model in {"true": "minifasnet", "none": "", "false": "", "minifasnet": "minifasnet"}.items():
        monkeypatch.setenv("MIEN_LIVENESS", word)
        liveness = load_settings(path).liveness
        assert (liveness.model, liveness.precision) == (model, "f32")
    monkeypatch.setenv("MIEN_EMOTION", '{"precision": "f32"}')
    assert load_settings(path).emotion.precision == "f32"


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"MIEN_DETECTOR": "mtcn"}, "MIEN_DETECTOR: no detection model is called 'mtcn'; did you mean mtcnn?"),
        ({"MIEN_DETECTOR": "5"}, "MIEN_DETECTOR: expected the name of a model, got 5"),
        ({"MIEN_DETEKTOR": "mtcnn"}, "MIEN_DETEKTOR: no such key, did you mean detector?"),
        ({"MIEN_NONSENSE": "1"}, "MIEN_NONSENSE: no such key, there is home, "),
        ({"MIEN_DETECTOR__MODEL": "mtcnn"}, "MIEN_DETECTOR__MODEL: no such key, did you mean detection?"),
        ({"MIEN_DETECTOR": '{"model": "mtcnn"}'}, "MIEN_DETECTOR: no such key, did you mean detection?"),
        (
            {"MIEN_EMOTION": "mini-xception", "MIEN_EMOTION__MODEL": "fer8-mobilefacenet"},
            "MIEN_EMOTION: MIEN_EMOTION__MODEL names a model too, keep one of them",
        ),
        ({"MIEN_ACCEPTED_MODELS": '["nope"]'}, "MIEN_ACCEPTED_MODELS: no model is called 'nope'; there is "),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_variable_that_says_nothing_known_is_told(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], said: str
) -> None:
    monkeypatch.setenv("MIEN_LOG", "info")  # which is no setting, and known
    for name, text in variables.items():
        monkeypatch.setenv(name, text)
    with pytest.raises(SettingsError) as caught:
        load_settings()
    (line,) = str(caught.value).splitlines()
    assert line.startswith(said)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("detector: 5", "mien.yaml:1: detection.model: expected the name of a model, got 5"),
        ("detection: {model: yes}", "mien.yaml:1: detection.model: expected the name of a model, got True"),
        (
            "detector: mtcnn\ndetection: {model: yunet}",
            "mien.yaml:1: detector: detection in line 2 names a model too, keep one of them",
        ),
        (
            "cameras:\n a:\n  source: 0\n  detection: {model: yunet}\n  detector: mtcnn",
            "mien.yaml:5: cameras.a.detector: detection in line 4 names a model too, keep one of them",
        ),
        (
            "accepted_models:\n - scrfd-2.5g\n - arcfac",
            "mien.yaml:1: accepted_models: no model is called 'arcfac'; ",
        ),
        (
            "cameras: {hall: {source: 0, emotion: mini-xception}}",
            "mien.yaml:1: cameras.hall.emotion: is the same for all cameras, of its own a camera may have capture, ",
        ),
        ("detector: {model: yunet}", "mien.yaml:1: detector: no such key, did you mean detection?"),
    ],
)
def test_a_model_that_is_named_wrongly_is_one_clear_line(write, text: str, said: str) -> None:
    (line,) = problems(write(text))
    assert line.startswith(said)


def test_who_looks_after_models_need_not_have_those_that_are_named(write) -> None:
    path = write("detector: gone\naccepted_models: [gone]\ncameras: {a: {source: 0, detector: gone}}")
    assert len(problems(path)) == 3
    settings = load_settings(path, checks_models=False)
    assert settings.detection.model == "gone" and settings.cameras["a"].detection.model == "gone"
    with pytest.raises(SettingsError, match="no such key"):
        load_settings(write("detektor: yunet"), checks_models=False)


def test_a_word_and_a_section_are_not_both_taken() -> None:
    assert Settings(detector="mtcnn", detection={"min_face_px": 20}).detection.model == "mtcnn"
    assert Settings(emotion=EmotionSettings("mini-xception")).emotion.model == "mini-xception"
    for section in ({"model": "yunet"}, DetectionSettings()):
        with pytest.raises(ValueError, match="detector and detection name a model each"):
            Settings(detector="mtcnn", detection=section)


def test_a_problem_of_the_whole_is_not_told_again_of_every_camera(write) -> None:
    path = write("smoothing: {window: 3}\ncameras: {a: {source: 0}, b: {source: 1, smoothing: {min_readings: 9}}}")
    assert [line.partition(": ")[2].partition(":")[0] for line in problems(path)] == [
        "smoothing",
        "cameras.b.smoothing",
    ]


def test_numbers_beyond_all_numbers_are_out_of_range(write) -> None:
    assert problems(write(f"matching: {{votes: {10**400}}}"))[0].endswith("is out of range, expected 1 to 100")


def test_problems_are_told_by_key_too(write) -> None:
    with pytest.raises(SettingsError) as caught:
        load_settings(write("smoothing: {window: 0}\ncameras: {a.b: {fps: 1}}"))
    assert dict(caught.value.faults)["smoothing.window"] == "0 is out of range, expected 1 to 1000"
    assert dict(caught.value.faults)['cameras."a.b".source'] == "is missing"


def test_a_camera_that_nobody_can_open_is_told_with_its_line(write) -> None:
    path = write(
        "cameras:\n  ok: {source: 0}\n  film: {source: /no/such/file.mp4}\n  far: {source: 'ftp://me:pw4711@host/x'}\n"
    )
    (told,) = problems(path)
    assert told.startswith(
        "mien.yaml:4: cameras.far.source: ftp://***@host/x is an address of an unknown kind; known are"
    )
    assert "rtsp" in told and "pw4711" not in told
