"""Secrets are not shown, and are kept where somebody changes what stands around them; nobody sends them elsewhere."""

import pytest

from mien.settings.changing.texts import kept, shown
from mien.telemetry.logs import Redactor

DOOR = "rtsp://viewer:${DOOR_PASSWORD}@192.168.1.20:554/live?channel=1&token=abc"
SEEN = "rtsp://***@192.168.1.20:554/live?channel=1&token=***"


@pytest.fixture
def redactor() -> Redactor:
    return Redactor(["hunter2hunter2"])


def test_addresses_are_shown_without_what_is_secret(redactor):
    assert shown(DOOR, redactor) == SEEN
    assert shown(["a", "http://u:p@h/x", 3, None], redactor) == ["a", "http://***@h/x", 3, None]
    assert shown("said hunter2hunter2", redactor) == "said ***"


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        (SEEN, DOOR),
        (SEEN.replace("live", "other"), DOOR.replace("live", "other")),
        (SEEN.replace("channel=1", "channel=2"), DOOR.replace("channel=1", "channel=2")),
        ("rtsp://new:word@elsewhere/live", "rtsp://new:word@elsewhere/live"),
        ("0", "0"),
    ],
)
def test_what_is_hidden_is_kept_in_its_place(typed, written, redactor):
    assert kept(typed, DOOR, redactor) == written


def test_a_variable_stays_where_it_was(redactor):
    assert kept("${DOOR_URL}", "${DOOR_URL}", redactor) == "${DOOR_URL}"
    assert kept("http://cam/b?x=${X}", "http://cam/a?x=${X}", redactor) == "http://cam/b?x=${X}"


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        (SEEN.replace("192.168.1.20", "evil.test"), DOOR),
        (SEEN.replace(":554", ":555"), DOOR),
        (SEEN.replace("rtsp", "http"), DOOR),
        (SEEN.replace("***@", "***@evil.test/@"), DOOR),
        (SEEN.replace("@192", ".evil.test@192"), DOOR),
        (SEEN.removesuffix("***"), DOOR),
        (f"{SEEN}&more=***", DOOR),
        ("rtsp://***@192.168.1.20:554/live", "rtsp://192.168.1.20:554/live"),
        ("http://evil.test/${MIEN_KEY}", DOOR),
        (SEEN.replace("live", "${MIEN_KEY}"), DOOR),
        ("http://evil.test/${DOOR_PASSWORD}", DOOR),
        ("${DOOR_URL}.evil.test/", "${DOOR_URL}"),
        ("http://evil.test/${DOOR_URL}", "${DOOR_URL}"),
        ("${MIEN_KEY}", ""),
        ("rtsp://***@[/", DOOR),
        ("a\0b", ""),
        ("a\ud800b", ""),
    ],
)
def test_nothing_secret_is_sent_elsewhere(typed, written, redactor):
    with pytest.raises(ValueError):
        kept(typed, written, redactor)


def test_stars_that_hide_nothing_are_stars(redactor):
    assert kept("five *** of five", "", redactor) == "five *** of five"
