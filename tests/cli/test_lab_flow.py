"""From labelled pictures to a served model in five commands, on a small slice of real faces."""

import csv
import json
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="making networks needs torch, which is not installed")

RECIPE = """

[network]
kind = "residual"
widths = [16, 32]
dropout = 0.1

[optimiser]
learning_rate = 0.006
ema_decay = 0.9

[augmentation]
erase_share = 0.0
coarse_share = 0.0

[training]
epochs = 12
batch = 32
"""
KEPT = ("neutral", "happiness", "surprise")


@pytest.mark.timeout(240)
def test_five_commands_lead_from_pictures_to_a_served_model(
    mien, slice_of_faces: Path, portrait: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = slice_of_faces.parent
    labels, run = folder / "labels.toml", folder / "run"
    labels.write_text("[labels]\n" + "".join(f"{name} = []\n" for name in KEPT))
    (folder / "recipe.toml").write_text(RECIPE)
    manifest = folder / "ferplus"
    imported = mien("lab", "import", slice_of_faces, "--out", manifest, "--classes", labels, "--json")
    assert imported.code == 0, imported.err
    told = json.loads(imported.out)
    assert told["ready_made_px"] == 48 and set(told["pictures"]) == {"train", "val"}

    monkeypatch.chdir(folder)
    trained = mien("lab", "train", "recipe.toml", "--dataset", "ferplus", "--out", run, "--json")
    assert trained.code == 0, trained.err
    assert json.loads(trained.out)["fingerprint"] == told["fingerprint"]
    assert (run / "figures" / "history.png").stat().st_size > 5_000
    assert len((run / "epochs.jsonl").read_text().splitlines()) == 12
    again = mien("lab", "train", "recipe.toml", "--dataset", "ferplus", "--out", run)
    assert again.code == 2 and "holds a run already: go on with --resume" in again.err

    judged = mien("lab", "evaluate", run, "--split", "val", "--json")
    assert judged.code == 0, judged.err
    assert json.loads(judged.out)["given"]["accuracy"] > 0.7
    assert (run / "evaluation-val" / "figures" / "confusion-given.png").exists()

    calibrated = mien("lab", "calibrate", run, "--error", "0.1", "--json")
    assert calibrated.code == 0, calibrated.err
    ece = json.loads(calibrated.out)["ece"]
    # the temperature makes labels likeliest: in 15 bins of few pictures the error may rise by a point, more or less
    assert set(ece) == {"given", "aligned"} and ece["aligned"]["after"] <= ece["aligned"]["before"] + 0.015

    exported = mien("lab", "export", run, "--name", "slice", "--format", "onnx", "--format", "weights", "--json")
    assert exported.code == 0, exported.err
    assert all(one["difference"] < 1e-4 for one in json.loads(exported.out)["files"].values())

    read = mien("analyze", portrait, "--emotion", "slice", "--out", tmp_path / "read")
    assert read.code == 0, read.err
    with (tmp_path / "read" / "readings.csv").open(newline="") as table:
        (face,) = csv.DictReader(table)
    assert face["emotion"] == "happiness", "she smiles"

    served = mien("lab", "serve-check", run, "--name", "slice", "--picture", portrait, "--json")
    assert served.code == 0, served.err
    told = json.loads(served.out)
    assert told["same_winners"] > 0.9 and len(told["analysed"]) == 1
    assert told["pictures"]["read_as"] == "mien evaluate emotion" and told["pictures"]["faces"] == told["faces"]
    assert told["pictures"]["difference"] < 0.06
