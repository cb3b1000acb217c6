"""`mien models`: one's own models come in, restricted ones wait for a yes, and all are timed and verified."""

import json
from pathlib import Path

import pytest
from tests.reference import resemotenet, small_cnn
from tests.support.checkpoints import seeded_tensors, state_dict, write_zip
from tests.support.keras_files import write_keras_2


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    """ResEmoteNet of a sixteenth of its width, with seeded weights."""
    content = {"model_state_dict": state_dict(seeded_tensors(resemotenet.shapes(width=4)))}
    return write_zip(tmp_path / "rafdb_model.pth", content)


def names(mien, *options: str) -> list[str]:
    return [model["name"] for model in json.loads(mien("models", "list", "--json", *options).out)["models"]]


def test_the_list_tells_state_and_terms_of_every_model(mien) -> None:
    listed = {model["name"]: model for model in json.loads(mien("models", "list", "--json").out)["models"]}
    assert {"name", "task", "family", "size_bytes", "licence_weights", "allowed_use", "measured"} <= listed[
        "yunet"
    ].keys()
    assert listed["yunet"]["is_accepted"] and not listed["scrfd-2.5g"]["is_accepted"]
    assert listed["haar"]["is_cached"] and listed["haar"]["files"] == []
    assert len(listed["mtcnn"]["files"]) == 3
    assert "research-only: accept first" in mien("models", "list").out
    assert names(mien, "--task", "liveness") == ["minifasnet"]


def test_every_family_of_the_mission_is_there(mien) -> None:
    families = {family["name"] for family in json.loads(mien("models", "families", "--json").out)["families"]}
    expected = """
        yunet scrfd retinaface yolov5-face yolov8-face mtcnn haar blazeface centerface ultraface
        arcface edgeface sface adaface facenet vgg-face lbph
        resemotenet multitask hsemotion mini-xception small-cnn landmarks fer-mobilefacenet
        cr-fiqa lightqnet qualityface minifasnet fsanet
    """
    assert set(expected.split()) <= families
    assert "resemotenet" in mien("models", "families").out


def test_a_restricted_model_waits_for_a_yes(mien, home: Path, portrait: Path, tmp_path: Path) -> None:
    refused = mien("identify", portrait, "--detector", "yolov5n-face")
    assert refused.code == 1 and refused.out == ""
    assert "yolov5n-face is copyleft" in refused.err and "mien models accept yolov5n-face" in refused.err
    accepted = mien("models", "accept", "yolov5n-face", "--json")
    (answer,) = json.loads(accepted.out)["accepted"]
    assert (answer["name"], answer["allowed_use"], answer["licence_weights"]) == ("yolov5n-face", "copyleft", "GPL-3.0")
    record = json.loads((home / "models" / "accepted.json").read_text())
    assert record["yolov5n-face"]["at"] == answer["at"]
    found = mien("identify", portrait, "--detector", "yolov5n-face", "--json")
    assert found.code == 0 and len(json.loads(found.out)["faces"]) == 1
    (home / "models" / "accepted.json").unlink()
    settings = tmp_path / "mine.yaml"
    settings.write_text("detector: yolov5n-face\naccepted_models: [yolov5n-face]\n")
    assert mien("identify", portrait, "--config", settings).code == 0
    settings.write_text("detector: yolov5n-face\n")
    assert "is copyleft" in mien("identify", portrait, "--config", settings).err


def test_a_checkpoint_becomes_a_model_that_runs(mien, home: Path, portrait: Path, checkpoint: Path) -> None:
    ended = mien("models", "import", "resemotenet", checkpoint, "--name", "rafdb", "--json")
    assert ended.code == 0, ended.err
    assert json.loads(ended.out) == {
        "name": "rafdb",
        "task": "emotion",
        "family": "resemotenet",
        "allowed_use": "any",
    }
    assert "rafdb" in names(mien) and "imported from rafdb_model.pth" in mien("models", "show", "rafdb").out
    (face,) = json.loads(mien("identify", portrait, "--emotion", "rafdb", "--json").out)["faces"]
    assert face["emotion"] in ("happiness", "surprise", "sadness", "anger", "disgust", "fear", "neutral")
    assert mien("models", "verify", "rafdb").code == 0
    again = mien("models", "import", "resemotenet", checkpoint, "--name", "rafdb")
    assert again.code == 1 and again.err == "mien: there is a model called rafdb already; choose another with --name\n"
    assert mien("models", "remove", "rafdb").out == "rafdb: removed\n"
    assert "rafdb" not in names(mien) and list((home / "models").iterdir()) == []
    assert "was not imported" in mien("models", "remove", "yunet").err


