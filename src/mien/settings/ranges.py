"""The allowed values of every number in the settings."""

from collections.abc import Mapping

RANGES: Mapping[str, tuple[float, float]] = {
    "runtime.threads": (0, 256),
    "capture.open_timeout_s": (0.1, 3600),
    "capture.stall_timeout_s": (0.1, 3600),
    "capture.backoff_min_s": (0.01, 3600),
    "capture.backoff_max_s": (0.01, 3600),
    "capture.max_megapixels": (0.01, 10_000),
    "detection.min_score": (0, 1),
    "detection.min_face_px": (1, 10_000),
    "detection.long_side_px": (64, 8192),
    "tracking.max_age_s": (0, 3600),
    "tracking.max_followed_s": (0, 3600),
    "tracking.min_hits": (1, 100),
    "tracking.high_score": (0, 1),
    "tracking.start_score": (0, 1),
    "tracking.low_score": (0, 1),
    "tracking.min_iou": (0, 1),
    "cadence.detect_every": (1, 1000),
    "cadence.expression_interval_s": (0, 3600),
    "cadence.identity_interval_s": (0, 3600),
    "cadence.settled_interval_s": (0, 3600),
    "cadence.identity_looks": (1, 10_000),
    "cadence.better_view": (0, 1),
    "cadence.min_quality": (0, 1),
    "cadence.faces_per_frame": (1, 1000),
    "following.long_side_px": (64, 8192),
    "smoothing.window": (1, 1000),
    "smoothing.share": (0.5, 1),
    "smoothing.min_readings": (1, 1000),
    "smoothing.min_confidence": (0, 1),
    "matching.known_similarity": (-1, 1),
    "matching.stranger_similarity": (-1, 1),
    "matching.per_tenfold": (0, 1),
    "matching.poor_relief": (0, 1),
    "matching.min_margin": (0, 1),
    "matching.strong": (0, 1),
    "matching.doubt": (0, 1),
    "matching.hysteresis": (0, 1),
    "matching.min_quality": (0, 1),
    "matching.min_norm": (0, 1000),
    "matching.votes": (1, 100),
    "matching.views": (1, 100),
    "matching.patience": (1, 1000),
    "matching.stranger_templates": (1, 100),
    "enrolment.min_quality": (0, 1),
    "enrolment.min_norm": (0, 1000),
    "enrolment.near_copy": (0, 1),
    "enrolment.cap": (1, 10_000),
    "events.absence_s": (0, 86_400),
    "events.readings_per_s": (0, 1000),
    "events.spoof_looks": (1, 1000),
    "privacy.retention.stranger_crops_h": (0, 876_000),
    "privacy.retention.stranger_templates_h": (0, 876_000),
    "privacy.retention.sightings_days": (0, 36_500),
    "privacy.retention.readings_days": (0, 36_500),
    "privacy.retention.rollups_days": (0, 36_500),
    "privacy.retention.events_days": (0, 36_500),
    "privacy.retention.exports_days": (0, 36_500),
    "privacy.retention.bin_days": (0, 36_500),
    "cameras.*.every": (0, 100_000),
    "cameras.*.fps": (0, 1000),
}
"""By place, both ends included; the sections of a camera have the ranges of the global ones."""


def allowed_range(place: tuple[str, ...]) -> tuple[float, float] | None:
    """The range of the number at a place of the tree; None where no number stands."""
    if place[:1] == ("cameras",):
        own = ".".join(("cameras", "*", *place[2:]))
        return RANGES.get(own) or RANGES.get(".".join(place[2:]))
    return RANGES.get(".".join(place))
