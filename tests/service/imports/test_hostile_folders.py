"""Imports that want to do harm, go wrong, or are left alone: bounded, refused in words, and the service goes on."""

from collections.abc import Sequence
from threading import Event, Thread
from types import SimpleNamespace

import pytest
from tests.service.imports.conftest import Importer, until
from tests.support.service import Known, browser, program, service

from mien.domain.errors import EnrolmentRefused, StoreError
from mien.gallery.enrolment.enroller import Enrolment
from mien.service import uploads
from mien.service.area import Area
from mien.service.imports import book
from mien.service.imports.folder import persons_picture, told_path
from mien.service.imports.job import Job
from mien.service.imports.routes import ImportDesk, build
from mien.service.people.desk import Consenting
from mien.sources.images import SentPicture


class Taking:
    """Takes in everything as soon as it may, and notes whom; somebody called Trouble ends it."""

    def __init__(self) -> None:
        self.may_go_on = Event()
        self.may_go_on.set()
        self.taken: list[tuple[str, str, bytes]] = []

    def begin(self, terms, *, is_rehearsal):
        return self

    def enrol(self, name: str, pictures: Sequence[SentPicture]) -> list[Enrolment]:
        self.may_go_on.wait(20)
        if name == "Trouble":
            raise StoreError("the database cannot be written: mien people undo takes nothing back")
        if name == "Defect":
            raise ZeroDivisionError
        self.taken += [(name, one.name, one.content) for one in pictures]
        return [Enrolment(one.name, name, "accepted", is_new=True) for one in pictures]


@pytest.fixture
def taking() -> Taking:
    return Taking()


@pytest.fixture
def jobs() -> dict[str, Job]:
    return {}


@pytest.fixture
def held(clock, jobs) -> book.ImportBook:
    return book.ImportBook(clock, lambda: False, jobs)


@pytest.fixture
def area(taking, clock, held) -> Area:
    return build(ImportDesk(taking, Consenting(SimpleNamespace, clock), held, clock))


NAMES = {
    "../../etc/passwd.jpg": "its path leads out of the folder",
    "Ada/../../1.jpg": "its path leads out of the folder",
    "/etc/cron.d/1.jpg": "its path begins outside of the folder",
    "C:/Windows/1.jpg": "its path begins outside of the folder",
    "Ada\\1.jpg": "there is a backslash in its path",
    "..\\..\\1.jpg": "there is a backslash in its path",
    "1.jpg": "it lies in no person's folder",
    "Ada//1.jpg": "there is an empty part in its path",
    "./1.jpg": "there is an empty part in its path",
    "Ada/": "there is an empty part in its path",
    "   /1.jpg": "a person's name must not be empty",
    "Ada%0AEve/1.jpg": "there are control characters in its path",
    "Ada%0D/1.jpg": "there are control characters in its path",
    ".git/1.jpg": "it is hidden",
    "Ada/._1.jpg": "it is hidden",
    "unknown-0007/1.jpg": "has the form of an id",
    "A" * 201 + "/1.jpg": "a person's name may have 200 characters",
    "A" * 1500 + "/1.jpg": "its path has 1506 characters",
}


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_a_name_that_is_none_is_refused_in_words_and_the_others_go_on(importer, taking, name):
    told = importer.whole((name, b"x"), ("Ada Lovelace/1.jpg", b"y"))
    assert (told["state"], told["done"], told["pictures"], told["refused_count"]) == ("done", 2, 1, 1)
    ((path, reason),) = [(one["name"], one["reason"]) for one in told["refused"]]
    assert NAMES[name] in reason and len(path) <= 200 and path.isprintable()
    assert taking.taken == [("Ada Lovelace", "1.jpg", b"y")]


@pytest.mark.parametrize("path", ["Ada\x07/1.jpg", "Ada/\x9b31m.jpg", "Ada/\ud800.jpg", "\x00/1.jpg"])
def test_signs_that_nobody_sees_are_in_no_path(path):
    with pytest.raises(EnrolmentRefused, match="control characters"):
        persons_picture(path, b"x", 1)
    assert told_path(path, 1).isprintable()


def test_quotes_in_names_are_what_they_were(importer, taking):
    """Browsers write them in a form as %22, which servers have to know."""
    importer.whole(("Dwayne %22The Rock%22 Johnson/100 %.jpg", b"x"), ("Zoë Ørsted/Größe.jpg", b"y"))
    assert [one[:2] for one in taking.taken] == [
        ('Dwayne "The Rock" Johnson', "100 %.jpg"),
        ("Zoë Ørsted", "Größe.jpg"),
    ]


def test_a_picture_is_told_where_it_lies_and_kept_by_its_name_alone():
    found = persons_picture("Ada/2020/summer/1.jpg", b"x", 1)
    assert (found.person, found.path, found.picture.name) == ("Ada", "Ada/2020/summer/1.jpg", "1.jpg")


