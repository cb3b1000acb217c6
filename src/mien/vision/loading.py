"""From an installed model to a task object that is ready for use: one table per task."""

import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Literal, TypeVar

from mien.domain.emotions import expression_of
from mien.domain.errors import ModelCorrupt, ModelMismatch
from mien.domain.faces import AnyCropSpec, BoxCropSpec, CropSpec, EmbeddingModel
from mien.inference.file_metadata import read_metadata
from mien.inference.installed import InstalledModel
from mien.inference.model_card import BoxLayout, CropLayout, InputLayout, ModelCard, Task
from mien.inference.session import Session
from mien.vision.detection.detector import DetectionSettings, Detector
from mien.vision.detection.families.blazeface import BlazeFaceDetector
from mien.vision.detection.families.centerface import CenterFaceDetector
from mien.vision.detection.families.haar import HaarDetector
from mien.vision.detection.families.mtcnn import MtcnnDetector
from mien.vision.detection.families.retinaface import RetinaFaceDetector
from mien.vision.detection.families.scrfd import ScrfdDetector
from mien.vision.detection.families.ultraface import UltraFaceDetector
from mien.vision.detection.families.yolo_face import YoloV5FaceDetector, YoloV8FaceDetector
from mien.vision.detection.families.yunet import YuNetDetector
from mien.vision.emotion.classifier import EmotionClassifier
from mien.vision.emotion.mesh_classifier import MeshClassifier
from mien.vision.emotion.network_classifier import NetworkClassifier
from mien.vision.eyes.contours import MediaPipeEyes
from mien.vision.eyes.eyes import EyeReader
from mien.vision.landmarks.face_mesh import MediaPipeMesher
from mien.vision.landmarks.mesh import FaceMesher
from mien.vision.liveness.liveness import LivenessJudge
from mien.vision.liveness.minifasnet import MiniFasNet
from mien.vision.mesh_network import MeshNetwork
from mien.vision.network_input import NetworkInput
from mien.vision.pose.from_landmarks import LandmarkPose
from mien.vision.pose.fsanet import FsaNet
from mien.vision.pose.head_pose import PoseEstimator
from mien.vision.quality.assessor import QualityAssessor
from mien.vision.quality.measured_assessor import CERTAINTY, Curve, MeasuredAssessor
from mien.vision.quality.network_assessor import CURVES, NetworkAssessor, QualityNetwork
from mien.vision.recognition.arcface import ArcFaceRecogniser
from mien.vision.recognition.lbph import LbphRecogniser
from mien.vision.recognition.quality_head import read_head
from mien.vision.recognition.recogniser import Recogniser

_log = logging.getLogger(__name__)
Built = TypeVar("Built")


def load_detector(model: InstalledModel, settings: DetectionSettings) -> Detector:
    """The detector of a model; raises ModelMismatch for one of another task, ModelCorrupt for a file that fails."""
    return _builder(DETECTORS, model, "detection")(model, replace(settings, model=model.name))


def load_recogniser(model: InstalledModel, detector: str) -> Recogniser:
    """The recogniser of a model.

    ``detector`` names the detector whose landmarks or boxes place its crops: embeddings depend on it. Raises
    ModelMismatch for a model of another task or family, ModelCorrupt for a file that does not load.
    """
    return _builder(RECOGNISERS, model, "recognition")(model, detector)


def load_classifier(model: InstalledModel) -> EmotionClassifier:
    """The expression classifier of a model.

    Raises ModelMismatch for a model of another task or family, or whose labels are not those its file states;
    ModelCorrupt for a file that does not load.
    """
    return _builder(CLASSIFIERS, model, "emotion")(model)


def load_assessor(model: InstalledModel) -> QualityAssessor:
    """The judge of pictures of a model; raises ModelMismatch for one of another task, ModelCorrupt.

    A network whose numbers have no measured scale decides nothing: the built-in judge stands in for it, with a warning.
    """
    return _builder(ASSESSORS, model, "quality")(model)


def judges_by_itself(card: ModelCard) -> bool:
    """Whether the numbers of a quality network have a scale, so that nothing stands in for it."""
    return bool(card.score_curve) or card.family in CURVES


