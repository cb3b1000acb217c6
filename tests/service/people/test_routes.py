"""People are found, shown and put in order; two who change one person at once hear of each other."""

import cv2
import numpy as np
from tests.support.faces import ALL, axis, kept

from mien.domain.errors import StoreError
from mien.gallery.registry import Registry
from mien.wiring.stores import build_audit


def names(answer):
    return [one["name"] or one["person_id"] for one in answer.json()["items"]]


def test_people_are_listed_by_name_and_then_strangers_by_age(api, live):
    live("Zoë Adams"), live("ann"), live(), live("Bob")
    found = api("GET", "/people", "viewer")
    assert names(found) == ["ann", "Bob", "Zoë Adams", "unknown-0001"] and found.json()["next"] is None
    assert names(api("GET", "/people?kind=stranger")) == ["unknown-0001"]
    assert names(api("GET", "/people?q=zoe")) == ["Zoë Adams"]
    assert names(api("GET", "/people", params={"q": "PERSON-0002"})) == ["ann"]
    first = found.json()["items"][0]
    assert (first["pictures"], first["stored"], first["templates"], first["is_recognised"]) == (3, 3, 6, True)
    assert api("GET", f"/pictures/{first['best_picture']}").headers["content-type"] == "image/png"


def test_pages_stay_right_while_people_come_and_go(api, live, desk):
    for name in ("b", "d", "f", "h"):
        live(name)
    page = api("GET", "/people?limit=2").json()
    assert [one["name"] for one in page["items"]] == ["b", "d"] and "d" not in page["next"].removeprefix("person")
    live("a"), live("e")
    desk.curator.carry_out(desk.curator.remove(["d"]))
    rest = api("GET", "/people", params={"limit": 2, "after": page["next"]}).json()
    assert [one["name"] for one in rest["items"]] == ["e", "f"]
    last = api("GET", "/people", params={"limit": 2, "after": rest["next"]}).json()
    assert [one["name"] for one in last["items"]] == ["h"] and last["next"] is None
    assert api("GET", "/people?after=person-9999").status_code == 422


def test_a_person_is_shown_with_pictures_visits_and_consent(api, live):
    ann = live("Ann").person_id
    page = api("GET", f"/people/{ann}")
    told = page.json()
    assert (told["consents"], told["visits"]) == (["expression", "identify", "keep"], 1) and page.headers["etag"]
    pictures = api("GET", f"/people/{ann}/pictures?limit=2").json()
    assert [one["state"] for one in pictures["items"]] == ["active", "active"] and pictures["items"][0]["is_stored"]
    assert len(api("GET", f"/people/{ann}/pictures", params={"after": pictures["next"]}).json()["items"]) == 1
    assert api("GET", f"/people/{ann}/sightings").json()["items"][0]["camera"] == "door"
    assert api("GET", "/people/person-0099").status_code == 404
    assert api("GET", "/people/Ann").status_code == 422


def test_visits_come_in_pages_the_newest_first(api, live, stores, clock):
    ann = live("Ann").person_id
    first = stores.sightings.latest(1)[0]
    for _ in range(4):
        clock.passed_s += 60
        stores.sightings.add(type(first)("yard", 2, "known", ann, 0.5, clock.now(), clock.now()))
    stores.sightings.add(type(first)("hall", 3, "known", ann, 0.5, clock.now(), clock.now()))  # two at one moment
    seen, after = [], {}
    while after is not None:
        page = api("GET", f"/people/{ann}/sightings", params={"limit": 1} | after).json()
        seen += [one["sighting_id"] for one in page["items"]]
        after = {"after": page["next"]} if page["next"] else None
    assert seen == [6, 5, 4, 3, 2, 1]
    for wrong in ("x.1", "1", "9" * 18 + ".1", "1.²"):
        assert api("GET", f"/people/{ann}/sightings?after={wrong}").status_code == 422


def test_changes_answer_in_words_and_can_be_taken_back(api, live):
    ann, bob = live("Ann").person_id, live("Bob").person_id
    would = api("POST", "/people/merge?dry_run=true", json={"into": ann, "others": [bob]}).json()
    assert would["change_id"] is None and would["is_dry_run"] and "hardly look alike" in would["warnings"][0]
    done = api("POST", "/people/merge", json={"into": ann, "others": [bob]}).json()
    assert done["change_id"] == 1 and {*done["people"]} == {ann, bob} and would["summary"].startswith("merge ")
    assert done["summary"] == f"merged{would['summary'].removeprefix('merge')}"
    assert api("GET", f"/people/{bob}").json()["person_id"] == ann
    foreseen = api("POST", "/changes/foresee", json={}).json()
    assert foreseen["is_dry_run"] and any("a person of their own again" in line for line in foreseen["taken_back"])
    undone = api("POST", "/changes/undo", json={"change_id": 1}).json()
    assert undone["taken_back"] == foreseen["taken_back"] and not undone["is_dry_run"]
    assert foreseen["summary"].startswith("undo change 1 ") and undone["summary"].startswith("undid change 1 ")
    assert names(api("GET", "/people")) == ["Ann", "Bob"]
    (told,) = api("GET", "/changes").json()["items"]
    assert (told["what"], told["who"], bool(told["undone_at"])) == ("merge", "Bob into Ann", True)
    assert api("POST", "/changes/undo", json={"change_id": 1}).status_code == 409


