"""Keras: a network as ``.h5`` and ``.keras``, whose pictures go in as (n, s, s, c) of 0..255."""

import logging
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import numpy as np
import torch

from mien.domain.errors import UsageError
from mien.lab.exports.proving import Answerer, Floats
from mien.lab.networks.expression import ServedNetwork

BACKEND = "torch"
"""What Keras computes with, unless the environment's KERAS_BACKEND names another."""


def import_keras() -> ModuleType:
    """Keras, with its backend chosen; raises UsageError where one of the two is not installed."""
    if find_spec("keras") is None:
        raise UsageError("Keras is not installed: pip install 'mien[lab]'")
    backend = os.environ.setdefault("KERAS_BACKEND", BACKEND)
    try:
        import keras
    except (ImportError, ValueError) as error:  # a ValueError for a name that is none
        reason = " ".join(str(error).split())
        raise UsageError(
            f"KERAS_BACKEND is {backend}, which Keras cannot use here ({reason}): install it, or set {BACKEND}"
        ) from error
    return keras


def write_keras(served: ServedNetwork, shape: tuple[int, int, int], path: Path) -> None:
    """Write a network as ``.keras`` or ``.h5``, by the path's suffix.

    Raises ModelError where Keras has no such layers, UsageError where it is not to be had.
    """
    import_keras()
    from mien.lab.exports.keras_layers import keras_model  # imports Keras itself

    model = keras_model(served, shape)
    with warnings.catch_warnings(action="ignore"), _old_formats():
        model.save(path)


@contextmanager
def _old_formats() -> Iterator[None]:
    """Without Keras' advice against ``.h5``, which is written for those who cannot read ``.keras``."""
    logger = logging.getLogger("absl")
    logger.addFilter(_is_no_advice)
    try:
        yield
    finally:
        logger.removeFilter(_is_no_advice)


def _is_no_advice(record: logging.LogRecord) -> bool:
    return not record.getMessage().startswith("You are saving your model as an HDF5 file")


def keras_answerer(path: Path) -> Answerer:
    """What answers by a file; takes pictures (n, c, s, s) as all of them do. Raises UsageError without Keras."""
    keras = import_keras()
    with warnings.catch_warnings(action="ignore"):
        model = keras.models.load_model(path, compile=False)

    def answer(images: Floats) -> list[Floats]:
        with torch.inference_mode():
            found = model(np.ascontiguousarray(images.transpose(0, 2, 3, 1)))
        outputs = found if isinstance(found, list | tuple) else [found]
        return [np.asarray(keras.ops.convert_to_numpy(output), np.float32) for output in outputs]

    return answer
