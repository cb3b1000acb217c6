"""What is told of models: their cards, and how they stand here."""

from typing import Self

from pydantic import BaseModel

from mien.inference.measuring.naming import NO_GROUPS, input_told, measure_told
from mien.inference.measuring.precisions import PrecisionTable
from mien.inference.measuring.speed import Speed
from mien.inference.model_card import AllowedUse, HeadFile, Measurement, Task, WeightFile
from mien.inference.session import Precision
from mien.inference.standing.machine import Standing
from mien.inference.standing.terms import is_restricted


class Interval(BaseModel):
    """Between which numbers the true one is likely to lie."""

    low: float
    high: float


class Measured(BaseModel):
    """A measured number in words: what, how much, on which material, and its 95 % interval where one was taken."""

    what: str
    value: float
    on: str
    interval: Interval | None

    @classmethod
    def of(cls, one: Measurement) -> Self:
        """What a card says."""
        between = Interval(low=one.interval[0], high=one.interval[1]) if one.interval else None
        return cls(what=measure_told(one.name), value=one.value, on=one.on, interval=between)


class ModelSpeed(BaseModel):
    """How long one picture, or one face, takes on this machine: see Speed."""

    runtime: str
    precision: Precision
    ms: float
    cpu_ms: float
    per_second: float
    at: str
    is_steady: bool

    @classmethod
    def of(cls, one: Speed) -> Self:
        """What was measured."""
        return cls(
            runtime=one.runtime,
            precision=one.precision,
            ms=one.ms,
            cpu_ms=one.cpu_ms,
            per_second=one.per_second,
            at=one.at,
            is_steady=one.is_steady,
        )


class Precisions(BaseModel):
    """How right a model is in each precision, measured here as it was quantised: see PrecisionTable."""

    measure: str
    on: str
    measured_on: int
    accuracy: dict[Precision, float]
    calibrated_on: int
    layers: int
    at: str

    @classmethod
    def of(cls, table: PrecisionTable) -> Self:
        """What was measured."""
        return cls(
            measure=measure_told(table.measure),
            on=table.on,
            measured_on=table.measured_on,
            accuracy=dict(table.accuracy),
            calibrated_on=table.calibrated_on,
            layers=table.layers,
            at=table.at,
        )


class ModelFile(BaseModel):
    """One file of a model, and where it is from: addresses in words, or the checkpoint that it was made from."""

    file: str
    size_bytes: int
    sha256: str
    sources: list[str]
    made_from: str

    @classmethod
    def of(cls, one: WeightFile) -> Self:
        """What a card says."""
        origin = one.origin
        return cls(
            file=one.file,
            size_bytes=one.size_bytes,
            sha256=one.sha256,
            sources=[str(source) for source in one.sources],
            made_from=f"{origin.file}, sha256 {origin.sha256}" if origin else "",
        )


class QualityHead(BaseModel):
    """What tells from a recogniser's numbers how good a picture is."""

    file: ModelFile
    licence_weights: str
    data: str
    recipe: str
    limits: list[str]
    measured: list[Measured]

    @classmethod
    def of(cls, head: HeadFile) -> Self:
        """What a card says."""
        return cls(
            file=ModelFile.of(head),
            licence_weights=head.licence_weights,
            data=head.data,
            recipe=head.recipe,
            limits=list(head.limits),
            measured=[Measured.of(one) for one in head.measured],
        )


class Model(BaseModel):
    """A model in a list. It runs where it ``is_accepted``, which one that is not ``is_restricted`` always is.

    ``used_by`` names places of the settings and cameras. ``measured`` is the first result on its card, ``ms`` what one
    picture or face takes in the precision in force, as it was measured on this machine.
    """

    name: str
    task: Task
    family: str
    description: str
    licence_code: str
    licence_weights: str
    allowed_use: AllowedUse
    is_restricted: bool
    is_accepted: bool
    is_installed: bool
    is_imported: bool
    used_by: list[str]
    size_bytes: int
    headline: Measured | None
    ms: float | None

    @classmethod
    def of(cls, standing: Standing) -> Self:
        """How it stands."""
        return cls(**_row(standing))


class ModelPage(Model):
    """All that is known about one model.

    ``acceptance`` tells whether and when its terms were accepted, empty where nobody is asked. ``thresholds`` and
    ``settings`` are those that it brings; ``goes_by`` says which of them were not measured of it. ``precision`` is the
    one that its card chooses where the CPU has it. ``groups`` says what is known of results by group of people.
    """

    use_note: str
    acceptance: str
    to_be_given: str
    upstream: str
    data: str
    limits: list[str]
    input: str
    labels: list[str]
    precision: Precision
    thresholds: dict[str, float]
    settings: dict[str, float]
    goes_by: str
    measured: list[Measured]
    groups: str
    files: list[ModelFile]
    quality_head: QualityHead | None
    speeds: list[ModelSpeed]
    precisions: Precisions | None

    @classmethod
    def of_one(cls, standing: Standing, goes_by: str) -> Self:
        """How it stands, and what it goes by that was not measured of it."""
        card = standing.card
        return cls(
            **_row(standing),
            use_note=card.use_note,
            acceptance=standing.answer,
            to_be_given=card.to_be_given,
            upstream=card.upstream,
            data=card.data,
            limits=list(card.limits),
            input=input_told(card.input) if card.input else "",
            labels=list(card.labels),
            precision=card.precision,
            thresholds=dict(card.thresholds),
            settings=dict(card.settings),
            goes_by=goes_by,
            measured=[Measured.of(one) for one in card.measured],
            groups=NO_GROUPS,
            files=[ModelFile.of(one) for one in card.files],
            quality_head=QualityHead.of(card.quality_head) if card.quality_head else None,
            speeds=[ModelSpeed.of(one) for one in standing.speeds],
            precisions=Precisions.of(standing.precisions) if standing.precisions else None,
        )


def _row(standing: Standing) -> dict[str, object]:
    """What a list tells of a model."""
    card = standing.card
    return {
        "name": card.name,
        "task": card.task,
        "family": card.family,
        "description": card.description,
        "licence_code": card.licence_code,
        "licence_weights": card.licence_weights,
        "allowed_use": card.allowed_use,
        "is_restricted": is_restricted(card),
        "is_accepted": standing.is_accepted,
        "is_installed": standing.is_here,
        "is_imported": card.is_imported,
        "used_by": list(standing.used_by),
        "size_bytes": card.size_bytes,
        "headline": Measured.of(card.measured[0]) if card.measured else None,
        "ms": standing.speed.ms if standing.speed else None,
    }
