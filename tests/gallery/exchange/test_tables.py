"""Tables of embeddings: written, read again, and refused with the row that is wrong."""

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.faces import ALL, MODEL, SIZE, axis, kept

from mien.domain.errors import GalleryError, SourceNotFound, SourceUnreadable
from mien.domain.faces import EmbeddingModel
from mien.domain.people.consent import DECLARATION, DECLARED, NewConsent
from mien.gallery.enrolment.admission import Terms
from mien.gallery.exchange.table_files import read_table
from mien.gallery.exchange.tables import TablePeople
from mien.inference.catalog import load_catalog


@pytest.fixture(params=[".npz", ".csv"])
def table(request, here, tmp_path: Path) -> Path:
    path = tmp_path / f"people{request.param}"
    here.exporter.write_table(path, here.people.people(), MODEL, is_csv=request.param == ".csv")
    return path


ON_RECORD = Terms(ALL)


def came(place, path: Path, clock, terms: Terms = ON_RECORD) -> list:
    arriving = TablePeople(read_table(path), path.name).arriving(place.people, terms, clock.now())
    return [*place.reception.receive(arriving)]


def test_embeddings_come_out_as_they_went_in(here, there, table: Path, clock) -> None:
    first = came(there, table, clock)

    assert {(one.outcome, one.name) for one in first} == {("new", "Zoë 🙂 ../etc"), ("new", "=cmd()")}
    for name in ("Zoë 🙂 ../etc", "=cmd()"):
        ours, theirs = (place.transfers.take_out(place.people.named(name).person_id) for place in (here, there))
        assert ours.person.uid == theirs.person.uid
        assert [
            [(one.model, one.variant, one.vector.tobytes()) for one in kept.picture.templates] for kept in ours.pictures
        ] == [
            [(one.model, one.variant, one.vector.tobytes()) for one in kept.picture.templates]
            for kept in theirs.pictures
        ]
        assert {one.scope for one in theirs.consents} == ALL.scopes
    again = came(there, table, clock)
    assert {one.outcome for one in again} == {"known"} and sum(one.templates for one in again) == 0
    assert sum(one.templates for one in came(here, table, clock)) == 0


def test_a_table_without_uids_is_of_whoever_has_the_name(there, tmp_path: Path, clock) -> None:
    there.people.add_person("ADA", [kept(axis(5))], clock.now(), ALL)
    path = tmp_path / "plain.csv"
    ada, bob = (",".join(map(str, axis(number).tolist())) for number in (6, 7))
    path.write_text(f"\ufeff{','.join(HEADER)}\nAda,{MODEL},{ada}\nBob,{MODEL},{bob}\n")

    told = came(there, path, clock)

    assert [(one.outcome, one.name, one.pictures) for one in told] == [("known", "ADA", 1), ("new", "Bob", 1)]
    assert sum(one.pictures for one in came(there, path, clock)) == 0
    path.write_text(f"{','.join(HEADER)}\nCid,{MODEL},{ada}\n")
    ((name, left),) = [(one.name, one.left) for one in came(there, path, clock)]
    assert name == "Cid" and [(one.name, one.pictures) for one in left] == [("ADA", 1)]


def test_cells_that_a_spreadsheet_would_run_are_guarded(here, tmp_path: Path, clock) -> None:
    for number, name in enumerate(("+1", "-1", "@x", "'=x", "''@", "'quoted", 'a,"b"')):
        here.people.add_person(name, [kept(axis(10 + number))], clock.now(), ALL)
    path = tmp_path / "people.csv"
    here.exporter.write_table(path, here.people.people(), MODEL, is_csv=True)

    with path.open(newline="", encoding="utf-8") as file:
        cells = [row["name"] for row in csv.DictReader(file)]
    assert not [cell for cell in cells if cell[0] in "=+-@\t\r"]
    assert {"'=cmd()", "'+1", "''=x", "'''@", "'quoted", 'a,"b"'} <= {*cells}
    names = {person.name for person in here.people.people()}
    assert {*read_table(path).names} == names


@given(name=st.text(min_size=1, max_size=40).filter(lambda text: text.strip() and "\x00" not in text))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_name_survives(tmp_path: Path, name: str) -> None:
    from mien.gallery.exchange.table_files import write_csv, write_npz
    from mien.gallery.exchange.tables import EmbeddingTable
    from mien.gallery.names import tidy_name

    try:
        name = tidy_name(name)
    except GalleryError:
        return
    table = EmbeddingTable(MODEL, axis(0)[None], [name], [""], [""], [1], ["plain"], [0.5], [""])
    for write, suffix in ((write_csv, ".csv"), (write_npz, ".npz")):
        with (tmp_path / f"one{suffix}").open("wb") as file:
            write(file, table)
        assert [*read_table(tmp_path / f"one{suffix}").names] == [name]


