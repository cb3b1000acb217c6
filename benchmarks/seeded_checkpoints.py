"""Networks whose official weights no registry carries, at their full size.

Checkpoints of the published names and shapes with seeded weights are imported as a user imports the official ones, and
what they then give is compared with a forward pass written from the paper.
"""

import resource
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType

import h5py
import numpy as np
from benchmarks.parts.report import Report, Table, measured
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
from tests.reference.layers import Floats, dense
from tests.support.both_runtimes import TOLERANCE, difference
from tests.support.checkpoints import Tensors, seeded_tensors, state_dict, write_stream, write_zip
from tests.support.keras_files import write_keras_2

from mien.inference.opening import open_runtime
from mien.inference.session import RuntimeName, RuntimeSettings
from mien.settings import Settings
from mien.vision.importing import Wanted
from mien.wiring.importing import import_model
from mien.wiring.models import build_shelf

COLUMNS = ("network", "family", "parameters", "checkpoint MB", "seconds", "difference, ORT", "difference, OpenVINO")
RUNTIMES: tuple[RuntimeName, ...] = ("onnxruntime", "openvino")
PICTURES = 2
CLASSES = 8


@dataclass(frozen=True)
class Case:
    """A checkpoint of one family: how it is written, how many parameters it holds, and what its network gives.

    ``expected`` takes pictures (n, c, h, w) and gives the outputs in the order of the converted network.
    """

    network: str
    family: str
    file: str
    parameters: int
    write: Callable[[Path], object]
    expected: Callable[[Floats], tuple[Floats, ...]]


