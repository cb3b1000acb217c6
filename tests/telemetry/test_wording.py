"""What is said in a browser names no commands."""

import pytest

from mien.telemetry.wording import spoken


@pytest.mark.parametrize(
    ("said", "advice"),
    [
        ("'Ann' (person-0001) is in the recycle bin", ", and mien people restore takes them out of it"),
        ("the face is that of 'Ann' (similarity 0.82), not of 'Bob'", ": --overrule takes it in all the same"),
        ("unknown-0001 is a stranger", ": mien review new gives them a name"),
        ("there is nobody named 'Damien Smith'; did you mean 'Damien Smythe'?", ""),
        ("it is cut short", ""),
    ],
)
def test_advice_for_a_terminal_is_left_out(said, advice):
    assert spoken(said + advice) == said
