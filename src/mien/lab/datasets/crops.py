"""From a manifest to arrays: faces cut as serving cuts them, with room around them for augmentation."""

import hashlib
from dataclasses import dataclass
from typing import Any, Self

import cv2
import numpy as np
from numpy.typing import NDArray

from mien.domain.errors import UsageError
from mien.domain.faces import CropSpec
from mien.domain.landmarks import ARCFACE_112
from mien.inference.model_card import CropLayout
from mien.lab.datasets.faces import placements, resized_template
from mien.lab.datasets.kept_crops import Images, KeptCrops, KeptFaces, Keys
from mien.lab.datasets.manifest import Facts, Floats, Manifest
from mien.lab.datasets.pictures import PictureFile, open_picture
from mien.lab.result import Progress, no_progress
from mien.vision.alignment import align

ROOM = 0.15
"""Of the side of a crop, on each side: what rotations and shifts bring into view."""


@dataclass(frozen=True, slots=True)
class CropPlan:
    """How a network of ``side_px`` sees the faces of a dataset.

    ``layout`` is what serving is told. Pictures are held with ``held_px`` a side; ``is_ready_made`` ones as they are.
    """

    layout: CropLayout
    channels: str
    held_px: int
    is_ready_made: bool

    @property
    def side_px(self) -> int:
        return self.layout.size

    @property
    def template(self) -> Floats:
        """Where the landmarks (5, 2) come to lie, in px of the crop."""
        return np.array(self.layout.template, np.float32)


def plan_crops(facts: Facts, side_px: int, channels: str) -> CropPlan:
    """How faces of a dataset are cut for a network that takes (side, side) grey or RGB pictures.

    Ready-made crops declare where their landmarks lie; photographs are cut by the template of recognition, tighter.
    """
    if facts.ready_made_px:
        points = resized_template(np.array(facts.template, np.float32), facts.ready_made_px, side_px)
        return CropPlan(_layout("ready-made", side_px, points), channels, facts.ready_made_px, True)
    return CropPlan(_layout("tight", side_px, _tight(side_px)), channels, held_px(side_px), False)


def held_px(side_px: int) -> int:
    """The side with which photographs are held: whole px of room on every side, or every crop would be resampled."""
    return side_px + 2 * round(ROOM * side_px)


def _tight(side_px: int) -> Floats:
    """The five points of ArcFace, larger in the picture by a quarter, the face's middle kept."""
    points = np.array(ARCFACE_112, np.float32) / 112
    middle = points.mean(axis=0)
    return np.asarray(((points - middle) * 1.25 + (0.5, 0.53)) * side_px, np.float32)


def _layout(name: str, side_px: int, points: Floats) -> CropLayout:
    rounded = tuple((round(float(x), 3), round(float(y), 3)) for x, y in points)
    return CropLayout(f"{name}-{side_px}", side_px, rounded)  # type: ignore[arg-type]  # five points, always


@dataclass(frozen=True, slots=True)
class Lot:
    """n pictures to learn from or to judge by.

    ``images`` (n, s, s) grey or (n, s, s, 3) RGB uint8, in memory or on the disk; ``placements`` (n, 2, 3) lead from px
    of the aligned crop to px of the picture, ``lying`` (2, 3) from px of the crop to px of a ready-made picture used
    whole. ``targets`` (n, k); ``label`` (n,), NO_LABEL where nobody agreed; ``valence_arousal`` (n, 2), NaN where
    missing.
    """

    images: Images | KeptFaces
    placements: Floats
    lying: Floats
    targets: Floats
    label: NDArray[np.int64]
    valence_arousal: Floats
    group: NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.images)

    def select(self, rows: NDArray[Any]) -> Self:
        """The chosen rows (indices or a mask), as a lot of its own, in memory."""
        columns = ("images", "placements", "targets", "label", "valence_arousal", "group")
        return type(self)(lying=self.lying, **{name: getattr(self, name)[rows] for name in columns})


