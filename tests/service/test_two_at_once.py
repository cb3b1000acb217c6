"""Several operators who change one person at the same moment: one is first, and the others are told."""

from collections.abc import Callable, Mapping
from threading import Barrier, Thread

import pytest
from tests.service.conftest import Page

RIVALS = 4
Asks = Callable[[Page, int, str], object]

CHANGES: Mapping[str, Asks] = {
    "rename": lambda one, number, ann: one.patch(f"people/{ann}", json={"name": f"Ann {number}"}),
    "hide": lambda one, number, ann: one.patch(f"people/{ann}", json={"standing": "hidden"}),
    "remove": lambda one, number, ann: one.delete(f"people/{ann}"),
    "split": lambda one, number, ann: one.post(
        f"people/{ann}/split", json={"picture_ids": [1], "name": f"Eve {number}"}
    ),
}


def at_once(whole, admin, ask: Callable[[Page, int], object], headers: Mapping[str, str]) -> list:
    """The answers to the rivals, who ask at the same moment."""
    start, answers = Barrier(RIVALS), []

    def one(number: int) -> None:
        rival = Page(whole.app)
        rival.cookies, own = admin.cookies, {**admin.headers, **headers}
        rival.headers.update(own)
        start.wait()
        answers.append(ask(rival, number))

    threads = [Thread(target=one, args=(number,)) for number in range(RIVALS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


@pytest.mark.parametrize("what", CHANGES)
def test_of_those_who_saw_the_same_person_one_changes_it(whole, admin, live, stores, what):
    ann = live("Ann").person_id
    seen = admin.get(f"people/{ann}").headers["etag"]
    answers = at_once(whole, admin, lambda one, number: CHANGES[what](one, number, ann), {"if-match": seen})
    told = sorted(one.status_code for one in answers)
    assert told[0] == 200 and {*told[1:]} <= {409, 412}, [one.text for one in answers]
    assert all(one.json()["detail"] for one in answers if one.status_code != 200)
    assert len(stores.journal.changes()) == 1


TOGETHER: Mapping[str, Callable[[str, str], dict]] = {
    "pictures/state": lambda ann, bob: {"picture_ids": [1], "state": "binned"},
    "pictures/move": lambda ann, bob: {"picture_ids": [1], "to": bob},
    "pictures/keep": lambda ann, bob: {"picture_ids": [1]},
    "people/merge": lambda ann, bob: {"into": ann, "others": [bob]},
}


@pytest.mark.parametrize("path", TOGETHER)
def test_of_those_who_saw_the_same_people_one_changes_them(whole, admin, live, stores, path):
    ann, bob = live("Ann").person_id, live("Bob").person_id
    seen = {one["person_id"]: one["etag"] for one in admin.get("people").json()["items"]}
    asked = {**TOGETHER[path](ann, bob), "seen": seen}
    answers = at_once(whole, admin, lambda one, _: one.post(path, json=asked), {})
    told = sorted(one.status_code for one in answers)
    assert told[0] == 200 and {*told[1:]} <= {409, 412}, [one.text for one in answers]
    assert len(stores.journal.changes()) == 1


def test_one_who_is_first_merges_forgets_or_takes_back(whole, admin, live, stores):
    ann, bob = live("Ann").person_id, live("Bob").person_id
    merged = at_once(whole, admin, lambda one, _: one.post("people/merge", json={"into": ann, "others": [bob]}), {})
    assert sorted(one.status_code for one in merged) == [200, 409, 409, 409] and len(stores.journal.changes()) == 1
    undone = at_once(whole, admin, lambda one, _: one.post("changes/undo", json={"change_id": 1}), {})
    assert sorted(one.status_code for one in undone) == [200, 409, 409, 409]
    assert stores.people.selves(bob)[0] == bob
    asked = {"agreed": [ann]}
    forgotten = at_once(whole, admin, lambda one, _: one.post(f"privacy/forget/{ann}", json=asked), {})
    assert sorted(one.status_code for one in forgotten)[0] == 200
    assert {one.status_code for one in forgotten} <= {200, 404, 409} and stores.people.person(ann) is None
