"""Settings by the web: what is in force and who says it, changes that are right or not made, and whom they are for."""

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import yaml
from tests.support.whole import whole_service

from mien.privacy.audit.words import FACTS, SECTIONS
from mien.settings import Settings, load_settings
from mien.settings.places import leaves
from mien.telemetry.logs import Redactor
from mien.wiring.serving.serving import Service
from mien.wiring.serving.settings import Beginning
from mien.wiring.stores import Stores

FILE = """\
# of my house
detection:
  min_score: 0.7  # sure ones
recognizer: edgeface-xs
cameras:
  # the front one
  door: {source: "rtsp://viewer:${DOOR_PASSWORD}@10.0.0.2/live", detection: {min_face_px: 50}}
  yard:
    source: http://10.0.0.3/video?token=plain-token
"""


class Begun(list):
    """How often the service was asked to begin anew."""

    def __call__(self) -> None:
        self.append("again")


@pytest.fixture
def again() -> Begun:
    return Begun()


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in [name for name in os.environ if name.upper().startswith("MIEN_") and name != "MIEN_KEY_FILE"]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("MIEN_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DOOR_PASSWORD", "hunter2hunter2")
    path = tmp_path / "house.yaml"
    path.write_text(FILE)
    path.chmod(0o640)
    return path


@pytest.fixture
def settings(file: Path) -> Settings:
    return load_settings(file)


@pytest.fixture
def whole(settings: Settings, stores: Stores, clock, file: Path, again) -> Service:
    settled = {("service", "port"): "--port"}
    return whole_service(settings, stores, clock, Beginning(file, settled, Redactor(), begun=3, again=again))


@pytest.fixture
def items(admin):
    """What the page tells, by key."""
    return lambda: {one["key"]: one for one in admin.get("settings").json()["items"]}


def test_every_setting_says_what_it_is_and_who_says_it(admin, items, settings):
    told = admin.get("settings").json()
    assert (told["file"], told["begun"], told["problems"], told["refused"]) == ("house.yaml", 3, [], "")
    found = items()
    single = [".".join(place) for place, value in leaves(settings.model_dump()) if not isinstance(value, dict)]
    assert {key for key in single if not key.startswith("cameras.")} <= found.keys()
    assert all(one["description"] and not one["is_pending"] for one in found.values())
    score = found["detection.min_score"]
    assert (score["value"], score["in_force"], score["default"], score["source"]) == (0.7, 0.7, 0.6, "house.yaml:3")
    assert found["recognition.model"]["source"] == "house.yaml:4"
    brought = found["matching.known_similarity"]
    assert (brought["source"], brought["value"]) == ("model edgeface-xs", settings.matching.known_similarity)
    assert found["enrolment.min_norm"]["default"] == settings.enrolment.min_norm == 0
    assert found["home"]["source"] == "MIEN_HOME" and found["service.port"]["source"] == "--port"
    assert found["smoothing.window"]["source"] == "default" and found["smoothing.window"]["fixed"] == ""


def test_cameras_say_what_is_theirs_and_no_password(items):
    own = {key: one["value"] for key, one in items().items() if key.startswith("cameras.")}
    assert own == {
        "cameras.door.source": "rtsp://***@10.0.0.2/live",
        "cameras.door.enabled": True,
        "cameras.door.every": 0,
        "cameras.door.fps": 0.0,
        "cameras.door.detection.min_face_px": 50,
        "cameras.yard.source": "http://10.0.0.3/video?token=***",
        "cameras.yard.enabled": True,
        "cameras.yard.every": 0,
        "cameras.yard.fps": 0.0,
    }
    assert items()["cameras.door.detection.min_face_px"]["default"] == 16


