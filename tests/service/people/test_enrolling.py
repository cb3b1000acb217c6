"""People are taken in from pictures that are sent: real faces, and pictures that want to do harm."""

import threading
from dataclasses import replace
from io import BytesIO
from time import monotonic, sleep
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from PIL import Image
from tests.support.faces import ALL
from tests.support.service import browser, service

from mien.domain.clock import SystemClock
from mien.domain.errors import UsageError
from mien.domain.people.consent import ConsentText
from mien.service import uploads
from mien.service.people import enrolling
from mien.service.people.routes import build
from mien.service.repeats import Repeats
from mien.service.revisions import etag_of
from mien.settings import Settings
from mien.sources.opening import open_video_file
from mien.wiring.serving.people import build_people_desk


@pytest.fixture(scope="module")
def ben(catalog, weights) -> list[bytes]:
    """Pictures of a man, from a video of him."""
    frames = [*open_video_file(str(weights.path(catalog.card("carphone"))), SystemClock()).frames()]
    chosen = [one.pixels.bgr() for one in frames[:: len(frames) // 4]][:4]
    return [jpeg(cv2.resize(one, None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC)) for one in chosen]


def jpeg(image) -> bytes:
    return cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 95])[1].tobytes()


@pytest.fixture
def app(settings, stores, clock, tasks):
    return service(build(build_people_desk(settings, stores, lambda: tasks, clock)))


def send(app, path: str, *pictures, headers=None, **fields):
    """Send pictures, bytes or names with bytes, in a form; the answer."""
    named = [one if isinstance(one, tuple) else (f"{place}.jpg", one) for place, one in enumerate(pictures, 1)]
    files = [("pictures", (name, content, "image/jpeg")) for name, content in named]
    return browser(app, "operator").post(f"/api/v1{path}", files=files, data=fields, headers=headers or {})


def test_somebody_is_enrolled_and_told_of_each_picture(app, ada, ben, stores, clock):
    blank = jpeg(np.full((200, 200, 3), 128, np.uint8))
    consent = {"scopes": ["identify", "keep"], "version": "2", "evidence": "form 17"}
    answer = send(app, "/people", ada, blank, ada, name=" Ada ", **consent)
    told = answer.json()
    assert answer.status_code == 201, told
    assert (told["person_id"], told["is_new"], told["is_declared"]) == ("person-0001", True, False)
    outcomes = [(one["picture"], one["outcome"], one["reason"]) for one in told["pictures"]]
    assert outcomes == [
        ("1.jpg", "accepted", ""),
        ("2.jpg", "refused", "no face was found"),
        ("3.jpg", "skipped", "enrolled already"),
    ]
    person = stores.people.named("Ada")
    assert stores.consents.scopes_of(person.person_id, clock.now()) == {"identify", "keep"}
    assert [(one.origin, bool(one.crop)) for one in stores.people.pictures(person.person_id)] == [("1.jpg", True)]
    assert send(app, "/people", ada, name="ada").status_code == 409
    other = send(app, "/people", ada, name="Ben").json()
    assert "the face is that of 'Ada'" in other["pictures"][0]["reason"] and other["status"] == 422
    new = send(app, "/people", *ben, name="Ben").json()
    assert new["accepted"] >= 1 and new["is_declared"]
    added = send(app, f"/people/{new['person_id']}/pictures", ada, *ben)
    assert added.status_code == 200 and [one["outcome"] for one in added.json()["pictures"]][:2] == [
        "refused",
        "skipped",
    ]
    assert send(app, f"/people/{new['person_id']}/pictures", ada, overrule=True).json()["accepted"] == 1


def test_a_dry_run_keeps_nothing(app, ada, stores):
    told = send(app, "/people?dry_run=true", ada, name="Ada").json()
    assert (told["accepted"], told["person_id"], told["is_dry_run"]) == (1, None, True)
    assert not stores.people.people(everybody=True) and not [*stores.media.names()]


