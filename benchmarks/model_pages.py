"""Writes docs/reference/models.md and a page per model, from the catalogue and from what was measured."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from benchmarks.report import ROOT

from mien.inference.catalog import Catalog, load_catalog
from mien.inference.measuring.speed import MachineSpeeds, Speed, read_speeds
from mien.inference.model_card import BoxLayout, Family, InputLayout, Measurement, ModelCard

DOCS = ROOT / "docs"
SPEEDS = DOCS / "reference" / "speeds.json"
TASKS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "detection": ("Detectors", ("recall_16px_at_p90", "ap_16px")),
    "recognition": ("Recognisers", ("accuracy", "tar_at_far_0.001")),
    "emotion": ("Expression", ("accuracy", "macro_recall", "ece")),
    "quality": ("Quality", ()),
    "liveness": ("Liveness", ("score_image_T1", "score_image_F1", "score_image_F2")),
    "pose": ("Head pose", ()),
    "landmarks": ("Dense landmarks", ()),
}
INTRODUCTION = """# Models

<!-- Written by `python -m benchmarks.model_pages` from the catalogue and from measured numbers; do not edit. -->

Choose one in one line, on the command line (`--detector scrfd-2.5g`) or in `mien.yaml` (`detector: scrfd-2.5g`). The
first detector, recogniser, expression network and judge of quality are the defaults. `mien models list` shows the same
with what is on your machine, `mien models bench` measures speed there, `mien models show NAME` tells everything about
one model.

A model marked *research-only* or *copyleft* is refused until its terms are accepted: `mien models accept NAME`, or
`accepted_models: [NAME]` in the settings. Numbers are mien's own, end to end, with the protocol on each model's page.
Milliseconds are those of one picture (a detector: 640×640 px, or the size of its file; others: one face) on one thread
of {cpu}: OpenVINO in f32 and in bf16, and ONNX Runtime in f32.
"""
IMPORTS = """## Bringing your own

