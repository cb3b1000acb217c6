"""Pictures as they lie in a folder that is sent: whose each is says its path, which is never one on this machine."""

import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import unquote

from mien.domain.errors import EnrolmentRefused
from mien.gallery.names import name_to_enrol
from mien.service.uploads import too_large
from mien.sources.images import SentPicture
from mien.telemetry.text import writable

_LONGEST_PATH = 1000
_LONGEST_TOLD = 200
_DRIVE = re.compile(r"[A-Za-z]:")
# browsers write these three so in the names of files, and nothing else
_ESCAPED = re.compile("%22|%0A|%0D")
_EXPECTED = "expected one like Ada Lovelace/1.jpg"


@dataclass(frozen=True, slots=True)
class PersonsPicture:
    """A picture with the name of the person whose folder it lies in, and its path, fit to be told."""

    person: str
    path: str
    picture: SentPicture


def told_path(filename: str, place: int) -> str:
    """The name of a file of a form, at a place counted from 1, fit to be told."""
    return writable(_unescaped(filename)[-_LONGEST_TOLD:]) or f"picture {place}"


def persons_picture(filename: str, content: bytes, place: int) -> PersonsPicture:
    """The picture of a file of a form; raises GalleryError with the reason where it is nobody's or too large."""
    path = _unescaped(filename)
    person = name_to_enrol(_person(path))
    if reason := too_large(content):
        raise EnrolmentRefused(reason)
    name = writable(path.rpartition("/")[2])[-_LONGEST_TOLD:]
    return PersonsPicture(person, told_path(filename, place), SentPicture(name, content))


def _unescaped(filename: str) -> str:
    return _ESCAPED.sub(lambda found: unquote(found[0]), filename)


def _person(path: str) -> str:
    """The folder that a path begins with; raises EnrolmentRefused where it is none below a folder of people."""
    if len(path) > _LONGEST_PATH:
        raise EnrolmentRefused(f"its path has {len(path)} characters, at most {_LONGEST_PATH} are allowed")
    if any(unicodedata.category(sign) in ("Cc", "Cs") for sign in path):
        raise EnrolmentRefused("there are control characters in its path")
    if "\\" in path:
        raise EnrolmentRefused(f"there is a backslash in its path: {_EXPECTED}")
    if path.startswith("/") or _DRIVE.match(path):
        raise EnrolmentRefused(f"its path begins outside of the folder: {_EXPECTED}")
    parts = path.split("/")
    if len(parts) == 1:
        raise EnrolmentRefused("it lies in no person's folder")
    if ".." in parts:
        raise EnrolmentRefused(f"its path leads out of the folder: {_EXPECTED}")
    if "" in parts or "." in parts:
        raise EnrolmentRefused(f"there is an empty part in its path: {_EXPECTED}")
    if any(part.startswith(".") for part in parts):
        raise EnrolmentRefused("it is hidden")
    return parts[0]
