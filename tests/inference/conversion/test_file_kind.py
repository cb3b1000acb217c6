"""A model file is recognised by what is in it, and what cannot be used is refused with the reason and a way out."""

import bz2
import gzip
import io
import json
import lzma
import pickle
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from tests.reference import small_cnn
from tests.support.checkpoints import state_dict, write_stream, write_zip
from tests.support.keras_files import write_archive, write_keras_2
from tests.support.tflite_files import TfliteNetwork

from mien.domain.errors import ModelCorrupt
from mien.inference.conversion.file_kind import file_kind

TENSORS = {"weight": np.ones((2, 3), np.float32)}


def onnx_file(path: Path) -> Path:
    values = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", 3]) for name in ("images", "logits")]
    graph = helper.make_graph([helper.make_node("Relu", ["images"], ["logits"])], "net", values[:1], values[1:])
    onnx.save(helper.make_model(graph), path)
    return path


def torch_stream(path: Path) -> Path:
    write_stream(path, state_dict(TENSORS))
    return path


def torch_zip(path: Path) -> Path:
    write_zip(path, state_dict(TENSORS))
    return path


def keras_hdf5(path: Path) -> Path:
    return write_keras_2(path, small_cnn.keras_layers(small_cnn.seeded()))


def keras_archive(path: Path) -> Path:
    return write_archive(path, small_cnn.keras_layers(small_cnn.seeded()))


def frozen_graph(path: Path) -> Path:
    """A GraphDef of one node: its name and its operation."""
    node = b"\x0a\x05input\x12\x0bPlaceholder"
    path.write_bytes(b"\x0a" + bytes([len(node)]) + node)
    return path


def tflite(path: Path) -> Path:
    network = TfliteNetwork()
    pictures, result = network.tensor(1, 4, 4, 1), network.tensor(1, 4, 4, 1)
    return network.write(path, [pictures], [network.operation("RELU", [pictures], result)])


@pytest.mark.parametrize(
    ("write", "kind"),
    [
        (onnx_file, "onnx"),
        (torch_stream, "torch"),
        (torch_zip, "torch"),
        (keras_hdf5, "keras"),
        (keras_archive, "keras"),
        (frozen_graph, "tensorflow"),
        (tflite, "tflite"),
    ],
)
def test_kinds_are_recognised_whatever_the_name(write: Callable[[Path], Path], kind: str, tmp_path: Path) -> None:
    assert file_kind(write(tmp_path / "model.bin")) == kind


def test_published_files_are_recognised(shared: Path) -> None:
    models = shared / "models"
    assert file_kind(models / "lightqnet/lightqnet-dm100.pb") == "tensorflow"
    assert file_kind(models / "mini_xception/fer2013_mini_XCEPTION.102-0.66.hdf5") == "keras"
    assert file_kind(models / "edgeface/edgeface_xs_q.pt") == "torch"
    assert file_kind(models / "minifasnet/2.7_80x80_MiniFASNetV2.pth") == "torch"
    assert file_kind(models / "scrfd/scrfd_500m_kps.onnx") == "onnx"


def zipped(**members: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "."), content)
    return stream.getvalue()


SKLEARN = b"\x80\x04\x95\x20\x00\x00\x00\x00\x00\x00\x00\x8c\x13sklearn.svm._classes\x94\x8c\x03SVC\x94\x93\x94."
SAFETENSORS = json.dumps({"weight": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
REFUSED = {
    "pack": (
        zipped(buffalo_s__det_500m__onnx=b"onnx", buffalo_s__w600k_mbf__onnx=b"onnx"),
        "ONNX files; unpack it .* recognisers .w600k_.. as arcface and the detectors .det_.. as scrfd",
    ),
    "scikit-learn": (
        SKLEARN,
        "pickled scikit-learn model.*no code of a model file is run; export it as ONNX with skl2onnx",
    ),
    "joblib": (zlib.compress(SKLEARN), "pickled scikit-learn model"),
    "joblib-gzip": (gzip.compress(SKLEARN), "pickled scikit-learn model"),
    "joblib-bz2": (bz2.compress(SKLEARN), "pickled scikit-learn model"),
    "joblib-xz": (lzma.compress(SKLEARN), "pickled scikit-learn model"),
    "joblib-lzma": (lzma.compress(SKLEARN, lzma.FORMAT_ALONE), "pickled scikit-learn model"),
    "joblib-lz4": (b"\x04\x22\x4d\x18\x64\x40\xa7" + bytes(range(200)), "compressed with LZ4"),
    "gzip": (gzip.compress(bytes(5000)), "it is compressed; .*: decompress it first"),
    "pickle": (pickle.dumps({"a": 1}), "pickle that is no torch checkpoint.*save the state_dict"),
    "mxnet-parameters": (struct.pack("<QQQ", 0x112, 0, 5) + b"\0" * 100, "half of an MXNet model.*export it as ONNX"),
    "mxnet-symbol": (b'{"nodes": [{"op": "null", "name": "data"}], "heads": [[5, 0, 0]]}', "half of an MXNet model"),
    "safetensors": (struct.pack("<Q", len(SAFETENSORS)) + SAFETENSORS + b"\0" * 4, "safetensors"),
    "saved-model": (b"\x08\x01\x12\x04\x0a\x02\x12\x00", "TensorFlow SavedModel; freeze its graph"),
    "git-lfs": (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n", "git lfs pull"),
    "web-page": (b"<!DOCTYPE html><html><body>404</body></html>", "it is a web page"),
    "foreign-page": (
        "\ufeff\n<!-- saved from url --><!DOCTYPE html><title>Страница</title>".encode(),
        "it is a web page",
    ),
    "cut-page": (b"<html><p>" + "не найдено".encode()[:-1], "it is a web page"),
    "wide-page": ("<html lang=el>Δεν βρέθηκε</html>".encode("utf-16"), "it is a web page"),
    "latin-page": ("<html>introuvable, désolé</html>".encode("latin-1"), "it is a web page"),
    "foreign-text": ("мои модели\n".encode(), "it is text; read are ONNX"),
    "text": (b"layer { name: 'data' }\n", "it is text; read are ONNX"),
    "empty": (b"", "it is empty"),
    "zip": (zipped(readme__txt=b"hello"), r"a zip archive of readme\.txt, no model"),
    "numpy": (zipped(a__npy=b"", b__npy=b""), "archive of numpy arrays"),
    "cut-zip": (zipped(readme__txt=b"hello" * 50)[:-30], "cut off or damaged"),
    "random": (np.random.default_rng(1).bytes(5000), "cut off, or of a kind that is not known"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_everything_else_is_refused_in_one_sentence(case: str, tmp_path: Path) -> None:
    content, reason = REFUSED[case]
    path = tmp_path / "model.pkl"
    path.write_bytes(content)
    with pytest.raises(ModelCorrupt, match=rf"^model\.pkl is no model that can be used: .*{reason}") as found:
        file_kind(path)
    assert "\n" not in str(found.value)


def test_onnx_that_is_cut_off_is_no_model(tmp_path: Path) -> None:
    path = onnx_file(tmp_path / "net.onnx")
    path.write_bytes(path.read_bytes()[:-7])
    with pytest.raises(ModelCorrupt, match="cut off, or of a kind"):
        file_kind(path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ModelCorrupt, match=r"^absent\.pkl cannot be read: No such file or directory$"):
        file_kind(tmp_path / "absent.pkl")
