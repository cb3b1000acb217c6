"""What the search of raw bytes finds, what it takes for chance, and where it looks."""

import io
import json
import re
import unicodedata
import zipfile

import numpy as np
import pytest

from mien.privacy.forgetting import verification
from mien.privacy.forgetting.own_words import Own
from mien.privacy.forgetting.verification import Found, Verification
from mien.store.departures import Marks
from mien.store.home import Home
from mien.store.vault.passphrase import SealingWriter

NOISE = np.random.default_rng(0).integers(1, 256, 1000, np.uint8).tobytes()
VECTOR = np.random.default_rng(1).normal(size=6).astype("<f4").tobytes()
IDS = ("person-0003", "unknown-0012")
MARKS = Marks(("Zoë Ågren",), IDS, ("ab12" * 8,), (VECTOR,), (b"sealed bytes of hers!!!!",), ("c0ffee.face",))


@pytest.fixture
def home(tmp_path):
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


def found(home, marks=MARKS, **known):
    return Verification(Home(home), **known).look_for(marks).found


@pytest.mark.parametrize(
    ("name", "encoding"),
    [
        ("Zoë Ågren", "utf-8"),
        (unicodedata.normalize("NFD", "Zoë Ågren"), "utf-8"),
        ("zoë ågren", "utf-8"),
        ("ZOË ÅGREN", "utf-8"),
        ("Zoë Ågren", "utf-16-le"),
        (unicodedata.normalize("NFD", "zoë ågren"), "utf-16-be"),
        (json.dumps("Zoë Ågren"), "utf-8"),
    ],
)
def test_a_name_is_found_however_it_is_written(home, name, encoding):
    (home / "left.txt").write_bytes(f"is it {name}?".encode(encoding))
    assert [(one.file, one.trace) for one in found(home)] == [("left.txt", "name")]


SPELLINGS = ("{}", "{}'s door", "/videos/{}/party.mp4", '"{}"', "{}-0.png", "x,{};y")
NAMES = (
    "anna schmidt",
    "Anna-Lena Schmidt",
    "Jo Li",
    "Weiß Zoë",
    "Ανδρέας Νίκος",
    "李 小龙",
    "Мария_Иванова",
    "O'Neill",
)


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_found_in_whichever_case_and_whatever_is_between_its_words(home, name):
    words = re.split(r"[ _-]", name)
    cased = (str.lower, str.upper, str.title, str.swapcase, lambda one: one.replace("ß", "ss"))
    wholes = {case(between.join(words)) for case in cased for between in (" ", "_", "-", "  ", "\t", ".", "+", "%20")}
    wholes |= {
        f"{' '.join(words[:-1])} {words[-1].upper()}".strip(),
        re.sub(r"(?<=\\u)....", lambda one: one[0].upper(), json.dumps(name)[1:-1]),
    }
    texts = [(spelling.format(one), one) for spelling in SPELLINGS for one in wholes]
    texts += [(unicodedata.normalize("NFD", text), one) for text, one in texts[::7]]
    for number, (text, _) in enumerate(texts):
        (home / f"{number}.txt").write_text(text)
    missed = {*range(len(texts))} - {int(one.file[:-4]) for one in found(home, Marks((name,), ("person-0003",), ()))}
    assert not [texts[number] for number in missed]
    long = {one for one in wholes if len(one.encode()) >= 6 and len(words) > 1}
    (home / "db").write_bytes(b"\0" + b"\1".join(one.encode() for one in sorted(long)))
    assert {one.count for one in found(home, Marks((name,), ("person-0003",), ())) if one.file == "db"} <= {len(long)}


@pytest.mark.parametrize("name", NAMES)
def test_other_words_are_no_name(home, name):
    words = re.split(r"[ _-]", name)
    others = [f"{name}s", f"x{name}", f"{name[:-1]}", *(words if len(words) > 1 else ())]
    others += [word.join(words) for word in (" and ", "/", ", ", "\n", ":") if len(words) > 1]
    others += [" ".join(reversed(words))] if len(words) > 1 else []
    for number, text in enumerate(others):
        (home / f"{number}.txt").write_text(f"with {text}!")
    assert found(home, Marks((name,), ("person-0003",), ())) == ()


def test_short_names_in_odd_spellings_are_looked_for_in_texts_alone(home):
    marks = Marks(("Anna", "Jo L"), ("person-0003",), ())
    (home / "db").write_bytes(b"\0\0 seen aNNa here, jo_l too, Jo L and anna")
    assert found(home, marks) == (Found("db", "name", 2),)
    (home / "db").write_bytes(b" seen aNNa here, jo_l too, Jo L and anna")
    assert found(home, marks) == (Found("db", "name", 4),)


