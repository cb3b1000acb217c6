import os

import pytest

from mien.telemetry.text import counted, counted_with_visits, decimals_beside, numbered, writable


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
    told = [counted_with_visits(*counts, "picture") for counts in ((2, 0), (3, 2), (2, 2))]
    assert told == ["2 pictures", "1 picture and 2 of visits", "0 pictures and 2 of visits"]


def test_numbers_in_a_row_are_a_range() -> None:
    assert numbered([9, 3, 4, 7, 8, 3]) == "3, 4, 7 to 9"
    assert [numbered(()), numbered([5]), numbered(range(1, 41))] == ["", "5", "1 to 40"]


@pytest.mark.parametrize(
    ("threshold", "values", "decimals"),
    [
        (0.36, (), 3),
        (0.3593, (0.3556, 0.41), 3),
        (0.3600, (0.35999,), 5),
        (0.35964, (0.35961, 0.3597), 5),
        (0.3, (0.3, 0.3 - 1e-15), 6),
    ],
)
def test_no_number_looks_to_be_on_the_other_side_of_a_threshold(threshold, values, decimals) -> None:
    assert decimals_beside(threshold, values) == decimals
