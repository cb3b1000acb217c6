"""Tells by the content of a file which kind of model it is, and why the kinds that cannot be used are refused."""

import bz2
import codecs
import lzma
import re
import zipfile
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

from mien.domain.errors import ModelCorrupt
from mien.inference.conversion.readers.wire_format import fields

FileKind = Literal["onnx", "torch", "keras", "tflite", "tensorflow"]

_READ = "read are ONNX, torch checkpoints, Keras, TensorFlow Lite and frozen TensorFlow graphs"
_HEAD_BYTES = 1 << 16
_TORCH_STREAM = b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."  # torch's magic number, as a pickle of its own
_HDF5 = b"\x89HDF\r\n\x1a\n"
_MXNET_PARAMETERS = b"\x12\x01\0\0\0\0\0\0"  # kMXAPINDArrayListMagic
_SAFETENSORS_HEADER = 8  # bytes of the length of the JSON that follows
_PICKLES = tuple(bytes([0x80, protocol]) for protocol in range(2, 6))
_LZ4 = b"\x04\x22\x4d\x18"
_CONTROLS = frozenset(map(chr, set(range(32)) - set(b"\t\n\r\f")))
_PAGE = re.compile(r"\s*(<\?xml[^>]*>\s*|<!--.*?-->\s*)*<(!doctype html|html|head|body)\b", re.IGNORECASE | re.DOTALL)
_ZLIB_OR_GZIP = 47  # bits of the window, and either header
_COMPRESSED: Mapping[bytes, Callable[[], Any]] = {
    **dict.fromkeys((b"x\x01", b"x\x5e", b"x\x9c", b"x\xda", b"\x1f\x8b"), lambda: zlib.decompressobj(_ZLIB_OR_GZIP)),
    b"BZh": bz2.BZ2Decompressor,
    **dict.fromkeys((b"\xfd7zXZ", b"]\0\0"), lzma.LZMADecompressor),
}
"""What undoes each of the compressions that joblib knows, by how their files begin."""

_SCIKIT_LEARN = (
    "it is a pickled scikit-learn model, which only running the code it names could read, and no code of a model file "
    "is run; export it as ONNX with skl2onnx where it was made"
)
_PICKLE = (
    "it is a pickle that is no torch checkpoint; no code of a model file is run, so only tensors can be read from it: "
    "save the state_dict of the network with torch.save, or export the network as ONNX"
)
_CUT_ZIP = "it is a zip archive, as Keras and torch write them, that is cut off or damaged"
_PACK = (
    "a zip archive of ONNX files; unpack it and import them one by one, of InsightFace's packs the recognisers "
    "(w600k_*) as arcface and the detectors (det_*) as scrfd"
)
_MXNET = (
    "it is half of an MXNet model (.params and .json), a framework that is no longer kept; export it as ONNX with "
    "mx2onnx, or take the ONNX file that InsightFace publishes of the same network"
)


def file_kind(path: Path) -> FileKind:
    """The kind of a model file, whatever its name; raises ModelCorrupt, which says what it is, for everything else."""
    try:
        content = path.read_bytes()
        if zipfile.is_zipfile(path):
            return _kind_of_archive(path)
    except OSError as error:
        raise ModelCorrupt(f"{path.name} cannot be read: {error.strerror or error}") from error
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:  # what zipfile raises for a broken one
        raise ModelCorrupt(f"{path.name} is no model that can be used: {_CUT_ZIP}") from error
    if content[4:8] == b"TFL3":
        return "tflite"
    if content.startswith(_HDF5):
        return "keras"
    if content.startswith(_TORCH_STREAM):
        return "torch"
    kind = _kind_of_protocol_buffer(content)
    if kind is None:
        raise ModelCorrupt(f"{path.name} is no model that can be used: {_reason(content[:_HEAD_BYTES], len(content))}")
    return kind


