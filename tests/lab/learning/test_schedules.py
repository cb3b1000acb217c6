"""The rate rises and falls as each schedule says; weights decay as each optimiser does it."""

import pytest

pytest.importorskip("torch", reason="making networks needs torch, which is not installed")

from mien.lab.learning.optimisers import FIRST_SHARE, Schedule, build_optimiser
from mien.lab.networks.building import build_network
from mien.lab.recipe import NetworkRecipe, OptimiserRecipe, ScheduleRecipe


def rates(**recipe: object) -> list[float]:
    schedule = Schedule(ScheduleRecipe.model_validate(recipe), 1.0, 10)
    return [schedule.rate(epoch) for epoch in range(11)]


def test_one_cycle_and_cosine_end_at_nothing() -> None:
    for kind in ("one-cycle", "cosine"):
        found = rates(kind=kind, warmup_share=0.2)
        assert found[0] == pytest.approx(FIRST_SHARE) and found[2] == 1 and found[10] == pytest.approx(0, abs=1e-9)
        assert found[2:] == sorted(found[2:], reverse=True)
    assert rates(kind="cosine", warmup_share=0)[0] == 1


def test_steps() -> None:
    found = rates(kind="step", step_epochs=4, factor=0.1)
    assert found[:9] == pytest.approx([1] * 4 + [0.1] * 4 + [0.01])
    assert set(rates(kind="constant")) == {1.0}


def test_a_plateau_lowers_the_rate_only_where_nothing_gets_better() -> None:
    schedule = Schedule(ScheduleRecipe(kind="plateau", patience=2, factor=0.5), 1.0, 10)
    found = []
    for score in (1, 2, 2, 2, 3, 3, 3):
        schedule.note(score)
        found.append(schedule.rate(0))
    assert found == [1, 1, 1, 0.5, 0.5, 0.5, 0.25]


@pytest.mark.parametrize(("kind", "decay"), [("adamw", 0.05), ("adam", 1e-4), ("sgd", 1e-4)])
def test_weights_decay_as_their_optimiser_does_it(kind: str, decay: float) -> None:
    network = build_network(NetworkRecipe(kind="residual", side_px=48, channels="grey", widths=(8,)), 2)
    recipe = OptimiserRecipe.model_validate({"kind": kind, "weight_decay": 0.05, "l2": 1e-4})
    groups = build_optimiser(recipe, network).param_groups
    assert {group["weight_decay"] for group in groups} == {decay, 0.0}
    assert all(group["weight_decay"] == 0 for group in groups for one in group["params"] if one.ndim == 1)