def test_changes_come_in_pages(api, live):
    ann = live("Ann").person_id
    for name in ("B", "C", "D"):
        assert api("PATCH", f"/people/{ann}", json={"name": name}).status_code == 200
    page = api("GET", "/changes?limit=2").json()
    assert [one["change_id"] for one in page["items"]] == [3, 2]
    assert [one["change_id"] for one in api("GET", f"/changes?after={page['next']}").json()["items"]] == [1]


def test_the_second_of_two_operators_is_told(api, live):
    ann = live("Ann").person_id
    seen = api("GET", f"/people/{ann}").headers["etag"]
    first = api("PATCH", f"/people/{ann}", json={"name": "Anna"}, headers={"if-match": seen})
    assert first.status_code == 200 and first.headers["etag"] != seen
    second = api("PATCH", f"/people/{ann}", json={"name": "Anne"}, headers={"if-match": seen})
    assert second.status_code == 412 and "changed by somebody else" in second.json()["detail"]
    assert api("DELETE", f"/people/{ann}", headers={"if-match": seen}).status_code == 412
    assert api("DELETE", f"/people/{ann}", headers={"if-match": first.headers["etag"]}).status_code == 200
    assert api("PATCH", f"/people/{ann}", json={"name": "Ann"}, headers={"if-match": "*"}).status_code == 409
    assert api("POST", f"/people/{ann}/restore").status_code == 200


def test_whoever_looked_before_somebody_else_changed_it_is_told_by_whatever_way(api, live, stores):
    people = {name: live(name).person_id for name in ("Ann", "Bob", "Cy")}
    ann, bob, cy = people.values()
    (picture, other, _) = (one["picture_id"] for one in api("GET", f"/people/{ann}/pictures").json()["items"])
    seen = {one["person_id"]: one["etag"] for one in api("GET", "/people").json()["items"]}
    assert seen[ann] == api("GET", f"/people/{ann}").headers["etag"]
    mine, both = {"seen": {ann: seen[ann]}}, {"seen": {one: seen[one] for one in (bob, cy)}}
    moved = api("POST", "/pictures/move", json={"picture_ids": [picture], "to": bob, "person_id": ann} | mine)
    assert moved.status_code == 200
    before = len(stores.journal.changes())
    late = [
        ("/pictures/state", {"picture_ids": [picture], "state": "binned"} | mine),
        ("/pictures/state", {"picture_ids": [other], "state": "set_aside"} | mine),
        ("/pictures/move", {"picture_ids": [picture], "to": cy} | mine),
        ("/pictures/keep", {"picture_ids": [other]} | mine),
        ("/people/merge", {"into": cy, "others": [bob]} | both),
    ]
    for path, asked in late:
        for query in ("", "?dry_run=true"):
            told = api("POST", f"{path}{query}", json=asked)
            assert told.status_code == 412, (path, told.text)
            assert ("'Bob'" if asked["seen"] == both["seen"] else "'Ann'") in told.json()["detail"]
            assert "changed by somebody else" in told.json()["detail"] and "'Cy'" not in told.json()["detail"]
    assert len(stores.journal.changes()) == before
    again = {one["person_id"]: one["etag"] for one in api("GET", "/people").json()["items"]}
    assert api("POST", "/pictures/state", json=late[1][1] | {"seen": {ann: again[ann]}}).status_code == 200
    api("POST", "/people/merge", json={"into": cy, "others": [bob]})
    gone = {"picture_ids": [picture], "state": "binned", "seen": {bob: again[bob]}}
    assert api("POST", "/pictures/state", json=gone).status_code == 412
    assert api("POST", "/pictures/state", json=gone | {"seen": {"person-0099": "x"}}).status_code == 404
    assert api("POST", "/pictures/state", json=gone | {"seen": {"Bob": "x"}}).status_code == 422