def test_ten_thousand_entries_that_are_none_are_counted_and_the_first_hundred_told(importer, taking):
    assert book.MOST_TOTAL == 10_000
    import_id = importer.begin(10_000).json()["import_id"]
    part = [(f"../{place}.jpg", b"") for place in range(50)]
    for at in range(0, 10_000, 50):
        assert importer.send(import_id, part, at).status_code == 200
    importer.end(import_id)
    told = importer.over(import_id)
    assert (told["done"], told["refused_count"], len(told["refused"])) == (10_000, 10_000, 100)
    assert not taking.taken


def test_a_folder_or_a_part_that_is_too_large_is_refused(importer, monkeypatch):
    large = importer.begin(10_001)
    assert large.status_code == 422 and "import at most 10000 at once" in large.json()["detail"]
    import_id = importer.begin(100).json()["import_id"]
    many = importer.send(import_id, [("Ada/1.jpg", b"x")] * 51)
    assert many.status_code == 422 and "at most 50 pictures" in many.json()["detail"]
    assert importer.send(import_id, []).status_code == 422
    monkeypatch.setattr(uploads, "LARGEST", 3)
    told = importer.send(import_id, [("Ada/1.jpg", b"four")]).json()
    assert "is too large" in told["refused"][0]["reason"]


@pytest.mark.parametrize("asked", [{}, {"total": 0}, {"total": "many"}, {"total": 1, "hobby": "chess"}, [], None])
def test_what_is_no_beginning_of_an_import_is_refused(importer, asked):
    answer = importer.client.post("/api/v1/imports", json=asked)
    assert answer.status_code == 422 and answer.json()["status"] == 422


def test_what_is_sent_too_far_ahead_waits_with_whoever_sends_it(importer, taking, monkeypatch):
    monkeypatch.setattr(book, "AHEAD_BYTES", 100)
    taking.may_go_on.clear()
    import_id = importer.begin(100).json()["import_id"]
    assert importer.send(import_id, [("Ada/1.jpg", bytes(60))] * 3, 0).json()["state"] == "running"
    until(lambda: importer.told(import_id)["state"] == "running")
    ahead = importer.send(import_id, [("Ada/4.jpg", bytes(60))], 3)
    assert ahead.status_code == 429 and ahead.headers["retry-after"] == "1"
    assert importer.told(import_id)["received"] == 3
    taking.may_go_on.set()
    until(lambda: importer.told(import_id)["done"] == 3)
    assert importer.send(import_id, [("Ada/4.jpg", bytes(60))], 3).status_code == 200


def test_a_part_that_is_sent_again_is_taken_once_and_a_missing_one_is_missed(importer, taking):
    import_id = importer.begin(4).json()["import_id"]
    for _ in range(3):
        answer = importer.send(import_id, [("Ada/1.jpg", b"1"), ("Ada/2.jpg", b"2")], 0)
        assert answer.status_code == 200 and answer.json()["received"] == 2
    missing = importer.send(import_id, [("Ada/4.jpg", b"4")], 3)
    assert missing.status_code == 409 and "from 2 on were expected" in missing.json()["detail"]
    more = importer.send(import_id, [("Ada/3.jpg", b"3")] * 3, 2)
    assert more.status_code == 409 and "more than the 4 pictures" in more.json()["detail"]
    importer.end(import_id)
    told = importer.over(import_id)
    assert (told["state"], told["total"], told["done"]) == ("done", 2, 2), "what was announced and never came is left"
    late = importer.send(import_id, [("Ada/3.jpg", b"3")], 2)
    assert late.status_code == 409 and "has ended" in late.json()["detail"]
    assert [one[1] for one in taking.taken] == ["1.jpg", "2.jpg"]


def test_an_import_that_is_cancelled_looks_at_nothing_more(importer, taking):
    taking.may_go_on.clear()
    import_id = importer.begin(3).json()["import_id"]
    importer.send(import_id, [(f"Ada/{place}.jpg", b"x") for place in range(3)])
    assert importer.cancel(import_id).json()["state"] == "cancelled"
    taking.may_go_on.set()
    until(lambda: importer.told(import_id)["done"] == 1)
    assert importer.end(import_id).json()["state"] == "cancelled"
    late = importer.send(import_id, [("Ada/3.jpg", b"3")])
    assert late.status_code == 409 and "cancelled" in late.json()["detail"]
    assert len(taking.taken) == 1, "the one that was being looked at"


