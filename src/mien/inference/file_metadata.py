"""What an ONNX file says of itself."""

import json
from dataclasses import asdict
from pathlib import Path

from pydantic import TypeAdapter

from mien.domain.errors import ModelCorrupt
from mien.inference.model_card import InputLayout

STATED_INPUT = "mien.input"
"""Under which key a file that mien wrote says what it takes: fields of `InputLayout` as a JSON object. Files of others
use plain words for all sorts."""


def read_metadata(path: Path) -> dict[str, str]:
    """The entries of the metadata by key; raises ModelCorrupt where the file is no ONNX."""
    import onnx  # a sixth of a second that only loading a model pays

    try:
        model = onnx.load(path, load_external_data=False)
    except Exception as error:  # protobuf's own error, which has no types
        raise ModelCorrupt(f"{path.name} is no ONNX file: {error}") from error
    return {entry.key: entry.value for entry in model.metadata_props}


def stated_input(path: Path, layout: InputLayout) -> InputLayout:
    """The layout with what the file itself says of it; raises ModelCorrupt where that is no layout."""
    text = read_metadata(path).get(STATED_INPUT, "{}")
    try:
        return TypeAdapter(InputLayout).validate_python({**asdict(layout), **json.loads(text)})
    except (TypeError, ValueError) as error:  # JSON's and pydantic's errors are ValueErrors
        raise ModelCorrupt(f"what {path.name} says of its input is none: {text[:80]}") from error
