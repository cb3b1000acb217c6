"""What people agreed to and may ask for: consent, forgetting with a receipt, exports, purges, and the audit log."""

import io
import json
import threading
import zipfile

import pytest
from tests.support.service import Known, browser, program, service

from mien.domain.people.consent import NewConsent
from mien.service.privacy.routes import build
from mien.service.revisions import etag_of
from mien.store.journal import PersonMerged, PersonName
from mien.wiring.rights import build_forgetting
from mien.wiring.serving.privacy import build_privacy_desk
from mien.wiring.stores import build_audit


@pytest.fixture
def desk(settings, stores, clock):
    return build_privacy_desk(settings, stores, clock)


@pytest.fixture
def api(desk):
    """Asks for something of privacy, as somebody of a role; the answer."""
    app = service(build(desk))

    def ask(method: str, path: str = "", role: str = "operator", **more):
        return browser(app, role).request(method, f"/api/v1{path}", **more)

    return ask


def test_purpose_and_retention_are_told(api):
    told = api("GET", "/privacy/purpose", "viewer").json()
    assert (told["purpose"], told["expressions"], told["why_not"]) == ("personal", True, "")
    assert "workplace" in told["purposes"]
    assert api("GET", "/privacy/retention", "viewer").json()["kept"]["bin_days"] == 30


def test_consent_is_told_given_and_taken_back(api, live, stores, clock):
    ann = live("Ann").person_id
    assert api("GET", f"/people/{ann}/consents", "viewer").status_code == 403, "evidence is for those who answer for it"
    told = api("GET", f"/people/{ann}/consents").json()
    assert told["valid"] == ["expression", "identify", "keep"] and told["record"][0]["evidence"] == "form 17"
    assert told["record"][0]["text"] == ""
    agreed = NewConsent(frozenset({"keep"}), "3", "signed", text="What Ann agreed to.")
    stores.consents.give(ann, agreed, clock.now())
    assert api("GET", f"/people/{ann}/consents").json()["record"][-1]["text"] == "What Ann agreed to."
    would = api("DELETE", f"/people/{ann}/consents?scope=keep&dry_run=true").json()
    assert would["gone"]["pictures"] >= 3 and would["is_dry_run"] and "keep" not in would["stays"]["scopes"]
    assert len([*stores.media.names()]) == 4
    gone = api("DELETE", f"/people/{ann}/consents?scope=keep&scope=expression").json()
    assert gone["withdrawn"] == ["expression", "keep"] and gone["gone"]["pictures"] == would["gone"]["pictures"]
    assert gone["gone"]["readings"] == 20 and gone["stays"]["scopes"] == ["identify"]
    assert not [*stores.media.names()]
    asked = {"scopes": ["keep"], "version": "3", "expires_at": "2030-01-01T00:00:00+01:00"}
    assert api("POST", f"/people/{ann}/consents?dry_run=true", json=asked).json()["before"] == ["identify"]
    given = api("POST", f"/people/{ann}/consents", json=asked).json()
    assert (given["given"], given["before"], given["why_not"]) == (["keep"], ["identify"], None)
    assert api("GET", f"/people/{ann}/consents").json()["valid"] == ["identify", "keep"]
    without = api("DELETE", f"/people/{ann}/consents?scope=identify").json()
    assert "is a stranger then" in without["warnings"][0]
    assert api("POST", f"/people/{ann}/consents", json={"scopes": ["identify"]}).json()["why_not"] == "nothing_kept"


def test_consent_of_the_wrong_shape_is_refused(api, live):
    ann, stranger = live("Ann").person_id, live().person_id
    for wrong in ({}, {"scopes": []}, {"scopes": ["all"]}, {"scopes": ["keep"], "expires_at": "2030-01-01"}):
        assert api("POST", f"/people/{ann}/consents", json=wrong).status_code == 422
    assert (
        api("POST", f"/people/{ann}/consents", content=b'{"scopes": ["keep"], "evidence": "\\ud800"}').status_code
        == 422
    )
    assert api("POST", f"/people/{ann}/consents", content=b'{"\\ud800": 1}').status_code == 422
    assert api("DELETE", f"/people/{ann}/consents").status_code == 422
    assert api("DELETE", f"/people/{stranger}/consents?scope=identify").status_code == 409
    assert api("GET", "/people/person-0099/consents").status_code == 404


