"""The classic recogniser: patterns as the paper counts them, one man alike and another face not."""

import cv2
import numpy as np
import pytest

from mien.domain.errors import ModelMismatch
from mien.domain.faces import BoxCropSpec, CropSpec, EmbeddingModel, FaceCrops
from mien.domain.landmarks import ARCFACE_112
from mien.sources.pixels import ArrayPixels
from mien.vision.alignment import align
from mien.vision.detection.detector import Detector
from mien.vision.recognition.lbph import LbphRecogniser

CROP = CropSpec(112, ARCFACE_112, "grey")
MODEL = EmbeddingModel("lbph", "arcface-112", "yunet")


@pytest.fixture(scope="module")
def lbph() -> LbphRecogniser:
    return LbphRecogniser(CROP, MODEL)


def slow_shares(image: np.ndarray) -> np.ndarray:
    """The histograms of a face and of its mirror image, counted pixel by pixel: (8, 8, 59)."""
    total = np.zeros((8, 8, 59))
    kinds = [code for code in range(256) if bin(code ^ (code >> 1 | (code & 1) << 7)).count("1") <= 2]
    for view in (image, image[:, ::-1]):
        view = view.astype(np.float32)
        band = cv2.GaussianBlur(view, (0, 0), 1.0) - cv2.GaussianBlur(view, (0, 0), 4.0)
        for y in range(12, 108):
            for x in range(8, 104):
                ring = [(-2, -2), (-2, 0), (-2, 2), (0, 2), (2, 2), (2, 0), (2, -2), (0, -2)]
                code = sum(int(band[y + dy, x + dx] >= band[y, x]) << bit for bit, (dy, dx) in enumerate(ring))
                total[(y - 12) // 12, (x - 8) // 12, kinds.index(code) if code in kinds else 58] += 1
    return total / (2 * 12 * 12)


def test_patterns_are_counted_as_in_the_paper(lbph: LbphRecogniser, astronaut: ArrayPixels) -> None:
    face = cv2.resize(cv2.cvtColor(astronaut.region(170, 60, 280, 170), cv2.COLOR_BGR2GRAY), (112, 112))
    shares = lbph.shares(face[None, ..., None])
    np.testing.assert_allclose(shares.reshape(8, 8, 59), slow_shares(face), atol=1e-6)


def test_one_man_is_alike_and_another_face_is_not(
    lbph: LbphRecogniser, detector: Detector, carphone: tuple[ArrayPixels, ...], astronaut: ArrayPixels
) -> None:
    crops = [align(pixels, detector.detect(pixels).landmarks, lbph.crop) for pixels in (*carphone, astronaut)]
    embeddings = [lbph.recognise(crop).embeddings for crop in crops]
    man = [embeddings[0].similarity(other)[0, 0] for other in embeddings[1:3]]
    assert min(man) > 0.2 and embeddings[0].similarity(embeddings[3])[0, 0] < 0.1
    assert embeddings[0].model == MODEL and embeddings[0].vectors.shape == (1, 3776)


def test_neither_light_nor_a_mirror_changes_a_face_much(
    lbph: LbphRecogniser, detector: Detector, astronaut: ArrayPixels
) -> None:
    image = align(astronaut, detector.detect(astronaut).landmarks, lbph.crop).images
    darker = (image * 0.5 + 10).astype(np.uint8)
    lit_from_the_left = (image * np.linspace(1, 0.6, 112)[None, None, :, None]).astype(np.uint8)
    views = FaceCrops(np.concatenate([image, darker, lit_from_the_left, image[:, :, ::-1]]), lbph.crop)
    embeddings = lbph.recognise(views).embeddings
    likeness = embeddings.similarity(embeddings)[0]
    assert likeness[1] > 0.8 and likeness[2] > 0.8 and likeness[3] == pytest.approx(1, abs=1e-3)


def test_rows_are_of_unit_length_and_do_not_depend_on_each_other(lbph: LbphRecogniser) -> None:
    images = np.random.default_rng(0).integers(0, 256, (64, 112, 112, 1), np.uint8)
    together = lbph.recognise(FaceCrops(images, CROP))
    np.testing.assert_allclose(np.linalg.norm(together.embeddings.vectors, axis=1), 1, atol=1e-5)
    alone = lbph.recognise(FaceCrops(images[5:6], CROP))
    np.testing.assert_array_equal(alone.embeddings.vectors[0], together.embeddings.vectors[5])
    assert len(lbph.recognise(FaceCrops(images[:0], CROP)).embeddings.vectors) == 0


def test_other_crops_are_refused(lbph: LbphRecogniser) -> None:
    for crop in (CropSpec(112, ARCFACE_112, "bgr"), CropSpec(96, ARCFACE_112, "grey"), BoxCropSpec(112, 1.0, "grey")):
        with pytest.raises(ModelMismatch, match="grey faces of 112"):
            LbphRecogniser(crop, MODEL)
    with pytest.raises(ValueError, match="expected crops"):
        lbph.recognise(FaceCrops(np.zeros((1, 48, 48, 1), np.uint8), CropSpec(48, ARCFACE_112, "grey")))