def take_lot(manifest: Manifest, plan: CropPlan, progress: Progress = no_progress) -> Lot:
    """The faces of a manifest as arrays; those of photographs are kept in its folder and read as they are needed.

    Raises SourceError where a picture is gone or has changed, UsageError where there are none, ResultError where the
    folder cannot be written or the disk has no room for them.
    """
    if not len(manifest):
        raise UsageError("this part of the dataset holds no picture")
    scale = plan.held_px / plan.side_px
    lying = np.array([[scale, 0, scale / 2 - 0.5], [0, scale, scale / 2 - 0.5]], np.float32)
    if plan.is_ready_made:
        found = placements(manifest.landmarks, plan.template)
        found = np.where(np.isfinite(found), found, lying)
    else:
        margin = np.array([[1, 0, _room_px(plan)], [0, 1, _room_px(plan)]], np.float32)
        found = np.tile(margin, (len(manifest), 1, 1))
    return Lot(
        images=_held(manifest, plan, progress),
        placements=found.astype(np.float32),
        lying=lying if plan.is_ready_made else found[0].astype(np.float32),
        targets=manifest.targets,
        label=manifest.label,
        valence_arousal=manifest.valence_arousal,
        group=manifest.group,
    )


def check_room(manifest: Manifest, plan: CropPlan) -> None:
    """Raise ResultError where the disk has no room for the faces of a manifest that are to be kept and are not yet."""
    if kept := _kept_crops(manifest, plan):
        kept.check_room(_keys(manifest))


def fingerprint_of_crops(manifest: Manifest, plan: CropPlan) -> str:
    """A sha256 of a dataset, of the landmarks in it and of how they are cut by: of all that decides how faces look."""
    return hashlib.sha256(f"{manifest.fingerprint}{plan}".encode() + manifest.landmarks.tobytes()).hexdigest()


def _room_px(plan: CropPlan) -> int:
    return (plan.held_px - plan.side_px) // 2


def _held(manifest: Manifest, plan: CropPlan, progress: Progress) -> Images | KeptFaces:
    """The pictures in memory, or in the file of all faces of their dataset that were cut like this."""

    def cut(row: int) -> Images:
        return _cut(manifest.pictures[row], manifest.landmarks[row], plan)

    if kept := _kept_crops(manifest, plan):
        return kept.take(_keys(manifest), cut, progress)
    images = np.zeros((len(manifest), *_shape(plan)), np.uint8)
    for row, image in enumerate(images):
        image[:] = cut(row)
        progress("crops", row + 1, len(images))
    return images


def _shape(plan: CropPlan) -> tuple[int, ...]:
    return (plan.held_px, plan.held_px, *((3,) if plan.channels == "rgb" else ()))


def _kept_crops(manifest: Manifest, plan: CropPlan) -> KeptCrops | None:
    """Where faces of photographs are kept; ready-made ones need not be, and without a folder there is no place."""
    if plan.is_ready_made or not manifest.folder:
        return None
    return KeptCrops(manifest.folder, str(plan), _shape(plan))


def _keys(manifest: Manifest) -> Keys:
    """A number (n,) for every face: by its picture, as that was at the import, and by where it lies in it.

    Of 64 bits: among a million faces two share one by chance once in 37 million datasets.
    """
    keys = np.zeros(len(manifest), np.uint64)
    for row, picture in enumerate(manifest.pictures):
        digest = picture.digest if isinstance(picture, PictureFile) else hashlib.sha256(picture).digest()
        face = hashlib.sha256(digest + manifest.landmarks[row].tobytes()).digest()
        keys[row] = int.from_bytes(face[:8], "little")
    return keys


def _cut(picture: bytes | PictureFile, landmarks: Floats, plan: CropPlan) -> Images:
    pixels = open_picture(picture)
    if plan.is_ready_made:
        image = pixels.scaled(plan.held_px, plan.held_px)
        return np.asarray(cv2.cvtColor(image, _COLOURS[plan.channels]), np.uint8)
    points = tuple((float(x), float(y)) for x, y in plan.template + _room_px(plan))
    spec = CropSpec(plan.held_px, points, "bgr")
    (image,) = align(pixels, landmarks[None], spec).images
    return np.asarray(cv2.cvtColor(image, _COLOURS[plan.channels]), np.uint8)


_COLOURS = {"grey": cv2.COLOR_BGR2GRAY, "rgb": cv2.COLOR_BGR2RGB}


def recut(images: Images | KeptFaces, matrices: Floats, side_px: int) -> Images:
    """Pictures (n, s, s[, 3]) seen through matrices from px of a crop to px of them: bilinear, border 0, as serving."""
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    held = images[:]
    cut = np.zeros((len(held), side_px, side_px, *held.shape[3:]), np.uint8)
    for target, image, matrix in zip(cut, held, matrices, strict=True):
        target[:] = cv2.warpAffine(np.ascontiguousarray(image), matrix, (side_px, side_px), flags=flags)
    return cut
