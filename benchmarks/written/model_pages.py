"""Writes docs/reference/models.md and a page per model, from the catalogue and from what was measured."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from benchmarks.parts.report import ROOT

from mien.inference.catalog import Catalog, load_catalog
from mien.inference.measuring.naming import NO_GROUPS, measure_told
from mien.inference.measuring.precisions import PrecisionTable, read_precisions
from mien.inference.measuring.speed import WITHOUT_RUNTIME, MachineSpeeds, Speed, read_speeds
from mien.inference.model_card import BoxLayout, Family, HeadFile, InputLayout, Measurement, ModelCard, WeightFile

DOCS = ROOT / "docs"
SPEEDS = DOCS / "reference" / "speeds.json"
PRECISIONS = DOCS / "reference" / "precisions"
MEASUREMENTS = DOCS / "reference" / "measurements.md"
MADE_BY = "Written by `python -m benchmarks.written.model_pages` from the catalogue and from measured numbers"

Columns = Mapping[str, str]
"""Headings by the name of what was measured."""

TASKS: Mapping[str, tuple[str, Columns]] = {
    "detection": ("Detectors", {"recall_16px_at_p90": "recall ≥ 16 px at precision 0.9", "ap_16px": "AP ≥ 16 px"}),
    "recognition": ("Recognisers", {"accuracy": "accuracy, LFW View 1", "tar_at_far_0.001": "TAR at FAR 0.1 %"}),
    "emotion": ("Expression", {"accuracy": "accuracy", "macro_recall": "mean recall of a class", "ece": "ECE"}),
    "quality": (
        "Quality",
        {
            "rank_correlation": "rank correlation",
            "missed_after_rejecting_30": "missed when the worst 30 % are rejected",
        },
    ),
    "liveness": ("Liveness", {"score_image_T1": "live T1", "score_image_F1": "spoof F1", "score_image_F2": "spoof F2"}),
    "pose": ("Head pose", {"roll_error": "roll error °", "yaw_mirror_error": "yaw against mirror °"}),
    "landmarks": ("Dense landmarks", {"distance_to_detector": "distance to the detector's points"}),
    "eyes": ("Eyes", {"shut_share": "opening in a blink", "mirror_error": "opening against mirror"}),
}
STRATA: Columns = {
    "recall_8-16px": "8–16 px",
    "recall_16-32px": "16–32 px",
    "recall_32-64px": "32–64 px",
    "recall_64px": "from 64 px",
    "recall_fills_frame": "fills the frame",
    "cpu_ms_1080p": "CPU ms a 1080p frame",
}
PLAIN: Columns = {
    "plain_recall_16px_at_p90": "plain run",
    "recall_16px_at_p90_same_size": "mien, same size",
    "recall_16px_at_p90": "mien, as set",
}
SPEED_COLUMNS = {
    "ms f32": (("openvino", WITHOUT_RUNTIME), "f32"),
    "ms bf16": (("openvino",), "bf16"),
    "ms ORT": (("onnxruntime",), "f32"),
}
PRECISION_COLUMNS = (
    "model",
    "measured",
    "f32",
    "bf16",
    "int8",
    "int8 loses, points",
    "one item is",
    "int8 is",
    "layers in int8",
    "time, bf16 : f32",
    "time, int8 : f32",
)
AFTER: Mapping[str, str] = {
    "emotion": "Each on the labels it learned: eight classes on FER+ (majority), seven on FER-2013.\n",
    "quality": "On pictures of LFW that were made small, blurred, dark, bright or cut: how well the score foretells how"
    " alike a face remains to another picture of the person. Of all pictures {missed_of_all} are missed; were exactly"
    " the right 30 % rejected, {missed_if_it_were_perfect} would be.\n",
    "liveness": "Three pictures show that it works as published; they are no error rate. On F1 the head is turned"
    " away, which mien tells beside the score.\n",
    "pose": "No material with true angles is at hand: faces turned in the picture by a known angle, and mirrored ones,"
    " show what has to hold of any estimator, and no accuracy.\n",
    "landmarks": "In distances of the eyes, on 200 faces of LFW: two networks agree so far; neither is the truth.\n",
    "eyes": "The opening of an eye is its height by its width: in the middle of a blink in a film, as a share of the"
    " usual one, and beside that of the mirrored picture. One film is no error rate: `python -m benchmarks.challenge`"
    " counts more.\n",
}
INTRODUCTION = """# Models

