"""What stands behind each source: its own detector, landmarks whatever finds the faces, and labelled embeddings."""

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.support.faces import HandClock

from mien.domain.clock import SystemClock
from mien.domain.errors import ModelUnavailable
from mien.domain.faces import FaceCrops
from mien.domain.people.consent import SCOPES, NewConsent
from mien.inference.installed import ModelShelf
from mien.inference.model_card import MirrorSource
from mien.settings import CameraSettings, Settings, models_behind
from mien.settings.models import QualitySettings
from mien.sources.images import read_picture
from mien.sources.pixels import ArrayPixels
from mien.vision.detection.detector import DetectionSettings
from mien.vision.loading import load_detector
from mien.wiring.assembly import assemble
from mien.wiring.models import build_detector, build_recogniser, models_used
from mien.wiring.pipelines import PipelineBuilder
from mien.wiring.stores import build_stores

BOXES_ONLY = "ultraface-rfb-320"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")


def test_a_camera_with_a_detector_of_its_own_has_embeddings_and_a_gallery_of_its_own(settings: Settings) -> None:
    with ExitStack() as stack:
        assembly = assemble(settings, stack, SystemClock())
        own = CameraSettings(source="0", detection=DetectionSettings(model="mtcnn"))
        door, yard = (assembly.pipelines.models(one.detection) for one in (own, CameraSettings(source="1")))
        assert yard == (assembly.tasks, assembly.gallery)
        tasks, gallery = door
        assert tasks.detector.model == "mtcnn" and tasks.recogniser.model.detector == "mtcnn"
        assert tasks.classifier is assembly.tasks.classifier
        assert gallery.model == tasks.recogniser.model != assembly.gallery.model
        assert assembly.pipelines.models(own.detection) == door


def test_a_judge_of_ones_own_decides_alone(settings: Settings, shelf: ModelShelf) -> None:
    def tells_quality(judge: str) -> bool:
        chosen = settings.model_copy(update={"quality": QualitySettings(judge)})
        recogniser = build_recogniser(chosen, shelf, build_detector(settings.detection, shelf))
        nobody = FaceCrops(np.zeros((0, 112, 112, 3), np.uint8), recogniser.crop)
        return recogniser.recognise(nobody).quality is not None

    assert tells_quality("measured") and not tells_quality("qualityface")


def test_a_detector_without_landmarks_gets_those_of_the_face_mesh(shelf, take, weights, catalog) -> None:
    take(BOXES_ONLY)
    detector = build_detector(DetectionSettings(model=BOXES_ONLY), shelf)
    assert (detector.model, detector.landmarks) == (f"{BOXES_ONLY}+face-mesh", "measured")
    portrait = ArrayPixels(read_picture(str(weights.path(catalog.card("astronaut"))), 100))
    (points,) = detector.detect(portrait).landmarks[:1]
    (expected,) = build_detector(DetectionSettings(), shelf).detect(portrait).landmarks[:1]
    assert abs(points - expected).max() < 12, "where the default detector sees them, on a face of 100 px"


def without_mesh(shelf: ModelShelf) -> ModelShelf:
    """A shelf whose face mesh nobody can deliver."""
    card = shelf.catalog.card("face-mesh")
    file = replace(card.files[0], file="gone.tflite", conversion=None, sources=(MirrorSource("mirror", "gone"),))
    models = (*(one for one in shelf.catalog.models if one.name != card.name), replace(card, files=(file,)))
    return replace(shelf, catalog=replace(shelf.catalog, models=models))


def test_without_the_face_mesh_there_is_no_other_alignment_but_one_line_that_says_how_to_go_without(shelf) -> None:
    bare = without_mesh(shelf)
    with pytest.raises(ModelUnavailable) as told:
        build_detector(DetectionSettings(model="haar"), bare)
    (line,) = str(told.value).splitlines()
    assert "face-mesh" in line and "detection.landmarks: approximate" in line
    detector = build_detector(DetectionSettings(model="haar", landmarks="approximate"), bare)
    assert (detector.model, detector.landmarks) == ("haar", "approximate")
    assert build_detector(DetectionSettings(), bare).landmarks == "measured", "it has landmarks of its own"