def test_an_import_that_fails_leaves_nothing(mien, home: Path, checkpoint: Path, tmp_path: Path) -> None:
    five = write_keras_2(tmp_path / "five.h5", small_cnn.keras_layers(small_cnn.seeded(classes=5)))
    text = tmp_path / "model.pth"
    text.write_text("import os; os.system('true')")
    for arguments, reason in (
        (("arcface", checkpoint), "of another network"),
        (("resemotenet", text), "is no model"),
        (("resemotenet", tmp_path / "absent.pth"), "absent.pth"),
        (("small-cnn", five), "gives 5 scores"),
        (("small-cnn", five, "--labels", "calm,cross"), "2 (calm, cross)"),
        (("arcfase", checkpoint), "there is arcface"),
    ):
        ended = mien("models", "import", *arguments)
        assert (ended.code, ended.out) == (1, "")
        assert ended.err.startswith("mien: ") and ended.err.count("\n") == 1 and reason in ended.err
    assert not (home / "models").exists()


def test_a_damaged_import_is_told(mien, home: Path, portrait: Path, checkpoint: Path) -> None:
    assert mien("models", "import", "resemotenet", checkpoint, "--name", "rafdb").code == 0
    stored = home / "models" / "rafdb.onnx"
    stored.write_bytes(stored.read_bytes()[:-10] + b"0123456789")
    for ended in (mien("identify", portrait, "--emotion", "rafdb"), mien("models", "verify", "rafdb")):
        assert ended.code == 1 and "is damaged; import rafdb, or install mien, anew" in ended.err


def test_models_are_verified_against_their_stored_output(mien, home: Path, checkpoint: Path) -> None:
    ended = mien("models", "verify", "yunet", "mobilefacenet", "fer8-residual48", "--precision", "f32", "--json")
    verdicts = json.loads(ended.out)["models"]
    assert ended.code == 0 and all(one["is_right"] and one["difference"] < 1e-3 for one in verdicts)
    assert mien("models", "import", "resemotenet", checkpoint, "--name", "rafdb").code == 0
    reference = home / "models" / "rafdb.reference.json"
    rows = json.loads(reference.read_text())
    rows["rafdb"][0]["numbers"][0] += 1
    reference.write_text(json.dumps(rows))
    wrong = mien("models", "verify", "rafdb")
    assert wrong.code == 1 and "rafdb: its output differs from the stored one by" in wrong.out


def test_speed_is_measured_and_kept(mien, home: Path, tmp_path: Path, monkeypatch, weights, catalog) -> None:
    ended = mien("models", "bench", "fer8-residual48", "--json")
    speeds = json.loads(ended.out)["models"]["fer8-residual48"]
    assert ended.code == 0 and {"openvino", "onnxruntime"} == {one["runtime"] for one in speeds}
    assert all(0 < one["ms"] < 1000 and one["cpu_ms"] > 0 and one["per_second"] > 1 for one in speeds)
    (listed,) = [model for model in json.loads(mien("models", "list", "--json").out)["models"] if model["speeds"]][:1]
    assert listed["speeds"]
    assert "openvino f32: " in mien("models", "show", "fer8-residual48").out


def test_models_are_chosen_in_one_line(mien, portrait: Path, tmp_path: Path) -> None:
    settings = tmp_path / "mine.yaml"
    settings.write_text("detector: mtcnn\n")
    for options in (("--detector", "mtcnn"), ("--config", settings)):
        faces = json.loads(mien("identify", portrait, *options, "--json").out)["faces"]
        assert max(face["score"] for face in faces) > 0.99
    wrong = mien("identify", portrait, "--detector", "mobilefacenet")
    assert wrong.code == 2 and wrong.err.startswith("mien: --detector: no detection model is called 'mobilefacenet'")
    settings.write_text("cameras:\n  door:\n    source: 0\n    detector: nothing\n")
    wrong = mien("identify", portrait, "--config", settings)
    assert wrong.code == 2 and "mine.yaml:4: cameras.door.detection.model: no detection model" in wrong.err


def test_embeddings_of_other_models_are_not_compared(mien, portrait: Path) -> None:
    assert mien("people", "enrol", "Eileen Collins", portrait).code == 0
    faces = json.loads(mien("identify", portrait, "--detector", "mtcnn", "--json").out)["faces"]
    assert all(face["identity"] != "known" for face in faces), "templates of another alignment say nothing here"