def test_a_change_stands_in_the_file_and_waits_for_a_restart(admin, items, file, audit):
    answer = admin.send_in("PATCH", "settings", **{"detection.min_score": 0.55, "cameras.gate.source": "0"})
    assert answer.status_code == 200
    text = file.read_text()
    assert "  min_score: 0.55 # sure ones\n" in text and text.startswith("# of my house\n")
    assert "${DOOR_PASSWORD}" in text and "plain-token" in text and "hunter2" not in text
    assert stat.S_IMODE(file.stat().st_mode) == 0o640 and [*file.parent.glob(".house*")] == []
    assert load_settings(file).cameras["gate"].source == "0"
    score, gate = items()["detection.min_score"], items()["cameras.gate.source"]
    assert (score["value"], score["in_force"], score["is_pending"]) == (0.55, 0.7, True)
    assert (gate["value"], gate["in_force"], gate["is_pending"]) == ("0", None, True)
    entry = audit.latest("settings.changed")
    assert (entry.actor, entry.facts) == ("account:1", {"settings": ["detection.min_score", "cameras.*.source"]})
    assert audit.verify().is_whole


@pytest.mark.parametrize(
    "source", ["/etc/passwd", "file:///etc/passwd", "FILE://localhost/etc/passwd", "clip.mp4", "-1"]
)
def test_no_file_of_the_machine_becomes_a_camera_from_a_distance(admin, file, source):
    for key in ("cameras.gate.source", "cameras.yard.source"):
        answer = admin.send_in("PATCH", "settings", **{key: source})
        assert answer.status_code == 409 and answer.json()["detail"] == "nothing was changed"
        (fault,) = answer.json()["faults"]
        assert fault["where"] == key and fault["what"].startswith(
            "files are named in the settings file, on the machine"
        )
    assert file.read_text() == FILE


def test_a_file_that_is_a_camera_already_stays_one(admin, file):
    file.write_text("cameras:\n  film: {source: /films/a.mp4}\n")
    sent = {"cameras.film.source": "/films/a.mp4", "cameras.film.fps": 2}
    assert admin.send_in("PATCH", "settings", **sent).status_code == 200
    assert load_settings(file).cameras["film"].fps == 2
    assert admin.send_in("PATCH", "settings", **{"cameras.film.source": "/films/b.mp4"}).status_code == 409
    assert admin.send_in("PATCH", "settings", **{"cameras.film.source": "rtsp://10.0.0.9/live"}).status_code == 200


def test_an_address_that_nobody_can_open_is_refused_as_it_is_typed(admin, file):
    answer = admin.send_in("PATCH", "settings", **{"cameras.gate.source": "ftp://me:hunter2@host/x"})
    assert answer.status_code == 422 and "hunter2" not in answer.text
    (fault,) = answer.json()["faults"]
    assert fault["where"] == "cameras.gate.source" and "an address of an unknown kind; known are" in fault["what"]
    assert file.read_text() == FILE


def test_null_leads_back_to_the_default_and_takes_a_camera_away(admin, items, file):
    sent = {"detection.min_score": None, "cameras.door": None, "recognition.model": None}
    assert admin.send_in("PATCH", "settings", **sent).status_code == 200
    assert yaml.safe_load(file.read_text()) == {
        "detection": None,
        "cameras": {"yard": {"source": "http://10.0.0.3/video?token=plain-token"}},
    }
    assert "# the front one" in file.read_text()
    found = items()
    assert found["detection.min_score"]["source"] == "default" and found["detection.min_score"]["is_pending"]
    assert (found["cameras.door.source"]["value"], found["cameras.door.source"]["in_force"]) == (
        None,
        "rtsp://***@10.0.0.2/live",
    )


def test_everything_that_is_wrong_is_told_by_key_and_nothing_is_changed(admin, file, audit):
    sent = {
        "detection.min_score": 7,
        "smoothing.window": "many",
        "emotion.model": "yunet",
        "privacy.purpose": "fun",
        "matching.votes": 10**300,
        "cameras.gate.fps": 2,
    }
    answer = admin.send_in("PATCH", "settings", **sent)
    assert answer.status_code == 422 and answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"] == "nothing was changed"
    faults = {one["where"]: one["what"] for one in answer.json()["faults"]}
    assert faults.keys() == {*(sent.keys() - {"cameras.gate.fps"}), "cameras.gate.source"}
    assert faults["detection.min_score"] == "7 is out of range, expected 0 to 1"
    assert faults["cameras.gate.source"] == "is missing"
    assert file.read_text() == FILE and audit.latest("settings.changed") is None
    assert [*file.parent.glob(".house*")] == []


