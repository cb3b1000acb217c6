"""What an ONNX file says of itself, and what any file is told by."""

import hashlib
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from mien.domain.errors import ModelCorrupt
from mien.inference.model_card import InputLayout

STATED_INPUT = "mien.input"
"""Under which key a file that mien wrote says what it takes: fields of `InputLayout` as a JSON object. Files of others
use plain words for all sorts."""

STATED_CARD = "mien.card"
"""Under which key a file that the lab wrote says what its card is to say: fields of `ModelCard` as a JSON object."""

_OF_CARD = (
    "description", "data", "limits", "licence_code", "licence_weights", "allowed_use", "use_note", "settings",
    "measured",
)  # fmt: skip


def sha256_of(path: Path) -> str:
    """The sha256 of the bytes of a file, in hexadecimal digits; raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_metadata(path: Path) -> dict[str, str]:
    """The entries of the metadata by key; raises ModelCorrupt where the file is no ONNX."""
    return {entry.key: entry.value for entry in _read(path).metadata_props}


def check_whole(path: Path) -> None:
    """Raise ModelCorrupt where weights of an ONNX file lie in another file."""
    for tensor in _read(path).graph.initializer:
        for entry in tensor.external_data:
            if entry.key == "location":
                raise ModelCorrupt(f"{path.name} keeps weights in another file, {entry.value}; save both as one file")


def stated_input(path: Path, layout: InputLayout) -> InputLayout:
    """The layout with what the file itself says of it; raises ModelCorrupt where that is no layout."""
    text = read_metadata(path).get(STATED_INPUT, "{}")
    try:
        return TypeAdapter(InputLayout).validate_python({**asdict(layout), **json.loads(text)})
    except (TypeError, ValueError) as error:  # JSON's and pydantic's errors are ValueErrors
        raise ModelCorrupt(f"what {path.name} says of its input is none: {text[:80]}") from error


def stated_card(path: Path) -> dict[str, Any]:
    """What a file says of itself for its card, by the card's fields; raises ModelCorrupt where that is none."""
    text = read_metadata(path).get(STATED_CARD, "{}")
    try:
        listed = json.loads(text)
        return {field: listed[field] for field in _OF_CARD if field in listed}
    except (TypeError, ValueError) as error:
        raise ModelCorrupt(f"what {path.name} says of its card is none: {text[:80]}") from error


def _read(path: Path) -> Any:
    """The ModelProto of a file, without what lies beside it."""
    import onnx  # a sixth of a second that only loading a model pays

    try:
        return onnx.load(path, load_external_data=False)
    except Exception as error:  # protobuf's own error, which has no types
        raise ModelCorrupt(f"{path.name} is no ONNX file, or it is cut off or damaged") from error