def bomb() -> bytes:
    """A picture of few bytes and a great many pixels."""
    made = BytesIO()
    Image.new("1", (12_000, 12_000)).save(made, "PNG")
    return made.getvalue()


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (lambda ada: b"", "it is empty"),
        (lambda ada: b"GIF89a no picture at all", "it is of no known kind"),
        (lambda ada: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "it is of no known kind"),
        (lambda ada: ada[: len(ada) // 2], "it is cut short"),
        (lambda ada: bomb(), "is too large: 12000×12000 px are 144 megapixels"),
        (lambda ada: ada[:9000] + bytes(60_000) + ada[69_000:], ""),
    ],
    ids=["empty", "no picture", "a program", "cut short", "a bomb", "damaged"],
)
def test_pictures_that_are_no_good_are_refused_and_nothing_is_kept(app, ada, stores, broken, reason):
    answer = send(app, "/people", ("../../etc/x.png", broken(ada)), name="Eve")
    (told,) = answer.json()["pictures"]
    assert answer.status_code == 422 and answer.headers["content-type"] == "application/problem+json"
    assert told["picture"] == "x.png" and told["outcome"] == "refused" and reason in told["reason"]
    assert reason in answer.json()["detail"]
    assert not stores.people.people(everybody=True) and not [*stores.media.names()]


def test_what_is_too_large_is_not_read(app, ada, stores, monkeypatch):
    monkeypatch.setattr(uploads, "LARGEST", len(ada) - 1)
    assert "at most" in send(app, "/people", ada, name="Eve").json()["pictures"][0]["reason"]
    many = send(app, "/people", *[b"x"] * (uploads.MOST_PICTURES + 1), name="Eve")
    assert many.status_code == 422 and "at most 50 pictures" in many.json()["detail"]
    assert not stores.people.people(everybody=True)


def test_files_that_are_sent_never_touch_the_disk(app, ada, monkeypatch):
    monkeypatch.setattr("tempfile.TemporaryFile", lambda *_, **__: pytest.fail("it is written to the disk"))
    large = ada + bytes(3 << 20)  # behind the picture's end
    assert send(app, "/people?dry_run=true", large, name="Ada").json()["accepted"] == 1


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"name": ""},
        {"name": "unknown-0007"},
        {"name": "Eve", "scopes": "everything"},
        {"name": "Eve", "evidence": "form 17"},
        {"name": "Eve", "scopes": "identify", "expires_at": "2020-01-01T00:00:00Z"},
        {"name": "Eve", "hobby": "chess"},
    ],
)
def test_a_form_of_the_wrong_shape_is_refused(app, ada, stores, form):
    answer = send(app, "/people", ada, **form)
    assert answer.status_code in (409, 422) and answer.json()["status"] == answer.status_code
    assert not stores.people.people(everybody=True)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"{}", "application/json"),
        (b"", "multipart/form-data"),
        (b"--b\r\nnonsense", "multipart/form-data; boundary=b"),
        (b"name=Eve&pictures=x", "application/x-www-form-urlencoded"),
        (
            b'--b\r\nContent-Disposition: form-data; name="pictures"\r\n\r\nx\r\n--b--',
            "multipart/form-data; boundary=b",
        ),
    ],
)
def test_what_is_no_form_is_refused(app, content, kind):
    answer = browser(app, "operator", raises=False).post(
        "/api/v1/people", content=content, headers={"content-type": kind}
    )
    assert answer.status_code == 422 and answer.json()["title"]


def test_a_stranger_gets_no_pictures_by_hand(app, ada, live):
    assert "give them a name" in send(app, f"/people/{live().person_id}/pictures", ada).json()["detail"]
    assert send(app, "/people/person-0099/pictures", ada).status_code == 404


def test_a_request_that_is_sent_again_is_answered_as_the_first_one(app, ada, ben, stores):
    key = {"idempotency-key": "one"}
    first = send(app, "/people", ada, name="Ada", headers=key)
    again = send(app, "/people", ada, name="Ada", headers=key)
    assert (again.status_code, again.json()) == (201, first.json())
    assert len(stores.people.pictures()) == 1
    other = send(app, "/people", ada, name="Eve", headers=key)
    assert other.status_code == 422 and "another request" in other.json()["detail"]
    refused = {"idempotency-key": "two"}
    assert send(app, "/people", b"x", name="Eve", headers=refused).status_code == 422
    assert send(app, "/people", b"x", name="Eve", headers=refused).json()["pictures"]


def test_whoever_was_forgotten_does_not_come_back_by_a_request_that_is_sent_again(app, ada, stores):
    key = {"idempotency-key": "one"}
    person_id = send(app, "/people", ada, name="Ada", headers=key).json()["person_id"]
    stores.people.forget(person_id)
    again = send(app, "/people", ada, name="Ada", headers=key)
    assert again.status_code == 404 and person_id not in again.text
    assert stores.people.named("Ada") is None


