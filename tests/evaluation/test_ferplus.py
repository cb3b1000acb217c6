"""The majority rule on votes made by hand, and the file that holds them."""

from pathlib import Path

import cv2
import numpy as np
import pyarrow as arrow
import pyarrow.parquet as parquet
import pytest

from mien.domain.emotions import EMOTION_LABELS
from mien.evaluation.ferplus import (
    NO_LABEL,
    VOTE_COLUMNS,
    FerPlus,
    majority_label,
    read_ferplus,
)

HAPPINESS, ANGER = EMOTION_LABELS.index("happiness"), EMOTION_LABELS.index("anger")


def votes(**given: int) -> np.ndarray:
    return np.array([[given.get(name, 0) for name in VOTE_COLUMNS]], np.int64)


def faces(n: int, seed: int = 0) -> np.ndarray:
    """Random pictures with broad shapes and fine grain, like nothing and unlike each other."""
    noise = np.random.default_rng(seed).normal(size=(n, 48, 48)).astype(np.float32)
    shapes = [cv2.GaussianBlur(n, (0, 0), 5) * 700 + cv2.GaussianBlur(n, (0, 0), 1) * 60 for n in noise]
    return np.clip(128 + np.stack(shapes), 0, 255).astype(np.uint8)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"happiness": 10}, HAPPINESS),
        ({"happiness": 6, "neutral": 4}, HAPPINESS),
        ({"happiness": 5, "neutral": 5}, NO_LABEL),
        ({"happiness": 4, "neutral": 3, "anger": 3}, NO_LABEL),
        ({"happiness": 3, "neutral": 2, "anger": 1, "fear": 1, "disgust": 1, "contempt": 1}, HAPPINESS),
        ({"anger": 5, "unknown": 5}, NO_LABEL),
        ({"anger": 5, "unknown": 4, "NF": 1}, ANGER),
        ({"unknown": 8, "anger": 2}, NO_LABEL),
        ({"NF": 10}, NO_LABEL),
        ({"neutral": 1, "happiness": 1, "anger": 1}, NO_LABEL),
    ],
)
def test_the_majority_rule(given: dict[str, int], expected: int) -> None:
    assert majority_label(votes(**given)).tolist() == [expected]


def test_reading_gives_back_what_was_written(tmp_path: Path) -> None:
    images = faces(3)
    columns: dict[str, list[object]] = {name: [2, 0, 7] for name in VOTE_COLUMNS}
    columns["png"] = [cv2.imencode(".png", image)[1].tobytes() for image in images]
    columns["usage"] = ["Training", "PublicTest", "Training"]
    parquet.write_table(arrow.table(columns), tmp_path / "faces.parquet")
    read = read_ferplus(tmp_path / "faces.parquet")
    assert (read.images == images).all()
    assert read.votes[:, 0].tolist() == [2, 0, 7]
    assert read.is_training.tolist() == [True, False, True]
    assert len(read.select(read.is_training)) == 2


def test_a_table_without_votes_is_refused(tmp_path: Path) -> None:
    parquet.write_table(arrow.table({"png": [b""], "usage": ["Training"]}), tmp_path / "faces.parquet")
    with pytest.raises(ValueError, match="lacks the columns"):
        read_ferplus(tmp_path / "faces.parquet")


def test_pictures_of_another_size_are_refused() -> None:
    with pytest.raises(ValueError, match="expected images"):
        FerPlus(np.zeros((1, 64, 64), np.uint8), votes(happiness=9), np.ones(1, dtype=bool))
