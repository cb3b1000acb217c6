"""Expressions and embeddings of faces that were cut out already, and which of them resemble each other.

.venv/bin/python examples/crops.py [CROP...]
"""

import sys

import cv2
import numpy as np

import mien


def samples(analyzer: mien.Analyzer) -> dict[str, np.ndarray]:
    """Two faces of one man and one of a woman, cut out of mien's demo."""
    video = cv2.VideoCapture(str(mien.samples().video))
    frames = [video.read()[1] for _ in range(60)]
    pictures = {"man, first": frames[0], "man, later": frames[-1], "woman": cv2.imread(str(mien.samples().portrait))}
    boxes = {name: np.int32(analyzer.picture(picture)[0].box).clip(0) for name, picture in pictures.items()}
    return {name: pictures[name][y1:y2, x1:x2] for name, (x1, y1, x2, y2) in boxes.items()}


def main() -> None:
    with mien.Analyzer() as analyzer:
        crops = {path: path for path in sys.argv[1:]} or samples(analyzer)  # paths, or arrays (h, w, 3) BGR
        read = list(analyzer.crops(crops.values()))
    vectors = np.stack([one.embedding for one in read])  # of unit length: products are cosines
    alike = vectors @ vectors.T - 2 * np.eye(len(vectors))
    for name, one, row in zip(crops, read, alike, strict=True):
        said = f"{one.face.emotion} {one.face.confidence:.0%}" if one.face.emotion else "nothing clear"
        looks = f"{said if one.face.probabilities else 'no expression read'}, quality {one.face.quality:.2f}"
        nearest = f", most like {list(crops)[row.argmax()]!r} ({row.max():.2f})" if len(read) > 1 else ""
        print(f"{name}: {looks}{nearest}")


if __name__ == "__main__":
    try:
        main()
    except mien.MienError as error:
        sys.exit(str(error))