def test_random_bytes_are_no_names(home):
    (home / "large.bin").write_bytes(np.random.default_rng(3).integers(0, 256, 32 << 20, np.uint8).tobytes())
    marks = Marks(("Anna", "Jo Li", "Bob", "Ida", "李 小龙", "Tom K", "Éva"), ("person-0003",), ())
    assert found(home, marks) == ()


def test_what_has_the_form_of_an_id_is_no_other_spelling_of_a_name(home):
    (home / "notes").write_text("unknown-0007, person_id, unknown 0007")
    assert found(home, Marks(("Unknown 0007",), ("person-0003",), ())) == (Found("notes", "name", 1),)
    schema = ("CREATE TABLE pictures (person_id VARCHAR)",)
    (home / "notes").write_bytes(b"\0" + schema[0].encode())
    assert found(home, Marks(("Person Id",), ("person-0003",), ()), own=Own(schema)) == ()


@pytest.mark.parametrize(
    ("trace", "data"),
    [
        ("id", b"unknown-0012"),
        ("uid", b"ab12" * 8),
        ("template", VECTOR),
        ("sealed", MARKS.sealed[0]),
        ("picture", b"c0ffee.face"),
    ],
)
def test_everything_else_is_found_among_other_bytes(home, trace, data):
    (home / "mien.sqlite3").write_bytes(b"\0" + NOISE + data + NOISE + data)
    assert found(home) == (Found("mien.sqlite3", trace, 2),)


def test_an_id_ends_where_its_digits_end_but_for_a_database_where_the_next_value_follows_at_once(home):
    (home / "notes.txt").write_text("person-00031 person-10003 xperson-0003.")
    assert found(home) == (Found("notes.txt", "id", 1),)
    (home / "notes.txt").write_bytes(b"\0person-00031")
    assert found(home) == (Found("notes.txt", "id", 1),), "no id goes on behind a zero: it is a key in an index"
    marks = Marks((), ("person-1000",), ())
    (home / "notes.txt").write_bytes(b"\0person-10003")
    assert found(home, marks) == ()


def test_a_name_within_a_word_of_a_text_is_none_and_in_a_database_it_is(home):
    marks = Marks(("Renata",), ("person-0003",), ())
    (home / "mien.yaml").write_text("cameras: {Renatas: 1, a_renata_b: 2}")
    assert found(home, marks) == (Found("mien.yaml", "name", 1),)
    (home / "mien.yaml").write_bytes(b"\0\0enrolledRenatarenata2024")
    assert found(home, marks) == (Found("mien.yaml", "name", 1),)


def test_words_of_the_schema_are_no_names(home):
    marks = Marks(("mark",), ("person-0003",), ())
    schema = ("CREATE TABLE tombstones (mark VARCHAR)",)
    (home / "db").write_bytes(b"\0" + schema[0].encode() + NOISE)
    assert found(home, marks, own=Own(schema)) == ()
    (home / "db").write_bytes(b"\0" + schema[0].encode() + b"\1mark's door" + NOISE)
    assert found(home, marks, own=Own(schema)) == (Found("db", "name", 1),)


def test_short_names_are_looked_for_where_chance_does_not_make_them(home):
    marks = Marks(("Bo", "Anna"), ("person-0003",), ())
    (home / "db").write_bytes(b"\0\xff\xfeBo\xff\xfe\xff\xfe\xff\xfeAnna\xff\xfe\xff\xfe")
    assert found(home, marks) == (), "random bytes hold them"
    (home / "db").write_bytes(b"\0\xff\xfeenrolledAnna\xff\xfe")
    assert found(home, marks) == (Found("db", "name", 1),)
    (home / "db").write_bytes(b"a text about Bo and Bob")
    assert found(home, marks) == (Found("db", "name", 1),)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("Bo", b'{"who": "Bo"}'),
        ("李", '{"who": "李"}'.encode()),
        ("李", json.dumps({"who": "李"}).encode()),
        ("Bo", "by Bo".encode("utf-16")),
        ("李", "who: 李".encode("utf-16")),
        ("Bo", "Bo und Zoë, Köln".encode("latin-1")),
    ],
)
def test_short_names_are_found_in_whatever_is_a_text(home, name, data):
    marks = Marks((name,), ("person-0003",), ())
    (home / "left").write_bytes(data)
    assert found(home, marks) == (Found("left", "name", 1),)


