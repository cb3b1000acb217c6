"""The contact sheet: a page with everybody, a page of each person, and prints."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from mien.domain.people.people import Person
from mien.gallery.exchange.album import AlbumPerson
from mien.results.album.page import picture_uri, private_folder, write_page
from mien.results.album.prints import Face, Prints

INDEX = "index.html"


@dataclass(frozen=True, slots=True)
class _Listed:
    """Somebody on the page of everybody."""

    person_id: str
    title: str
    pictures: int
    uri: str


def in_the_way(folder: Path, people: Iterable[Person], *, prints: bool = False) -> Path | None:
    """The first file of a folder in whose place a sheet of some people would put one of its own, or none."""
    pages = (folder / INDEX, *(folder / _page(one) for one in people))
    return next(filter(Path.exists, (*pages, *(sorted(folder.glob("sheet-*.png")) if prints else ()))), None)


def write_sheet(folder: Path, people: Iterable[AlbumPerson], at: datetime, *, prints: bool = False) -> tuple[Path, ...]:
    """Write ``index.html``, a page of each person named by the id, and ``sheet-N.png`` for printing; what was written.

    The prints show everybody's best picture, or all pictures of somebody who is alone on the sheet; where none is kept
    a word says so. Raises ResultError.
    """
    private_folder(folder)
    listed: list[_Listed] = []
    written: list[Path] = []
    faces: list[Face] = []
    for one in people:
        written.append(_write_person(folder, one))
        best = one.best
        uri = picture_uri(best.image) if best else ""
        listed.append(_Listed(one.person.person_id, one.title, len(one.pictures), uri))
        if prints:
            faces.append(Face(best.image if best else None, one.title, one.person.person_id))
        alone = one
    write_page(folder / INDEX, "sheet.html.j2", people=listed, at=at)
    if prints:
        every = faces if len(listed) != 1 else list(_all_of(alone))
        written += Prints().write(folder, every)
    return (folder / INDEX, *written)


def _page(person: Person) -> str:
    return f"{person.person_id}.html"


def _write_person(folder: Path, one: AlbumPerson) -> Path:
    path = folder / _page(one.person)
    pictures = [{"picture": shown.picture, "uri": picture_uri(shown.image)} for shown in one.pictures]
    write_page(path, "person.html.j2", person=one.person, title=one.title, pictures=pictures)
    return path


def _all_of(one: AlbumPerson) -> Iterator[Face]:
    for shown in one.pictures:
        yield Face(shown.image, one.title, f"{shown.picture.picture_id}, {shown.picture.quality:.2f}")
