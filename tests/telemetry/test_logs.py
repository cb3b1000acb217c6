import logging
import sys

import pytest

from mien.telemetry.logs import Redactor, address_secrets, address_without_secrets, set_up_logs, without_secrets


@pytest.fixture(autouse=True)
def restored_logging():
    root, mien = logging.getLogger(), logging.getLogger("mien")
    before = root.handlers[:], root.level, mien.level
    yield
    root.handlers[:], root.level, mien.level = before
    logging.captureWarnings(False)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("rtsp://admin:hunter2@10.0.0.5:554/stream", "rtsp://***@10.0.0.5:554/stream"),
        ("open rtsp://a:b@c/d and http://e:f@g", "open rtsp://***@c/d and http://***@g"),
        ("rtsp://admin:p@ss/w:rd@cam/live", "rtsp://***@cam/live"),
        ("RTSP://admin:hunter2@cam", "RTSP://***@cam"),
        ("http://token@cam/live", "http://***@cam/live"),
        ("http://cam/live?user=me&password=hunter2&fps=5", "http://cam/live?user=me&password=***&fps=5"),
        ("http://cam/pictures/a@2x.png", "http://cam/pictures/a@2x.png"),
        ("http://cam:8080/live", "http://cam:8080/live"),
        (
            "open rtsp://cam/user=me_password=hunter2_channel=1 now",
            "open rtsp://cam/user=me_password=***_channel=1 now",
        ),
        ("GET /live?pwd=hunter2 HTTP/1.1", "GET /live?pwd=*** HTTP/1.1"),
        ("/photos/user_key=3.jpg", "/photos/user_key=3.jpg"),
        ("write to someone@example.org", "write to someone@example.org"),
        ("C:\\videos\\a.mp4 and /videos/a.mp4", "C:\\videos\\a.mp4 and /videos/a.mp4"),
    ],
)
def test_urls_lose_their_secrets_and_nothing_else(text: str, expected: str) -> None:
    assert without_secrets(text) == expected


@pytest.mark.parametrize(
    ("address", "shown", "secrets"),
    [
        ("rtsp://admin:p'w@h/x", "rtsp://***@h/x", {"p'w"}),
        ("rtsp://admin:pa ss@h/x", "rtsp://***@h/x", {"pa ss"}),
        ('rtsp://admin:<p">@h/x', "rtsp://***@h/x", {'<p">'}),
        ("rtsp://admin:a/b@c:d@h/x", "rtsp://***@h/x", {"a/b@c:d"}),
        ("rtsp://to ken@h/x", "rtsp://***@h/x", {"to ken"}),
        ("rtsp://admin:p%40ss@h", "rtsp://***@h", {"p%40ss", "p@ss"}),
        (
            "rtsp://h:554/user=admin_password=x_y'z_channel=1_stream=0.sdp?real_stream",
            "rtsp://h:554/user=admin_password=***_channel=1_stream=0.sdp?real_stream",
            {"x_y'z"},
        ),
        ("rtsp://h/user=me&password=a b&channel=1", "rtsp://h/user=me&password=***&channel=1", {"a b"}),
        ("http://h/v.cgi?loginuse=me&loginpas=8/8?8", "http://h/v.cgi?loginuse=me&loginpas=***", {"8/8?8"}),
        ("http://h/live?access_token=tok;fps=5", "http://h/live?access_token=***;fps=5", {"tok"}),
        ("rtsp://h:554/passage=3/stream1?fps=5", "rtsp://h:554/passage=3/stream1?fps=5", set()),
        ("rtsp://h:554/stream", "rtsp://h:554/stream", set()),
    ],
)
def test_an_address_is_one_whatever_stands_in_its_password(address: str, shown: str, secrets: set[str]) -> None:
    assert address_without_secrets(address) == shown
    assert set(address_secrets(address)) == secrets


def test_registered_values_disappear_also_where_they_are_quoted() -> None:
    redactor = Redactor(["p@ss word", "p@ss word and more"])
    redactor.register(["tok-123"])
    assert redactor.redact("p@ss word and more, p%40ss%20word, tok-123") == "***, ***, ***"


def test_a_value_too_short_to_be_a_secret_leaves_the_text_readable() -> None:
    assert Redactor(["", "a"]).redact("a camera") == "a camera"


def test_messages_arguments_and_tracebacks_reach_stderr_redacted(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs(logging.INFO, Redactor(["tok-123"]))
    log = logging.getLogger("mien.sources")
    log.info("opening %s with %s", "rtsp://me:hunter2@cam/live", "tok-123")
    try:
        raise OSError("cannot open rtsp://me:hunter2@cam/live")
    except OSError:
        log.exception("lost")
    out, err = capsys.readouterr()
    assert out == ""
    assert "opening rtsp://***@cam/live with ***" in err
    assert "OSError: cannot open rtsp://***@cam/live" in err
    assert "hunter2" not in err and "tok-123" not in err


def test_the_level_holds_for_mien_and_libraries_stay_at_warnings(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs(logging.INFO, Redactor())
    logging.getLogger("mien.a").debug("mien-debug")
    logging.getLogger("mien.a").info("mien-info")
    logging.getLogger("library").info("library-info")
    logging.getLogger("library").warning("library-warning")
    err = capsys.readouterr().err
    assert "mien-info" in err and "library-warning" in err
    assert "mien-debug" not in err and "library-info" not in err
    set_up_logs(logging.ERROR, Redactor())
    logging.getLogger("library").warning("hidden")
    logging.getLogger("mien.a").error("shown once")
    err = capsys.readouterr().err
    assert "hidden" not in err and err.count("shown once") == 1


def test_lines_follow_sys_stderr_when_a_live_view_replaces_it(monkeypatch: pytest.MonkeyPatch) -> None:
    import io

    set_up_logs(logging.WARNING, Redactor())
    replaced = io.StringIO()
    monkeypatch.setattr(sys, "stderr", replaced)
    logging.getLogger("mien").warning("above the table")
    assert "above the table" in replaced.getvalue()