<!-- {made_by}; do not edit. -->

Choose one in one line, on the command line (`--detector scrfd-2.5g`) or in `mien.yaml` (`detector: scrfd-2.5g`). The
first detector, recogniser, expression network and judge of quality are the defaults. `mien models list` shows the
same with what is on your machine, `mien models bench` measures speed there, `mien models show NAME` tells everything
about one model.

A model marked *research-only* or *copyleft* is refused until its terms are accepted: `mien models accept NAME`, or
`accepted_models: [NAME]` in the settings. Numbers are mien's own, end to end, with the protocol on each model's page
and 95 % intervals in brackets, of all networks in f32: `runtime: {{precision: f32}}` repeats them, while bf16, which
`auto` takes where the CPU has it, differs by single faces or pairs. Milliseconds are those of the whole task, from a
picture of 640×640 px with one face to the answer (a detector: all faces of the picture; others: what they say of the
face), on one thread of {cpu}: OpenVINO in f32 and in bf16, and ONNX Runtime in f32. Behind a time whose rounds
differed by more than 15 % stands a `!`: something else kept that machine busy; without one it need not have been
idle.
"""
BY_SIZE = """### By the size of the faces

Recall at a precision of 0.9 within each range of sizes (shorter side of the box), and of faces that are 60 to 130 % as
high as the frame, at the score in use. The cost is that of a 1080p street with eight faces, decoding not included.
"""
BESIDE_PLAIN = """### Beside a plain run of the same file

The same file run by the program of its authors, written anew for `benchmarks/plain`, and by mien with the picture
scaled to the same size: recall of faces of 16 px or more at a precision of 0.9. Where mien finds far more, boxes are
the reason: Haar and BlazeFace draw other parts of a head than WIDER FACE marks, and are fitted to it; and all that a
network sees of a face votes for its box, which helps RetinaFace most. At the size that is set, pictures are enlarged
further, and faces that fill the frame are looked for a second time.
"""
BY_PRECISION = """## Precision

`auto` is bf16 where this table and the CPU allow it, f32 elsewhere; models of quality, liveness, pose and landmarks,
for whose precisions there is no measure yet, run in f32. int8 is made on your machine, from your pictures, by `mien
models quantize`, and kept only where accuracy falls by no more than 0.2 points on pictures it was not calibrated on;
layers that would suffer stay in f32. The measure is taken on that part of the material, and differs a little from the
tables above. It changes by whole items, a face, a pair or a picture: a loss of less than one of them cannot be told,
and of detectors one face is more than what is allowed. A card says bf16 where it loses no more than that and takes 15
% less time. One thread of {cpu}.
"""
IMPORTS = """## Bringing your own

`mien models import FAMILY FILE` reads an official checkpoint, without executing anything in it, proves the result on
two runtimes and keeps it in your home. Families whose weights no registry carries were proven on checkpoints of the
same names and shapes with seeded weights: in full size against a forward pass written from the paper (ArcFace R50 and
R100, CR-FIQA, AdaFace, FaceNet, VGG-Face, ResEmoteNet, the multi-task networks, mini-Xception, the small CNN of
Keras). SFace, HSEmotion, FER-MobileFaceNet, YOLOv8-face, RetinaFace on ResNet-50 and SCRFD without landmarks come as
ONNX, and only on small stand-ins: graphs that take and give the same names and shapes. "Weights here" tells of the
family: of ArcFace its MobileFaceNets, of RetinaFace its MobileNet, of SCRFD 0.5G and 2.5G with landmarks, of the
small CNN mien's own.
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


