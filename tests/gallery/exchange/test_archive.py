"""Archives of people: what goes in comes out, and nothing else does."""

import json
import os
import stat
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.gallery.exchange.conftest import CAP
from tests.support.faces import ALL, MODEL, axis, kept, like

from mien.domain.errors import GalleryError, MienError, ResultError, SourceNotFound, SourceUnreadable, UsageError
from mien.domain.people.consent import DECLARATION, DECLARED, SCOPES, NewConsent
from mien.gallery.exchange.arrivals import Arrival
from mien.gallery.exchange.files import digest_of
from mien.gallery.exchange.reading import opened_archive
from mien.gallery.exchange.writing import png_of
from mien.store.journal import Fact, PersonMerged, PersonStanding, PicturesVouched
from mien.store.vault import passphrase

Change = Callable[[dict[str, bytes]], None]


@pytest.fixture
def archive(here, tmp_path: Path) -> Path:
    path = tmp_path / "gallery.mien"
    here.exporter.write_archive(path, here.people.people())
    return path


def told(path: Path, secret: str = "") -> list[object]:
    """Everything that an archive says."""
    with opened_archive(path, secret) as opened:
        return [
            (
                replace(one.kept, pictures=()),
                [
                    (
                        replace(picture, picture=replace(picture.picture, templates=())),
                        _vectors(picture),
                        _crop(one, place),
                    )
                    for place, picture in enumerate(one.kept.pictures)
                ],
            )
            for one in opened
        ]


def _vectors(picture) -> list[object]:
    return [(one.model, one.variant, one.vector.tobytes()) for one in picture.picture.templates]


def _crop(one, place: int) -> bytes:
    image = one.crop(place)
    return b"" if image is None else image.tobytes()


def forged(archive: Path, change: Change, **how: int) -> Path:
    """The archive with its members changed, and a manifest that fits them where it is not changed itself."""
    with zipfile.ZipFile(archive) as source:
        members = {name: source.read(name) for name in source.namelist()}
    change(members)
    path = archive.with_name("forged.mien")
    with zipfile.ZipFile(path, "w", how.get("packing", zipfile.ZIP_STORED)) as target:
        for name, content in members.items():
            target.writestr(name, content)
    return path


def test_people_come_out_as_they_went_in(here, there, archive: Path) -> None:
    with opened_archive(archive) as opened:
        assert (opened.manifest.people, opened.manifest.pictures, opened.manifest.templates) == (2, 3, 4)
        assert opened.manifest.mien == "1.2.3"
        came = [*there.reception.receive(opened, "a" * 64)]

    assert {(one.outcome, one.name) for one in came} == {("new", "Zoë 🙂 ../etc"), ("new", "=cmd()")}
    assert {one.consented for one in came} == {False}
    assert sum(one.pictures for one in came) == 3 and sum(one.templates for one in came) == 4
    for name in ("Zoë 🙂 ../etc", "=cmd()"):
        ours, theirs = (place.transfers.take_out(place.people.named(name).person_id) for place in (here, there))
        assert replace(theirs.person, person_id=ours.person.person_id) == ours.person
        assert [(one.scope, one.version, one.evidence, one.given_at) for one in theirs.consents] == [
            (one.scope, one.version, one.evidence, one.given_at) for one in ours.consents
        ]
        for one, other in zip(ours.pictures, theirs.pictures, strict=True):
            assert _vectors(one) == _vectors(other)
            assert (one.picture.origin, one.picture.quality, one.created_at) == (
                other.picture.origin, other.picture.quality, other.created_at)  # fmt: skip
            if one.picture.crop:
                images = (place.media.load(kept.picture.crop) for place, kept in ((here, one), (there, other)))
                assert np.array_equal(*images)
    assert len([*there.media.names()]) == 1
    action, people, facts = there.noted.heard[-1]
    counts = {"people": 2, "pictures": 3, "templates": 4}
    assert (action, len(people), facts) == ("gallery.imported", 2, {**counts, "digest": "a" * 64})


def test_what_was_agreed_to_and_which_pictures_were_kept_as_right_comes_along(
    here, there, tmp_path: Path, clock
) -> None:
    ann = here.people.named("Zoë 🙂 ../etc")
    given = NewConsent(frozenset({"keep"}), "3a", "form 17", text="We know you by your face.")
    here.consents.give(ann.person_id, given, clock.now())
    first, *others = (one.picture_id for one in here.people.pictures(ann.person_id))
    here.journal.apply("picture.kept", [PicturesVouched((first,), is_vouched=True)], clock.now())
    here.exporter.write_archive(tmp_path / "gallery.mien", here.people.people())
    with opened_archive(tmp_path / "gallery.mien") as opened:
        [*there.reception.receive(opened)]

    person_id = there.people.named("Zoë 🙂 ../etc").person_id
    assert {one.version: one.text for one in there.consents.of(person_id)}["3a"] == "We know you by your face."
    assert [one.is_vouched for one in there.people.pictures(person_id)] == [True, *(False for _ in others)]


