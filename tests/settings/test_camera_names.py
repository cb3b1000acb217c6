"""What a camera may be called: any text that the address of its page can end in."""

from pathlib import Path

import pytest
import yaml

from mien.domain.errors import SettingsError
from mien.settings import CameraSettings, Settings, load_settings

ADDRESSABLE = (
    "door",
    "Floor 1/Door",
    "/leading",
    "trailing/",
    "a//b",
    "what?",
    "#1",
    "100 %",
    "%2F",
    "a%2Fb",
    "a\\b",
    "...",
    "a..b",
    "preview",
    "Türe ✨👨‍👩‍👧",
    "<b>&amp;",
    "x" * 200,
)
REFUSED = {
    "": "1 to 200 characters",
    "  ": "not only blanks",
    "x" * 201: "1 to 200 characters",
    "two\nlines": "one line of text",
    "bell\a": "without control characters",
    "line\u2028end": "one line of text",
    ".": "no camera is called . or ..",
    "..": "no camera is called . or ..",
    "a/../b": "also between slashes",
    "door/preview": "none ends in /preview",
}


@pytest.mark.parametrize("name", ADDRESSABLE)
def test_any_line_of_text_is_a_name(name: str) -> None:
    assert list(Settings(cameras={name: CameraSettings("0")}).cameras) == [name]


@pytest.mark.parametrize("name", REFUSED)
def test_what_no_address_can_end_in_is_none(name: str, tmp_path: Path) -> None:
    path = tmp_path / "mien.yaml"
    path.write_text(yaml.safe_dump({"cameras": {"door": {"source": "0"}, name: {"source": "1"}}}), encoding="utf-8")
    with pytest.raises(SettingsError) as refused:
        load_settings(path)
    (line,) = str(refused.value).splitlines()
    assert line.startswith("mien.yaml:") and REFUSED[name] in line and "[key]" not in line
