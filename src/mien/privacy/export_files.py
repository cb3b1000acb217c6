"""What is handed to a person, as tables, texts and pictures of a zip file, which is written as it goes."""

import csv
import io
import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from datetime import datetime
from typing import Any

from mien.domain.events import ExpressionShifted, PersonSeen
from mien.domain.people.consent import Consent
from mien.domain.people.people import Picture
from mien.domain.people.sightings import Sighting
from mien.domain.people.timelines import Rollup
from mien.domain.readings import FaceReading

Rows = list[dict[str, Any]]

_README = """\
What mien keeps of one person, and nothing of anybody else.

profile.json    who it is: name, id, since when; accounts of the web app; how many templates there are of the face, of
                the pictures and of what was seen of it by cameras, and of which models
consents.csv    what was consented to, by which text, since when, until when, and what proves it; and the text itself,
                where that is kept
pictures.csv    the pictures of the face that are kept, and where they are from
pictures/       these pictures, as PNG
sightings.csv   when the person was in view of which camera
readings.csv    what was read of the face in single frames: where it was, its apparent expression, its quality
rollups.csv     the expressions of readings added up by minute, hour and day
events.csv      what was told of the person: that they came into view, that the apparent expression shifted
journal.csv     what was done to the person's record
data.json       all of these tables in one file, for programs

Times are UTC (ISO 8601). In the tables a text that begins with = + - @, a tab or a line break has an apostrophe in
front of it, because a spreadsheet would take it for a formula; data.json has it as it is. Templates are the numbers by
which a face is recognised; they are left out, because whoever has them could look for the face elsewhere.
"""
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def _names(kind: Any) -> tuple[str, ...]:
    """The fields of a dataclass."""
    return tuple(field.name for field in fields(kind))


_NOT_OF_READINGS = ("emotion_labels", "is_ignored")  # the first are told by name, the other one is not kept
COLUMNS = {
    "consents": _names(Consent),
    "pictures": _names(Picture),
    "sightings": _names(Sighting),
    "readings": ("at", "camera", "frame", *(name for name in _names(FaceReading) if name not in _NOT_OF_READINGS)),
    "rollups": tuple(name for name in _names(Rollup) if name != "labels"),
    "events": ("kind", *dict.fromkeys((*_names(PersonSeen), *_names(ExpressionShifted)))),
    "journal": ("change", "what", "at", "undone_at"),
}
"""Those of each table, which has them without a row too; a kind of event fills those that it has."""


def texts(profile: Mapping[str, Any], tables: Mapping[str, Rows]) -> Iterator[tuple[str, str]]:
    """The files of an export but for the pictures, by their names."""
    yield "README.txt", _README
    yield "profile.json", _json(profile)
    yield "data.json", _json({"profile": profile, **tables})
    for name, rows in tables.items():
        yield f"{name}.csv", _csv(rows, COLUMNS[name])


def zipped(files: Iterable[tuple[str, str | bytes]]) -> Iterator[bytes]:
    """A zip file of files, by their names, piece by piece: of them no more than one is there at once."""
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            archive.writestr(name, content)
            yield sink.taken()
    yield sink.taken()


class _Sink(io.RawIOBase):
    """Holds what is written until it is taken."""

    def __init__(self) -> None:
        super().__init__()
        self._held = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, content: Any) -> int:
        self._held += content
        return len(content)

    def taken(self) -> bytes:
        """What was written since it was asked the last time."""
        held, self._held = bytes(self._held), bytearray()
        return held


def plain(row: dict[str, Any]) -> dict[str, Any]:
    """Values as JSON has them."""
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in row.items()}


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def _csv(rows: Iterable[Mapping[str, Any]], columns: tuple[str, ...]) -> str:
    """A table of some columns, harmless to spreadsheets; what a row has none of is empty."""
    table = io.StringIO()
    writer = csv.DictWriter(table, columns, extrasaction="ignore")
    writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
    return table.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, dict | list | tuple):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS):
        return f"'{value}"
    return "" if value is None else value
