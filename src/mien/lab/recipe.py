"""The recipe of a network: everything that decides what training yields, as a TOML file."""

import tomllib
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from mien.domain.errors import SourceNotFound, UsageError

Kind = Literal["resnet18", "mobilenetv2", "resemotenet", "small-cnn", "residual", "mobilefacenet"]
Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Count = Annotated[int, Field(ge=0)]


class Table(BaseModel):
    """One table of a recipe: unknown keys are errors, nothing changes once it is read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


Kept = TypeVar("Kept", bound=Table)


class NetworkRecipe(Table):
    """Which network, what it sees and what it tells.

    ``side_px`` and ``channels`` of 0 and "" are those that the kind was published with, as far as the dataset has them.
    ``enlarged_px`` is the side to which pictures of ``side_px`` are enlarged in the network, 0 for what suits its kind.
    ``start`` says where its weights come from: nowhere, ``weights`` (a file of torchvision's layout, or the
    ``weights.pt`` of another run), or a recogniser of the catalogue that ``weights`` names. ``frozen_stages`` are never
    trained; until ``thaw_epoch`` only the heads are. ``kernel_px`` and ``widths`` are those of the small CNN,
    ``widths`` also of the residual network. ``is_mirrored``: what is served averages a face with its mirror image.
    """

    kind: Kind = "residual"
    side_px: Annotated[int, Field(ge=0, le=512)] = 0
    channels: Literal["grey", "rgb", ""] = ""
    start: Literal["scratch", "weights", "recogniser"] = "scratch"
    weights: str = ""
    frozen_stages: Count = 0
    thaw_epoch: Count = 0
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.3
    enlarged_px: Annotated[int, Field(ge=0, le=512)] = 0
    kernel_px: Literal[3, 5, 7] = 3
    widths: tuple[Annotated[int, Field(ge=4, le=4096)], ...] = ()
    valence_arousal: bool = False
    is_mirrored: bool = False

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.start == "weights" and not self.weights:
            raise ValueError('start is "weights", and no file is named as weights')
        if self.weights and self.start == "scratch":
            raise ValueError('weights is given, and start is "scratch": write start = "weights"')
        if self.widths and self.kind not in ("small-cnn", "residual"):
            raise ValueError(f"{self.kind} has the widths that it was published with: leave widths out")
        if self.kernel_px != NetworkRecipe.model_fields["kernel_px"].default and self.kind != "small-cnn":
            raise ValueError(f"{self.kind} has the kernels that it was published with: leave kernel_px out")
        return self


class LossRecipe(Table):
    """What is made small: ``alpha`` times the loss of the classes plus ``beta`` times that of valence and arousal.

    ``soft`` learns the votes as a distribution, ``cross-entropy`` and ``focal`` (Lin et al., ICCV 2017) their winner.
    ``class_weights`` are one over the frequency of a class to the power given, 0 for none, scaled to a mean of 1.
    ``logit_adjustment`` takes so much of what the frequencies of the classes make likely out of the answers: rare ones
    are found more often then (Menon et al., "Long-Tail Learning via Logit Adjustment", ICLR 2021, whose tau this is).
    """

    classes: Literal["cross-entropy", "focal", "soft"] = "soft"
    focal_gamma: NotNegative = 2.0
    label_smoothing: Share = 0.0
    class_weights: Share = 0.0
    logit_adjustment: Share = 0.0
    valence_arousal: Literal["mse", "huber", "ccc"] = "ccc"
    alpha: Positive = 1.0
    beta: Positive = 1.0


class OptimiserRecipe(Table):
    """How weights follow their gradients. ``ema_decay`` keeps a running mean of them, which is what is judged.

    ``weight_decay`` is AdamW's, ``l2`` that of Adam and SGD.
    """

    kind: Literal["adam", "adamw", "sgd"] = "adamw"
    learning_rate: Positive = 2e-3
    head_learning_rate_factor: Positive = 1.0
    weight_decay: NotNegative = 0.05
    l2: NotNegative = 0.0
    momentum: Share = 0.9
    max_grad_norm: NotNegative = 5.0
    ema_decay: Annotated[float, Field(ge=0, lt=1)] = 0.998


class ScheduleRecipe(Table):
    """How the rate goes over the epochs.

    ``one-cycle`` and ``cosine`` fall to 0 over the whole run, after rising over its ``warmup_share``; ``step``
    multiplies by ``factor`` every ``step_epochs``, ``plateau`` where ``patience`` epochs brought nothing.
    """

    kind: Literal["one-cycle", "cosine", "step", "plateau", "constant"] = "one-cycle"
    warmup_share: Annotated[float, Field(ge=0, lt=1)] = 0.2
    step_epochs: Annotated[int, Field(ge=1)] = 10
    factor: Annotated[float, Field(gt=0, lt=1)] = 0.1
    patience: Annotated[int, Field(ge=1)] = 3


class AugmentationRecipe(Table):
    """How far each change of a picture goes; shares are probabilities per picture."""

    flip_share: Share = 0.5
    rotation_deg: Annotated[float, Field(ge=0, le=90)] = 12.0
    zoom: Annotated[float, Field(ge=0, lt=1)] = 0.12
    shift: Annotated[float, Field(ge=0, lt=1)] = 0.06
    shear: Annotated[float, Field(ge=0, lt=1)] = 0.06
    aligned_share: Share = 0.4
    gamma: NotNegative = 0.4
    shadow: NotNegative = 0.3
    colour: NotNegative = 0.1
    coarse_share: Share = 0.15
    noise_share: Share = 0.2
    noise_levels: NotNegative = 6.0
    clip_share: Share = 0.1
    erase_share: Share = 0.3
    mixup: NotNegative = 0.0


class TrainingRecipe(Table):
    """How long, in which batches, on what, and when to stop.

    ``class_balance`` draws pictures by one over the frequency of their class to that power: 0 as they are, 1 all
    classes alike. ``select`` is what the kept epoch is best at. A run ends after ``epochs``, after ``patience`` of them
    without a better one (0: never), or after ``max_minutes`` (0: never): where these end before, the rate comes down in
    as many epochs as fit, by how long the first one took. ``is_compiled`` has no effect without a C++ compiler.
    """

    epochs: Annotated[int, Field(ge=1, le=10_000)] = 26
    batch: Annotated[int, Field(ge=2, le=4096)] = 128
    class_balance: Share = 0.0
    patience: Count = 0
    select: Literal["macro-f1+ccc", "accuracy", "last"] = "macro-f1+ccc"
    precision: Literal["bf16", "f32"] = "bf16"
    is_compiled: bool = False
    max_minutes: NotNegative = 0.0

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.patience and self.select == "last":
            raise ValueError('no epoch is better than the last one: patience needs another select than "last"')
        return self


class DistillationRecipe(Table):
    """Folders of finished runs whose averaged answers are learnt beside the labels, by ``share``.

    Hinton, Vinyals and Dean, "Distilling the Knowledge in a Neural Network", 2015.
    """

    teachers: tuple[str, ...] = ()
    share: Share = 0.5
    temperature: Positive = 1.0


class Recipe(Table):
    """A whole recipe. ``dataset`` is the folder of a manifest, relative to the recipe's file."""

    dataset: str = ""
    seed: Annotated[int, Field(ge=0, le=2**31 - 1)] = 7
    network: NetworkRecipe = NetworkRecipe()
    loss: LossRecipe = LossRecipe()
    optimiser: OptimiserRecipe = OptimiserRecipe()
    schedule: ScheduleRecipe = ScheduleRecipe()
    augmentation: AugmentationRecipe = AugmentationRecipe()
    training: TrainingRecipe = TrainingRecipe()
    distillation: DistillationRecipe = DistillationRecipe()


