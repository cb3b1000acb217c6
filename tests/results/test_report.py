import re
from xml.etree import ElementTree

import numpy as np
import pytest

from mien.domain.emotions import EMOTION_LABELS
from mien.results.records.tracks import ExpressionOverTime
from mien.results.report.charts import clock_text
from mien.results.report.page import render_report
from mien.results.rows import FinalIdentity
from mien.results.writer import ResultWriter, SourceEnd

NASTY = '<script>alert("x")</script>'


def parsed(page: str) -> ElementTree.Element:
    """The page is also well-formed XML: every element is closed, every name escaped."""
    assert page.startswith("<!DOCTYPE html>\n")
    return ElementTree.fromstring(page.removeprefix("<!DOCTYPE html>\n"))


def text(element: ElementTree.Element) -> str:
    return " ".join("".join(element.itertext()).split())


@pytest.fixture
def page(tmp_path, clock, summary, make_reading, make_face) -> str:
    with ResultWriter(tmp_path, EMOTION_LABELS, 3, clock) as writer:
        results = writer.start("/videos/" + NASTY + ".mp4", 10.0)
        for index in range(100):
            faces = [make_face(1, "happiness" if index < 50 else "fear", quality=0.8)]
            if 30 <= index < 60:
                faces.append(make_face(2, "", quality=0.2))
            results.add(None, make_reading(index, *faces))
        writer.best_shot("clip.mp4", 1, np.full((150, 100, 3), 77, np.uint8))
        writer.best_shot("clip.mp4", 2, np.zeros((0, 0, 3), np.uint8))
        results.finish({1: FinalIdentity("known", "p1", NASTY, 0.7, 0.3), 2: FinalIdentity("unknown", "unknown-0007")})
        still = writer.start("portrait.jpg", is_still=True)
        still.add(None, make_reading(0, make_face(1, "sadness"), camera="portrait.jpg"))
        still.finish({}, SourceEnd(1))
        writer.failed("gone & lost.mp4", "gone & lost.mp4 does not exist.")
        writer.close(summary)
    return (tmp_path / "report.html").read_text(encoding="utf-8")


def test_the_page_is_well_formed_escaped_and_fetches_nothing(page):
    root = parsed(page)
    assert not list(root.iter("script"))
    assert "<script" not in page
    assert NASTY in text(root)
    assert not re.search(r"https?:|//[a-z]|@import|url\(", page)
    assert {element.get("src", "")[:22] for element in root.iter("img")} == {"data:image/jpeg;base64"}
    assert all(element.get("alt") for element in root.iter("img"))
    assert all(element.get("aria-label") for element in root.iter("svg"))


def test_the_page_tells_who_was_there_what_failed_and_what_was_used(page):
    shown = text(parsed(page))
    for part in ("unknown-0007", "1 of 3 sources failed", "gone & lost.mp4 does not exist.", "portrait.jpg"):
        assert part in shown
    for part in (
        "yunet",
        "MIT",
        "apparent expression",
        "Not enough evidence",
        "only what recent readings agree on",
        "4.00",
        "3.2 s of processor time",
    ):
        assert part in shown


def test_the_timeline_shows_each_stretch_in_its_place(page):
    root = parsed(page)
    rects = [
        rect
        for rect in root.iter("rect")
        if (title := rect.find("title")) is not None and "to 0:" in (title.text or "")
    ]
    spans = {rect.find("title").text: float(rect.get("x")) for rect in rects}
    assert [name.removeprefix(NASTY[:13]).split(": ", 1)[1] for name in spans] == [
        "happiness, 0:00.0 to 0:05.0",
        "fear, 0:05.0 to 0:09.9",
        "not enough evidence, 0:03.0 to 0:05.9",
    ]
    first, second, third = spans.values()
    assert first < third < second
    widths = [float(rect.get("width")) for rect in rects]
    assert widths[0] == pytest.approx(second - first, abs=0.2)


def test_an_analysis_of_nothing_is_a_page_too(summary, clock):
    root = parsed(render_report(summary, [], [], clock.now()))
    assert "Nothing was analysed." in text(root)


def test_many_tracks_stay_a_light_page(tmp_path, clock, summary, make_reading, make_face):
    noise = np.random.default_rng(0)
    with ResultWriter(tmp_path, EMOTION_LABELS, 1, clock) as writer:
        results = writer.start("long.mp4", 10.0)
        for index in range(2000):
            track = index // 5
            label = EMOTION_LABELS[index % 8]
            results.add(None, make_reading(index, make_face(track, label), camera="long.mp4"))
            writer.best_shot("long.mp4", track, noise.integers(0, 255, (120, 120, 3), np.uint8))
        results.finish({track: FinalIdentity("unknown", f"unknown-{track:04}") for track in range(400)})
        writer.close(summary)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert len(page) < 5e6
    shown = text(parsed(page))
    assert "340 shorter tracks are in tracks.csv" in shown
    assert "And 300 more in people.csv." in shown


@pytest.mark.parametrize(
    ("seconds", "step_s", "shown"),
    [(0, 1, "0:00"), (59.96, 0.1, "1:00.0"), (61.25, 0.1, "1:01.2"), (3725, 60, "1:02:05"), (9.5, 0.5, "0:09.5")],
)
def test_clock_text(seconds, step_s, shown):
    assert clock_text(seconds, step_s) == shown


def test_expressions_over_time_keep_their_mean_however_long_the_source():
    over_time = ExpressionOverTime(2)
    for second in range(5000):
        shown = np.array([(1.0, 0.0)] if second < 2500 else [(0.0, 1.0), (0.0, 1.0)])
        over_time.add(np.full(len(shown), float(second)), shown)
    assert over_time.interval_s == 16.0
    assert over_time.counts.sum() == 7500
    np.testing.assert_allclose(over_time.sums.sum(axis=0), [2500, 5000])
    assert over_time.counts[5000 // 16 + 1 :].sum() == 0
    np.testing.assert_allclose(over_time.sums[10] / over_time.counts[10], [1, 0])
    np.testing.assert_allclose(over_time.sums[200] / over_time.counts[200], [0, 1])