def test_consent_is_neither_given_nor_taken_back_for_whom_somebody_else_changed_meanwhile(api, live, stores, clock):
    person = live("Ann")
    ann, before = person.person_id, {"headers": {"if-match": etag_of(person)}}
    stores.journal.apply("person.renamed", [PersonName(ann, "Anna")], clock.now())
    for query in ("", "dry_run=true"):
        given = api("POST", f"/people/{ann}/consents?{query}", json={"scopes": ["keep"]}, **before)
        gone = api("DELETE", f"/people/{ann}/consents?scope=keep&{query}", **before)
        assert given.status_code == gone.status_code == 412 and "'Anna'" in gone.json()["detail"]
    now = {"headers": {"if-match": etag_of(stores.people.person(ann))}}
    assert api("DELETE", f"/people/{ann}/consents?scope=keep", **now).status_code == 200
    assert api("POST", f"/people/{ann}/consents", json={"scopes": ["keep"]}, **now).status_code == 412


def test_consent_that_is_sent_again_is_put_on_record_once(api, live, stores):
    ann = live("Ann").person_id
    asked = {"json": {"scopes": ["keep"], "version": "9"}, "headers": {"idempotency-key": "a"}}
    first, again = (api("POST", f"/people/{ann}/consents", **asked).json() for _ in range(2))
    assert first == again and [one.version for one in stores.consents.of(ann)].count("9") == 1
    stores.people.forget(ann)
    late = api("POST", f"/people/{ann}/consents", **asked)
    assert late.status_code == 404 and "forgotten" in late.json()["detail"] and ann not in late.text


def test_somebody_is_forgotten_once_who_that_is_was_agreed_to(api, live, stores, clock, settings):
    ann, bob = live("Ann").person_id, live("Bob").person_id
    plan = api("POST", f"/privacy/forget/{ann}?dry_run=true").json()
    assert (plan["person_ids"], plan["receipt"], plan["counts"]["pictures"]) == ([ann], None, 3)
    assert plan["summary"].startswith(f"forget {ann} with 3 pictures") and plan["is_dry_run"]
    assert api("POST", f"/privacy/forget/{ann}").status_code == 422
    assert api("POST", f"/privacy/forget/{ann}", json={"agreed": [bob]}).status_code == 409
    assert stores.people.named("Ann")
    key = {"idempotency-key": "once"}
    done = api("POST", f"/privacy/forget/{ann}", json={"agreed": [ann]}, headers=key).json()
    receipt = done["receipt"]
    assert done["summary"].startswith(f"forgot {ann} with 3 pictures")
    assert receipt["verified"]["traces"] == 0 and receipt["not_covered"] and receipt["removed"]["templates"] == 6
    assert "Ann" not in json.dumps(receipt) and ann not in json.dumps(receipt)
    assert api("POST", f"/privacy/forget/{ann}", json={"agreed": [ann]}, headers=key).json() == done
    assert api("POST", f"/privacy/forget/{ann}", json={"agreed": [ann]}).status_code == 404
    entry = build_audit(stores, clock).latest("person.forgotten")
    assert (entry.number, entry.actor) == (receipt["audit"]["number"], "account:2")
    assert b"Ann" not in settings.home.joinpath("mien.sqlite3").read_bytes()


def test_whom_somebody_took_in_since_is_not_forgotten_unasked(api, live, stores, clock, desk):
    ann, bob = live("Ann"), live("Bob")
    agreed = api("POST", f"/privacy/forget/{ann.person_id}?dry_run=true").json()["person_ids"]
    stores.journal.apply("person.merged", (PersonMerged(bob.person_id, ann.person_id),), clock.now())
    assert api("POST", f"/privacy/forget/{ann.person_id}", json={"agreed": agreed}).status_code == 409
    assert stores.people.named("Ann")
    both = api("POST", f"/privacy/forget/{ann.person_id}?dry_run=true").json()
    assert {*both["person_ids"]} == {ann.person_id, bob.person_id}
    assert api("POST", f"/privacy/forget/{ann.person_id}", json={"agreed": both["person_ids"]}).status_code == 200


def test_what_is_left_of_somebody_is_told_and_forgetting_goes_on_from_there(api, live, settings):
    ann = live("Ann Lovelace").person_id
    note = settings.home / "notes.txt"
    note.write_text("Ann Lovelace was here")
    left = api("POST", f"/privacy/forget/{ann}", json={"agreed": [ann]})
    assert left.status_code == 409 and "notes.txt: the name" in left.json()["detail"]
    note.unlink()
    assert api("POST", f"/privacy/forget/{ann}?dry_run=true").json()["records"][0]["standing"] == "leaving"
    done = api("POST", f"/privacy/forget/{ann}", json={"agreed": [ann]})
    assert done.status_code == 200 and done.json()["receipt"]["verified"]["traces"] == 0


def test_somebody_is_forgotten_while_cameras_write_on(api, live, stores):
    ann, bob = live("Ann").person_id, live("Bob")
    is_over, written = threading.Event(), []

    def write():
        while not is_over.wait(0.01):
            live("", readings=3)
            written.append(1)

    writing = threading.Thread(target=write)
    writing.start()
    try:
        answer = api("POST", f"/privacy/forget/{ann}", json={"agreed": [ann]})
    finally:
        is_over.set()
        writing.join()
    assert answer.status_code == 200, answer.json()
    assert written and stores.people.person(bob.person_id)


