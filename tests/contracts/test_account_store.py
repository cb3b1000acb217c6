"""What every store of accounts promises."""

from dataclasses import replace
from datetime import timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import func, select

from mien.domain.accounts import Account, acting, who_acts
from mien.domain.errors import AccountError, AccountUnknown, PersonUnknown
from mien.store.accounts import AccountStore, NewKey
from mien.store.journal import PersonMerged
from mien.store.sql import tables
from mien.store.sql.accounts.accounts import SqlAccounts
from mien.store.sql.outbox import SqlOutbox
from mien.store.sql.people.journal import SqlJournal
from mien.store.sql.people.people import SqlPeople

DAY = timedelta(days=1)


@pytest.fixture
def accounts(database) -> AccountStore:
    return SqlAccounts(database)


@pytest.fixture
def people(database) -> SqlPeople:
    return SqlPeople(database)


@pytest.fixture
def admin(accounts, noon) -> Account:
    return accounts.add_first("Root", noon, "hash")


def told(database) -> list[tuple]:
    heard: list[tuple] = []
    SqlOutbox(database).deliver(lambda *one: heard.append((*one, who_acts())))
    return heard


def test_accounts_are_found_by_id_and_by_name_however_it_is_spelt(accounts, noon):
    ada = accounts.add("Ada Löwe", "viewer", noon, "hash")
    assert ada == Account(1, "Ada Löwe", "viewer", noon)
    assert accounts.account(1) == ada and accounts.named("ADA LO\u0308WE") == (ada, "hash")
    assert accounts.account(2) is None and accounts.named("Ada") is None
    faceless = accounts.add("Bob", "operator", noon)
    assert not faceless.has_password and accounts.accounts() == (ada, faceless)
    assert accounts.accounts(after=1) == (faceless,) and accounts.accounts(limit=1) == (ada,)
    with pytest.raises(AccountError, match="already"):
        accounts.add("ada löwe", "viewer", noon)


def test_an_account_gets_another_name_that_is_free(accounts, noon, admin, database):
    ada = accounts.add("Ada", "viewer", noon, "hash").account_id
    told(database)
    assert accounts.change(ada, name="ADA").name == "ADA", "its own name in another spelling"
    assert accounts.change(ada, name="Zebedee", role="operator").name == "Zebedee"
    assert accounts.named("Ada") is None and accounts.named("zebedee")[0].account_id == ada
    with pytest.raises(AccountError, match="already"):
        accounts.change(ada, name="root", role="viewer")
    assert accounts.account(ada).role == "operator", "all of it, or nothing"
    assert accounts.change(ada, name="Zebedee") == accounts.account(ada)
    heard = told(database)
    assert [one[0] for one in heard] == ["account.changed"] * 2 and "ebedee" not in str(heard)
    accounts.add("Ada", "viewer", noon)


def test_a_name_that_changes_logs_nobody_out(accounts, noon):
    ada = accounts.add("Ada", "viewer", noon, "hash").account_id
    accounts.begin_session(ada, "digest", "csrf", noon, noon + DAY)
    accounts.change(ada, name="Zebedee")
    assert accounts.session("digest", noon).account.name == "Zebedee"


def test_names_and_labels_are_not_readable_in_the_file(accounts, noon, database, tmp_path):
    account = accounts.add("Zebedee", "viewer", noon, "hash")
    accounts.add_key(account.account_id, NewKey("d", "mien_ab", "Ermintrude", frozenset({"read"})), noon)
    accounts.change(account.account_id, name="Dougal")
    accounts.note_failure("Florence", noon)
    database.close()
    held = b"".join(path.read_bytes() for path in tmp_path.glob("mien.sqlite3*"))
    assert not [name for name in (b"Zebedee", b"zebedee", b"ougal", b"Ermintrude", b"lorence") if name in held]


def test_there_is_one_first_admin_whoever_is_faster(accounts, noon):
    start, made, refused = Barrier(2), [], []

    def add(name: str) -> None:
        start.wait()
        try:
            made.append(accounts.add_first(name, noon, "hash"))
        except AccountError as error:
            refused.append(str(error))

    threads = [Thread(target=add, args=(name,)) for name in ("Ann", "Bob")]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(made) == 1 and len(refused) == 1 and accounts.accounts() == tuple(made)
    assert made[0].role == "admin" and accounts.has_admin()


