"""Text as it is written: from outside made fit to be written anywhere, and numbers with what they count."""

import re

_UNWRITABLE = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


def writable(text: str) -> str:
    """A text in which U+FFFD stands for control characters and for bytes that were no UTF-8.

    A file's name may hold any byte: Python keeps those that are no text as lone surrogates, which no file and no
    database takes, and a line feed would make two lines of one.
    """
    return _UNWRITABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def counted(count: int, what: str, several: str = "") -> str:
    """How many there are of what, in words: ``1 picture``, ``0 pictures``; ``several`` where an s is not enough."""
    return f"{count} {what if count == 1 else several or what + 's'}"