def read_recipe(path: Path) -> Recipe:
    """A recipe of a TOML file, its paths made whole; raises SourceNotFound, and UsageError that names every fault."""
    return with_whole_paths(read_table(path, Recipe), path.resolve().parent)


def read_table(path: Path, kind: type[Kept]) -> Kept:
    """A recipe of some kind of a TOML file; raises SourceNotFound, and UsageError that names every fault."""
    try:
        listed = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SourceNotFound(f"{path} does not exist") from None
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read as TOML: {error}") from error
    return _checked(listed, kind, str(path))


def checked_recipe(listed: dict[str, Any], where: str) -> Recipe:
    """A recipe of its tables; raises UsageError that names every fault."""
    return _checked(listed, Recipe, where)


def _checked(listed: dict[str, Any], kind: type[Kept], where: str) -> Kept:
    try:
        return kind.model_validate(listed)
    except ValidationError as error:
        faults = [": ".join(filter(None, (".".join(map(str, one["loc"])), _told(one, kind)))) for one in error.errors()]
        raise UsageError(f"{where}: {'; '.join(faults)}") from error


def changed(recipe: Recipe, changes: dict[str, Any]) -> Recipe:
    """The recipe with other values, named ``table.key`` or ``key``; raises UsageError."""
    tables = recipe.model_dump()
    for name, value in changes.items():
        table, _, key = name.rpartition(".")
        target = tables.get(table) if table else tables
        if not isinstance(target, dict) or key not in target:
            raise UsageError(f"a recipe has no {name}{_meant(name, Recipe)}")
        target[key] = value
    return checked_recipe(tables, "the changed recipe")


