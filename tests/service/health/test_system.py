"""How the system fares: measured, and told without places of the machine."""

from dataclasses import replace
from time import monotonic, sleep

import pytest
from tests.support.service import Known, browser, program, socket
from tests.support.whole import whole_service

from mien.domain.events import CameraStatus
from mien.engine.serving.news import EngineState, NamedStatus
from mien.pipeline.timings import StageTimings
from mien.service.cameras.schemas import Camera
from mien.service.health import warnings
from mien.settings import Settings
from mien.store.sql.database import NEWEST_SCHEMA
from mien.telemetry.process import DiskSpace
from mien.wiring.serving import serving, system
from mien.wiring.serving.live import Watched, prepare_live
from mien.wiring.serving.serving import build_service

PATH = "/api/v1/system"


@pytest.fixture
def known(monkeypatch) -> Known:
    known = Known()
    monkeypatch.setattr(serving, "StoredCredentials", lambda *_: known)
    return known


@pytest.fixture
def make(stores, clock, known):
    """The whole service over settings, and its engine, which is not started."""

    def make(settings: Settings):
        live = prepare_live(settings, stores, clock, Watched({}))
        return build_service(settings, stores, live, clock).app, live

    return make


def until(is_so) -> None:
    deadline_s = monotonic() + 10
    while not is_so():
        assert monotonic() < deadline_s
        sleep(0.01)


def told(app, role="viewer") -> dict:
    answer = browser(app, role).get(PATH)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_what_is_told_was_measured(make, settings, stores, clock):
    app, live = make(settings)
    clock.passed_s += 75
    live.hub.tell_statuses([NamedStatus(CameraStatus("a/b", "online", 9.0, 25.0, 5.0, 3, 1))], 0.0)
    found = told(app)
    assert found["uptime_s"] == 75 and found["version"]
    assert found["cpus"] >= 1 and 10e6 < found["memory_bytes"] <= found["memory_peak_bytes"] * 1.05
    assert 0 < found["disk_free_bytes"] <= found["disk_total_bytes"]
    size = stores.home.database.stat().st_size
    assert found["database"]["kind"] == "sqlite" and found["database"]["schema_revision"] == NEWEST_SCHEMA
    assert found["database"]["bytes"] >= size > 0
    assert found["engine"] == {"phase": "preparing", "detail": ""} and found["timings"] == []
    (camera,) = found["cameras"]
    assert (camera["name"], camera["state"], camera["analysed_fps"], camera["dropped"]) == ("a/b", "online", 5.0, 3)
    assert found["warnings"] == [] and found["live_clients"] == 0


def test_strangers_are_told_in_a_word_what_is_awaited(make, settings, monkeypatch):
    app, live = make(settings)

    def ready() -> tuple[int, str]:
        answer = browser(app, None).get("/api/v1/ready")
        return answer.status_code, answer.json()["waits_for"]

    assert ready() == (503, "models")
    live.running._tell("preparing", "cameras are being opened")
    live.models.assembly = object()
    assert ready() == (503, "cameras")
    live.running._tell("running")
    assert ready() == (200, "")
    live.running._tell("failed", "the disk is full")
    assert ready() == (503, "failed")
    live.models.assembly = None
    assert told(app)["engine"] == {"phase": "failed", "detail": "the disk is full"}


def test_steps_are_timed_once_there_are_models(make, settings):
    app, live = make(settings)
    timings = StageTimings()
    with timings.stage("detection"):
        pass

    class Loaded:
        class pipelines:  # noqa: N801  it stands in for an attribute
            pass

    Loaded.pipelines.timings = timings
    live.models.assembly = Loaded
    (step,) = told(app)["timings"]
    assert (step["stage"], step["runs"]) == ("detection", 1) and 0 < step["median_ms"] == step["p95_ms"] < 1000


