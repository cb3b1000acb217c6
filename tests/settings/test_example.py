from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from mien.settings import Settings, load_settings
from mien.settings.descriptions import EXAMPLE, described

SYSTEM_DEPENDENT = {"home", "cache", "models_mirror"}


def leaves(values: dict[str, Any], *place: str) -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, dict):
            yield from leaves(value, *place, key)
        else:
            yield ".".join((*place, key)), value


def test_the_example_holds_every_setting_with_its_default(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MIEN_HOME", str(tmp_path))
    written = dict(leaves({**yaml.safe_load(EXAMPLE.read_text(encoding="utf-8")), "cameras": {}}))
    defaults = dict(leaves(Settings().model_dump(mode="json")))
    assert written == {place: value for place, value in defaults.items() if place not in SYSTEM_DEPENDENT}
    for place in SYSTEM_DEPENDENT:
        assert f"# {place}:" in EXAMPLE.read_text(encoding="utf-8")
    cameras = load_settings(EXAMPLE).cameras
    assert cameras["workshop"].source == "0" and not cameras["workshop"].enabled


def test_every_line_of_the_example_fits_and_every_section_is_explained() -> None:
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    assert max(map(len, lines)) <= 120
    for name in Settings.model_fields:
        if name not in SYSTEM_DEPENDENT | {"runtime"}:
            assert any(line.startswith(f"{name}:") and "#" in line for line in lines), f"{name} is not explained"


def test_every_setting_says_what_it_is_for() -> None:
    places = [tuple(place.split(".")) for place, _ in leaves(Settings().model_dump(mode="json"))]
    places += [("cameras", "door", key) for key in ("source", "enabled", "every", "fps")]
    assert [place for place in places if not described(place)] == []
    assert described(("cameras", "door", "detection", "min_score")) == described(("detection", "min_score"))
    assert described(("detection",)) == "what counts as a face" and described(("absent",)) == ""
    assert described(("encryption", "key")).endswith("go before"), "what stands below belongs to it"