def test_an_archive_that_tells_of_no_text_is_read(archive: Path) -> None:
    def drop(members: dict[str, bytes]) -> None:
        for name in [one for one in members if one.startswith("people/")]:
            record = json.loads(members[name])
            for consent in record["consents"]:
                del consent["text"]
            for picture in record["pictures"]:
                del picture["is_vouched"]
            _with_hash(members, name, json.dumps(record).encode())

    assert told(forged(archive, drop)) == told(archive)


def test_coming_again_changes_nothing(there, archive: Path) -> None:
    for _ in range(2):
        with opened_archive(archive) as opened:
            came = [*there.reception.receive(opened)]

    assert {one.outcome for one in came} == {"known"}
    assert sum(one.pictures + one.templates for one in came) == 0
    heard = [action for action, *_ in there.noted.heard]
    assert heard == ["person.enrolled", "person.enrolled", "gallery.imported"]
    assert len([*there.media.names()]) == 1


def test_an_import_that_is_cut_short_has_whole_people_and_goes_on(there, archive: Path, monkeypatch) -> None:
    with opened_archive(archive) as opened:
        next(there.reception.receive(opened))
    assert len(there.people.people()) == 1

    def fail(*_: object) -> None:
        raise MienError("the disk is full")

    with monkeypatch.context() as failing, opened_archive(archive) as opened:
        failing.setattr(there.transfers, "take_in", fail)
        with pytest.raises(MienError, match="the disk is full"):
            [*there.reception.receive(opened)]
    assert len([*there.media.names()]) == len([one for one in there.people.pictures() if one.crop])

    with opened_archive(archive) as opened:
        assert sorted(one.outcome for one in there.reception.receive(opened)) == ["known", "new"]


def test_of_a_person_whom_somebody_else_brings_the_same_moment_no_crop_is_left_over(
    there, archive: Path, monkeypatch
) -> None:
    take_in = there.transfers.take_in

    def late(*told: object) -> object:
        monkeypatch.undo()
        with opened_archive(archive) as opened:
            [*there.reception.receive(opened)]
        return take_in(*told)

    monkeypatch.setattr(there.transfers, "take_in", late)
    with opened_archive(archive) as opened:
        assert {one.outcome for one in there.reception.receive(opened)} == {"known"}

    assert [*there.media.names()] == [one.crop for one in there.people.pictures() if one.crop]


def test_where_a_declaration_does_not_do_those_who_agreed_themselves_come(
    here, open_place, tmp_path: Path, clock
) -> None:
    everything = frozenset(SCOPES)
    declared = NewConsent(everything, DECLARED, DECLARATION)
    here.people.add_person("Declared", [kept(axis(4))], clock.now(), declared)
    partly = here.people.add_person("Partly", [kept(axis(5))], clock.now(), declared)
    here.consents.give(partly.person_id, NewConsent(frozenset({"identify"}), DECLARED, "form 17"), clock.now())
    archive = here.exporter.write_archive(tmp_path / "all.mien", here.people.people()).path
    work = open_place("work", accepts_declared=False)

    with opened_archive(archive) as opened:
        foreseen = work.reception.foresee(opened)
        came = [*work.reception.receive(opened)]

    assert {one.name: one.outcome for one in came} == {
        "Zoë 🙂 ../etc": "new", "=cmd()": "new", "Partly": "new", "Declared": "declared"
    }  # fmt: skip
    assert [(one.name, one.outcome) for one in foreseen] == [(one.name, one.outcome) for one in came]
    assert work.people.named("Declared") is None
    record = work.consents.of(work.people.named("Partly").person_id)
    assert [(one.scope, one.evidence) for one in record] == [("identify", "form 17")]
    assert len(work.noted.heard[-1][1]) == 3


def test_where_a_declaration_does_not_do_taking_it_back_does(here, open_place, tmp_path: Path, clock) -> None:
    """Two records of one person: a form, and a declaration that was taken back after it."""
    form = NewConsent(frozenset(SCOPES), DECLARED, "form 17")
    person = here.people.add_person("Both", [kept(axis(4))], clock.now(), form)
    twin = here.people.add_person("Twin", [], clock.now(), NewConsent(frozenset(SCOPES), DECLARED, DECLARATION))
    clock.passed_s += 60
    here.consents.withdraw(twin.person_id, ["identify"], clock.now())
    merge = [PersonMerged(twin.person_id, person.person_id)]
    here.journal.apply("person.merged", merge, clock.now())
    archive = here.exporter.write_archive(tmp_path / "both.mien", [person]).path

    for place in (open_place("work", accepts_declared=False), open_place("elsewhere")):
        with opened_archive(archive) as opened:
            ((outcome, templates),) = [(one.outcome, one.templates) for one in place.reception.receive(opened)]

        assert (outcome, templates) == ("new", 0)
        assert not place.people.named("Both").may_identify and place.people.templates() == ()


