"""A tiny set of drawn faces: it is learnt, a run goes on where it stopped, and the file answers like the network."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="making models needs torch, which is not installed")
pytest.importorskip("onnxscript", reason="exporting models needs onnxscript, which is not installed")

from mien.domain.emotions import EMOTION_LABELS  # noqa: E402
from mien.domain.faces import FaceCrops  # noqa: E402
from mien.evaluation.classification import expected_calibration_error  # noqa: E402
from mien.evaluation.ferplus import VOTE_COLUMNS, FerPlus  # noqa: E402
from mien.inference.catalog import Catalog  # noqa: E402
from mien.inference.installed import InstalledModel  # noqa: E402
from mien.inference.model_card import CropLayout, InputLayout  # noqa: E402
from mien.inference.session import Runtime  # noqa: E402
from mien.lab.augmentation import Augmentation, Strength  # noqa: E402
from mien.lab.calibration import fit_temperature, softmax  # noqa: E402
from mien.lab.export import Origin, export  # noqa: E402
from mien.lab.ferplus import Lot  # noqa: E402
from mien.lab.landmarks import Landmarks, placements, realign, typical_placement  # noqa: E402
from mien.lab.loop import Progress, Recipe, Training, logits_of  # noqa: E402
from mien.lab.networks import ResidualNetwork48  # noqa: E402
from mien.sources.pixels import ArrayPixels  # noqa: E402
from mien.vision.importing import Wanted, import_model  # noqa: E402
from mien.vision.loading import load_classifier  # noqa: E402
from mien.vision.reference_scene import reference_scene  # noqa: E402

NOTHING = dict.fromkeys(Strength.__dataclass_fields__, 0.0)
GENTLE = Strength(**NOTHING)
RECIPE = Recipe(epochs=6, batch=8, peak_rate=0.01, average_decay=0.5, strength=GENTLE)
LEFT_EYE, RIGHT_EYE, NOSE, LEFT_MOUTH, RIGHT_MOUTH = (14, 18), (33, 18), (23.5, 28), (16, 36), (31, 36)
TEMPLATE = np.array([LEFT_EYE, RIGHT_EYE, NOSE, LEFT_MOUTH, RIGHT_MOUTH], np.float32)


def drawn(n: int) -> Lot:
    """Every other picture has its bright bar across the upper half and is called happy; the others are neutral."""
    generator = np.random.default_rng(1)
    images = generator.integers(0, 60, (n, 48, 48)).astype(np.uint8)
    votes = np.zeros((n, len(VOTE_COLUMNS)), np.int64)
    for row in range(n):
        top = 8 if row % 2 else 30
        images[row, top : top + 8] += 150
        votes[row, row % 2] = 10
    everywhere = np.ones(n, dtype=bool)
    still = np.tile(np.eye(2, 3, dtype=np.float32), (n, 1, 1))
    return Lot(FerPlus(images, votes, everywhere), still, everywhere)


def small_network() -> ResidualNetwork48:
    return ResidualNetwork48(8, dropout=0.0, stages=(8, 16))


def training(recipe: Recipe = RECIPE) -> Training:
    torch.manual_seed(recipe.seed)
    return Training(small_network(), small_network(), recipe)


def ignore(progress: Progress, network: object) -> None:
    """A watcher that looks away."""


def stop_after(epoch: int) -> Callable[[Progress, object], None]:
    def watch(progress: Progress, network: object) -> None:
        if progress.epoch == epoch:
            raise KeyboardInterrupt

    return watch


def test_a_tiny_set_is_learnt(tmp_path: Path) -> None:
    lot, seen = drawn(32), []
    run = training()
    run.run(lot, tmp_path / "checkpoint.pt", lambda progress, _: seen.append(progress))
    answers = logits_of(run.averaged, lot.faces.images).argmax(axis=1)
    assert [progress.epoch for progress in seen] == [1, 2, 3, 4, 5, 6]
    assert seen[-1].loss < seen[0].loss
    assert (answers == lot.faces.votes.argmax(axis=1)).mean() > 0.9


def test_a_run_goes_on_where_it_stopped(tmp_path: Path) -> None:
    lot = drawn(16)
    whole = training()
    whole.run(lot, tmp_path / "whole.pt", ignore)
    with pytest.raises(KeyboardInterrupt):
        training().run(lot, tmp_path / "broken.pt", stop_after(2))
    resumed = training()
    resumed.resume(tmp_path / "broken.pt")
    resumed.run(lot, tmp_path / "broken.pt", ignore)
    np.testing.assert_allclose(
        logits_of(resumed.averaged, lot.faces.images), logits_of(whole.averaged, lot.faces.images), atol=1e-3
    )


def test_a_checkpoint_of_another_recipe_is_refused(tmp_path: Path) -> None:
    run = training(Recipe(epochs=1, batch=8, strength=GENTLE))
    run.run(drawn(8), tmp_path / "checkpoint.pt", ignore)
    with pytest.raises(ValueError, match="was written by"):
        training().resume(tmp_path / "checkpoint.pt")


def test_the_exported_file_answers_like_the_network(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    from onnx.reference import ReferenceEvaluator

    torch.manual_seed(0)
    network, sample = small_network(), drawn(3).faces.images
    logits = logits_of(network, sample)
    path = tmp_path / "model.onnx"
    export(network, Origin(recipe=RECIPE, template=TEMPLATE, temperature=0.7), sample, path)
    model = onnx.load(path)
    (found,) = ReferenceEvaluator(model).run(None, {"images": sample[:, None].astype(np.float32)})
    np.testing.assert_allclose(found, softmax(logits, 0.7), atol=1e-4)
    said = {entry.key: entry.value for entry in model.metadata_props}
    assert said["licence"] == "Apache-2.0"
    assert said["temperature"] == "0.7000"
    assert [value.name for value in (*model.graph.input, *model.graph.output)] == ["images", "probabilities"]
    assert str(tmp_path) not in str(model)


def test_the_exported_file_is_imported_as_it_was_trained(tmp_path: Path, catalog: Catalog, runtime: Runtime) -> None:
    torch.manual_seed(0)
    network, sample = small_network(), drawn(3).faces.images
    expected = softmax(logits_of(network, sample), 0.7)
    path = tmp_path / "exported" / "mine.onnx"
    export(network, Origin(recipe=RECIPE, template=TEMPLATE, temperature=0.7), sample, path)
    scene = ArrayPixels(reference_scene())
    found = import_model(Wanted("small-cnn", (path,)), catalog, (runtime,), scene, tmp_path)
    crop = CropLayout("ferplus-48", 48, tuple(tuple(map(float, point)) for point in TEMPLATE))
    assert found.card.input == InputLayout((1, 48, 48), "grey", 0, 1, crop)
    assert (found.card.labels, found.card.output.activation) == (EMOTION_LABELS, "none")
    classifier = load_classifier(InstalledModel(found.card, tuple(found.files.values()), runtime))
    scores = classifier.classify(FaceCrops(sample[..., None], classifier.crop))
    np.testing.assert_allclose(scores.probabilities, expected, atol=1e-4)


def test_without_strength_a_picture_is_only_mirrored_or_realigned() -> None:
    images = torch.from_numpy(drawn(6).faces.images)[:, None].float()
    shift = np.tile(np.array([[1, 0, 3], [0, 1, -2]], np.float32), (6, 1, 1))
    augment = Augmentation(Strength(**{**NOTHING, "realigned_share": 1.0}), torch.Generator().manual_seed(2))
    changed = augment(images, torch.from_numpy(shift))[:, 0, 12:36, 12:36]
    cut = torch.from_numpy(realign(drawn(6).faces.images, shift)).float()
    for row in range(6):
        straight, mirrored = cut[row, 12:36, 12:36], cut[row].flip(-1)[12:36, 12:36]
        assert min((changed[row] - straight).abs().max(), (changed[row] - mirrored).abs().max()) < 1


def test_the_placement_brings_landmarks_to_the_template() -> None:
    turned = np.array([[0.9, -0.2], [0.2, 0.9]], np.float32)
    points = np.stack([TEMPLATE, TEMPLATE @ turned.T + (3, -4)]).astype(np.float32)
    found = Landmarks(points, np.array([True, True]))
    matrix = placements(found, TEMPLATE)[1]
    np.testing.assert_allclose(TEMPLATE @ matrix[:, :2].T + matrix[:, 2], points[1], atol=1e-3)
    centre = typical_placement(Landmarks(points[:1], found.is_found[:1]), 48)
    np.testing.assert_allclose(centre[:2, 0].sum(), 47, atol=1e-4)


def test_the_temperature_makes_an_overconfident_answer_honest() -> None:
    generator = np.random.default_rng(0)
    labels = generator.integers(0, 3, 4000)
    honest = generator.normal(size=(4000, 3))
    honest[np.arange(4000), labels] += 1.0
    temperature = fit_temperature(honest * 4, labels)
    before = expected_calibration_error(softmax(honest * 4), labels)
    after = expected_calibration_error(softmax(honest * 4, temperature), labels)
    assert 3 < temperature <= 5
    assert after < before / 3
