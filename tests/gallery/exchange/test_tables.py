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
from mien.gallery.exchange.table_files import read_table
from mien.gallery.exchange.tables import TablePeople


@pytest.fixture(params=[".npz", ".csv"])
def table(request, here, tmp_path: Path) -> Path:
    path = tmp_path / f"people{request.param}"
    here.exporter.write_table(path, here.people.people(), MODEL, is_csv=request.param == ".csv")
    return path


def came(place, path: Path, clock) -> list:
    return [*place.reception.receive(TablePeople(read_table(path), path.name).arriving(place.people, ALL, clock.now()))]


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


def test_vectors_of_another_length_than_those_that_are_here_are_refused(here, tmp_path: Path, clock) -> None:
    path = tmp_path / "wrong.npz"
    np.savez(path, vectors=np.eye(3, 8, dtype=np.float32), name=np.array(["a", "b", "c"]), model=str(MODEL))
    with pytest.raises(SourceUnreadable, match=f"vectors of {SIZE} numbers, not of 8"):
        came(here, path, clock)


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
