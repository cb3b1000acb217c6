"""Augmentation changes as far as its recipe says, and the same way for the same seed."""

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="making networks needs torch, which is not installed")

from tests.support.lab import drawn_lot  # noqa: E402

from mien.lab.datasets.crops import recut  # noqa: E402
from mien.lab.learning.augmentation import Augmentation, mixed  # noqa: E402
from mien.lab.learning.judging import as_tensor  # noqa: E402
from mien.lab.recipe import AugmentationRecipe  # noqa: E402

STILL = AugmentationRecipe(**dict.fromkeys(AugmentationRecipe.model_fields, 0.0))


def augmented(recipe: AugmentationRecipe, placements: np.ndarray, seed: int = 2) -> torch.Tensor:
    lot = drawn_lot(6)
    augment = Augmentation(recipe, 48, torch.from_numpy(lot.lying), torch.Generator().manual_seed(seed))
    return augment(as_tensor(lot.images), torch.from_numpy(placements))[:, 0]


def test_without_strength_a_picture_stays_or_is_only_aligned() -> None:
    lot = drawn_lot(6)
    shift = np.tile(np.array([[1, 0, 3], [0, 1, -2]], np.float32), (6, 1, 1))
    inner = slice(12, 36)
    still = augmented(STILL, shift)
    np.testing.assert_allclose(still, lot.images, atol=0.02)
    aligned = augmented(STILL.model_copy(update={"aligned_share": 1.0}), shift)
    np.testing.assert_allclose(aligned[:, inner, inner], recut(lot.images, shift, 48)[:, inner, inner], atol=1)
    mirrored = augmented(STILL.model_copy(update={"flip_share": 1.0}), shift)
    np.testing.assert_allclose(mirrored, lot.images[:, :, ::-1], atol=0.02)


def test_the_usual_recipe_changes_every_picture_the_same_way_for_a_seed() -> None:
    lot = drawn_lot(6)
    once, again, other = (augmented(AugmentationRecipe(), lot.placements, seed) for seed in (1, 1, 2))
    assert torch.equal(once, again) and not torch.equal(once, other)
    assert (np.abs(once.numpy() - lot.images).mean(axis=(1, 2)) > 2).all()
    assert torch.isfinite(once).all()


def test_mixing_mixes_pictures_and_targets_alike() -> None:
    images, targets = torch.arange(4.0)[:, None, None, None], torch.eye(4)
    levels = torch.tensor([[0.0, 0.0], [1.0, float("nan")], [2.0, 2.0], [3.0, 3.0]])
    batch = images, targets, levels
    blended, wanted, told = mixed(batch, 0.4, torch.Generator().manual_seed(0))
    np.testing.assert_allclose(told[:, 0], blended.flatten(), atol=1e-6)
    assert 1 <= int(torch.isnan(told[:, 1]).sum()) <= 2, "half of what is missing is missing"
    np.testing.assert_allclose(wanted @ torch.arange(4.0), blended.flatten(), atol=1e-6)
    np.testing.assert_allclose(wanted.sum(dim=1), 1, atol=1e-6)
    assert mixed(batch, 0.0, torch.Generator())[0] is images
