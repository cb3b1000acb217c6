"""A small network with seeded weights for every family, and layout of a family, whose official files nobody ships.

The files are of the kind, names and layers of the official ones, a fraction as wide but for their embeddings. Beside
each stands what its network gives of a face, by numpy alone: the pixels prepared as the authors' own code prepares
them, and the forward pass of their paper. The scores of expression networks rise with the index of the class.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tests.reference import (
    adaface,
    facenet,
    iresnet,
    mini_xception,
    mobilenet_v2,
    resemotenet,
    resnet,
    small_cnn,
    vgg_face,
)
from tests.reference.layers import dense, relu
from tests.support import layered_families, marker_detectors
from tests.support.checkpoints import Tensors, seeded_tensors, state_dict, write_stream, write_zip
from tests.support.keras_files import Weights, write_keras_2
from tests.support.layered_families import QUIET
from tests.support.layered_files import Floats, LayeredNetwork

from mien.inference.catalog import load_catalog

Images = NDArray[np.uint8]
Outputs = tuple[Floats, ...]
KerasNetwork = Mapping[str, Weights]
UNITS, WIDTH, EMBEDDING = (1, 1, 2, 1), 4, 512
"""Of the residual networks."""


@dataclass(frozen=True)
class FamilyModel:
    """A file to be imported, called ``file``, and what its network gives.

    ``planes`` takes faces (n, h, w, 3) BGR or (n, h, w, 1) grey, ``outputs`` what that gives; of detectors there is
    neither. ``score_curve`` is the scale of a quality network, as calibrating it would find it.
    """

    name: str
    family: str
    file: str
    write: Callable[[Path], object]
    planes: Callable[[Images], Floats] | None = None
    outputs: Callable[[Floats], Outputs] | None = None
    score_curve: tuple[tuple[float, float], ...] = ()

    @property
    def task(self) -> str:
        return load_catalog().family(self.family).task

    def expected(self, images: Images) -> Outputs:
        """The outputs of the network for faces."""
        assert self.planes is not None and self.outputs is not None
        return self.outputs(self.planes(images))


def shipped(task: str) -> list[str]:
    """The models of a task that the catalogue lists."""
    return [card.name for card in load_catalog().cards(task)]


def seeded(task: str) -> list[str]:
    """The models of a task that are made here."""
    return [name for name, model in FAMILY_MODELS.items() if model.task == task]


def _colours(mean: float | tuple[float, ...], scale: float, is_bgr: bool = False) -> Callable[[Images], Floats]:
    """``(pixel - mean) / scale``, RGB unless it ``is_bgr``."""

    def planes(images: Images) -> Floats:
        ordered = (images if is_bgr else images[..., ::-1]).astype(np.float64)
        return ((ordered - np.array(mean)) / scale).transpose(0, 3, 1, 2)

    return planes


def _of_imagenet(images: Images) -> Floats:
    """RGB, or grey three times, in 0..1, less the mean and divided by the deviation of ImageNet."""
    colours = images[..., ::-1] if images.shape[3] == 3 else images.repeat(3, axis=3)
    mean, deviation = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
    return ((colours / 255 - mean) / deviation).transpose(0, 3, 1, 2)


def _grey(mean: float, scale: float) -> Callable[[Images], Floats]:
    """The grey plane in 0..1, less the mean and divided by the scale."""
    return lambda images: ((images / 255 - mean) / scale).transpose(0, 3, 1, 2)


@cache
def _iresnet() -> Tensors:
    return iresnet.seeded(iresnet.shapes(UNITS, WIDTH, EMBEDDING))


@cache
def _cr_fiqa() -> Tensors:
    """Most of its qualities lie within 0..2.3."""
    tensors = iresnet.seeded(iresnet.shapes(UNITS, WIDTH, EMBEDDING, has_quality=True))
    quality = {"qs.weight": tensors["qs.weight"] * np.float32(0.3), "qs.bias": np.full(1, 1.15, np.float32)}
    return tensors | quality


def _with_quality(tensors: Tensors, planes: Floats) -> Outputs:
    vectors = iresnet.embeddings(tensors, planes)
    return vectors, iresnet.quality(tensors, vectors)


@cache
def _adaface() -> Tensors:
    return adaface.seeded(adaface.shapes(UNITS, WIDTH, EMBEDDING))


@cache
def _facenet() -> Tensors:
    return facenet.seeded(1 / 8, EMBEDDING)


@cache
def _vgg_face() -> Tensors:
    return vgg_face.seeded(1 / 16, classes=5, hidden=96)


@cache
def _resemotenet() -> Tensors:
    return _rising(seeded_tensors(resemotenet.shapes(WIDTH)), "fc4", quiet=0.02)


@cache
def _resnet() -> Tensors:
    return resnet.seeded(WIDTH)


@cache
def _mobilenet() -> Tensors:
    return mobilenet_v2.seeded(1 / 8)


@cache
def _on_resnet() -> Tensors:
    """As published: the backbone as ``Sequential(*children)`` numbers it, a hidden layer in each head."""
    numbers = {"conv1": "0", "bn1": "1", "layer1": "4", "layer2": "5", "layer3": "6", "layer4": "7"}
    tensors: Tensors = {}
    for name, values in _resnet().items():
        part, _, rest = name.partition(".")
        tensors[f"shared_backbone.{numbers[part]}.{rest}"] = values
    tensors |= _linear("emotion_classifier.1", 32, 16) | _linear("emotion_classifier.4", 16, 8)
    tensors |= _linear("va_regressor.1", 32, 12) | _linear("va_regressor.4", 12, 2)
    return _rising(tensors, "emotion_classifier.4")


@cache
def _on_mobilenet() -> Tensors:
    """A single layer for each head."""
    tensors = {f"backbone.features.{name}": values for name, values in _mobilenet().items()}
    tensors |= _linear("expression_head", 160, 8) | _linear("va_head", 160, 2)
    tensors["va_head.weight"] *= np.float32(0.3)
    return _rising(tensors, "expression_head")


def _resnet_heads(tensors: Tensors, planes: Floats) -> Outputs:
    seen = resnet.pooled_features(_resnet(), planes)
    classes, regressed = (
        _through(tensors, f"{head}.4", relu(_through(tensors, f"{head}.1", seen)))
        for head in ("emotion_classifier", "va_regressor")
    )
    return classes, np.tanh(regressed)


def _mobilenet_heads(tensors: Tensors, planes: Floats) -> Outputs:
    seen = mobilenet_v2.pooled_features(_mobilenet(), planes)
    return _through(tensors, "expression_head", seen), _through(tensors, "va_head", seen).clip(-1, 1)


def _through(tensors: Tensors, layer: str, values: Floats) -> Floats:
    return dense(values, tensors[f"{layer}.weight"], tensors[f"{layer}.bias"])


def _linear(name: str, before: int, after: int) -> Tensors:
    return seeded_tensors({f"{name}.weight": (after, before), f"{name}.bias": (after,)})


def _rising(tensors: Tensors, layer: str, quiet: float = QUIET) -> Tensors:
    weight = tensors[f"{layer}.weight"] * np.float32(quiet)
    return tensors | {f"{layer}.weight": weight, f"{layer}.bias": np.arange(len(weight), dtype=np.float32)}


@cache
def _mini_xception() -> KerasNetwork:
    return _rising_keras(mini_xception.seeded(2), f"conv2d_{mini_xception.MODULES + 3}", quiet=0.003)


@cache
def _small_cnn() -> KerasNetwork:
    return _rising_keras(small_cnn.seeded(), "scores")


def _rising_keras(network: KerasNetwork, layer: str, quiet: float = QUIET) -> KerasNetwork:
    kernel, bias = network[layer]["kernel"], network[layer]["bias"]
    last = {"kernel": kernel * np.float32(quiet), "bias": np.arange(len(bias), dtype=np.float32)}
    return {**network, layer: last}


def _logarithms(reference: ModuleType) -> Callable[[KerasNetwork, Floats], Floats]:
    """Scores whose softmax are the probabilities that the network gives."""
    return lambda network, planes: np.log(reference.probabilities(network, planes))


def _saved(tensors: Callable[[], Tensors], name: str = "", prefix: str = "") -> Callable[[Path], Path]:
    """A checkpoint of today: the state dict alone, or under a name beside the epoch."""

    def write(path: Path) -> Path:
        state = state_dict(tensors(), prefix)
        return write_zip(path, {"epoch": 3, name: state} if name else state)

    return write


def _saved_early(tensors: Callable[[], Tensors]) -> Callable[[Path], Path]:
    """A checkpoint as torch wrote it before 1.6."""
    return lambda path: write_stream(path, state_dict(tensors()))


def _in_keras(network: Callable[[], KerasNetwork], reference: ModuleType) -> Callable[[Path], Path]:
    return lambda path: write_keras_2(path, reference.keras_layers(network()), is_sequential=reference is small_cnn)


def _forward(
    network: Callable[[], Any], formula: Callable[[Any, Floats], Floats | Outputs]
) -> Callable[[Floats], Outputs]:
    """The outputs of a forward pass that takes the weights and the planes."""

    def outputs(planes: Floats) -> Outputs:
        found = formula(network(), planes)
        return found if isinstance(found, tuple) else (found,)

    return outputs


def _layered(network: Callable[[], tuple[LayeredNetwork, str]]) -> Callable[[Floats], Outputs]:
    return _forward(network, lambda built, planes: built[0].compute(built[1], planes))


def _hsemotion(name: str, file: str, classes: int, has_affect: bool, side_px: int) -> FamilyModel:
    def outputs(planes: Floats) -> Outputs:
        network, value = layered_families.hsemotion(classes, has_affect)
        scores = network.compute(value, planes)
        return (scores[:, :classes], scores[:, classes:].clip(-1, 1)) if has_affect else (scores,)

    def write(path: Path) -> Path:
        return layered_families.write_hsemotion(path, classes, has_affect, side_px)

    return FamilyModel(name, "hsemotion", file, write, _of_imagenet, outputs)


_MODELS = (
    FamilyModel("seeded-yolov8-face", "yolov8-face", "yolov8n-face.onnx", marker_detectors.write_yolov8),
    FamilyModel("seeded-yolov8-face-raw", "yolov8-face", "yolov8n-face.onnx", marker_detectors.write_yolov8_raw),
    FamilyModel("seeded-scrfd-without-keypoints", "scrfd", "scrfd_10g.onnx", marker_detectors.write_scrfd),
    FamilyModel("seeded-retinaface", "retinaface", "FaceDetector.onnx", marker_detectors.write_retinaface),
    FamilyModel(
        "seeded-arcface", "arcface", "backbone.pth",
        _saved(_iresnet), _colours(127.5, 127.5), _forward(_iresnet, iresnet.embeddings),
    ),
    FamilyModel(
        "seeded-sface", "sface", "face_recognition_sface_2021dec.onnx",
        layered_families.write_sface, _colours(0, 1), _layered(layered_families.sface),
    ),
    FamilyModel(
        "seeded-adaface", "adaface", "adaface_ir50_ms1mv2.ckpt",
        _saved(_adaface, "state_dict", "model."), _colours(127.5, 127.5, is_bgr=True),
        _forward(_adaface, lambda tensors, planes: adaface.embeddings(tensors, planes, UNITS)),
    ),
    FamilyModel(
        "seeded-facenet", "facenet", "20180402-114759-vggface2.pt",
        _saved_early(_facenet), _colours(127.5, 128), _forward(_facenet, facenet.embeddings),
    ),
    FamilyModel(
        "seeded-vgg-face", "vgg-face", "vgg_face_dag.pth",
        _saved_early(_vgg_face), _colours((129.1863, 104.7624, 93.5940), 1), _forward(_vgg_face, vgg_face.embeddings),
    ),
    FamilyModel(
        "seeded-resemotenet", "resemotenet", "fer2013_model.pth",
        _saved(_resemotenet, "model_state_dict"), _of_imagenet, _forward(_resemotenet, resemotenet.logits),
    ),
    FamilyModel(
        "seeded-multitask-resnet", "multitask", "best_model.pth",
        _saved(_on_resnet, "model_state_dict"), _of_imagenet, _forward(_on_resnet, _resnet_heads),
    ),
    FamilyModel(
        "seeded-multitask-mobilenet", "multitask", "best_model.pth",
        _saved(_on_mobilenet), _of_imagenet, _forward(_on_mobilenet, _mobilenet_heads),
    ),
    _hsemotion("seeded-hsemotion-8", "enet_b0_8_best_afew.onnx", 8, False, 224),
    _hsemotion("seeded-hsemotion-7", "enet_b2_7.onnx", 7, False, 260),
    _hsemotion("seeded-hsemotion-8-va", "enet_b0_8_va_mtl.onnx", 8, True, 224),
    FamilyModel(
        "seeded-mini-xception", "mini-xception", "fer2013_mini_XCEPTION.102-0.66.hdf5",
        _in_keras(_mini_xception, mini_xception), _grey(0.5, 0.5), _forward(_mini_xception, _logarithms(mini_xception)),
    ),
    FamilyModel(
        "seeded-small-cnn", "small-cnn", "model.h5",
        _in_keras(_small_cnn, small_cnn), _grey(0, 1), _forward(_small_cnn, _logarithms(small_cnn)),
    ),
    FamilyModel(
        "seeded-fer-mobilefacenet", "fer-mobilefacenet", "facial_expression_recognition_mobilefacenet_2022july.onnx",
        layered_families.write_fer_mobilefacenet, _colours(127.5, 127.5), _layered(layered_families.fer_mobilefacenet),
    ),
    FamilyModel(
        "seeded-cr-fiqa", "cr-fiqa", "32572backbone.pth",
        _saved(_cr_fiqa), _colours(127.5, 127.5), _forward(_cr_fiqa, _with_quality),
        score_curve=((0.0, 0.1), (1.5, 0.7), (2.3, 1.0)),
    ),
)  # fmt: skip
FAMILY_MODELS: Mapping[str, FamilyModel] = {model.name: model for model in _MODELS}
