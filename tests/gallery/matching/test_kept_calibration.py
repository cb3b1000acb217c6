import json
from datetime import UTC, datetime

from tests.support.faces import MODEL

from mien.gallery.matching.calibration import Calibration
from mien.gallery.matching.kept_calibration import in_force, kept, opened
from mien.gallery.matching.thresholds import MatchingSettings
from mien.store.calibrations import KeptCalibration

MEASURED = Calibration(
    0.41, 0.05, 0.001, (0.0002, 0.003), MODEL, 100, 400, 20_000, datetime(2024, 5, 1, tzinfo=UTC), 0.98, 300
)


def test_a_calibration_comes_back_as_it_was_kept() -> None:
    stored = kept(MEASURED)
    written = KeptCalibration(stored.model, stored.at, json.loads(json.dumps(dict(stored.figures))))

    assert opened(written) == MEASURED


def test_what_was_measured_holds_unless_it_was_written_down() -> None:
    usual = MatchingSettings(known_similarity=0.3, doubt=0.02, per_tenfold=0.07)

    settings, origins = in_force(usual, (), MEASURED)
    assert abs(settings.known_above(100) - 0.41) < 1e-6 and settings.doubt == 0.05
    assert origins == {"known_similarity": "calibration", "doubt": "calibration"}

    settings, origins = in_force(usual, ("known_similarity", "votes"), MEASURED)
    assert (settings.known_similarity, settings.doubt) == (0.3, 0.05)
    assert origins == {"known_similarity": "settings", "doubt": "calibration"}

    assert in_force(usual, (), None) == (usual, {"known_similarity": "model", "doubt": "model"})
