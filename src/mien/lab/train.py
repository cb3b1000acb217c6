"""Trains the expression network on FER+, calibrates it, exports it and measures it: ``python -m mien.lab.train``."""

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from mien.domain.emotions import EMOTION_LABELS
from mien.evaluation.classification import Classification, classify_quality
from mien.evaluation.ferplus import NO_LABEL, majority_label
from mien.lab.calibration import Labels, Rows, fit_temperature, softmax
from mien.lab.export import Origin, export
from mien.lab.ferplus import Lot, Material, prepare
from mien.lab.landmarks import realign
from mien.lab.loop import Progress, Recipe, Training, logits_of
from mien.lab.networks import ResidualNetwork48

MODEL_FILE = "fer8_residual48.onnx"


@dataclass(frozen=True, slots=True)
class Answers:
    """Logits (n, k) of the pictures as they lie in the set and as the pipeline would cut them; labels (n,)."""

    as_given: Rows
    realigned: Rows
    labels: Labels


def answer(network: nn.Module, lot: Lot, is_exact: bool = True) -> Answers:
    """Ask the network about every picture of ``lot`` that has a majority label, without a flip."""
    labels = majority_label(lot.faces.votes)
    rows = np.flatnonzero(labels != NO_LABEL)
    images = lot.faces.images[rows]
    return Answers(
        as_given=logits_of(network, images, is_exact),
        realigned=logits_of(network, realign(images, lot.placements[rows]), is_exact),
        labels=labels[rows],
    )


def measure(answers: Answers, temperature: float) -> dict[str, Classification]:
    """How good the answers to both crops are at ``temperature``."""
    unanswered = np.zeros(0, np.int64)
    return {
        name: classify_quality(softmax(logits, temperature), answers.labels, unanswered, EMOTION_LABELS)
        for name, logits in (("as_given", answers.as_given), ("realigned", answers.realigned))
    }


def calibrate(answers: Answers) -> float:
    """One temperature for both crops, from pictures that were not trained on."""
    logits = np.concatenate([answers.as_given, answers.realigned])
    return fit_temperature(logits, np.tile(answers.labels, 2))


def train(
    material: Material, recipe: Recipe, folder: Path, resume: bool = False, is_compiled: bool = False
) -> ResidualNetwork48:
    """Run the recipe, one line per epoch in ``folder/log.jsonl``, and return the averaged network."""
    torch.manual_seed(recipe.seed)
    network, averaged = (ResidualNetwork48(len(EMOTION_LABELS)) for _ in range(2))
    training = Training(network, averaged, recipe, is_compiled)
    checkpoint, log = folder / "checkpoint.pt", folder / "log.jsonl"
    if resume and checkpoint.exists():
        training.resume(checkpoint)
    else:
        log.unlink(missing_ok=True)

    def watch(progress: Progress, candidate: nn.Module) -> None:
        scores = measure(answer(candidate, material.validation, is_exact=False), 1.0)
        accuracies = {crop: round(value.accuracy, 4) for crop, value in scores.items()}
        line = json.dumps({**asdict(progress), "validation": accuracies})
        print(line, flush=True)
        with log.open("a", encoding="utf-8") as lines:
            lines.write(line + "\n")

    training.run(material.training, checkpoint, watch)
    return averaged


def finish(network: ResidualNetwork48, material: Material, recipe: Recipe, folder: Path) -> dict[str, Any]:
    """Calibrate on the validation lot, export, and only then look at the measuring lot, once."""
    validation = answer(network, material.validation)
    temperature = calibrate(validation)
    measuring = answer(network, material.measuring)
    report = {
        "recipe": asdict(recipe),
        "pictures": {
            "training": len(material.training.faces),
            "validation": len(material.validation.faces),
            "measuring": len(material.measuring.faces),
            "dropped_copies": material.dropped_copies,
            "dropped_unlabelled": material.dropped_unlabelled,
        },
        "template": np.round(material.template, 3).tolist(),
        "temperature": temperature,
    }
    for name, answers in (("validation", validation), ("measuring", measuring)):
        for state, value in (("uncalibrated", 1.0), ("calibrated", temperature)):
            scores = measure(answers, value)
            report[f"{name}, {state}"] = {crop: asdict(found) for crop, found in scores.items()}
    origin = Origin(recipe=recipe, template=material.template, temperature=temperature)
    export(network, origin, material.validation.faces.images[:64], folder / MODEL_FILE)
    (folder / "report.json").write_text(json.dumps(report, indent=1), encoding="utf-8")
    return report


def main(arguments: Sequence[str] | None = None) -> None:
    """Parse the command line, train, and print where the model and the report lie."""
    standard = Recipe()
    parser = argparse.ArgumentParser(prog="python -m mien.lab.train", description=__doc__)
    parser.add_argument("--dataset", type=Path, required=True, help="FER+ as parquet")
    parser.add_argument("--detector", type=Path, required=True, help="face_detection_yunet_2023mar.onnx")
    parser.add_argument("--out", type=Path, required=True, help="folder for checkpoint, log, report and model")
    parser.add_argument("--epochs", type=int, default=standard.epochs)
    parser.add_argument("--seed", type=int, default=standard.seed)
    parser.add_argument("--compile", action="store_true", help="compile the step; needs a C++ compiler")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint in --out")
    chosen = parser.parse_args(arguments)
    torch.set_num_threads(chosen.threads)
    chosen.out.mkdir(parents=True, exist_ok=True)
    recipe = Recipe(epochs=chosen.epochs, seed=chosen.seed)
    material = prepare(chosen.dataset, chosen.detector, chosen.out, recipe.seed)
    print(
        f"{len(material.training.faces)} pictures train, {len(material.validation.faces)} validate",
        flush=True,
    )
    network = train(material, recipe, chosen.out, chosen.resume, chosen.compile)
    report = finish(network, material, recipe, chosen.out)
    print(json.dumps(report, indent=1))
    print(f"model and report are in {chosen.out}")


if __name__ == "__main__":
    main()
