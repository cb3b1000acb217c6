"""What is installed from a wheel: the web app is in it, and none is made that would serve no pages."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PARTS = ("pyproject.toml", "hatch_build.py", "README.md", "LICENSE")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """What a wheel is made of, but for most of the code."""
    for part in PARTS:
        shutil.copy(ROOT / part, tmp_path / part)
    (tmp_path / "src" / "mien" / "service").mkdir(parents=True)
    for part in ("__init__.py", "py.typed"):
        shutil.copy(ROOT / "src" / "mien" / part, tmp_path / "src" / "mien" / part)
    return tmp_path


def built(tree: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(tree / "dist")]
    return subprocess.run(
        command, cwd=tree, env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )


def test_a_wheel_takes_the_built_app_along(tree: Path) -> None:
    refused = built(tree)
    assert refused.returncode != 0 and "make app" in refused.stderr
    (tree / ".gitignore").write_text((ROOT / ".gitignore").read_text(encoding="utf-8"), encoding="utf-8")
    page = tree / "src" / "mien" / "service" / "web" / "index.html"
    page.parent.mkdir()
    page.write_text("<!doctype html>", encoding="utf-8")
    assert built(tree).returncode == 0
    (wheel,) = (tree / "dist").glob("*.whl")
    assert "mien/service/web/index.html" in zipfile.ZipFile(wheel).namelist()


def test_whoever_wants_the_library_alone_needs_no_app(tree: Path) -> None:
    assert built(tree, MIEN_WITHOUT_WEB_APP="1").returncode == 0