def main() -> None:
    """Print one row per network; the difference is the largest, as a part of the largest number expected.

    Ends with an error where one is not as near as it has to be.
    """
    report, rows = Report("seeded_checkpoints"), []
    with measured() as report.seconds:
        for case in cases():
            rows.append(_row(case))
            print(*rows[-1], sep=" | ", flush=True)
    report.facts["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    report.tables.append(Table(f"Full-size seeded checkpoints; at most {TOLERANCE:g} is asked", COLUMNS, rows))
    report.publish()
    if wrong := [row[0] for row in rows if max(float(row[-1]), float(row[-2])) >= TOLERANCE]:
        sys.exit(f"these networks do not compute what their papers say: {', '.join(map(str, wrong))}")


def cases() -> Iterator[Case]:
    """One after the other: the largest has 145 million parameters."""
    for name, units in (("R50", iresnet.IRESNET50), ("R100", iresnet.IRESNET100)):
        yield _torch(name, "arcface", iresnet.seeded(iresnet.shapes(units)), lambda t, x: (iresnet.embeddings(t, x),))
    for name, units in (("CR-FIQA(S)", iresnet.IRESNET50), ("CR-FIQA(L)", iresnet.IRESNET100)):
        yield _torch(name, "cr-fiqa", iresnet.seeded(iresnet.shapes(units, has_quality=True)), _with_quality)
    for name, units in (("IR-50", adaface.IR50), ("IR-101", adaface.IR101)):
        yield _adaface(name, units)
    yield _torch(
        "Inception-ResNet-v1", "facenet", facenet.seeded(classes=8631), lambda t, x: (facenet.embeddings(t, x),)
    )
    vgg = vgg_face.seeded()
    yield _torch("VGG-16", "vgg-face", vgg, lambda t, x: (vgg_face.embeddings(t, x),))
    yield Case(
        "VGG-16, Keras",
        "vgg-face",
        "vgg_face_weights.h5",
        _parameters(vgg),
        lambda path: _write_keras_weights(path, vgg),
        lambda x: (vgg_face.embeddings(vgg, x),),
    )
    yield _torch(
        "ResEmoteNet",
        "resemotenet",
        seeded_tensors(resemotenet.shapes()),
        lambda t, x: (resemotenet.logits(t, x),),
    )
    yield _multitask("ResNet-18", resnet.seeded(), resnet.pooled_features, "backbone.", 512)
    yield _multitask("MobileNetV2", mobilenet_v2.seeded(), mobilenet_v2.pooled_features, "backbone.features.", 1280)
    yield _keras("mini-Xception", "mini-xception", mini_xception.seeded(), mini_xception)
    yield _keras("four convolutions, two dense", "small-cnn", small_cnn.seeded((64, 128, 512, 512), 256), small_cnn)


def _row(case: Case) -> tuple[object, ...]:
    with TemporaryDirectory() as folder:
        file = Path(folder) / case.file
        case.write(file)
        settings = Settings(home=Path(folder) / "home", accepted_models=("mine",))
        started = time.perf_counter()
        import_model(settings, Wanted(case.family, (file,), "mine"))
        seconds = time.perf_counter() - started
        model = build_shelf(settings).take("mine", "f32")
        images = np.random.default_rng(1).uniform(-1, 1, (PICTURES, *model.layout.shape)).astype(np.float32)
        expected = case.expected(images.astype(np.float64))
        differences = []
        for name in RUNTIMES:
            found = open_runtime(RuntimeSettings(name)).load(model.paths[0]).run(images).values()
            differences.append(max(difference(one, other) for one, other in zip(found, expected, strict=True)))
        size = file.stat().st_size / 1e6
    told = (f"{one:.1e}" for one in differences)
    return case.network, case.family, f"{case.parameters:,}", round(size, 1), seconds, *told


def _torch(
    network: str, family: str, tensors: Tensors, expected: Callable[[Tensors, Floats], tuple[Floats, ...]]
) -> Case:
    return Case(
        network,
        family,
        f"{family}.pth",
        _parameters(tensors),
        lambda path: write_zip(path, {"epoch": 1, "state_dict": state_dict(tensors)}),
        lambda images: expected(tensors, images),
    )


def _with_quality(tensors: Tensors, images: Floats) -> tuple[Floats, ...]:
    embeddings = iresnet.embeddings(tensors, images)
    return embeddings, iresnet.quality(tensors, embeddings)


def _adaface(name: str, units: tuple[int, ...]) -> Case:
    tensors = adaface.seeded(adaface.shapes(units))
    return Case(
        name,
        "adaface",
        "adaface.ckpt",
        _parameters(tensors),
        lambda path: write_zip(path, {"epoch": 3, "state_dict": state_dict(tensors, prefix="model.")}),
        lambda images: (adaface.embeddings(tensors, images, units),),
    )


def _multitask(
    name: str, backbone: Tensors, features: Callable[[Tensors, Floats], Floats], prefix: str, width: int
) -> Case:
    heads = seeded_tensors(
        {
            "emotion_head.weight": (CLASSES, width),
            "emotion_head.bias": (CLASSES,),
            "va_head.weight": (2, width),
            "va_head.bias": (2,),
        }
    )
    tensors = {f"{prefix}{part}": values for part, values in backbone.items()} | heads

    def expected(images: Floats) -> tuple[Floats, ...]:
        seen = features(backbone, images)
        classes, regressed = (
            dense(seen, heads[f"{head}.weight"], heads[f"{head}.bias"]) for head in ("emotion_head", "va_head")
        )
        return classes, regressed.clip(-1, 1)

    return Case(
        name,
        "multitask",
        "multitask.pth",
        _parameters(tensors),
        lambda path: write_stream(path, state_dict(tensors)),
        expected,
    )


def _keras(name: str, family: str, network: Mapping[str, Mapping[str, Floats]], reference: ModuleType) -> Case:
    return Case(
        name,
        family,
        "network.h5",
        sum(_parameters(weights) for weights in network.values()),
        lambda path: write_keras_2(path, reference.keras_layers(network), is_sequential=reference is small_cnn),
        lambda images: (reference.probabilities(network, images),),
    )


def _write_keras_weights(path: Path, tensors: Tensors) -> None:
    """As ``Sequential.save_weights`` does: a group for each layer."""
    with h5py.File(path, "w") as file:
        layers = vgg_face.keras_layers(tensors)
        file.attrs["layer_names"] = [f"conv2d_{number}".encode() for number in range(1, len(layers) + 1)]
        for number, weights in enumerate(layers, start=1):
            name = f"conv2d_{number}"
            parts = [f"{name}/{part}:0" for part in ("kernel", "bias")]
            group = file.create_group(name)
            group.attrs["weight_names"] = [part.encode() for part in parts]
            for part, values in zip(parts, weights, strict=True):
                group[part] = values


def _parameters(tensors: Mapping[str, Floats]) -> int:
    return sum(values.size for values in tensors.values())


if __name__ == "__main__":
    main()