def precision_row(table: PrecisionTable) -> tuple[str, ...]:
    """A model's accuracy and milliseconds by precision, under PRECISION_COLUMNS."""
    accuracy = (f"{table.accuracy[one]:.4f}" if one in table.accuracy else "" for one in ("f32", "bf16", "int8"))
    return (
        table.model,
        f"{measure_told(table.measure)}, {table.on}",
        *accuracy,
        f"{100 * table.loss + 0.0:.2f}",
        f"{100 * table.step:.2f}",
        "kept" if table.is_bearable else "refused",
        f"{table.layers} of {table.layers + len(table.left_in_f32)}",
        *(_time_of_f32(table.speeds, precision) for precision in ("bf16", "int8")),
    )


def _time_of_f32(speeds: Sequence[Speed], precision: str) -> str:
    """How long OpenVINO takes in a precision, in the time that it takes in f32; empty where one was not measured."""
    of = {one.precision: one for one in speeds if one.runtime == "openvino"}
    if precision not in of:
        return ""
    mark = "" if of["f32"].is_steady and of[precision].is_steady else " !"
    return f"{of[precision].ms / of['f32'].ms:.2f}{mark}"


def _reference(catalog: Catalog, speeds: MachineSpeeds) -> Iterator[str]:
    cpu = f"{speeds.cpu}, {speeds.at[:10]}" if speeds.cpu else "a machine not yet measured"
    yield INTRODUCTION.format(cpu=cpu, made_by=MADE_BY)
    for task, (title, columns) in TASKS.items():
        cards = catalog.cards(task)
        yield f"## {title}\n"
        head = ("model", "family", "MB", "licence of the weights", "use", *columns.values(), *SPEED_COLUMNS)
        yield _table(head, (_row(card, columns, speeds.models.get(card.name, ())) for card in cards))
        if task in AFTER:
            yield AFTER[task].format_map({one.name: f"{one.value:g}" for one in cards[0].measured})
        if task == "detection":
            yield from _more_of_detectors(cards)
    tables = [table for card in catalog.models if (table := read_precisions(PRECISIONS / f"{card.name}.json"))]
    if tables:
        yield BY_PRECISION.format(cpu=f"{tables[0].cpu}, {tables[0].at[:10]}")
        yield _table(PRECISION_COLUMNS, map(precision_row, tables))
    yield IMPORTS
    families = [family for family in catalog.families.values() if family.formats and family.task in TASKS]
    shipped = {card.family for card in catalog.models}
    yield _table(
        ("family", "task", "imported from", "weights here", "upstream", "licence of the weights"),
        (_family_row(family, family.name in shipped) for family in families),
    )


def _more_of_detectors(cards: Sequence[ModelCard]) -> Iterator[str]:
    for introduction, columns in ((BY_SIZE, STRATA), (BESIDE_PLAIN, PLAIN)):
        yield introduction
        yield _table(("model", *columns.values()), ((card.name, *_values(card, columns)) for card in cards))