def test_who_is_being_forgotten_already_is_left_to_whoever_is_at_it(api, live, stores, clock, monkeypatch):
    ann, compact = live("Ann").person_id, type(stores.retention).compact
    said = []

    def meanwhile(retention):
        if not said:
            said.append(api("POST", f"/privacy/forget/{ann}", json={"agreed": [ann]}))
        return compact(retention)

    monkeypatch.setattr(type(stores.retention), "compact", meanwhile)
    build_forgetting(stores, clock, is_beside_others=True).forget(ann)
    told = f"{ann} is being forgotten already: wait until that has ended, and look again"
    assert (said[0].status_code, said[0].json()["detail"]) == (409, told)


def test_what_is_kept_of_somebody_is_handed_over_as_it_is_read(api, live, stores, clock, settings):
    ann = live("Ann").person_id
    live("Bob")
    foreseen = api("POST", f"/privacy/export/{ann}?dry_run=true").json()
    assert foreseen["counts"]["pictures"] == 3 and foreseen["lost"] == []
    answer = api("POST", f"/privacy/export/{ann}")
    assert answer.headers["content-type"] == "application/zip" and f"{ann}.zip" in answer.headers["content-disposition"]
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    assert archive.testzip() is None
    assert {"README.txt", "profile.json", "data.json", "consents.csv", "pictures/1.png"} <= {*archive.namelist()}
    assert json.loads(archive.read("profile.json"))["name"] == "Ann" and b"Bob" not in answer.content
    assert not list(settings.home.parent.rglob("*.zip")) and not stores.outputs.still_there()
    entry = build_audit(stores, clock).latest("person.exported")
    assert (entry.people, entry.facts["pictures"], entry.actor) == ((ann,), 3, "account:2")
    assert api("POST", "/privacy/export/person-0099").status_code == 404


def test_a_purge_is_foreseen_done_and_proven(api, live, clock):
    live(), live("Ann")
    clock.passed_s += 60 * 86_400
    due = api("POST", "/privacy/purge?dry_run=true").json()
    assert due["counts"]["readings"] == 40 and due["is_dry_run"]
    done = api("POST", "/privacy/purge").json()
    assert done["counts"]["readings"] == 40 and (done["left"], done["unfinished"]) == (0, "")
    assert not any(api("POST", "/privacy/purge?dry_run=true").json()["counts"].values())


def test_the_audit_log_is_told_in_pages_and_verified(api, live, stores, clock, settings):
    for name in ("Ann", "Bob", "Eve"):
        ann = live(name).person_id
        api("POST", f"/people/{ann}/consents", json={"scopes": ["keep"]})
    seen, after = [], {}
    while after is not None:
        page = api("GET", "/privacy/audit", params={"limit": 2} | after).json()
        seen += [one["number"] for one in page["items"]]
        after = {"after": page["next"]} if page["next"] else None
    assert seen == [*range(len([*build_audit(stores, clock).entries()]), 0, -1)]
    newest = api("GET", "/privacy/audit?limit=1").json()["items"][0]
    assert (newest["action"], newest["actor"], newest["facts"]) == ("consent.given", "account:2", {"scopes": ["keep"]})
    assert newest["actor_name"] == "", "there is no such account"
    for name in ("Root", "Cat"):
        stores.accounts.add(name, "operator", clock.now())
    assert api("GET", "/privacy/audit?limit=1").json()["items"][0]["actor_name"] == "Cat"
    assert api("GET", "/privacy/audit/verify").json()["is_whole"]
    assert {api("GET", f"/privacy/audit{part}", "viewer").status_code for part in ("", "/verify")} == {403}
    log = settings.home / "audit.jsonl"
    log.write_bytes(log.read_bytes().replace(b"consent.given", b"consent.gotten", 1))
    verdict = api("GET", "/privacy/audit/verify").json()
    assert not verdict["is_whole"] and verdict["line"] and verdict["reason"]


def test_who_only_looks_asks_for_nothing(desk, live):
    ann, known = live("Ann").person_id, Known()
    app = service(build(desk), credentials=known)
    asked = [("DELETE", f"/people/{ann}/consents?scope=keep"), ("POST", f"/privacy/forget/{ann}")]
    asked += [("POST", f"/privacy/export/{ann}"), ("POST", "/privacy/purge")]
    for method, path in asked:
        assert browser(app, "viewer").request(method, f"/api/v1{path}").status_code == 403
        assert (
            program(app, known.key("operator", "people", "read")).request(method, f"/api/v1{path}").status_code == 403
        )
