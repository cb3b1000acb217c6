"""What a plain program does: detector, recogniser and expression network for every face of every frame, ONNX Runtime.

The same files, the same detector size, threshold and suppression as mien, one decoder, sessions opened once. Run as a
program it measures itself, from opening the video to the last answer, and prints one JSON object:
``python -m benchmarks.plain.loop VIDEO --threads 1 --no-spin --boxes FILE``.
"""

import argparse
import json
import resource
import time
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import onnxruntime as ort

from mien.domain.faces import Detections
from mien.inference.onnx_runtime import with_input_shape
from mien.settings import load_settings
from mien.sources.pixels import ArrayPixels
from mien.vision.alignment import align
from mien.vision.detection.canvas import fit
from mien.vision.detection.families.yunet import decode
from mien.vision.detection.suppression import suppress, vote
from mien.vision.loading import network_input
from mien.wiring.models import build_shelf


class PlainLoop:
    """The three networks in ONNX Runtime, each run on its own picture, one after the other."""

    def __init__(self, threads: int, is_spinning: bool) -> None:
        self._settings = load_settings()
        self._options = ort.SessionOptions()
        self._options.intra_op_num_threads = threads
        self._options.add_session_config_entry("session.intra_op.allow_spinning", "1" if is_spinning else "0")
        shelf = build_shelf(self._settings)
        models = [shelf.take(getattr(self._settings, task).model, "f32") for task in ("recognition", "emotion")]
        self._recogniser, self._emotion = (self._session(model.paths[0]) for model in models)
        self._crops = [network_input(model).crop for model in models]
        self._detector_path = shelf.take(self._settings.detection.model, "f32").paths[0]
        self._detector: ort.InferenceSession | None = None

    def _session(self, model: Path | bytes) -> ort.InferenceSession:
        return ort.InferenceSession(model if isinstance(model, bytes) else str(model), self._options)

    def read(self, picture: np.ndarray) -> Detections:
        """Find, embed and read the expression of every face; the answers are dropped, the faces are returned."""
        pixels = ArrayPixels(picture)
        canvas = fit(pixels.width, pixels.height, self._settings.detection.long_side_px)
        if self._detector is None:
            self._detector = self._session(
                with_input_shape(self._detector_path, (1, 3, canvas.outer[1], canvas.outer[0]))
            )
        names = [output.name for output in self._detector.get_outputs()]
        outputs = dict(zip(names, self._detector.run(None, {"input": canvas.paint(pixels)}), strict=True))
        faces = canvas.lift(decode(outputs, canvas.outer, self._settings.detection.min_score))
        faces = vote(suppress(faces), faces)
        for session, crop in zip((self._recogniser, self._emotion), self._crops, strict=True):
            name = session.get_inputs()[0].name
            for image in align(pixels, faces.landmarks, crop).images:
                session.run(None, {name: image.transpose(2, 0, 1)[None].astype(np.float32)})
        return faces


def run(video: Path, loop: PlainLoop) -> tuple[dict[str, Any], list[list[list[float]]]]:
    boxes: list[list[list[float]]] = []
    wall, cpu = time.perf_counter(), time.process_time()
    with av.open(str(video)) as container:
        for frame in container.decode(video=0):
            boxes.append(loop.read(frame.to_ndarray(format="bgr24")).boxes.tolist())
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    return {"frames": len(boxes), "wall_s": wall, "cpu_s": cpu, "peak_rss_mb": peak_mb}, boxes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("video", type=Path)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--no-spin", action="store_true")
    parser.add_argument("--boxes", type=Path)
    chosen = parser.parse_args()
    cv2.setNumThreads(chosen.threads)
    found, boxes = run(chosen.video, PlainLoop(chosen.threads, not chosen.no_spin))
    if chosen.boxes:
        chosen.boxes.write_text(json.dumps(boxes), encoding="utf-8")
    print(json.dumps(found))


if __name__ == "__main__":
    main()
