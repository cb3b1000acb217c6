"""Does an expression model that learnt grey stills follow colour faces of a camera, and what makes its answers change?

The four acted clips are read frame by frame and drawn as curves, one figure a clip. Then faces of them are blurred,
turned, darkened and made small, and cut otherwise than the model learnt them. MIEN_BENCH_EMOTION names another model.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass

import cv2
import numpy as np
from benchmarks.acted_clips import CLIPS
from benchmarks.parts.report import OUTPUT, Report, Table, measured, shared
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

from mien.domain.clock import SystemClock
from mien.domain.faces import CropSpec, Detections, FaceCrops
from mien.domain.geometry import box_sizes
from mien.domain.landmarks import ARCFACE_112
from mien.evaluation.faces import most_prominent
from mien.results.palette import css, expression_colour
from mien.settings import load_settings
from mien.sources.opening import open_source
from mien.sources.pixels import ArrayPixels
from mien.vision.alignment import align, cut
from mien.vision.detection.detector import Detector
from mien.vision.emotion.classifier import EmotionClassifier
from mien.vision.loading import load_classifier
from mien.wiring.models import build_detector, build_shelf

Image = NDArray[np.uint8]
Floats = NDArray[np.float32]
EVERY = 12
"""One frame of so many is spoilt."""

FACE_PX = 112
"""Pictures are brought to this size of a face first, so that a blur means the same in all of them."""


@dataclass(frozen=True)
class Seen:
    """The face of one frame: when, the picture, where the face is, and what the model says of it."""

    time_s: float
    picture: Image
    face: Detections
    shares: Floats


def main() -> None:
    settings = load_settings(chosen={"emotion": name} if (name := os.environ.get("MIEN_BENCH_EMOTION", "")) else {})
    shelf = build_shelf(settings)
    model = shelf.take(settings.emotion.model, settings.emotion.precision)
    classifier, detector = load_classifier(model), build_detector(settings.detection, shelf)
    followed, spoilt = [], []
    with measured() as seconds:
        for clip in CLIPS:
            seen = list(_seen(clip, detector, classifier))
            followed.append(_followed(clip, seen, classifier.labels))
            _draw(clip, seen, classifier.labels, model.name)
            spoilt += [(one, *_ready(one)) for one in seen[::EVERY]]
        changes = [_changed(name, spoil, spoilt, detector, classifier) for name, spoil in SPOILERS]
        cuts = [_cut_otherwise(name, spec, spoilt, classifier) for name, spec in _other_cuts(classifier)]
    tables = [
        Table(
            f"{model.name}: what the model sees in each clip", ("clip", "frames", "winners, share of frames"), followed
        ),
        Table("faces spoilt: what becomes of the answers", _CHANGE_COLUMNS, changes),
        Table("faces cut otherwise than they were learnt", _CHANGE_COLUMNS, cuts),
    ]
    Report("expressions_on_camera", tables, {"model": model.name, "precision": model.precision}, seconds).publish()


_CHANGE_COLUMNS = ("change", "faces", "found", "same winner", "mean change of the distribution", "mean confidence")


def _seen(clip: str, detector: Detector, classifier: EmotionClassifier) -> Iterator[Seen]:
    capture = load_settings().capture
    with closing(open_source(str(shared("data", "videos", clip)), capture, SystemClock())) as source:
        for frame in source.frames():
            faces = detector.detect(frame.pixels)
            face = faces.select(most_prominent(faces, frame.pixels.width, frame.pixels.height))
            if len(face):
                shares = classifier.classify(cut(frame.pixels, face, classifier.crop)).probabilities[0]
                yield Seen(frame.time_s, frame.pixels.bgr(), face, shares)


def _followed(clip: str, seen: list[Seen], labels: tuple[str, ...]) -> tuple[str, int, str]:
    winners = np.bincount([int(one.shares.argmax()) for one in seen], minlength=len(labels)) / len(seen)
    told = ", ".join(f"{labels[place]} {winners[place]:.0%}" for place in np.argsort(-winners) if winners[place] > 0.02)
    return clip, len(seen), told


def _draw(clip: str, seen: list[Seen], labels: tuple[str, ...], model: str) -> None:
    """The distribution over time, and faces from the clip below it."""
    figure = Figure(figsize=(11, 5), layout="constrained")
    FigureCanvasAgg(figure)
    grid = figure.add_gridspec(2, 12, height_ratios=(3, 1))
    axes = figure.add_subplot(grid[0, :])
    colours = [css(expression_colour(label, labels)) for label in labels]
    axes.stackplot(
        [one.time_s for one in seen], np.stack([one.shares for one in seen]).T, labels=labels, colors=colours
    )
    axes.set(title=f"{clip}: {model}", xlabel="s", ylabel="share", ylim=(0, 1), xlim=(seen[0].time_s, seen[-1].time_s))
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1), fontsize=8)
    for column, row in enumerate(np.linspace(0, len(seen) - 1, 12).astype(int)):
        below = figure.add_subplot(grid[1, column])
        below.imshow(_ready(seen[row])[0][..., ::-1])
        below.set(xticks=[], yticks=[])
        below.set_title(f"{labels[int(seen[row].shares.argmax())]}\n{seen[row].time_s:.1f} s", fontsize=7)
    OUTPUT.mkdir(exist_ok=True)
    figure.savefig(OUTPUT / f"expressions-{clip.removesuffix('.mp4')}.png", dpi=100)


def _ready(one: Seen) -> tuple[Image, Detections]:
    """The surroundings of a face, twice its size, brought to FACE_PX, and where the face is in them."""
    side = float(box_sizes(one.face.boxes).max())
    x1, y1, x2, y2 = one.face.boxes[0]
    left, top = int(max((x1 + x2) / 2 - side, 0)), int(max((y1 + y2) / 2 - side, 0))
    part = one.picture[top : int((y1 + y2) / 2 + side), left : int((x1 + x2) / 2 + side)]
    scale = FACE_PX / side
    shape = (max(1, round(part.shape[1] * scale)), max(1, round(part.shape[0] * scale)))
    small = cv2.resize(part, shape, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    corner = np.array([left, top], np.float32)
    face = Detections(
        (one.face.boxes - np.tile(corner, 2)) * scale, one.face.scores, (one.face.landmarks - corner) * scale
    )
    return np.asarray(small, np.uint8), face


def _blurred(sigma: float) -> Callable[[Image], Image]:
    return lambda image: np.asarray(cv2.GaussianBlur(image, (0, 0), sigma), np.uint8)


def _turned(degrees: float) -> Callable[[Image], Image]:
    def turn(image: Image) -> Image:
        height, width = image.shape[:2]
        matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
        return np.asarray(cv2.warpAffine(image, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE), np.uint8)

    return turn


def _darkened(gain: float) -> Callable[[Image], Image]:
    generator = np.random.default_rng(0)
    return lambda image: np.clip(image * gain + generator.normal(0, 3, image.shape), 0, 255).astype(np.uint8)


def _shrunk(face_px: int) -> Callable[[Image], Image]:
    def shrink(image: Image) -> Image:
        height, width = image.shape[:2]
        size = max(1, round(width * face_px / FACE_PX)), max(1, round(height * face_px / FACE_PX))
        small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)

    return shrink


SPOILERS: tuple[tuple[str, Callable[[Image], Image]], ...] = (
    ("as it is", lambda image: image),
    *((f"blurred, σ {sigma} px of a face of {FACE_PX} px", _blurred(sigma)) for sigma in (1, 2, 4)),
    *((f"turned {degrees}° in the picture", _turned(degrees)) for degrees in (10, 20, 30)),
    *((f"darkened to {gain:.0%}, with noise", _darkened(gain)) for gain in (0.5, 0.25, 0.12)),
    *((f"face of {side} px", _shrunk(side)) for side in (64, 48, 32, 24, 16)),
)

Ready = tuple[Seen, Image, Detections]


def _changed(
    name: str,
    spoil: Callable[[Image], Image],
    faces: list[Ready],
    detector: Detector,
    classifier: EmotionClassifier,
) -> tuple[str, int, str, str, str, str]:
    """Spoilt pictures go through the detector too, as they would."""
    before, after = [], []
    for _, picture, face in faces:
        pixels = ArrayPixels(spoil(picture))
        found = detector.detect(pixels)
        chosen = found.select(most_prominent(found, pixels.width, pixels.height))
        if len(chosen):
            before.append(classifier.classify(cut(ArrayPixels(picture), face, classifier.crop)).probabilities[0])
            after.append(classifier.classify(cut(pixels, chosen, classifier.crop)).probabilities[0])
    return _told(name, len(faces), np.array(before), np.array(after))


def _other_cuts(classifier: EmotionClassifier) -> Iterator[tuple[str, CropSpec]]:
    spec = classifier.crop
    assert isinstance(spec, CropSpec), "the model cuts by landmarks"
    middle = (spec.size - 1) / 2
    points = np.array(spec.template)
    arcface = (np.array(ARCFACE_112) + 0.5) * spec.size / 112 - 0.5
    yield "as it was learnt", spec
    for zoom in (0.8, 0.9, 1.1, 1.2):
        yield f"{zoom:g} times as large", _with_template(spec, (points - middle) * zoom + middle)
    yield "3 px lower", _with_template(spec, points + np.array([0, 3]))
    yield "as recognisers cut", _with_template(spec, arcface)


def _with_template(spec: CropSpec, points: NDArray[np.float64]) -> CropSpec:
    return CropSpec(spec.size, tuple((float(x), float(y)) for x, y in points), spec.channels)  # type: ignore[arg-type]


def _cut_otherwise(
    name: str, spec: CropSpec, faces: list[Ready], classifier: EmotionClassifier
) -> tuple[str, int, str, str, str, str]:
    usual = classifier.crop
    assert isinstance(usual, CropSpec)
    answers = []
    for chosen in (usual, spec):
        crops = [align(ArrayPixels(picture), face.landmarks, chosen).images[0] for _, picture, face in faces]
        answers.append(classifier.classify(FaceCrops(np.stack(crops), usual)).probabilities)
    return _told(name, len(faces), *answers)


def _told(name: str, asked: int, before: Floats, after: Floats) -> tuple[str, int, str, str, str, str]:
    """How many faces were found, how many keep their winner, and by how much distributions change (total variation)."""
    if not len(after):
        return name, asked, "0 %", "–", "–", "–"
    same = (before.argmax(axis=1) == after.argmax(axis=1)).mean()
    change = np.abs(before - after).sum(axis=1).mean() / 2
    return name, asked, f"{len(after) / asked:.0%}", f"{same:.1%}", f"{change:.3f}", f"{after.max(axis=1).mean():.2f}"


if __name__ == "__main__":
    main()
