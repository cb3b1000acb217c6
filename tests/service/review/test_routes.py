"""Strangers wait for somebody to say who they are, one by one or several at once."""

import numpy as np
import pytest
from tests.support.faces import ALL, axis, kept, like
from tests.support.service import browser, service

from mien.domain.people.sightings import Sighting
from mien.gallery.curation.outliers import CleanupSettings
from mien.service.people.routes import build as people_routes
from mien.service.review.routes import build
from mien.store.journal import PersonMerged, PersonName, PictureMove
from mien.wiring.serving.people import build_people_desk
from mien.wiring.serving.review import build_review_desk


@pytest.fixture
def api(settings, stores, clock):
    """Asks for something of the review, as somebody of a role; the answer."""
    app = service(build(build_review_desk(settings, stores, clock)))

    def ask(method: str, path: str = "", role: str = "operator", **more):
        return browser(app, role).request(method, f"/api/v1/review{path}", **more)

    return ask


@pytest.fixture
def meet(stores, clock):
    """A stranger of some face is met so many times."""

    def meet(vector, visits: int = 1) -> str:
        pictures = [kept(vector), kept(like(vector, 0.95))]
        person_id = stores.people.add_stranger(pictures, clock.now()).person_id
        for _ in range(visits):
            clock.passed_s += 60
            stores.sightings.add(Sighting("door", 1, "unknown", person_id, 0.5, clock.now(), clock.now()))
        return person_id

    return meet


def test_strangers_wait_with_whom_they_resemble(api, meet, stores, clock):
    ann = stores.people.add_person("Ann", [kept(axis(0))], clock.now(), ALL).person_id
    rare, often = meet(like(axis(0), 0.4), 1), meet(axis(3), 3)
    page = api("GET", role="viewer").json()
    assert [one["person_id"] for one in page["items"]] == [often, rare] and page["total"] == 2
    told = page["items"][1]
    assert (told["people"][0]["person_id"], told["people"][0]["name"]) == (ann, "Ann")
    assert told["strangers"][0]["person_id"] == often and told["visits"] == 1 and told["templates"] == 2
    assert 0 < page["named_from"] < 1 and 0 < page["one_from"] < 1
    first = api("GET", "?limit=1").json()
    assert [one["person_id"] for one in first["items"]] == [often]
    met = meet(axis(7), 5)
    rest = api("GET", f"?limit=5&after={first['next']}").json()
    assert [one["person_id"] for one in rest["items"]] == [rare] and rest["next"] is None
    assert api("GET").json()["items"][0]["person_id"] == met
    assert api("GET", "?after=nonsense").status_code == 422


def test_several_strangers_become_somebody_at_once_and_are_parted_again(api, meet, stores, clock):
    one, other = meet(axis(1)), meet(axis(2))
    asked = {"strangers": [one, other, one], "name": "Eve", "consent": {"scopes": ["identify"]}}
    would = api("POST", "/new?dry_run=true", json=asked).json()
    assert would["change_id"] is None and any("hardly look alike" in told for told in would["warnings"])
    done = api("POST", "/new", json=asked).json()
    eve = stores.people.named("Eve")
    assert {*done["people"]} == {one, other, eve.person_id} and len(stores.people.pictures(eve.person_id)) == 4
    assert stores.people.selves(other)[0] == eve.person_id
    assert stores.consents.scopes_of(eve.person_id, clock.now()) == {"identify"}
    stores.journal.undo(clock.now(), done["change_id"])
    assert [len(stores.people.pictures(person_id)) for person_id in (one, other)] == [2, 2]
    assert api("GET").json()["total"] == 2


def test_pictures_that_a_name_without_keep_deleted_are_told_as_gone_and_not_listed_after_an_undo(api, stores, clock):
    crops = [stores.media.save(np.full((112, 112, 3), shade, np.uint8)) for shade in (20, 90)]
    pictures = [kept(axis(1), crop=crops[0]), kept(axis(2), crop=crops[1])]
    met = stores.people.add_stranger(pictures, clock.now()).person_id
    assert len(api("GET").json()["items"][0]["pictures"]) == 2
    asked = {"strangers": [met], "name": "Eve", "consent": {"scopes": ["identify"], "evidence": "form 17"}}
    gone = "2 stored pictures {} deleted, which no undo brings back"
    assert gone.format("will be") in api("POST", "/new?dry_run=true", json=asked).json()["warnings"][-1]
    done = api("POST", "/new", json=asked).json()
    assert gone.format("were") in done["warnings"][-1]
    stores.journal.undo(clock.now(), done["change_id"])
    told = api("GET").json()["items"][0]
    assert (told["person_id"], told["pictures"], told["stored"], told["best_picture"]) == (met, [], 0, None)


