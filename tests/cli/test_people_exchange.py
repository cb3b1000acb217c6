"""People leaving one home and coming into another, judged, embedded anew and calibrated, by the real command."""

import csv
import hashlib
import json
import os
import shutil
import zipfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from mien.domain.errors import MienError
from mien.settings import Settings
from mien.wiring.stores import build_stores


@pytest.fixture
def people(tmp_path: Path, portrait: Path, carphone: Path) -> Path:
    """A folder of two people, three pictures each."""
    woman, video = cv2.imread(str(portrait)), cv2.VideoCapture(str(carphone))
    frames = [video.read()[1] for _ in range(100)]
    man = [cv2.resize(frames[n], None, fx=3, fy=3, interpolation=cv2.INTER_CUBIC) for n in (0, 45, 95)]
    bright = [woman, woman[:, ::-1], cv2.resize(woman[40:400, 60:420], None, fx=0.6, fy=0.6)]
    for name, pictures in (("Zoë ☂", bright), ("=Driver", man)):
        (tmp_path / "people" / name).mkdir(parents=True)
        for number, picture in enumerate(pictures):
            assert cv2.imwrite(str(tmp_path / "people" / name / f"{number}.png"), picture)
    return tmp_path / "people"


@pytest.fixture(scope="module")
def first_filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the home with the two is kept once it is there."""
    return tmp_path_factory.mktemp("filled") / "home"


@pytest.fixture
def filled(mien, people: Path, take, home: Path, first_filled: Path) -> None:
    """A home with the two."""
    if not first_filled.exists():
        for model in ("yunet", "mobilefacenet"):
            take(model)
        ended = mien("people", "import", people, "--overrule", "--json")
        assert ended.code == 0 and json.loads(ended.out)["accepted"] == 6, ended.err
        shutil.copytree(home, first_filled)
    shutil.copytree(first_filled, home, dirs_exist_ok=True)


def told(ended: Any) -> Any:
    assert ended.code == 0, ended.err
    return json.loads(ended.out)


def test_an_archive_goes_to_another_home_and_back(mien, filled, tmp_path: Path, monkeypatch, home: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("correct horse\n")
    exported = told(mien("people", "export", "--passphrase-file", secret, "--json"))
    archive = Path(exported["file"])
    assert archive.parent == home / "exports" and exported["is_encrypted"]
    assert (exported["people"], exported["pictures"], exported["templates"]) == (2, 6, 12)

    monkeypatch.setenv("MIEN_HOME", str(tmp_path / "other"))
    monkeypatch.setenv("MIEN_KEY_FILE", str(tmp_path / "key"))
    asked = mien("people", "import", archive)
    assert asked.code == 2 and "--passphrase-file or MIEN_PASSPHRASE" in asked.err
    monkeypatch.setenv("MIEN_PASSPHRASE", "wrong")
    wrong = mien("people", "import", archive)
    assert wrong.code == 1 and "the passphrase is wrong" in wrong.err and wrong.err.count("\n") == 1
    assert not (tmp_path / "other").exists() and not (tmp_path / "key").exists()
    monkeypatch.setenv("MIEN_PASSPHRASE", "correct horse")
    foreseen = told(mien("people", "import", archive, "--dry-run", "--json"))
    assert foreseen["is_dry_run"] and (foreseen["new"], foreseen["pictures"]) == (2, 6)
    assert json.loads(mien("people", "list", "--json").out)["people"] == []
    taken = told(mien("people", "import", archive, "--json"))
    assert (taken["new"], taken["known"], taken["pictures"], taken["templates"]) == (2, 0, 6, 12)
    again = told(mien("people", "import", archive, "--json"))
    assert (again["new"], again["known"], again["pictures"], again["templates"]) == (0, 2, 0, 0)
    assert told(mien("people", "show", "=Driver", "--json"))["consent"] == ["expression", "identify", "keep"]
    actions = [one["action"] for one in told(mien("privacy", "audit", "show", "--json"))["entries"]]
    assert actions.count("gallery.imported") == 1

    mien("people", "forget", "Zoë ☂", "--yes")
    after = told(mien("people", "import", archive, "--json"))
    assert (after["forgotten"], after["known"], after["new"]) == (1, 1, 0)


def test_a_picture_that_was_moved_stays_with_whom_it_was_given_to(mien, filled, tmp_path: Path) -> None:
    archive, table = tmp_path / "gallery.mien", tmp_path / "gallery.npz"
    for option, path in (("--out", archive), ("--npz", table)):
        assert mien("people", "export", option, path).code == 0
    moved = [one["picture_id"] for one in told(mien("people", "show", "=Driver", "--json"))["kept"]][:2]
    assert mien("people", "move", *map(str, moved), "--to", "Zoë ☂").code == 0

    for path in (archive, table):
        foreseen = told(mien("people", "import", path, "--dry-run", "--json"))
        taken = told(mien("people", "import", path, "--json"))
        assert foreseen["left"] == taken["left"] == 2 and taken["pictures"] == taken["templates"] == 0
        (left,) = [one["left"] for one in taken["people"] if one["left"]]
        assert [(one["name"], one["pictures"]) for one in left] == [("Zoë ☂", 2)]
    said = mien("people", "import", archive).out
    assert "2 known, 2 left where they are\n" in said
    assert "left with 'Zoë ☂' (person-0002): 2 pictures that came for '=Driver' (person-0001)\n" in said
    assert sorted(one["picture_id"] for one in _kept(mien)) == list(range(1, 7))


def test_what_was_taken_back_after_an_archive_goes_along_with_the_next(
    mien, filled, portrait: Path, tmp_path: Path, home: Path, monkeypatch
) -> None:
    first, second, other = tmp_path / "1.mien", tmp_path / "2.mien", tmp_path / "other"
    assert mien("people", "export", "--out", first).code == 0
    shutil.copytree(home, other)
    assert mien("privacy", "consent", "withdraw", "Zoë ☂", "identify", "--yes").code == 0
    assert mien("privacy", "consent", "withdraw", "Zoë ☂", "keep", "--yes").code == 0
    exported = mien("people", "export", "--out", second)
    assert ": 2 people, 3 pictures, 6 templates\nleft out: 3 pictures of which neither a template nor" in exported.out
    assert told(mien("people", "export", "--out", second, "--overwrite", "--json"))["left_out"] == 3

    monkeypatch.setenv("MIEN_HOME", str(other))
    (face,) = told(mien("identify", portrait, "--json"))["faces"]
    assert face["person_name"] == "Zoë ☂"
    would = mien("people", "import", second, "--dry-run").out
    assert "known already; took back consent to identify and keep" in would and "which would hold here" in would
    taken = told(mien("people", "import", second, "--json"))
    assert (taken["known"], taken["withdrawn"], taken["pictures"]) == (2, 1, 0)
    (one,) = [one for one in taken["people"] if one["withdrawn"]]
    assert one["withdrawn"] == ["identify", "keep"]
    assert one["gone"] == {"templates": 6, "pictures": 3, "readings": 0, "visit_templates": 0, "visit_pictures": 0}
    (face,) = told(mien("identify", portrait, "--json"))["faces"]
    assert face["identity"] == "unknown"
    assert told(mien("people", "show", "Zoë ☂", "--json"))["consent"] == ["expression"]
    assert "not recognised" in mien("people", "show", "Zoë ☂").out
    assert {one["has_template"] for one in _kept(mien)} == {True, False}
    actions = [one["action"] for one in told(mien("privacy", "audit", "show", "--json"))["entries"]]
    assert actions[-2:] == ["consent.withdrawn", "gallery.imported"]
    again = told(mien("people", "import", second, "--json"))
    older = told(mien("people", "import", first, "--json"))
    assert (again["withdrawn"], older["withdrawn"], older["templates"]) == (0, 0, 0)


def test_whoever_comes_gets_an_id_of_the_home_and_keeps_the_uid(mien, filled, people, tmp_path, monkeypatch) -> None:
    archive = tmp_path / "gallery.mien"
    assert mien("people", "export", "--out", archive).code == 0
    uids = {one["name"]: one["uid"] for one in told(mien("people", "import", archive, "--json"))["people"]}
    monkeypatch.setenv("MIEN_HOME", str(tmp_path / "other"))
    assert mien("people", "enrol", "Somebody", people / "=Driver" / "0.png").code == 0
    assert "an id of this home" in mien("people", "import", archive, "--dry-run").out

    came = mien("people", "import", archive)

    assert "new ids of this home: person-0002, person-0003; the uids" in came.out
    again = told(mien("people", "import", archive, "--json"))["people"]
    assert {one["name"]: one["uid"] for one in again} == uids
    assert {one["person_id"] for one in again} == {"person-0002", "person-0003"}


def test_what_is_there_already_is_replaced_only_where_that_is_said(mien, filled, tmp_path: Path, monkeypatch) -> None:
    for option in ("--out", "--npz", "--csv"):
        path = tmp_path / f"file{option}"
        path.write_text("mine")
        refused = mien("people", "export", option, path)
        assert (refused.code, refused.out) == (2, "") and refused.err.count("\n") == 1
        assert f"{path} is there already: --overwrite replaces it" in refused.err and path.read_text() == "mine"
        would = told(mien("people", "export", option, path, "--overwrite", "--dry-run", "--json"))
        assert (would["people"], would["pictures"], would["templates"], would["sha256"]) == (2, 6, 12, None)
        assert would["is_dry_run"] and path.read_text() == "mine"
        wrote = told(mien("people", "export", option, path, "--overwrite", "--json"))
        assert wrote["sha256"] and not wrote["is_dry_run"] and path.stat().st_size > 1000
    said = mien("people", "export", "--out", tmp_path / "new.mien", "--dry-run")
    assert said.out == f"would write {tmp_path / 'new.mien'}: 2 people, 6 pictures, 12 templates\n"
    assert not (tmp_path / "new.mien").exists()

    sheet = tmp_path / "sheet"
    assert f"\n{sheet / 'sheet-1.png'}: for printing\n" in mien("people", "sheet", "--out", sheet, "--png").out
    before = {path: path.read_bytes() for path in sheet.iterdir()}
    assert mien("people", "rename", "=Driver", "Driver").code == 0
    for gone in ("", "index.html", "person-0001.html", "person-0002.html"):
        (sheet / gone).unlink() if gone else None
        refused = mien("people", "sheet", "--out", sheet, "--png")
        assert refused.code == 2 and "is there already: --overwrite replaces it" in refused.err
    assert [*sheet.iterdir()] == [sheet / "sheet-1.png"]
    assert (sheet / "sheet-1.png").read_bytes() == before[sheet / "sheet-1.png"]
    assert mien("people", "sheet", "--out", sheet, "--png", "--overwrite").code == 0
    assert (sheet / "sheet-1.png").read_bytes() != before[sheet / "sheet-1.png"]
    (sheet / "index.html").write_text("")
    assert mien("people", "sheet", "--out", tmp_path / "sheet").code == 2


def test_a_page_of_the_self_test_is_replaced_only_where_that_is_said(mien, filled, tmp_path: Path) -> None:
    page = tmp_path / "test" / "selftest.html"
    assert mien("people", "selftest", "--out", page.parent).code == 0
    page.write_text("mine")
    refused = mien("people", "selftest", "--out", page.parent)
    assert (refused.code, refused.out, page.read_text()) == (2, "", "mine")
    assert f"{page} is there already: --overwrite replaces it" in refused.err
    assert mien("people", "selftest", "--out", page.parent, "--overwrite").code == 0 and page.read_text() != "mine"


@pytest.mark.parametrize(
    ("words", "writer"),
    [
        ("people sheet", "mien.results.album.sheet.write_sheet"),
        ("people selftest", "mien.results.album.selftest.write_selftest"),
        ("analyze {portrait}", "mien.results.writer.ResultWriter"),
    ],
)
def test_what_a_process_died_over_is_known_of(
    mien, filled, portrait: Path, tmp_path: Path, monkeypatch, words: str, writer: str
) -> None:
    def die(folder: Path, *_: object, **__: object) -> None:
        folder.mkdir()
        (folder / "page.html").write_text("a face")
        raise MienError("the power is gone")

    with monkeypatch.context() as dying:
        dying.setattr(writer, die)
        ended = mien(*words.format(portrait=portrait).split(), "--out", tmp_path / "out")
    assert ended.code == 1 and "the power is gone" in ended.err
    assert f"not covered: {tmp_path / 'out'}" in mien("privacy", "forget", "=Driver", "--dry-run").out


def test_at_work_nobody_comes_by_a_declaration(mien, filled, tmp_path: Path, monkeypatch) -> None:
    agreed = ("identify,keep", "--evidence", "form 17")
    assert mien("privacy", "consent", "give", "=Driver", *agreed).code == 0
    archive = tmp_path / "gallery.mien"
    assert mien("people", "export", "--out", archive).code == 0
    work = tmp_path / "work"
    work.mkdir()
    (work / "mien.yaml").write_text("privacy: {purpose: workplace}\n")
    monkeypatch.setenv("MIEN_HOME", str(work))

    foreseen = mien("people", "import", archive, "--dry-run", "--json")
    came = mien("people", "import", archive, "--json")

    for ended in (foreseen, came):
        assert ended.code == 1 and "'Zoë ☂' stays out: only an operator declared consent" in ended.err
        answer = json.loads(ended.out)
        assert (answer["declared"], answer["new"], answer["pictures"]) == (1, 1, 3)
        told_apart = {one["wanted"]: (one["outcome"], one["reason"]) for one in answer["people"]}
        assert told_apart["Zoë ☂"][0] == "declared" and "stays out" in told_apart["Zoë ☂"][1]
        assert told_apart["=Driver"] == ("new", "taken in")
    assert [one["name"] for one in told(mien("people", "list", "--json"))["people"]] == ["=Driver"]
    assert told(mien("people", "show", "=Driver", "--json"))["consent"] == ["identify", "keep"]


def test_a_name_that_somebody_else_has_is_told(mien, filled, tmp_path: Path, monkeypatch, people: Path) -> None:
    archive = tmp_path / "gallery.mien"
    plain = mien("people", "export", "--out", archive, "--people", "=Driver")
    assert plain.code == 0 and "not encrypted" in plain.err
    monkeypatch.setenv("MIEN_HOME", str(tmp_path / "other"))
    shutil.rmtree(people / "Zoë ☂")
    assert mien("people", "import", people, "--overrule").code == 0
    (people / "=Driver").rename(people / "Somebody")

    taken = mien("people", "import", archive)

    assert taken.code == 0 and "taken in as '=Driver (2)'" in taken.err and "1 new" in taken.out


def test_embeddings_as_tables(mien, filled, tmp_path: Path, monkeypatch) -> None:
    table = tmp_path / "people.csv"
    assert told(mien("people", "export", "--csv", table, "--json"))["templates"] == 12
    with table.open(newline="", encoding="utf-8") as file:
        rows = [*csv.DictReader(file)]
    assert {row["name"] for row in rows} == {"Zoë ☂", "'=Driver"} and len(rows[0]) == 8 + 512
    monkeypatch.setenv("MIEN_HOME", str(tmp_path / "other"))
    taken = told(mien("people", "import", table, "--consent", "identify", "--json"))
    assert (taken["new"], taken["templates"]) == (2, 12)
    assert told(mien("people", "show", "=Driver", "--json"))["consent"] == ["identify"]
    other = table.with_name("other.csv")
    other.write_text(table.read_text(encoding="utf-8").replace("mobilefacenet/", "facenet/"), encoding="utf-8")
    warned = mien("people", "import", other)
    assert warned.code == 0 and "neither finds the other" in warned.err

    rows[3]["v7"] = "nan"
    with other.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    refused = mien("people", "import", other)
    assert refused.code == 1 and "row 4" in refused.err


def test_consent_is_put_on_record_of_those_who_are_known_where_it_was_given(mien, filled, tmp_path: Path) -> None:
    table = tmp_path / "people.npz"
    assert mien("people", "export", "--npz", table).code == 0

    silent = mien("people", "import", table)
    assert silent.code == 0 and "declared by you" not in silent.err and silent.out == "2 known\n"
    given = ("--consent", "identify,keep", "--evidence", "form 99")
    foreseen = mien("people", "import", table, *given, "--dry-run")
    assert "would be: 2 known, 2 with consent put on record" in foreseen.out
    said = mien("people", "import", table, *given)
    assert said.code == 0 and said.out == "2 known, 2 with consent put on record\n"
    again = told(mien("people", "import", table, *given, "--json"))
    assert again["consented"] == 0 and {one["consented"] for one in again["people"]} == {False}
    for name in ("=Driver", "Zoë ☂"):
        record = told(mien("privacy", "consent", "show", name, "--json"))
        assert str(record).count("form 99") == 2
    actions = [one["action"] for one in told(mien("privacy", "audit", "show", "--json"))["entries"]]
    assert actions.count("consent.given") == 4


def test_a_declaration_is_told_where_it_is_recorded(mien, filled, tmp_path: Path, monkeypatch) -> None:
    table = tmp_path / "people.npz"
    assert mien("people", "export", "--npz", table).code == 0
    monkeypatch.setenv("MIEN_HOME", str(tmp_path / "other"))

    assert "declared by you" not in mien("people", "import", table, "--dry-run").err
    said = [mien("people", "import", table) for _ in range(2)]
    assert ["declared by you" in one.err for one in said] == [True, False]


def test_what_comes_and_fits_nothing_here_stops_nobody(mien, filled, people, tmp_path: Path, monkeypatch) -> None:
    """Three numbers for a face, two rows of one picture, and a crop of 50 px."""
    model = told(mien("people", "models", "--json"))["models"][0]["model"]
    short, twice = tmp_path / "short.csv", tmp_path / "twice.csv"
    short.write_text(f"name,model,v0,v1,v2\nAnn,{model},1,0,0\n")
    twice.write_text(f"name,model,picture,v0,v1\nAnn,{model},1,1,0\nAnn,{model},1,0,1\n")
    archive = tmp_path / "gallery.mien"
    assert mien("people", "export", "--out", archive).code == 0
    with zipfile.ZipFile(archive) as source:
        members = {name: source.read(name) for name in source.namelist()}
    manifest = json.loads(members.pop("manifest.json"))
    for name in members:
        if name.startswith("pictures/"):
            members[name] = cv2.imencode(".png", np.zeros((50, 50, 3), np.uint8))[1].tobytes()
            digest = hashlib.sha256(members[name]).hexdigest()
            manifest["members"][name] = {"bytes": len(members[name]), "sha256": digest}
    with zipfile.ZipFile(archive, "w") as target:
        for name, content in {**members, "manifest.json": json.dumps(manifest)}.items():
            target.writestr(name, content)
    for home in ("here", "other"):
        if home == "other":
            monkeypatch.setenv("MIEN_HOME", str(tmp_path / home))
        for dry in ((), ("--dry-run",)):
            refused = mien("people", "import", short, *dry)
            assert refused.code == 1 and f"{model} gives vectors of 512 numbers, not of 3" in refused.err
            refused = mien("people", "import", twice, *dry)
            assert refused.code == 1 and "row 2: picture 1 of 'Ann' has a plain template already" in refused.err
    came = mien("people", "import", archive)
    assert came.code == 0 and "6 pictures in it came without the crop of the face" in came.err
    assert "2 new, 6 pictures, 12 templates" in came.out
    assert mien("people", "enrol", "=Driver", people / "=Driver" / "0.png", "--overrule").code == 0
    assert mien("people", "selftest").code == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("export", "--out", "a.mien", "--npz", "b.npz"), "exclude each other"),
        (("export",), "nobody is enrolled"),
        (("export", "--people", "Nobody"), "there is nobody named 'Nobody'"),
        (("import", "none.mien"), "there is no file none.mien"),
        (("import", "none.csv"), "there is no file none.csv"),
        (("import", "none"), "is not a folder of people"),
        (("import", "none", "--passphrase-file", "x"), "is for archives that mien people export wrote"),
        (("split", "Ada"), "name pictures, or one of --suggest and --group"),
        (("split", "Ada", "3", "--group", "2"), "name pictures, or one of --suggest and --group"),
        (("split", "Ada", "--suggest", "--dry-run"), "--suggest changes nothing"),
        (("enrol", "Ada", "--camera", "0", "--dry-run"), "--dry-run does not go with --camera"),
        (("import", "none.mien", "--consent", "keep"), "brings the consent that is on record"),
        (("import", "none.npz", "--passphrase-file", "x"), "is for archives"),
        (("export", "--npz", "a.npz", "--passphrase-file", "x"), "is for archives"),
        (("export", "--out", "a.mien", "--passphrase-file", "none.txt"), "none.txt cannot be read"),
        (("import", "none.mien", "--passphrase-file", "none.txt"), "none.txt cannot be read"),
        (("reembed", "--keep-old", "--drop-old"), "exclude each other"),
        (("calibrate", "--show", "--reset"), "exclude each other"),
        (("calibrate",), "nobody is known by any model"),
        (("selftest",), "nobody is known by any model"),
        (("cleanup",), "nobody is known by any model"),
        (("sheet", "--out", "sheet"), "there is nobody to be shown"),
        (("selftest", "--out", "home/test"), "choose a place outside of it"),
        (("export", "--npz", "home/e.npz"), "nobody is enrolled"),
    ],
)
def test_slips_are_told_in_one_line(mien, tmp_path: Path, monkeypatch, arguments: tuple[str, ...], says: str) -> None:
    monkeypatch.chdir(tmp_path)
    mien("people", "list")  # so that the home is there
    ended = mien("people", *arguments)
    failures = [line for line in ended.err.splitlines() if line.startswith("mien: ")]
    assert ended.code in (1, 2) and len(failures) == 1 and says in failures[0], ended.err


def test_the_gallery_is_looked_at_judged_and_cleaned(mien, filled, people: Path, tmp_path: Path, home: Path) -> None:
    sheet = told(mien("people", "sheet", "--png", "--out", tmp_path / "sheet", "--json"))
    assert [Path(name).suffix for name in sheet["files"]] == [".html", ".html", ".html", ".png"]
    assert told(mien("people", "sheet", "=Driver", "--out", tmp_path / "one", "--json"))["people"] == 1
    assert mien("people", "sheet").code == 2
    inside = mien("people", "sheet", "--out", home / "sheet")
    assert inside.code == 2 and "choose a place outside of it" in inside.err and not (home / "sheet").exists()
    plain = mien("people", "export")
    assert plain.code == 2 and "is sealed with a passphrase" in plain.err and not (home / "exports").exists()
    table = mien("people", "export", "--npz", home / "e.npz")
    assert table.code == 2 and "choose a place outside of it" in table.err and not (home / "e.npz").exists()

    assert "shows the pictures" in mien("people", "selftest").out
    assert told(mien("people", "selftest", "--json"))["folder"] is None
    tested = told(mien("people", "selftest", "--out", tmp_path / "test", "--json"))
    assert tested["folder"] == str(tmp_path / "test") and (tmp_path / "test").is_dir()
    (model,) = tested["models"]
    assert (model["people"], model["pictures"], model["rank1"]["share"], model["sparse"]) == (2, 6, 1.0, [])
    assert 0.2 < model["drawn"]["highest"] < 0.7 and model["model"].startswith("mobilefacenet/")

    assert mien("people", "enrol", "Zoë ☂", people / "=Driver" / "0.png", "--overrule").code == 0
    wrong = max(one["picture_id"] for one in told(mien("people", "show", "Zoë ☂", "--json"))["kept"])
    assert "no picture is doubtful" in mien("people", "cleanup").out  # they are seconds old
    proposed = told(mien("people", "cleanup", "--min-age", "0", "--json"))
    assert [one["picture_id"] for one in proposed["pictures"]] == [wrong] and proposed["change"] is None
    kept = mien("people", "keep", str(wrong))
    assert kept.code == 0 and "ept 1 picture of 'Zoë ☂'" in kept.out
    assert told(mien("people", "cleanup", "--min-age", "0", "--json"))["pictures"] == []
    assert "is kept as right already" in mien("people", "keep", str(wrong)).err
    assert "may be doubted again" in mien("people", "undo").out
    assert told(mien("people", "cleanup", "--min-age", "0", "--yes", "--dry-run", "--json"))["is_dry_run"]
    assert mien("people", "cleanup", "--min-age", "0", "--yes").code == 0
    kept = told(mien("people", "show", "Zoë ☂", "--json"))["kept"]
    assert [one["state"] for one in kept if one["picture_id"] == wrong] == ["binned"]
    assert told(mien("people", "history", "--json"))["changes"][0]["kind"] == "gallery.cleaned"
    assert mien("people", "undo").code == 0
    assert told(mien("people", "cleanup", "--min-age", "0", "--json"))["pictures"] != []

    forgotten = mien("people", "forget", "=Driver", "--yes")
    assert forgotten.code == 0, forgotten.err
    assert all(str(tmp_path / name) in forgotten.out for name in ("sheet", "one", "test"))  # the pages show everybody


@pytest.fixture
def lost(filled, home: Path) -> dict[str, int]:
    """Of each of the two the best picture, by name: the file of one is gone, that of the other damaged."""
    with ExitStack() as stack:
        people = build_stores(Settings(home=home), stack).people
        best = {
            one.name: max(people.pictures(one.person_id), key=lambda picture: picture.quality)
            for one in people.people()
        }
    files = {name: next((home / "media").rglob(picture.crop)) for name, picture in best.items()}
    files["=Driver"].unlink()
    files["Zoë ☂"].write_bytes(files["Zoë ☂"].read_bytes()[:-1] + b"?")
    return {name: picture.picture_id for name, picture in best.items()}


@pytest.mark.parametrize(
    "command",
    [
        ("people", "sheet", "--out", "OUT"),
        ("people", "selftest", "--out", "OUT"),
        ("people", "export", "--out", "OUT"),
        ("people", "rescore"),
        ("people", "reembed", "--recognizer", "edgeface-xs"),
    ],
    ids=lambda command: command[1],
)
def test_pictures_that_are_lost_stop_nothing_and_are_told_in_the_end(
    mien, lost, tmp_path: Path, take, command: tuple[str, ...]
) -> None:
    take("edgeface-xs")

    ended = mien(*(str(tmp_path / "out") if one == "OUT" else one for one in command), "--json")

    (told_of_them,) = [line for line in ended.err.splitlines() if line.startswith("mien: ")]
    assert ended.code == 1 and ended.err.endswith(f"{told_of_them}\n")
    assert told_of_them.startswith("mien: 2 stored pictures are missing or damaged, and were left out: ")
    assert all(f"{number} of {name!r} (person-" in told_of_them for name, number in lost.items())
    assert "mien people remove NAME --picture N" in told_of_them
    result = json.loads(ended.out)
    assert sorted(one["picture_id"] for one in result["lost"]) == sorted(lost.values())
    assert result.get("scored", 4) == 4 == result.get("embedded", 4)
    if command[1] in ("sheet", "selftest"):
        assert "data:image/jpeg" in "".join(page.read_text() for page in (tmp_path / "out").glob("*.html"))
    if command[1] == "export":
        with zipfile.ZipFile(tmp_path / "out") as archive:
            people = [json.loads(archive.read(one)) for one in archive.namelist() if one.startswith("people/")]
        assert [sum(one["has_crop"] for one in person["pictures"]) for person in people] == [2, 2]
    for name, number in lost.items():
        assert mien("people", "remove", name, "--picture", str(number)).code == 0
    assert mien("people", "export", "--out", tmp_path / "again").code == 0


def test_another_recogniser_takes_over(mien, filled, take, monkeypatch) -> None:
    take("edgeface-xs")
    foreseen = told(mien("people", "reembed", "--recognizer", "edgeface-xs", "--dry-run", "--json"))
    assert (foreseen["pending"], foreseen["embedded"]) == (6, 0)

    kept = mien("people", "reembed", "--recognizer", "edgeface-xs")
    assert kept.code == 0 and "once the settings name it" in kept.err and "0 old templates deleted" in kept.out
    models = told(mien("people", "models", "--json"))["models"]
    assert {one["model"].split("/")[0]: one["is_in_use"] for one in models} == {
        "edgeface-xs": False,
        "mobilefacenet": True,
    }

    monkeypatch.setenv("MIEN_RECOGNIZER", "edgeface-xs")
    done = told(mien("people", "reembed", "--json"))
    assert (done["done_before"], done["embedded"], done["dropped"]) == (6, 0, 12) and done["comparison"]["new"] == 1.0
    (left,) = told(mien("people", "models", "--json"))["models"]
    assert left["model"].startswith("edgeface-xs/") and left["is_in_use"] and left["people"] == 2


def test_thresholds_are_measured_and_hold(mien, filled, portrait: Path, monkeypatch) -> None:
    before = told(mien("people", "calibrate", "--show", "--json"))
    assert before["origins"] == {"known_similarity": "model", "doubt": "model"} and before["calibration"] is None

    measured = told(mien("people", "calibrate", "--false-match-rate", "0.0005", "--json"))

    assert measured["origins"] == {"known_similarity": "calibration", "doubt": "calibration"}
    assert measured["calibration"]["false_match_rate"] == 0.0005 and measured["calibration"]["judged"] == 6
    assert abs(measured["known"] - measured["calibration"]["known"]) < 1e-3 and measured["known"] != before["known"]
    assert "by the calibration" in mien("people", "calibrate", "--show").out
    monkeypatch.setenv("MIEN_MATCHING__KNOWN_SIMILARITY", "0.99")
    assert told(mien("people", "calibrate", "--show", "--json"))["origins"]["known_similarity"] == "settings"
    monkeypatch.delenv("MIEN_MATCHING__KNOWN_SIMILARITY")
    assert told(mien("people", "models", "--json"))["models"][0]["is_calibrated"]
    assert told(mien("people", "calibrate", "--reset", "--json"))["known"] == before["known"]
    kept = told(mien("people", "calibrate", "--json"))
    asked = told(mien("people", "calibrate", "--false-match-rate", "0.1", "--dry-run", "--json"))
    assert asked["is_dry_run"] and asked["known"] < kept["known"]
    assert told(mien("people", "calibrate", "--reset", "--dry-run", "--json"))["known"] == before["known"]
    entries = told(mien("privacy", "audit", "show", "--json"))["entries"]
    facts = [one["facts"] for one in entries if one["action"] == "gallery.calibrated"]
    assert len(facts) == 3 and facts.count({"is_reset": True}) == 1
    shown = mien("people", "calibrate", "--show")
    assert told(mien("people", "calibrate", "--show", "--json"))["known"] == kept["known"]
    assert "of 20,000 drawn strangers" in " ".join(shown.out.split()) and "measurements.md" in shown.out


def test_a_person_is_split_by_the_faces_on_the_pictures(mien, filled) -> None:
    pictures = [str(one["picture_id"]) for one in told(mien("people", "show", "=Driver", "--json"))["kept"]]
    assert mien("people", "move", *pictures[:2], "--to", "Zoë ☂").code == 0

    groups = told(mien("people", "split", "Zoë ☂", "--suggest", "--json"))["groups"]

    assert [len(one["pictures"]) for one in groups] == [3, 2]
    assert groups[1]["pictures"] == [int(one) for one in pictures[:2]] and groups[1]["similarity"] < 0.25
    table = mien("people", "split", "Zoë ☂", "--suggest").out
    assert f"{pictures[0]}, {pictures[1]}" in table and "--group N" in table
    missing = mien("people", "split", "Zoë ☂", "--group", "3")
    groups_there = f"1 (4 to 6), 2 ({pictures[0]}, {pictures[1]})"
    assert missing.code == 2
    assert missing.err == f"mien: --group 3: the groups of pictures of 'Zoë ☂' are {groups_there}\n"
    foreseen = told(mien("people", "split", "Zoë ☂", "--group", "2", "--dry-run", "--json"))
    assert foreseen["is_dry_run"] and "move 2 of" in foreseen["summary"]
    split = told(mien("people", "split", "Zoë ☂", "--group", "2", "--json"))
    stranger = next(one for one in split["people"] if one.startswith("unknown-"))
    assert len(told(mien("people", "show", stranger, "--json"))["kept"]) == 2
    assert "all pictures show one face" in mien("people", "split", "Zoë ☂", "--suggest").out
    undone = told(mien("people", "undo", "--dry-run", "--json"))
    assert undone["is_dry_run"] and undone["kind"] == "person.split"
    assert told(mien("people", "undo", "--json"))["undone"] == undone["undone"]
    assert len(told(mien("people", "show", "Zoë ☂", "--json"))["kept"]) == 5


def test_pictures_are_judged_anew_and_the_poor_ones_set_aside(mien, filled) -> None:
    before = {one["picture_id"]: one["quality"] for one in _kept(mien)}
    foreseen = told(mien("people", "rescore", "--below", "1", "--set-aside", "--dry-run", "--json"))
    assert (foreseen["scored"], foreseen["change"], len(foreseen["poor"])) == (6, None, 4)
    assert foreseen["judge"].startswith("mobilefacenet/") and sum(foreseen["tenths"]) == 6
    for one in foreseen["worst"]:  # the same network judges the same crop
        assert one["quality"] == pytest.approx(before[one["picture_id"]], abs=1e-3)

    done = mien("people", "rescore", "--below", "1", "--set-aside")

    assert done.code == 0 and "set aside: 4 pictures below 1.00" in done.out, done.err
    states = [one["state"] for one in _kept(mien)]
    assert states.count("set_aside") == 4 and states.count("active") == 2
    again = told(mien("people", "rescore", "--json"))
    assert (again["scored"], again["done_before"], again["poor"]) == (0, 6, [])
    actions = [one["action"] for one in told(mien("privacy", "audit", "show", "--json"))["entries"]]
    assert actions.count("gallery.rescored") == 1
    assert mien("people", "undo").code == 0
    assert {one["state"] for one in _kept(mien)} == {"active"}


def _kept(mien) -> list[dict[str, Any]]:
    people = told(mien("people", "list", "--json"))["people"]
    return [one for person in people for one in told(mien("people", "show", person["person_id"], "--json"))["kept"]]


def test_a_folder_is_looked_at_before_it_is_taken_in(mien, filled, people: Path) -> None:
    (people / "=Driver").rename(people / "Somebody")
    foreseen = mien("people", "import", people, "--dry-run", "--json")

    assert foreseen.code == 1 and "declared by you" not in foreseen.err
    counts = json.loads(foreseen.out)
    assert (counts["is_dry_run"], counts["accepted"], counts["skipped"], counts["refused"]) == (True, 0, 3, 3)
    assert "the face is that of '=Driver'" in foreseen.err
    overruled = mien("people", "enrol", "Somebody", people / "Somebody" / "0.png", "--overrule", "--dry-run")
    assert overruled.code == 0 and "nothing was kept" in overruled.out
    assert len(told(mien("people", "list", "--json"))["people"]) == 2


@pytest.mark.timeout(60)
def test_a_pipe_is_no_archive_and_is_not_waited_for(mien, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mien")
    ended = mien("people", "import", tmp_path / "pipe.mien")
    assert (ended.code, ended.err) == (1, f"mien: {tmp_path / 'pipe.mien'} is not a folder of people\n")