`mien models import FAMILY FILE` reads an official checkpoint, without executing anything in it, proves the result on
two runtimes and keeps it in your home. Families whose weights no registry carries were proven on checkpoints of the
same names and shapes with seeded weights, against a forward pass written from the paper.
"""


def main() -> None:
    """Write every page anew, and remove those of models that are gone."""
    wanted = pages(load_catalog(), read_speeds(SPEEDS))
    for old in (DOCS / "models").glob("*.md"):
        if old not in wanted:
            old.unlink()
    for path, text in wanted.items():
        path.write_text(text, encoding="utf-8")


def pages(catalog: Catalog, speeds: MachineSpeeds) -> dict[Path, str]:
    """The text of every page by its path."""
    models = [card for card in catalog.models if card.task in TASKS]
    written = {DOCS / "models" / f"{card.name}.md": _page(card, speeds.models.get(card.name, ())) for card in models}
    written[DOCS / "reference" / "models.md"] = "\n".join(_reference(catalog, speeds))
    return written


def _reference(catalog: Catalog, speeds: MachineSpeeds) -> Iterator[str]:
    yield INTRODUCTION.format(cpu=f"{speeds.cpu}, {speeds.at[:10]}" if speeds.cpu else "a machine not yet measured")
    for task, (title, names) in TASKS.items():
        yield f"## {title}\n"
        head = ("model", "family", "MB", "licence of the weights", "use", *names, "ms f32", "ms bf16", "ms ORT")
        cards = catalog.cards(task)
        yield _table(head, (_row(card, names, speeds.models.get(card.name, ())) for card in cards))
    yield IMPORTS
    families = [family for family in catalog.families.values() if family.formats and family.task in TASKS]
    shipped = {card.family for card in catalog.models}
    yield _table(
        ("family", "task", "imported from", "weights here", "upstream", "licence of the weights"),
        (_family_row(family, family.name in shipped) for family in families),
    )


def _row(card: ModelCard, names: Sequence[str], speeds: Sequence[Speed]) -> tuple[str, ...]:
    return (
        f"[{card.name}](../models/{card.name}.md)",
        card.family,
        f"{card.size_bytes / 1e6:.1f}" if card.files else "none",
        card.licence_weights,
        card.allowed_use,
        *(_value(card, name) for name in names),
        *(_ms(speeds, runtime, precision) for runtime, precision in _SHOWN_SPEEDS),
    )


_SHOWN_SPEEDS = (("openvino", "f32"), ("openvino", "bf16"), ("onnxruntime", "f32"))


def _family_row(family: Family, has_weights: bool) -> tuple[str, ...]:
    upstream = f"<{family.upstream}>" if family.upstream else ""
    return (
        family.name,
        family.task,
        ", ".join(family.formats),
        "yes" if has_weights else "no: seeded only",
        upstream,
        family.licence_weights,
    )


def _page(card: ModelCard, speeds: Sequence[Speed]) -> str:
    parts = [
        f"# {card.name}\n",
        "<!-- Written by `python -m benchmarks.model_pages` from the catalogue and from measured numbers. -->\n",
        f"{card.description}.\n",
        _table(("", ""), _facts(card)),
    ]
    if card.measured:
        parts += ["## Results\n", _table(("measured", "value", "95 %", "on"), map(_result, card.measured))]
    if speeds:
        head = ("runtime", "precision", "ms, one thread", "CPU ms", "a second, all cores")
        rows = (
            (one.runtime, one.precision, f"{one.ms:.2f}", f"{one.cpu_ms:.2f}", f"{one.per_second:.0f}")
            for one in speeds
        )
        parts += ["## Speed\n", _table(head, rows)]
    if (DOCS / "models" / "notes" / f"{card.name}.md").is_file():
        parts.append(f"The recipe, and all tables: [notes](notes/{card.name}.md).\n")
    if card.limits:
        parts += ["## Known failures and limits\n", "".join(f"- {limit}\n" for limit in card.limits)]
    if card.task == "emotion":
        parts.append("What it reads is the *apparent* expression of a face: what people would say it looks like.\n")
    return "\n".join(parts)


def _facts(card: ModelCard) -> Iterator[tuple[str, str]]:
    yield "task", card.task
    yield "family", card.family
    if card.data:
        yield "trained on", card.data
    yield "licence of the code", card.licence_code
    yield "licence of the weights", card.licence_weights
    yield "use", f"{card.allowed_use}; {card.use_note}" if card.use_note else card.allowed_use
    if card.upstream:
        yield "upstream", f"<{card.upstream}>"
    for file in card.files:
        yield "file", f"`{file.file}`, {file.size_bytes:,} bytes, sha256 `{file.sha256}`"
        if file.sources:
            yield "from", "; ".join(str(source) for source in file.sources)
    if card.input:
        yield "input", _input(card.input)
    if card.labels:
        yield "label order", ", ".join(card.labels)
    if card.files:
        yield "precision", "bf16 where the CPU has it, f32 elsewhere" if card.precision == "bf16" else "f32"
    for name, value in card.thresholds.items():
        yield f"threshold `{name}`", f"{value:.3f}"
    for place, value in card.settings.items():
        yield f"brings `{place}`", f"{value:g}"


def _input(layout: InputLayout) -> str:
    text = f"{'×'.join(map(str, layout.shape))}, {layout.channels}, (pixel - {layout.mean}) × {layout.scale}"
    for crop in filter(None, (layout.crop, *layout.more_crops)):
        how = f"{crop.box_scale:g} times the box" if isinstance(crop, BoxLayout) else "by five landmarks"
        text += f"; cut {how} ({crop.alignment})"
    return text


def _result(one: Measurement) -> tuple[str, ...]:
    interval = f"{one.interval[0]:g} to {one.interval[1]:g}" if one.interval else ""
    return one.name, f"{one.value:g}", interval, one.on


def _value(card: ModelCard, name: str) -> str:
    for one in card.measured:
        if one.name == name:
            return f"{one.value:g}" + (f" ({one.interval[0]:g}–{one.interval[1]:g})" if one.interval else "")
    return ""


def _ms(speeds: Sequence[Speed], runtime: str, precision: str) -> str:
    return next((f"{one.ms:.2f}" for one in speeds if (one.runtime, one.precision) == (runtime, precision)), "")


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines) + "\n"


if __name__ == "__main__":
    main()
