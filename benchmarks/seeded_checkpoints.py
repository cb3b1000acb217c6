"""Networks whose official weights no registry carries, at their full size.

Checkpoints of the published names and shapes with seeded weights are imported as a user imports the official ones, and
what they then give is compared with a forward pass written from the paper.
"""

import resource
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType

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

from mien import wiring
from mien.inference.opening import open_runtime
from mien.inference.session import RuntimeName, RuntimeSettings
from mien.settings import Settings
from mien.vision.importing import Wanted

COLUMNS = ("network", "family", "parameters", "checkpoint MB", "seconds", "difference, ORT", "difference, OpenVINO", "")
RUNTIMES: tuple[RuntimeName, ...] = ("onnxruntime", "openvino")
PICTURES = 2
CLASSES = 8


@dataclass(frozen=True)
class Case:
    """A checkpoint of one family: how it is written, and what its network gives of pictures (n, c, h, w)."""

    network: str
    family: str
    file: str
    write: Callable[[Path], int]
    """Writes the file and returns how many parameters it holds."""
    expected: Callable[[Floats], Floats]
    output: int = 0
    """Which of the outputs it is compared with."""


def main() -> None:
    """Print one row per network; the difference is the largest, as a part of the largest number expected."""
    report, rows = Report("seeded_checkpoints"), []
    with measured() as report.seconds:
        for case in cases():
            rows.append(_row(case))
            print(*rows[-1], flush=True)
    report.facts["peak_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    report.tables.append(Table(f"Full-size seeded checkpoints; at most {TOLERANCE:g} is asked", COLUMNS, rows))
    report.publish()


def cases() -> Iterator[Case]:
    """One after the other: the largest has 145 million parameters."""
    yield from (_arcface(name, units) for name, units in (("R50", iresnet.IRESNET50), ("R100", iresnet.IRESNET100)))
    yield from (_cr_fiqa(name, units) for name, units in (("S", iresnet.IRESNET50), ("L", iresnet.IRESNET100)))
    yield from (_adaface(name, units) for name, units in (("IR-50", adaface.IR50), ("IR-101", adaface.IR101)))
    tensors = facenet.seeded(classes=8631)
    yield _torch("Inception-ResNet-v1", "facenet", tensors, lambda images: facenet.embeddings(tensors, images))
    weights = vgg_face.seeded()
    yield _torch("VGG-16", "vgg-face", weights, lambda images: vgg_face.embeddings(weights, images))
    layers = seeded_tensors(resemotenet.shapes())
    yield _torch("ResEmoteNet", "resemotenet", layers, lambda images: resemotenet.logits(layers, images))
    yield _multitask("ResNet-18", resnet.seeded(), resnet.pooled_features, "backbone.", 512)
    yield _multitask("MobileNetV2", mobilenet_v2.seeded(), mobilenet_v2.pooled_features, "backbone.features.", 1280)
    yield _keras("mini-Xception", "mini-xception", mini_xception.seeded(), mini_xception)
    yield _keras("four convolutions, two dense", "small-cnn", small_cnn.seeded((64, 128, 512, 512), 256), small_cnn)


def _row(case: Case) -> tuple[object, ...]:
    with TemporaryDirectory() as folder:
        file = Path(folder) / case.file
        parameters = case.write(file)
        settings = Settings(home=Path(folder) / "home", accepted_models=("mine",))
        started = time.perf_counter()
        wiring.import_model(settings, Wanted(case.family, (file,), "mine"))
        seconds = time.perf_counter() - started
        model = wiring.build_shelf(settings).take("mine", "f32")
        images = np.random.default_rng(1).uniform(-1, 1, (PICTURES, *model.layout.shape)).astype(np.float32)
        expected = case.expected(images.astype(np.float64))
        found = [
            difference(
                list(open_runtime(RuntimeSettings(name)).load(model.paths[0]).run(images).values())[case.output],
                expected,
            )
            for name in RUNTIMES
        ]
        size = file.stat().st_size / 1e6
    verdict = "right" if max(found) < TOLERANCE else "WRONG"
    return (
        case.network,
        case.family,
        f"{parameters:,}",
        round(size, 1),
        seconds,
        *(f"{one:.1e}" for one in found),
        verdict,
    )


def _torch(network: str, family: str, tensors: Tensors, expected: Callable[[Floats], Floats]) -> Case:
    def write(path: Path) -> int:
        write_zip(path, {"epoch": 1, "state_dict": state_dict(tensors)})
        return sum(values.size for values in tensors.values())

    return Case(network, family, f"{family}.pth", write, expected)


def _arcface(name: str, units: tuple[int, ...]) -> Case:
    tensors = iresnet.seeded(iresnet.shapes(units))
    return _torch(name, "arcface", tensors, lambda images: iresnet.embeddings(tensors, images))


def _cr_fiqa(name: str, units: tuple[int, ...]) -> Case:
    tensors = iresnet.seeded(iresnet.shapes(units, has_quality=True))

    def quality(images: Floats) -> Floats:
        return iresnet.quality(tensors, iresnet.embeddings(tensors, images))

    return replace(_torch(f"{name} (quality)", "cr-fiqa", tensors, quality), output=-1)


def _adaface(name: str, units: tuple[int, ...]) -> Case:
    tensors = adaface.seeded(adaface.shapes(units))

    def write(path: Path) -> int:
        write_zip(path, {"epoch": 3, "state_dict": state_dict(tensors, prefix="model.")})
        return sum(values.size for values in tensors.values())

    return Case(name, "adaface", "adaface.ckpt", write, lambda images: adaface.embeddings(tensors, images, units))


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

    def write(path: Path) -> int:
        write_stream(path, state_dict(tensors))
        return sum(values.size for values in tensors.values())

    def expected(images: Floats) -> Floats:
        return dense(features(backbone, images), heads["emotion_head.weight"], heads["emotion_head.bias"])

    return Case(name, "multitask", "multitask.pth", write, expected)


def _keras(name: str, family: str, network: Mapping[str, Mapping[str, Floats]], reference: ModuleType) -> Case:
    def write(path: Path) -> int:
        write_keras_2(path, reference.keras_layers(network), is_sequential=reference is small_cnn)
        return sum(values.size for weights in network.values() for values in weights.values())

    return Case(name, family, "network.h5", write, lambda images: reference.probabilities(network, images))


if __name__ == "__main__":
    main()
