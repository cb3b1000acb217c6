"""The first admin, logging in, waiting after failures, and what becomes of sessions."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from tests.service.conftest import PASSWORD, Page
from tests.support.whole import whole_service

from mien.settings import Settings

HOUR = 3600


def test_the_first_admin_is_made_once_by_the_token_that_the_terminal_shows(whole, page, stores, settings, clock):
    browser = page()
    assert browser.get("setup").json() == {"needed": True}
    for token in ("", "guessed", whole.setup_token[:-1]):
        refused = browser.set_up(token)
        assert refused.status_code == 403 and "terminal" in refused.json()["detail"]
    assert browser.set_up(whole.setup_token, password="short").status_code == 422
    assert browser.set_up(whole.setup_token, name="\u200b ").status_code == 422
    assert stores.accounts.accounts() == ()
    made = browser.set_up(f" {whole.setup_token}\n", name="  Ada  ")
    assert (made.status_code, made.json()["role"], made.json()["name"]) == (201, "admin", "Ada")
    assert browser.get("session").json() == made.json()
    assert browser.get("setup").json() == {"needed": False}
    assert page().set_up(whole.setup_token, name="Bob").status_code == 409
    assert whole_service(settings, stores, clock).setup_token == ""


def test_of_two_who_set_up_at_once_one_is_too_late(whole, stores):
    start, answers = Barrier(2), []

    def set_up(name: str) -> None:
        browser = Page(whole.app)
        start.wait()
        answers.append(browser.set_up(whole.setup_token, name).status_code)

    threads = [Thread(target=set_up, args=(name,)) for name in ("Ann", "Bob")]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(answers) == [201, 409] and len(stores.accounts.accounts()) == 1


def test_where_the_last_admin_was_forgotten_there_is_a_first_one_again(whole, admin, page, stores, settings, clock):
    person = stores.people.add_person("Ann", [], clock.now())
    admin.send_in("PATCH", "accounts/1", person_id=person.person_id)
    stores.accounts.add("Bob", "operator", clock.now(), "hash")
    stores.people.forget(person.person_id)
    assert admin.get("session").status_code == 401
    again = whole_service(settings, stores, clock)
    assert Page(again.app).set_up(again.setup_token).status_code == 201


@pytest.mark.parametrize(("origin", "is_secure"), [("http://mien.test", False), ("https://mien.test", True)])
def test_no_script_reads_the_cookie_and_no_other_site_sends_it(admin, page, origin, is_secure):
    answer = page(origin).log_in()
    told = {part.strip().lower() for part in answer.headers["set-cookie"].split(";")[1:]}
    assert {"httponly", "samesite=strict", "path=/"} <= told and ("secure" in told) == is_secure
    assert "max-age=43200" in told
    assert ("strict-transport-security" in answer.headers) == is_secure


def test_who_logs_out_is_out_whoever_has_the_cookie(admin, page):
    stolen = page()
    stolen.cookies = admin.cookies
    assert stolen.get("session").status_code == 200
    assert stolen.delete("session").status_code == 403, "it has not the token of the session"
    assert admin.delete("session").status_code == 204 and "mien_session" not in admin.cookies
    assert stolen.get("session").status_code == 401


def test_a_session_ends_by_itself(admin, clock, page):
    clock.passed_s = 12 * HOUR - 1
    assert admin.get("session").status_code == 200
    clock.passed_s = 12 * HOUR
    assert admin.get("session").status_code == 401
    assert page().log_in().status_code == 200


def test_sessions_last_as_long_as_is_set(tmp_path, stores, clock):
    service = whole_service(Settings(home=tmp_path / "home", service={"session_hours": 0.5}), stores, clock)
    told = Page(service.app).set_up(service.setup_token).json()["expires_at"]
    assert told.startswith((clock.now() + timedelta(minutes=30)).strftime("%Y-%m-%dT%H:%M"))


def test_nobody_learns_which_accounts_there_are(admin, page):
    answers = [page().log_in(name, "a wrong password") for name in ("Root", "Nobody", "\u200b")]
    assert {one.status_code for one in answers} == {401}
    assert {one.json()["detail"] for one in answers} == {"name or password is not right"}


def test_who_fails_too_often_waits_longer_each_time_and_a_success_ends_it(admin, page, clock, stores):
    for number in range(5):
        assert page().log_in("root" if number % 2 else "ROOT ", "a wrong password").status_code == 401
    waits = []
    for _ in range(3):
        refused = page().log_in()
        assert refused.status_code == 429, "not even the right password is looked at"
        waits.append(int(refused.headers["retry-after"]))
        clock.passed_s += waits[-1]
        assert page().log_in(password="a wrong password").status_code == 401
    assert waits == [2, 4, 8]
    assert page().log_in("Somebody").status_code == 429, "from that address neither"
    clock.passed_s += 15 * 60
    assert page().log_in().status_code == 200
    assert page().log_in(password="a wrong password").status_code == 401
    assert page().log_in().status_code == 200


def test_every_attempt_is_on_record_without_a_name(admin, page, audit, stores):
    page().log_in(password="a wrong password"), page().log_in("Nobody"), page().log_in()
    told = [(one.action, one.actor, dict(one.facts)) for one in audit.entries()]
    assert told == [
        ("account.made", "visitor", {"account": 1, "role": "admin"}),
        ("account.entered", "account:1", {"account": 1, "how": "setup"}),
        ("account.refused", "system", {"how": "password", "failures": 1}),
        ("account.refused", "system", {"how": "password", "failures": 2}),
        ("account.entered", "account:1", {"account": 1, "how": "password"}),
    ]
    assert "Root" not in stores.home.audit.read_text()


def test_who_is_not_looked_at_is_on_record_once_in_a_while(admin, page, audit, clock):
    def unjudged() -> list[dict]:
        return [dict(one.facts) for one in audit.entries() if one.action == "account.unjudged"]

    for _ in range(5):
        page().log_in(password="a wrong password")
    assert {page().log_in().status_code for _ in range(3)} == {429}
    assert unjudged() == [{"how": "password", "why": "waiting", "attempts": 1}]
    clock.passed_s += 600
    assert page().log_in().status_code == 200
    page().log_in(password="a wrong password")
    assert unjudged()[1:] == [], "what waits to be told is told with the next one, or at the end"
    for _ in range(5):
        page().log_in(password="a wrong password")
    assert unjudged()[1:] == [{"how": "password", "why": "waiting", "attempts": 3}]


def test_a_password_is_kept_as_argon2id_alone(admin, stores):
    found = stores.accounts.named("root")
    assert found and found[1].startswith("$argon2id$") and PASSWORD not in found[1]


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b'{"name": 1}', b'{"name":"a","password":"b","more":1}', b"\xff\xfe"]
)
def test_what_is_no_log_in_is_told_what_is_wrong(page, body):
    answer = page().post("session", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 422 and answer.headers["content-type"] == "application/problem+json"