def test_where_short_names_are_not_looked_for_is_told_by_their_length(home):
    told = {
        name: Verification(Home(home)).look_for(Marks((name,), ("person-0003",), ())).not_searched
        for name in ("Bo", "Anna", "Renata", "2024-05")
    }
    assert [len(one) for one in told.values()] == [1, 1, 0, 1]
    assert "less than four bytes" in told["Bo"][0] and "four or five" in told["Anna"][0]
    (home / "audit.jsonl").write_text('{"at":"2024-05-01","number":7}\n')
    assert found(home, Marks(("2024-05", "7"), ("person-0003",), ())) == ()


def test_names_that_others_bear_are_told_apart(home):
    (home / "mien.yaml").write_text("# ask Renata or Bo\n")
    verified = Verification(Home(home)).look_for(Marks(("Bo",), ("person-0003",), ()), borne=("Renata",))
    assert verified.found == (Found("mien.yaml", "name", 1),)
    assert verified.of_namesakes == (Found("mien.yaml", "namesake", 1),)


def test_nothing_is_missed_where_two_pieces_meet(home, monkeypatch):
    monkeypatch.setattr(verification, "_CHUNK_BYTES", 64)
    for size in range(0, 200, 3):
        (home / "db").write_bytes(b"\0" + NOISE[:size] + b"person-0003" + NOISE[:70])
        assert found(home) == (Found("db", "id", 1),), size
        (home / "db").write_bytes(b"\0" + NOISE[:size] + "Zoë Ågren".encode())
        assert found(home) == (Found("db", "name", 1),), size


def test_what_is_sealed_is_searched_where_it_is_opened(home):
    (home / "file").write_bytes(b"x")
    noise = [(f"templates.vector {n}", NOISE, False) for n in range(5000)]
    readable = [
        ("pictures.origin person-0009 1", b"nothing", True),
        ("pictures.origin person-0009 2", "with Zoë Ågren.jpg".encode(), True),
        *noise,
        ("templates.vector person-0009 3 1 plain", b"\0" + VECTOR, False),
        ("changes.steps 4", b"person-0003 person-0009", True),
        ("changes.steps 5", b"person-00031", True),
    ]
    verified = Verification(Home(home)).look_for(MARKS, readable)
    assert verified.found == (
        Found("mien.sqlite3, changes.steps 4", "id", 1),
        Found("mien.sqlite3, pictures.origin person-0009 2", "name", 1),
        Found("mien.sqlite3, templates.vector person-0009 3 1 plain", "template", 1),
    )
    assert (verified.opened, verified.files) == (5005, 1)


def test_pictures_that_nothing_names_are_a_trace(home):
    verified = Verification(Home(home), left_over=frozenset({"a.face", "b.face"})).look_for(MARKS)
    assert verified.found == (Found("media", "unnamed", 2),) and not verified.is_clean