ROW = [str(one) for one in axis(0).tolist()]
HEADER = ["name", "model", *(f"v{number}" for number in range(SIZE))]


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([HEADER, ["Ann", str(MODEL), *ROW], ["Bob", str(MODEL), *ROW[:-1]]], f"row 2: expected {SIZE + 2} cells"),
        ([HEADER, ["Ann", str(MODEL), "nan", *ROW[1:]]], "row 1 holds what is no number"),
        ([HEADER, ["Ann", str(MODEL), "x", *ROW[1:]]], "row 1: the vector holds what is no number"),
        ([HEADER, ["Ann", str(MODEL), *ROW], ["Bob", str(MODEL), "3", *ROW[1:]]], "row 2 has a length of 3"),
        ([HEADER, ["Ann", str(MODEL), *["0"] * SIZE]], "row 1 has a length of 0"),
        ([HEADER, ["Ann", str(MODEL), "1e40", *ROW[1:]]], "row 1 holds what is no number"),
        ([HEADER, ["Ann", "", *ROW]], "expected a model as"),
        ([HEADER, ["Ann", str(MODEL), *ROW], ["Bob", "a/b/c/d", *ROW]], "of one model"),
        ([HEADER[1:], [str(MODEL), *ROW]], "no column 'name'"),
        ([[HEADER[0], *HEADER[2:]], ["Ann", *ROW]], "no column 'model'"),
        ([HEADER], "no vectors"),
        ([], "no column"),
        ([["uid", *HEADER], ["../../x", "Ann", str(MODEL), *ROW]], "row 1: '../../x' is no uid"),
        ([["quality", *HEADER], ["7", "Ann", str(MODEL), *ROW]], "row 1: '7' is no quality"),
        ([["variant", *HEADER], ["odd", "Ann", str(MODEL), *ROW]], "row 1: 'odd' is no variant"),
        ([[*HEADER[:-2], "v99", "v98"], ["Ann", str(MODEL), *ROW]], "columns v0, v1"),
    ],
)
def test_a_table_that_is_wrong_is_refused_with_the_row(tmp_path: Path, rows: list[list[str]], says: str) -> None:
    path = tmp_path / "wrong.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    with pytest.raises(SourceUnreadable, match=says):
        read_table(path)


@pytest.mark.parametrize(
    ("name", "says"), [("person-0001", "row 1: .*form of an id"), (" ", "row 1: .*must not be empty")]
)
def test_a_name_that_cannot_be_kept_is_refused_with_the_row(tmp_path: Path, name: str, says: str) -> None:
    path = tmp_path / "wrong.csv"
    path.write_text(",".join(HEADER) + f"\n{name},{MODEL},{','.join(ROW)}\n")
    with pytest.raises(SourceUnreadable, match=says):
        TablePeople(read_table(path), "wrong.csv")


def test_vectors_of_another_length_than_those_that_are_here_are_refused(here, there, tmp_path: Path, clock) -> None:
    path = tmp_path / "wrong.npz"
    np.savez(path, vectors=np.eye(3, 8, dtype=np.float32), name=np.array(["a", "b", "c"]), model=str(MODEL))
    arriving = TablePeople(read_table(path), path.name).arriving(here.people, Terms(ALL), clock.now())

    with pytest.raises(GalleryError, match=f"nothing was taken in: .* vectors of {SIZE} numbers, not of 8"):
        here.reception.foresee(arriving)
    with pytest.raises(GalleryError, match=f"vectors of {SIZE} numbers, not of 8"):
        came(here, path, clock)
    assert len(here.people.people()) == 2
    assert {one.outcome for one in came(there, path, clock)} == {"new"}


def test_vectors_of_a_model_that_is_known_have_its_length(open_place, tmp_path: Path, clock) -> None:
    path, model = tmp_path / "wrong.npz", EmbeddingModel("mobilefacenet", "arcface-112", "yunet", "bf16")
    catalog = load_catalog()
    place = open_place("strict", known=lambda model: catalog.embedding_sizes(model.network))
    for length in (3, 128):
        np.savez(path, vectors=np.eye(1, length, dtype=np.float32), name=np.array(["a"]), model=str(model))
        with pytest.raises(GalleryError, match=f"{model} gives vectors of 512 numbers, not of {length}"):
            came(place, path, clock)
    assert place.people.people() == ()
    np.savez(path, vectors=np.eye(1, 512, dtype=np.float32), name=np.array(["a"]), model=str(model))
    assert [one.outcome for one in came(place, path, clock)] == ["new"]


@pytest.mark.parametrize("uids", [["", ""], ["a" * 32, "a" * 32]])
def test_two_rows_of_one_picture_and_variant_are_refused_with_the_row(tmp_path: Path, uids: list[str]) -> None:
    path = tmp_path / "twice.csv"
    rows = [
        ["uid", "picture", "variant", *HEADER],
        [uids[0], "1", "plain", "Ann", str(MODEL), *ROW],
        [uids[0], "1", "distant", "Ann", str(MODEL), *ROW],
        ["b" * 32, "1", "plain", "Bob", str(MODEL), *ROW],
        [uids[1], "1", "plain", "Ann", str(MODEL), *ROW],
    ]
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    with pytest.raises(SourceUnreadable, match="row 4: picture 1 of 'Ann' has a plain template already, that of row 1"):
        TablePeople(read_table(path), "twice.csv")