def differences(before: Recipe, after: Recipe) -> list[str]:
    """Where two recipes differ, as ``table.key: before → after``."""
    one, other = before.model_dump(), after.model_dump()
    found = []
    for table, values in one.items():
        keyed, others = (values, other[table]) if isinstance(values, dict) else ({"": values}, {"": other[table]})
        names = {key: f"{table}.{key}".rstrip(".") for key in keyed}
        found += [f"{names[key]}: {keyed[key]} → {others[key]}" for key in keyed if keyed[key] != others[key]]
    return found


def write_recipe(recipe: Recipe, path: Path) -> None:
    """Write a recipe as TOML, with every value."""
    lines = [f"{key} = {_toml(value)}" for key, value in recipe.model_dump().items() if not isinstance(value, dict)]
    for table, values in recipe.model_dump().items():
        if isinstance(values, dict):
            lines += ["", f"[{table}]", *(f"{key} = {_toml(value)}" for key, value in values.items())]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(_toml, value))}]"
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"' if isinstance(value, str) else repr(value)


def _told(fault: Any, kind: type[Table]) -> str:
    if fault["type"] == "extra_forbidden":
        return f"a recipe has no such key{_meant('.'.join(map(str, fault['loc'])), kind)}"
    if fault["type"] == "value_error":
        return str(fault["ctx"]["error"])
    return f"{fault['msg'][0].lower()}{fault['msg'][1:]}, got {fault['input']!r}"


def _meant(name: str, kind: type[Table]) -> str:
    """Which keys a misspelt one may mean, as words to go on with: of its own table, or else of any."""
    table, _, key = name.rpartition(".")
    places = [place.rpartition(".") for place in _places(kind)]
    alike = [place for place in places if place[2] in get_close_matches(key, [known for *_, known in places], n=1)]
    meant = [place for place in alike if place[0] == table] or alike
    return f", did you mean {' or '.join(map(''.join, meant))}?" if meant else ""


def _places(kind: type[Table], table: str = "") -> Iterator[str]:
    """The tables and keys of a kind of recipe, as ``table.key``."""
    for key, field in kind.model_fields.items():
        yield f"{table}{key}"
        if isinstance(field.annotation, type) and issubclass(field.annotation, Table):
            yield from _places(field.annotation, f"{key}.")


def with_whole_paths(recipe: Recipe, folder: Path) -> Recipe:
    """The recipe, its paths taken from a folder where they are not whole already."""
    changes: dict[str, Any] = {}
    if recipe.dataset:
        changes["dataset"] = str(folder / recipe.dataset)
    if recipe.network.start == "weights":
        changes["network.weights"] = str(folder / recipe.network.weights)
    if recipe.distillation.teachers:
        changes["distillation.teachers"] = tuple(str(folder / one) for one in recipe.distillation.teachers)
    return changed(recipe, changes)


def without_folders(recipe: Recipe) -> Recipe:
    """The recipe as others may see it: what it names, without where that lies on this machine."""
    weights = Path(recipe.network.weights)
    changes: dict[str, Any] = {
        "dataset": Path(recipe.dataset).name,
        "network.weights": "/".join(weights.parts[-2 if weights.name == "weights.pt" else -1 :]),  # of a run, or alone
        "distillation.teachers": tuple(Path(one).name for one in recipe.distillation.teachers),
    }
    return changed(recipe, changes)
