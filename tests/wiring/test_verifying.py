"""Verifying reads every byte of a model's files, whatever their size and time say."""

import os
import shutil
from pathlib import Path

import pytest

from mien.inference.catalog import Catalog
from mien.inference.home_models import HomeModels
from mien.inference.installed import ModelShelf
from mien.inference.onnx_runtime import OnnxRuntime
from mien.inference.weights import WeightStore
from mien.wiring.models import verify_model


@pytest.mark.parametrize("name", ["yunet", "haar"])
def test_a_byte_that_changed_unseen_is_found(
    name: str, catalog: Catalog, weights: WeightStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, value in {"PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1"}.items():
        monkeypatch.setenv(variable, value)
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    card = catalog.card(name)
    path = tmp_path / "cache" / "models" / card.files[0].file
    path.parent.mkdir(parents=True)
    shutil.copyfile(weights.path(card), path)
    shelf = ModelShelf(catalog, WeightStore(tmp_path / "cache"), HomeModels(tmp_path), OnnxRuntime())
    assert verify_model(shelf, card, "auto").is_right
    state, content = path.stat(), bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    verdict = verify_model(shelf, card, "auto")
    assert not verdict.is_right and f"the cached file {path} is damaged" in verdict.reason
