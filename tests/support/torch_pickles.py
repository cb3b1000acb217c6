"""Pieces of pickles as torch writes them, byte by byte, so that tests can also write what torch never would."""

import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path


def text(value: str) -> bytes:
    return b"X" + struct.pack("<I", len(value.encode())) + value.encode()


def number(value: int) -> bytes:
    return b"J" + struct.pack("<i", value)


def fraction(value: float) -> bytes:
    return b"G" + struct.pack(">d", value)


def several(*parts: bytes) -> bytes:
    return b"(" + b"".join(parts) + b"t"


def name(dotted: str) -> bytes:
    room, _, last = dotted.rpartition(".")
    return f"c{room}\n{last}\n".encode()


def storage(elements: int = 6, kind: str = "torch.FloatStorage", key: str = "0") -> bytes:
    return several(text("storage"), name(kind), text(key), text("cpu"), number(elements), b"N") + b"Q"


def tensor(
    shape: tuple[int, ...] = (2, 3),
    strides: tuple[int, ...] = (3, 1),
    offset: int = 0,
    place: bytes | None = None,
) -> bytes:
    """The call that rebuilds a tensor, as torch pickles it."""
    layout = several(*map(number, shape)) + several(*map(number, strides))
    arguments = several(place or storage(), number(offset), layout, b"\x89", b"}")
    return name("torch._utils._rebuild_tensor_v2") + arguments + b"R"


def quantised(quantiser: bytes, shape: tuple[int, ...] = (2, 3), kind: str = "torch.QInt8Storage") -> bytes:
    """The call that rebuilds a quantised tensor of six elements; ``quantiser`` is a tuple."""
    layout = several(*map(number, shape)) + several(*map(number, (3, 1)[: len(shape)]))
    arguments = several(storage(kind=kind), number(0), layout, quantiser, b"\x89", b"}")
    return name("torch._utils._rebuild_qtensor") + arguments + b"R"


def parameter(value: bytes) -> bytes:
    return name("torch._utils._rebuild_parameter") + several(value, b"\x88", b"}") + b"R"


def table(**items: bytes) -> bytes:
    return b"}(" + b"".join(text(key) + value for key, value in items.items()) + b"u"


def module(parameters: bytes = b"}", modules: bytes = b"}", kind: str = "net.Net") -> bytes:
    unsaved = name("__builtin__.set") + several(b"]") + b"R"
    state = table(_parameters=parameters, _buffers=b"}", _non_persistent_buffers_set=unsaved, _modules=modules)
    return name(kind) + b")\x81" + state + b"b"


def archive(path: Path, members: Mapping[str, bytes], compression: int = zipfile.ZIP_STORED) -> Path:
    """A zip file of these members, at best such as torch writes."""
    with zipfile.ZipFile(path, "w", compression) as written:
        for member, content in members.items():
            written.writestr(member, content)
    return path
