"""`mien models`: one's own models come in, restricted ones wait for a yes, and all are timed and verified."""

import hashlib
import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from tests.reference import iresnet, resemotenet, small_cnn
from tests.support.checkpoints import seeded_tensors, state_dict, write_zip
from tests.support.keras_files import write_keras_2

from mien.evaluation import speed
from mien.inference.catalog import load_catalog
from mien.inference.measuring.speed import Speed
from mien.inference.weights import WeightStore


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
    assert listed["lbph"]["is_cached"] and listed["lbph"]["files"] == []
    assert len(listed["mtcnn"]["files"]) == 3
    assert "research-only: accept first" in mien("models", "list").out
    given = "no public registry serves it; give its file with mien models import scrfd FILE"
    assert given in mien("models", "show", "scrfd-0.5g").out and given not in mien("models", "show", "scrfd-2.5g").out
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
    given = json.loads((home / "models" / "accepted.json").read_text())["yolov5n-face"]
    assert (given["given_by"], given["licence_weights"]) == ("settings", "GPL-3.0") and given["digest"] and given["at"]
    assert "copyleft; accepted by the settings" in mien("--config", settings, "models", "show", "yolov5n-face").out
    settings.write_text("detector: yolov5n-face\n")
    assert "is copyleft" in mien("identify", portrait, "--config", settings).err
    assert "copyleft; not accepted" in mien("--config", settings, "models", "show", "yolov5n-face").out


def test_a_checkpoint_becomes_a_model_that_runs(
    mien, apart: None, home: Path, portrait: Path, checkpoint: Path
) -> None:
    ended = mien("models", "import", "resemotenet", checkpoint, "--name", "rafdb", "--json")
    assert ended.code == 0, ended.err
    told = json.loads(ended.out)
    assert (told["name"], told["task"], told["family"]) == ("rafdb", "emotion", "resemotenet")
    assert (told["allowed_use"], told["licence_weights"]) == ("any", "MIT (repository)")
    assert told["proven_on"] == ["onnxruntime", "openvino"] and told["goes_by"] == ""
    content = checkpoint.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    shown = mien("models", "show", "rafdb").out
    assert "rafdb" in names(mien) and "imported from rafdb_model.pth" in shown
    assert f"rafdb_model.pth, {len(content):,} bytes, sha256 {digest}" in shown
    (file,) = json.loads(mien("models", "show", "rafdb", "--json").out)["files"]
    assert file["origin"] == {"file": "rafdb_model.pth", "size_bytes": len(content), "sha256": digest}
    (face,) = json.loads(mien("identify", portrait, "--emotion", "rafdb", "--json").out)["faces"]
    assert face["emotion"] in ("happiness", "surprise", "sadness", "anger", "disgust", "fear", "neutral")
    assert mien("models", "verify", "rafdb").code == 0
    again = mien("models", "import", "resemotenet", checkpoint, "--name", "rafdb")
    assert again.code == 1 and "there is a model called rafdb already; remove yours, or" in again.err
    assert mien("models", "remove", "rafdb").out == "rafdb: removed\n"
    assert "rafdb" not in names(mien) and [path.name for path in (home / "models").iterdir()] == [".lock"]
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
        (("yunet", checkpoint, "--name", "../x"), "is no name for a model"),
        (("arcfase", checkpoint), "did you mean arcface"),
    ):
        ended = mien("models", "import", *arguments)
        assert (ended.code, ended.out) == (1, "")
        assert ended.err.startswith("mien: ") and ended.err.count("\n") == 1 and reason in ended.err
    assert not (home / "models").exists()


def test_a_damaged_import_is_told(mien, home: Path, portrait: Path, checkpoint: Path) -> None:
    assert mien("models", "import", "resemotenet", checkpoint, "--name", "rafdb").code == 0
    stored = home / "models" / "rafdb@0.onnx"
    stored.write_bytes(stored.read_bytes()[:-10] + b"0123456789")
    reason = "is damaged; import rafdb, or install mien, anew"
    used = mien("identify", portrait, "--emotion", "rafdb")
    assert used.code == 1 and reason in used.err
    verified = mien("models", "verify", "fer8-mobilefacenet", "rafdb", "yunet")
    first, second, third = verified.out.splitlines()
    assert verified.code == 1 and "right" in first and "rafdb: " in second and reason in second and "right" in third