def test_what_is_merely_kept_up_is_not_changed(api, live, stores, clock):
    ann = live("Ann").person_id
    seen = api("GET", f"/people/{ann}").headers["etag"]
    (first, *_) = stores.people.pictures(ann)
    stores.people.set_qualities("judge", {first.picture_id: 0.4})
    assert api("GET", f"/people/{ann}").headers["etag"] == seen
    stores.consents.give(ann, ALL, clock.now())
    assert api("GET", f"/people/{ann}").headers["etag"] != seen


def test_a_split_that_is_sent_again_is_answered_again(api, live, stores):
    ann = live("Ann").person_id
    (picture, other, _) = (one["picture_id"] for one in api("GET", f"/people/{ann}/pictures").json()["items"])
    asked = {"json": {"picture_ids": [picture], "name": "Eve"}, "headers": {"idempotency-key": "a"}}
    first, again = (api("POST", f"/people/{ann}/split", **asked) for _ in range(2))
    assert first.status_code == again.status_code == 200 and first.json() == again.json()
    assert len(stores.journal.changes()) == 1
    asked["json"] = {"picture_ids": [other], "name": "Eve"}
    assert api("POST", f"/people/{ann}/split", **asked).status_code == 422


def test_pictures_are_kept_as_right_until_that_is_taken_back(api, live):
    ann, bob = live("Ann").person_id, live("Bob").person_id
    (picture, *_) = (one["picture_id"] for one in api("GET", f"/people/{ann}/pictures").json()["items"])

    def is_vouched() -> bool:
        return api("GET", f"/people/{ann}/pictures").json()["items"][0]["is_vouched"]

    asked = {"picture_ids": [picture], "person_id": ann}
    assert api("POST", "/pictures/keep", json=asked | {"person_id": bob}).status_code == 409
    assert api("POST", "/pictures/keep?dry_run=true", json=asked).json()["change_id"] is None and not is_vouched()
    done = api("POST", "/pictures/keep", json=asked).json()
    assert (done["kind"], done["people"], is_vouched()) == ("picture.vouched", [ann], True)
    assert "ept 1 picture of 'Ann'" in done["summary"]
    assert api("POST", "/pictures/keep", json=asked).status_code == 409
    undone = api("POST", "/changes/undo", json={"change_id": done["change_id"]}).json()
    assert undone["taken_back"] == [f"1 picture ({picture}) may be doubted again"] and not is_vouched()


def test_what_is_not_as_planned_any_more_is_a_conflict(api, live, desk, monkeypatch):
    ann = live("Ann").person_id
    plan = desk.curator.rename(ann, "Anna")
    desk.curator.carry_out(desk.curator.rename(ann, "Anne"))
    monkeypatch.setattr(type(desk.curator), "rename", lambda *_: plan)
    assert api("PATCH", f"/people/{ann}", json={"name": "Anna"}).status_code == 409


def test_somebody_is_hidden_shown_and_thrown_away(api, live):
    ann, stranger = live("Ann").person_id, live().person_id
    for standing in ("hidden", "active"):
        assert api("PATCH", f"/people/{ann}", json={"standing": standing}).json()["change_id"]
        assert (ann in [one["person_id"] for one in api("GET", "/people").json()["items"]]) is (standing == "active")
    assert api("PATCH", f"/people/{ann}", json={"standing": "active"}).status_code == 409
    assert api("PATCH", f"/people/{ann}", json={"standing": "ignored"}).status_code == 409
    assert api("PATCH", f"/people/{stranger}", json={"standing": "ignored"}).status_code == 200
    assert api("PATCH", f"/people/{ann}", json={}).status_code == 422
    assert api("PATCH", f"/people/{ann}", json={"name": "A", "standing": "hidden"}).status_code == 422
    assert api("PATCH", f"/people/{ann}", json={"nickname": "A"}).status_code == 422
    api("DELETE", f"/people/{ann}?dry_run=true")
    assert api("GET", f"/people/{ann}").json()["standing"] == "active"
    api("DELETE", f"/people/{ann}")
    assert api("GET", f"/people/{ann}").json()["standing"] == "binned"
    assert [one["standing"] for one in api("GET", "/people?everybody=true").json()["items"]] == ["binned", "ignored"]


