import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.support.scenes import smooth_colours

from mien.domain.clock import Clock
from mien.domain.errors import SourceStalled, SourceUnreachable
from mien.sources.webcam import Webcam, open_webcam


@pytest.fixture
def recording(tmp_path: Path) -> str:
    """A Motion JPEG file, which OpenCV reads through the same class as a camera."""
    path = str(tmp_path / "recording.avi")
    writer = cv2.VideoWriter(path, cv2.CAP_OPENCV_MJPEG, cv2.VideoWriter.fourcc(*"MJPG"), 10, (128, 96))
    for _ in range(5):
        writer.write(smooth_colours(128, 96))
    writer.release()
    return path


@pytest.mark.parametrize("is_mirrored", [False, True])
def test_frames_come_as_the_device_delivers_them(recording: str, clock: Clock, is_mirrored: bool) -> None:
    webcam = Webcam(cv2.VideoCapture(recording), "webcam:0", clock, is_mirrored=is_mirrored)
    assert (webcam.is_live, webcam.frame_rate, webcam.frame_count) == (True, 10, 0)
    frames = []
    with pytest.raises(SourceStalled, match="webcam:0 delivers no picture any more"):
        for frame in webcam.frames():
            frames.append(frame)
    expected = smooth_colours(128, 96)[:, ::-1] if is_mirrored else smooth_colours(128, 96)
    assert [frame.index for frame in frames] == list(range(5))
    assert all(np.abs(frame.pixels.bgr().astype(int) - expected).mean() < 4 for frame in frames)
    assert [frame.time_s for frame in frames] == sorted(frame.time_s for frame in frames)


def test_closing_gives_the_device_back(recording: str, clock: Clock) -> None:
    capture = cv2.VideoCapture(recording)
    webcam = Webcam(capture, "webcam:0", clock)
    count = 0
    for _ in webcam.frames():
        count += 1
        webcam.close()
    assert count == 1
    assert not capture.isOpened()


def test_a_webcam_that_is_not_there(clock: Clock) -> None:
    level = cv2.utils.logging.getLogLevel()
    with pytest.raises(SourceUnreachable, match="there is no webcam 97"):
        open_webcam(97, clock)
    assert cv2.utils.logging.getLogLevel() == level


def test_of_a_webcam_that_is_not_there_nobody_else_speaks() -> None:
    program = (
        "import sys\nfrom mien.domain.clock import SystemClock\nfrom mien.sources.webcam import open_webcam\n"
        "try: open_webcam(97, SystemClock())\nexcept Exception as error: sys.exit(str(error))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "there is no webcam 97, or another program is using it\n"