FAULTY = [
    ({"detection.min_scor": 1}, "no such key, did you mean min_score?"),
    ({"detection": 1}, "is a section, name one of its keys"),
    ({"detection.model.x": 1}, "no such key, detection.model is one value"),
    ({"cameras.a": 1}, "is a section, name one of its keys"),
    ({'cameras."..".source': "0"}, "no camera is called . or .."),
    ({"cameras.a\nb.source": "0"}, "the name of a camera is one line of text"),
    ({"cameras..source": "0"}, "the name of a camera has 1 to 200 characters, and not only blanks"),
    ({'cameras."a': "0"}, "is no key"),
    ({"cameras.yard.every": 2, "cameras.yard.fps": 2}, "every and fps exclude each other"),
    ({"cameras.a.home": "/"}, "is the same for all cameras"),
    ({"privacy.reference": "a\0b"}, "holds characters that nobody can see"),
    (
        {"privacy.reference": "${DOOR_PASSWORD}"},
        "variables of the environment are put into the settings file on its machine, not from here",
    ),
    (
        {"cameras.door.source": "rtsp://***@evil.test/live"},
        "*** is kept for the same user and host alone: type the whole address",
    ),
]


def test_what_cannot_stand_there_is_refused(admin, file):
    for sent, fault in FAULTY:
        answer = admin.send_in("PATCH", "settings", **sent)
        assert answer.status_code == 422 and answer.json()["faults"][0]["what"].startswith(fault), sent
    assert file.read_text() == FILE


def test_what_is_no_change_is_refused(admin, file):
    for body in (
        "[]",
        "3",
        '{"a": {"b": 1}}',
        '{"a": [[1]]}',
        "{",
        '{"": 1}',
        '{"x": "\\ud800"}',
        '{"x\\ud800": 1}',
        '{"x": NaN}',
    ):
        answer = admin.patch("settings", content=body, headers={"content-type": "application/json"})
        assert answer.status_code == 422, body
    assert file.read_text() == FILE


SETTLED = [
    ("home", "the variable MIEN_HOME of the environment says it"),
    ("cache", "where files and keys lie is settled on the machine that mien runs on"),
    ("models_mirror", "where files and keys lie is settled on the machine that mien runs on"),
    ("encryption.key", "where files and keys lie is settled on the machine that mien runs on"),
    ("service.host", "where mien listens, and with which certificate, is settled on the machine that it runs on"),
    ("service.tls_key", "where mien listens, and with which certificate, is settled on the machine that it runs on"),
    ("service.trusted_proxies", "which proxies are believed is settled on the machine that mien runs on"),
    ("service.port", "--port says it, in the command that mien was started with"),
]


def test_what_is_settled_elsewhere_is_not_changed_from_here(admin, items, file):
    for key, why in SETTLED:
        assert items()[key]["fixed"] == why
        for value in ("file", None):
            answer = admin.send_in("PATCH", "settings", **{key: value})
            assert (answer.status_code, answer.json()["faults"]) == (409, [{"where": key, "what": why}])
    assert file.read_text() == FILE


def test_what_the_environment_says_is_told_with_the_variable(admin, items, monkeypatch):
    monkeypatch.setenv("MIEN_DETECTION__MIN_FACE_PX", "33")
    monkeypatch.setenv("MIEN_EMOTION", "mini-xception")
    monkeypatch.setenv("MIEN_CAMERAS__YARD__FPS", "2")
    found = items()
    assert found["detection.min_face_px"]["source"] == "MIEN_DETECTION__MIN_FACE_PX"
    assert found["emotion.model"]["applies"] == "start"
    for key, name in (
        ("detection.min_face_px", "MIEN_DETECTION__MIN_FACE_PX"),
        ("emotion.model", "MIEN_EMOTION"),
        ("cameras.yard", "MIEN_CAMERAS__YARD__FPS"),
    ):
        answer = admin.send_in("PATCH", "settings", **{key: None})
        assert answer.status_code == 409 and name in answer.json()["faults"][0]["what"]


