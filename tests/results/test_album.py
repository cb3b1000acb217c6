"""Pages and prints with pictures of people."""

import json
import re
import stat
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.support.faces import MODEL, axis, kept

from mien.domain.errors import ResultError
from mien.domain.people.people import Person, Picture
from mien.gallery.curation.outliers import Doubt, LeftAlone
from mien.gallery.exchange.album import Album, AlbumPerson, Shown
from mien.gallery.selftest.testing import Drawn, Pair, Risky, SelfTest, Share, Useless
from mien.results.album.faces import AlbumFaces
from mien.results.album.prints import Face, Prints
from mien.results.album.selftest import write_selftest
from mien.results.album.sheet import write_sheet
from mien.store.media import FolderMedia
from mien.store.sql.database import Database
from mien.store.sql.people.people import SqlPeople

NOON = datetime(2024, 5, 1, 12, 0, tzinfo=UTC)
EVIL = "<script>alert('x')</script> & 王小明 ☂"


def shown(number: int, quality: float = 0.8, state: str = "active", has_image: bool = True) -> Shown:
    image = np.full((112, 112, 3), (number * 40 % 255, 90, 200), np.uint8) if has_image else None
    return Shown(Picture(number, "person-0001", quality, f'{EVIL}"{number}', "", NOON, state), image)


def somebody(number: int, *pictures: Shown, name: str = EVIL) -> AlbumPerson:
    return AlbumPerson(Person(f"person-{number:04d}", name, "enrolled", NOON), pictures)