ZOE = "Zoë 🙂 ../etc"


@pytest.fixture
def again(here, there, archive: Path, tmp_path: Path, clock) -> Callable[[], tuple[Arrival, Arrival]]:
    """Zoë is in both homes; what comes with her the next time, as foreseen and as received."""
    with opened_archive(archive) as opened:
        assert [one.outcome for one in there.reception.receive(opened)] == ["new", "new"]
    clock.passed_s += 60

    def again() -> tuple[Arrival, Arrival]:
        clock.passed_s += 60
        path = tmp_path / f"{clock.passed_s}.mien"
        here.exporter.write_archive(path, [here.people.named(ZOE)])
        with opened_archive(path) as opened:
            (foreseen,), (came,) = there.reception.foresee(opened), there.reception.receive(opened)
        return foreseen, came

    return again


def test_what_was_taken_back_elsewhere_is_taken_back_here_with_all_that_rests_on_it(here, there, again, clock) -> None:
    ours, theirs = (place.people.named(ZOE).person_id for place in (here, there))
    (there.folder / "index").mkdir(exist_ok=True)
    (there.folder / "index" / "left.index").touch()
    taken_back = clock.now()
    here.consents.withdraw(ours, ["identify", "keep"], taken_back)

    foreseen, came = again()

    assert foreseen.gone == came.gone and came.gone.scopes == {"identify", "keep"}
    assert (came.outcome, came.pictures, came.templates) == ("known", 0, 0)
    assert (came.gone.templates, len(came.gone.crops)) == (3, 1)
    assert there.consents.scopes_of(theirs, clock.now()) == {"expression"}
    assert {one.withdrawn_at for one in there.consents.of(theirs)} == {taken_back, None}
    assert not there.people.named(ZOE).may_identify and there.people.templates(person_id=theirs) == ()
    assert {one.crop for one in there.people.pictures(theirs)} == {""} and [*there.media.names()] == []
    assert not (there.folder / "index" / "left.index").exists()
    heard = [(people, facts["scopes"]) for action, people, facts in there.noted.heard if action == "consent.withdrawn"]
    assert heard == [((theirs,), ("identify", "keep"))]
    assert there.noted.heard[-1][:2] == ("gallery.imported", (theirs,))
    record = there.consents.of(theirs)
    assert again()[1].gone is None and there.consents.of(theirs) == record


def test_pictures_that_come_with_what_was_taken_back_bring_nothing_that_rests_on_it(here, there, again, clock) -> None:
    ours = here.people.named(ZOE).person_id
    here.people.add_pictures(
        ours, [kept(axis(5), crop=here.media.save(np.zeros((112, 112, 3), np.uint8)))], clock.now()
    )
    here.consents.withdraw(ours, ["keep", "expression"], clock.now())

    _, came = again()

    assert (came.gone.scopes, came.pictures, came.templates) == ({"keep", "expression"}, 1, 1)
    assert [*there.media.names()] == []
    assert there.consents.scopes_of(came.person_id, clock.now()) == {"identify"}


def test_what_somebody_agrees_to_here_later_stays_whatever_an_older_archive_says(here, there, again, clock) -> None:
    ours, theirs = (place.people.named(ZOE).person_id for place in (here, there))
    here.consents.withdraw(ours, ["identify"], clock.now())
    assert again()[1].gone.scopes == {"identify"}
    there.consents.give(theirs, ALL, clock.now())

    foreseen, came = again()

    assert foreseen.gone is None and came.gone is None
    assert came.templates == 0 and there.consents.scopes_of(theirs, clock.now()) == {*SCOPES}


def test_an_archive_gives_nobody_who_is_known_consent(here, there, again, clock) -> None:
    ours, theirs = (place.people.named(ZOE).person_id for place in (here, there))
    there.consents.withdraw(theirs, ["identify", "expression"], clock.now())
    clock.passed_s += 60
    here.consents.withdraw(ours, ["identify", "expression"], clock.now())
    here.consents.give(ours, ALL, clock.now())
    record = there.consents.of(theirs)

    _, came = again()

    assert came.gone is None and came.templates == 0
    assert there.consents.of(theirs) == record and there.consents.scopes_of(theirs, clock.now()) == {"keep"}