def test_the_last_admin_who_may_come_in_stays_one(accounts, noon, admin):
    first = admin.account_id
    for change in ({"role": "operator"}, {"is_enabled": False}, {"password_hash": ""}):
        with pytest.raises(AccountError, match="no admin"):
            accounts.change(first, **change)
    with pytest.raises(AccountError, match="no admin"):
        accounts.remove(first)
    assert accounts.accounts() == (admin,)
    accounts.add("by face alone", "admin", noon)
    with pytest.raises(AccountError, match="no admin"):
        accounts.remove(first)
    accounts.add("another", "admin", noon, "hash")
    accounts.remove(first)
    with pytest.raises(AccountUnknown):
        accounts.remove(first)
    assert accounts.add("a third", "viewer", noon).account_id == 4, "ids do not come back"


def test_a_session_is_valid_until_it_is_over_or_its_account_changes(accounts, noon, admin):
    account = accounts.add("Ann", "operator", noon, "hash").account_id
    begun = accounts.begin_session(account, "digest", "csrf", noon, noon + DAY)
    assert accounts.session("digest", noon) == begun and begun.account.name == "Ann"
    assert accounts.session("digest", noon + DAY) is None and accounts.session("other", noon) is None
    accounts.change(account, allows_face=None, role="operator")
    assert accounts.session("digest", noon) == begun, "nothing changed"
    accounts.end_session("digest")
    for change in ({"role": "viewer"}, {"password_hash": "new"}, {"is_enabled": False}):
        accounts.change(account, is_enabled=True)
        accounts.begin_session(account, "digest", "csrf", noon, noon + DAY)
        accounts.change(account, **change)
        assert accounts.session("digest", noon) is None
    accounts.begin_session(admin.account_id, "again", "csrf", noon + 2 * DAY, noon + 3 * DAY)
    accounts.end_session("again")
    accounts.end_session("again")
    assert accounts.session("again", noon + 2 * DAY) is None
    with pytest.raises(AccountUnknown):
        accounts.begin_session(77, "nobody's", "csrf", noon, noon + DAY)


def test_sessions_that_are_over_are_not_kept(accounts, noon, admin, database):
    accounts.begin_session(admin.account_id, "old", "csrf", noon, noon + DAY)
    accounts.begin_session(admin.account_id, "new", "csrf", noon + 2 * DAY, noon + 3 * DAY)
    with database.reading() as connection:
        assert connection.scalar(select(func.count()).select_from(tables.sessions)) == 1


def test_keys_open_until_they_are_over_and_their_use_is_noted(accounts, noon, admin):
    made = accounts.add_key(
        admin.account_id, NewKey("digest", "mien_abcd", "a script", frozenset({"read", "people"}), noon + DAY), noon
    )
    assert accounts.key("digest", noon) == (made, admin) and accounts.key("other", noon) is None
    assert accounts.keys() == accounts.keys(admin.account_id) == (replace(made, used_at=noon),)
    accounts.key("digest", noon + timedelta(seconds=59))
    assert accounts.keys()[0].used_at == noon
    accounts.key("digest", noon + timedelta(seconds=60))
    assert accounts.keys()[0].used_at == noon + timedelta(seconds=60)
    assert accounts.key("digest", noon + DAY) is None
    other = accounts.add("Ann", "viewer", noon, "hash")
    accounts.add_key(other.account_id, NewKey("hers", "mien_b", "", frozenset({"read"})), noon)
    assert [key.key_id for key in accounts.keys(other.account_id)] == [2]
    accounts.change(other.account_id, is_enabled=False)
    assert accounts.key("hers", noon) is None
    assert accounts.remove_key(1) and not accounts.remove_key(1)
    accounts.remove(other.account_id)
    assert accounts.keys() == ()
    with pytest.raises(AccountUnknown):
        accounts.add_key(77, NewKey("nobody's", "", "", frozenset()), noon)


