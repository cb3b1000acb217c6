"""What is known of models on one machine and in one home: which are here, which may run, who uses them, how fast."""

from collections.abc import Mapping
from dataclasses import dataclass

from mien.inference.catalog import Catalog
from mien.inference.home_models import Acceptance, is_accepted
from mien.inference.measuring.precisions import PrecisionTable, read_precisions
from mien.inference.measuring.speed import WITHOUT_RUNTIME, MachineSpeeds, Speed
from mien.inference.model_card import ModelCard
from mien.inference.session import ChosenPrecision, RuntimeName
from mien.inference.standing.terms import answer_told
from mien.inference.weights import WeightStore


@dataclass(frozen=True, slots=True)
class Use:
    """That a ``place`` of the settings has a model do something, in the precision that it asks for."""

    place: str
    model: str
    precision: ChosenPrecision = "auto"


@dataclass(frozen=True, slots=True)
class Standing:
    """One model, and how it stands.

    ``answer`` tells whether and when the terms of a restricted model were accepted, ``used_by`` which places of the
    settings name it. ``speeds`` were measured here; ``speed`` is that of the runtime and the precision in which it
    would run now. ``precisions`` is what was measured of it as it was quantised here.
    """

    card: ModelCard
    is_here: bool
    is_accepted: bool
    answer: str
    used_by: tuple[str, ...]
    speeds: tuple[Speed, ...]
    speed: Speed | None
    precisions: PrecisionTable | None


@dataclass(frozen=True, slots=True)
class Machine:
    """What is known of a machine and a home, read once for all cards.

    ``accepted`` names models whose terms the settings accept, ``precision`` is that of models that have none chosen.
    ``fault`` says why the answers on record could not be read, in which case nothing counts as accepted by them.
    """

    catalog: Catalog
    weights: WeightStore
    answers: Mapping[str, Acceptance]
    accepted: tuple[str, ...]
    uses: tuple[Use, ...]
    speeds: MachineSpeeds
    runtime: RuntimeName
    precision: ChosenPrecision
    fault: str = ""

    def standing(self, card: ModelCard) -> Standing:
        """How one model stands."""
        return Standing(
            card,
            self.weights.is_cached(card),
            is_accepted(card, self.answers, self.accepted),
            answer_told(card, self.answers, self.accepted),
            tuple(dict.fromkeys(use.place for use in self.uses if use.model == card.name)),
            self.speeds.of(card),
            self._speed_in_force(card),
            read_precisions(self.weights.quantised_table(card)) if self.weights.is_quantised(card) else None,
        )

    def waiting(self) -> tuple[str, ...]:
        """The names of the models that are used, and do not run before their terms are accepted."""
        used = dict.fromkeys(use.model for use in self.uses)
        cards = (card for card in self.catalog.models if card.name in used)
        return tuple(card.name for card in cards if not is_accepted(card, self.answers, self.accepted))

    def _speed_in_force(self, card: ModelCard) -> Speed | None:
        own = [use.precision for use in self.uses if use.model == card.name]
        asked = [one for one in (*own, self.precision, card.precision, "f32") if one != "auto"]
        runtime = self.runtime if card.has_network else WITHOUT_RUNTIME
        found = {one.precision: one for one in self.speeds.of(card) if one.runtime == runtime}
        return found.get(asked[0]) or found.get("f32")  # where the CPU lacks the precision, f32 it is
