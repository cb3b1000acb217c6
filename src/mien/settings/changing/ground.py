"""What the settings of a running service rest on, and what of them nobody changes from a distance."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from mien.settings.origins import Origins
from mien.settings.tree import Settings
from mien.settings.yaml_file import Place
from mien.sources.opening import names_file
from mien.telemetry.logs import Redactor

_FILES = "where files and keys lie is settled on the machine that mien runs on"
_DOOR = "where mien listens, and with which certificate, is settled on the machine that it runs on"
_PROXIES = "which proxies are believed is settled on the machine that mien runs on"
FIXED: Mapping[Place, str] = MappingProxyType(
    {
        ("home",): _FILES,
        ("cache",): _FILES,
        ("models_mirror",): _FILES,
        ("encryption",): _FILES,
        ("service", "host"): _DOOR,
        ("service", "port"): _DOOR,
        ("service", "tls_certificate"): _DOOR,
        ("service", "tls_key"): _DOOR,
        ("service", "trusted_proxies"): _PROXIES,
    }
)
"""What an account of the web app is not enough for: it would read files, let go of a key, or lock everybody out."""

NO_FILES = (
    "files are named in the settings file, on the machine that mien runs on, such as cameras: {hall: {source: "
    "/videos/hall.mp4}} in mien.yaml in its home; from here a camera is an address, such as "
    "rtsp://192.168.1.20/live, the number of a webcam, or a depth camera, such as kinect:0"
)
"""Why no file becomes a camera from a distance: whoever looks on would see whatever pictures the machine holds."""

LISTENING: frozenset[Place] = frozenset({("service", "host"), ("service", "port")})
"""What a service keeps when it begins anew, so that whoever looks at it finds it again."""


def is_source(place: Place) -> bool:
    """Whether it is said there where the pictures of a camera come from."""
    return len(place) == 3 and (place[0], place[2]) == ("cameras", "source")


def is_named_file(value: object) -> bool:
    """Whether a value names a file of this machine, as a source; what is no text, nor number, is judged elsewhere."""
    return isinstance(value, str | int) and not isinstance(value, bool) and names_file(str(value))


@dataclass(frozen=True, slots=True)
class Ground:
    """The file (see `load_settings`), what the service goes by, and what the command line ``settled``, by which option.

    What is settled holds for all below it, and goes before file and environment. ``measured`` tells what was measured
    in the home for the models in force, which holds where nobody says something else.
    """

    in_force: Settings
    path: Path | None = None
    settled: Mapping[Place, str] = field(default_factory=dict)
    redactor: Redactor = field(default_factory=Redactor)
    measured: Callable[[], Mapping[Place, float]] = dict

    def settled_by(self, place: Place) -> str:
        """The option that says what stands at a place, or empty."""
        return next((self.settled[place[:end]] for end in range(1, len(place) + 1) if place[:end] in self.settled), "")

    def why_fixed(self, place: Place, origins: Origins) -> str:
        """Why a setting is not to be changed from a distance, or empty; a camera is where anything of it is."""
        if option := self.settled_by(place):
            return f"{option} says it, in the command that mien was started with"
        said = [at for at in origins.variables if at[: len(place)] == place]
        if said:
            return f"the variable {origins.variables[max(said, key=len)]} of the environment says it"
        return next((FIXED[place[:end]] for end in range(1, len(place) + 1) if place[:end] in FIXED), "")
