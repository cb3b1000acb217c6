"""The pages of models say what the catalogue and the measured numbers say."""

from benchmarks.parts.report import ROOT
from benchmarks.written import model_pages

from mien.inference.catalog import load_catalog
from mien.inference.measuring.precisions import MOST_LOSS, read_precisions
from mien.inference.measuring.speed import read_speeds


def test_the_pages_are_those_of_the_catalogue() -> None:
    wanted = model_pages.pages(load_catalog(), read_speeds(model_pages.SPEEDS))
    stale = [path.name for path, text in wanted.items() if not path.is_file() or path.read_text("utf-8") != text]
    assert not stale, f"run python -m benchmarks.written.model_pages: {stale}"
    assert {path.name for path in (model_pages.DOCS / "models").glob("*.md")} == {
        path.name for path in wanted if path.parent.name == "models"
    }


def test_a_quality_head_has_its_terms_its_recipe_and_its_tables_on_the_page() -> None:
    (card,) = (card for card in load_catalog().models if card.quality_head)
    head = card.quality_head
    assert head and (ROOT / head.recipe).is_file()
    page = (model_pages.DOCS / "models" / f"{card.name}.md").read_text("utf-8")
    told = (head.file, head.sha256, head.licence_weights, head.data, head.recipe, *head.limits)
    assert [one for one in told if one not in page] == []
    assert f"| built-in | {' | '.join(f'{one.value:.4f}' for one in head.measured)} |" in page.splitlines()


def test_a_model_runs_in_bf16_where_that_was_measured_to_be_as_right_and_faster() -> None:
    for card in load_catalog().models:
        if not card.has_network or card.task == "demo":
            continue
        table = read_precisions(model_pages.PRECISIONS / f"{card.name}.json")
        if card.task not in ("detection", "recognition", "emotion"):
            assert table is None and card.precision == "f32", f"{card.name}: there is no measure of {card.task}"
            continue
        assert table, f"run python -m benchmarks.model_precisions {card.name}"
        f32, bf16 = table.ms("openvino", "f32"), table.ms("openvino", "bf16")
        loss = table.accuracy["f32"] - table.accuracy["bf16"]
        assert f32 and bf16, card.name
        assert card.precision == ("bf16" if loss <= MOST_LOSS and bf16 <= 0.85 * f32 else "f32"), card.name