def test_what_was_taken_back_and_given_anew_elsewhere_is_taken_back_nowhere(here, there, again, clock) -> None:
    ours = here.people.named(ZOE).person_id
    here.consents.withdraw(ours, ["expression"], clock.now())
    clock.passed_s += 60
    here.consents.give(ours, ALL, clock.now())

    _, came = again()

    assert came.gone is None and there.consents.scopes_of(came.person_id, clock.now()) == {*SCOPES}


def test_what_somebody_refused_elsewhere_of_which_nothing_is_on_record_here_is_put_there(
    here, there, tmp_path: Path, clock
) -> None:
    identify = NewConsent(frozenset({"identify"}), DECLARED, "form 17")
    ours = here.people.add_person("Ann", [kept(axis(4))], clock.now(), identify)
    came = []
    for name in ("before", "after"):
        archive = here.exporter.write_archive(tmp_path / f"{name}.mien", [ours]).path
        with opened_archive(archive) as opened:
            came += there.reception.receive(opened)
        clock.passed_s += 60
        here.consents.withdraw(ours.person_id, ["expression"], clock.now())

    assert [one.gone and one.gone.scopes for one in came] == [None, {"expression"}]
    record = there.consents.of(came[-1].person_id)
    assert [(one.scope, one.withdrawn_at is None) for one in record] == [("identify", True), ("expression", False)]


def test_a_clock_that_was_set_back_between_makes_no_difference(here, there, again, clock) -> None:
    ours, theirs = (place.people.named(ZOE).person_id for place in (here, there))
    clock.passed_s -= 3600
    here.consents.withdraw(ours, ["expression"], clock.now())
    assert again()[1].gone.scopes == {"expression"}
    there.consents.give(theirs, ALL, clock.now())

    assert again()[1].gone is None and "expression" in there.consents.scopes_of(theirs, clock.now())


def test_what_was_taken_back_elsewhere_holds_in_the_recycle_bin_too(here, there, again, clock) -> None:
    ours, theirs = (place.people.named(ZOE).person_id for place in (here, there))
    there.journal.apply("person.binned", [PersonStanding(theirs, "binned")], clock.now())
    here.consents.withdraw(ours, ["identify"], clock.now())

    _, came = again()

    assert (came.outcome, came.gone.templates) == ("away", 3)
    assert there.people.templates(person_id=theirs) == ()
    assert there.consents.scopes_of(theirs, clock.now()) == {"expression", "keep"}


def test_of_too_many_pictures_that_come_the_most_redundant_are_set_aside(here, there, tmp_path: Path, clock) -> None:
    zoe = here.people.named("Zoë 🙂 ../etc").person_id
    here.people.add_pictures(zoe, [kept(axis(7)), kept(like(axis(7), 0.9))], clock.now())
    archive = here.exporter.write_archive(tmp_path / "many.mien", here.people.people()).path

    with opened_archive(archive) as opened:
        foreseen = sum(one.set_aside for one in there.reception.foresee(opened))
        came = sum(one.set_aside for one in there.reception.receive(opened))

    assert foreseen == came == 1
    copied = there.people.pictures(there.people.named("Zoë 🙂 ../etc").person_id)
    assert sorted(one.state for one in copied) == ["active"] * CAP + ["set_aside"]
    heard = Counter(action for action, *_ in there.noted.heard)
    assert heard == {"person.enrolled": 2, "picture.set-aside": 1, "gallery.imported": 1}
    with opened_archive(archive) as opened:
        assert sum(one.set_aside + one.pictures for one in there.reception.receive(opened)) == 0


def test_what_a_process_died_before_is_done_when_they_come_again(here, there, tmp_path: Path, clock) -> None:
    zoe = here.people.named("Zoë 🙂 ../etc").person_id
    here.people.add_pictures(zoe, [kept(axis(7)), kept(like(axis(7), 0.9))], clock.now())
    there.transfers.take_in(here.transfers.take_out(zoe), clock.now())
    archive = here.exporter.write_archive(tmp_path / "many.mien", [here.people.person(zoe)]).path

    with opened_archive(archive) as opened:
        assert [one.set_aside for one in there.reception.foresee(opened)] == [1]
        assert [(one.outcome, one.set_aside) for one in there.reception.receive(opened)] == [("known", 1)]

    assert [action for action, *_ in there.noted.heard] == ["person.enrolled", "picture.set-aside"]


