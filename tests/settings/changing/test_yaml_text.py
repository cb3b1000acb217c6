"""A settings file keeps its comments, its order and all that was not meant, whatever is changed in it."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mien.settings.changing.yaml_text import YamlText
from mien.settings.descriptions import EXAMPLE

FILE = """\
# my house
detection:   # what counts
  min_score: 0.7     # sure ones
  # of the door
  min_face_px: 40

  # for the yard
  long_side_px: 640
# over time
tracking: {max_age_s: 2, min_hits: 3}
detector: mtcnn
emotion: mini-xception
cameras:
  # the door
  door:
    source: rtsp://viewer:${DOOR_PASSWORD}@192.168.1.20:554/stream1  # pw
    enabled: yes
    # keep me
  # follows
  yard: {source: 0, enabled: no}   # flow
  # gate:
  #   source: 1
# the end
accepted_models:
- a
- b
# last words
"""
COMMENTS = [line.strip() for line in FILE.splitlines() if line.strip().startswith("#")]


def changed(text: str, *changes) -> str:
    """The text after values were put to places, or taken away where they are none."""
    made = YamlText(text)
    for place, value in changes:
        key = tuple(place.split("."))
        made.remove(key) if value is None else made.put(key, value)
    return str(made)


@pytest.mark.parametrize("text", [FILE, "", "# only words", "# only\n\n# words\n", "a:\n    - 1\n    - 2\nb: {c: d}\n"])
def test_what_nobody_changes_stays_to_the_letter(text):
    assert str(YamlText(text)) == text


@pytest.mark.parametrize(
    ("change", "gone", "come"),
    [
        (("detection.min_score", 0.5), ["  min_score: 0.7     # sure ones"], ["  min_score: 0.5     # sure ones"]),
        (("detection.model", "yunet"), ["detector: mtcnn"], ["detector: yunet"]),
        (("detection.model", None), ["detector: mtcnn"], []),
        (("emotion.model", "other"), ["emotion: mini-xception"], ["emotion: other"]),
        (
            ("emotion.precision", "f32"),
            ["emotion: mini-xception"],
            ["emotion:", "  model: mini-xception", "  precision: f32"],
        ),
        (("detection.long_side_px", None), ["  long_side_px: 640"], []),
        (("tracking.min_hits", None), ["tracking: {max_age_s: 2, min_hits: 3}"], ["tracking: {max_age_s: 2}"]),
        (("privacy.retention.bin_days", 3), [], ["privacy:", "  retention:", "    bin_days: 3"]),
        (("cameras.door.detection.model", "mtcnn"), [], ["    detection:", "      model: mtcnn"]),
        (("cameras.back door.source", "rtsp://x#1"), [], ['  "back door":', '    source: "rtsp://x#1"']),
        (("accepted_models", ["c", "d: e"]), ["accepted_models:", "- a", "- b"], ['accepted_models: [c, "d: e"]']),
        (("accepted_models", None), ["accepted_models:", "- a", "- b"], []),
        (("absent.key", None), [], []),
    ],
)
def test_one_change_changes_its_own_lines_alone(change, gone, come):
    before, after = FILE.splitlines(), changed(FILE, change).splitlines()
    assert [line for line in before if line not in after] == gone
    assert [line for line in after if line not in before] == come


@pytest.mark.parametrize(
    "places",
    [
        ["detection.min_score"],
        ["detection.min_score", "detection.min_face_px", "detection.long_side_px"],
        ["cameras.door"],
        ["cameras.yard", "cameras.door"],
        ["accepted_models", "detector", "tracking.max_age_s", "tracking.min_hits"],
    ],
)
def test_comments_outlive_what_they_stand_beside(places):
    after = changed(FILE, *((place, None) for place in places))
    assert [line.strip() for line in after.splitlines() if line.strip().startswith("#")] == COMMENTS
    left = yaml.safe_load(after)
    for place in places:
        section, _, key = place.partition(".")
        assert key not in (left.get(section) or {}) if key else section not in left


def test_everything_may_go():
    assert changed("# first\nhome: /x  # here\n# last\n", ("home", None)) == "# first\n# last\n"


def test_what_is_added_stands_before_comments_of_what_follows():
    assert changed("a:\n  b: 1\n  # of a\n# of d\nd: 2\n", ("a.c", 3)) == "a:\n  b: 1\n  # of a\n  c: 3\n# of d\nd: 2\n"


def test_words_alone_are_kept_above():
    assert changed("# words", ("detection.min_score", 1)) == "# words\ndetection:\n  min_score: 1\n"


@pytest.mark.parametrize("indent", [2, 4])
def test_sections_are_indented_as_they_are(indent):
    text = f"cameras:\n{' ' * indent}a:\n{' ' * indent * 2}source: 0\n"
    assert changed(text, ("cameras.a.fps", 2)) == f"{text}{' ' * indent * 2}fps: 2\n"


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_every_reader_takes_a_text_for_the_text_that_it_is(text):
    assert yaml.safe_load(changed("", ("privacy.reference", text))) == {"privacy": {"reference": text}}
    made = YamlText("cameras:\n  door: {source: 0}\n")
    made.put(("cameras", text, "source"), text)
    assert yaml.safe_load(str(made))["cameras"][text]["source"] == text


@pytest.mark.parametrize("text", ["a: [", "a: 1\na: 2\n", "- 1\n", "word", "a: !unknown {b: &x}\n  c"])
def test_what_is_no_settings_file_is_refused(text):
    with pytest.raises(ValueError):
        YamlText(text)


def test_the_example_can_be_changed():
    after = changed(EXAMPLE.read_text(encoding="utf-8"), ("detection.min_score", 0.25), ("cameras.workshop", None))
    assert yaml.safe_load(after)["detection"]["min_score"] == 0.25 and "# door:" in after
