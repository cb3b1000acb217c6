"""Words become labels by a ready-made set or by one of one's own; what is in none is left out."""

from pathlib import Path

import pytest

from mien.domain.emotions import EMOTION_LABELS
from mien.domain.errors import SourceNotFound, UsageError
from mien.lab.datasets.labels import NO_LABEL, label_set, told_misspelt


def test_ready_made_sets_leave_out_what_they_lack() -> None:
    assert label_set("8").labels == EMOTION_LABELS and len(label_set("6").labels) == 6
    seven = label_set("7")
    assert seven.number("Happy") == 1 and seven.number("contempt") == NO_LABEL and seven.number("") == NO_LABEL


def test_a_ready_made_set_knows_tired_people() -> None:
    found = label_set("5-tired")
    assert found.labels == ("neutral", "happiness", "sadness", "anger", "tired")
    assert [found.number(word) for word in ("Tired", "angry", "surprise", "sleepy")] == [4, 3, NO_LABEL, NO_LABEL]


def test_own_words_are_labels_with_known_expressions_first() -> None:
    found = label_set("own", ("tired", "Angry", "bored", "happy"))
    assert found.labels == ("happiness", "anger", "bored", "tired")
    assert found.number("angry") == 1 and found.number("tired") == 3


def test_a_label_that_looks_like_a_slip_is_told() -> None:
    assert told_misspelt(("neutral", "hapiness", "tired")) == (
        "hapiness is taken for a label of its own: did you mean happiness?",
    )
    assert told_misspelt(("happiness", "tired", "bored", "calm")) == ()


def test_a_file_maps_words(tmp_path: Path) -> None:
    path = tmp_path / "five.toml"
    path.write_text('[labels]\nneutral = []\nhappiness = ["smile"]\ntired = ["sleepy", "Drowsy"]\n')
    found = label_set(str(path))
    assert found.labels == ("neutral", "happiness", "tired")
    assert [found.number(word) for word in ("drowsy", "Smile", "happy", "sad")] == [2, 1, 1, NO_LABEL]


def test_words_mean_a_label_however_they_are_written(tmp_path: Path) -> None:
    assert label_set("own", ("Tired", "happy", "tired ", "Happiness")).labels == ("happiness", "tired")
    path = tmp_path / "three.toml"
    path.write_text('[labels]\nTired = ["Sleepy"]\nnegative = ["sadness", "fear"]\nneutral = []\n')
    found = label_set(str(path))
    assert found.labels == ("tired", "negative", "neutral")
    said = ("tired", "Tired", "SLEEPY", "Sad", "scared", "Neutral", "happy", "")
    assert [found.number(word) for word in said] == [0, 0, 0, 1, 1, 2, NO_LABEL, NO_LABEL]
    path.write_text('[labels]\npositive = ["happy"]\nnegative = ["Sad"]\n')
    assert [label_set(str(path)).number(word) for word in ("Happiness", "joy", "sadness")] == [0, 0, 1]


@pytest.mark.parametrize(
    "text", ['a = ["Sleepy"]\nb = ["sleepy"]', 'a = ["fear"]\nb = ["scared"]', 'a = ["b"]\nb = []']
)
def test_a_word_that_means_two_labels_is_told(tmp_path: Path, text: str) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(f"[labels]\n{text}\n")
    with pytest.raises(UsageError, match=r"'(sleepy|scared|b)' cannot mean both a and "):
        label_set(str(path))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "labels = 3",
        "[labels]\na = 1",
        "[labels]\na = []",
        '[labels]\n"a,b" = []\nc = []',
        "[labels]\nTired = []\ntired = []",
        '[labels]\na = [" "]\nc = []',
    ],
)
def test_a_file_that_maps_nothing_is_told(tmp_path: Path, text: str) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(text)
    with pytest.raises(UsageError):
        label_set(str(path))


def test_fewer_labels_than_two_are_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"^there is only one label, 'anger': a network tells two or more apart$"):
        label_set("own", ("Angry", "anger", ""))
    with pytest.raises(UsageError, match=r"^no picture has a label$"):
        label_set("own", ("", " "))
    (tmp_path / "one.toml").write_text("[labels]\n")
    with pytest.raises(UsageError, match=r"expected a table \[labels\] with lines"):
        label_set(str(tmp_path / "one.toml"))


def test_what_is_no_set_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="expected 5, 5-tired, 6, 7, 8, own or a TOML file"):
        label_set("9")
    with pytest.raises(SourceNotFound):
        label_set(str(tmp_path / "nothing.toml"))
