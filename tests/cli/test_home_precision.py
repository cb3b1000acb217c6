"""People stay known when another precision becomes the best one of their recogniser."""

import json
from pathlib import Path

import pytest

from mien.inference.session import Runtime


def names(mien, portrait: Path) -> list[str]:
    ended = mien("identify", portrait, "--json")
    assert ended.code == 0
    return [face["person_name"] for face in json.loads(ended.out)["faces"]]


def test_who_was_enrolled_in_f32_is_known_in_a_precision_that_is_left_open(
    mien, portrait: Path, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIEN_RECOGNITION__PRECISION", "f32")
    assert mien("people", "enrol", "Eileen", portrait).code == 0

    monkeypatch.delenv("MIEN_RECOGNITION__PRECISION")
    assert names(mien, portrait) == ["Eileen"]
    again = json.loads(mien("people", "enrol", "Eileen", portrait, "--json").out)
    assert (again["accepted"], again["skipped"]) == (0, 1), "a template in a second precision"

    if "bf16" in runtime.precisions:
        monkeypatch.setenv("MIEN_RECOGNITION__PRECISION", "bf16")
        ended = mien("identify", portrait)
        assert "Eileen" not in ended.out
        assert "enrolled with mobilefacenet/arcface-112/yunet/f32, not with" in ended.err
