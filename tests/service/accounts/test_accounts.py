"""Accounts, one's own password, and keys: who may do what to which, and what is shown once."""

import gc
import json
from datetime import timedelta

import pytest
from tests.service.conftest import PASSWORD, Page
from tests.support.service import browser, program

from mien.domain.errors import AccountError
from mien.service.access.gate import digest_of
from mien.service.repeats import Repeats
from mien.store.accounts import MOST_KEYS

OTHER = "another long one"


@pytest.fixture
def operator(admin, page) -> Page:
    admin.send_in("POST", "accounts", name="Ann", role="operator", password=PASSWORD)
    browser = page()
    assert browser.log_in("ann").json()["role"] == "operator"
    return browser


def test_an_admin_makes_changes_and_removes_accounts(admin, page, stores, clock):
    person = stores.people.add_person("Ann Lee", [], clock.now())
    made = admin.send_in("POST", "accounts", name=" Ann ", role="viewer", password=PASSWORD, person_id=person.person_id)
    told = made.json()
    assert made.status_code == 201 and told["created_at"].startswith("20")
    wanted = {"account_id": 2, "name": "Ann", "role": "viewer", "person_id": person.person_id}
    state = {"is_enabled": True, "allows_face": False, "has_password": True}
    assert {**told, **wanted, **state} == told
    ann = page()
    assert ann.log_in("Ann").status_code == 200
    assert admin.send_in("PATCH", "accounts/2", role="operator", allows_face=True).json()["allows_face"]
    assert ann.get("session").status_code == 401, "a role that changed ends sessions"
    admin.send_in("PATCH", "accounts/2", password=OTHER)
    assert ann.log_in("Ann").status_code == 401 and ann.log_in("Ann", OTHER).json()["role"] == "operator"
    admin.send_in("PATCH", "accounts/2", is_enabled=False)
    assert ann.get("session").status_code == 401 and ann.log_in("Ann", OTHER).status_code == 401
    assert admin.delete("accounts/2").status_code == 204
    assert [one["account_id"] for one in admin.get("accounts").json()["items"]] == [1]


def test_an_admin_calls_an_account_something_else(admin, page, audit):
    admin.send_in("POST", "accounts", name="Ann", role="viewer", password=PASSWORD)
    ann = page()
    ann.log_in("Ann")
    assert admin.send_in("PATCH", "accounts/2", name="  Bea  Lee ").json()["name"] == "Bea Lee"
    assert ann.get("session").json()["name"] == "Bea Lee", "nobody is logged out by it"
    assert page().log_in("Ann").status_code == 401 and page().log_in("bea lee").status_code == 200
    assert ann.send_in("PATCH", "accounts/2", name="Cid").status_code == 403
    assert "Bea" not in str([*audit.entries()])


def test_whoever_looked_before_somebody_else_changed_an_account_changes_nothing(admin, stores):
    made = admin.send_in("POST", "accounts", name="Ann", role="viewer", password=PASSWORD)
    (_, seen) = admin.get("accounts").json()["items"]
    assert made.headers["etag"] == made.json()["etag"] == seen["etag"]
    locked = admin.send_in("PATCH", "accounts/2", is_enabled=False)
    assert locked.headers["etag"] != seen["etag"]
    admin.headers["if-match"] = seen["etag"]
    for method, body in (("PATCH", {"name": "Bea", "is_enabled": True}), ("DELETE", {})):
        late = admin.send_in(method, "accounts/2", **body)
        assert late.status_code == 412 and "somebody else" in late.json()["detail"]
    (_, kept) = stores.accounts.accounts()
    assert (kept.name, kept.is_enabled) == ("Ann", False)
    admin.headers["if-match"] = locked.headers["etag"]
    assert admin.send_in("PATCH", "accounts/2", name="Bea").json()["is_enabled"] is False
    admin.headers["if-match"] = "*"
    assert admin.delete("accounts/2").status_code == 204 and admin.delete("accounts/2").status_code == 404


