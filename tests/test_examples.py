"""Every example runs as it is, in this process, over a home of its own, and what it prints is true."""

import re
import runpy
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

import mien
from mien.demo import PORTRAIT, VIDEO, DemoMedia
from mien.inference.catalog import Catalog
from mien.inference.weights import WeightStore

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"
Run = Callable[..., str]


@pytest.fixture(scope="module")
def media(weights: WeightStore, catalog: Catalog) -> DemoMedia:
    for name in (VIDEO, PORTRAIT):
        weights.path(catalog.card(name))
    return mien.samples()


@pytest.fixture
def run(media: DemoMedia, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs an example in an empty folder; what it printed."""
    monkeypatch.setenv("MIEN_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)

    def run(name: str, *arguments: object) -> str:
        monkeypatch.setattr("sys.argv", [name, *map(str, arguments)])
        runpy.run_path(str(EXAMPLES / f"{name}.py"), run_name="__main__")
        return capsys.readouterr().out

    return run


def test_examples_are_short_and_use_what_mien_offers() -> None:
    scripts = sorted(EXAMPLES.glob("*.py"))
    assert [one.stem for one in scripts] == [
        *("crops", "emotion_timeline", "enrol_and_recognise", "picture", "video", "webcam")
    ]
    page = (EXAMPLES.parent / "docs" / "how-to" / "library.md").read_text(encoding="utf-8")
    for script in scripts:
        text = script.read_text(encoding="utf-8")
        assert len(text.splitlines()) <= 40 and f"examples/{script.name}" in page
        assert f"\n.venv/bin/python examples/{script.name}" in text, "as it is called in a clone"
        assert "from mien" not in text and "import mien." not in text, "nothing but what `import mien` offers"
        assert set(re.findall(r"\bmien\.([A-Za-z_]+)", text)) <= {*mien.__all__, "mien"}


def test_a_picture(run: Run, media: DemoMedia) -> None:
    told = run("picture")
    assert told.startswith(f"{media.portrait}: 1 face\n") and "looks like happiness" in told
    x1, y1, x2, y2 = map(int, re.search(r"from (\d+),(\d+) to (\d+),(\d+): unknown", told).groups())  # type: ignore[union-attr]
    assert 150 < x1 < 200 and 60 < y1 < 110 and 240 < x2 < 300 and 170 < y2 < 230
    assert re.search(r"valence \+0\.\d\d, arousal \+0\.\d\d: excited", told)
    with pytest.raises(SystemExit, match=r"^absent\.jpg does not exist$"):
        run("picture", "absent.jpg")


def test_a_video(run: Run, media: DemoMedia) -> None:
    told = run("video")
    assert told.startswith(f"{media.video}: 1 track\n#1 unknown-0001: 0.0 s to 4.0 s, ")
    shares = [int(share) for share in re.findall(r"(\d+)%", told)]
    assert shares and 60 < sum(shares) <= 101 and "not enough evidence" in told


def test_a_webcam_is_any_source(run: Run, media: DemoMedia) -> None:
    lines = run("webcam", media.video).splitlines()
    assert lines[0].split() == ["0.0", "s", "undecided"] and 2 <= len(lines) < 40
    assert lines[-1].split()[2] == "unknown-0001" and any("looks like" in line for line in lines)
    assert [line for line, after in pairwise(lines) if line[9:] == after[9:]] == []


def test_whoever_is_enrolled_is_recognised_and_nobody_else(run: Run, media: DemoMedia, tmp_path: Path) -> None:
    told = run("enrol_and_recognise")
    assert told.startswith("Eileen Collins: accepted\nEileen Collins, similarity 0.")
    video = cv2.VideoCapture(str(media.video))
    cv2.imwrite(str(tmp_path / "man.png"), video.read()[1])
    video.release()
    told = run("enrol_and_recognise", "Eileen Collins", media.portrait, "man.png")
    assert re.match(r"Eileen Collins: .*\nunknown, similarity -?0\.\d\d, ", told)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["man.png"], "nobody stays enrolled"


def test_a_timeline(run: Run, media: DemoMedia) -> None:
    pandas = pytest.importorskip("pandas", reason="a DataFrame needs pandas, which is not installed")
    told = run("emotion_timeline", media.video, "timeline.csv")
    assert told.startswith(f"{media.video}: 120 readings of 1 track(s)\n")
    timeline = pandas.read_csv("timeline.csv")
    assert timeline["second"].tolist() == [0, 1, 2, 3]
    shares = [column for column in timeline.columns if column.endswith("_prob")]
    assert len(shares) == 8 and timeline[shares].sum(axis=1).to_numpy() == pytest.approx(np.ones(4), abs=1e-3)
    looks = [label.removesuffix("_prob") for label in timeline[shares].idxmax(axis=1)]
    assert timeline["looks_like"].tolist() == looks and all(look in told for look in looks)
    assert timeline["valence"].between(-1, 1).all() and timeline["arousal"].nunique() == 4


def test_crops(run: Run, media: DemoMedia) -> None:
    man, later, woman = run("crops").splitlines()
    assert "most like 'man, later'" in man and "most like 'man, first'" in later
    assert woman.startswith("woman: happiness ") and float(woman[woman.rindex("(") + 1 : -1]) < 0.2
    alone = run("crops", media.portrait)
    assert alone.startswith(f"{media.portrait}: happiness ") and "most like" not in alone


def test_where_no_expression_is_read_they_say_so(
    run: Run, media: DemoMedia, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIEN_PRIVACY__PURPOSE", "workplace")
    assert "no expression read 100%" in run("video", media.video)
    assert f"{media.portrait}: no expression read, quality " in run("crops", media.portrait)
    pytest.importorskip("pandas", reason="a DataFrame needs pandas, which is not installed")
    assert run("emotion_timeline", media.video).count("no expression read") == 4
