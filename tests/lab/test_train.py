"""A tiny set of drawn faces is learnt; a killed run goes on; what cannot be learnt is told before it is tried."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="making networks needs torch, which is not installed")

from tests.support.lab import drawn, drawn_folder  # noqa: E402

from mien.domain.errors import ModelCorrupt, ModelError, ModelMismatch, SourceNotFound, UsageError  # noqa: E402
from mien.lab import train  # noqa: E402
from mien.lab.datasets.labels import NO_LABEL  # noqa: E402
from mien.lab.datasets.manifest import write_manifest  # noqa: E402
from mien.lab.learning.loop import Epoch  # noqa: E402
from mien.lab.learning.optimisers import build_optimiser, set_rate  # noqa: E402
from mien.lab.learning.trained import CHECKPOINT, open_run  # noqa: E402
from mien.lab.networks.building import KINDS, build_network, start_from, state_of  # noqa: E402
from mien.lab.networks.expression import ExpressionNetwork  # noqa: E402
from mien.lab.recipe import Kind, NetworkRecipe, Recipe, changed, checked_recipe  # noqa: E402
from mien.lab.result import write_result  # noqa: E402

STILL = {"rotation_deg": 0.0, "zoom": 0.0, "shift": 0.0, "shear": 0.0, "erase_share": 0.0, "coarse_share": 0.0}


def recipe_for(folder: Path, /, **changes: object) -> Recipe:
    tables = {
        "dataset": str(folder),
        "network": {"kind": "residual", "widths": [8, 16], "dropout": 0.0},
        "optimiser": {"learning_rate": 0.01, "ema_decay": 0.5},
        "augmentation": STILL,
        "training": {"epochs": 4, "batch": 8, "precision": "f32"},
    }
    return changed(checked_recipe(tables, "test"), dict(changes))


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    return drawn_folder(tmp_path / "drawn")


def test_a_tiny_set_is_learnt_and_the_folder_says_all_of_it(dataset: Path, tmp_path: Path) -> None:
    steps: list[tuple[str, int, int]] = []
    recipe = recipe_for(dataset, **{"network.valence_arousal": True})
    found = train.run(recipe, tmp_path / "run", progress=lambda *told: steps.append(told))
    assert found.metrics["val"]["given"]["accuracy"] > 0.9
    assert found.metrics["val"]["given"]["levels"]["valence"]["ccc"] > 0.5
    assert found.metrics["val"]["given"]["levels"]["arousal"]["count"] == 3
    kept = json.loads((tmp_path / "run" / "metrics.json").read_text())
    assert kept["fingerprint"] == drawn(48).fingerprint and kept["seed"] == 7 and kept["verb"] == "train"
    lines = [json.loads(line) for line in (tmp_path / "run" / "epochs.jsonl").read_text().splitlines()]
    assert [line["epoch"] for line in lines] == [1, 2, 3, 4] and lines[-1]["loss"] < lines[0]["loss"]
    assert ("steps", 16, 16) in steps and ("epochs", 4, 4) in steps
    assert list((tmp_path / "run" / "tensorboard").iterdir())
    trained = open_run(tmp_path / "run")
    assert trained.labels == ("neutral", "happiness") and trained.plan.layout.size == 48
    assert trained.recipe == recipe.model_copy(update={"network": trained.recipe.network})


def test_faces_of_which_only_levels_are_known_are_learnt_where_there_is_a_head_for_them(tmp_path: Path) -> None:
    manifest = drawn(48)
    manifest.label[:6] = NO_LABEL
    write_manifest(manifest, tmp_path / "drawn")
    for has_head, learnt in ((False, 26), (True, 32)):
        recipe = recipe_for(tmp_path / "drawn", **{"network.valence_arousal": has_head})
        assert len(train.gather(recipe).learnt) == learnt


def test_a_killed_run_goes_on_as_if_nothing_had_been(dataset: Path, tmp_path: Path) -> None:
    recipe = recipe_for(dataset)
    train.run(recipe, tmp_path / "whole")

    def kill(what: str, done: int, _total: int) -> None:
        if what == "steps" and done == 10:  # in the middle of the third epoch
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train.run(recipe, tmp_path / "killed", progress=kill)
    with (tmp_path / "killed" / "epochs.jsonl").open("a") as log:
        log.write('{"epoch": 3, "lo')  # what was being written when it was killed
    train.run(recipe, tmp_path / "killed", is_resumed=True)
    whole, resumed = (torch.load(tmp_path / name / "weights.pt") for name in ("whole", "killed"))
    for name, value in whole.items():
        torch.testing.assert_close(resumed[name], value, atol=1e-5, rtol=1e-4)
    logs = [(tmp_path / name / "epochs.jsonl").read_text().splitlines() for name in ("whole", "killed")]
    assert [json.loads(line)["epoch"] for line in logs[1]] == [json.loads(line)["epoch"] for line in logs[0]]


def test_a_run_is_neither_overwritten_nor_continued_by_another_recipe(dataset: Path, tmp_path: Path) -> None:
    train.run(recipe_for(dataset, **{"training.epochs": 1}), tmp_path / "run")
    with pytest.raises(UsageError, match="holds a run already: go on with --resume"):
        train.run(recipe_for(dataset), tmp_path / "run")
    with pytest.raises(ModelMismatch, match=r"written by another recipe \(seed: 7 → 8; training\.epochs: 1 → 4\)"):
        train.run(recipe_for(dataset, seed=8), tmp_path / "run", is_resumed=True)
    (tmp_path / "run" / "checkpoint.pt").write_bytes(b"half")
    with pytest.raises(ModelCorrupt, match="no checkpoint of the lab"):
        train.run(recipe_for(dataset), tmp_path / "run", is_resumed=True)


def test_a_run_without_its_checkpoint_is_not_overwritten(dataset: Path, tmp_path: Path) -> None:
    train.run(recipe_for(dataset, **{"training.epochs": 1}), tmp_path / "run")
    (tmp_path / "run" / CHECKPOINT).unlink()
    weights = (tmp_path / "run" / "weights.pt").read_bytes()
    for is_resumed in (False, True):
        with pytest.raises(UsageError, match="holds a run already, without a checkpoint to go on from"):
            train.run(recipe_for(dataset, seed=8), tmp_path / "run", is_resumed=is_resumed)
    assert (tmp_path / "run" / "weights.pt").read_bytes() == weights


def test_a_run_goes_on_wherever_what_it_names_lies_by_now(dataset: Path, tmp_path: Path) -> None:
    def recipe(data: Path, runs: Path) -> Recipe:
        taught = {"distillation.teachers": [str(runs / "teacher")]}
        start = {"network.start": "weights", "network.weights": str(runs / "teacher" / "weights.pt")}
        return recipe_for(data, **{"training.epochs": 1}, **taught, **start)

    train.run(recipe_for(dataset, **{"training.epochs": 1}), tmp_path / "teacher")
    train.run(recipe(dataset, tmp_path), tmp_path / "run")
    (tmp_path / "elsewhere").mkdir()
    dataset.rename(tmp_path / "elsewhere" / "faces")
    for name in ("teacher", "run"):
        (tmp_path / name).rename(tmp_path / "elsewhere" / name)
    elsewhere = tmp_path / "elsewhere"
    train.run(recipe(elsewhere / "faces", elsewhere), elsewhere / "run", is_resumed=True)
    assert open_run(elsewhere / "run").recipe.dataset == str(elsewhere / "faces")


def test_a_loss_that_is_no_number_ends_the_run_with_advice(dataset: Path, tmp_path: Path) -> None:
    recipe = recipe_for(
        dataset, **{"optimiser.kind": "sgd", "optimiser.learning_rate": 1e30, "optimiser.max_grad_norm": 0.0}
    )
    with pytest.raises(ModelError, match=r"no number any more .* lower optimiser\.learning_rate"):
        train.run(recipe, tmp_path / "run")


def test_a_run_does_not_go_on_from_weights_that_it_did_not_begin_with(dataset: Path, tmp_path: Path) -> None:
    train.run(recipe_for(dataset, **{"training.epochs": 1}), tmp_path / "teacher")
    recipe = recipe_for(dataset, **{"training.epochs": 1, "distillation.teachers": [str(tmp_path / "teacher")]})
    found = train.run(recipe, tmp_path / "run")
    assert [one["name"] for one in found.metrics["origins"]["teachers"]] == ["teacher"]
    path = tmp_path / "teacher" / "weights.pt"
    torch.save({name: value + value.is_floating_point() for name, value in torch.load(path).items()}, path)
    with pytest.raises(ModelMismatch, match="or began with other weights or teachers"):
        train.run(recipe, tmp_path / "run", is_resumed=True)


def test_a_study_is_not_trained_over(dataset: Path, tmp_path: Path) -> None:
    write_result(tmp_path / "tuned", "tune", {}, {})
    with pytest.raises(UsageError, match="holds what mien lab tune made, which would be lost"):
        train.run(recipe_for(dataset), tmp_path / "tuned")


def test_a_run_goes_on_with_the_same_pictures_only(dataset: Path, tmp_path: Path) -> None:
    train.run(recipe_for(dataset, **{"training.epochs": 1}), tmp_path / "run")
    write_manifest(replace(drawn(48), split=np.roll(drawn(48).split, 3)), dataset)
    with pytest.raises(
        ModelMismatch, match="written with another dataset or other crops of it, or began with other weights"
    ):
        train.run(recipe_for(dataset, **{"training.epochs": 1}), tmp_path / "run", is_resumed=True)


def test_a_teacher_may_see_faces_larger_than_its_pupil(dataset: Path, tmp_path: Path) -> None:
    large = {"network.side_px": 64, "network.widths": [8, 16], "training.epochs": 6}
    train.run(recipe_for(dataset, **large), tmp_path / "large")
    taught = {"distillation.teachers": [str(tmp_path / "large")], "distillation.share": 1.0, "training.epochs": 8}
    found = train.run(recipe_for(dataset, **taught), tmp_path / "small")
    assert found.metrics["val"]["given"]["accuracy"] > 0.9
    write_manifest(drawn(48, ("neutral", "tired")), tmp_path / "other")
    with pytest.raises(UsageError, match=r"the teacher .* knows the labels neutral, happiness"):
        train.run(recipe_for(tmp_path / "other", **taught), tmp_path / "third")


def test_faces_are_cut_no_larger_than_they_were_learnt(dataset: Path, tmp_path: Path) -> None:
    train.run(recipe_for(dataset, **{"network.side_px": 64, "training.epochs": 1}), tmp_path / "run")
    trained = open_run(tmp_path / "run")
    assert trained.side_px == trained.plan.layout.size == 48
    assert (trained.recipe.network.side_px, trained.recipe.network.enlarged_px) == (48, 64)
    assert trained.network.enlarged_px == 64
    with torch.inference_mode():
        assert trained.network(torch.zeros(1, 1, 48, 48)).logits.shape == (1, 2)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"network.channels": "rgb"}, "the pictures of the dataset are grey"),
        ({"network.side_px": 46}, "that 4 divides, got 46 px"),
        ({"network.frozen_stages": 9}, r"network\.frozen_stages is 9, and residual has 3"),
        ({"network.kind": "small-cnn", "network.widths": [8] * 6}, "6 convolutions with pooling leave nothing of 48"),
    ],
)
def test_a_network_that_does_not_fit_the_pictures_is_refused(
    changes: dict[str, object], told: str, dataset: Path, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=told):
        train.run(recipe_for(dataset, **changes), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_early_stopping_keeps_the_best_epoch(dataset: Path, tmp_path: Path) -> None:
    recipe = recipe_for(dataset, **{"training.epochs": 30, "training.patience": 2})
    found = train.run(recipe, tmp_path / "run")
    assert found.metrics["epochs"] < 30 and found.metrics["best_epoch"] == found.metrics["epochs"] - 2


def test_what_cannot_be_learnt_is_told(dataset: Path, tmp_path: Path) -> None:
    manifest = drawn(48)
    leaking = manifest.copies.copy()
    leaking[0] = leaking[-1]
    for changed_manifest, told in (
        (replace(manifest, copies=leaking), "the split of .* leaks: 1 pictures"),
        (replace(manifest, label=np.zeros(48, np.int64)), "has no picture of happiness to train on"),
        (replace(manifest, label=np.where(manifest.label, 1, NO_LABEL)), "has no picture of neutral to train on"),
        (manifest.part("train"), "0 pictures in its part val"),
        (replace(manifest, label=np.where(manifest.split == "val", NO_LABEL, manifest.label)), "nothing to choose by"),
    ):
        write_manifest(changed_manifest, tmp_path / "other")
        with pytest.raises(UsageError, match=told):
            train.run(recipe_for(tmp_path / "other"), tmp_path / "run")
    with pytest.raises(UsageError, match="names no dataset"):
        train.run(recipe_for(dataset, dataset=""), tmp_path / "run")
    with pytest.raises(SourceNotFound, match="mien lab import"):
        train.run(recipe_for(tmp_path / "nothing"), tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_a_network_starts_from_another_run_and_learns_from_teachers(dataset: Path, tmp_path: Path) -> None:
    train.run(recipe_for(dataset), tmp_path / "first")
    weights = str(tmp_path / "first" / "weights.pt")
    start = {
        "network.start": "weights",
        "network.weights": weights,
        "training.epochs": 1,
        "optimiser.learning_rate": 1e-6,
    }
    second = train.run(recipe_for(dataset, **start), tmp_path / "second")
    assert second.metrics["val"]["given"]["accuracy"] > 0.9
    taught = {"distillation.teachers": [str(tmp_path / "first")], "distillation.share": 1.0, "training.epochs": 8}
    third = train.run(recipe_for(dataset, **taught), tmp_path / "third")
    assert third.metrics["val"]["given"]["accuracy"] > 0.9
    write_manifest(drawn(48, ("neutral", "tired")), tmp_path / "tired")
    known = torch.load(weights)["emotion_classifier.weight"]
    for folder, is_known in ((dataset, True), (tmp_path / "tired", False)):
        material = train.gather(recipe := recipe_for(folder, **start))
        fitted = recipe.model_copy(update={"network": material.network})
        head = train.build_training(fitted, material).network.emotion_classifier.weight
        assert torch.equal(head.cpu(), known) == is_known, "as many labels are not the same ones"
    other = {**start, "network.kind": "small-cnn", "network.widths": []}
    with pytest.raises(ModelMismatch, match="another network than SmallCnn"):
        train.run(recipe_for(dataset, **other), tmp_path / "fourth")


def test_a_network_of_another_side_starts_from_what_a_run_has_learnt(tmp_path: Path) -> None:
    small, large = (NetworkRecipe(kind="mobilefacenet", side_px=48, channels="grey", enlarged_px=px) for px in (48, 80))
    learnt, network = build_network(small, 2), build_network(large, 2)
    places = "backbone.conv_6_dw.conv.weight"
    learnt.load_state_dict({**learnt.state_dict(), places: torch.full((512, 1, 3, 3), 0.5)})
    torch.save(learnt.state_dict(), tmp_path / "weights.pt")
    start_from(network, tmp_path / "weights.pt", has_same_labels=True)
    before, after = (one.state_dict() for one in (learnt, network))
    assert after[places].shape[-2:] == (5, 5) and after[places].sum() == pytest.approx(before[places].sum().item())
    assert all(torch.equal(before[name], after[name]) for name in before if name != places)


@pytest.mark.parametrize(("channels", "is_recogniser"), [("grey", True), ("rgb", True), ("rgb", False)])
def test_a_backbone_starts_from_a_published_file(channels: str, is_recogniser: bool, tmp_path: Path) -> None:
    recipe = NetworkRecipe(kind="mobilefacenet", side_px=48, channels="rgb", enlarged_px=80)
    published = build_network(recipe, 2).backbone.state_dict()
    head = {"linear.conv.weight": torch.zeros(4, 512, 1, 1)} if is_recogniser else {}
    torch.save({**published, **head}, tmp_path / "published.pt")
    network = build_network(recipe.model_copy(update={"channels": channels}), 2)
    start_from(network, tmp_path / "published.pt", has_same_labels=False)
    first, known = network.backbone.conv1.conv.weight, published["conv1.conv.weight"]
    if channels == "grey":
        assert torch.allclose(first, known.sum(dim=1, keepdim=True))
    else:
        assert torch.equal(first, known.flip(1) if is_recogniser else known), "recognisers take BGR, the lab shows RGB"
    assert torch.equal(network.backbone.conv_6_sep.conv.weight, published["conv_6_sep.conv.weight"])


@pytest.mark.parametrize(("kind", "head"), [("resnet18", "fc.weight"), ("mobilenetv2", "classifier.1.weight")])
@pytest.mark.parametrize("channels", ["grey", "rgb"])
def test_a_network_starts_from_a_file_in_the_layout_of_torchvision(
    kind: Kind, head: str, channels: Literal["grey", "rgb"], tmp_path: Path
) -> None:
    recipe = NetworkRecipe(kind=kind, side_px=48, channels="rgb")
    published = build_network(recipe, 2).backbone.state_dict()
    torch.save({**published, head: torch.zeros(1000, 512)}, tmp_path / "published.pt")
    network = build_network(recipe.model_copy(update={"channels": channels}), 2)
    start_from(network, tmp_path / "published.pt", has_same_labels=False)
    stem, *others = published
    taken = network.backbone.state_dict()
    assert torch.allclose(
        taken[stem], published[stem].sum(dim=1, keepdim=True) if channels == "grey" else published[stem]
    )
    assert all(torch.equal(taken[name], published[name]) for name in others)
    torch.save({name: published[name] for name in others}, tmp_path / "lacking.pt")
    with pytest.raises(ModelMismatch, match=f"of another network than .*: it lacks backbone.{stem}"):
        start_from(network, tmp_path / "lacking.pt", has_same_labels=False)


def test_a_head_may_learn_faster(dataset: Path) -> None:
    recipe = recipe_for(dataset, **{"optimiser.head_learning_rate_factor": 3.0, "optimiser.kind": "sgd"})
    material = train.gather(recipe)
    network = train.build_training(recipe.model_copy(update={"network": material.network}), material).network
    optimiser = build_optimiser(recipe.optimiser, network)
    set_rate(optimiser, 0.1)
    rates = {id(weight): group["lr"] for group in optimiser.param_groups for weight in group["params"]}
    of_head = {id(weight) for weight in network.emotion_classifier.parameters()}
    assert len(rates) == sum(1 for _ in network.parameters())
    assert all(rate == pytest.approx(0.3 if weight in of_head else 0.1) for weight, rate in rates.items())


def test_what_is_frozen_stays_as_it_was(dataset: Path) -> None:
    recipe = recipe_for(dataset, **{"network.frozen_stages": 1, "network.thaw_epoch": 1, "training.epochs": 2})
    material = train.gather(recipe)
    training = train.build_training(recipe.model_copy(update={"network": material.network}), material)
    stages, head = training.network.backbone.stages, training.network.emotion_classifier

    def learn(epochs: int) -> tuple[list[bool], bool]:
        """Which stages, and whether the head, have changed in further epochs."""
        before = [state_of(part) for part in (*stages, head)]
        training.planned = training.epoch + epochs
        training.run(material.training, train.targets_of(recipe, material), None, lambda *_: 0.0, lambda *_: None)
        after = [state_of(part) for part in (*stages, head)]
        *found, of_head = (
            any(not torch.equal(value, now[name]) for name, value in was.items())
            for was, now in zip(before, after, strict=True)
        )
        return found, of_head

    assert learn(1) == ([False] * len(stages), True), "only the head, until it thaws"
    assert learn(1) == ([False, *[True] * (len(stages) - 1)], True)


def test_a_run_that_goes_on_does_not_ask_its_teachers_again(dataset: Path, tmp_path: Path) -> None:
    train.run(recipe_for(dataset, **{"training.epochs": 1}), tmp_path / "teacher")
    recipe = recipe_for(dataset, **{"distillation.teachers": [str(tmp_path / "teacher")], "training.epochs": 2})
    told: list[str] = []

    def kill(what: str, done: int, _total: int) -> None:
        told.append(what)
        if what == "steps" and done == 6:  # in the middle of the second epoch
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train.run(recipe, tmp_path / "run", progress=kill)
    assert "teacher: given faces" in told
    told.clear()
    train.run(recipe, tmp_path / "run", is_resumed=True, progress=lambda what, *_: told.append(what))
    assert "steps" in told and "teacher: given faces" not in told


@pytest.mark.parametrize(
    "kind",
    [
        pytest.param(kind, marks=() if kind in ("mobilefacenet", "small-cnn") else pytest.mark.exhaustive)
        for kind in KINDS
        if kind != "residual"
    ],
)
def test_every_network_learns(kind: str, tmp_path: Path) -> None:
    network = {"network.kind": kind, "network.widths": []}
    pace = {"optimiser.learning_rate": 1e-3, "schedule.kind": "constant", "training.epochs": 3, "training.batch": 16}
    folder = drawn_folder(tmp_path / "few", 24)
    recipe = recipe_for(folder, **network, **pace, **{"training.precision": "bf16"})
    material = train.gather(recipe)
    training = train.build_training(recipe.model_copy(update={"network": material.network}), material)
    losses: list[float] = []

    def judge(epoch: Epoch, _network: ExpressionNetwork) -> float:
        losses.append(epoch.loss)
        return -epoch.loss

    training.run(material.training, train.targets_of(recipe, material), None, judge, lambda *_: None)
    assert losses[-1] < 0.9 * losses[0], "of the same sixteen pictures"
    judged = train.judge_cuts(training.averaged, material, is_exact=False)
    assert set(judged) == {"given", "aligned"} and judged["aligned"].classes.count == 4