def test_it_names_no_place_of_the_machine(make, settings):
    (settings.home / "models").mkdir(parents=True)
    (settings.home / "models" / "accepted.json").write_text("[]")
    risky = settings.model_copy(
        update={
            "service": replace(settings.service, host="0.0.0.0"),
            "detection": replace(settings.detection, model="scrfd-2.5g"),
            "privacy": replace(settings.privacy, purpose="workplace"),
        }
    )
    answer = browser(make(risky)[0], "viewer").get(PATH)
    assert str(settings.home) not in answer.text and str(settings.cache) not in answer.text
    tls, purpose, record, waits = answer.json()["warnings"]
    assert tls.startswith("Without tls everybody") and purpose.startswith("Expressions are not read: for workplace")
    assert record.startswith("Which terms of models were accepted cannot be read")
    assert waits == "The model scrfd-2.5g does not run before its terms are accepted."


def test_why_the_engine_failed_names_no_place_but_to_an_admin_who_is_logged_in(make, settings, tmp_path, known):
    (cache := tmp_path / "no-folder").write_text("")
    app, live = make(settings.model_copy(update={"cache": cache}))
    key = program(app, known.key("admin", "read"))
    with live.running:
        until(lambda: live.running.state.phase == "failed")
        with socket(app, "/live", "viewer") as opened:
            opened.send_json({"type": "watch"})
            message = opened.receive_text()
        answers = browser(app, "viewer").get(PATH), browser(app, "operator").get(PATH), key.get(PATH)
        waiting = browser(app, "operator").post("/api/v1/analyze", files=[("pictures", ("a.png", b"x", "image/png"))])
        admins = told(app, "admin")
    assert "a model that is needed cannot be had now; it is tried again in 60 s" in message
    for said in (message, waiting.text, *(one.text for one in answers)):
        assert str(tmp_path) not in said
    assert waiting.status_code == 503 and "cannot be had now" in waiting.json()["detail"]
    assert f"{cache / 'models'}" in admins["engine"]["detail"] and "could not be written" in admins["engine"]["detail"]
    assert admins["warnings"][0].startswith("Nothing is analysed: a model that is needed cannot be had now")


def test_what_delivers_nothing_is_a_warning(make, settings):
    app, live = make(settings)
    live.hub.tell_statuses(
        [
            NamedStatus(CameraStatus("door", "offline"), "the server refused"),
            NamedStatus(CameraStatus("hall", "online")),
            NamedStatus(CameraStatus("yard", "stalled"), "yard sent nothing for 10 s"),
            NamedStatus(CameraStatus("attic", "disabled")),
        ],
        0.0,
    )
    live.hub.tell_engine(EngineState("failed", "the network is not there"))
    assert told(app)["warnings"] == [
        "Nothing is analysed: the network is not there.",
        "The camera door is offline.",
        "The camera yard is stalled.",
    ]


def test_a_disk_that_is_nearly_full_is_a_warning(make, settings, monkeypatch):
    monkeypatch.setattr(system, "disk_space", lambda _: DiskSpace(10**11, 5 * 10**8))
    (warning,) = told(make(settings)[0])["warnings"]
    assert warning.startswith("The disk is nearly full: 0.5 GB are free.")


def test_what_the_system_does_not_tell_is_null(make, settings, monkeypatch):
    monkeypatch.setattr(system, "disk_space", lambda _: None)
    monkeypatch.setattr("mien.service.health.system.rss_bytes", lambda: None)
    found = told(make(settings)[0])
    assert found["disk_free_bytes"] is found["disk_total_bytes"] is found["memory_bytes"] is None
    assert found["cpu_percent"] is None, "nothing was measured in the first second"


def test_nobody_else_is_told(make, settings, known):
    app, _ = make(settings)
    assert browser(app, None).get(PATH).status_code == 401
    assert program(app, known.key("viewer", "read")).get(PATH).status_code == 200
    assert program(app, known.key("admin", "settings")).get(PATH).status_code == 403


def test_an_engine_that_runs_is_no_warning():
    assert list(warnings.of_engine(EngineState("running"))) == []
    assert list(warnings.of_disk(None)) == []
    online = Camera.of(NamedStatus(CameraStatus("hall", "connecting")))
    assert list(warnings.of_cameras([online])) == []


def test_the_whole_service_has_it(settings, stores, clock, known):
    assert told(whole_service(settings, stores, clock).app)["cameras"] == []
