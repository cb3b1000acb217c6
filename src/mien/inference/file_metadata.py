"""What an ONNX file says of itself."""

from pathlib import Path

from mien.domain.errors import ModelCorrupt

STATED_MEAN, STATED_SCALE = "mien.mean", "mien.scale"
"""What is left to do to the pixels, of files that mien's own conversion wrote; others use plain words for all sorts."""


def read_metadata(path: Path) -> dict[str, str]:
    """The entries of the metadata by key; raises ModelCorrupt where the file is no ONNX."""
    import onnx  # a sixth of a second that only loading a model pays

    try:
        model = onnx.load(path, load_external_data=False)
    except Exception as error:  # protobuf's own error, which has no types
        raise ModelCorrupt(f"{path.name} is no ONNX file: {error}") from error
    return {entry.key: entry.value for entry in model.metadata_props}
