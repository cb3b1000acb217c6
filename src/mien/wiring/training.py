"""What the lab takes from the models that serve: a detector that finds faces, a recogniser to start from."""

from dataclasses import replace
from pathlib import Path

from mien.domain.errors import UsageError
from mien.inference.catalog import load_catalog
from mien.inference.installed import ModelShelf
from mien.lab.datasets.faces import CANVAS_PX, FaceFinder
from mien.settings.tree import Settings
from mien.wiring.models import build_detector, build_weights

LEAST_SCORE_OF_CROPS = 0.7
"""From which score on a face in a ready-made crop is believed: there are many, and a wrong one spoils its alignment."""


def build_face_finder(settings: Settings, shelf: ModelShelf) -> FaceFinder:
    """What finds faces in the pictures of a dataset; raises ModelError."""
    small = replace(settings.detection, long_side_px=CANVAS_PX, min_score=LEAST_SCORE_OF_CROPS)
    return FaceFinder(build_detector(settings.detection, shelf), build_detector(small, shelf))


def recogniser_to_start_from(settings: Settings, name: str) -> Path:
    """The file of a recogniser as its authors gave it; raises UsageError for one the lab has no network of."""
    if name != "mobilefacenet":
        raise UsageError(f"the lab starts from the recogniser mobilefacenet, not from {name!r}: see network.weights")
    (path,) = build_weights(settings).delivered(load_catalog(home=settings.home).card(name, "recognition"))
    return path
