"""What the rest says, as it is said in a browser or a window: without the commands that it names for a terminal."""

import re

_COMMAND = re.compile(r"(?:[:;,](?: and| or)?| and) (?:mien [a-z]+ [a-z]|--[a-z]).*$", re.DOTALL)


def spoken(text: str) -> str:
    """A sentence without advice that only a terminal is of use for, which stands at its end."""
    return _COMMAND.sub("", text)
