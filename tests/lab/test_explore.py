"""What is wrong with a dataset: labels are suspicious where somebody looked, and who looked is told."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.support.lab import drawn

from mien.inference.installed import InstalledModel
from mien.lab.datasets.labels import NO_LABEL
from mien.lab.datasets.manifest import Manifest, write_manifest
from mien.lab.explore import Critic, ExploreRecipe, run
from mien.lab.result import Result


@pytest.fixture
def critic(take: Callable[[str], InstalledModel]) -> Critic:
    return Critic.of(take("fer8-mobilefacenet"))


@pytest.fixture
def explored(tmp_path: Path) -> Callable[[Manifest, Critic | None], tuple[Result, str]]:
    """Explores a manifest; what came of it, and the page."""

    def explored(manifest: Manifest, critic: Critic | None) -> tuple[Result, str]:
        write_manifest(manifest, tmp_path / "set")
        found = run(ExploreRecipe(tmp_path / "set", tmp_path / "page"), critic)
        return found, (tmp_path / "page" / "report.html").read_text()

    return explored


Explored = Callable[[Manifest, Critic | None], tuple[Result, str]]


def test_nobody_looked_is_not_none_found(explored: Explored, tmp_path: Path) -> None:
    found, page = explored(drawn(12), None)
    kept = json.loads((tmp_path / "page" / "metrics.json").read_text())
    assert kept["suspicious_labels"] is None and kept["critic"] is None and kept["compared_labels"] == 0
    assert "Suspicious labels: not looked for" in page and "Copies in more than one part: 0" in page
    assert not found.notices


def test_labels_that_a_classifier_lacks_are_not_looked_at(explored: Explored, critic: Critic) -> None:
    found, page = explored(drawn(12, ("calm", "busy")), critic)
    assert found.metrics["suspicious_labels"] is None and found.metrics["critic"]["name"] == critic.name
    (notice,) = found.notices
    assert notice == "fer8-mobilefacenet knows none of the labels calm, busy: suspicious ones were not looked for"
    assert "Suspicious labels: not looked for" in page and "knows none of the labels calm, busy" in page
    manifest = drawn(12, ("neutral", "tired"))
    manifest.label[0] = NO_LABEL
    found, page = explored(manifest, critic)
    assert found.metrics["compared_labels"] == 5 and found.metrics["suspicious_labels"] in range(6)
    assert "fer8-mobilefacenet is at least 90% sure of another; it knows the labels of 5 pictures" in page


def test_who_learnt_these_labels_is_no_witness(explored: Explored, critic: Critic) -> None:
    manifest = drawn(12)
    found, page = explored(manifest, critic)
    assert critic.fingerprint.startswith("e9df0e3032d9") and "has learnt from FER+ Training" in page
    assert not found.notices and "this very dataset" not in page
    found, page = explored(manifest, replace(critic, fingerprint=manifest.fingerprint))
    (notice,) = found.notices
    assert notice.startswith("fer8-mobilefacenet has learnt from this very dataset") and "this very dataset" in page


def test_only_rows_with_a_known_label_are_compared(critic: Critic) -> None:
    manifest = drawn(6, ("happiness", "tired"))
    np.testing.assert_array_equal(critic.known(manifest), [0, 2, 4])
