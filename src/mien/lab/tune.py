"""``mien lab tune``: what in a recipe matters and which values suit it, searched by Optuna."""

import json as jsons
import math
import warnings
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mien.domain.errors import ModelError, ResultError, SourceUnreadable, UsageError
from mien.lab.datasets.manifest import Floats
from mien.lab.learning.judging import score_of
from mien.lab.learning.loop import Epoch, Training, without_places
from mien.lab.networks.expression import ExpressionNetwork
from mien.lab.recipe import Recipe, changed, write_recipe
from mien.lab.reports.figures import drawn
from mien.lab.result import Progress, Result, check_free, no_progress, write_result
from mien.lab.train import Material, build_training, gather, judge_cuts, targets_of

if TYPE_CHECKING:
    import optuna

STUDY, BEST = "study.sqlite3", "best.toml"

EVALUATOR = "PED-ANOVA"
"""What tells how much values matter (Watanabe, Bansal and Hutter, IJCAI 2023)."""

STEADY_FROM = 50
"""So many finished trials have five among their best tenth: with fewer there, Optuna's manual says, it is unsteady."""

Suggest = Callable[["optuna.Trial"], Any]

SPACE: Mapping[str, Suggest] = {
    "optimiser.learning_rate": lambda trial: trial.suggest_float("optimiser.learning_rate", 1e-4, 1e-2, log=True),
    "optimiser.weight_decay": lambda trial: trial.suggest_float("optimiser.weight_decay", 1e-5, 1e-1, log=True),
    "optimiser.l2": lambda trial: trial.suggest_float("optimiser.l2", 1e-7, 1e-3, log=True),
    "network.dropout": lambda trial: trial.suggest_float("network.dropout", 0.0, 0.6, step=0.05),
    "network.kernel_px": lambda trial: trial.suggest_categorical("network.kernel_px", [3, 5]),
    "training.batch": lambda trial: trial.suggest_categorical("training.batch", [32, 64, 128, 256]),
}
"""What is searched where nothing else is named: learning rate, decay, L2, dropout, size of kernels and of batches."""


@dataclass(frozen=True, slots=True)
class TuneRecipe:
    """How long is searched: ``trials`` more trainings of at most ``epochs`` each; ``space`` are keys of SPACE."""

    out: Path
    trials: int = 20
    epochs: int = 5
    space: tuple[str, ...] = ()


def run(recipe: Recipe, tuning: TuneRecipe, recogniser: Path | None = None, progress: Progress = no_progress) -> Result:
    """Search, go on with a study that is there, and write the best recipe, plots and every trial.

    Every trial starts and learns as `mien lab train` would: from the weights that the recipe names (``recogniser`` is
    the file of the one that it starts from), and from its teachers. Trials that do worse than the middle of those
    before them at the same epoch are given up (median pruning). Raises UsageError for keys that are not searched or
    have no effect, for a study of another recipe, dataset or number of epochs, and for the folder of a run;
    SourceError, ModelError, ResultError.
    """
    check_free(tuning.out, "tune")
    keys = _keys(recipe, tuning)
    material = gather(recipe, progress, recogniser)
    fitted = recipe.model_copy(update={"network": material.network})
    build_training(fitted, material, recogniser)  # a start that does not fit is told before a study is begun
    targets = targets_of(fitted, material, progress)
    study = _study(recipe, tuning, material)
    before = len(study.trials)

    def objective(trial: "optuna.Trial") -> float:
        progress("trials", trial.number - before, tuning.trials)
        tried = changed(fitted, _chosen(trial, keys, tuning.epochs))
        return _tried(trial, build_training(tried, material, recogniser), targets, material)

    study.optimize(objective, n_trials=tuning.trials, catch=(ModelError,))
    progress("trials", tuning.trials, tuning.trials)
    return _told(study, recipe, tuning, material)


