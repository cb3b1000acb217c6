"""Folders of people are taken in by the web as `mien people import` takes them in: real faces, real stores."""

from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest
from tests.service.imports.conftest import Importer
from tests.support.service import browser, service

from mien.domain.clock import SystemClock
from mien.gallery.enrolment.admission import Terms
from mien.gallery.enrolment.enroller import by_person, counts_of
from mien.privacy.consent import declaration
from mien.privacy.purpose import Purpose
from mien.service.people.routes import build as people_routes
from mien.settings import Settings
from mien.sources.images import SentPicture
from mien.wiring.people import build_enroller
from mien.wiring.rights import build_forgetting
from mien.wiring.serving.imports import build_imports
from mien.wiring.serving.people import build_people_desk
from mien.wiring.stores import build_stores

CONSENT = {"scopes": ["identify", "keep"], "version": "2", "evidence": "form 17"}


@pytest.fixture
def folder(ada, ben):
    """Two people, a picture twice, one that is somebody else's, one without a face, and one that is broken."""
    blank = np.full((64, 64, 3), 120, np.uint8).tobytes()
    return [
        ("Ada Lovelace/1.png", ada),
        ("Ada Lovelace/again.png", ada),
        ("Ada Lovelace/deep/er/2.jpg", b"broken"),
        *((f"Ben/{place}.jpg", one) for place, one in enumerate(ben, 1)),
        ("Ben/ada.png", ada),
        ("Cleo/1.bmp", blank),
    ]


def test_a_folder_is_taken_in_part_by_part(importer, folder, stores, clock):
    told = importer.whole(*folder, consent=CONSENT)
    assert (told["state"], told["done"], told["total"], told["received"]) == ("done", *[len(folder)] * 3)
    assert (told["people"], told["new_people"], told["skipped"]) == (2, 2, 1)
    reasons = {one["name"]: one["reason"] for one in told["refused"]}
    assert reasons["Ada Lovelace/deep/er/2.jpg"] == "cannot be read as a picture: it is of no known kind"
    assert "the face is that of 'Ada Lovelace'" in reasons["Ben/ada.png"] and "--" not in reasons["Ben/ada.png"]
    assert told["refused_count"] == len(reasons) == len(folder) - told["pictures"] - told["skipped"]
    assert not told["is_declared"] and told["notice"] == told["problem"] == ""
    for name in ("Ada Lovelace", "Ben"):
        person = stores.people.named(name)
        assert stores.consents.scopes_of(person.person_id, clock.now()) == {"identify", "keep"}
        assert len(stores.consents.of(person.person_id)) == 2, "it is put on record once, not with every picture"
    assert [one.origin for one in stores.people.pictures(stores.people.named("Ada Lovelace").person_id)] == ["1.png"]
    assert stores.people.named("Cleo") is None


def test_an_import_that_is_begun_again_is_the_same_one(importer):
    def begin(total: int):
        asked = {"json": {"total": total}, "headers": {"idempotency-key": "k"}}
        return importer.client.post("/api/v1/imports", **asked)

    first, *again = [begin(2) for _ in range(3)]
    assert first.status_code == 201 and {one.json()["import_id"] for one in (first, *again)} == {
        first.json()["import_id"]
    }
    assert begin(3).status_code == 422


def test_it_comes_to_what_the_command_comes_to(importer, folder, stores, tasks, tmp_path, clock):
    root = tmp_path / "photos"
    for name, content in folder:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    settings = Settings(home=tmp_path / "other")
    with ExitStack() as stack:
        terms = Terms(declaration(Purpose.of(settings.privacy)))
        other = build_stores(settings, stack)
        wanted = [*build_enroller(settings, other, tasks, terms, SystemClock()).import_folder(root)]
    in_order = sorted(folder, key=lambda one: Path(one[0]))
    told = importer.whole(*in_order)
    counts, people = counts_of(wanted), by_person(wanted)
    assert (told["pictures"], told["skipped"], told["refused_count"]) == tuple(counts.values())
    assert told["people"] == sum(one.is_any_in for one in people)
    refused = [one.picture.relative_to(root).as_posix() for one in wanted if one.outcome == "refused"]
    assert [one["name"] for one in told["refused"]] == refused
    assert told["is_declared"]