def test_a_file_outside_the_home_is_known_of_and_both_are_for_nobody_else(here, archive: Path) -> None:
    before = os.umask(0)
    try:
        inside = here.exporter.write_archive(None, here.people.people(), "correct horse")
    finally:
        os.umask(before)

    assert [one.path for one in here.outputs.still_there()] == [archive]
    assert inside.path.parent == here.folder / "exports" and stat.S_IMODE(inside.path.parent.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in (archive, inside.path)} == {0o600}
    action, people, facts = here.noted.heard[-1]
    assert (action, len(people), facts["digest"]) == ("gallery.exported", 2, inside.digest)


def test_of_a_file_that_is_in_its_place_the_log_knows_wherever_a_process_dies(
    here, tmp_path: Path, monkeypatch
) -> None:
    begun: list[tuple[str, str, bool]] = []

    @contextmanager
    def telling(action: str, people: tuple[str, ...], facts: Mapping[str, Fact]) -> Iterator[None]:
        begun.append((action, str(facts["digest"]), path.exists()))
        yield
        assert path.exists()

    monkeypatch.setattr(here.noted, "telling", telling)
    path = tmp_path / "a.mien"
    assert here.exporter.write_archive(path, here.people.people()).digest == digest_of(path)
    assert begun.pop() == ("gallery.exported", digest_of(path), False)
    path = tmp_path / "b.csv"
    here.exporter.write_table(path, here.people.people(), MODEL, is_csv=True)
    assert begun == [("gallery.exported", digest_of(path), False)]


def test_of_a_copy_is_known_before_the_first_byte_of_it_is_written(here, tmp_path: Path, monkeypatch) -> None:
    load, known = here.media.load, []

    def look(crop: str):
        known.append([one.path for one in here.outputs.still_there()])
        return load(crop)

    monkeypatch.setattr(here.media, "load", look)
    here.exporter.write_archive(tmp_path / "a.mien", here.people.people())

    ((part,),) = known
    assert part.parent == tmp_path and part.suffix == ".part" and not part.exists()
    assert [one.path for one in here.outputs.still_there()] == [tmp_path / "a.mien"]


def test_what_is_there_already_is_not_replaced_unless_that_is_said(here, tmp_path: Path) -> None:
    people, model = here.people.people(), here.people.templates()[0].model
    replacing = here.build_exporter(overwrites=True)
    for name, write in (
        ("a.mien", lambda exporter, path: exporter.write_archive(path, people)),
        ("b.npz", lambda exporter, path: exporter.write_table(path, people, model, is_csv=False)),
        ("c.csv", lambda exporter, path: exporter.write_table(path, people, model, is_csv=True)),
    ):
        (tmp_path / name).write_text("mine")
        with pytest.raises(UsageError, match="is there already: --overwrite replaces it"):
            write(here.exporter, tmp_path / name)
        assert (tmp_path / name).read_text() == "mine" and here.noted.heard == [] and here.outputs.still_there() == ()
        for place, says in ((tmp_path, "is a folder"), (Path(os.devnull), "no file that could be replaced")):
            with pytest.raises(UsageError, match=says):
                write(replacing, place)
        assert write(replacing, tmp_path / name).digest
        (tmp_path / name).unlink()
        here.outputs.still_there()
        here.noted.heard.clear()


def test_pictures_of_which_nothing_is_kept_are_left_out_and_counted(here, there, tmp_path: Path, clock) -> None:
    zoe = here.people.named(ZOE)
    here.consents.withdraw(zoe.person_id, ["identify"], clock.now())
    rehearsal = here.build_exporter(is_rehearsal=True).write_archive(tmp_path / "all.mien", here.people.people())
    exported = here.exporter.write_archive(tmp_path / "all.mien", here.people.people())

    for told in (rehearsal, exported):
        assert (told.people, told.pictures, told.templates, told.left_out) == (2, 2, 1, 1)
    with opened_archive(exported.path) as opened:
        assert opened.manifest.pictures == 2
        assert sum(one.pictures for one in there.reception.receive(opened)) == 2


def test_a_rehearsal_tells_what_would_be_written_and_writes_nothing(here, tmp_path: Path) -> None:
    people, model = here.people.people(), here.people.templates()[0].model
    rehearsing = here.build_exporter(is_rehearsal=True)

    told = [
        rehearsing.write_archive(tmp_path / "out" / "a.mien", people),
        rehearsing.write_archive(None, people, "secret"),
        rehearsing.write_table(tmp_path / "b.csv", people, model, is_csv=True),
    ]

    assert [(one.people, one.pictures, one.templates, one.digest) for one in told] == [(2, 3, 4, "")] * 3
    assert [one.is_encrypted for one in told] == [False, True, False]
    assert [*tmp_path.glob("*")] == [here.folder] and not (here.folder / "exports").exists()
    assert here.noted.heard == [] and here.outputs.still_there() == ()
    written = here.exporter.write_archive(tmp_path / "a.mien", people)
    assert (written.people, written.pictures, written.templates) == (2, 3, 4)
    with pytest.raises(UsageError, match="is there already"):
        rehearsing.write_archive(tmp_path / "a.mien", people)