def test_who_was_founded_and_taken_back_again_is_not_listed_but_found_to_be_forgotten(
    settings, stores, clock, api, meet
):
    routes = people_routes(build_people_desk(settings, stores, lambda: None, clock))
    ask = browser(service(routes), "operator")

    def listed(**asked: str) -> list[str]:
        return [one["person_id"] for one in ask.get("/api/v1/people", params=asked).json()["items"]]

    one, other = meet(axis(1)), meet(axis(2))
    done = api("POST", "/new", json={"strangers": [one, other], "name": "Eve"}).json()
    eve = stores.people.named("Eve").person_id
    assert {*listed(everybody="true")} == {one, other, eve}
    assert ask.post("/api/v1/changes/undo", json={"change_id": done["change_id"]}).status_code == 200
    assert listed(everybody="true") == listed() == [one, other]
    assert listed(everybody="true", q="eve") == [eve]
    assert api("GET").json()["total"] == 2


@pytest.mark.parametrize("consent", [None, {"scopes": ["identify", "keep"]}])
def test_without_consent_that_is_proved_it_is_declared(api, meet, stores, consent):
    api("POST", "/new", json={"strangers": [meet(axis(1))], "name": "Eve", "consent": consent})
    record = stores.consents.of(stores.people.named("Eve").person_id)
    assert len(record) == (2 if consent else 3) and all(one.is_declared for one in record)


def test_strangers_are_assigned_ignored_and_discarded(api, meet, stores, clock):
    ann = stores.people.add_person("Ann", [kept(axis(0))], clock.now(), ALL).person_id
    met = [meet(axis(place)) for place in range(1, 6)]
    done = api("POST", "/assign", json={"strangers": met[:2], "to": ann}).json()
    assert done["kind"] == "stranger.assigned" and stores.people.selves(met[1])[0] == ann
    assert api("POST", "/ignore", json={"strangers": met[2:4]}).json()["kind"] == "person.ignored"
    assert [one["person_id"] for one in api("GET").json()["items"]] == met[4:]
    assert api("GET", "?ignored=true").json()["total"] == 3
    assert api("POST", "/discard", json={"strangers": met[4:]}).json()["change_id"]
    assert api("GET").json() | {"named_from": 0} == api("GET").json() | {"named_from": 0, "items": [], "total": 0}


def of(person: int, number: int):
    """A picture of a face: any two of one are 0.64 similar."""
    return kept(like(axis(person), 0.8, 40 + number))


@pytest.fixture
def doubted(stores, clock):
    """Ann and Bob, one of whose pictures shows Ann, and another one nobody; hours ago. Bob's id, and of the two."""
    stores.people.add_person("Ann", [of(0, at) for at in range(3)], clock.now(), ALL)
    mine = [*(of(1, 5 + at) for at in range(4)), of(0, 9), of(7, 10)]
    bob = stores.people.add_person("Bob", mine, clock.now(), ALL).person_id
    clock.passed_s += 7200
    return bob, *(one.picture_id for one in stores.people.pictures(bob)[4:])


def test_doubtful_pictures_wait_with_whose_they_are_and_whom_they_show(api, stores, clock, doubted):
    bob, of_ann, of_nobody = doubted
    page = api("GET", "/pictures", role="viewer").json()
    assert [one["picture_id"] for one in page["items"]] == [of_ann, of_nobody]
    assert (page["total"], page["next"], page["emptied"], page["left_alone"]) == (2, None, [], 0)
    first, second = page["items"]
    assert first["owner"] == {**first["owner"], "person_id": bob, "name": "Bob"}
    assert first["reason"] == "unlike the others" and first["resembles"]["name"] == "Ann"
    assert second["resembles"] is None, "everybody resembles somebody most"
    begin = api("GET", "/pictures?limit=1").json()
    assert [one["picture_id"] for one in begin["items"]] == [of_ann] and begin["total"] == 2
    rest = api("GET", f"/pictures?after={begin['next']}").json()
    assert [one["picture_id"] for one in rest["items"]] == [of_nobody]
    for nonsense in ("x", "1", "1.x", ".", "1.-1"):
        assert api("GET", f"/pictures?after={nonsense}").status_code == 422
    assert api("GET", "/pictures", role=None).status_code == 401


def test_pictures_of_whom_all_are_doubtful_are_not_proposed(api, stores, clock):
    eve = stores.people.add_person("Eve", [kept(axis(1)), kept(axis(2))], clock.now(), ALL).person_id
    clock.passed_s += 60
    assert api("GET", "/pictures").json()["left_alone"] == 2
    clock.passed_s += 7200
    page = api("GET", "/pictures").json()
    assert page["items"] == [] and [one["person_id"] for one in page["emptied"]] == [eve]


def test_without_templates_nothing_is_doubtful(api):
    assert api("GET", "/pictures").json() == {
        "items": [],
        "next": None,
        "total": 0,
        "emptied": [],
        "left_alone": 0,
        "one_from": CleanupSettings().same,
    }


