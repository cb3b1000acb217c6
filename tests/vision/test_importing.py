"""Official checkpoints become models that run, or one clear sentence and nothing at all."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from tests.reference import adaface, facenet, iresnet, resemotenet, small_cnn
from tests.support.both_runtimes import TOLERANCE, difference
from tests.support.checkpoints import seeded_tensors, state_dict, write_stream, write_zip
from tests.support.installed import Take, imported
from tests.support.keras_files import write_keras_2

from mien.domain.errors import MienError, ModelCorrupt, ModelError, ModelMismatch, UsageError
from mien.inference.catalog import Catalog
from mien.inference.installed import InstalledModel
from mien.inference.model_card import BoxLayout, Checkpoint
from mien.inference.onnx_runtime import OnnxRuntime
from mien.inference.weights import WeightStore
from mien.vision.importing import Imported
from mien.vision.loading import load_classifier, load_recogniser, network_input

RESNET = (1, 1, 2, 1)


def network(
    path: Path,
    outputs: int,
    side: int = 112,
    depth: int = 3,
    stated: dict[str, str] | None = None,
    inputs: int = 1,
    batch: int | str = "n",
) -> Path:
    """An ONNX file of one layer: the average of each plane, weighted for each of the outputs."""
    weights = np.random.default_rng(1).normal(size=(depth, outputs)).astype(np.float32)
    names = ["pictures", "other"][:inputs]
    nodes = [
        helper.make_node("GlobalAveragePool", [names[0]], ["means"]),
        helper.make_node("Reshape", ["means", "batch"], ["flat"]),
        helper.make_node("MatMul", ["flat", "weights"], ["logits"]),
    ]
    shape = [batch, depth, side, side]
    leading = batch if isinstance(batch, int) else 0  # as torch exports it
    graph = helper.make_graph(
        nodes,
        "one",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in names],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [batch, outputs])],
        [numpy_helper.from_array(weights, "weights"), numpy_helper.from_array(np.array([leading, depth]), "batch")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    helper.set_model_props(model, stated or {})
    onnx.save(model, path)
    return path


def written_anew(path: Path, target: Path) -> Path:
    """The same network in a file that the catalogue does not know."""
    model = onnx.load(path)
    model.doc_string = "the same network, written anew"
    onnx.save(model, target)
    return target


def installed(found: Imported) -> InstalledModel:
    return imported(found, OnnxRuntime())


def seen_by(model: InstalledModel, count: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """Crops of noise as the model wants them, and the numbers its network is shown of them."""
    taken = network_input(model)
    depth = 1 if taken.crop.channels == "grey" else 3
    size = taken.crop.size
    images = np.random.default_rng(0).integers(0, 256, (count, size, size, depth)).astype(np.uint8)
    from mien.domain.faces import FaceCrops

    crops = FaceCrops(images, taken.crop)
    return crops, taken.planes(crops).astype(np.float64)


def test_an_arcface_backbone_is_imported(bring, tmp_path: Path) -> None:
    tensors = iresnet.seeded(iresnet.shapes(units=RESNET, width=4, embedding=512))
    found = bring("arcface", write_zip(tmp_path / "Glint R50.pth", state_dict(tensors)))
    assert (found.card.name, found.card.task, found.card.allowed_use) == ("glint-r50", "recognition", "research-only")
    crops, planes = seen_by(installed(found))
    expected = iresnet.embeddings(tensors, planes)
    recognition = load_recogniser(installed(found), "yunet").recognise(crops)
    np.testing.assert_allclose(
        recognition.embeddings.vectors, expected / np.linalg.norm(expected, axis=1, keepdims=True), atol=1e-4
    )


def test_adaface_sees_blue_first(bring, tmp_path: Path) -> None:
    tensors = adaface.seeded(adaface.shapes(units=RESNET, width=4, embedding=512))
    content = {"state_dict": state_dict(tensors, prefix="model."), "epoch": 3}
    found = bring("adaface", write_zip(tmp_path / "adaface.ckpt", content))
    crops, planes = seen_by(installed(found))
    np.testing.assert_allclose(planes[:, 0], (crops.images[..., 0] - 127.5) / 127.5, atol=1e-5)
    expected = adaface.embeddings(tensors, planes, RESNET)
    recognition = load_recogniser(installed(found), "yunet").recognise(crops)
    np.testing.assert_allclose(recognition.norms, np.linalg.norm(expected, axis=1), rtol=1e-3)


def test_facenet_is_cut_by_the_box(bring, tmp_path: Path) -> None:
    tensors = facenet.seeded(width=1 / 8, embedding=512)
    found = bring("facenet", write_stream(tmp_path / "20180402-114759-vggface2.pt", state_dict(tensors)))
    crops, planes = seen_by(installed(found), 1)
    assert crops.images.shape[1] == 160
    expected = facenet.embeddings(tensors, planes)
    vectors = load_recogniser(installed(found), "yunet").recognise(crops).embeddings.vectors
    assert difference(vectors, expected / np.linalg.norm(expected)) < TOLERANCE


def test_resemotenet_is_shown_grey_three_times(bring, tmp_path: Path) -> None:
    tensors = seeded_tensors(resemotenet.shapes(width=4))
    content = {"model_state_dict": state_dict(tensors), "epoch": 80}
    found = bring("resemotenet", write_zip(tmp_path / "rafdb_model.pth", content), name="rafdb")
    classifier = load_classifier(installed(found))
    assert classifier.labels == ("happiness", "surprise", "sadness", "anger", "disgust", "fear", "neutral")
    crops, planes = seen_by(installed(found))
    scores = resemotenet.logits(tensors, planes)
    expected = np.exp(scores - scores.max(axis=1, keepdims=True))
    probabilities = classifier.classify(crops).probabilities
    np.testing.assert_allclose(probabilities, expected / expected.sum(axis=1, keepdims=True), atol=1e-4)


def test_a_keras_classifier_keeps_the_labels_it_is_given(bring, tmp_path: Path) -> None:
    path = write_keras_2(tmp_path / "five.h5", small_cnn.keras_layers(small_cnn.seeded(classes=5)))
    labels = ("anger", "happiness", "neutral", "sadness", "tired")
    assert bring("small-cnn", path, labels=labels).card.labels == labels
    with pytest.raises(ModelMismatch, match=r"gives 5 scores, expected as many as labels: 7 \(anger"):
        bring("small-cnn", path)
    with pytest.raises(ModelMismatch, match=r"gives 5 scores, .* 2 \(calm, cross\)"):
        bring("small-cnn", path, labels=("calm", "cross"))


def test_what_is_imported_can_be_verified_later(bring, tmp_path: Path) -> None:
    tensors = seeded_tensors(resemotenet.shapes(width=4))
    found = bring("resemotenet", write_zip(tmp_path / "net.pth", state_dict(tensors)))
    assert [trace.shape for trace in found.stored] == [(1, 7)]


def test_wrong_files_are_told_from_each_other(bring, tmp_path: Path, catalog: Catalog) -> None:
    tensors = iresnet.seeded(iresnet.shapes(units=RESNET, width=4, embedding=512))
    backbone = write_zip(tmp_path / "backbone.pth", state_dict(tensors))
    text = tmp_path / "notes.txt"
    text.write_text("no model")
    damaged = network(tmp_path / "damaged.onnx", 128)
    damaged.write_bytes(damaged.read_bytes().replace(b"MatMul", b"MatNul"))
    cut_off = tmp_path / "cut.pth"
    cut_off.write_bytes(backbone.read_bytes()[:-4000])
    cases: tuple[tuple[str, tuple[Path, ...], type[MienError], str], ...] = (
        (
            "resemotenet",
            (backbone,),
            ModelCorrupt,
            r"^backbone\.pth cannot be imported as resemotenet: .*another network",
        ),
        (
            "mini-xception",
            (backbone,),
            ModelMismatch,
            "is a file of torch; mini-xception is imported from keras or onnx",
        ),
        ("arcface", (text,), ModelCorrupt, r"notes\.txt is no model"),
        ("arcface", (cut_off,), ModelCorrupt, r"^cut\.pth is no model that can be used: it is a zip archive.* cut off"),
        ("arcface", (damaged,), ModelMismatch, r"^damaged\.onnx is no recognition network of the family arcface: "),
        ("arcface", (tmp_path / "absent.pth",), MienError, r"^absent\.pth cannot be read: No such file or directory$"),
        ("arcface", (backbone, backbone), MienError, "takes 1 files? .* got 2"),
        ("fsanet", (backbone,), MienError, r"fsanet takes 2 files \(1x1, var\), got 1"),
        ("haar", (backbone,), MienError, "haar runs on what mien brings along: there is nothing to import"),
        ("arcfase", (backbone,), MienError, "no family is called 'arcfase'; did you mean arcface"),
    )
    for family, files, kind, reason in cases:
        with pytest.raises(kind, match=reason) as caught:
            bring(family, *files)
        assert "\n" not in str(caught.value) and "[" not in str(caught.value)
    with pytest.raises(MienError, match="there is a model called yunet already"):
        bring("arcface", backbone, name="yunet")
    with pytest.raises(MienError, match="is no name for a model"):
        bring("arcface", backbone, name="../x")


def test_files_have_names_that_no_shipped_file_has(bring, take: Take, catalog: Catalog) -> None:
    found = bring("yunet", take("yunet-n").paths[0])
    assert found.card.name == Path(catalog.card("yunet-n").files[0].file).stem
    assert list(found.files) == [f"{found.card.name}@0.onnx"] and found.card.is_imported
    assert found.proven_on == ("onnxruntime", "openvino")


def test_a_network_is_refused_by_the_families_it_is_none_of(bring, tmp_path: Path, catalog: Catalog, weights) -> None:
    few, embedding = network(tmp_path / "few.onnx", 3), network(tmp_path / "embedding.onnx", 128)
    detector = written_anew(weights.path(catalog.card("yunet")), tmp_path / "detector.onnx")
    cases = [(name, few) for name in ("yunet", "scrfd", "retinaface", "yolov5-face", "yolov8-face", "centerface")]
    cases += [("arcface", few), ("sface", few), ("ultraface", embedding), ("cr-fiqa", embedding)]
    cases += [(name, detector) for name in ("scrfd", "centerface", "arcface", "fer-mobilefacenet", "cr-fiqa")]
    cases += [("arcface", network(tmp_path / "two.onnx", 128, inputs=2))]
    for family, path in cases:
        with pytest.raises(MienError) as caught:
            bring(family, path, name="mine")
        assert isinstance(caught.value, ModelMismatch), f"{family} of {path.name}: {caught.value!r}"
        assert "\n" not in str(caught.value) and family in str(caught.value)
    assert bring("sface", embedding, name="mine").card.family == "sface"


@pytest.mark.parametrize(
    ("family", "side", "numbers", "known"),
    [
        ("sface", 112, 512, "128"),
        ("arcface", 112, 500, "128 or 256 or 512"),
        ("adaface", 112, 128, "512"),
        ("facenet", 160, 128, "512"),
        ("vgg-face", 224, 2622, "4096"),
    ],
)
def test_embeddings_are_as_long_as_those_that_were_published(
    bring, tmp_path: Path, family: str, side: int, numbers: int, known: str
) -> None:
    with pytest.raises(ModelMismatch, match=rf"gives {numbers} numbers of a face, expected are {known}$"):
        bring(family, network(tmp_path / "wide.onnx", numbers, side=side))


def test_what_gives_few_numbers_is_no_recogniser(bring, tmp_path: Path) -> None:
    with pytest.raises(
        ModelMismatch, match=r"few\.onnx is no recognition network .* gives 3 numbers of a face, expected are 128$"
    ):
        bring("sface", network(tmp_path / "few.onnx", 3))


def test_faces_of_other_sizes_are_refused_where_no_network_takes_them(bring, tmp_path: Path) -> None:
    with pytest.raises(ModelMismatch, match="facenet takes pictures of 160×160 px, this network of 80×80"):
        bring("facenet", network(tmp_path / "small.onnx", 128, side=80))
    with pytest.raises(ModelMismatch, match=r"of 224×224 or 260×260 or 300×300 px, this network of 112×112: how those"):
        bring("hsemotion", network(tmp_path / "mbf.onnx", 8))
    found = bring("hsemotion", network(tmp_path / "b2.onnx", 8, side=260))
    crop = found.card.input.crop
    assert (found.card.input.shape, crop.size, crop.alignment) == ((3, 260, 260), 260, "box-260")


@pytest.mark.parametrize(("scores", "labels", "place"), [(7, 7, "none"), (8, 8, "none"), (9, 7, "columns")])
def test_scores_tell_labels_and_valence(bring, tmp_path: Path, scores: int, labels: int, place: str) -> None:
    card = bring("hsemotion", network(tmp_path / "net.onnx", scores, side=224), name=f"with-{scores}").card
    assert (len(card.labels), card.output.valence_arousal, card.output.activation) == (labels, place, "softmax")


def test_two_scores_too_many_are_valence_only_where_the_family_has_it(bring, tmp_path: Path) -> None:
    path = network(tmp_path / "nine.onnx", 9, side=48, depth=1)
    with pytest.raises(ModelMismatch, match="gives 9 scores, expected as many as labels: 7"):
        bring("small-cnn", path)


def test_labels_have_to_make_sense(bring, tmp_path: Path) -> None:
    path = network(tmp_path / "three.onnx", 3, side=48, depth=1)
    for labels in (("a", "a", "b"), ("a", "", "b"), ("a", " ", "b"), ("a", "b\nc", "d"), ("happy", "Happiness", "b")):
        with pytest.raises(UsageError, match="are no labels; expected are different ones, each of letters") as caught:
            bring("small-cnn", path, labels=labels)
        assert "\n" not in str(caught.value)
    with pytest.raises(UsageError, match="sface is a family of recognition models"):
        bring("sface", path, labels=("a", "b", "c"))
    for number, stated in enumerate((["a", "a", "b"], ["a", "b\n", "c"], ["a", 'b"', "c"])):
        wrong = network(tmp_path / f"{number}.onnx", 3, side=48, depth=1, stated={"labels": json.dumps(stated)})
        with pytest.raises(ModelMismatch, match="its file states the labels 'a', ") as caught:
            bring("small-cnn", wrong)
        assert "\n" not in str(caught.value)
    assert bring("small-cnn", path, labels=("a", "c", "b")).card.labels == ("a", "c", "b")


def test_usual_words_for_expressions_are_read_as_such(bring, tmp_path: Path) -> None:
    words, expected = ("Happy", "sad", "Tired"), ("happiness", "sadness", "Tired")
    plain = network(tmp_path / "plain.onnx", 3, side=48, depth=1)
    assert bring("small-cnn", plain, labels=words).card.labels == expected
    stating = network(tmp_path / "stating.onnx", 3, side=48, depth=1, stated={"labels": json.dumps(words)})
    assert bring("small-cnn", stating).card.labels == expected


@pytest.mark.parametrize(
    "name",
    [
        *("../x", "a.", ".a", "Mine", "a b", "a" * 65, "none", "null", "true", "false", "yes", "no", "on", "off"),
        *("1", "1.5", "0x1f", "2024-01-01", "con", "nul.v2", "com1", "lpt9"),
    ],
)
def test_a_name_means_nothing_else_anywhere(bring, tmp_path: Path, name: str) -> None:
    with pytest.raises(ModelError, match="is no name for a model: ") as caught:
        bring("small-cnn", network(tmp_path / "net.onnx", 7, side=48, depth=1), name=name)
    assert "\n" not in str(caught.value)


def test_a_name_may_be_long_and_a_file_longer(bring, tmp_path: Path) -> None:
    path = network(tmp_path / f"{'n' * 80}.onnx", 7, side=48, depth=1)
    assert bring("small-cnn", path).card.name == "n" * 64
    path = path.rename(tmp_path / "2024-13-45.onnx")
    assert bring("small-cnn", path).card.name == "small-cnn-2024-13-45"
    for name in ("a", "my_net-1.5b", "none-of-mine", "m" * 64):
        assert bring("small-cnn", path, name=name).card.name == name


@pytest.mark.parametrize("batch", ["n", 1, 4])
def test_files_of_any_batch_tell_the_same_of_any_number_of_faces(bring, tmp_path: Path, batch: int | str) -> None:
    weights = np.random.default_rng(1).normal(size=(3, 128))
    model = installed(bring("sface", network(tmp_path / "net.onnx", 128, batch=batch), name="mine"))
    for count in (0, 1, 3, 5):
        crops, planes = seen_by(model, count)
        expected = planes.mean(axis=(2, 3)) @ weights
        recognition = load_recogniser(model, "yunet").recognise(crops)
        np.testing.assert_allclose(recognition.norms, np.linalg.norm(expected, axis=1), rtol=1e-4)


def test_the_card_keeps_what_was_imported(bring, tmp_path: Path) -> None:
    tensors = seeded_tensors(resemotenet.shapes(width=4))
    path = write_zip(tmp_path / "RAF DB (final).pth", state_dict(tensors))
    (file,) = bring("resemotenet", path).card.files
    content = path.read_bytes()
    assert file.origin == Checkpoint("RAF DB (final).pth", len(content), hashlib.sha256(content).hexdigest())
    assert file.sha256 != file.origin.sha256


def test_what_a_file_of_mien_says_of_its_input_holds(bring, tmp_path: Path, catalog: Catalog) -> None:
    crop = {"alignment": "mine-48", "size": 48, "box_scale": 1.5}
    stated = {"mien.input": json.dumps({"mean": 0, "scale": 1, "crop": crop})}
    layout = bring("small-cnn", network(tmp_path / "net.onnx", 7, side=48, depth=1, stated=stated)).card.input
    assert (layout.mean, layout.scale, layout.crop) == (0, 1, BoxLayout("mine-48", 48, 1.5))
    assert (layout.shape, layout.channels) == ((1, 48, 48), "grey")
    for number, text in enumerate(("{", "[1]", '{"men": 0}', '{"scale": "much"}', '{"crop": {"size": 48}}')):
        path = network(tmp_path / f"{number}.onnx", 7, side=48, depth=1, stated={"mien.input": text})
        with pytest.raises(ModelMismatch, match=rf"what {number}\.onnx says of its input is none: ") as caught:
            bring("small-cnn", path)
        assert "\n" not in str(caught.value)


def test_channels_stand_where_the_family_has_them(bring, tmp_path: Path, take) -> None:
    paths = [network(tmp_path / f"{outputs}.onnx", outputs, side=12) for outputs in (6, 7, 8)]
    with pytest.raises(
        ModelMismatch, match=r"mtcnn takes pictures \(height, width, 3\), this network takes \(3, 12, 12"
    ):
        bring("mtcnn", *paths)
    with pytest.raises(ModelMismatch, match=r"scrfd takes pictures \(3, height, width\), this .* \(None, None, 3\)"):
        bring("scrfd", written_anew(take("mtcnn").paths[0], tmp_path / "anew.onnx"))


def test_files_are_wanted_each_in_its_place(bring, take) -> None:
    first, second, third = take("mtcnn").paths
    cases = (
        ((first, third, second), "mtcnn takes P-Net, R-Net, O-Net, the files are in another order"),
        ((first, first, first), r"mtcnn takes 3 files \(P-Net, R-Net, O-Net\), one is there twice"),
    )
    for files, reason in cases:
        with pytest.raises(ModelMismatch, match=reason):
            bring("mtcnn", *files)


@pytest.mark.parametrize("family", ["scrfd", "arcface", "resemotenet"])
def test_a_file_that_ships_is_of_no_other_family(bring, take: Take, family: str) -> None:
    (file,) = take("yunet-n").paths
    reason = f"is the file of yunet-n of the family yunet; it is none of the family {family}"
    with pytest.raises(ModelMismatch, match=rf"^{file.name} {reason}$"):
        bring(family, file, name="mine")
    assert bring("yunet", file, name="mine").card.family == "yunet"


def test_a_file_of_several_families_comes_in_as_one_of_them(bring, catalog: Catalog, weights: WeightStore) -> None:
    card = catalog.card("face-mesh")
    delivered = replace(card, files=tuple(replace(file, conversion=None) for file in card.files))
    file = weights.path(delivered)
    assert bring("face-mesh", file, name="mine").card.family == "face-mesh"
    with pytest.raises(ModelMismatch, match="is the file of fer8-mesh of the family landmarks and face-mesh of the"):
        bring("cr-fiqa", file)


def test_terms_of_a_file_that_ships_are_not_loosened(bring, take: Take, catalog: Catalog) -> None:
    (file,) = take("yolov5n-face").paths
    licence = catalog.card("yolov5n-face").licence_weights
    reason = rf"is the file of yolov5n-face, which is copyleft \(licence of its weights: {licence}\).* as 'any', which"
    with pytest.raises(UsageError, match=reason) as caught:
        bring("yolov5-face", file, use="any")
    assert "\n" not in str(caught.value)
    for use in ("copyleft", "research-only", ""):
        assert bring("yolov5-face", file, name="mine", use=use).card.allowed_use == (use or "copyleft")


@pytest.mark.parametrize("use", ["any", "copyleft"])
def test_what_is_for_research_only_stays_so(bring, take: Take, use: str) -> None:
    with pytest.raises(UsageError, match=r"is the file of scrfd-2\.5g, which is research-only"):
        bring("scrfd", *take("scrfd-2.5g").paths, use=use)


def test_weights_in_another_file_are_asked_for(bring, tmp_path: Path) -> None:
    model = onnx.load(network(tmp_path / "whole.onnx", 128))
    path = tmp_path / "parts.onnx"
    onnx.save(model, path, save_as_external_data=True, location="parts.data", size_threshold=0)
    with pytest.raises(
        ModelCorrupt, match=r"parts\.onnx keeps weights in another file, parts\.data; save both as one file"
    ):
        bring("sface", path)


def test_words_of_others_in_a_file_change_nothing(bring, tmp_path: Path, catalog: Catalog) -> None:
    stated = {"scale": "2.0", "mean": "many", "names": "{0: 'face'}"}
    card = bring("small-cnn", network(tmp_path / "net.onnx", 7, side=48, depth=1, stated=stated)).card
    assert card.input == catalog.family("small-cnn").input


def test_what_gives_no_numbers_is_refused(bring, tmp_path: Path) -> None:
    path = network(tmp_path / "net.onnx", 128)
    model = onnx.load(path)
    model.graph.initializer[0].CopyFrom(numpy_helper.from_array(np.full((3, 128), np.nan, np.float32), "weights"))
    onnx.save(model, path)
    with pytest.raises(ModelMismatch, match="holds what is no number"):
        bring("sface", path)


def test_a_file_whose_labels_are_known_takes_no_others(bring, take: Take) -> None:
    ours = take("fer8-mobilefacenet")
    assert bring("lab", *ours.paths, labels=ours.card.labels, name="own").card.labels == ours.card.labels
    with pytest.raises(
        UsageError, match="this is the file of fer8-mobilefacenet, of which the labels are known: neutral"
    ):
        bring("lab", *ours.paths, labels=ours.card.labels[::-1], name="other")