def test_the_home_takes_sealed_archives_in_one_folder_and_nothing_in_plain(here, archive: Path) -> None:
    people, model = here.people.people(), here.people.templates()[0].model
    for write, says in (
        (lambda: here.exporter.write_archive(None, people), "is sealed with a passphrase"),
        (lambda: here.exporter.write_archive(here.folder / "a.mien", people, "secret"), "archives are in"),
        (lambda: here.exporter.write_archive(here.folder / "exports" / "a" / "a.mien", people, "secret"), "are in"),
        (lambda: here.exporter.write_table(here.folder / "e.csv", people, model, is_csv=True), "a place outside"),
    ):
        with pytest.raises(UsageError, match=says):
            write()
    assert not (here.folder / "exports").exists() and [*here.folder.glob("*.mien")] == []


def test_nothing_is_left_of_a_file_that_could_not_be_written(here, tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ResultError, match="could not be written"):
        here.exporter.write_archive(tmp_path / "file" / "a.mien", here.people.people())

    def fail(_: str) -> None:
        raise MienError("a picture is damaged")

    monkeypatch.setattr(here.media, "load", fail)
    with pytest.raises(MienError, match="a picture is damaged"):
        here.exporter.write_archive(tmp_path / "out" / "a.mien", here.people.people())
    assert [*(tmp_path / "out").iterdir()] == []


def test_whoever_goes_while_an_archive_is_written_is_not_in_it(here, tmp_path: Path) -> None:
    people = here.people.people()
    here.people.forget(people[0].person_id)

    exported = here.exporter.write_archive(tmp_path / "a.mien", people)

    assert exported.people == 1
    with opened_archive(exported.path) as opened:
        assert [one.kept.person.name for one in opened] == [people[1].name]


@given(data=st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_byte_is_found_or_harmless(archive: Path, data) -> None:
    content, before = bytearray(archive.read_bytes()), told(archive)
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    damaged = archive.with_name("damaged.mien")
    damaged.write_bytes(content)

    try:
        assert told(damaged) == before
    except SourceUnreadable as error:
        assert "nothing of it was" in str(error) and "\n" not in str(error)


@given(length=st.integers(0, 10_000))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_an_archive_that_was_cut_off_is_found(archive: Path, length: int) -> None:
    content = archive.read_bytes()
    cut = archive.with_name("cut.mien")
    cut.write_bytes(content[: min(length, len(content) - 1)])

    with pytest.raises(SourceUnreadable), opened_archive(cut):
        pass


def _link(members: dict[str, bytes]) -> None:
    members["people/link"] = b"/etc/passwd"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda members: members.update({"../../evil.json": b"{}"}), "does not belong"),
        (lambda members: members.update({"/etc/passwd": b"{}"}), "does not belong"),
        (lambda members: members.update({f"people/{'a' * 32}/../x.json": b"{}"}), "does not belong"),
        (lambda members: members.update({f"people/{'a' * 32}.json": b"{}"}), "what its manifest says"),
        (lambda members: members.pop("manifest.json"), "no archive of people"),
        (lambda members: members.pop("templates/0.npz"), "what its manifest says"),
        (lambda members: members.update({"manifest.json": b"[" * 100_000}), "manifest is damaged"),
        (lambda members: members.update({"manifest.json": b'{"format": "mien gallery", "version": 2, "mien": "9"}'}),
         "a newer mien \\(9\\) wrote it"),
        (lambda members: members.update({"manifest.json": b'{"format": "x", "version": 1}'}), "no archive of people"),
        (lambda members: members.update({"templates/0.npz": members["templates/0.npz"][:-1] + b"x"}),
         "not what its manifest says"),
    ],
)  # fmt: skip
def test_what_is_no_archive_of_ours_is_refused_in_a_sentence(archive: Path, change: Change, says: str) -> None:
    with pytest.raises(SourceUnreadable, match=says), opened_archive(forged(archive, change)):
        pass


def _with_hash(members: dict[str, bytes], name: str, content: bytes) -> None:
    import hashlib

    members[name] = content
    manifest = json.loads(members["manifest.json"])
    manifest["members"][name] = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    members["manifest.json"] = json.dumps(manifest).encode()


def _huge_array(members: dict[str, bytes]) -> None:
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as packed:
        header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000, 512), }"
        header += b" " * (118 - len(header) - 1) + b"\n"
        packed.writestr("vectors.npy", b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header)
    _with_hash(members, "templates/0.npz", file.getvalue())


