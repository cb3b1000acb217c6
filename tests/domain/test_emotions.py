"""Words for expressions: what they mean, and which can label one."""

import pytest

from mien.domain.emotions import EMOTION_LABELS, are_labels, expression_of


def test_words_that_clearly_mean_an_expression_are_its_name() -> None:
    words = ("Neutral", "Happy", "surprised", "SAD", "Angry", "Disgusted", " fearful", "contemptuous")
    assert tuple(map(expression_of, words)) == EMOTION_LABELS
    assert tuple(map(expression_of, EMOTION_LABELS)) == EMOTION_LABELS
    assert expression_of("Tired") == "Tired", "what mien has no name for stays"


@pytest.mark.parametrize("label", ["", " ", "a\nb", "a\x1b[31m", 'a"b', "a,b", "a\rb", "=1+1", "-a", "a" * 65])
def test_what_would_break_a_table_is_no_label(label: str) -> None:
    assert not are_labels(["calm", label])


def test_labels_are_words_that_differ() -> None:
    assert are_labels(["calm", "très content", "half-awake", "other_1"])
    assert not are_labels(["calm", "calm"])
