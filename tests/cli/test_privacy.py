"""What the deployment is for decides what is read; who answers for it finds it on record; names stay out of the log."""

import csv
import json
import re
import shutil
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import cv2
import pytest
from tests.support.doomed import Faces
from tests.support.encoding import Picture, write_video

from mien.domain.people.consent import ConsentText
from mien.domain.readings import FaceReading, FrameReading
from mien.results.drawing.overlay import Overlay
from mien.settings import Settings
from mien.wiring.stores import build_stores

REFUSED = "expressions are not read: for workplace"
LOG_LINE = re.compile(r"^\d\d:\d\d:\d\d (?:DEBUG|INFO|WARNING|ERROR) ")
AT_WORK = "privacy: {purpose: workplace}\n"
ON_A_BASIS = "privacy: {purpose: workplace, basis: safety, reference: 'risk assessment, Ada Lovelace, May 2026'}\n"


@pytest.fixture
def declare(home: Path):
    def declare(text: str) -> None:
        home.mkdir(exist_ok=True)
        (home / "mien.yaml").write_text(text, encoding="utf-8")

    return declare


def on_record(home: Path) -> list[str]:
    path = home / "audit.jsonl"
    return [json.loads(line)["action"] for line in path.read_text().splitlines()] if path.exists() else []


