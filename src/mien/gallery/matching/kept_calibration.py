"""The thresholds that a home has measured: how they are kept, and when they are in force."""

from collections.abc import Collection
from dataclasses import replace
from typing import Literal

from mien.gallery.matching.calibration import Calibration
from mien.gallery.matching.thresholds import MatchingSettings
from mien.store.calibrations import KeptCalibration

Origin = Literal["settings", "calibration", "model"]
"""Who says what a threshold is: the settings as they were written, a calibration, or the model's card."""

MEASURED = ("known_similarity", "doubt")
"""What a calibration measures of the settings."""


def kept(calibration: Calibration) -> KeptCalibration:
    """A calibration as it is kept."""
    figures = {
        "known": calibration.known,
        "doubt": calibration.doubt,
        "false_match_rate": calibration.false_match_rate,
        "low": calibration.resolution[0],
        "high": calibration.resolution[1],
        "people": calibration.people,
        "templates": calibration.templates,
        "background": calibration.background,
        "identified": calibration.identified,
        "judged": calibration.judged,
    }
    return KeptCalibration(calibration.model, calibration.at, figures)


def opened(stored: KeptCalibration) -> Calibration:
    """A calibration as it was kept."""
    of = stored.figures
    return Calibration(
        of["known"],
        of["doubt"],
        of["false_match_rate"],
        (of["low"], of["high"]),
        stored.model,
        int(of["people"]),
        int(of["templates"]),
        int(of["background"]),
        stored.at,
        of["identified"],
        int(of["judged"]),
    )


def in_force(
    settings: MatchingSettings, written: Collection[str], calibration: Calibration | None
) -> tuple[MatchingSettings, dict[str, Origin]]:
    """The settings that hold, and who says each threshold; those that were ``written`` down stay as they are."""
    origins: dict[str, Origin] = {name: "settings" if name in written else "model" for name in MEASURED}
    if calibration is None:
        return settings, origins
    measured = calibration.settings(settings)
    free = [name for name in MEASURED if name not in written]
    origins |= dict.fromkeys(free, "calibration")
    return replace(settings, **{name: getattr(measured, name) for name in free}), origins
