"""Listing models and families, and reading their cards."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from mien.cli.terminal import JsonOption, invocation, print_json, print_table, print_text

if TYPE_CHECKING:
    from mien.inference.measuring.precisions import PrecisionTable
    from mien.inference.measuring.speed import Speed
    from mien.inference.model_card import HeadFile, Measurement, ModelCard, WeightFile
    from mien.inference.standing.machine import Machine, Standing

NamesArgument = Annotated[
    list[str] | None, typer.Argument(metavar="NAME", help="Names of models, as `mien models list` gives them.")
]
NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="Name of the model, as `mien models list` gives it.")]
TaskName = Literal["detection", "recognition", "emotion", "quality", "liveness", "pose", "landmarks", "eyes", "demo"]


def list_models(
    context: typer.Context,
    task: Annotated[TaskName | None, typer.Option(help="Only models of one task.", show_default=False)] = None,
    json: JsonOption = False,
) -> None:
    """List every model: its task and family, size, licence, measured accuracy, and speed on this machine.

    A model whose use is restricted runs once its terms are accepted: `mien models accept NAME`. Speed is told after
    `mien models bench`.
    """
    machine = _machine(context)
    states = [_State(machine.standing(card)) for card in machine.catalog.cards(task)]
    if json:
        print_json({"models": [state.fields() for state in states]})
        return
    columns = ("model", "task", "family", "MB.", "licence of the weights", "use", "measured", "ms.", "here")
    expendable = ("family", "licence of the weights", "here", "MB.", "task")
    print_table("", columns, (state.cells() for state in states), expendable)


def show_model(context: typer.Context, name: NameArgument, json: JsonOption = False) -> None:
    """Show all that is known about one model."""
    machine = _machine(context)
    state = _State(machine.standing(machine.catalog.card(name)))
    if json:
        print_json(state.fields())
    else:
        print_text("\n".join(state.lines()))


def show_families(context: typer.Context, json: JsonOption = False) -> None:
    """List the families of models, and the files that can be imported for each."""
    from mien.inference.catalog import load_catalog

    families = load_catalog(home=invocation(context).settings(checks_models=False).home).families.values()
    wanted = [family for family in families if family.task != "demo"]
    if json:
        print_json({"families": [asdict(family) for family in wanted]})
        return
    columns = ("family", "task", "imported from", "licence of the weights", "what it is")
    print_table(
        "",
        columns,
        (
            (one.name, one.task, ", ".join(one.formats) or "nothing", one.licence_weights, one.description)
            for one in wanted
        ),
        ("task", "licence of the weights"),
    )


def _machine(context: typer.Context) -> "Machine":
    """What is known here of models; a record of answers that cannot be read is told."""
    from mien.settings.standing import read_machine

    call = invocation(context)
    machine = read_machine(call.settings(checks_models=False))
    if machine.fault:
        call.failure(machine.fault)
    return machine


class _State:
    """How a model stands, told in rows and fields."""

    def __init__(self, standing: "Standing") -> None:
        self.standing = standing
        self.card = standing.card

    def fields(self) -> dict[str, Any]:
        """For --json."""
        card = self.card
        files = [{**asdict(file), "sources": [str(source) for source in file.sources]} for file in card.files]
        first = card.files[0] if card.files else None
        return {
            **asdict(card),
            "size_bytes": card.size_bytes,
            "file": first.file if first else "",
            "sha256": first.sha256 if first else "",
            "files": files,
            "is_cached": self.standing.is_here,
            "is_accepted": self.standing.is_accepted,
            "ms": self.standing.speed.ms if self.standing.speed else None,
            "speeds": [asdict(speed) for speed in self.standing.speeds],
            "used_by": self.standing.used_by,
            "precisions": asdict(self.standing.precisions) if self.standing.precisions else None,
        }

    def cells(self) -> tuple[str, ...]:
        """For the list."""
        from mien.inference.measuring.naming import measure_told

        card = self.card
        first = card.measured[0] if card.measured else None
        measured = f"{measure_told(first.name).partition(' ≥')[0]} {first.value:.3f}" if first else ""
        return (
            card.name,
            card.task,
            card.family,
            f"{card.size_bytes / 1e6:.1f}" if card.size_bytes else "",
            card.licence_weights,
            card.allowed_use if self.standing.is_accepted else f"{card.allowed_use}: accept first",
            measured,
            f"{self.standing.speed.ms:.1f}" if self.standing.speed else "",
            "yes" if self.standing.is_here else "",
        )

    def lines(self) -> list[str]:
        """For the card."""
        from mien.inference.measuring.naming import input_told
        from mien.settings.borrowing import borrowed

        card = self.card
        rows = [
            ("name", card.name),
            ("what it is", card.description),
            ("task", card.task),
            ("family", card.family),
            *(row for file in card.files for row in _file_rows(file)),
            *(_head_rows(card.quality_head) if card.quality_head else ()),
            ("used by", ", ".join(self.standing.used_by)),
            ("here", "yes" if self.standing.is_here else "not fetched yet"),
            ("to be given", card.to_be_given),
            ("upstream", card.upstream),
            ("licence of the code", card.licence_code),
            ("licence of the weights", card.licence_weights),
            ("allowed use", "; ".join(filter(None, (card.allowed_use, self.standing.answer, card.use_note)))),
            ("trained on", card.data),
            *(("limit", limit) for limit in card.limits),
            ("input", input_told(card.input) if card.input else ""),
            ("labels", ", ".join(card.labels)),
            ("precision", card.precision if card.precision == "f32" else f"{card.precision} where the CPU has it"),
            *scale_rows(card),
            ("goes by", borrowed(card)),
            *(("speed here", _speed(speed)) for speed in self.standing.speeds),
            *(("in int8", line) for line in (_in_int8(self.standing.precisions) if self.standing.precisions else ())),
        ]
        return in_columns(rows)


def scale_rows(card: "ModelCard") -> list[tuple[str, str]]:
    """What the numbers of a model mean, and how that was measured."""
    first, last = card.score_curve[:1], card.score_curve[-1:]
    return [
        *(("threshold", f"{value:.3f} ({name})") for name, value in card.thresholds.items()),
        *(("brings", f"{place} {value:g}") for place, value in card.settings.items()),
        *(
            ("scale", f"from {x:g}, a score of {y:g}, to {u:g}, {v:g}")
            for (x, y), (u, v) in zip(first, last, strict=True)
        ),
        *(("measured", _result(one)) for one in card.measured),
    ]


def in_columns(rows: Iterable[tuple[str, str]]) -> list[str]:
    """Lines of keys and values; those without a value are left out."""
    told = [(key, value) for key, value in rows if value]
    width = max(len(key) for key, _ in told)
    return [f"{key:<{width}}  {value}" for key, value in told]


def _speed(speed: "Speed") -> str:
    return (
        f"{speed.runtime} {speed.precision}: {speed.ms:.2f} ms on one thread ({speed.cpu_ms:.2f} ms of CPU), "
        f"{speed.per_second:.0f} a second on all cores, measured {speed.at[:10]}"
    )


def _in_int8(table: "PrecisionTable") -> Iterable[str]:
    """What was measured when the model was quantised."""
    layers = table.layers + len(table.left_in_f32)
    yield f"{table.layers} of {layers} layers, calibrated on {table.calibrated_on} inputs, measured {table.at}"
    for precision, accuracy in table.accuracy.items():
        ms = table.ms("openvino", precision)
        speed = "" if ms is None else f", {ms:.2f} ms on one thread"
        yield f"{precision}: {table.measure} {accuracy:.4f} on {table.on}{speed}"


def _result(one: "Measurement") -> str:
    """A measured number, its interval, and on what it was measured."""
    from mien.inference.measuring.naming import measure_told

    interval = f" (95 %: {one.interval[0]:g} to {one.interval[1]:g})" if one.interval else ""
    return f"{measure_told(one.name)} {one.value:g}{interval} on {one.on}"


def _file_rows(file: "WeightFile") -> Iterable[tuple[str, str]]:
    return (
        ("file", f"{file.file}, {_megabytes(file.size_bytes)}"),
        ("sha256", file.sha256),
        *(("from", str(source)) for source in file.sources),
        *([("from", f"{made.file}, {made.size_bytes:,} bytes, sha256 {made.sha256}")] if (made := file.origin) else []),
    )


def _head_rows(head: "HeadFile") -> Iterable[tuple[str, str]]:
    """The head of a recogniser that judges pictures, the file that it was learnt on, and what is known of it."""
    learnt = f", learnt on {head.origin.file}, sha256 {head.origin.sha256}" if head.origin else ""
    return (
        ("tells quality by", f"{head.file}, {_megabytes(head.size_bytes)}{learnt}"),
        ("  licence", head.licence_weights),
        ("  trained on", head.data),
        ("  recipe", head.recipe),
        *(("  limit", limit) for limit in head.limits),
        *(("  measured", _result(one)) for one in head.measured),
    )


def _megabytes(size_bytes: int) -> str:
    return f"{size_bytes / 1e6:.1f} MB" if size_bytes else ""