class Interrupted:
    """Enrols once something was done meanwhile."""

    def __init__(self, enrolling, done) -> None:
        self._enrolling = enrolling
        self._done = done

    def enrol(self, *args, **more):
        self._done()
        return self._enrolling.enrol(*args, **more)


def test_pictures_are_of_whoever_was_asked_for_or_of_nobody(settings, stores, clock, tasks, ada, ben):
    desk = build_people_desk(settings, stores, lambda: tasks, clock)
    app = service(build(desk))
    person_id = send(app, "/people", ada, name="Ada").json()["person_id"]
    late = Interrupted(desk.enrolling, lambda: stores.people.forget(person_id))
    answer = send(service(build(replace(desk, enrolling=late))), f"/people/{person_id}/pictures", *ben, overrule=True)
    assert answer.status_code == 422 and f"{person_id} is not there any more" in answer.json()["detail"]
    assert not stores.people.people(everybody=True)


def test_whoever_got_the_name_meanwhile_gets_no_pictures(settings, stores, clock, tasks, ada):
    desk = build_people_desk(settings, stores, lambda: tasks, clock)
    come = Interrupted(desk.enrolling, lambda: stores.people.add_person("ada", [], clock.now(), ALL))
    late = service(build(replace(desk, enrolling=come)))
    answer = send(late, "/people", ada, name="Ada", evidence="x", scopes=["identify"])
    assert answer.status_code == 422 and "is there already" in answer.json()["detail"]
    (other,) = stores.people.people(everybody=True)
    assert not stores.people.pictures() and "x" not in {one.evidence for one in stores.consents.of(other.person_id)}


def test_whoever_is_new_gets_all_pictures_that_are_sent_together(app, ben, stores):
    told = send(app, "/people", *ben, name="Ben", overrule=True).json()
    assert told["accepted"] == len(stores.people.pictures(told["person_id"])) > 1


def test_pictures_are_not_taken_in_of_whom_somebody_else_changed_since_they_were_seen(app, ada, ben, stores, clock):
    first = send(app, "/people", ada, name="Ada")
    person_id, seen = first.json()["person_id"], first.headers["etag"]
    path = f"/people/{person_id}/pictures"
    assert first.json()["etag"] == seen == etag_of(stores.people.person(person_id))
    stores.consents.give(person_id, ALL, clock.now())
    late = send(app, path, ben[0], overrule=True, headers={"if-match": seen})
    assert late.status_code == 412 and "changed by somebody else" in late.json()["detail"]
    assert len(stores.people.pictures(person_id)) == 1
    now = {"if-match": etag_of(stores.people.person(person_id)), "idempotency-key": "one"}
    added = send(app, path, ben[0], overrule=True, headers=now)
    assert added.status_code == 200 and added.headers["etag"] == added.json()["etag"] != now["if-match"]
    again = send(app, path, ben[0], overrule=True, headers=now)
    assert (again.status_code, again.json()) == (200, added.json()), "it is the answer that got lost"
    assert len(stores.people.pictures(person_id)) == 2


def test_of_those_who_send_pictures_of_the_same_person_as_seen_one_is_first(app, ada, ben, stores):
    first = send(app, "/people", ada, name="Ada")
    path, seen = f"/people/{first.json()['person_id']}/pictures", {"if-match": first.headers["etag"]}
    answers: list[int] = []

    def rival(picture: bytes) -> None:
        answers.append(send(app, path, picture, overrule=True, headers=seen).status_code)

    rivals = [threading.Thread(target=rival, args=(one,)) for one in ben[:2]]
    for one in rivals:
        one.start()
    for one in rivals:
        one.join()
    assert sorted(answers) == [200, 412] and len(stores.people.pictures()) == 2


def test_where_consent_has_to_be_told_nobody_declares_it(stores, clock, tasks, ada, settings):
    at_work = Settings(home=settings.home, privacy={"purpose": "workplace"})
    app = service(build(build_people_desk(at_work, stores, lambda: tasks, clock)))
    for untold in ({}, {"scopes": ["identify"]}, {"scopes": ["identify"], "version": "2", "evidence": " "}):
        answer = send(app, "/people", ada, name="Ada", **untold)
        assert answer.status_code == 422 and "what proves it" in answer.json()["detail"], untold
        assert "--" not in answer.json()["detail"]
    assert send(app, "/people", ada, name="Ada", scopes=["identify"], evidence="form 17").status_code == 201


