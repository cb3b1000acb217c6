from pathlib import Path

import pytest

from mien.gallery.matching.thresholds import MatchingSettings
from mien.settings import Settings, load_settings


def test_what_was_written_is_told_from_what_a_model_brings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "mien.yaml"
    path.write_text("recognizer: edgeface-xs\n")
    settings = load_settings(path)
    assert settings.written_matching == frozenset()

    path.write_text("recognizer: edgeface-xs\nmatching: {known_similarity: 0.28}\n")
    monkeypatch.setenv("MIEN_MATCHING__VOTES", "4")
    assert load_settings(path).written_matching == {"known_similarity", "votes"}

    copied = load_settings(path).model_copy(update={"home": tmp_path})
    assert copied.written_matching == {"known_similarity", "votes"}
    assert "doubt" in Settings(matching=MatchingSettings()).written_matching
    assert Settings().written_matching == frozenset()
