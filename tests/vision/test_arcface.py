"""Embeddings: one person is alike, two are not, and what they depend on is named."""

import cv2
import numpy as np
import pytest

from mien.domain.errors import ModelCorrupt
from mien.domain.faces import CropSpec, EmbeddingModel, Embeddings, FaceCrops
from mien.sources.pixels import ArrayPixels
from mien.vision.alignment import align
from mien.vision.detection.detector import Detector
from mien.vision.network_input import NetworkInput
from mien.vision.recognition.arcface import ArcFaceRecogniser
from mien.vision.recognition.recogniser import Recogniser


def embed(pixels: ArrayPixels, detector: Detector, recogniser: Recogniser) -> Embeddings:
    faces = detector.refine(pixels, detector.detect(pixels))
    return recogniser.recognise(align(pixels, faces.landmarks, recogniser.crop)).embeddings


def test_one_man_is_alike_and_another_face_is_not(
    detector: Detector, recogniser: Recogniser, carphone: tuple[ArrayPixels, ...], astronaut: ArrayPixels
) -> None:
    man = [embed(pixels, detector, recogniser) for pixels in carphone]
    woman = embed(astronaut, detector, recogniser)
    assert man[0].similarity(man[1])[0, 0] > 0.6
    assert man[0].similarity(man[2])[0, 0] > 0.6
    assert max(one.similarity(woman)[0, 0] for one in man) < 0.2


def test_a_turned_and_smaller_picture_gives_nearly_the_same_embedding(
    detector: Detector, recogniser: Recogniser, astronaut: ArrayPixels
) -> None:
    turn = cv2.getRotationMatrix2D((224, 125), 15, 0.7)
    turned = ArrayPixels(cv2.warpAffine(astronaut.bgr(), turn, (512, 512)))
    straight = embed(astronaut, detector, recogniser)
    assert straight.similarity(embed(turned, detector, recogniser))[0, 0] > 0.85


def test_vectors_are_of_unit_length_and_named(
    detector: Detector, recogniser: Recogniser, carphone: tuple[ArrayPixels, ...]
) -> None:
    crops = [align(p, detector.detect(p).landmarks, recogniser.crop) for p in carphone]
    together = FaceCrops(np.concatenate([crop.images for crop in crops]), recogniser.crop)
    recognition = recogniser.recognise(together)
    assert recognition.embeddings.vectors.shape == (3, 512)
    np.testing.assert_allclose(np.linalg.norm(recognition.embeddings.vectors, axis=1), 1, atol=1e-5)
    assert (recognition.norms > 1).all()
    assert recognition.embeddings.model == EmbeddingModel("mobilefacenet", "arcface-112", "yunet")
    single = recogniser.recognise(crops[1]).embeddings.vectors[0]
    np.testing.assert_allclose(recognition.embeddings.vectors[1], single, atol=1e-5)


def test_nobody_has_no_embedding(recogniser: Recogniser) -> None:
    none = FaceCrops(np.zeros((0, 112, 112, 3), np.uint8), recogniser.crop)
    assert recogniser.recognise(none).embeddings.vectors.shape == (0, 512)


class BrokenSession:
    input_shape = (None, 3, 2, 2)
    outputs = ("embeddings",)

    def run(self, batch: np.ndarray) -> dict[str, np.ndarray]:
        return {"embeddings": np.full((len(batch), 4), np.nan, np.float32)}


def test_a_network_that_gives_no_numbers_is_refused() -> None:
    spec = CropSpec(2, ((0.0, 0.0),) * 5, "bgr")
    recogniser = ArcFaceRecogniser(BrokenSession(), NetworkInput(spec, "bgr"), EmbeddingModel("a", "b", "c"))
    with pytest.raises(ModelCorrupt, match="no finite numbers"):
        recogniser.recognise(FaceCrops(np.zeros((1, 2, 2, 3), np.uint8), spec))
