"""What mattered in a search is told for what it is."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="making networks needs torch, which is not installed")
optuna = pytest.importorskip("optuna", reason="searching needs optuna, which is not installed")

from tests.lab.test_train import recipe_for  # noqa: E402
from tests.support.lab import drawn_folder  # noqa: E402

from mien.lab.tune import SPACE, TuneRecipe, importance_of, run  # noqa: E402

KEYS = "optimiser.learning_rate", "network.dropout", "training.batch"


def searched(trials: int, score_of) -> "optuna.Study":  # type: ignore[no-untyped-def]
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.RandomSampler(seed=0))
    study.optimize(lambda trial: score_of({key: SPACE[key](trial) for key in KEYS}), n_trials=trials)
    return study


def test_what_the_best_trials_have_in_common_matters_most() -> None:
    found = importance_of(searched(80, lambda chosen: -abs(np.log10(chosen["optimiser.learning_rate"]) + 3)))
    assert set(found) == set(KEYS) and sum(found.values()) == pytest.approx(1)
    assert found["optimiser.learning_rate"] > 0.6


def test_of_trials_that_do_alike_nothing_mattered() -> None:
    assert importance_of(searched(12, lambda _chosen: 1.0)) == {}
    assert importance_of(searched(1, lambda _chosen: 1.0)) == {}


def test_what_few_trials_say_is_told_with_their_number(tmp_path: Path) -> None:
    tuning = TuneRecipe(tmp_path / "study", trials=4, epochs=1, space=KEYS[:2])
    levels = {"network.valence_arousal": True}  # by which no two trials do alike
    found = run(recipe_for(drawn_folder(tmp_path / "drawn", 96), **levels), tuning)
    assert set(found.metrics["importance"]) == set(KEYS[:2]) and found.metrics["importance_by"] == "PED-ANOVA"
    assert found.metrics["finished"] == 4
    assert any("the best tenth of 4 finished trials, 1 of them: " in one for one in found.notices)
    assert (tmp_path / "study" / "figures" / "importance.png").exists()