def _keys(recipe: Recipe, tuning: TuneRecipe) -> tuple[str, ...]:
    """What is searched: what was named, or of all there is what matters to the recipe's network and optimiser."""
    if strange := [key for key in tuning.space if key not in SPACE]:
        raise UsageError(f"{', '.join(strange)} cannot be searched; there is {', '.join(SPACE)}")
    if tuning.trials < 1 or tuning.epochs < 1:
        raise UsageError(f"expected one or more trials and epochs, got {tuning.trials} and {tuning.epochs}")
    idle = {"optimiser.l2" if recipe.optimiser.kind == "adamw" else "optimiser.weight_decay"}
    if recipe.network.kind != "small-cnn" or recipe.network.start != "scratch":
        idle.add("network.kernel_px")
    if vain := [key for key in tuning.space if key in idle]:
        raise UsageError(
            f"{', '.join(vain)} would be searched without effect: the recipe has optimiser.kind "
            f"{recipe.optimiser.kind}, network.kind {recipe.network.kind} and network.start {recipe.network.start}"
        )
    return tuning.space or tuple(key for key in SPACE if key not in idle)


def _study(recipe: Recipe, tuning: TuneRecipe, material: Material) -> "optuna.Study":
    """The study of a folder, begun where there is none.

    Raises UsageError where it is of something else, SourceUnreadable where it is damaged, ResultError.
    """
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    path = tuning.out / STUDY
    try:
        tuning.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ResultError(f"{tuning.out} could not be written: {error.strerror or error}") from error
    try:
        study = optuna.create_study(
            study_name="mien",
            storage=f"sqlite:///{path.resolve()}",
            load_if_exists=True,
            direction="maximize",
            pruner=optuna.pruners.MedianPruner(n_startup_trials=4, n_warmup_steps=1),
        )
        done, told = len(study.trials), study.user_attrs
    except Exception as error:  # Optuna's own errors and those of its database have no common type
        raise SourceUnreadable(f"{path} is no study, or it is damaged: name another folder with --out") from error
    wanted = _about(recipe, tuning, material)
    if done:
        _check_study(told, wanted)
    for key, value in wanted.items():
        study.set_user_attr(key, value)
    study.sampler = optuna.samplers.TPESampler(seed=recipe.seed + done)  # it would else draw what it drew before
    return study


def _about(recipe: Recipe, tuning: TuneRecipe, material: Material) -> dict[str, Any]:
    """What a study is of: trials of other recipes, pictures or lengths cannot be compared."""
    told, origins = without_places(recipe).model_dump_json(), jsons.dumps(material.origins)
    return {"recipe": told, "fingerprint": material.fingerprint, "origins": origins, "epochs": tuning.epochs}


