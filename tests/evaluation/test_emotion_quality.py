"""Expression on labelled pictures: FER+ files, folders, ready-made crops and faces that must be found."""

from pathlib import Path

import cv2
import numpy as np
import pyarrow
import pyarrow.parquet as parquet
import pytest

from mien.domain.emotions import EMOTION_LABELS, EmotionScores
from mien.domain.errors import SourceNotFound, SourceUnreadable, UsageError
from mien.domain.faces import CropSpec, Detections, FaceCrops
from mien.domain.frame import Pixels
from mien.domain.landmarks import ARCFACE_112
from mien.evaluation.emotion import ExpressionReader, evaluate_emotion, over_labels
from mien.evaluation.expressions import LabelledPictures, read_folders, read_parquet
from mien.evaluation.ferplus import VOTE_COLUMNS
from mien.sources.pixels import ArrayPixels

FER2013 = ("angry", "happy", "sad", "neutral")


def write_ferplus(path: Path, usages: list[str], emotions: list[str], with_fer2013: bool = True) -> None:
    """A file with one picture per row, whose annotators all say the same."""
    rows = len(usages)
    png = cv2.imencode(".png", np.zeros((48, 48), np.uint8))[1].tobytes()
    columns: dict[str, list[object]] = {"usage": list(usages), "png": [png] * rows}
    for vote in VOTE_COLUMNS:
        columns[vote] = [10 if emotion == vote else 0 for emotion in emotions]
    if with_fer2013:
        columns["fer2013_label"] = [FER2013[row % 4] for row in range(rows)]
    parquet.write_table(pyarrow.table(columns), path)


def names(pictures: LabelledPictures) -> list[str]:
    return [EMOTION_LABELS[label] for label in pictures.truth]


def test_measuring_rows_are_taken_by_default(tmp_path: Path) -> None:
    path = tmp_path / "ferplus.parquet"
    write_ferplus(path, ["Training", "PublicTest", "PrivateTest", "PublicTest"], ["fear", "anger", "contempt", "NF"])
    assert names(read_parquet(path)) == ["anger", "contempt"]
    assert names(read_parquet(path, "fer2013")) == ["happiness", "sadness", "neutral"]
    assert read_parquet(path).openers[0]().bgr().shape == (48, 48, 3)


def test_pictures_to_train_on_are_not_decoded(tmp_path: Path) -> None:
    path = tmp_path / "ferplus.parquet"
    write_ferplus(path, ["Training", "PrivateTest"], ["fear", "anger"])
    table = parquet.read_table(path)
    spoilt = table.set_column(table.column_names.index("png"), "png", [[b"no picture", table["png"][1].as_py()]])
    parquet.write_table(spoilt, path)
    assert names(read_parquet(path)) == ["anger"]
    parquet.write_table(spoilt.slice(0, 1), path)
    with pytest.raises(SourceUnreadable, match="row 0 is not 48×48"):
        read_parquet(path)


def test_a_file_of_training_rows_alone_is_measured_on_them(tmp_path: Path) -> None:
    path = tmp_path / "ferplus.parquet"
    write_ferplus(path, ["Training", "Training"], ["fear", "anger"], with_fer2013=False)
    assert names(read_parquet(path)) == ["fear", "anger"]
    with pytest.raises(UsageError, match="fer2013_label"):
        read_parquet(path, "fer2013")


def test_other_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes.parquet"
    path.write_text("notes", encoding="utf-8")
    with pytest.raises(SourceUnreadable, match=r"notes\.parquet"):
        read_parquet(path)


def test_folders_are_read_by_their_usual_names(tmp_path: Path) -> None:
    for name in ("Happy", "anger", "sad"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "one.png").write_bytes(b"")
        (tmp_path / name / "notes.txt").write_bytes(b"")
    opened: list[Path] = []

    def open_picture(path: Path) -> Pixels:
        opened.append(path)
        return ArrayPixels(np.zeros((8, 8, 3), np.uint8))

    pictures = read_folders(tmp_path, open_picture)
    assert names(pictures) == ["happiness", "anger", "sadness"]
    assert not opened
    pictures.openers[1]()
    assert opened == [tmp_path / "anger" / "one.png"]
    (tmp_path / "bored").mkdir()
    (tmp_path / "bored" / "one.jpg").write_bytes(b"")
    with pytest.raises(UsageError, match="'bored'"):
        read_folders(tmp_path, open_picture)


