import io
import time
from dataclasses import replace

import pytest
from rich.console import Console

from mien.cli.watch.live_view import LiveView, Snapshot, picture
from mien.domain.events import CameraStatus
from mien.domain.readings import FaceReading, FrameReading, IdentityKind

LONG = "/videos/some/long/path/garden-camera-1080p.mp4"
CAMERAS = (
    CameraStatus("door", "online", 12, 25.0, 12.4, 3, 0),
    CameraStatus(LONG, "online", 12, 25.0, 8.1, 331, 2),
    CameraStatus("rtsp://***@10.0.0.5/stream1", "offline"),
    CameraStatus("sea", "stalled", 4, 10.2, 10.0, 0, 1),
    CameraStatus("attic", "disabled"),
)


def face(
    track_id: int,
    identity: IdentityKind = "known",
    name: str = "Eileen Marie Collins",
    smoothed: str = "happiness",
    confidence: float = 0.5,
) -> FaceReading:
    return FaceReading(
        track_id=track_id,
        box=(0, 0, 10, 10),
        landmarks=(),
        detection_score=0.9,
        detection_source="measured",
        identity=identity,
        person_id={"known": "person-0001", "unknown": f"unknown-{track_id:04}", "undecided": ""}[identity],
        person_name=name if identity == "known" else "",
        similarity=0.71,
        margin=0.2,
        emotion=smoothed or "happiness",
        confidence=confidence,
        emotion_labels=("neutral", "happiness"),
        probabilities=(1 - confidence, confidence),
        emotion_smoothed=smoothed,
        quality=0.42,
        quality_reason="turned away",
        identity_source="carried",
        emotion_source="measured",
    )


def frame(camera: str, *faces: FaceReading) -> FrameReading:
    return FrameReading(camera, 3, 1.0, 640, 480, 0.05, faces)


def drawn(snapshot: Snapshot, width: int = 80, height: int = 24) -> list[str]:
    console = Console(file=io.StringIO(), width=width, height=height, force_terminal=False, highlight=False)
    console.print(picture(snapshot, width, height))
    assert isinstance(console.file, io.StringIO)
    lines = console.file.getvalue().splitlines()
    assert all(len(line) <= width for line in lines)
    return lines


@pytest.mark.parametrize("width", [80, 160])
def test_an_empty_view_says_so(width: int) -> None:
    assert "nobody in view" in "\n".join(drawn(Snapshot(), width))
    text = "\n".join(drawn(Snapshot(CAMERAS, {}, 3.2, 20), width))
    assert "nobody in view" in text and "3 of 20 s" in text


@pytest.mark.parametrize("width", [80, 160])
def test_every_camera_has_a_line_with_its_state_and_rates(width: int) -> None:
    lines = drawn(Snapshot(CAMERAS, {}), width)
    for camera in CAMERAS:
        (line,) = [line for line in lines if f" {camera.state} " in line and camera.name[-9:] in line]
        if camera.state in ("online", "stalled"):
            assert f"{camera.decoded_fps:.1f} fps" in line and f"{camera.analysed_fps:.1f} analysed" in line
            assert f"{camera.dropped} dropped" in line
        if camera.reconnects:
            assert f"{camera.reconnects}× back" in line


def test_every_face_has_a_row_and_nothing_is_cut_at_80_columns() -> None:
    readings = {
        "door": frame("door", face(2, "unknown"), face(1), face(3, "undecided", smoothed="")),
        LONG: frame(LONG, face(7, smoothed="contempt", confidence=1.0)),
    }
    text = drawn(Snapshot(CAMERAS, readings))
    rows = [line for line in text if "turned away" in line]
    assert [row.split()[:2] for row in rows] == [["door", "1"], ["door", "2"], ["door", "3"], ["…-1080p.mp4", "7"]]
    assert "Eileen Marie C…" in rows[0] and "happiness" in rows[0] and "50%" in rows[0] and "12.4" in rows[0]
    assert "unknown-0002" in rows[1] and "looking…" in rows[2] and "happiness" not in rows[2]
    assert "██████ 100%" in rows[3] and "8.1" in rows[3] and "0.42 turned away" in rows[3]


def test_a_wide_terminal_shows_whole_names_and_similarity() -> None:
    readings = {"door": frame("door", face(1, smoothed=""))}
    (row,) = [line for line in drawn(Snapshot(CAMERAS, readings), 160) if "turned away" in line]
    assert "Eileen Marie Collins" in row and "0.71" in row and "not enough yet" in row