def _check_study(told: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    """Raise UsageError where a study is of something else than is wanted."""
    if any(told.get(key) != wanted[key] for key in ("recipe", "fingerprint", "origins")):
        raise UsageError(
            "the study there is of another recipe or dataset, or of other weights: name another folder with --out"
        )
    if told.get("epochs") != wanted["epochs"]:
        raise UsageError(
            f"the trials of the study there have {told.get('epochs')} epochs at most: go on with as many (--epochs), "
            "or name another folder with --out"
        )


def _chosen(trial: "optuna.Trial", keys: tuple[str, ...], epochs: int) -> dict[str, Any]:
    return {**{key: SPACE[key](trial) for key in keys}, "training.epochs": epochs}


def _tried(trial: "optuna.Trial", training: Training, targets: Floats, material: Material) -> float:
    """How good a run with targets (n, k) is at the epoch that its recipe keeps.

    Raises TrialPruned where it is not worth finishing.
    """
    import optuna

    is_exact = training.recipe.training.precision == "f32"
    best = -math.inf

    def watch(epoch: Epoch, judged: ExpressionNetwork) -> float:
        nonlocal best
        found = judge_cuts(judged, material, is_exact=is_exact)
        score = score_of(found, training.recipe.training.select)
        best = score if training.recipe.training.select == "last" else max(best, score)
        trial.report(score, epoch.epoch)
        if trial.should_prune():
            raise optuna.TrialPruned
        return score

    training.run(material.training, targets, None, watch, lambda _done, _total: None)
    return best


def _told(study: "optuna.Study", recipe: Recipe, tuning: TuneRecipe, material: Material) -> Result:
    import optuna

    finished = [trial for trial in study.trials if trial.state == optuna.trial.TrialState.COMPLETE]
    if not finished:
        raise ModelError("no trial came to an end: search with a lower rate, or for more epochs")
    importance = importance_of(study)
    metrics: dict[str, Any] = {
        "seed": recipe.seed,
        "fingerprint": material.fingerprint,
        "trials": len(study.trials),
        "finished": len(finished),
        "score_is": _score_is(recipe),
        "pruned": sum(trial.state == optuna.trial.TrialState.PRUNED for trial in study.trials),
        "best": {"score": study.best_value, "trial": study.best_trial.number, **study.best_params},
        "importance": importance,
        "importance_by": EVALUATOR,
        "all": [
            {"number": one.number, "state": one.state.name, "score": one.value, **one.params} for one in study.trials
        ],
    }
    write_recipe(changed(recipe, study.best_params), tuning.out / BEST)
    write_result(tuning.out, "tune", asdict(tuning), metrics)
    _draw(study, importance, _score_is(recipe), tuning.out / "figures")
    return Result(tuning.out, metrics, (*material.notices, *_unsteady(importance, len(finished))))


def importance_of(study: "optuna.Study") -> dict[str, float]:
    """How much each searched value matters for a finished trial to be one of the best tenth, as shares of 1.

    Not how much of the differences between trials it explains. By PED-ANOVA, which needs no scikit-learn; nothing where
    all trials do alike. Watanabe, Bansal and Hutter, "PED-ANOVA: Efficiently Quantifying Hyperparameter Importance in
    Arbitrary Subspaces", IJCAI 2023.
    """
    import optuna

    scores = {trial.value for trial in study.trials if trial.state == optuna.trial.TrialState.COMPLETE}
    if len(scores) < 2:
        return {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that there are few trials is told in one sentence for all values
        evaluator = optuna.importance.PedAnovaImportanceEvaluator()
        return dict(optuna.importance.get_param_importances(study, evaluator=evaluator))


def _unsteady(importance: Mapping[str, float], finished: int) -> tuple[str, ...]:
    """What is to be known of an importance that few finished trials tell."""
    if not importance or finished >= STEADY_FROM:
        return ()
    best = math.ceil(finished / 10)
    return (
        f"what mattered is told by the best tenth of {finished} finished trials, {best} of them: further trials may "
        f"turn it round, {STEADY_FROM} finished ones are enough for it to be steady",
    )


def _score_is(recipe: Recipe) -> str:
    """What trials are told by, in words."""
    score = "accuracy" if recipe.training.select == "accuracy" else "macro F1"
    return score + (" + mean CCC" if score == "macro F1" and recipe.network.valence_arousal else "")


def _draw(study: "optuna.Study", importance: Mapping[str, float], score: str, folder: Path) -> None:
    scores = [(trial.number, trial.value) for trial in study.trials if trial.value is not None]
    with drawn(folder / "history.png") as axes:
        axes.plot(*zip(*scores, strict=True), "o", color="#3366aa", label="trial")
        best = [max(score for _, score in scores[: place + 1]) for place in range(len(scores))]
        axes.plot([number for number, _ in scores], best, color="#cc6622", label="best so far")
        axes.set(xlabel="trial", ylabel=score)
        axes.legend(fontsize=8)
    if importance:
        with drawn(folder / "importance.png", 6.4, 1.2 + 0.35 * len(importance)) as axes:
            axes.barh(list(importance)[::-1], list(importance.values())[::-1], color="#3366aa")
            axes.set(
                xlabel=f"how much it matters for reaching the best tenth of the trials\n({EVALUATOR}, shares of 1)"
            )