def test_what_is_decided_of_doubtful_pictures_takes_them_out(settings, stores, clock, doubted):
    bob, of_ann, of_nobody = doubted
    desks = (
        build(build_review_desk(settings, stores, clock)),
        people_routes(build_people_desk(settings, stores, lambda: None, clock)),
    )
    operator = browser(service(*desks), "operator")

    def waiting() -> list[int]:
        return [one["picture_id"] for one in operator.get("/api/v1/review/pictures").json()["items"]]

    def post(path: str, **asked) -> int:
        done = operator.post(f"/api/v1/pictures/{path}", json={"person_id": bob, **asked})
        assert done.status_code == 200, done.text
        return done.json()["change_id"]

    assert waiting() == [of_ann, of_nobody]
    kept_as_right = post("keep", picture_ids=[of_nobody])
    assert waiting() == [of_ann]
    post("move", picture_ids=[of_ann], to=stores.people.named("Ann").person_id)
    assert waiting() == []
    operator.post("/api/v1/changes/undo", json={})
    operator.post("/api/v1/changes/undo", json={"change_id": kept_as_right})
    assert waiting() == [of_ann, of_nobody]
    post("state", picture_ids=[of_ann, of_nobody], state="set_aside")
    assert waiting() == []


def seen_of(page: dict) -> dict[str, str]:
    return {one["person_id"]: one["etag"] for one in page["items"]}


@pytest.mark.parametrize("what", ["assign", "new", "ignore", "discard"])
def test_who_was_seen_again_is_decided_about_and_whom_somebody_changed_is_not(api, meet, stores, clock, what):
    ann = stores.people.add_person("Ann", [kept(axis(0))], clock.now(), ALL).person_id
    one, other = meet(axis(1)), meet(axis(2))
    more = {"assign": {"to": ann}, "new": {"name": "Eve"}}.get(what, {})
    seen = seen_of(api("GET").json())
    stores.people.add_pictures(one, [kept(like(axis(1), 0.9))], clock.now())
    stores.sightings.add(Sighting("door", 1, "unknown", one, 0.5, clock.now(), clock.now()))
    (first, *_) = stores.people.pictures(other)
    stores.journal.apply("picture.moved", [PictureMove((first.picture_id,), ann)], clock.now())
    both = {"strangers": [one, other], "seen": seen, **more}
    told = api("POST", f"/{what}", json=both)
    assert told.status_code == 412 and other in told.json()["detail"] and one not in told.json()["detail"]
    assert len(stores.journal.changes()) == 1
    assert api("POST", f"/{what}", json=both | {"strangers": [one], "seen": {one: seen[one]}}).status_code == 200


def test_whom_mien_took_for_another_stranger_meanwhile_is_not_decided_about(api, meet, stores, clock):
    one, other = meet(axis(1)), meet(axis(2))
    seen = seen_of(api("GET").json())
    stores.journal.apply("person.merged", [PersonMerged(other, one)], clock.now(), is_automatic=True)
    assert api("POST", "/discard", json={"strangers": [other], "seen": {other: seen[other]}}).status_code == 412
    assert api("POST", "/discard", json={"strangers": [one], "seen": {one: seen[one]}}).status_code == 200


def test_who_is_assigned_to_somebody_renamed_meanwhile_is_not(api, meet, stores, clock):
    ann = stores.people.add_person("Ann", [kept(axis(0))], clock.now(), ALL).person_id
    met = meet(like(axis(0), 0.4))
    (told,) = api("GET").json()["items"]
    assert told["people"][0]["person_id"] == ann
    stores.journal.apply("person.renamed", [PersonName(ann, "Anna")], clock.now())
    asked = {"strangers": [met], "to": ann, "seen": {ann: told["people"][0]["etag"]}}
    refused = api("POST", "/assign", json=asked)
    assert refused.status_code == 412 and "'Anna'" in refused.json()["detail"]


def test_a_name_that_is_sent_again_is_answered_again_until_who_has_it_is_forgotten(api, meet, stores):
    asked = {"json": {"strangers": [meet(axis(1))], "name": "Eve"}, "headers": {"idempotency-key": "a"}}
    first, again = (api("POST", "/new", **asked) for _ in range(2))
    assert first.status_code == again.status_code == 200 and first.json() == again.json()
    assert len(stores.journal.changes()) == 1
    stores.people.forget(stores.people.named("Eve").person_id)
    assert api("POST", "/new", **asked).status_code == 404
    asked["json"] = asked["json"] | {"name": "Eva"}
    assert api("POST", "/new", **asked).status_code == 422


@pytest.mark.parametrize("what", ["assign", "new", "ignore", "discard"])
def test_only_strangers_are_decided_about(api, meet, stores, clock, what):
    ann = stores.people.add_person("Ann", [kept(axis(0))], clock.now(), ALL).person_id
    more = {"assign": {"to": meet(axis(1))}, "new": {"name": "Eve"}}.get(what, {})
    assert api("POST", f"/{what}", json={"strangers": [ann], **more}).status_code == 409
    assert api("POST", f"/{what}", json={"strangers": ["unknown-0099"], **more}).status_code == 404
    assert api("POST", f"/{what}", json={"strangers": [], **more}).status_code == 422
    assert api("POST", f"/{what}", "viewer", json={"strangers": [ann], **more}).status_code == 403
