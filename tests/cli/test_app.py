import errno
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

import mien as package
from mien.cli import app as application
from mien.domain.errors import ModelCorrupt, SettingsError

VERBS = ("analyze", "watch", "demo", "identify", "compare", "people", "evaluate", "models", "config", "version")


def test_mien_alone_prints_the_help_and_ends_well(mien) -> None:
    ended = mien()
    assert ended.code == 0 and all(f" {verb} " in ended.out for verb in VERBS)


@pytest.mark.parametrize("verb", [*VERBS, "people import", "people enrol", "people list", "people forget"])
def test_every_verb_has_help(mien, verb: str) -> None:
    ended = mien(*verb.split(), "--help")
    assert ended.code == 0 and f"mien {verb}" in ended.out and ended.err == ""


def test_version(mien) -> None:
    assert mien("version").out == f"mien {package.__version__}\n"
    assert json.loads(mien("version", "--json").out) == {"version": package.__version__}


@pytest.mark.parametrize(
    "arguments",
    [
        ["--nonsense"],
        ["nonsense"],
        ["version", "--nonsense"],
        ["analyze"],
        ["compare", "only-one.jpg"],
        ["people"],
        ["people", "enrol", "Ada"],
        ["evaluate", "emotion", "--dataset", "x", "--classes", "9"],
        ["evaluate", "emotion", "--dataset", "x", "--labels", "nonsense"],
        ["evaluate", "verification", "--images", "x"],
        ["analyze", "x.mp4", "--every", "-1"],
        ["analyze", "x.mp4", "--every", "2", "--fps", "5"],
        ["analyze", "x.mp4", "--warn-several"],
        ["watch"],
        ["models", "pull", "yunet", "--all"],
        ["--config", "absent.yaml", "people", "list"],
    ],
    ids=" ".join,
)
def test_a_wrong_call_ends_with_2_and_says_why_on_stderr(mien, arguments: list[str]) -> None:
    ended = mien(*arguments)
    assert ended.code == 2 and "Traceback" not in ended.err
    assert ended.err.strip() or ended.out.strip()  # a group alone prints its help
    if arguments != ["people"]:
        assert ended.out == ""


def test_an_unknown_level_of_logging_is_a_wrong_call(mien, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIEN_LOG", "loud")
    ended = mien("version")
    assert ended.code == 2 and ended.err == "mien: MIEN_LOG: expected debug, info, warning, error, got 'loud'\n"


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (ModelCorrupt("the file is damaged"), 1, "mien: the file is damaged\n"),
        (SettingsError("one\ntwo"), 2, "mien: one\nmien: two\n"),
        (OSError(errno.ENOSPC, "No space left on device", "/out/x.csv"), 1, "mien: /out/x.csv: the disk is full\n"),
        (PermissionError(errno.EACCES, "Permission denied", "/out"), 1, "mien: /out: Permission denied\n"),
        (MemoryError(), 1, "mien: there is not enough memory for this\n"),
        (
            KeyError("x"),
            1,
            "mien: this should not have happened (KeyError: 'x'); --debug shows where\n",
        ),
        (KeyboardInterrupt(), 130, ""),
        (ModelCorrupt("rtsp://me:hunter2@cam is dead"), 1, "mien: rtsp://***@cam is dead\n"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
def test_a_failure_is_one_line_and_a_code(mien, monkeypatch, error: BaseException, code: int, said: str) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(application, "print_text", fail)
    ended = mien("version")
    assert (ended.code, ended.out, ended.err) == (code, "", said)


def test_debug_shows_the_traceback_without_secrets(mien, monkeypatch) -> None:
    def fail(*_: object) -> None:
        raise ValueError("rtsp://me:hunter2@cam")

    monkeypatch.setattr(application, "print_text", fail)
    ended = mien("--debug", "version")
    assert ended.code == 1 and "Traceback" in ended.err and "in fail" in ended.err and "hunter2" not in ended.err


def run(*arguments: str, **options) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "mien", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options
    )


def test_a_reader_that_goes_away_is_no_traceback(home: Path) -> None:
    with run("version") as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b"" and process.wait() == 1


@pytest.mark.parametrize("is_buffered", [True, False])
def test_a_full_disk_behind_stdout_is_one_line(home: Path, is_buffered: bool) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("needs /dev/full, which this system does not have")
    with Path("/dev/full").open("wb") as full:
        command = [sys.executable, "-m", "mien", "version"]
        environment = {**os.environ, "PYTHONUNBUFFERED": "" if is_buffered else "1"}
        process = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, env=environment, check=False)
    assert process.returncode == 1 and process.stderr.startswith(b"mien: ") and process.stderr.count(b"\n") == 1


HEAVY = {
    "cv2",
    "numpy",
    "openvino",
    "onnxruntime",
    "onnx",
    "av",
    "scipy",
    "sqlalchemy",
    "pyarrow",
    "matplotlib",
    "torch",
}


@pytest.mark.parametrize(
    ("arguments", "allowed"), [(["--help"], set()), (["models", "list"], set()), (["config", "check"], set())]
)
def test_nothing_heavy_is_imported_before_it_is_needed(home: Path, arguments: list[str], allowed: set[str]) -> None:
    program = (
        "import sys, json\nfrom mien.cli.app import main\n"
        f"try: main({arguments!r})\n"
        "except SystemExit as ended: assert not ended.code\n"
        "print(json.dumps([name for name in sys.modules if '.' not in name]), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert set(json.loads(done.stderr.splitlines()[-1])) & HEAVY <= allowed


@pytest.mark.parametrize("arguments", [["--help"], ["models", "list"]], ids=" ".join)
def test_start_up_takes_little_processor_time(home: Path, arguments: list[str]) -> None:
    def children_s() -> float:
        times = os.times()
        return times.children_user + times.children_system

    costs = []
    for _ in range(3):
        before = children_s()
        subprocess.run([sys.executable, "-m", "mien", *arguments], stdout=subprocess.DEVNULL, check=True)
        costs.append(children_s() - before)
    assert min(costs) < 0.8  # half of it on a quiet machine; what this catches is a runtime imported by mistake


def test_sigterm_unwinds(home: Path, tmp_path: Path) -> None:
    program = (
        "import sys, time\nfrom mien.cli import app\n"
        "def wait(text):\n"
        "    try:\n"
        "        print('ready', flush=True); time.sleep(30)\n"
        "    finally:\n"
        "        print('tidied', flush=True)\n"
        "app.print_text = wait\napp.main(['version'])"
    )
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None and process.stdout.readline() == "ready\n"
    process.terminate()
    began = time.monotonic()
    assert process.communicate(timeout=20)[0] == "tidied\n" and process.returncode == 143
    assert time.monotonic() - began < 10