def test_the_audit_log_says_who_did_it(importer, folder, audit):
    importer.whole(*folder)
    entries = [one for one in audit.entries() if one.action.startswith("person")]
    assert entries and {one.actor for one in entries} == {"account:2"} and audit.verify().is_whole


def test_a_folder_that_comes_again_brings_what_is_new(importer, folder, stores):
    first = importer.whole(*folder)
    again = importer.whole(*folder)
    assert (again["pictures"], again["skipped"]) == (0, first["pictures"] + first["skipped"])
    assert (again["people"], again["new_people"]) == (2, 0)


def test_a_dry_run_keeps_nothing_and_says_what_would_be(importer, folder, stores):
    told = importer.whole(*folder[:2], *folder[3:6], query="?dry_run=true")
    assert told["is_dry_run"] and told["state"] == "done" and told["new_people"] == 2
    assert told["skipped"] == 1, "pictures of one name are compared with each other from one part to the next"
    assert not stores.people.people(everybody=True) and not [*stores.media.names()]


def test_who_was_forgotten_may_be_among_them_which_is_said(importer, ada, stores, clock, settings):
    assert importer.whole(("Ada/1.png", ada))["notice"] == ""
    build_forgetting(stores, clock, is_beside_others=True).forget("Ada")
    assert "forgotten" in importer.whole(("Ada/1.png", ada))["notice"]


def test_where_consent_has_to_be_told_nobody_declares_it(stores, clock, tasks, ada, settings):
    at_work = Settings(home=settings.home, privacy={"purpose": "workplace"})
    desk = build_people_desk(at_work, stores, lambda: tasks, clock)
    with browser(service(build_imports(desk, stores, clock)), "operator") as client:
        importer = Importer(client)
        for consent in (None, {"scopes": ["identify"]}):
            refused = importer.begin(1, consent=consent)
            assert refused.status_code == 422 and "what proves it" in refused.json()["detail"]
        assert importer.whole(("Ada/1.png", ada), consent=CONSENT)["pictures"] == 1


def test_what_somebody_agreed_to_with_another_import_counts_too(importer, ada, ben, stores, clock):
    importer.whole(("Ben/1.jpg", ben[0]), consent={"scopes": ["identify"], "evidence": "form 17"})
    importer.whole(("Ben/1.jpg", ben[0]), consent=CONSENT)
    person = stores.people.named("Ben")
    assert stores.consents.scopes_of(person.person_id, clock.now()) == {"identify", "keep"}


def test_who_is_enrolled_beside_it_is_met_by_it(stores, clock, tasks, ada, settings):
    """Single pictures and folders come in by one way, and take turns."""
    desk = build_people_desk(settings, stores, lambda: tasks, clock)
    with browser(service(build_imports(desk, stores, clock), people_routes(desk)), "operator") as client:
        importer = Importer(client)
        import_id = importer.begin(2).json()["import_id"]
        files = [("pictures", ("1.png", ada, "image/png"))]
        assert client.post("/api/v1/people", files=files, data={"name": "Ada"}).status_code == 201
        importer.send(import_id, [("Ada/1.png", ada), ("Eve/1.png", ada)])
        importer.end(import_id)
        told = importer.over(import_id)
    assert told["skipped"] == 1 and "the face is that of 'Ada'" in told["refused"][0]["reason"]


def test_consent_that_is_given_later_is_put_on_record_with_single_pictures_too(stores, clock, tasks, ada, settings):
    enrolling = build_people_desk(settings, stores, lambda: tasks, clock).enrolling
    terms = [Terms(declaration(Purpose()), is_given=True) for _ in range(2)]
    for one in terms:
        enrolling.enrol("Ada", [SentPicture("1.png", ada)], one, is_rehearsal=False)
    person = stores.people.named("Ada")
    assert len(stores.consents.of(person.person_id)) == 6, "three uses, by each of two requests"


def test_nothing_that_is_sent_touches_the_disk(importer, ada, monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.TemporaryFile", lambda *_, **__: pytest.fail("it is written to the disk"))
    large = ada + bytes(3 << 20)  # behind the picture's end
    assert importer.whole(("Ada/1.png", large))["pictures"] == 1
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert written and not [path for path in written if ada[2000:2100] in path.read_bytes()]
