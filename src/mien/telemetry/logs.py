"""Logging: to stderr, at the level that was asked for, and without passwords."""

import logging
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TextIO
from urllib.parse import quote, unquote

LEVELS: Mapping[str, int] = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}
MASK = "***"
_MIN_SECRET_CHARACTERS = 3  # masking every "a" of a text would hide the text, not the secret
_SUSPECT = r"[a-z0-9.-]*(?:pass(?:word|wd|wort|phrase)?|pas|pwd|psw|pw|token|secret|auth|key|sig(?:nature)?)"
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://[^\s\"'<>]*", re.I)
# People write passwords with @ and / unescaped: where a colon follows the name, the password reaches to the last @ of
# the address. That hides too much of http://host:80/a@b, which is the better mistake.
_USERINFO = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*://)(?P<login>[^/:@]*:.*|[^/]*)@", re.I | re.S)
# Cameras take passwords in a query and in a path (/user=admin_password=…_channel=1): up to the next of their values.
_PARAMETER = re.compile(rf"(?P<key>[?&;/_#]{_SUSPECT}=)(?P<value>.*?)(?=&|[?;/_#][a-z][a-z0-9]*=|$)", re.I | re.S)
_QUERY_SECRET = re.compile(rf"(?P<key>[?&;]{_SUSPECT}=)[^&;\s\"'<>]+", re.I)


def without_secrets(text: str) -> str:
    """A text in which every URL has lost its user name and password, and its query the values that look like one.

    A URL ends at a space, a quote or a bracket: where a whole text is one, `address_without_secrets` sees more.
    """
    return _QUERY_SECRET.sub(rf"\g<key>{MASK}", _ADDRESS.sub(lambda found: address_without_secrets(found[0]), text))


def address_without_secrets(address: str) -> str:
    """One URL without its user name and password and without the values, of query or path, that look like a secret."""
    return masked_address(address)[0]


def masked_address(address: str) -> tuple[str, tuple[str, ...]]:
    """What `address_without_secrets` makes of a URL, and what each `MASK` in it stands for, in their order.

    Nothing is said to be hidden where the one cannot be made of the other again.
    """
    hidden: list[str] = []

    def login(found: re.Match[str]) -> str:
        hidden.append(found["login"])
        return f"{found['scheme']}{MASK}@"

    def parameter(found: re.Match[str]) -> str:
        hidden.append(found["value"])
        return f"{found['key']}{MASK}"

    masked = _PARAMETER.sub(parameter, _USERINFO.sub(login, address))
    return masked, tuple(hidden) if unmasked(masked, hidden) == address else ()


def unmasked(masked: str, hidden: Sequence[str]) -> str:
    """A text with what its masks hide in their places; there are as many of both, or it stays as it is."""
    parts = masked.split(MASK)
    if len(parts) != len(hidden) + 1:
        return masked
    return "".join(text for pair in zip(parts, (*hidden, ""), strict=True) for text in pair)


def address_secrets(address: str) -> tuple[str, ...]:
    """The secrets of one URL, as they stand there and decoded: what an error that quotes a part of it must not say."""
    found = [parameter["value"] for parameter in _PARAMETER.finditer(address)]
    for userinfo in _USERINFO.finditer(address):
        name, _, password = userinfo["login"].partition(":")
        found.append(password or name)
    return tuple(dict.fromkeys(form for secret in found if secret for form in (secret, unquote(secret))))


class Redactor:
    """Takes secrets out of texts: what `without_secrets` finds, and every value that was registered."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets: tuple[str, ...] = ()
        self.register(secrets)

    def register(self, secrets: Iterable[str]) -> None:
        """Take these values out too from now on, as they are and as they stand in a URL."""
        known = {*self._secrets}
        for secret in secrets:
            if len(secret) >= _MIN_SECRET_CHARACTERS:
                known |= {secret, quote(secret, safe="")}
        self._secrets = tuple(sorted(known, key=len, reverse=True))  # one secret may be a part of another

    def redact(self, text: str) -> str:
        """The text without secrets."""
        for secret in self._secrets:
            text = text.replace(secret, MASK)
        return without_secrets(text)

    def redacted(self, value: Any) -> Any:
        """Plain values (texts, numbers, lists, mappings) with every text in them redacted."""
        if isinstance(value, str):
            return self.redact(value)
        if isinstance(value, Mapping):
            return {key: self.redacted(one) for key, one in value.items()}
        return [self.redacted(one) for one in value] if isinstance(value, list | tuple) else value


class _RedactingFormatter(logging.Formatter):
    """Redacts the finished line, so that arguments and tracebacks are covered as well as messages."""

    def __init__(self, redactor: Redactor) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s", "%H:%M:%S")
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        return self._redactor.redact(super().format(record))


class _StderrLines(logging.StreamHandler[TextIO]):
    """Writes to what sys.stderr is at that moment: a live view puts itself in its place to print above the table."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)  # StreamHandler would keep the stream of now

    @property
    def stream(self) -> TextIO:  # type: ignore[override]
        return sys.stderr


def set_up_logs(level: int, redactor: Redactor) -> None:
    """Send every log line of mien at ``level``, and of libraries at WARNING or above, redacted to stderr."""
    handler = _StderrLines()
    handler.setFormatter(_RedactingFormatter(redactor))
    logging.basicConfig(level=max(level, logging.WARNING), handlers=[handler], force=True)
    logging.captureWarnings(True)
    logging.getLogger("mien").setLevel(level)
