"""Imported models go by what was measured of others, say so, and are measured on pictures of one's own."""

import json
from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from tests.reference import iresnet
from tests.support.checkpoints import seeded_tensors, state_dict, write_zip

from mien.evaluation import calibration, quality

PEOPLE = 12


@pytest.fixture
def recogniser(mien, tmp_path: Path) -> str:
    """An ArcFace backbone of a sixteenth of its width, with seeded weights, imported and accepted."""
    tensors = seeded_tensors(iresnet.shapes(units=(1, 1, 1, 1), width=4, embedding=128), 1)
    path = write_zip(tmp_path / "backbone.pth", state_dict(tensors))
    ended = mien("models", "import", "arcface", path, "--name", "mine")
    assert "it goes by the thresholds of the default recogniser until its own are measured" in ended.out
    assert "mien models calibrate mine --images DIR --pairs FILE" in ended.out
    assert mien("models", "accept", "mine").code == 0
    return "mine"


@pytest.fixture(scope="session")
def pictures(portrait: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A dozen strangers (one woman in a dozen lights) with two pictures each, and the pairs of them."""
    folder = tmp_path_factory.mktemp("people")
    face = cv2.imread(str(portrait))[:300, 80:380]
    names = [f"Person{number}" for number in range(PEOPLE)]
    for number, name in enumerate(names):
        (folder / name).mkdir()
        for view in (1, 2):
            light = np.clip(face * (0.5 + number / 20) + 3 * view, 0, 255).astype(np.uint8)
            assert cv2.imwrite(str(folder / name / f"{name}_{view:04}.jpg"), np.roll(light, number, axis=2))
    same = [f"{name}\t1\t2" for name in names]
    other = [f"{a}\t1\t{b}\t2" for a, b in zip(names, names[1:] + names[:1], strict=True)]
    pairs = folder / "pairs.txt"
    pairs.write_text("\n".join([str(PEOPLE), *same, *other]) + "\n")
    return folder, pairs


def few_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, least in (("_LEAST_PEOPLE", PEOPLE), ("_LEAST_ALIKE", PEOPLE), ("_LEAST_STRANGERS", 100)):
        monkeypatch.setattr(calibration, name, least)


def test_a_recogniser_gets_thresholds_of_its_own(
    mien, recogniser: str, pictures: tuple[Path, Path], portrait: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = mien("compare", portrait, portrait, "--recognizer", recogniser, "--json")
    assert json.loads(before.out)["threshold_of"] == "default recogniser"
    assert "mine goes by the thresholds of the default recogniser" in before.err
    assert "goes by" in mien("models", "show", recogniser).out
    few_are_enough(monkeypatch)
    images, pairs = pictures
    ended = mien("models", "calibrate", recogniser, "--images", images, "--pairs", pairs, "--json")
    assert ended.code == 0, ended.err
    told = json.loads(ended.out)
    threshold = told["thresholds"]["same_person"]
    rates = {one["name"]: one["value"] for one in told["measured"]}
    assert threshold == rates["similarity_at_far_0.001"] and rates["accuracy"] > 0.4
    accuracy = told["measured"][0]
    assert accuracy["interval"][0] < accuracy["value"] <= accuracy["interval"][1]
    assert accuracy["on"] == "pairs.txt, 24 pairs, faces found by yunet, f32"
    assert told["settings"]["matching.min_norm"] == 0, "what the family brings stays"
    shown = mien("models", "show", recogniser).out
    assert f"{threshold:.3f} (same_person)" in shown and "goes by" not in shown
    after = mien("compare", portrait, portrait, "--recognizer", recogniser, "--json")
    assert json.loads(after.out)["threshold_of"] == "model" and after.err == ""
    assert json.loads(after.out)["threshold"] == pytest.approx(threshold)
    listed = json.loads(mien("models", "list", "--json").out)["models"]
    assert next(one for one in listed if one["name"] == recogniser)["measured"][0]["name"] == "accuracy"


def test_a_threshold_that_the_settings_name_is_nobody_elses(
    mien, recogniser: str, portrait: Path, tmp_path: Path
) -> None:
    settings = tmp_path / "mine.yaml"
    settings.write_text("recognizer: mine\nmatching: {known_similarity: 0.9}\n")
    ended = mien("compare", portrait, portrait, "--config", settings, "--json")
    told = json.loads(ended.out)
    assert (told["threshold"], told["threshold_of"], ended.err) == (0.9, "settings", "")
    settings.write_text("matching: {known_similarity: 0.95}\n")
    shipped = json.loads(mien("compare", portrait, portrait, "--config", settings, "--json").out)
    assert (shipped["threshold"], shipped["threshold_of"]) == (0.95, "settings")


def test_material_that_does_not_do_is_one_line(
    mien, recogniser: str, pictures: tuple[Path, Path], home: Path, tmp_path: Path
) -> None:
    images, pairs = pictures
    card = (home / "models" / "mine.card.json").read_text()
    for name, options, reason in (
        (recogniser, ("--images", images, "--pairs", pairs), "found are 12, 12 and 264"),
        (recogniser, ("--images", images), "measured on --images and --pairs"),
        (recogniser, ("--images", tmp_path / "absent", "--pairs", pairs), "is no folder of pictures"),
        (recogniser, ("--images", images, "--pairs", tmp_path / "absent"), "absent"),
        ("mobilefacenet", ("--images", images, "--pairs", pairs), "is shipped with what was measured of it"),
        ("yunet", ("--images", images), "is a detection model"),
        ("absent", ("--images", images), "no model is called"),
    ):
        ended = mien("models", "calibrate", name, *options)
        assert ended.code in (1, 2) and reason in ended.err and ended.err.count("\n") == 1, ended.err
    assert (
        "300 people and 100,000 pairs" in mien("models", "calibrate", "mine", "--images", images, "--pairs", pairs).err
    )
    assert (home / "models" / "mine.card.json").read_text() == card


@pytest.fixture(scope="session")
def good_and_poor(portrait: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A face that is blurred, darkened and made smaller by degrees."""
    folder = tmp_path_factory.mktemp("quality")
    face = cv2.imread(str(portrait))[:300, 80:380]
    for number in range(8):
        side = 300 - 32 * number
        spoilt = {
            "blurred": cv2.GaussianBlur(face, (0, 0), 0.3 + 2 * number**0.5),
            "dark": (face * 0.65**number).astype(np.uint8),
            "small": cv2.resize(face, (side, side), interpolation=cv2.INTER_AREA),
        }
        for kind, picture in spoilt.items():
            assert cv2.imwrite(str(folder / f"{kind}-{number}.png"), picture)
    return folder


def edges(path: Path, weight: float) -> Path:
    """A quality network of one layer: how much neighbouring pixels differ on average."""
    kernel = np.zeros((1, 3, 1, 2), np.float32)
    kernel[..., 0], kernel[..., 1] = weight, -weight
    nodes = [
        helper.make_node("Conv", ["faces", "kernel"], ["steps"]),
        helper.make_node("Abs", ["steps"], ["edges"]),
        helper.make_node("GlobalAveragePool", ["edges"], ["mean"]),
        helper.make_node("Flatten", ["mean"], ["flat"]),
        helper.make_node("Mul", ["flat", "sign"], ["quality"]),
    ]
    graph = helper.make_graph(
        nodes,
        "edges",
        [helper.make_tensor_value_info("faces", TensorProto.FLOAT, ["n", 3, 112, 112])],
        [helper.make_tensor_value_info("quality", TensorProto.FLOAT, ["n", 1])],
        [
            numpy_helper.from_array(kernel, "kernel"),
            numpy_helper.from_array(np.array([np.sign(weight)], np.float32), "sign"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.save(model, path)
    return path


def test_a_quality_network_gates_once_its_numbers_were_read(
    mien, good_and_poor: Path, home: Path, portrait: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = mien("models", "import", "cr-fiqa", edges(tmp_path / "edges.onnx", 1.0), "--use", "any").out
    assert "it goes by the built-in judge until its own scale is measured: mien models calibrate edges" in told
    blurred = good_and_poor / "blurred-3.png"
    built_in = json.loads(mien("compare", portrait, blurred, "--json").out)["second"]["quality"]
    before = mien("compare", portrait, blurred, "--quality", "edges", "--json")
    assert json.loads(before.out)["second"]["quality"] == built_in
    assert "the built-in judge decides until mien models calibrate edges" in before.err
    few = mien("models", "calibrate", "edges", "--images", good_and_poor)
    assert few.code == 2 and "at least 200 faces" in few.err
    monkeypatch.setattr(quality, "_LEAST_FACES", 16)
    ended = mien("models", "calibrate", "edges", "--images", good_and_poor, "--json")
    assert ended.code == 0, ended.err
    points = np.array(json.loads(ended.out)["score_curve"])
    assert (np.diff(points[:, 0]) > 0).all() and (np.diff(points[:, 1]) >= 0).all() and points[0, 1] < 0.5
    after = mien("compare", portrait, blurred, "--quality", "edges", "--json")
    assert after.err == "" and json.loads(after.out)["second"]["quality"] != built_in
    shown = mien("models", "show", "edges").out
    assert "rank correlation with measured" in shown and "scale " in shown and "goes by" not in shown


def test_numbers_that_fall_with_quality_are_refused(
    mien, good_and_poor: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quality, "_LEAST_FACES", 16)
    assert mien("models", "import", "cr-fiqa", edges(tmp_path / "less.onnx", -1.0), "--use", "any").code == 0
    ended = mien("models", "calibrate", "less", "--images", good_and_poor)
    assert ended.code == 1 and "do not rise with what can be measured of a face" in ended.err
    assert ended.err.count("\n") == 1
