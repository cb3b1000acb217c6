"""Models that are here: the shelf that they are taken from by name, ready to be loaded."""

from dataclasses import dataclass
from pathlib import Path

from mien.domain.errors import ModelCorrupt, ModelError, ModelMismatch
from mien.inference.catalog import Catalog
from mien.inference.home_models import HomeModels, check_accepted
from mien.inference.model_card import InputLayout, ModelCard
from mien.inference.session import ChosenPrecision, Precision, Runtime, Session
from mien.inference.weights import WeightStore


@dataclass(frozen=True, slots=True)
class InstalledModel:
    """What a task is built from: ``paths`` are the card's files in its order, ready to run.

    ``head`` is what tells quality from the embeddings of a recogniser, where there is such a thing.
    """

    card: ModelCard
    paths: tuple[Path, ...]
    runtime: Runtime
    precision: Precision = "f32"
    head: Path | None = None

    @property
    def name(self) -> str:
        """What results and embeddings know it by: the card's name, of an imported model with a piece of its digest.

        Another file may be imported under the same name later; what the first one said of people is not its own.
        """
        return self.card.network

    @property
    def layout(self) -> InputLayout:
        """What the network takes; raises ModelMismatch where the card does not say."""
        if self.card.input is None:
            raise ModelMismatch(f"the card of {self.card.name} does not say what its network takes")
        return self.card.input

    def load(self, input_shape: tuple[int, ...] | None = None, file: int = 0) -> Session:
        """Load one of the files as `Runtime.load` does; raises ModelCorrupt."""
        try:
            return self.runtime.load(self.paths[file], input_shape, self.precision)
        except ModelCorrupt as error:
            raise ModelCorrupt(f"{error}{self._remedy}") from error

    @property
    def _remedy(self) -> str:
        """How files that were damaged are had anew; those of an import and of the package are read at every start."""
        verb = "quantize" if self.precision == "int8" else "pull"
        is_fetched = any(file.sources for file in self.card.files)
        return f"; mien models {verb} {self.card.name} replaces damaged files" if is_fetched else ""


@dataclass(frozen=True, slots=True)
class ModelShelf:
    """Where models are taken from by name: fetched if need be, and only where their terms of use are accepted.

    ``accepted`` names models whose terms the settings accept, ``precision`` is that of models that have none chosen.
    """

    catalog: Catalog
    weights: WeightStore
    home: HomeModels
    runtime: Runtime
    accepted: tuple[str, ...] = ()
    precision: ChosenPrecision = "auto"

    def take(self, name: str, precision: ChosenPrecision = "auto") -> InstalledModel:
        """The model of a name, to run in a precision; raises ModelError where it is not to be had, or not in that."""
        card, found = self.allowed(name, precision)
        head = self.weights.quality_head(card)
        paths = self.weights.quantised(card) if found == "int8" else self.weights.paths(card)
        return InstalledModel(card, paths, self.runtime, found, head)

    def allowed(self, name: str, precision: ChosenPrecision = "auto") -> tuple[ModelCard, Precision]:
        """The card of a model that may run, and the precision that it would run in, wherever its files are.

        Raises ModelError where there is no such model, its terms are not accepted, or it does not run in that.
        """
        card = self.catalog.card(name)
        check_accepted(card, self.home, self.accepted)
        return card, self.precision_of(card, precision)

    def precision_of(self, card: ModelCard, precision: ChosenPrecision) -> Precision:
        """The precision that a choice comes to here; raises ModelError where the CPU or the runtime lacks it."""
        chosen = precision if precision != "auto" else self.precision
        if not card.has_network:
            return "f32"
        if chosen == "auto":
            return card.precision if card.precision in self.runtime.precisions else "f32"
        if chosen not in self.runtime.precisions:
            known = ", ".join(self.runtime.precisions)
            raise ModelError(f"{self.runtime.name} does not compute in {chosen} on this CPU, only in {known}")
        return chosen
