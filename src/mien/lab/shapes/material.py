"""What is learnt from: the shapes of faces, as the mesh network sees them in crops such as serving cuts."""

from dataclasses import dataclass

import numpy as np

from mien.domain.faces import CropSpec, FaceCrops
from mien.lab.datasets.crops import CropPlan, Lot, plan_crops, recut
from mien.lab.datasets.faces import resized_template
from mien.lab.datasets.manifest import Facts, Floats
from mien.lab.learning.judging import Cut
from mien.lab.result import Progress, no_progress
from mien.vision.emotion.mesh_classifier import meshes_of
from mien.vision.emotion.mesh_features import FEATURES, mesh_features
from mien.vision.mesh_network import MeshNetwork

CROP_PX = 128
_BATCH = 256


@dataclass(frozen=True, slots=True)
class Shapes:
    """Features (n, 820) of n faces, and those that their mirror images would have."""

    features: Floats
    mirrored: Floats


def plan_faces(facts: Facts) -> CropPlan:
    """How the faces of a dataset are held: ready-made crops as they are, grey, since nothing but shapes is learnt."""
    return plan_crops(facts, facts.ready_made_px or CROP_PX, "grey")


def crop_spec(plan: CropPlan) -> CropSpec:
    """How the classifier wants faces cut: as the dataset cuts them, enlarged to what the mesh network needs."""
    enlarged = resized_template(plan.template, plan.side_px, CROP_PX)
    return CropSpec(CROP_PX, tuple((round(float(x), 3), round(float(y), 3)) for x, y in enlarged), "bgr")


def find_shapes(lot: Lot, cut: Cut, plan: CropPlan, network: MeshNetwork, progress: Progress = no_progress) -> Shapes:
    """The shapes of the faces of a lot, looked at in one way."""
    found = Shapes(*(np.zeros((len(lot), FEATURES), np.float32) for _ in range(2)))
    for start in range(0, len(lot), _BATCH):
        part = lot.select(np.arange(start, min(start + _BATCH, len(lot))))
        rows = slice(start, start + len(part))
        mesh = meshes_of(_crops(part, cut, plan), network)
        found.features[rows], found.mirrored[rows] = mesh_features(mesh), mesh_features(mesh, is_mirrored=True)
        progress(f"{cut} shapes", start + len(part), len(lot))
    return found


def _crops(lot: Lot, cut: Cut, plan: CropPlan) -> FaceCrops:
    ratio = plan.side_px / CROP_PX
    to_held = np.array([[ratio, 0, ratio / 2 - 0.5], [0, ratio, ratio / 2 - 0.5], [0, 0, 1]])  # from px to px
    matrices = lot.placements if cut == "aligned" else np.tile(lot.lying, (len(lot), 1, 1))
    images = recut(lot.images, (matrices @ to_held).astype(np.float32), CROP_PX)
    return FaceCrops(np.repeat(images[..., None], 3, axis=3), crop_spec(plan))
