"""`mien accounts`: who logs in, and a new password for whoever lost theirs, while the service runs."""

import io
import json
import sys
from contextlib import ExitStack

import pytest
import typer
from argon2 import PasswordHasher
from tests.service.conftest import PASSWORD, Page
from tests.support.whole import whole_service

from mien.domain.clock import SystemClock
from mien.service.access import passwords
from mien.settings import Settings
from mien.wiring.stores import build_audit, build_stores

OTHER = "another long one"


@pytest.fixture(autouse=True)
def _quick_passwords(monkeypatch):
    monkeypatch.setattr(passwords, "_hasher", lambda: PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@pytest.fixture
def stores(home):
    with ExitStack() as stack:
        yield build_stores(Settings(home=home), stack)


@pytest.fixture
def service(home, stores):
    """A service that runs over the home, beside whatever the terminal does."""
    return whole_service(Settings(home=home), stores, SystemClock())


@pytest.fixture
def browser(service):
    """A browser of the only admin."""
    made = Page(service.app)
    assert made.set_up(service.setup_token, "Ada").status_code == 201
    return made


@pytest.fixture
def says(monkeypatch):
    """Has stdin say something, and be no terminal."""
    return lambda text: monkeypatch.setattr(sys, "stdin", io.StringIO(text))


def test_a_lost_password_is_given_anew_and_opens_at_once(mien, browser, service, says, stores):
    browser.send_in("POST", "keys", label="x", scopes=["read"])
    for _ in range(6):
        Page(service.app).log_in("Ada", "a wrong one")
    stores.accounts.clear_failures("address testclient")
    assert Page(service.app).log_in("Ada").status_code == 429
    says(f"{OTHER}\n")
    ended = mien("accounts", "password", "ada")
    assert (ended.code, ended.err) == (0, "")
    assert (
        ended.out == "Ada has a new password, is logged out everywhere, and its API keys are gone\n"
        and OTHER not in ended.out
    )
    assert browser.get("session").status_code == 401 and not stores.accounts.keys()
    assert (
        Page(service.app).log_in("Ada").status_code == 401 and Page(service.app).log_in("Ada", OTHER).status_code == 200
    )
    entry = build_audit(stores, SystemClock()).latest("account.changed")
    assert dict(entry.facts) == {"account": 1, "role": "admin"} and not entry.actor.startswith("account:")


def test_at_a_terminal_it_is_asked_for_twice_and_not_shown(mien, browser, service, monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    typed = iter([OTHER, "a slip of it", OTHER, OTHER])
    asked = []

    def hidden(prompt):
        asked.append(prompt)
        return next(typed)

    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(typer._click.termui, "hidden_prompt_func", hidden)
    assert mien("accounts", "password", "Ada").code == 0
    assert len(asked) == 4 and Page(service.app).log_in("Ada", OTHER).status_code == 200


@pytest.mark.parametrize(
    ("name", "said", "code", "told"),
    [
        ("Ada", "", 2, "the first line of stdin is to be the password, and it is empty"),
        ("Ada", "short\n", 2, "a password has 10 to 256 characters, this one has 5"),
        ("Bob", f"{OTHER}\n", 1, "there is no account of the name 'Bob': mien accounts list tells which there are"),
        ("\u200b", f"{OTHER}\n", 2, "the name of an account has 1 to 100 characters that can be seen"),
    ],
)
def test_what_is_wrong_is_told_in_a_line_and_changes_nothing(mien, browser, service, says, name, said, code, told):
    says(said)
    ended = mien("accounts", "password", name)
    assert (ended.code, ended.err) == (code, f"mien: {told}\n")
    assert browser.get("session").status_code == 200 and Page(service.app).log_in("Ada", PASSWORD).status_code == 200


@pytest.mark.parametrize("errors", ["strict", "surrogateescape"])
def test_what_is_no_text_is_no_password(mien, browser, monkeypatch, errors):
    piped = io.TextIOWrapper(io.BytesIO("ein längeres Wort\n".encode("latin-1")), "utf-8", errors)
    monkeypatch.setattr(sys, "stdin", piped)
    ended = mien("accounts", "password", "Ada")
    assert (ended.code, ended.err) == (2, "mien: the password is to be text in UTF-8\n")
    assert browser.get("session").status_code == 200


def test_accounts_are_listed_with_what_opens_them(mien, browser, says):
    browser.send_in("POST", "accounts", name="Bob", role="viewer")
    browser.send_in("POST", "accounts", name="Eve", role="operator", password=PASSWORD)
    browser.send_in("PATCH", "accounts/3", is_enabled=False)
    lines = mien("accounts", "list").out.splitlines()
    assert [line.split()[:4] for line in lines[-3:]] == [
        ["1", "Ada", "admin", "password"],
        ["2", "Bob", "viewer", "nothing"],
        ["3", "Eve", "operator", "locked"],
    ]
    told = json.loads(mien("accounts", "list", "--json").out)["accounts"]
    assert [(one["name"], one["has_password"], one["is_enabled"]) for one in told] == [
        ("Ada", True, True),
        ("Bob", False, True),
        ("Eve", True, False),
    ]
    says(f"{OTHER}\n")
    ended = mien("accounts", "password", "Eve")
    assert ended.code == 0 and "Eve may not log in" in ended.err


def test_where_there_is_no_home_none_is_made(mien, home, says):
    assert "nobody has an account yet" in mien("accounts", "list").out
    says(f"{OTHER}\n")
    assert mien("accounts", "password", "Ada").code == 1
    assert not home.exists()
