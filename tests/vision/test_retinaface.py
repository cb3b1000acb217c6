"""RetinaFace: priors and offsets as Pytorch_Retinaface has them, one prior at a time."""

from collections.abc import Callable
from itertools import product
from math import ceil, exp
from pathlib import Path

import numpy as np
import onnx
import pytest
from tests.support.detector_files import seeded_head, write_heads
from tests.support.installed import Bring, imported

from mien.domain.errors import ModelCorrupt
from mien.inference.batches import Floats
from mien.inference.installed import InstalledModel
from mien.inference.session import Runtime
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


@pytest.mark.parametrize("size", [(96, 64), (320, 320), (64, 160), (840, 210)])
def test_every_prior_is_read_as_in_the_original(size: tuple[int, int]) -> None:
    count = sum(2 * ceil(size[0] / step) * ceil(size[1] / step) for step in STEPS)
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


def test_classes_without_a_softmax_get_theirs() -> None:
    count = sum(2 * (64 // step) ** 2 for step in STEPS)
    generator = np.random.default_rng(6)
    location, points = (generator.normal(0, 1, (1, count, width)).astype(np.float32) for width in (4, 10))
    logits = generator.normal(0, 3, (1, count, 2)).astype(np.float32)
    logits[0, 0] = -500, 500
    powers = np.exp(logits.astype(np.float64) - logits.max(axis=2, keepdims=True))
    shares = (powers / powers.sum(axis=2, keepdims=True)).astype(np.float32)
    rounded = np.round(shares * 256) / np.float32(256)  # as bf16 has them
    raw, plain, rough = (
        decode({"a": location, "b": values, "c": points}, (64, 64), 0.6) for values in (logits, shares, rounded)
    )
    assert len(raw) == len(plain) > 10 and raw.scores.max() == 1
    np.testing.assert_allclose(raw.scores, plain.scores, atol=1e-6)
    np.testing.assert_array_equal(raw.boxes, plain.boxes)
    assert set(rough.scores * 256) <= set(range(257)), "probabilities are taken as they are"


@pytest.mark.parametrize("size", [None, (840, 840)], ids=["any", "840"])
@pytest.mark.parametrize("is_raw", [True, False])
def test_the_resnet_50_layout_is_imported(
    bring: Bring, runtime: Runtime, tmp_path: Path, size: tuple[int, int] | None, is_raw: bool
) -> None:
    """Names and shapes as ``convert_to_onnx.py`` writes them; 840 px is what the network was trained on."""
    generator = np.random.default_rng(7)
    groups = {
        name: [seeded_head(generator, step, 2 * width, spread=0, shape="rows", anchors=2) for step in STEPS]
        for name, width in (("output0", 4), ("590", 2), ("589", 10))
    }
    for head in groups["590"]:
        head.bias[:] = (5, -5, 5, -5)
    groups["590"][1].weights[1] = (0, 0, 0.2)  # red, the last of BGR, on squares of 16 px
    path = write_heads(tmp_path / "Resnet50_Final.onnx", groups, size, "input0", has_batch=True)
    if not is_raw:
        model = onnx.load(path)
        (last,) = (node for node in model.graph.node if node.output[0] == "590")
        last.op_type = "Softmax"
        last.attribute.append(onnx.helper.make_attribute("axis", -1))
        onnx.save(model, path)
    model = imported(bring("retinaface", path), runtime)
    assert model.card.input.shape == (3, *(size or (640, 640)))
    picture = np.full((840, 840, 3), (104, 117, 123), np.uint8)
    picture[400:416, 208:224] = (0, 0, 255)
    faces = RetinaFaceDetector(model, DetectionSettings(min_score=0.9, long_side_px=840)).detect(ArrayPixels(picture))
    np.testing.assert_allclose(faces.boxes, [(216 - 32, 408 - 32, 216 + 32, 408 + 32)], atol=1e-3)


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