def test_models_are_verified_against_their_stored_output(mien, home: Path, checkpoint: Path) -> None:
    ended = mien("models", "verify", "yunet", "mobilefacenet", "fer8-mobilefacenet", "--precision", "f32", "--json")
    verdicts = json.loads(ended.out)["models"]
    assert ended.code == 0 and all(one["is_right"] and one["difference"] < 1e-3 for one in verdicts)
    assert mien("models", "import", "resemotenet", checkpoint, "--name", "rafdb").code == 0
    reference = home / "models" / "rafdb.reference.json"
    rows = json.loads(reference.read_text())
    rows["rafdb"][0]["numbers"][0] += 1
    reference.write_text(json.dumps(rows))
    wrong = mien("models", "verify", "rafdb")
    assert wrong.code == 1 and "rafdb: its output in f32 differs from the stored one by" in wrong.out


def test_a_model_is_verified_in_the_precision_that_the_settings_choose(mien, tmp_path: Path, offline: None) -> None:
    settings = tmp_path / "mine.yaml"
    settings.write_text("emotion: {precision: int8}\n")
    wrong = mien("--config", settings, "models", "verify", "fer8-mobilefacenet")
    assert wrong.code == 1 and "fer8-mobilefacenet was not quantised on this machine" in wrong.out
    assert mien("--config", settings, "models", "verify", "fer8-mobilefacenet", "--precision", "f32").code == 0


def test_an_imported_model_goes_with_its_int8_files(mien, home: Path, offline: None, imported, tmp_path: Path) -> None:
    imported(home, "yunet", "mine")
    card, store = load_catalog(home=home).card("mine"), WeightStore(tmp_path / "cache")
    for one in (card, load_catalog().card("yunet")):
        with store.workspace() as folder:
            (folder / "int8.onnx").write_bytes(b"int8")
            store.keep_quantised(one, [folder / "int8.onnx"], "{}")
    assert mien("models", "remove", "mine").code == 0
    assert not store.is_quantised(card) and not store.quantised_table(card).exists()
    assert store.is_quantised(load_catalog().card("yunet"))


