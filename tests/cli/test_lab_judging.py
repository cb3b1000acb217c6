"""A run that learnt nothing is told as such by whatever judges it, and the import tells what cannot judge."""

from pathlib import Path

import cv2
import pyarrow
import pyarrow.parquet as parquet
import pytest

torch = pytest.importorskip("torch", reason="making networks needs torch, which is not installed")

from tests.lab.test_train import recipe_for  # noqa: E402
from tests.support.lab import drawn_folder, sketched  # noqa: E402

from mien.evaluation.ferplus import VOTE_COLUMNS  # noqa: E402
from mien.lab import export, train  # noqa: E402
from mien.lab.learning.trained import CALIBRATION, WEIGHTS  # noqa: E402
from mien.lab.result import write_json  # noqa: E402

__all__ = ["sketched"]
pytestmark = pytest.mark.usefixtures("sketched")
QUICK = {"training.epochs": 1, "training.batch": 32}
FAILS = "never answers happiness; no better than always saying neutral (50.0 %)"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run whose network answers the first of its two labels, whatever it sees."""
    train.run(recipe_for(drawn_folder(tmp_path / "drawn", 240), **QUICK), tmp_path / "run")
    weights = torch.load(tmp_path / "run" / WEIGHTS, weights_only=True)
    weights["emotion_classifier.weight"].zero_()
    weights["emotion_classifier.bias"].copy_(torch.tensor([1.0, 0.0]))
    torch.save(weights, tmp_path / "run" / WEIGHTS)
    return tmp_path / "run"


def test_a_network_that_always_says_one_label_is_told(mien, run: Path, tmp_path: Path) -> None:
    write_json(run / CALIBRATION, {"calibration": {"abstention": 0.4}})
    judged = mien("lab", "evaluate", run)
    assert judged.code == 0, judged.err
    assert f"given: {FAILS}\naligned: {FAILS}\n" in judged.err
    guess = "accuracy 50.0 % (35.2 % to 64.8 %; always saying neutral: 50.0 %)"
    abstains = "abstaining below 0.40 answers 100.0 %, wrong 50.0 % of the time (35.2 % to 64.8 %)"
    for cut in ("given", "aligned"):
        assert f"{cut}: {guess}" in judged.out and f"{cut}: {abstains}" in judged.out
        assert f"{cut}: recall of every label" in judged.out
        assert f"{cut}: truth in rows, answers in columns" in " ".join(judged.out.split())
    rows = [line.split() for line in judged.out.splitlines()]
    assert ["neutral", "100.0", "%", "83.9", "%", "to", "100.0", "%", "20"] in rows and ["happiness", "20", "0"] in rows
    exported = export.run(export.ExportRecipe(run, formats=("weights",)))
    still = {"network.start": "weights", "network.weights": str(run / WEIGHTS), "optimiser.learning_rate": 1e-12}
    trained = train.run(recipe_for(tmp_path / "drawn", **QUICK, **still), tmp_path / "again")
    for found in (exported, trained):
        assert f"aligned: {FAILS}" in found.notices
    told = trained.metrics["val"]["given"]
    assert (told["commonest"], told["commonest_share"], told["never_answered"]) == ("neutral", 0.5, ("happiness",))


def test_who_learnt_something_is_told_of_nothing(mien, run: Path, tmp_path: Path) -> None:
    learnt = tmp_path / "learnt"
    found = train.run(recipe_for(tmp_path / "drawn", **QUICK | {"training.epochs": 3}), learnt)
    judged = mien("lab", "evaluate", learnt)
    assert judged.err == "" and "abstaining" not in judged.out and found.notices == ()


def test_an_import_tells_how_many_pictures_have_no_agreed_label(mien, take, portrait: Path, tmp_path: Path) -> None:
    take("yunet")
    face = cv2.resize(cv2.imread(str(portrait))[50:190, 155:295], (48, 48))
    pictures = [cv2.imencode(".png", (face * (1 - row / 40)).astype("uint8"))[1].tobytes() for row in range(20)]
    votes = {name: [0] * 20 for name in VOTE_COLUMNS}
    votes["neutral"] = [4, *[0, 9] * 9, 0]
    votes["happiness"] = [4, *[9, 0] * 9, 9]
    table = pyarrow.table({"png": pictures, "usage": ["PrivateTest"] * 20, **votes})
    parquet.write_table(table, tmp_path / "faces.parquet")
    imported = mien("lab", "import", tmp_path / "faces.parquet", "--out", tmp_path / "set")
    assert imported.code == 0, imported.err
    told = "test 20 (1 without an agreed label: they judge nothing); labels neutral, happiness"
    assert imported.out.startswith(told)