def test_an_account_that_is_not_as_it_was_seen_is_left_alone(stores, clock):
    seen = stores.accounts.add("Ann", "viewer", clock.now())
    assert stores.accounts.change(seen.account_id, seen, role="operator").role == "operator"
    for late in (
        lambda: stores.accounts.change(seen.account_id, seen, name="Bea"),
        lambda: stores.accounts.remove(seen.account_id, seen),
    ):
        with pytest.raises(AccountError, match="somebody else"):
            late()
    (kept,) = stores.accounts.accounts()
    assert (kept.name, kept.role) == ("Ann", "operator")


def test_accounts_are_listed_in_pieces(admin):
    for number in range(4):
        admin.send_in("POST", "accounts", name=f"n{number}", role="viewer")
    seen, after = [], 0
    while after is not None:
        piece = admin.get("accounts", params={"after": after, "limit": 2}).json()
        seen += [one["account_id"] for one in piece["items"]]
        after = piece["next"]
    assert seen == [1, 2, 3, 4, 5]
    assert admin.get("accounts", params={"limit": 5}).json()["next"] is None, "there is nothing behind the last one"


def test_keys_are_listed_in_pieces(admin, operator):
    for who, label in ((admin, "a"), (operator, "b"), (admin, "c"), (admin, "d")):
        who.send_in("POST", "keys", label=label, scopes=["read"])
    first = admin.get("keys", params={"limit": 2}).json()
    second = admin.get("keys", params={"limit": 2, "after": first["next"]}).json()
    assert [one["label"] for one in first["items"] + second["items"]] == ["a", "b", "c", "d"]
    assert second["next"] is None and operator.get("keys", params={"limit": 1}).json()["next"] is None
    assert admin.get("keys", params={"after": "x"}).status_code == 422


def test_an_account_has_so_many_keys(admin, operator, stores):
    for number in range(MOST_KEYS):
        assert operator.send_in("POST", "keys", label=f"k{number}", scopes=["read"]).status_code == 201
    refused = operator.send_in("POST", "keys", label="one more", scopes=["read"])
    assert refused.status_code == 409 and "at most 50 keys" in refused.json()["detail"]
    assert len(stores.accounts.keys()) == MOST_KEYS
    assert admin.send_in("POST", "keys", label="of somebody else", scopes=["read"]).status_code == 201
    operator.delete("keys/1")
    assert operator.send_in("POST", "keys", label="one more", scopes=["read"]).status_code == 201


def test_a_password_that_an_admin_gives_ends_keys_and_ones_own_does_not(admin, operator, whole, audit):
    secret = operator.send_in("POST", "keys", label="x", scopes=["read"]).json()["secret"]
    of_root = admin.send_in("POST", "keys", label="y", scopes=["read"]).json()["secret"]
    operator.send_in("POST", "account/password", current=PASSWORD, new=OTHER)
    admin.send_in("PATCH", "accounts/2", name="Ann Lee")
    assert program(whole.app, secret).get("/api/v1/absent").status_code == 404
    admin.send_in("PATCH", "accounts/2", password=PASSWORD)
    assert program(whole.app, secret).get("/api/v1/absent").status_code == 401
    assert program(whole.app, of_root).get("/api/v1/absent").status_code == 404
    revoked = audit.latest("key.revoked")
    assert revoked and (revoked.actor, dict(revoked.facts)) == ("account:1", {"account": 2})


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("accounts", {"name": "Ann", "role": "viewer", "password": PASSWORD}),
        ("invitations", {"name": "Ann", "days": 3}),
    ],
)
def test_what_is_sent_again_is_done_once(admin, stores, clock, path, body):
    def send(**changed) -> object:
        clock.passed_s += 2
        return admin.post(path, json={**body, **changed}, headers={"idempotency-key": "k"})

    first, again = send(), send()
    assert first.status_code == again.status_code == 201 and first.json() == again.json()
    assert len(stores.accounts.accounts()) == 1 + (path == "accounts")
    assert send(**{next(iter(body)): "another"}).status_code == 422


