"""How long a run takes is what somebody waits for; rare classes are drawn as often as asked."""

import subprocess
import sys
import time
from types import SimpleNamespace

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="making networks needs torch, which is not installed")

from tests.support.lab import drawn_lot  # noqa: E402

from mien.lab.learning.loop import Epoch, Training, drawn_batches  # noqa: E402
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


def test_the_rate_comes_down_in_the_epochs_that_there_is_time_for(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:  # type: ignore[no-untyped-def]
    network = {"kind": "residual", "widths": [8], "side_px": 48, "channels": "grey"}
    length = {"epochs": 1000, "batch": 8, "precision": "f32", "max_minutes": 200 / 60}
    recipe = checked_recipe({"network": network, "training": length, "optimiser": {"learning_rate": 1e-3}}, "test")
    seconds, rates = [0.0], list[float]()
    monkeypatch.setattr("mien.lab.learning.loop.time", SimpleNamespace(monotonic=lambda: seconds[0]))

    def step(_done: int, _total: int) -> None:
        seconds[0] += 5 if seconds[0] else 45  # the first one compiles

    def judge(epoch: Epoch, _network: ExpressionNetwork) -> float:
        rates.append(epoch.rate)
        seconds[0] += 10
        if epoch.epoch == 3:
            raise KeyboardInterrupt
        return 0.0

    lot = drawn_lot(16)  # two steps of 5 s and 10 s of judging, after 40 s of compiling: eight epochs in 200 s
    runs = [Training(*(build_network(recipe.network, 2) for _ in range(2)), recipe, 48, "0") for _ in range(2)]
    with pytest.raises(KeyboardInterrupt):
        runs[0].run(lot, lot.targets, tmp_path / "checkpoint.pt", judge, step)
    runs[1].resume(tmp_path / "checkpoint.pt")
    runs[1].run(lot, lot.targets, None, lambda epoch, _: rates.append(epoch.rate) or 0.0, step)
    assert runs[0].planned == runs[1].planned == runs[1].epoch == 8
    assert runs[1].cut_short == ("in 3.33333 minutes there was time for 8 of 1000 epochs",)
    assert max(rates) > 9e-4 and rates[-1] < 5e-5 and rates[-3:] == sorted(rates[-3:], reverse=True)


@pytest.mark.parametrize(("balance", "rare"), [(0.0, 0.1), (0.5, 0.25), (1.0, 0.5)])
def test_rare_classes_are_drawn_as_often_as_asked(balance: float, rare: float) -> None:
    targets = np.eye(2, dtype=np.float32)[(np.arange(4000) % 10 == 0).astype(int)]
    batches = list(drawn_batches(targets, 64, balance, torch.Generator().manual_seed(0)))
    assert {len(rows) for rows in batches} == {64} and len(batches) == 62, "the rest of an epoch is no batch"
    assert targets[np.concatenate(batches), 1].mean() == pytest.approx(rare, abs=0.03)


COMPILED = """
import numpy as np, torch
from mien.lab.learning.judging import answer
from mien.lab.networks.building import build_network
from mien.lab.recipe import NetworkRecipe
network = build_network(NetworkRecipe(kind="residual", widths=(8,), side_px=48, channels="grey"), 2)
faces = [torch.rand(4, 1, 48, 48) * 255, torch.rand(2, 1, 48, 48) * 255]
alone, together = (answer(network, faces, is_compiled=is_compiled).logits for is_compiled in (False, True))
print(len(together), np.abs(together - alone).max())
"""


@pytest.mark.exhaustive
def test_what_is_compiled_answers_alike() -> None:
    """In a process of its own: torch's compiler refuses one in which distutils came before setuptools."""
    ended = subprocess.run([sys.executable, "-c", COMPILED], capture_output=True, text=True, check=True)
    faces, difference = ended.stdout.split()
    assert faces == "6" and float(difference) < 1e-4
