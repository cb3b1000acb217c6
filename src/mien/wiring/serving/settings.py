"""The area of settings, over the file that they are from, and how a service begins anew."""

from collections.abc import Callable, Mapping, MutableMapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_urlsafe
from threading import Lock
from typing import Any

from mien.domain.errors import SettingsError, SettingsFixed
from mien.privacy.audit.trail import AuditTrail
from mien.service.area import Area
from mien.service.configuration.desk import Settled
from mien.service.configuration.routes import build
from mien.service.frame.server import check_tls
from mien.service.imports.job import Job
from mien.settings.changing.editing import SettingsFile
from mien.settings.changing.ground import Ground
from mien.settings.changing.listing import listed
from mien.settings.changing.schema import schema_of_settings
from mien.settings.loading import load_settings
from mien.settings.tree import Settings
from mien.settings.yaml_file import Place
from mien.telemetry.logs import Redactor
from mien.wiring.people import matching_in_force
from mien.wiring.serving.live import Live

_TOKEN_BYTES = 16


@dataclass(frozen=True, slots=True)
class Beginning:
    """How a service has begun: with which file (see `load_settings`), and with what the command line ``settled``.

    ``begun`` counts how often it has before, ``refused`` says why it did not take new settings this time, and ``again``
    has it begin anew; without, it cannot. The ``setup_token`` stays the same, and the ``imports`` that were ended by
    beginning anew are told of after.
    """

    path: Path | None = None
    settled: Mapping[Place, str] = field(default_factory=dict)
    redactor: Redactor = field(default_factory=Redactor)
    begun: int = 0
    refused: str = ""
    again: Callable[[], None] | None = None
    setup_token: str = field(default_factory=lambda: token_urlsafe(_TOKEN_BYTES))
    imports: MutableMapping[str, Job] = field(default_factory=dict)


def build_settings(settings: Settings, live: Live, trail: AuditTrail, beginning: Beginning) -> Area:
    """The routes over the settings that a service goes by."""

    def measured() -> Mapping[Place, float]:
        if (assembly := live.models.assembly) is None:
            return {}
        matching, said_by = matching_in_force(settings, live.stores, assembly.tasks.recogniser.model)
        return {("matching", name): getattr(matching, name) for name, one in said_by.items() if one == "calibration"}

    ground = Ground(settings, beginning.path, beginning.settled, beginning.redactor, measured)
    return build(_Desk(SettingsFile(ground), beginning, trail))


@dataclass(frozen=True, slots=True)
class _Desk:
    file: SettingsFile
    beginning: Beginning
    trail: AuditTrail
    _lock: Lock = field(default_factory=Lock)

    def settled(self) -> Settled:
        revision = self.file.revision()
        items, problems = listed(self.file.ground)
        beginning = self.beginning
        return Settled(items, self.file.path.name, revision, beginning.begun, problems, beginning.refused)

    def schema(self) -> Mapping[str, Any]:
        return schema_of_settings(self.file.ground.in_force.home)

    def change(self, changes: Mapping[str, Any], check: Callable[[str], None]) -> Settled:
        with self._lock:
            check(self.file.revision())
            self.file.change(changes, self._recording)
        return self.settled()

    def restart(self) -> int:
        again, ground = self.beginning.again, self.file.ground
        if again is None:
            raise SettingsFixed("this mien was not started in a way that lets it begin anew from here")
        try:
            settings = load_settings(ground.path, ground.redactor)
        except SettingsError as error:
            told = f"mien could not start with what {self.file.path.name} says"
            raise SettingsError(told, error.faults or (("", str(error)),)) from error
        check_tls(settings.service)
        self.trail.append("service.restarted")
        again()
        return self.beginning.begun

    def _recording(self, keys: tuple[str, ...]) -> AbstractContextManager[None]:
        return self.trail.telling("settings.changed", (), {"settings": keys})