def test_the_second_of_two_is_told_that_the_settings_have_changed(admin, file):
    seen = admin.get("settings").headers["etag"]
    first = admin.request("PATCH", "settings", json={"smoothing.window": 30}, headers={"if-match": seen})
    assert first.status_code == 200 and first.headers["etag"] not in ("", seen)
    second = admin.request("PATCH", "settings", json={"smoothing.window": 40}, headers={"if-match": seen})
    assert second.status_code == 412 and "the settings file was changed" in second.json()["detail"]
    assert load_settings(file).smoothing.window == 30
    file.write_text(file.read_text() + "# by hand\n")
    third = {"if-match": first.headers["etag"]}
    assert admin.request("PATCH", "settings", json={"smoothing.window": 50}, headers=third).status_code == 412


def test_of_many_at_once_none_is_lost(admin, file):
    keys = ["smoothing.window", "smoothing.min_readings", "matching.votes", "matching.views", "events.spoof_looks"]
    with ThreadPoolExecutor(5) as pool:
        sent = [*pool.map(lambda key: admin.request("PATCH", "settings", json={key: 9}).status_code, keys)]
    settings = load_settings(file)
    assert (
        sent == [200] * 5 and settings.smoothing.window == settings.matching.votes == settings.events.spoof_looks == 9
    )


def test_a_file_that_was_broken_by_hand_is_told_of_and_not_made_worse(admin, items, file, again):
    file.write_text(f"{FILE}events: {{spoof_looks: 0}}\n")
    told = admin.get("settings").json()
    assert told["problems"] == [{"where": "events.spoof_looks", "what": "0 is out of range, expected 1 to 1000"}]
    assert items()["detection.min_score"]["value"] == 0.7
    refused = admin.send_in("PATCH", "settings", **{"matching.votes": 4})
    assert (refused.status_code, refused.json()["faults"]) == (422, told["problems"])
    refused = admin.send_in("POST", "system/restart")
    assert (refused.status_code, refused.json()["faults"], again) == (422, told["problems"], [])
    assert admin.send_in("PATCH", "settings", **{"events.spoof_looks": 5}).status_code == 200
    for text in ("a: [", "- 1", "detection: {}\ndetection: {}\n"):
        file.write_text(text)
        assert admin.get("settings").json()["problems"] and admin.send_in("PATCH", "settings", x=1).status_code == 422
        assert admin.send_in("PATCH", "settings", **{"matching.votes": 4}).status_code == 422
        assert file.read_text() == text


def test_parts_that_several_keys_share_are_not_changed_by_the_way(admin, file):
    file.write_text("cameras:\n  a: &a {source: 0, fps: 2}\n  b: *a\n")
    answer = admin.send_in("PATCH", "settings", **{"cameras.a.fps": 3})
    assert answer.status_code == 409 and "shared by several keys" in answer.json()["detail"]
    assert load_settings(file).cameras["b"].fps == 2


def test_a_file_that_is_not_there_is_made_for_its_owner_alone(admin, file):
    file.unlink()
    assert admin.get("settings").json()["problems"]
    assert admin.send_in("PATCH", "settings", **{"smoothing.window": 30}).status_code == 200
    assert file.read_text() == "smoothing:\n  window: 30\n" and stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_link_stays_a_link(admin, file, tmp_path):
    real = tmp_path / "elsewhere"
    real.mkdir()
    file.rename(real / "house.yaml")
    file.symlink_to(real / "house.yaml")
    assert admin.send_in("PATCH", "settings", **{"smoothing.window": 30}).status_code == 200
    assert file.is_symlink() and load_settings(file).smoothing.window == 30


