"""RetinaFace: priors and offsets as Pytorch_Retinaface has them, one prior at a time."""

from collections.abc import Callable
from itertools import product
from math import ceil, exp

import numpy as np
import pytest

from mien.domain.errors import ModelCorrupt
from mien.inference.installed import InstalledModel
from mien.inference.session import Floats
from mien.sources.pixels import ArrayPixels
from mien.vision.detection.detector import DetectionSettings
from mien.vision.detection.families.retinaface import RetinaFaceDetector, decode

MIN_SIZES, STEPS = [[16, 32], [64, 128], [256, 512]], [8, 16, 32]


def by_hand(location: Floats, classes: Floats, points: Floats, size: tuple[int, int], least: float) -> Floats:
    """Rows of score, box and points, with priors and variances in shares of the picture as the original has them."""
    width, height = size
    priors = [
        ((column + 0.5) * step / width, (row + 0.5) * step / height, side / width, side / height)
        for step, sides in zip(STEPS, MIN_SIZES, strict=True)
        for row, column in product(range(ceil(height / step)), range(ceil(width / step)))
        for side in sides
    ]
    rows = []
    for (x, y, w, h), offset, score, five in zip(priors, location, classes[:, 1], points, strict=True):
        if score < least:
            continue
        cx, cy = x + offset[0] * 0.1 * w, y + offset[1] * 0.1 * h
        half_w, half_h = w * exp(offset[2] * 0.2) / 2, h * exp(offset[3] * 0.2) / 2
        places = [(x, y)[k % 2] + five[k] * 0.1 * (w, h)[k % 2] for k in range(10)]
        row = [cx - half_w, cy - half_h, cx + half_w, cy + half_h, *places]
        rows.append([score, *(value * (width, height)[k % 2] for k, value in enumerate(row))])
    return np.array(rows, np.float32)


@pytest.mark.parametrize("size", [(96, 64), (320, 320), (64, 160)])
def test_every_prior_is_read_as_in_the_original(size: tuple[int, int]) -> None:
    count = sum(2 * (size[0] // step) * (size[1] // step) for step in STEPS)
    generator = np.random.default_rng(5)
    location, points = (generator.normal(0, 1, (1, count, width)).astype(np.float32) for width in (4, 10))
    face = generator.uniform(0, 1, count)
    classes = np.stack([1 - face, face], axis=1)[None].astype(np.float32)
    found = decode({"a": points, "b": classes, "c": location}, size, 0.9)
    expected = by_hand(location[0], classes[0], points[0], size, 0.9)
    assert len(found) == len(expected) > 10
    np.testing.assert_allclose(found.scores, expected[:, 0])
    np.testing.assert_allclose(found.boxes, expected[:, 1:5], rtol=1e-4, atol=1e-2)
    np.testing.assert_allclose(found.landmarks.reshape(-1, 10), expected[:, 5:], rtol=1e-4, atol=1e-2)


def test_a_real_file_gives_what_the_original_reads_in_it(
    take: Callable[[str], InstalledModel], carphone: tuple[ArrayPixels, ...]
) -> None:
    model = take("retinaface-mobilenet")
    session = model.load((1, 3, 160, 192))
    picture = carphone[0].bgr()
    planes = np.zeros((1, 3, 160, 192), np.float32)
    planes[0, :, :144, :176] = picture.transpose(2, 0, 1) - np.float32([[[104]], [[117]], [[123]]])
    outputs = session.run(planes)
    of_width = {values.shape[-1]: values[0] for values in outputs.values()}
    expected = by_hand(of_width[4], of_width[2], of_width[10], (192, 160), 0.5)
    best = expected[expected[:, 0].argmax()]
    faces = RetinaFaceDetector(model, DetectionSettings(long_side_px=176)).detect(carphone[0])
    assert len(faces) == 1
    np.testing.assert_allclose(faces.boxes[0], best[1:5], atol=4)
    np.testing.assert_allclose(faces.landmarks[0].ravel(), best[5:], atol=3)


def test_other_files_are_refused(take: Callable[[str], InstalledModel]) -> None:
    with pytest.raises(ModelCorrupt, match=r"expected the outputs of RetinaFace.*1 of width 2.*gives"):
        RetinaFaceDetector(take("yunet"), DetectionSettings()).detect(ArrayPixels(np.zeros((64, 64, 3), np.uint8)))
    outputs = {str(width): np.zeros((1, 100, width), np.float32) for width in (2, 4, 10)}
    with pytest.raises(ModelCorrupt, match="priors of RetinaFace"):
        decode(outputs, (64, 64), 0.5)
