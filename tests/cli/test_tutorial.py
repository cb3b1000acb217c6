"""The notebook that teaches the lab runs from its first cell to its last, on a small slice of real faces."""

import importlib.util
import os
import subprocess
from pathlib import Path

import pyarrow.parquet as parquet
import pytest

pytest.importorskip("torch", reason="making networks needs torch, which is not installed")
nbformat = pytest.importorskip("nbformat", reason="notebooks need nbformat, which is not installed")
nbclient = pytest.importorskip("nbclient", reason="notebooks need nbclient, which is not installed")

ROOT = Path(__file__).parents[2]
NOTEBOOK = ROOT / "docs" / "tutorial" / "train-your-own.ipynb"
AT_ONCE = f"""
import subprocess, sys
sys.path.insert(0, {str(ROOT)!r})
from tests.support.command import completed_here
subprocess.run = completed_here(subprocess.run)
"""
"""A cell before the first: commands of mien run within the notebook, where each would else load torch once more."""


@pytest.mark.timeout(400)
def test_every_cell_runs(slice_of_faces: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    some = tmp_path / "faces.parquet"
    parquet.write_table(parquet.read_table(slice_of_faces).take(list(range(0, 900, 3))), some)
    for name, value in {
        "TUTORIAL_DATASET": some,
        "TUTORIAL_EPOCHS": 1,
        "TUTORIAL_WORK": tmp_path / "lab",
        "MIEN_HOME": tmp_path / "home",
        "KERAS_HOME": tmp_path / "keras",
        "IPYTHONDIR": tmp_path / "ipython",
    }.items():
        monkeypatch.setenv(name, str(value))
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    notebook.cells.insert(0, nbformat.v4.new_code_cell(AT_ONCE))
    client = nbclient.NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": tmp_path}}
    )
    client.execute(env=dict(os.environ))
    said = "".join(output.get("text", "") for cell in notebook.cells for output in cell.get("outputs", ()))
    assert "mine: served on" in said and "model.onnx" in said and "answers differ by" in said
    assert (tmp_path / "lab" / "explored" / "report.html").stat().st_size > 20_000
    assert not any(cell.get("outputs") for cell in nbformat.read(NOTEBOOK, as_version=4).cells)


def test_mien_comes_from_what_lies_beside_the_notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cell, asked = nbformat.read(NOTEBOOK, as_version=4).cells[1].source, list[str]()
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    monkeypatch.setattr(subprocess, "run", lambda command, **_: asked.append(command[-1]))
    here = tmp_path / "docs" / "tutorial"
    here.mkdir(parents=True)
    monkeypatch.chdir(here)
    with pytest.raises(SystemExit, match=r"^mien is not installed: put its wheel, "):
        exec(cell, {})
    (tmp_path / "src" / "mien").mkdir(parents=True)
    exec(cell, {})
    (here / "mien-0.1.0-py3-none-any.whl").touch()
    exec(cell, {})
    assert asked == [f"{tmp_path}[lab]", f"{here / 'mien-0.1.0-py3-none-any.whl'}[lab]"]
