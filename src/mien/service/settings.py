"""What may be set about the web service: where it listens, how much it takes, and who gets in how."""

from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator

SignUpMode = Literal["off", "invitation", "open"]
"""Who may sign up: nobody, whom an admin has invited, or everybody who reaches the service."""


_USUAL_PORTS = {"http": 80, "https": 443}


def _spelt(value: Any) -> Any:
    """YAML reads a bare ``off`` as a truth value."""
    return "off" if value is False else value


def _network(value: str) -> str:
    try:
        ip_network(value)
    except ValueError:
        raise ValueError("is no address and no network, such as 10.0.0.2 or 10.0.0.0/24") from None
    return value


def _origin(value: str) -> str:
    """As browsers spell it, for it is compared as it is."""
    try:
        told = urlsplit(value)
        host, port = told.hostname or "", told.port
    except ValueError:
        host, port = "", None
    if host and told.scheme in _USUAL_PORTS and port != _USUAL_PORTS[told.scheme]:
        spelt = f"{told.scheme}://{f'[{host}]' if ':' in host else host}{f':{port}' if port is not None else ''}"
        if spelt == value and value.isascii() and "*" not in value:
            return value
    raise ValueError("is no origin as browsers spell it, such as https://wall.example or http://192.168.1.20:8080")


@dataclass(frozen=True, slots=True)
class ServiceSettings:
    """``host`` and ``port`` are where it listens: as it is, this machine alone reaches it.

    ``upload_mb`` bounds the pictures of a request; ``requests_per_minute`` those of one caller, ``logins_per_minute``
    attempts to get in from one address. ``tls_certificate`` and ``tls_key`` are PEM files: with both it speaks https.
    What a proxy says of whom it asks for is believed of ``trusted_proxies``, which are addresses or networks. Pages of
    the ``allowed_origins`` may use the API from a browser, by a key and never by a session. A browser stays logged in
    for ``session_hours``, and gets at most ``previews_per_s`` pictures of each camera a second. With ``face_login``
    people whose accounts allow it get in by their faces; ``sign_up`` says who may make an account before a camera, and
    ``consent_text`` what they agree to (empty: mien's own text).
    """

    host: str = "127.0.0.1"
    port: int = 8000
    upload_mb: int = 64
    requests_per_minute: int = 1200
    logins_per_minute: int = 20
    session_hours: float = 12.0
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    trusted_proxies: tuple[Annotated[str, AfterValidator(_network)], ...] = ()
    allowed_origins: tuple[Annotated[str, AfterValidator(_origin)], ...] = ()
    previews_per_s: float = 10.0
    face_login: bool = True
    sign_up: Annotated[SignUpMode, BeforeValidator(_spelt)] = "invitation"
    consent_text: str = ""

    def __post_init__(self) -> None:
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise ValueError("tls_certificate and tls_key go together")