def test_where_nothing_can_be_written_that_is_said(admin, file, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("mien.settings.changing.editing.mkstemp", full)
    answer = admin.send_in("PATCH", "settings", **{"smoothing.window": 30})
    assert answer.status_code == 409 and "No space left on device" in answer.json()["detail"]
    assert file.read_text() == FILE


def test_cameras_of_all_names_can_be_changed(admin, items, file):
    file.write_text("cameras:\n  a.b: {source: 0}\n  7: {source: 0}\n  a/b: {source: 0}\n  yes: {source: 0}\n")
    keys = ['cameras."a.b".fps', "cameras.7.fps", "cameras.a/b.fps", "cameras.yes.fps"]
    assert admin.send_in("PATCH", "settings", **dict.fromkeys(keys, 3)).status_code == 200
    assert [one.fps for one in load_settings(file).cameras.values()] == [3, 3, 3, 3]
    assert {*keys} <= items().keys()
    assert admin.send_in("PATCH", "settings", **{'cameras."a.b"': None, "cameras.7": None}).status_code == 200
    assert [*load_settings(file).cameras] == ["a/b", "yes"]


def test_the_schema_tells_types_ranges_and_choices(admin):
    told = admin.get("settings/schema").json()
    detection = told["properties"]["detection"]["properties"]
    assert detection["min_score"] == {
        "default": 0.6,
        "type": "number",
        "minimum": 0,
        "maximum": 1,
        "description": "0 to 1: less sure of it, it is no face",
    }
    assert "yunet" in detection["model"]["enum"] and "mobilefacenet" not in detection["model"]["enum"]
    assert "" in told["properties"]["liveness"]["properties"]["model"]["enum"]
    assert "scrfd-2.5g" in told["properties"]["accepted_models"]["items"]["enum"]
    assert told["properties"]["tracking"]["properties"]["method"]["enum"] == ["bytetrack", "sort", "ocsort"]
    camera = told["properties"]["cameras"]["additionalProperties"]["properties"]
    assert camera["every"]["maximum"] == 100_000 and camera["detection"]["properties"]["min_score"]["maximum"] == 1
    assert told["properties"]["home"]["readOnly"] and "readOnly" not in told["properties"]["detection"]


def test_a_restart_is_on_record_with_who_asked_for_it(admin, again, audit):
    answer = admin.send_in("POST", "system/restart")
    assert (answer.status_code, answer.json(), again) == (202, {"begun": 3}, ["again"])
    assert audit.latest("service.restarted").actor == "account:1"


def test_a_service_that_nobody_can_begin_anew_says_so(settings, stores, clock, page):
    alone = whole_service(settings, stores, clock)
    client = type(page())(alone.app)
    client.set_up(alone.setup_token)
    answer = client.send_in("POST", "system/restart")
    assert answer.status_code == 409 and "begin anew" in answer.json()["detail"]


def test_a_certificate_that_is_gone_keeps_a_restart_from_beginning(admin, file, again):
    file.write_text(f"{FILE}service: {{tls_certificate: gone.pem, tls_key: gone.key}}\n")
    answer = admin.send_in("POST", "system/restart")
    assert answer.status_code == 422 and "there is no file gone.pem" in answer.json()["detail"] and again == []


def test_calibrated_thresholds_are_told_as_such(settings, file):
    from mien.settings.changing.ground import Ground
    from mien.settings.changing.listing import listed

    measured = {("matching", "known_similarity"): 0.61}
    ground = Ground(settings, file, measured=lambda: measured)
    found = {one.key: one for one in listed(ground)[0]}["matching.known_similarity"]
    assert (found.value, found.in_force, found.default, found.source) == (0.61, 0.61, 0.61, "calibration")
    file.write_text(f"{FILE}matching: {{known_similarity: 0.5}}\n")
    found = {one.key: one for one in listed(ground)[0]}["matching.known_similarity"]
    assert (found.value, found.in_force, found.source, found.is_pending) == (0.5, 0.61, "house.yaml:10", True)


def test_the_audit_log_has_words_for_every_key_and_for_nothing_else():
    takes = FACTS["settings"]
    keys = {".".join(place) for place, value in leaves(Settings().model_dump()) if not isinstance(value, dict)}
    assert takes(tuple(keys)) and takes(("cameras.*", "cameras.*.source", "cameras.*.detection.min_score"))
    assert {*SECTIONS} == {*Settings.model_fields}
    for key in ("cameras.ada", "cameras", "cameras.ada.source", "ada.lovelace", "detection.Ada", "detection.a b", ""):
        assert not takes((key,)), key