@pytest.fixture
def without_classifier(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(*_: object) -> None:
        raise AssertionError("no network reads expressions here")

    monkeypatch.setattr("mien.wiring.models.load_classifier", load)


def test_who_looks_at_his_own_pictures_is_not_hindered_and_leaves_no_record(mien, home: Path, portrait: Path) -> None:
    ended = mien("identify", portrait, "--json")
    (face,) = json.loads(ended.out)["faces"]
    assert face["emotion"] == "happiness" and face["confidence"] > 0.5
    assert REFUSED not in ended.err and on_record(home) == []


@pytest.mark.usefixtures("without_classifier")
def test_at_work_who_is_told_and_no_expression(mien, home: Path, portrait: Path, declare) -> None:
    declare(AT_WORK)
    ended = mien("identify", portrait, "--json")
    (face,) = json.loads(ended.out)["faces"]
    assert (face["emotion"], face["confidence"], face["valence"], face["quadrant"]) == ("", None, None, "")
    assert face["identity"] == "unknown" and face["quality"] > 0.5
    assert ended.err.count(REFUSED) == 1 and "5(1)(f)" in ended.err
    assert on_record(home) == ["purpose.declared", "expression.refused"]
    ended = mien("compare", portrait, portrait)
    assert "the same person" in ended.out and "quality" in ended.out and "happiness" not in ended.out
    assert ended.err.count(REFUSED) == 1
    told = json.loads(mien("compare", portrait, portrait, "--json").out)
    assert (told["same"], told["first"]["emotion"], told["first"]["confidence"]) == (True, "", None)
    assert on_record(home) == ["purpose.declared"] + ["expression.refused"] * 3


def test_a_basis_that_is_written_down_lets_them_be_read(mien, home: Path, portrait: Path, declare) -> None:
    declare(ON_A_BASIS)
    ended = mien("identify", portrait)
    assert "happiness" in ended.out and REFUSED not in ended.err
    assert on_record(home) == ["purpose.declared"]
    assert "Ada" not in (home / "audit.jsonl").read_text(), "of a reference the log keeps a digest"
    mien("identify", portrait)
    declare(ON_A_BASIS.replace("May", "June"))
    mien("identify", portrait)
    assert on_record(home) == ["purpose.declared"] * 2, "what is news, and only that"


@pytest.mark.usefixtures("without_classifier")
def test_an_analysis_at_work_has_all_its_columns_and_says_why_some_are_empty(
    mien, home: Path, tmp_path: Path, carphone: Path, declare
) -> None:
    declare(AT_WORK)
    out = tmp_path / "out"
    ended = mien("analyze", carphone, "--every", "10", "--video", "--out", out, "--json")
    assert ended.code == 0 and ended.err.count(REFUSED) == 1
    with (out / "readings.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows and all(row["happiness_prob"] == row["confidence"] == row["emotion"] == "" for row in rows)
    assert all(row["emotion_source"] == "carried" and float(row["quality"]) > 0 for row in rows)
    assert any(row["person_id"] for row in rows)
    assert (out / "emotion_results.csv").read_text().count("\n") == 1
    told = json.loads(ended.out)
    assert "emotion" not in told["models"] and told["expressions_refused"].startswith(REFUSED)
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "Expressions are not read: for workplace" in page
    assert "Distribution of apparent expressions" not in page and 'class="legend"' not in page
    assert (out / "annotated.mp4").exists()


@pytest.mark.usefixtures("without_classifier")
def test_a_watch_at_work_shows_no_expressions(mien, home: Path, carphone: Path, declare) -> None:
    declare(AT_WORK)
    ended = mien("watch", carphone, "--seconds", "2")
    assert ended.code == 0 and ended.err.count(REFUSED) == 1
    assert "quality" in ended.out and "expression" not in ended.out and "not enough yet" not in ended.out
    assert on_record(home).count("expression.refused") == 1


def test_the_demo_shows_expressions_wherever_it_is_shown(declare, home: Path) -> None:
    from mien.demo import as_demo
    from mien.privacy.purpose import PrivacySettings, Purpose

    settings = Settings(home=home, privacy=PrivacySettings(purpose="workplace", blur_strangers=True))
    shown = as_demo(settings).privacy
    assert Purpose.of(shown).allows_expressions and shown.blur_strangers


def test_models_that_do_not_run_are_not_fetched(home: Path) -> None:
    from mien.inference.catalog import load_catalog
    from mien.privacy.purpose import PrivacySettings
    from mien.settings import models_behind

    def names(purpose, tasks=None) -> set[str]:
        settings = Settings(home=home, privacy=PrivacySettings(purpose=purpose))
        return {name for name, _ in models_behind(settings, load_catalog(), tasks)}

    assert names("personal") - names("education") == {"fer8-mobilefacenet"}
    assert names("education", ["emotion"]) == {"fer8-mobilefacenet"}, "whoever measures it asks for it by name"


def test_purpose_tells_what_is_declared_where_and_what_follows(mien, home: Path, declare, monkeypatch) -> None:
    told = json.loads(mien("privacy", "purpose", "--json").out)
    assert (told["purpose"], told["expressions"], told["said_by"]["purpose"]) == ("personal", True, "")
    assert told["retention"]["stranger_crops_h"] == 8 and told["on_record"] is None and not home.exists()
    declare(f"# ours\n{AT_WORK}")
    told = json.loads(mien("privacy", "purpose", "--json").out)
    assert (told["expressions"], told["said_by"]["purpose"]) == (False, "mien.yaml:2")
    assert told["why_not"].startswith(REFUSED)
    ended = mien("privacy", "purpose")
    assert ended.out.startswith("workplace: people at their work, applicants too (mien.yaml:2)\n")
    assert REFUSED in ended.out and "stranger crops 8 hours" in ended.out
    monkeypatch.setenv("MIEN_PRIVACY__PURPOSE", "security")
    monkeypatch.setenv("MIEN_PRIVACY__RETENTION__EVENTS_DAYS", "7")
    told = json.loads(mien("privacy", "purpose", "--json").out)
    assert (told["purpose"], told["said_by"]["purpose"]) == ("security", "MIEN_PRIVACY__PURPOSE")
    assert told["retention"]["events_days"] == 7


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("privacy: {purpose: office}", "privacy.purpose: expected"),
        ("privacy: {basis: because}", "privacy.basis: expected"),
        ("privacy: {retention: {bin_days: -1}}", "privacy.retention.bin_days: -1 is out of range, expected 0 to 36500"),
        ("privacy: {retention: {bin_day: 1}}", "privacy.retention.bin_day: no such key, did you mean bin_days?"),
    ],
)
def test_what_is_no_purpose_is_told(mien, declare, text: str, problem: str) -> None:
    declare(text)
    ended = mien("privacy", "purpose")
    assert ended.code == 2 and problem in ended.err and len(ended.err.splitlines()) == 1