def _row(card: ModelCard, columns: Columns, speeds: Sequence[Speed]) -> tuple[str, ...]:
    return (
        f"[{card.name}](../models/{card.name}.md)",
        card.family,
        f"{card.size_bytes / 1e6:.1f}" if card.files else "none",
        card.licence_weights,
        card.allowed_use,
        *_values(card, columns),
        *(_ms(speeds, runtimes, precision) for runtimes, precision in SPEED_COLUMNS.values()),
    )


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
    parts = [f"# {card.name}\n", f"<!-- {MADE_BY}. -->\n", f"{card.description}.\n", _table(("", ""), _facts(card))]
    if card.measured:
        parts += ["## Results\n", _table(("measured", "value", "95 %", "on"), map(_result, card.measured))]
        parts.append(f"{NO_GROUPS}\n")
    if table := read_precisions(PRECISIONS / f"{card.name}.json"):
        parts += ["## Precision\n", _table(PRECISION_COLUMNS, [precision_row(table)])]
        parts.append(f"Calibrated on {table.calibrated_on} other inputs.\n")
    if speeds:
        head = ("runtime", "precision", "ms, one thread", "CPU ms", "a second, all cores")
        rows = (
            (one.runtime, one.precision, f"{one.ms:.2f}{_mark(one)}", f"{one.cpu_ms:.2f}", f"{one.per_second:.0f}")
            for one in speeds
        )
        parts += ["## Speed\n", _table(head, rows)]
    if card.quality_head:
        parts += _quality_head(card.name, card.quality_head)
    if (DOCS / "models" / "notes" / f"{card.name}.md").is_file():
        parts.append(f"The recipe, and all tables: [notes](notes/{card.name}.md).\n")
    if card.limits:
        parts += ["## Known failures and limits\n", "".join(f"- {limit}\n" for limit in card.limits)]
    if card.task == "emotion":
        parts.append("What it reads is the *apparent* expression of a face: what people would say it looks like.\n")
    return "\n".join(parts)


def _quality_head(recogniser: str, head: HeadFile) -> Iterator[str]:
    """What is known of the head of a recogniser; its tables are those of docs/reference/measurements.md."""
    yield "## Quality head\n"
    yield "From the embedding it tells how good the picture is ([how](../explanation/quality.md)).\n"
    facts = [
        ("trained on", head.data),
        ("licence of the weights", head.licence_weights),
        ("file", _file(head)),
        ("recipe", f"`{head.recipe}`"),
    ]
    yield _table(("", ""), facts)
    yield _table(("measured", "value", "95 %", "on"), map(_result, head.measured))
    yield "".join(f"- {limit}\n" for limit in head.limits)
    told = MEASUREMENTS.read_text(encoding="utf-8").split(f"### The quality head of {recogniser}\n", 1)[1]
    yield "### All tables\n"
    yield told.partition("\n#")[0].strip() + "\n"


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
        yield "file", _file(file)
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


def _file(file: WeightFile) -> str:
    return f"`{file.file}`, {file.size_bytes:,} bytes, sha256 `{file.sha256}`"


def _input(layout: InputLayout) -> str:
    text = f"{'×'.join(map(str, layout.shape))}, {layout.channels}, (pixel - {layout.mean}) × {layout.scale}"
    for crop in filter(None, (layout.crop, *layout.more_crops)):
        how = f"{crop.box_scale:g} times the box" if isinstance(crop, BoxLayout) else "by five landmarks"
        text += f"; cut {how} ({crop.alignment})"
    return text


def _result(one: Measurement) -> tuple[str, ...]:
    interval = f"{one.interval[0]:g} to {one.interval[1]:g}" if one.interval else ""
    return measure_told(one.name), f"{one.value:g}", interval, one.on


def _values(card: ModelCard, columns: Columns) -> Iterator[str]:
    measured = {one.name: one for one in card.measured}
    return (_value(measured.get(name)) for name in columns)


def _value(one: Measurement | None) -> str:
    if one is None:
        return ""
    return f"{one.value:g}" + (f" ({one.interval[0]:g}–{one.interval[1]:g})" if one.interval else "")


def _ms(speeds: Sequence[Speed], runtimes: Sequence[str], precision: str) -> str:
    chosen = (one for one in speeds if one.runtime in runtimes and one.precision == precision)
    return next((f"{one.ms:.2f}{_mark(one)}" for one in chosen), "")


def _mark(speed: Speed) -> str:
    """What stands behind a time whose rounds differ."""
    return "" if speed.is_steady else " !"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines) + "\n"


if __name__ == "__main__":
    main()