def test_a_folder_without_pictures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceNotFound, match="named after expressions"):
        read_folders(tmp_path, lambda path: ArrayPixels(np.zeros((8, 8, 3), np.uint8)))


class GreyDetector:
    """Finds a face in pictures that are not black, on the template's points."""

    model = "grey"

    def detect(self, pixels: Pixels) -> Detections:
        if not pixels.bgr().any():
            return Detections.empty()
        landmarks = np.array([ARCFACE_112], np.float32)
        return Detections(np.array([[20, 20, 90, 110]], np.float32), np.ones(1, np.float32), landmarks)

    def refine(self, pixels: Pixels, detections: Detections) -> Detections:
        return detections


class BrightnessClassifier:
    """Says the expression whose index is a tenth of the mean brightness, with a tenth left for contempt."""

    crop = CropSpec(48, tuple((x * 48 / 112, y * 48 / 112) for x, y in ARCFACE_112), "grey")
    labels = EMOTION_LABELS

    def classify(self, crops: FaceCrops) -> EmotionScores:
        assert crops.images.shape[1:] == (48, 48, 1)
        means = crops.images.reshape(len(crops), -1).mean(axis=1) if len(crops) else np.zeros(0)
        shares = np.zeros((len(crops), 8), np.float32)
        shares[np.arange(len(crops)), (means / 10).round().astype(int)] += 0.9
        shares[:, 7] += 0.1
        return EmotionScores(shares, self.labels)


READER = ExpressionReader(GreyDetector(), BrightnessClassifier())


def grey_pictures(levels: list[int], truth: list[int], side: int) -> LabelledPictures:
    arrays = [np.full((side, side, 3), level, np.uint8) for level in levels]
    return LabelledPictures(tuple(lambda a=array: ArrayPixels(a) for array in arrays), np.array(truth))


def test_small_pictures_are_crops_and_large_ones_are_searched() -> None:
    small = evaluate_emotion(grey_pictures([0, 10, 20, 70], [0, 1, 2, 7], 64), READER)
    assert small.accuracy == 1 and small.unanswered == 0  # black, and still answered: no face was looked for
    large = evaluate_emotion(grey_pictures([0, 10, 20, 70], [0, 1, 3, 7], 112), READER)
    assert large.accuracy == 0.5 and large.unanswered == 1 and large.count == 4
    assert large.labels == EMOTION_LABELS


def test_contempt_is_left_out_of_seven_classes() -> None:
    result = evaluate_emotion(grey_pictures([10, 70, 20], [1, 7, 2], 48), READER, classes=7)
    assert result.labels == EMOTION_LABELS[:7] and result.count == 2 and result.accuracy == 1
    assert result.ece == pytest.approx(0, abs=1e-6)  # 0.9 of 0.9
    with pytest.raises(UsageError, match="7 or 8"):
        evaluate_emotion(grey_pictures([10], [1], 48), READER, classes=5)


def test_labels_are_matched_by_name() -> None:
    scores = EmotionScores(np.array([[0.2, 0.8]], np.float32), ("anger", "neutral"))
    shares = over_labels(scores, EMOTION_LABELS)
    assert shares[0, EMOTION_LABELS.index("neutral")] == pytest.approx(0.8)
    assert shares.sum() == pytest.approx(1)
    with pytest.raises(UsageError, match="sleepy"):
        over_labels(EmotionScores(np.ones((1, 1), np.float32), ("sleepy",)), EMOTION_LABELS)


def test_many_pictures_come_in_batches() -> None:
    seen: list[tuple[int, int]] = []
    pictures = grey_pictures([10] * 70, [1] * 70, 48)
    result = evaluate_emotion(pictures, READER, progress=lambda done, total: seen.append((done, total)))
    assert result.count == 70 and result.accuracy == 1
    assert seen[-1] == (70, 70) and len(seen) == 3
