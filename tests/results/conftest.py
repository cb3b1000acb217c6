"""Readings and frames of made-up sources, in which every number can be foretold."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from numpy.typing import NDArray

from mien.domain.circumplex import expected_position
from mien.domain.emotions import EMOTION_LABELS
from mien.domain.frame import Frame
from mien.domain.readings import FaceReading, FrameReading
from mien.results.summary import ModelUsed, Summary


class FixedClock:
    def now(self) -> datetime:
        return datetime(2026, 5, 4, 12, 0, tzinfo=UTC)

    def monotonic_s(self) -> float:
        return 0.0


class ArrayPixels:
    def __init__(self, image: NDArray[np.uint8]) -> None:
        self._image = image

    @property
    def width(self) -> int:
        return int(self._image.shape[1])

    @property
    def height(self) -> int:
        return int(self._image.shape[0])

    def bgr(self) -> NDArray[np.uint8]:
        return self._image

    def scaled(self, width: int, height: int) -> NDArray[np.uint8]:
        raise AssertionError("results look at whole pictures only")

    def luma(self, width: int, height: int) -> NDArray[np.uint8]:
        raise AssertionError("results look at whole pictures only")

    def region(self, x1: int, y1: int, x2: int, y2: int) -> NDArray[np.uint8]:
        return self._image[y1:y2, x1:x2]


def distribution(label: str, labels: tuple[str, ...]) -> tuple[float, ...]:
    rest = 0.3 / (len(labels) - 1)
    return tuple(0.7 if other == label else rest for other in labels)


MakeFace = Callable[..., FaceReading]
MakeReading = Callable[..., FrameReading]
MakeFrame = Callable[..., Frame]


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def make_face() -> MakeFace:
    def make(track_id: int = 1, label: str = "happiness", **changes: object) -> FaceReading:
        labels = changes.get("emotion_labels", EMOTION_LABELS)
        assert isinstance(labels, tuple)
        left = 20.0 * track_id
        probabilities = distribution(label, labels) if label else ()
        place = expected_position(np.array([probabilities], np.float32), labels)[0] if label else (0.0, 0.0)
        face = FaceReading(
            track_id=track_id,
            box=(left, 10.0, left + 16.0, 30.5),
            landmarks=((0.0, 0.0),) * 5,
            detection_score=0.91,
            detection_source="measured",
            identity="undecided",
            person_id="",
            person_name="",
            similarity=0.25,
            margin=0.125,
            emotion=label,
            confidence=0.7 if label else 0.0,
            emotion_labels=labels,
            probabilities=probabilities,
            emotion_smoothed=label,
            quality=0.5,
            quality_reason="",
            identity_source="carried",
            emotion_source="measured",
            valence=float(place[0]),
            arousal=float(place[1]),
            valence_arousal_source="derived" if label else "",
        )
        return replace(face, **changes)  # type: ignore[arg-type]

    return make


@pytest.fixture
def make_reading() -> MakeReading:
    def make(index: int, *faces: FaceReading, camera: str = "clip.mp4", rate: float = 10.0) -> FrameReading:
        return FrameReading(camera, index, index / rate, 160, 120, 0.01, faces)

    return make


@pytest.fixture
def make_frame() -> MakeFrame:
    def make(reading: FrameReading, shape: tuple[int, int] = (120, 160)) -> Frame:
        image = np.full((*shape, 3), 90, np.uint8)
        return Frame(reading.camera, reading.index, reading.time_s, reading.time_s, ArrayPixels(image))

    return make


@pytest.fixture
def summary() -> Summary:
    return Summary(
        frames_decoded=12,
        frames_analysed=10,
        wall_s=2.0,
        startup_s=0.5,
        report_s=0.0,
        cpu_s=3.25,
        peak_rss_mb=210.04,
        stage_ms={"detection": 4.0, "decode": 1.5},
        models=(ModelUsed("detection", "yunet", "openvino", "f32", "MIT", "any"),),
        version="0.1",
    )


@pytest.fixture
def tiny_disk(tmp_path):
    """A mounted file system of 64 kB, which fills up for real."""
    import os
    import subprocess

    folder = tmp_path / "disk"
    folder.mkdir()
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        pytest.skip("needs root to mount a file system of 64 kB")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"cannot mount a file system here: {mounted.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)
