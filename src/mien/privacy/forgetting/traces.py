"""What is said where something of a person is left in a home: what it is, where, and what to do about it."""

from mien.domain.errors import StoreError
from mien.privacy.forgetting.leaving import Leaving
from mien.privacy.forgetting.verification import Found

_WORDS = {
    "name": "the name",
    "id": "the id",
    "uid": "the id that goes with them to other homes",
    "template": "a template",
    "sealed": "what was kept encrypted",
    "picture": "the name of a stored picture",
    "unread": "cannot be read",
    "sealed archive": "an archive sealed with a passphrase, which may hold anybody",
    "unnamed": "pictures that nothing names",
}


class TracesLeft(StoreError):
    """A person was removed, and something of them is left that could not be."""


def traces_left(leaving: Leaving, found: tuple[Found, ...], database: str, *, is_scrubbed: bool) -> TracesLeft:
    """What was found where, and what to do about it.

    ``database`` is what its file is called; it ``is_scrubbed`` unless others kept that from being done.
    """
    places = "; ".join(f"{one.file}: {_WORDS.get(one.trace, one.trace)}, {one.count}×" for one in found)
    advice = ", ".join(dict.fromkeys(_advice(one, database, is_scrubbed) for one in found))
    who, first = " and ".join(one.person_id for one in leaving.records), leaving.person_id
    are = "is" if len(leaving.records) == 1 else "are"
    return TracesLeft(
        f"{who} {are} removed, and traces are left in the home: {places}; {advice}, and forget {first} again"
    )


def _advice(one: Found, database: str, is_scrubbed: bool) -> str:
    if one.trace == "sealed archive":
        return "move the archive out of the home, or remove it"
    if one.file == database or one.file.startswith((f"{database},", f"{database}-")):
        return (
            "end what else works in this home, for it may have written that anew"
            if is_scrubbed
            else "other processes keep the database open: end them"
        )
    return "edit or remove what you put there yourself"
