"""What the lab takes from the models that serve: what finds faces, embeds them and sees their shape."""

from dataclasses import replace
from pathlib import Path

from mien.domain.errors import UsageError
from mien.inference.catalog import load_catalog
from mien.inference.installed import ModelShelf
from mien.lab.datasets.faces import CANVAS_PX, FaceFinder
from mien.lab.quality.material import Embedder
from mien.settings.behind import FACE_MESH
from mien.settings.tree import Settings
from mien.vision.loading import load_recogniser
from mien.vision.mesh_network import MeshNetwork
from mien.wiring.models import build_detector, build_weights
from mien.wiring.people import picture_opener

LEAST_SCORE_OF_CROPS = 0.7
"""From which score on a face in a ready-made crop is believed: there are many, and a wrong one spoils its alignment."""


def build_face_finder(settings: Settings, shelf: ModelShelf) -> FaceFinder:
    """What finds faces in the pictures of a dataset; raises ModelError."""
    small = replace(settings.detection, long_side_px=CANVAS_PX, min_score=LEAST_SCORE_OF_CROPS)
    return FaceFinder(build_detector(settings.detection, shelf), build_detector(small, shelf))


def build_embedder(settings: Settings, shelf: ModelShelf, detector: str, recogniser: str) -> Embedder:
    """What embeds the faces that a quality head learns from; raises ModelError.

    In f32, and with a detector as its card has it, whatever the settings say: what is learnt is not to depend on the
    CPU, nor on how somebody wants faces to be found.
    """
    exact = replace(shelf, precision="f32")
    finder = build_detector(Settings.model_validate({"home": settings.home, "detector": detector}).detection, exact)
    headless = replace(exact.take(recogniser), head=None)  # a head that it has already is not asked
    return Embedder(picture_opener(settings), finder, load_recogniser(headless, finder.model))


def build_mesh_network(shelf: ModelShelf) -> MeshNetwork:
    """What sees the shapes that expressions are learnt from, in f32 as they are read when served; raises ModelError."""
    model = shelf.take(FACE_MESH, "f32")
    return MeshNetwork(model.load((1, *model.layout.shape)), model.layout)


def recogniser_to_start_from(settings: Settings, name: str) -> Path:
    """The file of a recogniser as its authors gave it; raises UsageError for one the lab has no network of."""
    if name != "mobilefacenet":
        raise UsageError(f"the lab starts from the recogniser mobilefacenet, not from {name!r}: see network.weights")
    (path,) = build_weights(settings).delivered(load_catalog(home=settings.home).card(name, "recognition"))
    return path
