"""Recognisers on LFW View 1, train: the pairs, and all pairs of two people among their pictures."""

from collections.abc import Sequence

import numpy as np
from benchmarks.measures.measure import Measure, wilson
from benchmarks.parts.report import shared
from numpy.typing import NDArray

from mien.evaluation.faces import FaceReader, OpenPicture, embed_pictures
from mien.evaluation.verification import judge, read_pairs
from mien.inference.installed import InstalledModel
from mien.inference.model_card import Measurement
from mien.vision.detection.detector import Detector
from mien.vision.loading import load_recogniser

LFW = "LFW View 1 train, 2,200 pairs, faces found and aligned by yunet, f32"
FALSE_ACCEPT_RATES = (1e-2, 1e-3, 1e-4, 1e-5)


def recognition_measure(open_picture: OpenPicture, detector: Detector) -> Measure:
    """Measures recognisers behind one detector."""
    folder = shared("data", "lfw")
    pairs = read_pairs(folder / "pairsDevTrain.txt")
    names = sorted({*pairs.first, *pairs.second})
    row_of = {name: row for row, name in enumerate(names)}
    first, second = (np.array([row_of[name] for name in side]) for side in (pairs.first, pairs.second))
    person = np.unique([name.split("/")[0] for name in names], return_inverse=True)[1]

    def measure(model: InstalledModel) -> Sequence[Measurement]:
        reader = FaceReader(open_picture, detector, load_recogniser(model, detector.model))
        embedded = embed_pictures([folder / "images" / name for name in names], reader)
        similarities = np.einsum("nd,nd->n", embedded.vectors[first], embedded.vectors[second]).astype(np.float64)
        quality = judge(similarities, embedded.has_face[first] & embedded.has_face[second], pairs)
        strangers = _strangers(embedded.vectors[embedded.has_face], person[embedded.has_face])
        on = f"{len(strangers):,} pairs of two people among the same pictures"
        genuine = float(similarities[pairs.is_same].mean())
        return [
            Measurement("accuracy", round(quality.accuracy, 4), LFW, wilson(quality.accuracy, quality.pairs)),
            Measurement("tar_at_far_0.001", round(quality.tar_at_far_1e3, 4), LFW),
            *(
                Measurement(f"similarity_at_far_{rate:g}", round(float(strangers[int(rate * len(strangers))]), 3), on)
                for rate in FALSE_ACCEPT_RATES
            ),
            Measurement("mean_similarity_of_one_person", round(genuine, 3), LFW),
        ]

    return measure


def _strangers(vectors: NDArray[np.float32], person: NDArray[np.intp]) -> NDArray[np.float32]:
    """The similarities of all pairs of two people, highest first."""
    similarities = vectors @ vectors.T
    is_pair = np.triu(person[:, None] != person[None], 1)
    return np.sort(similarities[is_pair])[::-1]
