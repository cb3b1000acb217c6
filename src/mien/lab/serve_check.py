"""``mien lab serve-check``: does what mien serves answer as what was trained, on crops and on whole pictures?"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from mien.domain.errors import ModelMismatch
from mien.domain.faces import CropSpec, FaceCrops
from mien.domain.readings import FaceReading
from mien.evaluation.emotion import whole
from mien.lab.datasets.crops import Lot
from mien.lab.datasets.manifest import Manifest
from mien.lab.datasets.pictures import PictureFile, open_picture
from mien.lab.evaluate import lot_for, manifest_for
from mien.lab.export import faces_of, served_network, spread
from mien.lab.exports.proving import Floats, expected
from mien.lab.learning.judging import Cut
from mien.lab.learning.trained import Trained, open_run
from mien.lab.networks.expression import ServedNetwork
from mien.lab.result import Progress, Result, no_progress, write_result
from mien.vision.emotion.classifier import EmotionClassifier

TOLERANCE = {"f32": 1e-3, "bf16": 0.05, "int8": 0.15}
"""Of a probability of the same crop, by the precision that serves."""

TOLERANCE_OF_PICTURES = {"f32": 0.02, "bf16": 0.02, "int8": 0.05}
"""Of a probability, as the mean over the pictures, for a detector in another precision than at the import.