def test_approximate_landmarks_are_another_detector_to_the_gallery(settings: Settings, shelf) -> None:
    with ExitStack() as stack:
        stores = build_stores(settings, stack)
        whole = settings.model_copy(update={"detection": DetectionSettings(model="haar")})
        pipelines = PipelineBuilder(whole, stores, shelf, SystemClock())
        own = DetectionSettings(model="haar", landmarks="approximate", min_score=0.5)
        for detection, name in ((whole.detection, "haar+face-mesh"), (own, "haar")):
            tasks, gallery = pipelines.models(detection)
            assert (tasks.detector.model, gallery.model.detector) == (name, name)
        assert pipelines.models(replace(own, min_score=0.9)) == pipelines.models(own), "the same faces, only fewer"


def test_the_face_mesh_is_among_the_models_that_stand_behind_settings(catalog) -> None:
    haar, deaf = DetectionSettings(model="haar"), DetectionSettings(model="haar", landmarks="approximate")
    door, yard = CameraSettings(source="0", detection=haar), CameraSettings(source="1", detection=deaf)

    def behind(detection: DetectionSettings | None = None, **asked: object) -> list[str]:
        settings = Settings(detection=detection or DetectionSettings())
        return [name for name, _ in models_behind(settings, catalog, **asked)]

    default = ["yunet", "mobilefacenet", "fer8-mobilefacenet", "measured", "five-points"]
    assert behind() == default
    assert behind(haar) == ["haar", *default[1:], "face-mesh"]
    assert behind(deaf) == ["haar", *default[1:]]
    assert behind(cameras=[yard]) == [*default, "haar"]
    assert behind(cameras=[door, yard]) == [*default, "haar", "face-mesh"]
    assert behind(haar, tasks=["detection"]) == ["haar", "face-mesh"]
    assert behind(haar, tasks=["recognition"]) == ["mobilefacenet"]


def test_results_name_the_face_mesh_where_it_took_part(shelf) -> None:
    used = {one.task: one for one in models_used(Settings(detection=DetectionSettings(model="haar")), shelf)}
    assert used["landmarks"].name == "face-mesh" and used["landmarks"].licence == "Apache-2.0"
    assert "landmarks" not in {one.task for one in models_used(Settings(), shelf)}


@pytest.mark.parametrize("name", ["yunet", "haar", BOXES_ONLY])
def test_cards_say_whether_a_detector_sees_landmarks(name: str, take) -> None:
    model = take(name)
    detector = load_detector(model, DetectionSettings(model=name))
    assert (detector.landmarks == "measured") == model.card.has_landmarks


def test_no_expression_is_read_of_who_does_not_consent_to_it(settings: Settings) -> None:
    identify = NewConsent(frozenset({"identify"}), "1", "")
    with ExitStack() as stack:
        assembly = assemble(settings, stack, SystemClock())
        now = SystemClock().now()
        willing = assembly.stores.people.add_person("Ann", [], now, NewConsent(frozenset(SCOPES), "1", ""))
        refusing = assembly.stores.people.add_person("Bob", [], now, identify)
        own = CameraSettings(source="0", detection=DetectionSettings(model="mtcnn"))
        for tasks in (assembly.tasks, assembly.pipelines.models(own.detection)[0]):
            assert tasks.permission.may_read(willing.person_id)
            assert not tasks.permission.may_read(refusing.person_id)
            assert not tasks.permission.may_read_undecided()


def test_whoever_was_enrolled_before_a_source_begins_is_nobodys_stranger_in_its_first_frames(
    settings: Settings,
) -> None:
    with ExitStack() as stack:
        clock = HandClock()  # stands still: the gallery looks at the store by itself once a second
        assembly = assemble(settings, stack, clock)
        ann = assembly.stores.people.add_person("Ann", [], clock.now(), NewConsent(frozenset(SCOPES), "1", ""))
        assert not assembly.gallery.name_of(ann.person_id)
        assembly.pipelines.build_live("door", CameraSettings(source="0"), stack)
        assert assembly.gallery.name_of(ann.person_id) == "Ann"