class Tags(HTMLParser):
    """The tags of a page, and where they lead."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.led: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.led += [value for name, value in attributes if name in ("src", "href") and value]


def test_a_sheet_is_pages_that_need_no_network_and_name_no_file_by_a_person(tmp_path: Path) -> None:
    people = [
        somebody(1, shown(7, 0.9), shown(8, state="set_aside"), shown(9, has_image=False)),
        somebody(2, name="Bob"),
    ]

    written = write_sheet(tmp_path / "sheet", people, NOON)

    assert [path.name for path in written] == ["index.html", "person-0001.html", "person-0002.html"]
    assert stat.S_IMODE((tmp_path / "sheet").stat().st_mode) == 0o700
    index, one, _ = (Tags(path.read_text(encoding="utf-8")) for path in written)
    assert "script" not in index.tags + one.tags and "link" not in index.tags
    assert {link for link in index.led if not link.startswith("data:image/jpeg;base64,")} == {
        "person-0001.html",
        "person-0002.html",
    }
    assert one.tags.count("figure") == 3 and one.tags.count("img") == 2
    text = written[1].read_text(encoding="utf-8")
    assert "quality 0.90, active" in text and "set aside" in text and "<b>7</b>" in text and "王小明" in text
    assert not re.findall(r"https?://|url\(", text)


@pytest.mark.parametrize("count", [1, 8, 81])
def test_prints_hold_80_faces_each(tmp_path: Path, count: int) -> None:
    written = write_sheet(tmp_path, [somebody(n, shown(n)) for n in range(1, count + 1)], NOON, prints=True)

    prints = [path for path in written if path.suffix == ".png"]
    assert len(prints) == -(-count // 80)
    image = cv2.imread(str(prints[0]))
    assert image is not None and image.shape[1] == 1296
    assert tuple(image[80, 80]) == (40, 90, 200)  # the face is where it should be
    assert image[160 : 160 + 22, 16:160].min() < 100  # and its name is under it
    assert image[162:200, 160:170].min() == 255  # a long name does not run into the next one


def test_the_print_of_one_person_shows_all_pictures(tmp_path: Path) -> None:
    write_sheet(tmp_path, [somebody(1, *(shown(n) for n in range(1, 6)))], NOON, prints=True)

    image = cv2.imread(str(tmp_path / "sheet-1.png"))
    assert image is not None
    assert [image[80, 16 + 72 + column * 160].tolist() == [255, 255, 255] for column in range(6)] == [False] * 5 + [
        True
    ]


def test_whoever_has_no_picture_is_on_page_and_print_with_the_name_and_a_word(tmp_path: Path) -> None:
    write_sheet(
        tmp_path, [somebody(1, shown(1)), somebody(2, shown(2, has_image=False), name="Bob")], NOON, prints=True
    )

    assert "no picture</span>" in (tmp_path / "index.html").read_text(encoding="utf-8")
    image = cv2.imread(str(tmp_path / "sheet-1.png"))
    assert image is not None
    assert image[20, 180].tolist() == [238] * 3 and image[70:110, 180:300].min() < 200, "a word in place of a face"
    assert image[160:182, 176:320].min() < 100, "the name is under it"


def test_an_empty_print_and_a_folder_that_cannot_be(tmp_path: Path) -> None:
    assert Prints().write(tmp_path, []) == []
    assert Prints().page([Face(np.zeros((40, 30, 3), np.uint8), "", "")]).shape[0] > 144
    (tmp_path / "file").write_text("")
    with pytest.raises(ResultError):
        write_sheet(tmp_path / "file", [somebody(1)], NOON)


class NoFaces:
    def person(self, person_id: str) -> str:
        return "data:image/jpeg;base64,"

    def picture(self, picture_id: int) -> str:
        return ""


def test_a_self_test_is_a_page_and_the_same_as_json(tmp_path: Path) -> None:
    share = Share.of(9, 10)
    full = SelfTest(
        MODEL, 3, 10, 20, 0.35, share, share, share,
        (Pair("unknown-0001", "person-0001", 0.5),), Drawn(0.41, 0.001, 20_000),
        (Pair("person-0001", "person-0002", 0.36),), (Risky(4, "person-0001", 0.2, "person-0002", 0.3),),
        (Useless(5, "person-0001", "near copy", 4), Useless(6, "person-0001", "never the nearest")),
        (("person-0003", 1),), (Doubt(7, "person-0001", "pictures disagree", None, "", 0.0),) * 70,
        LeftAlone(2, 60.0),
    )  # fmt: skip
    none = Share.of(0, 0)
    bare = SelfTest(MODEL, 1, 1, 1, 0.3, none, none, none, (), None, (), (), (), (), (), LeftAlone())

    page, figures = write_selftest(tmp_path, [full, bare], {"person-0001": EVIL}, NoFaces(), NOON)

    text = page.read_text(encoding="utf-8")
    tags = Tags(text)
    assert "script" not in tags.tags and tags.tags.count("section") == 2 and not re.findall(r"https?://", text)
    assert "near copy of 4" in text and "and 10 more" in text and "0.500" in text and "–" in text
    told = json.loads(figures.read_text(encoding="utf-8"))
    assert told["models"][0]["highest_stranger"] == 0.5 and told["models"][1]["highest_stranger"] is None
    assert told["models"][0]["sparse"] == [{"person_id": "person-0003", "pictures": 1}]
    left = [(one["left_alone"], one["left_alone_until"]) for one in told["models"]]
    assert left == [(2, "2024-05-01T12:01:00+00:00"), (0, None)]
    assert text.count("too young to be doubted") == 1 and "2 pictures too young" in text
    assert len(told["models"][0]["doubts"]) == 70 and told["models"][0]["rank1"]["count"] == 10


def test_in_place_of_a_picture_that_is_lost_the_next_best_is_shown(tmp_path: Path) -> None:
    with Database.open_file(tmp_path / "mien.sqlite3") as database:
        people, media = SqlPeople(database), FolderMedia(tmp_path / "media", database.vault)
        crops = [media.save(np.full((112, 112, 3), grey, np.uint8)) for grey in (60, 200)]
        rows = [replace(kept(axis(n), crop=crop), quality=0.9 - n / 10) for n, crop in enumerate(crops)]
        ann = people.add_person("Ann", rows, NOON)
        media.delete(crops[0])
        album = Album(people, media)
        faces = AlbumFaces(album, people)

        assert faces.person(ann.person_id) == faces.picture(2) != "" and faces.picture(1) == ""

        assert [one.picture_id for one in faces.lost] == [1]
        write_sheet(tmp_path / "sheet", [album.person(ann)], NOON, prints=True)
        assert faces.picture(2) in (tmp_path / "sheet" / "index.html").read_text(encoding="utf-8")


def test_strangers_are_not_shown_where_they_are_to_be_hidden(tmp_path: Path) -> None:
    with Database.open_file(tmp_path / "mien.sqlite3") as database:
        people, media = SqlPeople(database), FolderMedia(tmp_path / "media", database.vault)
        crops = [media.save(np.full((112, 112, 3), grey, np.uint8)) for grey in (60, 200)]
        ann = people.add_person("Ann", [kept(axis(0), crop=crops[0])], NOON)
        stranger = people.add_stranger([kept(axis(1), crop=crops[1])], NOON)
        album = Album(people, media)

        shown, hidden = AlbumFaces(album, people), AlbumFaces(album, people, hides_strangers=True)

        assert shown.person(stranger.person_id) and shown.picture(2)
        assert hidden.person(stranger.person_id) == hidden.picture(2) == ""
        assert hidden.person(ann.person_id) == shown.person(ann.person_id) != ""
        assert hidden.picture(1)
