import csv
import re
from contextlib import ExitStack
from pathlib import Path
from threading import Event

import av
import pytest

from mien.demo import PERSON, PORTRAIT, VIDEO, demo_home, fetch_media, run_demo, serve_demo
from mien.domain.clock import SystemClock
from mien.settings import load_settings
from mien.settings.loading import settings_path


def test_the_demo_names_the_person_and_the_stranger_and_writes_everything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MIEN_HOME", str(tmp_path / "home"))
    settings, stop, out = load_settings(), Event(), tmp_path / "out"
    names: dict[str, set[str]] = {VIDEO: set(), PORTRAIT: set()}

    def on_tick(statuses, readings, elapsed_s: float) -> None:
        assert [status.name for status in statuses] == [VIDEO, PORTRAIT]
        for camera, reading in readings.items():
            names[camera] |= {face.person_name or face.person_id for face in reading.faces}
        if (names[VIDEO] >= {"unknown-0001"} and names[PORTRAIT] >= {PERSON} and elapsed_s > 2) or elapsed_s > 40:
            stop.set()

    files = run_demo(settings, fetch_media(settings), out, stop, on_tick, SystemClock())
    assert {path.name for path in files} == {path.name for path in out.iterdir()} and all(map(Path.is_file, files))
    with (out / "readings.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    seen = {(row["source"], row["person_name"] or row["person_id"]) for row in rows if row["identity"] != "undecided"}
    assert seen == {(VIDEO, "unknown-0001"), (PORTRAIT, PERSON)}
    videos = [path for path in files if re.fullmatch(r"annotated-.*\.mp4", path.name)]
    assert len(videos) == 2
    for path in videos:
        with av.open(str(path)) as video:
            assert sum(1 for _ in video.decode(video=0)) > 10
    assert not (tmp_path / "home").exists()  # people and history of the demo are nobody's own


def test_whoever_tries_the_served_demo_may_sign_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MIEN_HOME", str(tmp_path / "home"))
    with ExitStack() as stack:
        settings, _ = serve_demo(load_settings(), demo_home(settings_path(None), stack))
        assert settings.service.sign_up == "open" and load_settings().service.sign_up == "invitation"
        assert settings.home.is_dir() and settings.home != tmp_path / "home"
    assert not settings.home.exists()