def test_archives_are_looked_into_whatever_they_are_called_and_those_that_cannot_be_are_traces(home):
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.json", "Zoë Ågren, " * 100)
    with zipfile.ZipFile(home / "gallery.mien", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("inner", inner.getvalue())
    assert found(home) == (Found("gallery.mien", "name", 100),)
    (home / "gallery.mien").unlink()
    with (home / "sealed").open("wb") as file:
        writer = SealingWriter(file, "secret", cost=1)
        writer.write(b"anything")
        writer.finish()
    with zipfile.ZipFile(home / "locked", "w") as archive:
        archive.writestr("a", b"x")
    data = bytearray((home / "locked").read_bytes())
    for sign in (b"PK\x03\x04", b"PK\x01\x02"):
        data[data.index(sign) + (6 if sign[2] == 3 else 8)] |= 1  # says that it is encrypted
    (home / "locked").write_bytes(data)
    assert found(home) == (Found("locked", "unread", 1), Found("sealed", "sealed archive", 1))


def test_names_of_files_are_read_and_packed_files_and_links(home, tmp_path):
    (home / "deep").mkdir()
    (home / "deep" / "zoë ågren.txt").write_text("nothing")
    with zipfile.ZipFile(home / "old.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("profile.json", "Zoë Ågren, " * 100)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "more").write_text("person-0003")
    (home / "linked").symlink_to(tmp_path / "elsewhere")
    (home / "linked" / "round").symlink_to(home)
    assert found(home) == (
        Found("(the name of a file or folder)", "name", 1),
        Found("linked/more", "id", 1),
        Found("old.zip", "name", 100),
    )


def test_ids_in_the_audit_log_are_counted_apart_and_a_name_there_is_not(home):
    (home / "audit.jsonl").write_text('{"people":["person-0003"]}\n{"people":["person-0003","unknown-0012"]}\n')
    verified = Verification(Home(home)).look_for(MARKS)
    assert (verified.is_clean, verified.on_record, verified.files) == (True, 3, 1)
    (home / "audit.jsonl").write_text('{"people":["Zoë Ågren"]}\n')
    assert not Verification(Home(home)).look_for(MARKS).is_clean


def test_names_are_not_looked_for_in_entries_of_the_audit_log_and_in_its_head(home):
    marks = Marks(("Bin", "Seal"), ("person-0003",), ())
    entry = b'{"facts":{"kind":"bin"},"people":["person-0003"]}'
    head = json.dumps({"number": 3, "hash": "a" * 64, "seal": "b" * 64})
    (home / "audit.jsonl").write_bytes(entry + b"\n" + entry + b"\n")
    (home / "audit.head").write_text(head)
    verified = Verification(Home(home), Own(is_entry=entry.__eq__)).look_for(marks)
    assert verified.is_clean and verified.on_record == 2
    (home / "audit.jsonl").write_bytes(entry + b"\n" + entry + b" \n")
    (home / "audit.head").write_text(head.replace("}", ', "of": "Bin"}'))
    assert found(home, marks, own=Own(is_entry=entry.__eq__)) == (
        Found("audit.head", "name", 2),
        Found("audit.jsonl", "name", 1),
    )


def test_words_of_closed_columns_are_no_names_in_the_database_and_nowhere_else(home):
    marks = Marks(("Fear", "fear", "Set"), ("person-0003",), ())
    texts = [("readings.emotion", b"fear"), ("pictures.state", b"set_aside"), ("label_sets.labels", b"anger\nfear")]
    for name in ("mien.sqlite3", "mien.sqlite3-wal"):
        (home / name).write_bytes(b"\0knownfearmeasured anger\nfear" + NOISE)
    verified = Verification(Home(home)).look_for(marks, texts=texts)
    assert verified.found == ()
    (home / "mien.sqlite3").write_bytes(b"\0knownFearmeasured")
    (home / "mien.sqlite3.bak").write_bytes(b"\0known fear measured")
    verified = Verification(Home(home)).look_for(marks, texts=[*texts, ("consents.version", b"of Set")])
    assert verified.found == (
        Found("mien.sqlite3", "name", 1),
        Found("mien.sqlite3, consents.version", "name", 1),
        Found("mien.sqlite3.bak", "name", 1),
    )


def test_a_zip_that_cannot_be_read_is_a_trace_and_does_not_end_the_search(home):
    def packed(name, method=zipfile.ZIP_STORED, content=b"nothing" * 99):
        with zipfile.ZipFile(home / name, "w", method) as archive:
            archive.writestr("café" if name == "name" else "a", content)
        return (home / name).read_bytes()

    (home / "name").write_bytes(packed("name").replace("é".encode(), b"\xff\xfe"))
    data = bytearray(packed("lzma", zipfile.ZIP_LZMA))
    data[40:60] = b"\xff" * 20
    (home / "lzma").write_bytes(data)
    inner = b"Zo\xc3\xab \xc3\x85gren, " * 99
    for _ in range(5):
        with zipfile.ZipFile(box := io.BytesIO(), "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("inner", inner)
        inner = box.getvalue()
    (home / "deep").write_bytes(inner)
    (home / "zoe.txt").write_text("Zoë Ågren")
    assert found(home) == (
        Found("deep", "unread", 1),
        Found("lzma", "unread", 1),
        Found("name", "unread", 1),
        Found("zoe.txt", "name", 1),
    )


def test_names_of_empty_folders_and_of_links_are_read_and_where_these_lead(home):
    (home / "Zoë Ågren" / "empty").mkdir(parents=True)
    (home / "Zoë Ågren.lnk").symlink_to("nowhere")
    (home / "link").symlink_to("/nowhere/person-0003")
    assert found(home) == (
        Found("(the name of a file or folder)", "name", 2),
        Found("link, where it leads", "id", 1),
    )


def test_what_mien_calls_its_files_is_no_name_and_an_id_there_is_one(home):
    marks = Marks(("Media", "Ed", "Face", "Lock"), ("person-0003",), (), crops=(f"ed{'0' * 30}.face",))
    for place in (f"media/ed/ed{'0' * 30}.face", f"media/ed/ed{'1' * 30}.face", "departures.lock"):
        (home / place).parent.mkdir(parents=True, exist_ok=True)
        (home / place).write_bytes(b"")
    assert found(home, marks) == (Found("(the name of a file or folder)", "picture", 1),)
    (home / "media" / "ed" / "Ed.face").write_bytes(b"")
    assert Found("(the name of a file or folder)", "name", 2) in found(home, marks)
