"""The areas of models and of how the system fares, put together."""

from collections.abc import Iterator
from dataclasses import dataclass

from mien import __version__
from mien.domain.clock import Clock
from mien.inference.home_models import HomeModels
from mien.inference.model_card import ModelCard
from mien.inference.standing.terms import is_restricted
from mien.pipeline.timings import StageTime
from mien.privacy.audit.trail import AuditTrail
from mien.privacy.purpose import Purpose
from mien.service.area import Area
from mien.service.frame.server import exposed
from mien.service.health.system import Began, DatabaseTold
from mien.service.health.system import build as system_route
from mien.service.models.routes import ModelDesk
from mien.service.models.routes import build as model_routes
from mien.settings.borrowing import borrowed
from mien.settings.standing import read_machine
from mien.settings.tree import Settings
from mien.telemetry.process import DiskSpace, disk_space
from mien.wiring.serving.live import Live
from mien.wiring.stores import Stores


def build_models(settings: Settings, trail: AuditTrail) -> Area:
    """The routes over what is known here of models, which is read anew each time."""
    home = HomeModels(settings.home)

    def accept(card: ModelCard) -> None:
        answer = home.accepted().get(card.name)
        stands = answer is not None and answer.given_by == "command" and answer.covers(card)
        if is_restricted(card) and not stands:
            with trail.telling("model.accepted", facts={"digest": card.digest}):
                home.accept(card)

    return model_routes(ModelDesk(lambda: read_machine(settings), borrowed, accept))


def build_system(settings: Settings, live: Live, clock: Clock) -> Area:
    """The route that tells how this process, its home and its cameras fare."""
    return system_route(Began.now(__version__, clock), live.hub, _Around(settings, live.stores, live), clock)


@dataclass(frozen=True, slots=True)
class _Around:
    """What the process works on: the home, the models, and what the settings say."""

    settings: Settings
    stores: Stores
    live: Live

    def database(self) -> DatabaseTold:
        state = self.stores.database.state()
        return DatabaseTold(kind=state.kind, bytes=self.stores.home.database_bytes, schema_revision=state.schema)

    def disk(self) -> DiskSpace | None:
        return disk_space(self.stores.home.folder)

    def timings(self) -> tuple[StageTime, ...]:
        assembly = self.live.models.assembly
        return assembly.pipelines.timings.latest() if assembly else ()

    def warnings(self) -> Iterator[str]:
        if risk := exposed(self.settings.service):
            yield f"{_sentence(risk)}."
        if why_not := Purpose.of(self.settings.privacy).why_not:
            yield f"{_sentence(why_not)}."
        machine = read_machine(self.settings)
        if machine.fault:
            yield "Which terms of models were accepted cannot be read: mien models list says why."
        for name in machine.waiting():
            yield f"The model {name} does not run before its terms are accepted."


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