def test_the_audit_log_is_shown_and_verified(mien, home: Path, declare, portrait: Path) -> None:
    assert "nothing is on record" in mien("privacy", "audit", "show").out
    assert mien("privacy", "audit", "verify").code == 0 and not home.exists()
    declare(AT_WORK)
    for _ in range(2):
        mien("compare", portrait, portrait)
    shown = json.loads(mien("privacy", "audit", "show", "--json", "--last", "2").out)["entries"]
    assert [entry["number"] for entry in shown] == [2, 3]
    assert shown[0]["facts"] == {"purpose": "workplace", "basis": ""} and shown[0]["hash"] == shown[1]["previous"]
    ended = mien("privacy", "audit", "show")
    assert "expression.refused" in ended.out and "purpose workplace" in ended.out
    assert "3 entries" in mien("privacy", "audit", "verify").out
    told = json.loads(mien("privacy", "audit", "verify", "--json").out)
    assert (told["ok"], told["entries"], told["line"]) == (True, 3, 0)
    path = home / "audit.jsonl"
    path.write_text(path.read_text().replace('"basis":""', '"basis":"medical"', 1))
    ended = mien("privacy", "audit", "verify")
    assert ended.code == 1 and ended.out == ""
    assert ended.err.strip() == "mien: the audit log is broken: line 1 was changed: its content does not give its hash"
    ended = mien("privacy", "audit", "verify", "--json")
    assert ended.code == 1 and (json.loads(ended.out)["ok"], json.loads(ended.out)["line"]) == (False, 1)
    path.write_text("")
    assert "line 1 is missing" in mien("privacy", "audit", "verify").err


def test_no_log_line_at_info_level_holds_a_name(mien, tmp_path: Path, portrait: Path) -> None:
    people = tmp_path / "people" / "Ada Lovelace"
    people.mkdir(parents=True)
    shutil.copy(portrait, people / "Lovelace-1.png")
    (people / "Lovelace-2.png").write_bytes(b"no picture")
    called = [
        mien("-v", "people", "import", tmp_path / "people"),
        mien("-v", "people", "enrol", "Ada Lovelace", portrait),
        mien("-v", "analyze", people, "--out", tmp_path / "out"),
        mien("-v", "identify", people / "Lovelace-1.png"),
        mien("-v", "people", "list"),
        mien("-v", "people", "forget", "Ada Lovelace"),
    ]
    assert "Ada Lovelace" in called[3].out, "she is known"
    logged = [line for ended in called for line in ended.err.splitlines() if LOG_LINE.match(line)]
    assert any("frames analysed" in line for line in logged)
    assert not [line for line in logged if "Lovelace" in line]


def test_strangers_are_blurred_in_the_video_and_the_report_until_they_are_known(
    mien, home: Path, tmp_path: Path, carphone: Path, declare, take
) -> None:
    import av
    import cv2
    import numpy as np

    from mien.sources.pixels import ArrayPixels
    from mien.vision.detection.detector import DetectionSettings
    from mien.vision.loading import load_detector

    detector = load_detector(take("yunet"), DetectionSettings())
    declare("privacy: {blur_strangers: true}\n")

    def found(out: Path) -> list[bool]:
        """In which frames a detector finds a face, so little is drawn over it that it can."""
        with av.open(str(out / "annotated.mp4")) as video:
            frames = [frame.to_ndarray(format="bgr24") for frame in video.decode(video=0)]
        return [bool(len(detector.detect(ArrayPixels(np.ascontiguousarray(frame))))) for frame in frames]

    assert mien("analyze", carphone, "--every", "4", "--video", "--out", tmp_path / "stranger").code == 0
    assert not any(found(tmp_path / "stranger"))
    with av.open(str(carphone)) as video:
        frames = [frame.to_ndarray(format="bgr24") for frame in video.decode(video=0)]
    man = tmp_path / "man.png"
    cv2.imwrite(str(man), frames[0])
    assert mien("people", "enrol", "Somebody", man).code == 0
    assert mien("analyze", carphone, "--every", "4", "--video", "--out", tmp_path / "known").code == 0
    with (tmp_path / "known" / "readings.csv").open(newline="") as file:
        assert any(row["person_name"] == "Somebody" for row in csv.DictReader(file))
    sharp = found(tmp_path / "known")
    assert sum(sharp) > len(sharp) / 2


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[FaceReading]:
    """What annotated videos show of faces."""
    shown: list[FaceReading] = []
    draw = Overlay.draw

    def watched(self: Overlay, picture: Picture, reading: FrameReading, *more: Any) -> Picture:
        shown.extend(reading.faces)
        return draw(self, picture, reading, *more)

    monkeypatch.setattr(Overlay, "draw", watched)
    return shown


