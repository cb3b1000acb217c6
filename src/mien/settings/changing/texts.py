"""Texts of the settings as somebody at a distance sees and types them: secrets are hidden, and kept all the same."""

import unicodedata
from typing import Any
from urllib.parse import urlsplit

from mien.settings.yaml_file import VARIABLE
from mien.telemetry.logs import MASK, Redactor, masked_address, unmasked

_ADDRESS = "://"


def shown(value: Any, redactor: Redactor) -> Any:
    """A plain value without the secrets in its texts."""
    if isinstance(value, list | tuple):
        return [shown(one, redactor) for one in value]
    return redactor.redact(masked_address(value)[0]) if isinstance(value, str) else value


def kept(typed: str, written: str, redactor: Redactor) -> str:
    """What is to be written where somebody typed this over what they were shown of ``written``.

    What `MASK` hides and what ``${NAME}`` stands for goes on to the same host alone: whoever may change an address
    shall not have a password, or a variable of the environment, sent elsewhere. Raises ValueError, which says so.
    """
    if any(unicodedata.category(one) in ("Cc", "Cs") and one not in "\n\t" for one in typed):
        raise ValueError("holds characters that nobody can see")
    seen = shown(written, redactor)
    if typed == seen:
        return written
    is_same_place = _ADDRESS in written and _place(typed) == _place(seen)
    if MASK in typed and (MASK in seen or _ADDRESS in typed):
        hidden = masked_address(written)[1]
        if not is_same_place or typed.count(MASK) != len(hidden):
            raise ValueError(f"{MASK} is kept for the same user and host alone: type the whole address")
        typed = unmasked(typed, hidden)
    names = {*VARIABLE.findall(typed)}
    if names and not (is_same_place and names <= {*VARIABLE.findall(written)}):
        raise ValueError("variables of the environment are put into the settings file on its machine, not from here")
    return typed


def _place(address: str) -> tuple[str, str] | None:
    """Scheme, user and host of an address as it is shown."""
    try:
        return urlsplit(address)[:2]
    except ValueError:
        return None