def _kind_of_archive(path: Path) -> FileKind:
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
    if {"config.json", "model.weights.h5"} <= set(names):
        return "keras"
    if any(name.count("/") == 1 and name.endswith("/data.pkl") for name in names):
        return "torch"
    if names and all(name.endswith(".npy") for name in names):
        what = "an archive of numpy arrays, which does not say what network they belong to"
    elif any(name.endswith(".onnx") for name in names):
        raise ModelCorrupt(f"{path.name} is no model that can be used: it is {_PACK}")
    else:
        what = f"a zip archive of {', '.join(names[:3])}{', …' if len(names) > 3 else ''}, no model"
    raise ModelCorrupt(f"{path.name} is no model that can be used: it is {what}; {_READ}")


def _kind_of_protocol_buffer(content: bytes) -> FileKind | None:
    """ONNX's ModelProto has an IR version and a graph; TensorFlow's GraphDef a list of nodes with an operation."""
    try:
        found = dict(fields(memoryview(content)))
        if isinstance(found.get(1), int) and isinstance(found.get(7), memoryview):
            return "onnx"
        first = next((value for number, value in fields(memoryview(content)) if number == 1), None)
        if isinstance(first, memoryview):
            node = dict(fields(first))
            return "tensorflow" if all(isinstance(node.get(number), memoryview) for number in (1, 2)) else None
    except ModelCorrupt:
        pass
    return None


def _reason(head: bytes, size: int) -> str:
    """What a file is that cannot be used, in words."""
    if not size:
        return "it is empty"
    if head.startswith(b"version https://git-lfs"):
        return "it is what Git LFS leaves in the place of a file that was not fetched; fetch it with git lfs pull"
    if head.startswith(_MXNET_PARAMETERS) or _is_mxnet_symbol(head):
        return _MXNET
    inflated = _inflated(head)
    if inflated.startswith(_PICKLES):
        return _SCIKIT_LEARN if b"sklearn" in inflated else _PICKLE
    if head.startswith(_LZ4):
        return f"it is compressed with LZ4; {_READ}"
    if inflated != head:
        return f"it is compressed; {_READ}: decompress it first"
    if _is_safetensors(head, size):
        return f"it holds tensors (safetensors) in another container than torch.save writes; {_READ}"
    if _is_saved_model(head):
        return "it is a TensorFlow SavedModel; freeze its graph into one file of constants, or export it as ONNX"
    if what := _kind_of_text(head):
        return f"it is {what}; {_READ}"
    if head.startswith(b"PK"):
        return _CUT_ZIP
    return f"it is cut off, or of a kind that is not known; {_READ}"


def _inflated(head: bytes) -> bytes:
    """The beginning of what was compressed, or the bytes themselves."""
    for beginning, decompressor in _COMPRESSED.items():
        if head.startswith(beginning):
            try:
                inflated: bytes = decompressor().decompress(head, _HEAD_BYTES)
            except (zlib.error, lzma.LZMAError, OSError, EOFError):
                return head
            return inflated
    return head


def _kind_of_text(head: bytes) -> str:
    """What somebody can read, of any alphabet: a web page, which is saved in the place of a file, or text."""
    encoding = "utf-16" if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    text = head.decode(encoding, "replace")
    if _PAGE.match(text):
        return "a web page"
    try:
        codecs.getincrementaldecoder(encoding)().decode(head)  # the head may end within a letter
    except UnicodeError:
        return ""
    return "" if set(text) & _CONTROLS else "text"


def _is_mxnet_symbol(head: bytes) -> bool:
    return head.lstrip().startswith(b"{") and b'"nodes"' in head and b'"op"' in head


def _is_safetensors(head: bytes, size: int) -> bool:
    length = int.from_bytes(head[:_SAFETENSORS_HEADER], "little")
    return head[_SAFETENSORS_HEADER : _SAFETENSORS_HEADER + 1] == b"{" and 2 <= length <= size - _SAFETENSORS_HEADER


def _is_saved_model(head: bytes) -> bool:
    """Field 1, the version of the schema, is 1, and a field 2 with a length follows."""
    return head.startswith(b"\x08\x01\x12")