@pytest.fixture
def offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty cache that nothing can fill."""
    monkeypatch.setenv("MIEN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.delenv("MIEN_MODELS_MIRROR", raising=False)


def test_speed_is_measured_and_kept(
    mien, home: Path, offline: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(speed, "_SECONDS", 0.01)  # how fast it is here is not what is tested
    ended = mien("models", "bench", "--json")
    assert "timed on a drawn face" in ended.err and ended.code == 0
    found = json.loads(ended.out)["models"]
    assert list(found) == ["lbph", "fer8-mobilefacenet", "measured", "five-points"], "all that are here, and no medium"
    assert [one["runtime"] for name in ("lbph", "measured", "five-points") for one in found[name]] == ["mien"] * 3
    speeds = found["fer8-mobilefacenet"]
    assert {"openvino", "onnxruntime"} == {one["runtime"] for one in speeds}
    assert all(0 < one["ms"] < 1000 and one["cpu_ms"] > 0 and one["per_second"] > 1 for one in speeds)
    assert all(one["is_steady"] == (one["spread"] <= 0.15) for one in speeds)
    settings = tmp_path / "slow.yaml"
    settings.write_text("runtime: {runtime: onnxruntime}\n")
    for options, runtime in (((), "openvino"), (("--config", settings), "onnxruntime")):
        models = json.loads(mien(*options, "models", "list", "--json").out)["models"]
        listed = {model["name"]: model for model in models}
        ms = {one["precision"]: one["ms"] for one in speeds if one["runtime"] == runtime}
        assert listed["fer8-mobilefacenet"]["ms"] == ms.get("bf16", ms["f32"])
        assert all(bool(model["speeds"]) == (name in found) for name, model in listed.items())
        assert listed["measured"]["ms"] == listed["measured"]["speeds"][0]["ms"]
    shown = mien("models", "show", "fer8-mobilefacenet").out
    assert "openvino f32: " in shown and "measured 20" in shown


def test_the_card_of_a_recogniser_tells_of_its_quality_head(mien) -> None:
    shown = mien("models", "show", "mobilefacenet").out
    for told in (
        "1,184 people of LFW View 1",
        "recipes/quality-mobilefacenet.toml",
        "missed after rejecting 20 0.0463",
    ):
        assert told in shown
    head = json.loads(mien("models", "show", "mobilefacenet", "--json").out)["quality_head"]
    assert head["licence_weights"].startswith("Apache-2.0") and head["limits"] and len(head["measured"]) == 6


def test_rounds_that_differ_are_flagged(mien, offline: None, monkeypatch: pytest.MonkeyPatch) -> None:
    steady = Speed("mien", "f32", 1.0, 1.0, 1000.0, spread=0.04)
    answers = (steady, replace(steady, spread=0.31))
    monkeypatch.setattr("mien.wiring.models.time_model", lambda settings, card, scene: answers)
    ended = mien("models", "bench", "measured")
    assert ended.code == 0 and "4%\n" in ended.out and "31%!" in ended.out
    assert "where a ! stands something else kept the machine busy" in ended.err


def test_media_are_not_timed_and_what_has_no_network_is_not_verified(mien) -> None:
    timed = mien("models", "bench", "astronaut")
    assert (timed.code, timed.out) == (1, "") and "astronaut is no model but a picture" in timed.err
    verified = mien("models", "verify", "haar", "measured", "astronaut")
    assert verified.code == 0 and verified.out.count("has no network, there is nothing to verify") == 3


def test_restricted_models_are_not_measured_unasked(mien, home: Path) -> None:
    verified = mien("models", "verify", "yolov5n-face", "yunet")
    assert verified.code == 1 and "yolov5n-face is copyleft" in verified.out and "yunet: right" in verified.out
    timed = mien("models", "bench", "yolov5n-face")
    assert timed.code == 1 and "yolov5n-face is copyleft" in timed.err


def test_two_imports_of_one_name_are_two_networks(mien, home: Path, portrait: Path, tmp_path: Path) -> None:
    for seed in (1, 2):
        backbone = seeded_tensors(iresnet.shapes(units=(1, 1, 1, 1), width=4, embedding=128), seed)
        path = write_zip(tmp_path / f"backbone-{seed}.pth", state_dict(backbone))
        assert mien("models", "import", "arcface", path, "--name", "mine").code == 0
        assert mien("models", "accept", "mine").code == 0
        if seed == 1:
            assert mien("people", "enrol", "Eileen Collins", portrait, "--config", chosen(tmp_path)).code == 0
            (face,) = json.loads(mien("identify", portrait, "--recognizer", "mine", "--json").out)["faces"]
            assert face["identity"] == "known"
            assert mien("models", "remove", "mine").code == 0
            assert not (home / "models" / "accepted.json").exists(), "a yes to one model is none to the next"
    (face,) = json.loads(mien("identify", portrait, "--recognizer", "mine", "--json").out)["faces"]
    assert face["identity"] != "known"


def test_a_home_with_a_broken_card_still_works(mien, home: Path, checkpoint: Path) -> None:
    assert mien("models", "import", "resemotenet", checkpoint, "--name", "rafdb").code == 0
    card = home / "models" / "rafdb.card.json"
    card.write_text(card.read_text()[:-40])
    listed = mien("models", "list")
    assert listed.code == 0 and "mien models remove rafdb" in listed.err and "rafdb" not in listed.out
    assert mien("models", "remove", "rafdb").code == 0
    assert [path.name for path in (home / "models").iterdir()] == [".lock"]


def test_labels_that_make_no_sense_are_an_error_of_the_call(mien, home: Path, checkpoint: Path) -> None:
    for labels in ("a,a,b", "a,,b", ","):
        ended = mien("models", "import", "resemotenet", checkpoint, "--labels", labels)
        assert ended.code == 2 and "expected are different ones, each of letters" in ended.err
    assert mien("models", "import", "arcface", checkpoint, "--labels", "a,b").code == 2
    assert not (home / "models").exists()


def test_labels_that_mien_has_no_word_for_are_told(mien, checkpoint: Path) -> None:
    labels = "happy,Sad,fearr,anger,neutral,disgust,tired"
    lines = mien("models", "import", "resemotenet", checkpoint, "--labels", labels).out.splitlines()
    assert lines[-1].endswith("leaves them out: fearr (did you mean fear?), tired")


def test_one_runtime_is_enough(
    mien, apart: None, checkpoint: Path, offline: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def absent(*_: object, **__: object) -> None:
        raise ImportError("no openvino")

    (tmp_path / "without" / "openvino").mkdir(parents=True)
    (tmp_path / "without" / "openvino" / "__init__.py").write_text("raise ImportError('no openvino')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "without"))  # imports are tried in a process of their own
    monkeypatch.setattr("mien.inference.openvino_runtime.OpenVinoRuntime.__init__", absent)
    ended = mien("models", "import", "resemotenet", checkpoint, "--name", "rafdb")
    assert ended.code == 0 and ended.out.splitlines()[0].endswith("runs here on onnxruntime")
    timed = json.loads(mien("models", "bench", "rafdb", "--json").out)["models"]["rafdb"]
    assert [one["runtime"] for one in timed] == ["onnxruntime"]


def test_a_removed_model_that_the_settings_name_is_told(mien, home: Path, checkpoint: Path, tmp_path: Path) -> None:
    assert mien("models", "import", "resemotenet", checkpoint, "--name", "rafdb").code == 0
    settings = tmp_path / "mine.yaml"
    settings.write_text("emotion: {model: rafdb}\n")
    ended = mien("--config", settings, "models", "remove", "rafdb")
    assert ended.code == 0 and "the settings still name rafdb" in ended.err
    assert mien("--config", settings, "models", "import", "resemotenet", checkpoint, "--name", "rafdb").code == 0


def chosen(folder: Path) -> Path:
    """Settings that choose the recogniser ``mine``."""
    path = folder / "mine.yaml"
    path.write_text("recognizer: mine\nmatching: {known_similarity: 0.9, stranger_similarity: 0.9}\n")
    return path


def test_models_are_chosen_in_one_line(mien, portrait: Path, tmp_path: Path) -> None:
    settings = tmp_path / "mine.yaml"
    settings.write_text("detector: mtcnn\n")
    for options in (("--detector", "mtcnn"), ("--config", settings)):
        faces = json.loads(mien("identify", portrait, *options, "--json").out)["faces"]
        assert max(face["score"] for face in faces) > 0.99
    wrong = mien("identify", portrait, "--detector", "mobilefacenet")
    assert wrong.code == 2 and wrong.err.startswith(
        "mien: --detector: mobilefacenet is a recognition model; for detection there is yunet, "
    )
    settings.write_text("cameras:\n  door:\n    source: 0\n    detector: nothing\n")
    wrong = mien("identify", portrait, "--config", settings)
    assert wrong.code == 2 and "mine.yaml:4: cameras.door.detection.model: no detection model" in wrong.err


def test_embeddings_of_other_models_are_not_compared(mien, portrait: Path) -> None:
    assert mien("people", "enrol", "Eileen Collins", portrait).code == 0
    faces = json.loads(mien("identify", portrait, "--detector", "mtcnn", "--json").out)["faces"]
    assert all(face["identity"] != "known" for face in faces), "templates of another alignment say nothing here"


@pytest.mark.parametrize(
    "text", ["detector: haar\n", "cameras:\n  door: {source: 0, detector: haar}\n"], ids=["whole", "camera"]
)
def test_the_face_mesh_is_fetched_with_a_detector_without_landmarks(mien, tmp_path: Path, text: str) -> None:
    settings = tmp_path / "mine.yaml"
    settings.write_text(text)
    pulled = {one["name"] for one in json.loads(mien("--config", settings, "models", "pull", "--json").out)["models"]}
    assert {"haar", "face-mesh", "mobilefacenet"} <= pulled
    settings.write_text(text.replace("haar", "yunet"))
    pulled = {one["name"] for one in json.loads(mien("--config", settings, "models", "pull", "--json").out)["models"]}
    assert "face-mesh" not in pulled


def test_without_the_face_mesh_one_line_says_how_to_go_without(
    mien, portrait: Path, tmp_path: Path, weights, catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "cache"
    (cache / "models").mkdir(parents=True)
    for name in ("haar", "mobilefacenet"):
        for path in weights.paths(catalog.card(name)):
            shutil.copy2(path, cache / "models")
            shutil.copy2(f"{path}.verified", cache / "models")
    for name, value in {"MIEN_CACHE": cache, "PIP_NO_INDEX": "1", "MIEN_MODELS_MIRROR": tmp_path}.items():
        monkeypatch.setenv(name, str(value))
    ended = mien("-q", "identify", portrait, "--detector", "haar")
    (line,) = ended.err.splitlines()
    assert ended.code == 1 and "face-mesh" in line and "detection.landmarks: approximate" in line
    settings = tmp_path / "without.yaml"
    settings.write_text("detection: {model: haar, landmarks: approximate}\n")
    ended = mien("-q", "identify", portrait, "--config", settings, "--json")
    assert ended.code == 0 and len(json.loads(ended.out)["faces"]) == 1