def read_back(home: Path) -> list[FaceReading]:
    """What cameras read."""
    with ExitStack() as stack:
        stores = build_stores(Settings(home=home), stack)
        return [face for run in stores.readings.runs() for frame in stores.readings.read(run) for face in frame.faces]


def test_nothing_shows_or_keeps_an_expression_from_before_it_was_known_who_does_not_consent(
    mien, home: Path, tmp_path: Path, portrait: Path, carphone: Path, drawn: list[FaceReading]
) -> None:
    pictures = list(Faces(portrait, carphone).film())
    poor = [cv2.GaussianBlur(picture, (0, 0), 4) for picture in pictures[:10]]
    film = write_video(tmp_path / "film.mp4", poor + pictures)
    assert mien("people", "enrol", "Ada", portrait, "--consent", "identify,keep").code == 0
    assert mien("analyze", film, "--out", tmp_path / "out", "--video").code == 0
    assert mien("watch", film, "--seconds", "3", "--json").code == 0

    hers = {face.track_id for face in drawn if face.person_name == "Ada"}
    assert hers and {face.identity for face in drawn if face.track_id in hers} == {"known", "undecided"}
    assert [face for face in drawn if face.identity == "unknown" and face.emotion], "strangers have one"
    for faces in (drawn, read_back(home)):
        assert "undecided" in {face.identity for face in faces}
        assert not [face for face in faces if face.identity != "unknown" and (face.emotion or face.probabilities)]


def test_at_work_consent_is_given_and_not_declared(mien, declare, portrait: Path) -> None:
    declare(AT_WORK)
    enrol = ("people", "enrol", "Ada", portrait)
    for untold in ((), ("--consent", "identify"), ("--consent", "identify", "--text", "3", "--evidence", " ")):
        refused = mien(*enrol, *untold)
        assert refused.code == 2 and "for workplace nobody is taken in on an operator's word" in refused.err
        assert '--evidence "form 17"' in refused.err
    assert mien(*enrol, "--consent", "identify", "--evidence", "form 17").code == 0
    refused = mien("privacy", "consent", "give", "Ada", "keep")
    assert refused.code == 2 and "what proves it" in refused.err
    assert mien("privacy", "consent", "give", "Ada", "keep", "--evidence", "form 18").code == 0


def test_what_is_recorded_without_a_proof_is_said_to_be_declared(mien, portrait: Path) -> None:
    enrolled = mien("people", "enrol", "Ada", portrait, "--consent", "identify,keep")
    assert "consent to identify and keep is recorded as declared by you; --evidence tells" in enrolled.err
    given = mien("privacy", "consent", "give", "Ada", "expression", "--text", "3")
    assert "recorded as declared by you" in given.err
    shown = json.loads(mien("privacy", "consent", "show", "Ada", "--json").out)["record"]
    assert {one["evidence"] for one in shown} == {"declared by the operator"}
    assert [one["version"] for one in shown] == ["operator", "operator", "3"]


def test_the_text_of_the_deployment_is_kept_of_whom_it_was_read_to(mien, declare, portrait: Path) -> None:
    declare("service: {consent_text: We know you by your face.}\n")
    own = ConsentText.of("We know you by your face.")
    by_it = ("--text", own.version, "--evidence", "form 17")
    assert mien("people", "enrol", "Ada", portrait, "--consent", "identify", *by_it).code == 0
    assert mien("privacy", "consent", "give", "Ada", "keep", *by_it).code == 0
    assert mien("privacy", "consent", "give", "Ada", "expression", "--text", "3", "--evidence", "form 18").code == 0
    shown = json.loads(mien("privacy", "consent", "show", "Ada", "--json").out)["record"]
    assert [(one["scope"], one["text"]) for one in shown] == [
        ("identify", own.text),
        ("keep", own.text),
        ("expression", ""),
    ]
