"""How long a run takes is what somebody waits for."""

import time

import pytest

torch = pytest.importorskip("torch", reason="making networks needs torch, which is not installed")

from tests.support.lab import drawn_lot  # noqa: E402

from mien.lab.learning.loop import Epoch, Training  # noqa: E402
from mien.lab.networks.building import build_network  # noqa: E402
from mien.lab.networks.expression import ExpressionNetwork  # noqa: E402
from mien.lab.recipe import checked_recipe  # noqa: E402

JUDGING_S = 0.1


def test_the_time_of_judging_counts(tmp_path) -> None:  # type: ignore[no-untyped-def]
    network = {"kind": "residual", "widths": [8], "side_px": 48, "channels": "grey"}
    length = {"epochs": 50, "batch": 8, "precision": "f32", "max_minutes": 2 * JUDGING_S / 60}
    recipe = checked_recipe({"network": network, "training": length}, "test")
    training = Training(build_network(recipe.network, 2), build_network(recipe.network, 2), recipe, 48, "0")
    learning: list[float] = []

    def judge(epoch: Epoch, _network: ExpressionNetwork) -> float:
        learning.append(epoch.seconds)
        time.sleep(JUDGING_S)
        return 0.0

    lot = drawn_lot(16)
    training.run(lot, lot.targets, tmp_path / "checkpoint.pt", judge, lambda _done, _total: None)
    assert training.epoch <= 2 and training.spent_s >= sum(learning) + training.epoch * JUDGING_S
    again = Training(build_network(recipe.network, 2), build_network(recipe.network, 2), recipe, 48, "0")
    again.resume(tmp_path / "checkpoint.pt")
    assert again.spent_s == training.spent_s
