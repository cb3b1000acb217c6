"""Names of people as they may be kept."""

import re
import unicodedata

from mien.domain.errors import GalleryError

LONGEST_NAME = 200
_ID = re.compile(r"(person|unknown)-[0-9]{4,}", re.I)


def tidy_name(name: str) -> str:
    """A name in Unicode's composed form (NFC), with every run of spaces and control characters as one space.

    Nothing else is forbidden: a name is a value in a database and never becomes part of a path. Raises GalleryError
    where it is empty or longer than 200 characters.
    """
    composed = unicodedata.normalize("NFC", name)
    plain = "".join(" " if unicodedata.category(sign) in {"Cc", "Cs", "Zl", "Zp"} else sign for sign in composed)
    tidied = re.sub(r"\s+", " ", plain).strip()
    if not tidied:
        raise GalleryError("a person's name must not be empty")
    if len(tidied) > LONGEST_NAME:
        raise GalleryError(
            f"a person's name may have {LONGEST_NAME} characters, but {tidied[:20]!r}… has {len(tidied)}"
        )
    return tidied


def name_to_enrol(name: str) -> str:
    """A tidy name that no id can be taken for; raises GalleryError where it looks like one (``unknown-0007``)."""
    tidied = tidy_name(name)
    if _ID.fullmatch(tidied):
        raise GalleryError(f"{tidied!r} has the form of an id, which mien gives itself: choose another name")
    return tidied
