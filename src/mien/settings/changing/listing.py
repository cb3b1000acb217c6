"""All settings one by one: what each says and what is in force, what it would be by default, and who says it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from mien.domain.errors import SettingsError
from mien.inference.catalog import load_catalog
from mien.service.configuration.desk import Setting
from mien.settings.changing.ground import LISTENING, Ground
from mien.settings.changing.texts import shown
from mien.settings.descriptions import described
from mien.settings.loading import load_settings
from mien.settings.models import SECTIONS, brought
from mien.settings.origins import Origins
from mien.settings.places import is_section, key_of, leaves
from mien.settings.tree import CameraSettings, Settings
from mien.settings.yaml_file import Place

DEFAULT = "default"
"""Who says what nobody says."""

MEASURED = "calibration"
"""Who says what was measured in the home."""

Faults = tuple[tuple[str, str], ...]
_OF_A_CAMERA = 3  # steps to what a camera alone has; behind more is what it shares with the whole


def listed(ground: Ground) -> tuple[tuple[Setting, ...], Faults]:
    """Every setting, cameras last, and what is wrong with the file: where anything is, what is in force is told."""
    in_force = _values(ground.in_force)
    problems: Faults = ()
    try:
        written = load_settings(ground.path, ground.redactor)
        origins = Origins.read(ground.path)
    except SettingsError as error:
        written, problems = ground.in_force, error.faults or (("", ground.redactor.redact(str(error))),)
        origins = replace(_readable(ground), written={})
    said = {place: value for place, value in _values(written).items() if not ground.settled_by(place)}
    said |= {place: value for place, value in in_force.items() if ground.settled_by(place)}
    by_models = _by_models(written, origins)
    by_home = {place: (value, MEASURED) for place, value in ground.measured().items()}
    in_force |= {place: one[0] for place, one in by_home.items() if place[-1] not in ground.in_force.written_matching}
    if written.recognition == ground.in_force.recognition:
        by_models |= by_home
        said |= {place: one[0] for place, one in by_home.items() if not origins.of(place)}
    table = _Table(ground, origins, said, in_force, _values(Settings()), by_models)
    return tuple(table.setting(place) for place in table.places()), problems


def _readable(ground: Ground) -> Origins:
    try:
        return Origins.read(ground.path)
    except SettingsError:
        return Origins()


def _values(settings: Settings) -> dict[Place, Any]:
    """Every single value by its place, in the order of the tree."""
    return {place: value for place, value in leaves(settings.model_dump(mode="json")) if not is_section(place)}


def _by_models(settings: Settings, origins: Origins) -> dict[Place, tuple[Any, str]]:
    """What the models that somebody chose bring with them, and which of them does."""
    chosen = {one: getattr(settings, one).model for one in SECTIONS if origins.of((one, "model"))}
    found = brought(chosen, load_catalog(home=settings.home))
    return {place: (value, f"model {name}") for place, (value, name) in found.items()}


@dataclass(frozen=True, slots=True)
class _Table:
    """What settings say now, what is in force, and what holds where nobody says anything.

    ``others`` are those who say something then, models and what was measured, and ``usual`` is what the program says.
    """

    ground: Ground
    origins: Origins
    said: Mapping[Place, Any]
    in_force: Mapping[Place, Any]
    usual: Mapping[Place, Any]
    others: Mapping[Place, tuple[Any, str]]

    def places(self) -> Iterator[Place]:
        """In the order of the tree; of a camera's sections what it says, or goes by, of its own."""
        yield from self.usual
        for name in dict.fromkeys(place[1] for place in (*self.said, *self.in_force) if place[0] == "cameras"):
            own = [place for place in (*self.said, *self.in_force) if place[:2] == ("cameras", name)]
            yield from (place for place in dict.fromkeys(own) if len(place) == _OF_A_CAMERA or self._is_own(place))

    def _is_own(self, place: Place) -> bool:
        is_removed = self.in_force.get(place, self.in_force[place[2:]]) != self.in_force[place[2:]]
        return bool(self.origins.of(place)) or (is_removed and self.said.get(place) != self.in_force.get(place))

    def setting(self, place: Place) -> Setting:
        """One of them."""
        redactor, option = self.ground.redactor, self.ground.settled_by(place)
        value, in_force = self.said.get(place), self.in_force.get(place)
        as_written = self.origins.written.get(place) if not option and place not in self.origins.variables else None
        default, by = self._default(place)
        return Setting(
            key_of(place),
            place,
            shown(as_written if isinstance(as_written, str) and isinstance(value, str) else value, redactor),
            shown(in_force, redactor),
            shown(default, redactor),
            option or self.origins.of(place) or by,
            self.ground.why_fixed(place, self.origins),
            "start" if option or place in LISTENING or place in self.origins.variables else "restart",
            value != in_force,
            described(place),
        )

    def _default(self, place: Place) -> tuple[Any, str]:
        """What would be in force if nobody said it, and who says so then."""
        if place[0] != "cameras":
            return self.others.get(place) or (self.usual[place], DEFAULT)
        if len(place) > _OF_A_CAMERA:
            return self.said[place[2:]], DEFAULT
        return None if place[2] == "source" else getattr(CameraSettings(source=""), place[2]), DEFAULT