In the same one nothing moves. Crops that are 3 px of 48 aside leave 0.05, a third too wide 0.08, upside down 0.6.
"""

_FACES = 32
_SAME_PLACE_PX = 0.01
_NOT_FOUND = "mien analyze does not find the face where the lab did"
_SAME_FACE = 0.25
"""How far landmarks of one face may lie apart, in parts of their extent."""

Analyse = Callable[[Path | NDArray[np.uint8]], Sequence[FaceReading]]
"""What `mien analyze` reads of a picture, by its path or as (h, w, 3) BGR."""


@dataclass(frozen=True, slots=True)
class ServeCheckRecipe:
    """Which run, under which name and in which precision it is served, and a picture of faces to read with it.

    ``abstention`` is the confidence below which it says nothing by its card, 0 where it always answers.
    """

    run: Path
    name: str
    precision: str
    dataset: Path | None = None
    picture: Path | None = None
    abstention: float = 0.0


@dataclass(frozen=True, slots=True)
class Compared:
    """How far answers to so many faces are from those of the run, by the probability of each face that differs most.

    The largest and the mean of these, and the share of the faces with the same winner.
    """

    faces: int
    difference: float
    mean_difference: float
    same_winners: float

    @classmethod
    def of(cls, found: Floats, wanted: Floats) -> Self:
        """From answers (n, k) of both sides, n above 0."""
        apart = np.abs(found - wanted).max(axis=1)
        same = float((found.argmax(axis=1) == wanted.argmax(axis=1)).mean())
        return cls(len(found), float(apart.max()), float(apart.mean()), same)


def run(
    recipe: ServeCheckRecipe, classifier: EmotionClassifier, analyse: Analyse, progress: Progress = no_progress
) -> Result:
    """Compare a served classifier with the network that it came from, on faces that the run chose by.

    On crops of the lab, and on whole pictures: photographs go through detection and alignment as `mien analyze`
    does it, ready-made crops are taken as `mien evaluate emotion` takes them, and any picture that the recipe names
    is read as `mien analyze` does. Raises ModelMismatch where labels, crops, answers or the confidence that is
    wanted of them differ, or no photograph can be compared; SourceError.
    """
    trained = open_run(recipe.run)
    _check_form(recipe.name, classifier, trained)
    _check_abstention(recipe, trained)
    part = spread(manifest_for(trained, recipe.dataset).part("val"), _FACES)
    lot, network = lot_for(part, trained), served_network(trained)
    crops = _crops_compared(lot, classifier, trained, network)
    _check(f"{recipe.name} in {recipe.precision}", crops.difference, TOLERANCE[recipe.precision])
    if part.facts.ready_made_px:
        way, pictures = "mien evaluate emotion", _whole_compared(part, lot, classifier, trained, network)
    else:
        way, pictures = "mien analyze", _analysed_compared(part, lot, analyse, (trained, network), progress)
    allowed = TOLERANCE_OF_PICTURES[recipe.precision]
    _check(f"{recipe.name} on whole pictures", pictures.mean_difference, allowed)
    faces = analyse(recipe.picture) if recipe.picture else ()
    if recipe.picture:
        read = _picture_compared(recipe.picture, faces, part, (trained, network))
        _check(f"{recipe.name} on {recipe.picture}", read.mean_difference, allowed)
    metrics: dict[str, Any] = {
        "seed": trained.recipe.seed,
        "fingerprint": trained.fingerprint,
        **asdict(crops),
        "pictures": {"read_as": way, "given": len(part), "tolerance": allowed, **asdict(pictures)},
        "analysed": [
            {"emotion": face.emotion, "confidence": face.confidence, "probabilities": face.probabilities}
            for face in faces
        ],
    }
    write_result(recipe.run, "serve-check", recipe, metrics, "serve-check.json")
    missing = len(part) - pictures.faces
    notice = f"{missing} of {len(part)} pictures could not be compared: {_NOT_FOUND}"
    return Result(recipe.run, metrics, (notice,) if missing else ())


def _check_form(name: str, classifier: EmotionClassifier, trained: Trained) -> None:
    if classifier.labels != trained.labels:
        raise ModelMismatch(f"{name} has the labels {classifier.labels}, the run {trained.labels}")
    crop, plan = classifier.crop, trained.plan
    wanted = CropSpec(plan.side_px, plan.layout.template, "grey" if plan.channels == "grey" else "bgr")
    is_like_it = isinstance(crop, CropSpec) and np.allclose(crop.template, plan.template, atol=_SAME_PLACE_PX)
    if not is_like_it or (crop.size, crop.channels) != (wanted.size, wanted.channels):
        raise ModelMismatch(f"{name} takes faces cut as {crop}, the run as {wanted}")


def _check_abstention(recipe: ServeCheckRecipe, trained: Trained) -> None:
    """A threshold is no part of the network: answers alone do not tell one of an earlier calibration."""
    if recipe.abstention != (wanted := trained.calibration.abstention):
        raise ModelMismatch(
            f"{recipe.name} says nothing below a confidence of {recipe.abstention:g}, the run below {wanted:g}: after "
            f"mien models remove {recipe.name}, export it anew"
        )


def _check(what: str, difference: float, allowed: float) -> None:
    if not difference <= allowed:
        raise ModelMismatch(f"{what} differs from the run by {difference:.3g}, allowed is {allowed:g}")


def _wanted(lot: Lot, cut: Cut, trained: Trained, network: ServedNetwork) -> Floats:
    """What the run answers (n, k) to the faces of a lot."""
    return expected(network, faces_of(lot, trained, cut))[0]


def _crops_compared(lot: Lot, classifier: EmotionClassifier, trained: Trained, network: ServedNetwork) -> Compared:
    """The same crops for both sides."""
    sample = faces_of(lot, trained)
    crops = np.ascontiguousarray(sample.transpose(0, 2, 3, 1)).astype(np.uint8)
    if trained.plan.channels == "rgb":
        crops = crops[..., ::-1]  # crops are BGR, whatever a network takes
    served = classifier.classify(FaceCrops(np.ascontiguousarray(crops), classifier.crop)).probabilities
    return Compared.of(served, expected(network, sample)[0])


def _whole_compared(
    part: Manifest, lot: Lot, classifier: EmotionClassifier, trained: Trained, network: ServedNetwork
) -> Compared:
    """Ready-made crops as each side takes them whole."""
    crops = [whole(open_picture(picture), classifier.crop).images for picture in part.pictures]
    served = classifier.classify(FaceCrops(np.concatenate(crops), classifier.crop)).probabilities
    return Compared.of(served, _wanted(lot, "given", trained, network))


def _analysed_compared(
    part: Manifest, lot: Lot, analyse: Analyse, run: tuple[Trained, ServedNetwork], progress: Progress
) -> Compared:
    """Photographs as `mien analyze` reads them, and as the lab cuts them by the landmarks of their manifest."""
    found: list[tuple[float, ...]] = []
    rows: list[int] = []
    for row, picture in enumerate(part.pictures):
        faces = analyse(picture.path if isinstance(picture, PictureFile) else open_picture(picture).bgr())
        if probabilities := _probabilities_at(part.landmarks[row], faces):
            rows.append(row)
            found.append(probabilities)
        progress("pictures", row + 1, len(part))
    if not rows:
        raise ModelMismatch(f"none of {len(part)} pictures could be compared: {_NOT_FOUND}")
    return Compared.of(np.array(found, np.float32), _wanted(lot, "aligned", *run)[rows])


def _picture_compared(
    picture: Path, faces: Sequence[FaceReading], part: Manifest, run: tuple[Trained, ServedNetwork]
) -> Compared:
    """What was read of the faces in a picture, and what the run answers to them, cut by the same landmarks."""
    if not faces:
        raise ModelMismatch(f"{picture}: mien analyze finds no face")
    seen = replace(
        part.select(np.zeros(len(faces), np.int64)),
        facts=replace(part.facts, ready_made_px=0, template=()),
        pictures=(PictureFile.of(picture),) * len(faces),
        landmarks=np.array([face.landmarks for face in faces], np.float32),
        folder=None,
    )
    found = np.array([face.probabilities for face in faces], np.float32)
    return Compared.of(found, _wanted(lot_for(seen, run[0]), "aligned", *run))


def _probabilities_at(landmarks: Floats, faces: Sequence[FaceReading]) -> tuple[float, ...]:
    """Those of the face whose landmarks lie where these (5, 2) do, or none."""
    if not faces:
        return ()
    apart = [float(np.linalg.norm(np.array(face.landmarks) - landmarks, axis=1).mean()) for face in faces]
    nearest = int(np.argmin(apart))
    is_same = apart[nearest] <= _SAME_FACE * float(np.ptp(landmarks, axis=0).max())
    return faces[nearest].probabilities if is_same else ()