def _pickle(members: dict[str, bytes]) -> None:
    file = BytesIO()
    np.savez(file, vectors=np.array([{}], object))
    _with_hash(members, "templates/0.npz", file.getvalue())


def _not_unit(members: dict[str, bytes]) -> None:
    file = BytesIO()
    columns = dict(np.load(BytesIO(members["templates/0.npz"])))
    columns["vectors"] = columns["vectors"] * np.array([[1], [1], [2], [1]], np.float32)
    np.savez(file, **columns)
    _with_hash(members, "templates/0.npz", file.getvalue())


def _twice(members: dict[str, bytes]) -> None:
    file = BytesIO()
    columns = dict(np.load(BytesIO(members["templates/0.npz"])))
    columns["picture"], columns["variant"] = np.ones(4, np.int32), np.full(4, "plain")
    columns["uid"] = np.full(4, columns["uid"][0])
    np.savez(file, **columns)
    _with_hash(members, "templates/0.npz", file.getvalue())


def _one_model_twice(members: dict[str, bytes]) -> None:
    manifest = json.loads(members["manifest.json"])
    manifest["models"] *= 2
    members["manifest.json"] = json.dumps(manifest).encode()
    _with_hash(members, "templates/1.npz", members["templates/0.npz"])


def _huge_picture(members: dict[str, bytes]) -> None:
    name = next(name for name in members if name.startswith("pictures/"))
    _with_hash(members, name, png_of(np.zeros((2000, 2000, 3), np.uint8)))


def _an_id_for_a_name(members: dict[str, bytes]) -> None:
    name = next(name for name in members if name.startswith("people/"))
    record = {**json.loads(members[name]), "name": "person-0001"}
    _with_hash(members, name, json.dumps(record).encode())


def _says(where: str, value: object) -> Change:
    """A record of somebody of several pictures in which a value stands at a place."""

    def change(members: dict[str, bytes]) -> None:
        name = next(name for name, content in members.items() if name.startswith("people/") and b"=cmd" not in content)
        record = json.loads(members[name])
        *path, last = where.split(".")
        place = record
        for step in path:
            place = place[int(step) if step.isdecimal() else step]
        place[last] = value
        _with_hash(members, name, json.dumps(record).encode())

    return change


@pytest.mark.parametrize("value", [1e30, float("nan"), float("inf"), -0.1, 1.01])
def test_a_quality_that_is_none_is_refused(archive: Path, value: float) -> None:
    change = _says("pictures.0.quality", value)
    with pytest.raises(SourceUnreadable, match=r"pictures\.0\.quality"), opened_archive(forged(archive, change)):
        pass


@pytest.mark.parametrize("where", ["created_at", "pictures.1.created_at", "consents.0.expires_at"])
@pytest.mark.parametrize("value", ["2030-01-01T00:00:00", "0001-01-01T00:00:00+05:00", "9999-12-31T23:00:00-05:00"])
def test_a_moment_that_is_none_is_refused(archive: Path, where: str, value: str) -> None:
    with (
        pytest.raises(SourceUnreadable, match=where.replace(".", r"\.")),
        opened_archive(forged(archive, _says(where, value))),
    ):
        pass


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (_huge_array, "damaged"),
        (_pickle, "neither numbers nor text"),
        (_not_unit, "row 3 has a length of 2"),
        (_twice, "row 2: its picture has a plain template already"),
        (_one_model_twice, "names a model twice"),
        (_huge_picture, "1024 px"),
        (_an_id_for_a_name, "form of an id"),
    ],
)
def test_what_was_made_to_do_harm_is_refused(archive: Path, change: Change, says: str) -> None:
    with pytest.raises(SourceUnreadable, match=says), opened_archive(forged(archive, change)):
        pass


def _short_vectors(members: dict[str, bytes]) -> None:
    file = BytesIO()
    columns = dict(np.load(BytesIO(members["templates/0.npz"])))
    np.savez(file, **columns | {"vectors": np.eye(4, dtype=np.float32)[:, :4]})
    _with_hash(members, "templates/0.npz", file.getvalue())


def test_vectors_that_do_not_fit_those_of_their_model_are_refused_before_anybody_comes(
    here, there, open_place, archive: Path
) -> None:
    with opened_archive(forged(archive, _short_vectors)) as opened:
        for place in (here, open_place("strict", known=lambda _: (64, 128))):
            for come in (place.reception.foresee, place.reception.receive):
                with pytest.raises(GalleryError, match=r"nothing was taken in: network/.* numbers, not of 4"):
                    [*come(opened)]
        assert [one.outcome for one in there.reception.receive(opened)] == ["new", "new"]
    with opened_archive(archive) as opened, pytest.raises(GalleryError, match="vectors of 4 numbers, not of 64"):
        there.reception.foresee(opened)


