"""The models of one home: those that were imported into it, and whose terms of use were accepted in it."""

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from mien.domain.errors import ModelError, ModelNotAccepted
from mien.inference.catalog import write_card
from mien.inference.model_card import ModelCard

_FREE = ("any", "demonstration")


@dataclass(frozen=True, slots=True)
class Acceptance:
    """That somebody accepted the terms of a model: when, and which they were."""

    at: str
    allowed_use: str
    licence_weights: str


class HomeModels:
    """What lies under ``models`` in a home: cards and files of imported models, and ``accepted.json``."""

    def __init__(self, home: Path) -> None:
        self._folder = home / "models"

    def accepted(self) -> Mapping[str, Acceptance]:
        """The recorded answers by name of the model; raises ModelError where the record cannot be read."""
        path = self._folder / "accepted.json"
        try:
            return {name: Acceptance(**row) for name, row in json.loads(path.read_text(encoding="utf-8")).items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError, AttributeError) as error:
            raise ModelError(f"{path} is no record of accepted models: {error}") from error

    def accept(self, card: ModelCard, at: datetime) -> None:
        """Record that the terms of a model are accepted, and which they are; a standing answer stays as it is."""
        answers = dict(self.accepted())
        if _covers(answers.get(card.name), card):
            return
        answers[card.name] = Acceptance(at.isoformat(timespec="seconds"), card.allowed_use, card.licence_weights)
        rows = {name: asdict(answer) for name, answer in answers.items()}
        self._write("accepted.json", json.dumps(rows, indent=2).encode())

    def add(self, card: ModelCard, files: Mapping[str, Path], reference: str) -> None:
        """Keep a model: its files, by the names the card gives them, and its stored outputs as text.

        The card comes last, so that the model is there or not. Raises ModelError where the home cannot be written.
        """
        for name, origin in files.items():
            self._write(name, origin.read_bytes())
        self._write(self.reference(card).name, reference.encode())
        self._write(f"{card.name}.card.json", write_card(card).encode())

    def reference(self, card: ModelCard) -> Path:
        """Where the stored outputs of an imported model lie."""
        return self._folder / f"{card.name}.reference.json"

    def remove(self, card: ModelCard) -> None:
        """Forget an imported model; raises ModelError where the home holds none of the name."""
        path = self._folder / f"{card.name}.card.json"
        if not path.exists():
            raise ModelError(f"{card.name} was not imported, there is nothing to remove")
        path.unlink()
        self.reference(card).unlink(missing_ok=True)
        for file in card.files:
            (self._folder / file.file).unlink(missing_ok=True)

    def _write(self, name: str, content: bytes) -> None:
        """Whole or not at all."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            descriptor, pending = tempfile.mkstemp(dir=self._folder, prefix=".write-")
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(content)
                Path(pending).replace(self._folder / name)
            except BaseException:
                Path(pending).unlink(missing_ok=True)
                raise
        except OSError as error:
            raise ModelError(f"{self._folder / name} could not be written: {error.strerror or error}") from error


def is_accepted(card: ModelCard, home: HomeModels, also: tuple[str, ...] = ()) -> bool:
    """Whether a model may run: its use is free, or its terms were accepted in the home or are named in ``also``."""
    return card.allowed_use in _FREE or card.name in also or _covers(home.accepted().get(card.name), card)


def check_accepted(card: ModelCard, home: HomeModels, also: tuple[str, ...] = ()) -> None:
    """Raise ModelNotAccepted where a model's use is restricted and its terms were neither accepted nor named."""
    if is_accepted(card, home, also):
        return
    kind = "copyleft" if card.allowed_use == "copyleft" else "for research only"
    raise ModelNotAccepted(
        f"{card.name} is {kind} (licence of its weights: {card.licence_weights}): "
        f"mien models show {card.name} tells its terms, mien models accept {card.name} accepts them"
    )


def _covers(answer: Acceptance | None, card: ModelCard) -> bool:
    """An answer holds for the terms it was given to, not for others that came later."""
    return answer is not None and (answer.allowed_use, answer.licence_weights) == (
        card.allowed_use,
        card.licence_weights,
    )