@pytest.mark.parametrize("scopes", [["identify"], ["identify", "expression", "keep"]])
def test_without_proof_an_operator_declares_it_to_however_many_uses(app, ada, stores, scopes):
    until = "2031-01-01T00:00:00+00:00"
    told = send(app, "/people", ada, name="Ada", scopes=scopes, version="3a", expires_at=until).json()
    assert told["is_declared"]
    record = stores.consents.of(told["person_id"])
    assert [one.scope for one in record] == sorted(scopes)
    assert all((one.is_declared, one.version) == (True, "3a") for one in record)
    assert {one.expires_at.isoformat() for one in record} == {until}


def test_the_text_of_the_deployment_is_kept_of_whom_it_was_read_to(stores, clock, tasks, ada, settings):
    own = Settings(home=settings.home, service={"consent_text": "We know you by your face."})
    app = service(build(build_people_desk(own, stores, lambda: tasks, clock)))
    asked = {"scopes": ["identify"], "evidence": "form 17"}
    version = ConsentText.of("We know you by your face.").version
    told = send(app, "/people", ada, name="Ada", version=version, **asked).json()
    (record,) = stores.consents.of(told["person_id"])
    assert (record.version, record.text) == (version, "We know you by your face.")
    send(app, f"/people/{told['person_id']}/pictures", ada, version="of our own", **asked)
    assert [one.text for one in stores.consents.of(told["person_id"])] == ["We know you by your face.", ""]


def test_what_an_operator_declares_undoes_no_withdrawal(app, ada, stores, clock):
    person_id = send(app, "/people", ada, name="Ada", scopes=["identify", "keep"]).json()["person_id"]
    stores.consents.withdraw(person_id, ["keep"], clock.now())
    send(app, f"/people/{person_id}/pictures", ada, scopes=["identify", "keep"])
    assert stores.consents.scopes_of(person_id, clock.now()) == {"identify"}


def test_pictures_of_many_do_not_wait_in_memory(clock):
    """All clients are of one event loop, as they are of one server."""
    may_go_on, answers = threading.Event(), []

    def waits(_: str) -> None:
        may_go_on.wait(20)
        raise UsageError("enough")

    desk = SimpleNamespace(people=SimpleNamespace(named=waits))
    app = service(enrolling.build(desk, Repeats(clock)))
    with browser(app, "operator") as one, browser(app, "admin") as other:
        other.portal = one.portal

        def ask(client) -> None:
            sent = {"files": [("pictures", ("1.jpg", b"x", "image/jpeg"))], "data": {"name": "Ada"}}
            answers.append(client.post("/api/v1/people", **sent).status_code)

        storm = [threading.Thread(target=ask, args=(client,)) for client in [one] * 5 + [other] * 5]
        for thread in storm:
            thread.start()
        deadline_s = monotonic() + 10
        while len(answers) < len(storm) - enrolling.MOST_REQUESTS and monotonic() < deadline_s:
            sleep(0.005)
        told = [*answers]
        may_go_on.set()
        for thread in storm:
            thread.join(20)
        assert told == [429] * 6 and enrolling.MOST_REQUESTS == 2 * enrolling.MOST_OWN == 4
        assert sorted(answers) == [422] * 4 + [429] * 6


def test_whoever_repeats_a_request_meanwhile_waits_for_its_answer(clock):
    repeats, begun, may_end, made = Repeats(clock), threading.Event(), threading.Event(), []

    def work():
        begun.set()
        may_end.wait(5)
        made.append(1)
        return len(made)

    answers = []

    def ask():
        answers.append(repeats.once(1, "key", "this", work))

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for one in threads:
        one.start()
    begun.wait(5)
    may_end.set()
    for one in threads:
        one.join()
    assert answers == [1, 1, 1] and repeats.once(2, "key", "that", work) == 2
    with pytest.raises(UsageError):
        repeats.once(1, "key", "that", work)
    clock.passed_s += 601
    assert repeats.once(1, "key", "that", work) == 3