def load_quality_network(model: InstalledModel) -> QualityNetwork:
    """The network behind a judge of pictures, on a scale of its own; raises ModelMismatch, ModelCorrupt."""
    return QualityNetwork(_loaded(model), network_input(model))


def load_judge(model: InstalledModel) -> LivenessJudge:
    """The judge of liveness of a model; raises ModelMismatch for one of another task, ModelCorrupt."""
    return _builder(JUDGES, model, "liveness")(model)


def load_pose_estimator(model: InstalledModel) -> PoseEstimator:
    """What a model has to say of where heads turn; raises ModelMismatch for one of another task, ModelCorrupt."""
    return _builder(POSE_ESTIMATORS, model, "pose")(model)


def load_mesher(model: InstalledModel) -> FaceMesher:
    """What finds dense landmarks by a model; raises ModelMismatch for one of another task, ModelCorrupt."""
    return _builder(MESHERS, model, "landmarks")(model)


def load_eye_reader(model: InstalledModel) -> EyeReader:
    """What tells by a model how far eyes are open; raises ModelMismatch for one of another task, ModelCorrupt."""
    return _builder(EYE_READERS, model, "eyes")(model)


def _arcface(model: InstalledModel, detector: str) -> Recogniser:
    layout = model.layout
    taken = network_input(model)
    session = model.load((1, *layout.shape))
    assert layout.crop is not None
    embedding_model = EmbeddingModel(model.name, layout.crop.alignment, detector, model.precision)
    return ArcFaceRecogniser(session, taken, embedding_model, read_head(model.head) if model.head else None)


def _network_classifier(model: InstalledModel) -> EmotionClassifier:
    taken = network_input(model)
    session = model.load((1, *model.layout.shape))
    _check_labels(model)
    return NetworkClassifier(session, taken, model.card.labels, model.card.output)


def _mesh_classifier(model: InstalledModel) -> EmotionClassifier:
    _check_labels(model)
    meshes = MeshNetwork(model.load(file=1), model.layout)
    return MeshClassifier(meshes, model.load(), network_input(model).crop, model.card.labels)


def _check_labels(model: InstalledModel) -> None:
    """Raises ModelMismatch where the first file states other labels than the card has."""
    stated = stated_labels(model.paths[0])
    if stated and stated != model.card.labels:
        raise ModelMismatch(f"the card of {model.name} has the labels {model.card.labels}, its file states {stated}")


def _lbph(model: InstalledModel, detector: str) -> Recogniser:
    crop = model.layout.crop
    alignment = crop.alignment if crop else ""
    return LbphRecogniser(network_input(model).crop, EmbeddingModel(model.name, alignment, detector, model.precision))


def _network_assessor(model: InstalledModel) -> QualityAssessor:
    card = model.card
    curve = CURVES.get(card.family)
    if card.score_curve:
        curve = Curve(CERTAINTY.reason, *zip(*card.score_curve, strict=True))
    if curve is None:
        text = "%s gives numbers without a measured scale: the built-in judge decides until mien models calibrate %s"
        _log.warning(text, card.name, card.name)
        return MeasuredAssessor()
    return NetworkAssessor(load_quality_network(model), curve)


def _measured(_: InstalledModel) -> QualityAssessor:
    return MeasuredAssessor()


def _minifasnet(model: InstalledModel) -> LivenessJudge:
    inputs = [network_input(model, file) for file in range(len(model.paths))]
    return MiniFasNet([_loaded(model, file) for file in range(len(model.paths))], inputs)


def _fsanet(model: InstalledModel) -> PoseEstimator:
    return FsaNet([_loaded(model, file) for file in range(len(model.paths))], network_input(model))


def _five_points(_: InstalledModel) -> PoseEstimator:
    return LandmarkPose()


def _loaded(model: InstalledModel, file: int = 0) -> Session:
    return model.load((1, *model.layout.shape), file)


