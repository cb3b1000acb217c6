"""Names of people as they may be kept, and as they are told."""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches

from mien.domain.errors import GalleryError
from mien.domain.people.people import Person

LONGEST_NAME = 200
_MEANT = 3
_LONGEST_NUMBER = 12  # digits of an id that somebody may have typed
_NEAR = 0.8  # of two words, one of which may be a slip of the pen
_ID = re.compile(r"(person|unknown)-[0-9]{4,}", re.I)
_LIKE_AN_ID = re.compile(r"(person|unknown)-([0-9]+)", re.I)
_WORD = re.compile(r"[^\W_]+")
_SPACES = {"Cc", "Cs", "Zl", "Zp"}
_NON_JOINER, _JOINER = "\u200c", "\u200d"
_VIRAMA = 9  # the canonical combining class of signs that take a consonant's vowel away


def tidy_name(name: str) -> str:
    """A name in Unicode's composed form (NFC), with every run of spaces and control characters as one space.

    Format characters, which nobody sees, are left out, except for joiners that a script needs. Nothing else is
    forbidden: a name is a value in a database and never becomes part of a path. Raises GalleryError where it is empty
    or longer than 200 characters.
    """
    composed = unicodedata.normalize("NFC", "".join(_seen(name)))
    tidied = re.sub(r"\s+", " ", composed).strip()
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


def full_name(first: str, last: str) -> str:
    """The tidy name of somebody to be enrolled who is asked for both; a last name may be blank.

    Raises GalleryError as `name_to_enrol` does, and where there is no first name.
    """
    if not first.strip():
        raise GalleryError("a first name is needed")
    return name_to_enrol(f"{first} {last}")


def called(person: Person) -> str:
    """A person by name and id, as sentences name them."""
    return f"{person.name!r} ({person.person_id})" if person.name else person.person_id


def named(person_id: str, names: Mapping[str, str]) -> str:
    """Whoever has an id, by name and id where ``names`` by ids hold one, as sentences name them."""
    return f"{names[person_id]!r} ({person_id})" if names.get(person_id) else person_id


def similar_names(name: str, there: Iterable[str]) -> tuple[str, ...]:
    """At most three of those that are there: names with all those words in them, then those spelt most alike.

    Case, accents, and what stands between words, be it a space, a hyphen or an underscore, make no difference.
    """
    spelt: dict[str, list[str]] = defaultdict(list)
    for one in there:
        spelt[_plain(one)].append(one)
    plain = _plain(name)
    worded = [one for one in spelt if {*plain.split()} <= {*one.split()}]
    alike = get_close_matches(plain, spelt, _MEANT)
    near = [one for one in spelt if get_close_matches(plain, one.split(), 1, _NEAR)]
    return tuple(one for found in dict.fromkeys((*worded, *alike, *near)) for one in spelt[found])[:_MEANT]


def is_sought(sought: str, name: str) -> bool:
    """Whether a name has in it what somebody looks for; case, accents and what is between words are nothing."""
    return _plain(sought) in _plain(name)


def meant_id(text: str) -> str:
    """The id that a text stands for, however many noughts its number has: ``unknown-7``; empty where it is none."""
    found = _LIKE_AN_ID.fullmatch(text)
    return f"{found[1].lower()}-{int(found[2]):04d}" if found and len(found[2]) < _LONGEST_NUMBER else ""


def _plain(name: str) -> str:
    """The words of a name without case and accents, a space between them; a name without words as it is."""
    bare = "".join(sign for sign in unicodedata.normalize("NFKD", name) if unicodedata.category(sign) != "Mn")
    return " ".join(_WORD.findall(bare.casefold())) or name


def _seen(name: str) -> Iterator[str]:
    for place, sign in enumerate(name):
        category = unicodedata.category(sign)
        if category in _SPACES:
            yield " "
        elif category != "Cf" or _is_needed(name, place):
            yield sign


def _is_needed(name: str, place: int) -> bool:
    """Whether the sign at a place is a joiner that changes how a word is written (UAX #31, 2.3).

    That is so after a virama, and of a non-joiner between two Arabic letters.
    """
    if name[place] not in (_NON_JOINER, _JOINER):
        return False
    before = place - 1
    while before >= 0 and unicodedata.category(name[before]).startswith("M"):
        if unicodedata.combining(name[before]) == _VIRAMA:
            return True
        before -= 1
    beside = (name[at : at + 1] for at in (before, place + 1) if at >= 0)
    is_arabic = [unicodedata.bidirectional(sign) == "AL" for sign in beside if sign]
    return name[place] == _NON_JOINER and is_arabic == [True, True]