def test_a_key_is_made_once_and_its_secret_told_once(admin, stores):
    asked = {"json": {"label": "x", "scopes": ["read", "people"], "days": 3}, "headers": {"idempotency-key": "k"}}
    first, again = admin.post("keys", **asked), admin.post("keys", **asked)
    assert first.status_code == 201 and again.status_code == 409
    assert "made the key 1 before" in again.json()["detail"] and first.json()["secret"] not in again.text
    assert len(stores.accounts.keys()) == 1


def test_no_secret_is_remembered(admin, whole):
    def told(path: str, secret: str, **body) -> str:
        return admin.post(path, json=body, headers={"idempotency-key": "k"}).json()[secret]

    secrets = {
        told("keys", "secret", label="x", scopes=["read"]),
        told("invitations", "invitation", name="Ann", days=3),
    }
    kept = [made._known for made in gc.get_objects() if isinstance(made, Repeats)]
    answers = [repr(one.answer) for known in kept for one in known.values()]
    assert len(answers) >= 2 and not any(secret in answer for answer in answers for secret in secrets)


def test_of_an_account_that_is_gone_nothing_is_told_again(admin):
    asked = {"json": {"name": "Ann", "role": "viewer"}, "headers": {"idempotency-key": "k"}}
    assert admin.post("accounts", **asked).status_code == 201
    admin.delete("accounts/2")
    again = admin.post("accounts", **asked)
    assert again.status_code == 404 and "Ann" not in again.text


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "accounts", {"name": "ROOT", "role": "viewer"}, 409),
        ("POST", "accounts", {"name": " ", "role": "viewer"}, 422),
        ("POST", "accounts", {"name": "Bob", "role": "god"}, 422),
        ("POST", "accounts", {"name": "Bob", "role": "viewer", "password": "short"}, 422),
        ("POST", "accounts", {"name": "Bob", "role": "viewer", "person_id": "person-0077"}, 404),
        ("POST", "accounts", {"name": "Bob", "role": "viewer", "is_enabled": False}, 422),
        ("PATCH", "accounts/1", {"role": "operator"}, 409),
        ("PATCH", "accounts/1", {"name": "\u200b"}, 422),
        ("PATCH", "accounts/1", {"name": ""}, 422),
        ("PATCH", "accounts/1", {"name": "Ada", "role": "operator"}, 409),
        ("PATCH", "accounts/1", {"is_enabled": False}, 409),
        ("PATCH", "accounts/1", {"allows_face": True}, 409),
        ("PATCH", "accounts/77", {"role": "viewer"}, 404),
        ("PATCH", f"accounts/{10**30}", {"role": "viewer"}, 422),
        ("DELETE", "accounts/1", {}, 409),
        ("DELETE", "accounts/77", {}, 404),
        ("DELETE", "keys/77", {}, 404),
        ("POST", "keys", {"label": "\u0000", "scopes": ["read"]}, 422),
        ("POST", "keys", {"label": "x", "scopes": []}, 422),
        ("POST", "keys", {"label": "x", "scopes": ["all"]}, 422),
        ("POST", "keys", {"label": "x", "scopes": ["read"], "days": 0}, 422),
    ],
)
def test_what_cannot_be_is_told_and_changes_nothing(admin, stores, method, path, body, status):
    before = stores.accounts.accounts(), stores.accounts.keys()
    answer = admin.send_in(method, path, **body)
    assert (answer.status_code, answer.json()["status"]) == (status, status)
    assert (stores.accounts.accounts(), stores.accounts.keys()) == before


def test_everybody_changes_their_own_password_and_other_browsers_are_logged_out(operator, page, stores):
    elsewhere = page()
    elsewhere.log_in("Ann")
    for _ in range(2):
        wrong = operator.send_in("POST", "account/password", current="a wrong one", new=OTHER)
        assert wrong.status_code == 403 and "current" in wrong.json()["detail"]
    assert operator.send_in("POST", "account/password", current=PASSWORD, new="short").status_code == 422
    assert operator.send_in("POST", "account/password", current=PASSWORD, new=OTHER).status_code == 200
    assert operator.get("session").status_code == 200 and elsewhere.get("session").status_code == 401
    assert operator.delete("session").status_code == 204, "it has the token of the new session"
    assert page().log_in("Ann").status_code == 401 and page().log_in("Ann", OTHER).status_code == 200


