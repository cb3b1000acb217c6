"""Losses agree with their definitions, and what is not known costs nothing."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="making networks needs torch, which is not installed")

from mien.evaluation.judging.levels import level_quality  # noqa: E402
from mien.lab.learning.losses import build_loss, levels_loss, winners  # noqa: E402
from mien.lab.networks.expression import Answers  # noqa: E402
from mien.lab.recipe import LossRecipe  # noqa: E402

LOGITS = torch.tensor([[2.0, 0.0, -1.0], [0.5, 0.5, 0.0]])
TARGETS = torch.tensor([[1.0, 0.0, 0.0], [0.25, 0.75, 0.0]])
HARD = torch.from_numpy(winners(TARGETS.numpy()))
NOTHING = torch.full((2, 2), float("nan"))
EVEN = torch.ones(3)


def loss_of(recipe: LossRecipe, frequencies: torch.Tensor = EVEN, targets: torch.Tensor = TARGETS) -> float:
    return float(build_loss(recipe, frequencies)(Answers(LOGITS, None), targets, NOTHING))


def test_soft_labels_are_learnt_as_distributions() -> None:
    wanted = torch.nn.functional.cross_entropy(LOGITS, TARGETS)
    assert loss_of(LossRecipe()) == pytest.approx(float(wanted), abs=1e-6)


def test_cross_entropy_learns_the_winner_and_focal_less_of_what_is_known() -> None:
    wanted = torch.nn.functional.cross_entropy(LOGITS, torch.tensor([0, 1]))
    assert loss_of(LossRecipe(classes="cross-entropy"), targets=HARD) == pytest.approx(float(wanted), abs=1e-6)
    chances = torch.softmax(LOGITS, dim=1)[[0, 1], [0, 1]]
    focal = (-((1 - chances) ** 2) * chances.log()).mean()
    assert loss_of(LossRecipe(classes="focal"), targets=HARD) == pytest.approx(float(focal), abs=1e-6)


def test_smoothing_and_weights_agree_with_torch() -> None:
    smooth = torch.nn.functional.cross_entropy(LOGITS, torch.tensor([0, 1]), label_smoothing=0.1)
    assert loss_of(LossRecipe(classes="cross-entropy", label_smoothing=0.1), targets=HARD) == pytest.approx(
        float(smooth), abs=1e-6
    )
    frequencies = torch.tensor([100.0, 10.0, 1.0])
    weights = 1 / frequencies
    weighted = torch.nn.functional.cross_entropy(LOGITS, torch.tensor([0, 1]), weight=weights)
    found = loss_of(LossRecipe(classes="cross-entropy", class_weights=1.0), frequencies, HARD)
    assert found == pytest.approx(float(weighted), abs=1e-6)


def test_what_makes_frequent_classes_likely_is_taken_out_of_the_answers() -> None:
    frequencies = torch.tensor([100.0, 10.0, 1.0])
    for tau in (0.5, 1.0):
        told = LOGITS + tau * torch.log(frequencies / 111)
        wanted = torch.nn.functional.cross_entropy(told, TARGETS)
        found = loss_of(LossRecipe(logit_adjustment=tau), frequencies)
        assert found == pytest.approx(float(wanted), abs=1e-6)


def test_a_picture_without_a_label_costs_nothing() -> None:
    half = torch.tensor([[1.0, 0.0, 0.0], [0.0, 0.0, 0.0]])
    alone = torch.nn.functional.cross_entropy(LOGITS[:1], half[:1])
    assert loss_of(LossRecipe(), targets=half) == pytest.approx(float(alone), abs=1e-6)
    assert loss_of(LossRecipe(), targets=torch.zeros(2, 3)) == 0


def test_concordance_is_that_of_the_evaluation_and_missing_levels_are_left_out() -> None:
    generator = np.random.default_rng(0)
    found, truth = generator.normal(size=(2, 50, 2)).astype(np.float32)
    truth = (0.7 * found + 0.3 * truth).astype(np.float32)
    truth[::3, 1] = np.nan
    quality = level_quality(found, truth)
    lost = levels_loss("ccc", torch.from_numpy(found), torch.from_numpy(truth))
    assert float(lost) == pytest.approx(1 - quality.mean_ccc, abs=1e-5)
    assert (quality.valence.count, quality.arousal.count) == (50, 33)
    squared = levels_loss("mse", torch.from_numpy(found), torch.from_numpy(truth))
    assert float(squared) == pytest.approx((quality.valence.mse + quality.arousal.mse) / 2, abs=1e-5)


def test_hubers_loss_is_that_of_torch_and_nothing_known_costs_nothing() -> None:
    found, truth = torch.randn(2, 50, 2, generator=torch.Generator().manual_seed(0)).mul(2)
    assert 10 < int(((found - truth).abs() > 1).sum()) < 90, "errors on both sides of where it turns straight"
    truth[::3, 1] = torch.nan
    known = ~torch.isnan(truth[:, 1])
    wanted = [
        torch.nn.functional.huber_loss(found[rows, column], truth[rows, column])
        for rows, column in ((slice(None), 0), (known, 1))
    ]
    assert float(levels_loss("huber", found, truth)) == pytest.approx(float(sum(wanted)) / 2, abs=1e-6)
    for kind in ("huber", "mse", "ccc"):
        assert float(levels_loss(kind, found, torch.full((50, 2), torch.nan))) == 0