def test_failures_are_counted_under_any_spelling_until_they_are_old(accounts, noon):
    assert accounts.failures("Ann", noon) == (0, None)
    assert [accounts.note_failure(name, noon) for name in ("Ann", "ANN", "Bob")] == [1, 2, 1]
    assert accounts.failures("ann", noon) == (2, noon)
    assert accounts.failures("ann", noon + DAY) == (0, None) and accounts.note_failure("ann", noon + DAY) == 1
    accounts.clear_failures("Ann")
    assert accounts.failures("ann", noon + DAY) == (0, None)


def test_an_account_keeps_to_whom_its_person_is(accounts, people, noon, database, picture):
    ann, bob = (people.add_person(name, [picture(axis)], noon) for axis, name in enumerate(("Ann", "Bob")))
    account = accounts.add("ann", "viewer", noon, "hash", ann.person_id)
    assert accounts.change(account.account_id, allows_face=True).allows_face
    change = SqlJournal(database).apply("person.merged", [PersonMerged(ann.person_id, bob.person_id)], noon)
    assert accounts.named("ann")[0].person_id == bob.person_id
    SqlJournal(database).undo(noon, change.change_id)
    assert accounts.named("ann")[0].person_id == ann.person_id
    unlinked = accounts.change(account.account_id, person_id="")
    assert (unlinked.person_id, unlinked.allows_face) == ("", False)
    with pytest.raises(AccountError, match="nobody in the gallery"):
        accounts.change(account.account_id, allows_face=True)
    for refused in (
        lambda: accounts.add("x", "viewer", noon, "", "person-0077"),
        lambda: accounts.change(account.account_id, person_id="person-0077"),
    ):
        with pytest.raises(PersonUnknown):
            refused()


def test_whoever_is_forgotten_takes_their_accounts_along(accounts, people, noon, admin, database, picture):
    ann, bob = (people.add_person(name, [picture(axis)], noon) for axis, name in enumerate(("Ann", "Bob")))
    merged = accounts.add("boss", "viewer", noon, "hash", bob.person_id)
    SqlJournal(database).apply("person.merged", [PersonMerged(bob.person_id, ann.person_id)], noon)
    hers = accounts.add("lioness", "admin", noon, "hash", ann.person_id)
    accounts.begin_session(hers.account_id, "digest", "csrf", noon, noon + DAY)
    accounts.add_key(hers.account_id, NewKey("key", "mien_a", "her script", frozenset({"read"})), noon)
    told(database)
    assert people.belongings(ann.person_id).accounts == 2
    assert people.forget(ann.person_id).accounts == 2
    assert accounts.accounts() == (admin,) and accounts.keys() == () and accounts.session("digest", noon) is None
    assert people.traces((ann.person_id, bob.person_id)) == 0
    assert told(database) == [
        ("account.removed", (), {"account": n}, None) for n in (merged.account_id, hers.account_id)
    ]


def test_an_invitation_is_used_once_and_known_as_long_as_it_holds(accounts, noon):
    assert not accounts.is_used("first")
    accounts.use_invitation("first", noon, noon + DAY)
    accounts.use_invitation("second", noon, noon + 9 * DAY)
    with pytest.raises(AccountError, match="used already"):
        accounts.use_invitation("first", noon + DAY, noon + DAY)
    assert accounts.is_used("first") and accounts.is_used("second")
    accounts.use_invitation("third", noon + 2 * DAY, noon + 3 * DAY)
    assert not accounts.is_used("first"), "nothing is kept of what holds no more"
    assert accounts.is_used("second")


def test_what_is_done_is_heard_of_with_who_did_it(accounts, noon, database):
    with acting("account:7"):
        made = accounts.add_first("Ann", noon, "hash").account_id
        accounts.change(made, password_hash="another")
        accounts.change(made, role="admin")
    with acting("system"):
        accounts.add_key(made, NewKey("digest", "mien_a", "label", frozenset({"read"})), noon)
    accounts.remove_key(1)
    assert told(database) == [
        ("account.made", (), {"account": made, "role": "admin"}, "account:7"),
        ("account.changed", (), {"account": made, "role": "admin"}, "account:7"),
        ("key.issued", (), {"account": made}, "system"),
        ("key.revoked", (), {"account": made}, None),
    ]
