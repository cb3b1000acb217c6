"""What is known here of all models, over the settings: imported by what lists them, so it loads no runtime."""

from collections.abc import Mapping

from mien.domain.errors import ModelError
from mien.inference.catalog import load_catalog
from mien.inference.home_models import Acceptance, HomeModels
from mien.inference.measuring.speed import read_speeds, speeds_path
from mien.inference.opening import runtime_in_force
from mien.inference.standing.machine import Machine
from mien.inference.weights import WeightStore
from mien.settings.behind import uses
from mien.settings.tree import Settings


def read_machine(settings: Settings) -> Machine:
    """As things stand now; raises ModelError where there is no catalogue."""
    catalog, fault = load_catalog(home=settings.home), ""
    answers: Mapping[str, Acceptance] = {}
    try:
        answers = HomeModels(settings.home).accepted()
    except ModelError as error:
        fault = str(error)
    return Machine(
        catalog,
        WeightStore(settings.cache, settings.models_mirror, home=settings.home),
        answers,
        settings.accepted_models,
        uses(settings, catalog),
        read_speeds(speeds_path(settings.cache)),
        runtime_in_force(settings.runtime),
        settings.runtime.precision,
        fault,
    )