@pytest.mark.parametrize("shape", [(50, 50, 3), (112, 96, 3), (600, 600)])
def test_a_picture_that_is_not_cut_as_kept_ones_are_comes_without(there, archive: Path, shape: tuple[int, ...]) -> None:
    def change(members: dict[str, bytes]) -> None:
        name = next(name for name in members if name.startswith("pictures/"))
        _with_hash(members, name, png_of(np.zeros(shape, np.uint8)))

    with opened_archive(forged(archive, change)) as opened:
        assert opened.odd_crops == 1
        came = [*there.reception.receive(opened)]

    assert sum(one.pictures for one in came) == 3
    assert {one.crop for one in there.people.pictures()} == {""} and [*there.media.names()] == []


def test_a_bomb_is_not_unpacked(archive: Path) -> None:
    bomb = forged(
        archive, lambda members: members.update({"templates/7.npz": bytes(50_000_000)}), packing=zipfile.ZIP_DEFLATED
    )
    assert bomb.stat().st_size < 200_000
    with pytest.raises(SourceUnreadable, match="far more than it is"), opened_archive(bomb):
        pass


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_links_and_members_that_are_there_twice_are_refused(archive: Path) -> None:
    with zipfile.ZipFile(archive) as source:
        name = next(name for name in source.namelist() if name.startswith("people/"))
        content = source.read(name)
    with zipfile.ZipFile(archive, "a") as target:
        target.writestr(name, content)
    with pytest.raises(SourceUnreadable, match="twice"), opened_archive(archive):
        pass
    link = zipfile.ZipInfo(f"people/{'b' * 32}.json")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    other = archive.with_name("link.mien")
    with zipfile.ZipFile(other, "w") as target:
        target.writestr(link, "/etc/passwd")
    with pytest.raises(SourceUnreadable, match="no plain file"), opened_archive(other):
        pass


def test_what_is_no_zip_at_all(tmp_path: Path) -> None:
    junk = tmp_path / "junk.mien"
    junk.write_bytes(b"nothing")
    with pytest.raises(SourceUnreadable, match="damaged"), opened_archive(junk):
        pass
    with pytest.raises(SourceNotFound), opened_archive(tmp_path / "none.mien"):
        pass


def test_an_archive_may_be_sealed_and_opens_with_the_passphrase_alone(here, tmp_path: Path, clock, monkeypatch) -> None:
    monkeypatch.setattr(passphrase, "_COST", 4)
    path, plain = tmp_path / "sealed.mien", tmp_path / "plain.mien"
    noise = np.random.default_rng(3).integers(0, 255, (60, 112, 112, 3), np.uint8)  # 2 MB, which is three pieces
    crops = [replace(kept(axis(row), origin=f"{row}"), crop=here.media.save(noise[row])) for row in range(60)]
    here.people.add_person("Many", crops, clock.now(), ALL)
    exported = here.exporter.write_archive(path, here.people.people(), "pass wörd")
    here.exporter.write_archive(plain, here.people.people())

    assert exported.is_encrypted and b"people/" not in path.read_bytes() and b"\x89PNG\r\n" not in path.read_bytes()
    assert told(path, "pass wo\u0308rd") == told(plain)
    with pytest.raises(SourceUnreadable, match="passphrase is wrong"), opened_archive(path, "other"):
        pass
    with pytest.raises(UsageError, match="is encrypted"), opened_archive(path):
        pass


@given(data=st.data())
@settings(max_examples=60, deadline=None)
def test_no_byte_of_what_is_sealed_can_be_changed_and_none_be_cut_off(data) -> None:
    content = np.random.default_rng(2).bytes(data.draw(st.sampled_from([0, 1, 5000, 1 << 20, (1 << 20) + 5])))
    file = BytesIO()
    sealing = passphrase.SealingWriter(file, "secret", cost=1)
    sealing.write(content)
    sealing.finish()
    sealed = bytearray(file.getvalue())
    assert passphrase.OpeningReader(BytesIO(sealed), "secret").read() == content
    if data.draw(st.booleans()):
        place = data.draw(st.integers(0, len(sealed) - 1))
        sealed[place] ^= data.draw(st.integers(1, 255))
        sealed[14] = min(sealed[14], 6)  # a larger cost would only take longer
    else:
        del sealed[data.draw(st.integers(0, len(sealed) - 1)) :]
    if sealed == file.getvalue():
        return
    with pytest.raises(MienError):
        passphrase.OpeningReader(BytesIO(sealed), "secret").readall()