def _of_ann(tmp_path: Path, *rows: int) -> Path:
    """A table of Ann, a picture a row."""
    path = tmp_path / "ann.npz"
    np.savez(path, vectors=np.stack([axis(row) for row in rows]), name=np.array(["Ann"] * len(rows)), model=str(MODEL))
    return path


def test_what_was_given_is_put_on_record_of_those_who_are_known_once(there, tmp_path: Path, clock) -> None:
    ann = there.people.add_person("Ann", [kept(axis(5))], clock.now(), ALL).person_id
    there.consents.withdraw(ann, ["identify", "keep"], clock.now())
    given = Terms(NewConsent(frozenset({"identify"}), "operator", "form 99"), is_given=True)
    clock.passed_s += 60
    path = _of_ann(tmp_path, 6)
    arriving = TablePeople(read_table(path), path.name).arriving(there.people, given, clock.now())
    ((foreseen, templates),) = [(one.consented, one.templates) for one in there.reception.foresee(arriving)]
    assert (foreseen, templates, len(there.consents.of(ann))) == (True, 1, 3)

    told = [came(there, path, clock, given)[0] for _ in range(2)]

    assert [(one.outcome, one.consented, one.templates) for one in told] == [("known", True, 1), ("known", False, 0)]
    record = [(one.scope, one.version, one.evidence) for one in there.consents.of(ann)]
    assert record[3:] == [("identify", "operator", "form 99")]
    assert there.consents.scopes_of(ann, clock.now()) == {"identify", "expression"}
    assert there.people.person(ann).may_identify
    assert [action for action, *_ in there.noted.heard].count("consent.given") == 2
    there.consents.withdraw(ann, ["identify"], clock.now())
    clock.passed_s += 60
    assert came(there, path, clock, given)[0].consented and there.people.person(ann).may_identify


def test_what_was_declared_is_told_where_it_is_put_on_record_and_nowhere_else(there, tmp_path: Path, clock) -> None:
    said = []
    terms = Terms(NewConsent(ALL.scopes, DECLARED, DECLARATION), declared=lambda: said.append("declared"))
    path = _of_ann(tmp_path, 5)
    arriving = TablePeople(read_table(path), path.name).arriving(there.people, terms, clock.now())
    assert [one.consented for one in there.reception.foresee(arriving)] == [True] and said == []

    assert [one.consented for one in came(there, path, clock, terms)] == [True] and said == ["declared"]
    assert [one.consented for one in came(there, path, clock, terms)] == [False] and said == ["declared"]
    ann = there.people.named("Ann").person_id
    there.consents.withdraw(ann, ["identify"], clock.now())
    assert [(one.consented, one.templates) for one in came(there, _of_ann(tmp_path, 6), clock, terms)] == [(False, 0)]
    assert len(there.consents.of(ann)) == 3 and said == ["declared"]


def test_nobody_is_asked_for_a_stranger(there, tmp_path: Path, clock) -> None:
    stranger = there.people.add_stranger([kept(axis(5))], clock.now())
    path = tmp_path / "strangers.npz"
    whose = {"name": np.array(["Ann", ""]), "uid": np.array([stranger.uid, "a" * 32])}
    np.savez(path, vectors=np.stack([axis(6), axis(7)]), model=str(MODEL), **whose)

    told = came(there, path, clock, Terms(ALL, is_given=True))

    assert [(one.outcome, one.consented) for one in told] == [("known", False), ("new", False)]
    assert [len(there.consents.of(one.person_id)) for one in told] == [0, 0]


def test_what_is_no_table(here, tmp_path: Path) -> None:
    for name, content in (("a.csv", b"\xff\xfe\x00"), ("b.npz", b"PK"), ("c.csv", b'"open')):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(SourceUnreadable, match="cannot be taken in"):
            read_table(tmp_path / name)
    np.savez(tmp_path / "d.npz", vectors=np.eye(2, 8), name=np.array([{}, {}], object), model=str(MODEL))
    with pytest.raises(SourceUnreadable, match="neither numbers nor text"):
        read_table(tmp_path / "d.npz")
    with pytest.raises(SourceNotFound):
        read_table(tmp_path / "none.csv")
    with pytest.raises(GalleryError, match="known by"):
        here.exporter.write_table(tmp_path / "e.npz", here.people.people(), EmbeddingModel("x", "y", "z"), is_csv=False)


def test_a_row_that_stands_twice_in_a_table_is_one_picture(there, tmp_path: Path, clock) -> None:
    path = tmp_path / "twice.csv"
    first, second = (",".join(map(str, axis(number).tolist())) for number in (6, 7))
    path.write_text(f"{','.join(HEADER)}\n" + "".join(f"Ada,{MODEL},{row}\n" for row in (first, second, first)))

    (told,) = came(there, path, clock)

    assert (told.pictures, told.templates) == (2, 2)
    assert len(there.people.pictures(told.person_id)) == 2
    (again,) = came(there, path, clock)
    assert (again.pictures, again.templates) == (0, 0)