def test_pictures_are_moved_set_aside_and_taken_out(api, live):
    ann, bob = live("Ann").person_id, live("Bob").person_id
    first, second, third = (one["picture_id"] for one in api("GET", f"/people/{ann}/pictures").json()["items"])
    for state in ("set_aside", "active", "binned", "active"):
        done = api("POST", "/pictures/state", json={"picture_ids": [first], "state": state, "person_id": ann})
        assert done.json()["change_id"], done.json()
        assert api("GET", f"/people/{ann}/pictures").json()["items"][0]["state"] == state
    for state in ("set_aside", "binned"):
        foreign = api("POST", "/pictures/state", json={"picture_ids": [first], "state": state, "person_id": bob})
        assert foreign.status_code == 409 and "is none of 'Bob'" in foreign.json()["detail"]
    assert api("POST", "/pictures/move", json={"picture_ids": [first], "to": bob}).json()["kind"] == "picture.moved"
    assert len(api("GET", f"/people/{bob}/pictures").json()["items"]) == 4
    parted = api("POST", f"/people/{ann}/split", json={"picture_ids": [second]}).json()
    assert "unknown-0001" in parted["people"]
    assert api("POST", f"/people/{ann}/split", json={"picture_ids": [third]}).status_code == 409
    assert api("POST", "/pictures/move", json={"picture_ids": [2**60], "to": bob}).status_code == 422
    assert api("POST", "/pictures/move", json={"picture_ids": [], "to": bob}).status_code == 422


def test_a_split_founds_somebody_with_consent(api, live, stores, clock):
    ann = live("Ann").person_id
    picture = api("GET", f"/people/{ann}/pictures").json()["items"][0]["picture_id"]
    consent = {"scopes": ["identify"], "version": "3", "evidence": "form 18"}
    over = consent | {"expires_at": "2020-01-01T00:00:00Z"}
    asked = {"picture_ids": [picture], "name": "Eve"}
    assert api("POST", f"/people/{ann}/split", json=asked | {"consent": over}).status_code == 422
    assert api("POST", f"/people/{ann}/split", json={"picture_ids": [picture], "consent": consent}).status_code == 422
    foreseen = api("POST", f"/people/{ann}/split?dry_run=true", json=asked | {"consent": consent}).json()
    assert "will be deleted" in foreseen["warnings"][0]
    done = api("POST", f"/people/{ann}/split", json=asked | {"consent": consent}).json()
    eve = stores.people.named("Eve").person_id
    assert eve in done["people"] and "was deleted" in done["warnings"][0]
    assert stores.consents.scopes_of(eve, clock.now()) == {"identify"}


def test_faces_of_one_person_come_in_groups(api, live, stores, clock):
    pair = [kept(axis(0)), kept(axis(1))]
    ann = stores.people.add_person("Ann", pair, clock.now(), ALL).person_id
    groups = api("GET", f"/people/{ann}/groups").json()["groups"]
    assert [one["similarity"] for one in groups] == [None, 0.0]
    assert [len(one["picture_ids"]) for one in groups] == [1, 1]


def test_a_picture_that_is_not_kept_or_lost_is_not_found(api, live, stores, clock):
    bare = stores.people.add_person("Bare", [kept(axis(0))], clock.now(), ALL).person_id
    number = api("GET", f"/people/{bare}/pictures").json()["items"][0]["picture_id"]
    assert "nothing is kept" in api("GET", f"/pictures/{number}").json()["detail"]
    live("Ann")
    picture = next(one for one in stores.people.pictures() if one.crop)
    seen = cv2.imdecode(np.frombuffer(api("GET", f"/pictures/{picture.picture_id}").content, np.uint8), 1)
    assert seen.shape == (112, 112, 3)
    stores.media.delete(picture.crop)
    assert "missing or damaged" in api("GET", f"/pictures/{picture.picture_id}").json()["detail"]
    assert [api("GET", f"/pictures/{one}").status_code for one in ("99", "0", "x", "9" * 30)] == [404, 422, 422, 422]


def test_the_audit_log_names_the_account_that_acted(api, live, stores, clock):
    ann = live("Ann").person_id
    api("PATCH", f"/people/{ann}", "operator", json={"name": "Anna"})
    api("PATCH", f"/people/{ann}", "admin", json={"name": "Anne"})
    entries = [*build_audit(stores, clock).entries()]
    assert [one.actor for one in entries if one.action == "person.renamed"] == ["account:2", "account:3"]
    assert not [one for one in entries if one.action == "person.enrolled" and one.actor.startswith("account")]


def test_what_an_account_did_is_told_so_by_whoever_tells_it(api, live, stores, clock, monkeypatch):
    ann = live("Ann").person_id

    def die(*_):
        raise StoreError("the disk is full")

    with monkeypatch.context() as dying:
        dying.setattr(Registry, "tell", die)
        assert api("PATCH", f"/people/{ann}", json={"name": "Anna"}).status_code == 500
    build_audit(stores, clock, "system").catch_up()
    entries = build_audit(stores, clock).entries()
    assert [one.actor for one in entries if one.action == "person.renamed"] == ["account:2"]


def test_who_only_looks_changes_nothing(api, live):
    ann = live("Ann").person_id
    assert api("PATCH", f"/people/{ann}", "viewer", json={"name": "B"}).status_code == 403
    assert api("GET", "/changes", "viewer").status_code == 200
