"""What stands behind each source: its own detector, landmarks whatever finds the faces, and labelled embeddings."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from mien import wiring
from mien.domain.clock import SystemClock
from mien.settings import CameraSettings, Settings
from mien.sources.images import read_picture
from mien.sources.pixels import ArrayPixels
from mien.vision.detection.detector import DetectionSettings

BOXES_ONLY = "ultraface-rfb-320"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")


def test_a_camera_with_a_detector_of_its_own_has_embeddings_and_a_gallery_of_its_own(settings: Settings) -> None:
    with ExitStack() as stack:
        assembly = wiring.assemble(settings, stack, SystemClock())
        own = CameraSettings(source="0", detection=DetectionSettings(model="mtcnn"))
        door, yard = (assembly.pipelines.models(one.detection) for one in (own, CameraSettings(source="1")))
        assert yard == (assembly.tasks, assembly.gallery)
        tasks, gallery = door
        assert tasks.detector.model == "mtcnn" and tasks.recogniser.model.detector == "mtcnn"
        assert tasks.classifier is assembly.tasks.classifier
        assert gallery.model == tasks.recogniser.model != assembly.gallery.model
        assert assembly.pipelines.models(own.detection) == door


def test_a_detector_without_landmarks_gets_those_of_the_face_mesh(shelf, take, weights, catalog) -> None:
    take(BOXES_ONLY)
    detector = wiring.build_detector(DetectionSettings(model=BOXES_ONLY), shelf)
    assert (detector.model, detector.landmarks) == (f"{BOXES_ONLY}+face-mesh", "measured")
    portrait = ArrayPixels(read_picture(str(weights.path(catalog.card("astronaut"))), 100))
    (points,) = detector.detect(portrait).landmarks[:1]
    (expected,) = wiring.build_detector(DetectionSettings(), shelf).detect(portrait).landmarks[:1]
    assert abs(points - expected).max() < 12, "where the default detector sees them, on a face of 100 px"


def test_without_the_face_mesh_the_alignment_is_said_to_be_approximate(
    shelf, take, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    take(BOXES_ONLY)
    monkeypatch.setattr(wiring.models, "FACE_MESH", "vanished")
    with caplog.at_level("WARNING", logger="mien"):
        detector = wiring.build_detector(DetectionSettings(model=BOXES_ONLY), shelf)
    assert (detector.model, detector.landmarks) == (BOXES_ONLY, "approximate")
    assert "the alignment of its faces is approximate" in caplog.text