@pytest.mark.parametrize(
    ("who", "why"), [("Trouble", "the database cannot be written; what"), ("Defect", "ZeroDivisionError")]
)
def test_what_fails_says_why_and_others_go_on(importer, taking, who, why):
    failing, other = (importer.begin(3).json()["import_id"] for _ in range(2))
    importer.send(failing, [("Ada/1.jpg", b"x"), (f"{who}/1.jpg", b"x"), ("Ada/2.jpg", b"x")])
    told = importer.over(failing)
    assert (told["state"], told["pictures"]) == ("failed", 1) and why in told["problem"]
    assert "what was taken in stays" in told["problem"]
    assert importer.send(failing, [("Ada/3.jpg", b"x")]).status_code == 409
    importer.send(other, [("Ada/1.jpg", b"x")])
    importer.end(other)
    assert importer.over(other)["state"] == "done"


def test_an_import_that_is_left_alone_ends_and_is_forgotten(importer, clock):
    import_id = importer.begin(9).json()["import_id"]
    importer.send(import_id, [("Ada/1.jpg", b"x")])
    until(lambda: importer.told(import_id)["done"] == 1)
    clock.passed_s += 299
    assert importer.told(import_id)["state"] == "waiting"
    clock.passed_s += 2
    told = importer.told(import_id)
    assert told["state"] == "failed" and "nothing came for 5 minutes" in told["problem"]
    clock.passed_s += 3600
    assert importer.client.get(f"/api/v1/imports/{import_id}").status_code == 404


def test_imports_are_bounded_in_number(importer, app):
    own = [importer.begin(1).json()["import_id"] for _ in range(book.MOST_OWN)]
    one_more = importer.begin(1)
    assert one_more.status_code == 429 and "2 imports of yours" in one_more.json()["detail"]
    other = Importer(browser(app, "admin"))
    assert [other.begin(1).status_code for _ in range(3)] == [201, 201, 429]
    importer.cancel(own[0])
    assert importer.begin(1).status_code == 201


def test_imports_that_are_over_are_not_kept_without_bound(importer, held):
    for _ in range(100):
        importer.cancel(importer.begin(1).json()["import_id"])
    importer.begin(1)
    assert len(held._jobs) <= 66


def test_an_import_is_of_whoever_began_it(importer, app):
    import_id = importer.begin(1).json()["import_id"]
    admin = Importer(browser(app, "admin"))
    assert admin.told(import_id)["state"] == "waiting"
    for answer in (admin.send(import_id, [("Ada/1.jpg", b"x")]), admin.end(import_id), admin.cancel(import_id)):
        assert answer.status_code == 404
    own_of_admin = admin.begin(1).json()["import_id"]
    assert importer.client.get(f"/api/v1/imports/{own_of_admin}").status_code == 404
    for unknown in ("nothing", "..", "%00", "a" * 90):
        assert importer.client.get(f"/api/v1/imports/{unknown}").status_code in (404, 422)


def test_a_program_with_the_scope_of_people_imports(area):
    known = Known()
    secret = known.key("operator", "people")
    client = program(service(area, credentials=known), secret)
    assert Importer(client).whole(("Ada/1.jpg", b"x"))["pictures"] == 1


def test_imports_take_turns(importer, app, taking):
    taking.may_go_on.clear()
    admin = Importer(browser(app, "admin"))
    for one, name in ((importer, "Ada"), (admin, "Ben")):
        import_id = one.begin(3).json()["import_id"]
        one.send(import_id, [(f"{name}/{place}.jpg", b"x") for place in range(3)])
    taking.may_go_on.set()
    until(lambda: len(taking.taken) == 6)
    assert [name for name, *_ in taking.taken] == ["Ada", "Ben"] * 3


def test_when_the_service_stops_the_picture_at_work_is_whole_and_the_next_one_tells_of_it(
    app, taking, clock, held, jobs
):
    def go_on_once_it_stops() -> None:
        until(lambda: held._is_closed)
        taking.may_go_on.set()

    taking.may_go_on.clear()
    with browser(app, "operator") as client:
        importer = Importer(client)
        import_id = importer.begin(9).json()["import_id"]
        importer.send(import_id, [(f"Ada/{place}.jpg", b"x") for place in range(9)])
        until(lambda: held._jobs[import_id].is_at_work)
        Thread(target=go_on_once_it_stops).start()
    assert len(taking.taken) == 1
    assert Importer(browser(app, "operator")).begin(1).status_code == 429
    anew = ImportDesk(taking, Consenting(SimpleNamespace, clock), book.ImportBook(clock, lambda: False, jobs), clock)
    importer = Importer(browser(service(build(anew)), "operator"))
    told = importer.told(import_id)
    assert (told["state"], told["pictures"]) == ("failed", 1) and "the service was stopped" in told["problem"]
    late = importer.send(import_id, [("Ada/9.jpg", b"x")], at=9)
    assert late.status_code == 409 and "the service was stopped" in late.json()["detail"]
    assert importer.whole(("Ada/9.jpg", b"x"))["pictures"] == 1
