"""The pages of models say what the catalogue and the measured numbers say."""

from benchmarks.written import model_pages

from mien.inference.catalog import load_catalog
from mien.inference.measuring.speed import read_speeds


def test_the_pages_are_those_of_the_catalogue() -> None:
    wanted = model_pages.pages(load_catalog(), read_speeds(model_pages.SPEEDS))
    stale = [path.name for path, text in wanted.items() if not path.is_file() or path.read_text("utf-8") != text]
    assert not stale, f"run python -m benchmarks.written.model_pages: {stale}"
    assert {path.name for path in (model_pages.DOCS / "models").glob("*.md")} == {
        path.name for path in wanted if path.parent.name == "models"
    }