def test_faces_that_do_not_fit_are_counted_and_the_view_keeps_inside_the_terminal() -> None:
    readings = {"door": frame("door", *(face(track) for track in range(1, 21)))}
    for height in (24, 12, 50):
        lines = drawn(Snapshot(CAMERAS[:2], readings), 80, height)
        shown = len([line for line in lines if "turned away" in line])
        assert len(lines) < height
        assert (f"+{20 - shown} more" in lines) == (shown < 20)
        assert shown == 20 or height < 50


def test_faces_of_a_camera_that_is_gone_are_not_shown() -> None:
    readings = {"sea": frame("sea", face(1)), "gone": frame("gone", face(1))}
    assert "nobody in view" in "\n".join(drawn(Snapshot(CAMERAS, readings)))


def test_a_name_cannot_repaint_the_terminal_or_be_read_as_markup() -> None:
    readings = {"door": frame("door", face(1, name="\x1b[2J[red]x\nx"))}
    text = "\n".join(drawn(Snapshot(CAMERAS, readings), 160))
    assert "\x1b" not in text and "[2J[red]x" in text


def test_the_live_view_redraws_by_itself_and_leaves_the_last_picture() -> None:
    out = io.StringIO()
    console = Console(file=out, width=100, height=30, force_terminal=True, highlight=False)
    with LiveView(console, ends_after_s=20) as view:
        view.show(CAMERAS, {"door": frame("door", face(1))}, elapsed_s=2)
        deadline = time.monotonic() + 5
        while "happiness" not in out.getvalue() and time.monotonic() < deadline:
            time.sleep(0.02)
        assert "happiness" in out.getvalue()
        view.show(CAMERAS, {}, elapsed_s=4)
    assert "4 of 20 s" in out.getvalue() and out.getvalue().count("nobody in view") >= 1


@pytest.mark.parametrize("width", [80, 160])
def test_liveness_is_shown_where_somebody_judges_it(width: int) -> None:
    judged = (
        replace(face(1), liveness="live", liveness_score=0.98),
        replace(face(2), liveness="spoof", liveness_score=0.03),
        replace(face(3), liveness="spoof", liveness_score=0.4, liveness_reason="too small"),
        replace(face(4), liveness_reason="blurred"),
    )
    text = drawn(Snapshot(CAMERAS, {"door": frame("door", *judged)}), width)
    rows = [line for line in text if line.startswith("door") and "happiness" in line]
    told = {
        80: ("live ", "spoof ", "spoof?", "…"),
        160: ("live 0.98", "spoof 0.03", "spoof? 0.40 too small", "… blurred"),
    }[width]
    assert all(one in row for one, row in zip(told, rows, strict=True))
    silent = drawn(Snapshot(CAMERAS, {"door": frame("door", face(1))}), width)
    assert not any(word in line for line in silent for word in ("liveness", " live "))


def test_a_share_is_shown_where_it_speaks_for_the_word() -> None:
    belied = replace(face(1, confidence=0.98), emotion_smoothed="neutral", emotion="happiness")
    readings = {"door": frame("door", belied, face(2, confidence=0.61), face(3, smoothed="", confidence=0.4))}
    rows = [line for line in drawn(Snapshot(CAMERAS, readings)) if "turned away" in line]
    assert ["%" in row for row in rows] == [False, True, False] and "neutral" in rows[0] and "61%" in rows[1]


@pytest.mark.parametrize("width", [80, 160])
def test_whoever_said_no_to_expressions_is_not_waited_for(width: int) -> None:
    withheld = replace(face(1, smoothed=""), probabilities=(), emotion="", confidence=0.0)
    readings = {"door": frame("door", withheld, replace(withheld, track_id=2, person_id="person-0002"))}
    snapshot = Snapshot(CAMERAS, readings, withholds=lambda one: one.person_id == "person-0001")
    rows = [line for line in drawn(snapshot, width) if "turned away" in line]
    assert ["no consent" in row for row in rows] == [True, False]


@pytest.mark.parametrize("height", [12, 24, 50])
def test_the_reason_why_a_camera_is_not_online_is_shown_whole_and_inside_the_terminal(height: int) -> None:
    reason = "kinect:0: a Kinect cannot be read: its driver freenect is not installed; " + "install it " * 8 + "now"
    readings = {"door": frame("door", *(face(track) for track in range(1, 21)))}
    lines = drawn(Snapshot(CAMERAS[:2], readings, reasons=(reason, "x" * 4000)), 80, height)
    assert len(lines) < height and any(line.startswith("kinect:0: a Kinect cannot be read") for line in lines)
    assert reason.split()[-1] in " ".join(lines) or height == 12
