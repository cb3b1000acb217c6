"""A finished run: its folder, opened again by the verbs that come after training."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from pydantic import TypeAdapter, ValidationError

from mien.domain.errors import ModelCorrupt, SourceNotFound, SourceUnreadable
from mien.inference.model_card import CropLayout
from mien.lab.datasets.crops import CropPlan
from mien.lab.datasets.manifest import Facts
from mien.lab.networks.building import build_network
from mien.lab.networks.expression import ExpressionNetwork
from mien.lab.recipe import Recipe, read_recipe
from mien.lab.result import ABOUT, METRICS, plain, read_json, write_json

WEIGHTS, RECIPE, CALIBRATION = "weights.pt", "recipe.toml", "calibration.json"
CHECKPOINT = "checkpoint.pt"
"""Lies in the folder of a run from its first whole epoch on."""
ABSTENTION = "smoothing.min_confidence"
"""The setting that a card brings the threshold of a calibration as."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """What makes answers honest: the temperature, and the confidence below which it is better to say nothing.

    ``abstention`` is 0 where nothing was asked for; ``error`` is the error that it was set for, ``answered`` the share
    of pictures that still get an answer.
    """

    temperature: float = 1.0
    abstention: float = 0.0
    error: float = 0.0
    answered: float = 1.0


@dataclass(frozen=True, slots=True)
class About:
    """What a run's weights do not say: of the ``facts`` of its dataset labels, source and licence, and how it sees."""

    facts: Facts
    plan: CropPlan
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Trained:
    """A network with everything that decides what it was made from and how it is to be asked.

    Of the ``facts`` of its dataset labels, source and licence are kept.
    """

    folder: Path
    recipe: Recipe
    facts: Facts
    plan: CropPlan
    fingerprint: str
    network: ExpressionNetwork
    calibration: Calibration

    @property
    def labels(self) -> tuple[str, ...]:
        return self.facts.labels

    @property
    def side_px(self) -> int:
        return self.plan.side_px

    @property
    def input(self) -> dict[str, Any]:
        """What the network takes, in the words of model cards: its own pixels, cut to a template."""
        channels = 1 if self.plan.channels == "grey" else 3
        shape, crop = [channels, self.side_px, self.side_px], plain(self.plan.layout)
        return {"shape": shape, "channels": self.plan.channels, "mean": 0, "scale": 1, "crop": crop}

    @property
    def is_mirrored(self) -> bool:
        return self.recipe.network.is_mirrored


def write_about(folder: Path, facts: Facts, plan: CropPlan, fingerprint: str) -> None:
    """Keep what a run's weights do not say: of its dataset, and how it sees faces."""
    told = {"labels": facts.labels, "source": facts.source, "licence": facts.licence}
    write_json(folder / ABOUT, {**told, "plan": plan, "fingerprint": fingerprint})


def read_about(folder: Path) -> About:
    """What is kept of a run; raises SourceNotFound where the folder holds none that is finished, SourceUnreadable."""
    if (folder / CHECKPOINT).exists() and not (folder / ABOUT).exists():
        raise SourceNotFound(
            f"{folder} holds a run that is not finished: mien lab train RECIPE --out {folder} --resume goes on with it"
        )
    told = read_json(folder / ABOUT, "mien lab train")
    try:
        facts = Facts(tuple(told["labels"]), told["source"], told.get("licence", ""))
        return About(facts, _plan(told["plan"]), told["fingerprint"])
    except (KeyError, TypeError, ValidationError) as error:
        raise SourceUnreadable(f"{folder / ABOUT} is not what mien lab train writes") from error


def run_of(weights: Path) -> Path | None:
    """The run that a file of weights is of, in its folder or in that of its exports; none for a file of others."""
    return next((folder for folder in weights.parents[:2] if (folder / ABOUT).exists()), None)


def labels_of(weights: Path) -> tuple[str, ...]:
    """The labels of the run that a file of weights is of, none for a file of others; raises SourceUnreadable."""
    run = run_of(weights)
    return read_about(run).facts.labels if run else ()


def open_run(folder: Path) -> Trained:
    """The network of a run; raises SourceNotFound where the folder holds none, SourceUnreadable, ModelCorrupt."""
    about = read_about(folder)
    recipe = read_recipe(folder / RECIPE)
    network = build_network(recipe.network, len(about.facts.labels))
    try:
        network.load_state_dict(torch.load(folder / WEIGHTS, weights_only=True, map_location="cpu"))
    except Exception as error:  # torch's own errors have no common type
        raise ModelCorrupt(f"{folder / WEIGHTS} does not hold the weights of its recipe's network") from error
    calibration = read_calibration(folder)
    return Trained(folder, recipe, about.facts, about.plan, about.fingerprint, network.eval(), calibration)


def read_calibration(folder: Path) -> Calibration:
    """How a run is calibrated, or not at all; raises SourceUnreadable."""
    if not (folder / CALIBRATION).exists():
        return Calibration()
    told = read_json(folder / CALIBRATION, "mien lab calibrate")
    try:
        return TypeAdapter(Calibration).validate_python(told["calibration"])
    except (KeyError, ValidationError) as error:
        raise SourceUnreadable(f"{folder / CALIBRATION} is not what mien lab calibrate writes") from error


def told_abstaining(calibration: Calibration) -> tuple[str, ...]:
    """From which confidence on a served network answers and how often that is, in a sentence, if it ever abstains."""
    if not calibration.abstention:
        return ()
    return (
        f"served, it says no expression below a confidence of {calibration.abstention:.2f}: it answers "
        f"{100 * calibration.answered:.1f} % of the pictures by which that was found",
    )


def trained_metrics(folder: Path) -> dict[str, Any]:
    """What training said of a run."""
    return read_json(folder / METRICS, "mien lab train")


def _plan(listed: dict[str, Any]) -> CropPlan:
    layout = TypeAdapter(CropLayout).validate_python(listed["layout"])
    return CropPlan(layout, listed["channels"], listed["held_px"], listed["is_ready_made"])