def test_guessing_ones_own_password_is_slowed_down_too(operator):
    guesses = [operator.send_in("POST", "account/password", current="a wrong one", new=OTHER) for _ in range(6)]
    assert [one.status_code for one in guesses] == [403] * 5 + [429] and guesses[-1].headers["retry-after"] == "2"


def test_whoever_has_no_password_yet_gives_themselves_one(admin, whole, page, stores, clock):
    made = admin.send_in("POST", "accounts", name="Bob", role="viewer").json()
    now = clock.now()
    stores.accounts.begin_session(made["account_id"], digest_of("t"), "c", now, now + timedelta(days=1))
    bob = page()
    bob.cookies.set("mien_session", "t")
    bob.headers["x-csrf-token"] = "c"
    assert bob.send_in("POST", "account/password", new=OTHER).status_code == 200
    assert page().log_in("Bob", OTHER).status_code == 200


def test_a_key_is_shown_once_opens_its_scopes_and_ends(operator, admin, whole, clock, stores):
    made = operator.send_in("POST", "keys", label=" the script ", scopes=["people", "read"], days=1)
    secret = made.json()["secret"]
    assert made.status_code == 201 and secret.startswith("mien_") and len(secret) == 48
    (listed,) = operator.get("keys").json()["items"]
    assert "secret" not in listed and (listed["label"], listed["begins"]) == ("the script", secret[:9])
    assert (listed["scopes"], listed["used_at"]) == (["people", "read"], None)
    assert secret.encode() not in b"".join(one.read_bytes() for one in stores.home.folder.rglob("*") if one.is_file())
    script = program(whole.app, secret)
    assert script.get("/api/v1/absent").status_code == 404, "it is let in"
    for method, path in (("GET", "accounts"), ("GET", "session"), ("GET", "keys"), ("POST", "keys")):
        assert script.request(method, f"/api/v1/{path}").status_code == 403
    assert operator.get("keys").json()["items"][0]["used_at"]
    clock.passed_s = 86400
    assert script.get("/api/v1/absent").status_code == 401


def test_keys_are_their_owners_and_an_admins(operator, admin, page, whole):
    admin.send_in("POST", "keys", label="of root", scopes=["settings"])
    secret = operator.send_in("POST", "keys", label="of ann", scopes=["read"]).json()["secret"]
    assert [one["label"] for one in operator.get("keys").json()["items"]] == ["of ann"]
    assert [one["label"] for one in admin.get("keys").json()["items"]] == ["of root", "of ann"]
    assert operator.delete("keys/1").status_code == 404
    assert admin.delete("keys/2").status_code == 204 and operator.get("keys").json()["items"] == []
    assert program(whole.app, secret).get("/api/v1/absent").status_code == 401


def test_the_audit_log_says_which_account_did_it(admin, operator, audit):
    operator.send_in("POST", "keys", label="x", scopes=["read"])
    admin.send_in("PATCH", "accounts/2", role="viewer")
    admin.delete("accounts/2")
    told = [(one.action, one.actor, one.facts.get("account")) for one in audit.entries()]
    assert told[2:] == [
        ("account.made", "account:1", 2),
        ("account.entered", "account:2", 2),
        ("key.issued", "account:2", 2),
        ("account.changed", "account:1", 2),
        ("account.removed", "account:1", 2),
    ]
    assert audit.verify().is_whole


def test_the_api_is_described_to_everybody(whole):
    described = browser(whole.app, None).get("/openapi.json").json()
    assert {"/api/v1/accounts", "/api/v1/keys", "/api/v1/session"} <= described["paths"].keys()
    assert "secret" not in json.dumps(described["components"]["schemas"]["KeyTold"]["properties"])
