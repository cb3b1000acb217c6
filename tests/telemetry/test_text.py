import os

import pytest

from mien.telemetry.text import counted, writable


@pytest.mark.parametrize("text", ["", "plain", "Ünïcödé 🦊 漢字", "a/b\\c 'd' \"e\""])
def test_what_can_be_written_stays(text: str) -> None:
    assert writable(text) == text


@pytest.mark.parametrize(
    ("raw", "shown"),
    [(b"a\xffb", "a\ufffdb"), (b"a\nb\r\tc", "a\ufffdb\ufffd\ufffdc"), (b"\x1b[2J", "\ufffd[2J"), (b"\x7f", "\ufffd")],
)
def test_what_cannot_is_marked(raw: bytes, shown: str) -> None:
    assert writable(os.fsdecode(raw)) == shown
    assert writable(shown).encode() == shown.encode()


def test_what_is_counted_is_one_or_several() -> None:
    assert [counted(count, "picture") for count in (0, 1, 2)] == ["0 pictures", "1 picture", "2 pictures"]
    assert [counted(count, "person", "people") for count in (1, 2)] == ["1 person", "2 people"]