DETECTORS: Mapping[str, Callable[[InstalledModel, DetectionSettings], Detector]] = MappingProxyType(
    {
        "yunet": YuNetDetector,
        "scrfd": ScrfdDetector,
        "retinaface": RetinaFaceDetector,
        "yolov5-face": YoloV5FaceDetector,
        "yolov8-face": YoloV8FaceDetector,
        "mtcnn": MtcnnDetector,
        "haar": HaarDetector,
        "blazeface": BlazeFaceDetector,
        "centerface": CenterFaceDetector,
        "ultraface": UltraFaceDetector,
    }
)
RECOGNISERS: Mapping[str, Callable[[InstalledModel, str], Recogniser]] = MappingProxyType(
    {
        **dict.fromkeys(("arcface", "edgeface", "sface", "adaface", "facenet", "vgg-face"), _arcface),
        "lbph": _lbph,
    }
)
CLASSIFIERS: Mapping[str, Callable[[InstalledModel], EmotionClassifier]] = MappingProxyType(
    {
        **dict.fromkeys(
            ("resemotenet", "multitask", "hsemotion", "mini-xception", "small-cnn", "fer-mobilefacenet", "lab"),
            _network_classifier,
        ),
        "landmarks": _mesh_classifier,
    }
)
ASSESSORS: Mapping[str, Callable[[InstalledModel], QualityAssessor]] = MappingProxyType(
    {"measured": _measured, **dict.fromkeys(("lightqnet", "qualityface", "cr-fiqa"), _network_assessor)}
)
JUDGES: Mapping[str, Callable[[InstalledModel], LivenessJudge]] = MappingProxyType({"minifasnet": _minifasnet})
POSE_ESTIMATORS: Mapping[str, Callable[[InstalledModel], PoseEstimator]] = MappingProxyType(
    {"five-points": _five_points, "fsanet": _fsanet}
)
MESHERS: Mapping[str, Callable[[InstalledModel], FaceMesher]] = MappingProxyType({"face-mesh": MediaPipeMesher})
EYE_READERS: Mapping[str, Callable[[InstalledModel], EyeReader]] = MappingProxyType({"eye-contours": MediaPipeEyes})


def network_input(model: InstalledModel, file: int = 0) -> NetworkInput:
    """How one file of a model wants its faces cut and normalised; raises ModelMismatch where its card does not say."""
    layout = model.layout
    crops = (layout.crop, *layout.more_crops)
    crop = crops[file] if file < len(crops) else None
    depths = (1, 3) if layout.channels == "grey" else (3,)
    if crop is None or layout.shape[0] not in depths or layout.shape[1:] != (crop.size, crop.size):
        raise ModelMismatch(f"the card of {model.name} has an input of {layout.shape}, which does not fit its crop")
    repeats = layout.shape[0] if layout.channels == "grey" else 1
    return NetworkInput(_crop_spec(crop, layout), layout.channels, layout.mean, layout.scale, repeats)


def _crop_spec(crop: CropLayout | BoxLayout, layout: InputLayout) -> AnyCropSpec:
    channels: Literal["grey", "bgr"] = "grey" if layout.channels == "grey" else "bgr"
    if isinstance(crop, CropLayout):
        return CropSpec(crop.size, crop.template, channels)
    return BoxCropSpec(crop.size, crop.box_scale, channels, crop.is_square, crop.is_inside, crop.resampling)


def stated_labels(path: Path) -> tuple[str, ...]:
    """The labels that an ONNX file itself states under ``labels`` in its metadata, as a JSON list; empty if none.

    Words for an expression that mien has a label for are that label.
    """
    text = read_metadata(path).get("labels", "[]")
    try:
        return tuple(expression_of(str(label)) for label in json.loads(text))
    except (TypeError, ValueError) as error:
        raise ModelCorrupt(f"the labels that {path.name} states are no JSON list: {text[:80]!r}") from error


def _builder(table: Mapping[str, Built], model: InstalledModel, task: Task) -> Built:
    card = model.card
    if card.task != task or card.family not in table:
        raise ModelMismatch(
            f"{card.name} is a {card.task} model of the family {card.family}, "
            f"expected {task} of one of {', '.join(table)}"
        )
    return table[card.family]
