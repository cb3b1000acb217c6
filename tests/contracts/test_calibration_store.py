"""What every store of calibrations promises."""

from dataclasses import replace
from datetime import timedelta

import pytest

from mien.store.calibrations import CalibrationStore, KeptCalibration
from mien.store.sql.calibrations import SqlCalibrations


@pytest.fixture
def calibrations(database) -> CalibrationStore:
    return SqlCalibrations(database)


def test_the_last_calibration_of_a_model_is_kept(calibrations, model, noon):
    assert calibrations.of(model) is None
    calibrations.keep(KeptCalibration(model, noon, {"known": 0.3}))
    newer = KeptCalibration(model, noon + timedelta(days=1), {"known": 0.4, "people": 7})

    calibrations.keep(newer)

    assert calibrations.of(model) == newer
    assert calibrations.of(replace(model, precision="int8")) is None


def test_a_calibration_can_be_let_go_of(calibrations, model, noon):
    calibrations.keep(KeptCalibration(model, noon, {"known": 0.3}))

    assert calibrations.drop(model) and not calibrations.drop(model)
    assert calibrations.of(model) is None
