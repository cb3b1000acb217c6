"""What may be set about the web service: where it listens, how much it takes, and who gets in how."""

from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator

SignUpMode = Literal["off", "invitation", "open"]
"""Who may sign up: nobody, whom an admin has invited, or everybody who reaches the service."""


def _spelt(value: Any) -> Any:
    """YAML reads a bare ``off`` as a truth value."""
    return "off" if value is False else value


def _network(value: str) -> str:
    try:
        ip_network(value)
    except ValueError:
        raise ValueError("is no address and no network, such as 10.0.0.2 or 10.0.0.0/24") from None
    return value


@dataclass(frozen=True, slots=True)
class ServiceSettings:
    """``host`` and ``port`` are where it listens: as it is, this machine alone reaches it.

    ``upload_mb`` bounds the pictures of a request; ``requests_per_minute`` those of one caller, ``logins_per_minute``
    attempts to get in from one address. ``tls_certificate`` and ``tls_key`` are PEM files: with both it speaks https.
    What a proxy says of whom it asks for is believed of ``trusted_proxies``, which are addresses or networks. A browser
    stays logged in for ``session_hours``, and gets at most ``previews_per_s`` pictures of each camera a second. With
    ``face_login`` people whose accounts allow it get in by their faces; ``sign_up`` says who may make an account before
    a camera, and ``consent_text`` what they agree to (empty: mien's own text).
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
    previews_per_s: float = 10.0
    face_login: bool = True
    sign_up: Annotated[SignUpMode, BeforeValidator(_spelt)] = "invitation"
    consent_text: str = ""

    def __post_init__(self) -> None:
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise ValueError("tls_certificate and tls_key go together")
